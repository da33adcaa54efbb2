"""A database of its own for a benchmark, beside the installation's on the same server."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg import sql


@contextmanager
def own_database(name: str, *, keep: bool) -> Iterator[None]:
    """Inside the block the default connection leads to a new, migrated database; it goes when the block ends."""
    usual = connection.settings_dict["NAME"]
    if name == usual or not name.startswith("bench_"):
        raise CommandError(f"A benchmark does not write to {name}.")
    _alone("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    _alone("CREATE DATABASE {}", name)
    try:
        with _connected_to(name):
            call_command("migrate", interactive=False, verbosity=0)
            yield
    finally:
        if not keep:
            _alone("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


@contextmanager
def _connected_to(name: str) -> Iterator[None]:
    usual = connection.settings_dict["NAME"]
    connection.close()
    usual_prefix = cache.key_prefix
    connection.settings_dict["NAME"] = cache.key_prefix = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"], cache.key_prefix = usual, usual_prefix


def _alone(statement: str, name: str) -> None:
    """Databases are made and dropped outside of any transaction."""
    connection.ensure_connection()
    connection.connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
