"""What is left of messages once their reader was erased, and for how long calls of providers are kept."""

from importlib import import_module

import django.db.models.functions.text
from django.db import migrations, models

by_columns = import_module("accounts.migrations.0031_compare_by_columns")


def compare(_apps, schema_editor) -> None:
    with schema_editor.connection.cursor() as cursor:
        by_columns.compare(cursor, "accounts_retention")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0058_notifications"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="message",
            name="message_once_of_a_mailing",
        ),
        migrations.AddField(
            model_name="retention",
            name="provider_calls",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="The rows as a whole, those that were rejected with what came.",
                null=True,
                verbose_name="calls of providers",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("state", "unknown")), fields=["-changed_at"], name="message_unknown"
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(
                models.F("mailing"),
                django.db.models.functions.text.Lower("address"),
                condition=models.Q(
                    models.Q(("state", "skipped"), _negated=True), models.Q(("address", ""), _negated=True)
                ),
                name="message_once_of_a_mailing",
                violation_error_code="address",
                violation_error_message="Somebody with this address gets this mailing already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="retention",
            constraint=models.CheckConstraint(
                condition=models.Q(("provider_calls", None), ("provider_calls__gte", 1), _connector="OR"),
                name="retention_of_provider_calls_is_a_month_at_least",
                violation_error_code="provider_calls",
                violation_error_message="Give a number of months, or nothing.",
            ),
        ),
        migrations.RunPython(compare, migrations.RunPython.noop),
    ]
