"""What was said is compared by when it was said, so that the order in which it comes does not matter."""

from importlib import import_module

import django.db.models.functions.text
from django.db import migrations, models

by_columns = import_module("accounts.migrations.0031_compare_by_columns")


def compare(_apps, schema_editor) -> None:
    with schema_editor.connection.cursor() as cursor:
        by_columns.compare(cursor, "accounts_identity")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0041_what_is_left_of_events"),
    ]

    operations = [
        migrations.RunPython(migrations.RunPython.noop, compare),
        migrations.CreateModel(
            name="CompanyProfile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=60, verbose_name="source")),
                ("value", models.CharField(max_length=200, verbose_name="id there")),
                ("traits", models.JSONField(default=dict, verbose_name="traits")),
                ("times", models.JSONField(default=dict, verbose_name="times")),
            ],
            options={
                "verbose_name": "profile of a company",
                "verbose_name_plural": "profiles of companies",
            },
        ),
        migrations.AddField(
            model_name="identity",
            name="derived",
            field=models.BooleanField(
                db_default=False, default=False, editable=False, verbose_name="follows from what was said"
            ),
        ),
        migrations.AddField(
            model_name="profile",
            name="email",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=254, verbose_name="e-mail address"
            ),
        ),
        migrations.AddField(
            model_name="profile",
            name="times",
            field=models.JSONField(default=dict, verbose_name="times"),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(django.db.models.functions.text.Lower("email"), name="contact_by_address"),
        ),
        migrations.AddIndex(
            model_name="profile",
            index=models.Index(
                condition=models.Q(("email", ""), _negated=True),
                fields=["source", "email"],
                name="profile_by_email",
            ),
        ),
        migrations.AddConstraint(
            model_name="companyprofile",
            constraint=models.UniqueConstraint(
                fields=("source", "value"),
                name="companyprofile_once",
                violation_error_code="value",
                violation_error_message="This id is known already.",
            ),
        ),
        migrations.RunPython(compare, migrations.RunPython.noop),
    ]
