"""For how long what is no fact is kept."""

from importlib import import_module

from django.db import migrations, models

triggers = import_module("accounts.migrations.0002_triggers")

AUDIT = triggers.statement_triggers("accounts_retention", "audit", "cxhub_audit()")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0029_people_stay_erased"),
    ]

    operations = [
        migrations.CreateModel(
            name="Retention",
            fields=[
                (
                    "id",
                    models.SmallIntegerField(default=1, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "uploads",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="The file, what was chosen for it and what became of its rows. Facts stay.",
                        null=True,
                        verbose_name="uploaded files",
                    ),
                ),
                (
                    "history",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="What rows said before and after a change. Who changed which row, and when, stays.",
                        null=True,
                        verbose_name="contents of the history",
                    ),
                ),
                (
                    "notices",
                    models.PositiveSmallIntegerField(
                        blank=True, help_text="The rows as a whole.", null=True, verbose_name="notices"
                    ),
                ),
                (
                    "left_contacts",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="They are erased like any person, so many months after they left.",
                        null=True,
                        verbose_name="contacts who left",
                    ),
                ),
            ],
            options={
                "verbose_name": "retention",
                "verbose_name_plural": "retention",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)),
                        name="retention_is_one",
                        violation_error_code="id",
                        violation_error_message="There is one row of settings. Change that one.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("uploads", None), ("uploads__gte", 1), _connector="OR"),
                        name="retention_of_uploads_is_a_month_at_least",
                        violation_error_code="uploads",
                        violation_error_message="Give a number of months, or nothing.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("history", None), ("history__gte", 1), _connector="OR"),
                        name="retention_of_history_is_a_month_at_least",
                        violation_error_code="history",
                        violation_error_message="Give a number of months, or nothing.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("notices", None), ("notices__gte", 1), _connector="OR"),
                        name="retention_of_notices_is_a_month_at_least",
                        violation_error_code="notices",
                        violation_error_message="Give a number of months, or nothing.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("left_contacts", None), ("left_contacts__gte", 1), _connector="OR"
                        ),
                        name="retention_of_left_contacts_is_a_month_at_least",
                        violation_error_code="left_contacts",
                        violation_error_message="Give a number of months, or nothing.",
                    ),
                ],
            },
        ),
        migrations.RunSQL(AUDIT, migrations.RunSQL.noop),
    ]
