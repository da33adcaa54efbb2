"""Under which names the values of declared attributes go, and how they are kept: as texts, of several one a line.

Beside them how many tags there may be, and how long.
"""

import re
from collections.abc import Iterable, Sequence

from accounts.texts import search_key

# In AccountChange, in files, filters and splits: `attribute.contract_language`. No column of an account has a point.
PREFIX = "attribute."
KEY = "[a-z][a-z0-9_]{0,29}"
YES, NO = "true", "false"
MOST_TAGS, LONGEST_TAG = 30, 40
# Of names, which may have blanks and commas in them.
NAMES_SEPARATOR = re.compile(r"\s*[;،\n]\s*")


def is_declared(name: str) -> bool:
    return name.startswith(PREFIX)


def key_of(name: str) -> str:
    return name.removeprefix(PREFIX)


def lines_of(kept: str) -> list[str]:
    """What is kept as one text; none of an empty one."""
    return kept.split("\n") if kept else []


def kept_of(lines: Iterable[str]) -> str:
    return "\n".join(lines)


def tags_in(text: str) -> list[str]:
    return tags_of(NAMES_SEPARATOR.split(text))


def tags_of(names: Sequence[str]) -> list[str]:
    """Each once, whatever its spelling."""
    found = {search_key(one): " ".join(one.split()) for one in reversed(names)}
    found.pop("", None)
    return [found[key] for key in sorted(found)]
