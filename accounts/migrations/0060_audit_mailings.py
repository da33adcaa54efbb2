"""Who wrote, scheduled, paused and stopped a mailing."""

from importlib import import_module

from django.db import migrations

triggers = import_module("accounts.migrations.0002_triggers")
by_columns = import_module("accounts.migrations.0031_compare_by_columns")
TABLE = "accounts_mailing"
NO_AUDIT = "".join(f"DROP TRIGGER audit_on_{event} ON {TABLE};" for event in ("insert", "update", "delete"))


def compare(_apps, schema_editor) -> None:
    with schema_editor.connection.cursor() as cursor:
        by_columns.compare(cursor, TABLE)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0055_mailings")]

    operations = [
        migrations.RunSQL(
            triggers.statement_triggers(TABLE, "audit", "cxhub_audit()"),
            NO_AUDIT + f"DROP FUNCTION IF EXISTS {TABLE}_audit_update() CASCADE;",
        ),
        migrations.RunPython(compare, migrations.RunPython.noop),
    ]
