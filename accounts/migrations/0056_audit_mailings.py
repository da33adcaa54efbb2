"""Who wrote and sent a mailing, changed an outbox, or suppressed an address. How an outbox stands is no change of it."""

from importlib import import_module

from django.db import migrations

triggers = import_module("accounts.migrations.0002_triggers")
by_columns = import_module("accounts.migrations.0031_compare_by_columns")
TABLES = ("accounts_mailing", "accounts_outbox", "accounts_suppression")
STANDING = {"errors", "heard", "next_at"}
NO_AUDIT = "".join(
    f"DROP TRIGGER audit_on_{event} ON {table};"
    for table in TABLES
    for event in ("insert", "update", "delete")
) + "".join(f"DROP FUNCTION IF EXISTS {table}_audit_update() CASCADE;" for table in TABLES)


def compare(_apps, schema_editor) -> None:
    with schema_editor.connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(by_columns.COLUMNS, [table])
            columns = [column for (column,) in cursor.fetchall() if column not in STANDING]
            cursor.execute(by_columns.audit(table, columns))


class Migration(migrations.Migration):
    dependencies = [("accounts", "0055_mailings")]

    operations = [
        migrations.RunSQL(
            "".join(triggers.statement_triggers(table, "audit", "cxhub_audit()") for table in TABLES),
            NO_AUDIT,
        ),
        migrations.RunPython(compare, migrations.RunPython.noop),
    ]
