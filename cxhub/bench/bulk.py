"""Fills tables at the speed of the disk: no triggers, keys or indexes while the rows go in, all of them afterwards."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, models, transaction

# Keys are checked faster all at once than row by row, and so are indexes made. Foreign keys first: they need others.
# An index of a partitioned table is one of its partitions, too.
KEYS = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
    FROM pg_constraint WHERE contype IN ('f', 'u') AND conrelid = ANY(%s::regclass[]) ORDER BY contype, conname"""
INDEXES = """
    SELECT indexrelid::regclass::text, replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') FROM pg_index
    WHERE indrelid = ANY(%s::regclass[])
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) ORDER BY 1"""


@contextmanager
def filling(*tables: type[models.Model]) -> Iterator[Any]:
    """A cursor in one transaction; when it ends, everything is as it was but for the rows."""
    names = [table._meta.db_table for table in tables]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(KEYS, [names])
        keys = cursor.fetchall()
        cursor.execute(INDEXES, [names])
        indexes = cursor.fetchall()
        run(cursor, (f"ALTER TABLE {name} DISABLE TRIGGER USER" for name in names))
        run(cursor, (f"ALTER TABLE {table} DROP CONSTRAINT {key}" for table, key, _rule in keys))
        run(cursor, (f"DROP INDEX {index}" for index, _rule in indexes))
        yield cursor
        run(cursor, (rule for _index, rule in indexes))
        run(
            cursor,
            (f"ALTER TABLE {table} ADD CONSTRAINT {key} {rule}" for table, key, rule in reversed(keys)),
        )
        run(cursor, (f"ALTER TABLE {name} ENABLE TRIGGER USER" for name in names))
        run(cursor, (f"ANALYZE {name}" for name in names))


def run(cursor: Any, statements: Iterator[str] | Sequence[str]) -> None:
    for statement in statements:
        cursor.execute(statement)
