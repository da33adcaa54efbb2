#!/usr/bin/env python
"""Django's command line, with the embedded servers under the commands that need them."""

import os
import sys

from cxhub.embedded import Embedded, NotStarted, var_folder

# These read no fact, so that they also work while a machine is being built.
WITHOUT_SERVERS = {
    "build_frontend",
    "check",
    "collectstatic",
    "compile_messages",
    "describe_roles",
    "djade",
    "extract_messages",
    "help",
    "spectacular",
    "version",
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cxhub.settings")
    from django.core.management import execute_from_command_line

    servers = Embedded(var_folder())
    wants_help = len(sys.argv) < 2 or sys.argv[1].startswith("-") or {"-h", "--help"} & set(sys.argv)
    if wants_help or sys.argv[1] in WITHOUT_SERVERS or not servers.is_wanted:
        execute_from_command_line(sys.argv)
        return
    try:
        with servers.running():
            execute_from_command_line(sys.argv)
    except NotStarted as reason:
        sys.exit(f"cxhub: {reason}")


if __name__ == "__main__":
    main()
