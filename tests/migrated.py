"""An empty, migrated database that the tests' databases are copied from.

Migrating takes ten seconds and copying half a one. It is made once for what the migrations say and kept between runs,
where the server is kept.
"""

import hashlib
from pathlib import Path

from django.core.management import call_command
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "migrated_"
SAY_WHAT_A_DATABASE_IS = ["*/migrations/*.py", "accounts/texts.py", "accounts/fields.py", "requirements*.txt"]


def template() -> str:
    """The database's name; of several processes that ask at once, one makes it and the others wait."""
    name = PREFIX + _digest()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [PREFIX])
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
        found = {row[0] for row in cursor.fetchall()}
        if name not in found:
            for old in found:
                cursor.execute(f'DROP DATABASE "{old}"')
            _make(cursor, name)
    return name


def _digest() -> str:
    digest = hashlib.sha256()
    for file in sorted(path for pattern in SAY_WHAT_A_DATABASE_IS for path in ROOT.glob(pattern)):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _make(cursor, name: str) -> None:
    """Under another name until it is whole."""
    half = f"{PREFIX}half"
    cursor.execute(f'CREATE DATABASE "{half}"')
    own = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = half
    try:
        call_command("migrate", verbosity=0)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = own
    cursor.execute(f'ALTER DATABASE "{half}" RENAME TO "{name}"')
