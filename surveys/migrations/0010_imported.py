"""Responses out of files, and who wrote and took back which."""

from importlib import import_module

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from accounts.migrations._triggers import statement_triggers, without

audit = import_module("accounts.migrations.0009_audit")
TABLE = "surveys_responseimport"
WRITTEN = statement_triggers(TABLE, "audit", "cxhub_audit()", events="insert delete")
NOT_WRITTEN = "".join(f"DROP TRIGGER audit_on_{event} ON {TABLE};" for event in ("insert", "delete"))


def compare_by_columns(_apps, schema_editor) -> None:
    with schema_editor.connection.cursor() as cursor:
        audit.compare(cursor, TABLE)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0013_frequency_rules"),
        ("surveys", "0009_doors"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ResponseImport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=60, verbose_name="source")),
                ("date_format", models.CharField(blank=True, max_length=30, verbose_name="date format")),
                ("created", models.PositiveIntegerField(default=0, editable=False, verbose_name="new")),
                ("replaced", models.PositiveIntegerField(default=0, editable=False, verbose_name="replaced")),
                (
                    "unchanged",
                    models.PositiveIntegerField(default=0, editable=False, verbose_name="unchanged"),
                ),
                ("rejected", models.PositiveIntegerField(default=0, editable=False, verbose_name="rejected")),
                (
                    "made_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="created",
                    ),
                ),
                ("done_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="done")),
                (
                    "taken_back_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="taken back"),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "survey",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="response_imports",
                        to="surveys.survey",
                        verbose_name="survey",
                    ),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.upload",
                        verbose_name="file",
                    ),
                ),
            ],
            options={
                "verbose_name": "import of responses",
                "verbose_name_plural": "imports of responses",
                "ordering": ["-made_at", "-id"],
            },
        ),
        migrations.AddField(
            model_name="response",
            name="imported",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="responses",
                to="surveys.responseimport",
                verbose_name="import",
            ),
        ),
        migrations.RunSQL(WRITTEN, NOT_WRITTEN + without([f"{TABLE}_audit_update"])),
        migrations.RunPython(compare_by_columns, migrations.RunPython.noop),
    ]
