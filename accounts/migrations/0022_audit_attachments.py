"""Who put a file to an account, and who deleted it."""

from importlib import import_module

from django.db import migrations

triggers = import_module("accounts.migrations.0002_triggers")
TABLE = "accounts_attachment"
NO_AUDIT = "".join(f"DROP TRIGGER audit_on_{event} ON {TABLE};" for event in ("insert", "update", "delete"))


class Migration(migrations.Migration):
    dependencies = [("accounts", "0021_attachments")]

    operations = [migrations.RunSQL(triggers.statement_triggers(TABLE, "audit", "cxhub_audit()"), NO_AUDIT)]
