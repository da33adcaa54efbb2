"""Addresses at which results are read, and who made and revoked them."""

from importlib import import_module

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from accounts.migrations._triggers import statement_triggers, without

audit = import_module("accounts.migrations.0009_audit")
TABLE = "surveys_reportlink"
WRITTEN = statement_triggers(TABLE, "audit", "cxhub_audit()", events="insert delete")
NOT_WRITTEN = "".join(f"DROP TRIGGER audit_on_{event} ON {TABLE};" for event in ("insert", "delete"))


def compare_by_columns(_apps, schema_editor) -> None:
    with schema_editor.connection.cursor() as cursor:
        audit.compare(cursor, TABLE)


class Migration(migrations.Migration):
    dependencies = [
        ("surveys", "0007_released"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReportLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[("page", "Page to read"), ("table", "Table for a spreadsheet")],
                        default="page",
                        max_length=5,
                        verbose_name="kind",
                    ),
                ),
                (
                    "digest",
                    models.CharField(editable=False, max_length=64, unique=True, verbose_name="digest"),
                ),
                ("window", models.CharField(max_length=30, verbose_name="window")),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("ar", "Arabic")], max_length=10, verbose_name="language"
                    ),
                ),
                (
                    "with_comments",
                    models.BooleanField(db_default=False, default=False, verbose_name="with comments"),
                ),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                (
                    "revoked_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="revoked"),
                ),
                (
                    "made_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="created",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "survey",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="report_links",
                        to="surveys.survey",
                        verbose_name="survey",
                    ),
                ),
            ],
            options={
                "verbose_name": "address of results",
                "verbose_name_plural": "addresses of results",
                "ordering": ["-made_at", "-id"],
            },
        ),
        migrations.RunSQL(WRITTEN, NOT_WRITTEN + without([f"{TABLE}_audit_update"])),
        migrations.RunPython(compare_by_columns, migrations.RunPython.noop),
    ]
