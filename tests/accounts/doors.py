"""The ways by which a row comes, changes and goes: the ORM's, SQL, COPY."""

from io import StringIO

import pytest
from django.db import connection, models

from accounts.models import AuditEntry, Touched


def execute(statement, values=()):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def columns(row):
    names = [f.column for f in row._meta.concrete_fields if not isinstance(f, models.GeneratedField)]
    return ", ".join(f'"{name}"' for name in names)


def set_aside(row, table):
    """A copy of the row in a temporary table."""
    execute(
        f"CREATE TEMP TABLE {table} ON COMMIT DROP AS"
        f" SELECT {columns(row)} FROM {row._meta.db_table} WHERE id = {row.pk}"
    )


def taken_away(row):
    """The row is gone, but for the copy that the doors of INSERT bring back."""
    set_aside(row, "kept")
    execute(f"DELETE FROM {row._meta.db_table} WHERE id = %s", [row.pk])
    forget()


def forget():
    """What was touched and noted so far."""
    Touched.objects.all().delete()
    AuditEntry.objects.all().delete()


def created(row):
    fields = [f for f in row._meta.concrete_fields if not f.generated]
    type(row).objects.create(**{f.attname: getattr(row, f.attname) for f in fields})


def bulk_created(row):
    type(row).objects.bulk_create([row])


def inserted(row):
    execute(f"INSERT INTO {row._meta.db_table} ({columns(row)}) SELECT {columns(row)} FROM kept")


def copied(row):
    text = StringIO()
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY (SELECT {columns(row)} FROM kept) TO STDOUT") as source:
            text.write(b"".join(source).decode())
        with cursor.copy(f"COPY {row._meta.db_table} ({columns(row)}) FROM STDIN") as target:
            target.write(text.getvalue())


def given(row, values):
    for name, value in values.items():
        setattr(row, name, value)
    return row


def saved(row, values):
    given(row, values).save()


def updated(row, values):
    type(row).objects.filter(pk=row.pk).update(**values)


def bulk_updated(row, values):
    type(row).objects.bulk_update([given(row, values)], list(values))


def updated_in_sql(row, values):
    execute(
        f"UPDATE {row._meta.db_table} SET {assignments(row, values)} WHERE id = {row.pk}",
        list(values.values()),
    )


def upserted(row, values):
    """As imports do."""
    set_aside(row, "new_values")
    execute(f"UPDATE new_values SET {assignments(row, values)}", list(values.values()))
    execute(
        f"INSERT INTO {row._meta.db_table} ({columns(row)}) SELECT {columns(row)} FROM new_values"
        f" ON CONFLICT (id) DO UPDATE SET {assignments(row, values, 'excluded.{}')}"
    )
    execute("DROP TABLE new_values")


def assignments(row, values, value="%s"):
    names = [f'"{row._meta.get_field(name).column}"' for name in values]
    return ", ".join(f"{name} = {value.format(name)}" for name in names)


def deleted(row):
    row.delete()


def deleted_of_a_queryset(row):
    type(row).objects.filter(pk=row.pk).delete()


def deleted_in_sql(row):
    execute(f"DELETE FROM {row._meta.db_table} WHERE id = %s", [row.pk])


INSERTS = (created, bulk_created, inserted, copied)
UPDATES = (saved, updated, bulk_updated, updated_in_sql, upserted)
DELETES = (deleted, deleted_of_a_queryset, deleted_in_sql)


def through(*doors):
    return pytest.mark.parametrize("door", doors, ids=lambda door: door.__name__)
