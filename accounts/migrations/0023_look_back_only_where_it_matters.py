"""The first fact of a changed account is looked for only where the change bears on the past: 3,000 accounts that got
another stage took 25 seconds, nearly all of it for days that nobody asked for."""

from importlib import import_module

from django.db import migrations

triggers = import_module("accounts.migrations.0002_triggers")

BEFORE = triggers.TOUCH_ACCOUNTS.partition("CREATE TRIGGER")[0].replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
NOW = BEFORE.replace("WHERE its[i] IS NOT NULL)", "WHERE its[i] IS NOT NULL AND bears_on_the_past)")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0022_audit_attachments")]

    operations = [migrations.RunSQL(NOW, BEFORE)]
