"""The feedback board. What was said bears on figures from its day on; who changed what of it is written down."""

from importlib import import_module

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import accounts.fields
import accounts.texts
from accounts.migrations._triggers import statement_triggers, without

touching = import_module("accounts.migrations.0008_touch")
audit = import_module("accounts.migrations.0009_audit")
TABLE = "surveys_feedbackitem"
TOUCH = touching.Touch(
    account="coalesce({r}.account_id, 0)", since="{r}.said_on", idle="contact_id text made_by_id"
)
TOUCHED = touching.touch(TABLE, TOUCH, touching.changed_json(TOUCH)) + touching.touch_triggers(TABLE)
AUDITED = ["surveys_theme", TABLE]
WRITTEN = "".join(
    statement_triggers(table, "audit", "cxhub_audit()", events="insert delete") for table in AUDITED
)
NOT_WRITTEN = "".join(
    f"DROP TRIGGER audit_on_{event} ON {table};" for table in AUDITED for event in ("insert", "delete")
)


def compare_by_columns(_apps, schema_editor) -> None:
    with schema_editor.connection.cursor() as cursor:
        for table in AUDITED:
            audit.compare(cursor, table)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0013_frequency_rules"),
        ("surveys", "0005_anonymous"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Theme",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", accounts.fields.LocalizedField(default=accounts.texts.Text, verbose_name="name")),
                (
                    "words",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="search words",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("planned", "Planned"),
                            ("in_work", "In work"),
                            ("done", "Done"),
                            ("declined", "Declined"),
                        ],
                        default="open",
                        max_length=8,
                        verbose_name="status",
                    ),
                ),
                (
                    "done",
                    accounts.fields.LocalizedField(
                        blank=True, default=accounts.texts.Text, verbose_name="what was done"
                    ),
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
                    "feature",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="themes",
                        to="accounts.feature",
                        verbose_name="feature",
                    ),
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
                    "mailing",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="themes",
                        to="accounts.mailing",
                        verbose_name="mailing",
                    ),
                ),
            ],
            options={
                "verbose_name": "theme",
                "verbose_name_plural": "themes",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="FeedbackItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "heard",
                    models.CharField(
                        choices=[
                            ("comment", "Survey"),
                            ("ticket", "Ticket"),
                            ("touchpoint", "Conversation"),
                            ("review", "Public review"),
                        ],
                        max_length=10,
                        verbose_name="where",
                    ),
                ),
                ("question", models.CharField(blank=True, max_length=60, verbose_name="question")),
                ("text", models.TextField(blank=True, verbose_name="text")),
                ("said_on", models.DateField(verbose_name="said on")),
                (
                    "recorded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="recorded",
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="feedback_items",
                        to="accounts.account",
                        verbose_name="account",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="feedback_items",
                        to="accounts.contact",
                        verbose_name="contact",
                    ),
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
                    "response",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="feedback_items",
                        to="surveys.response",
                        verbose_name="response",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="feedback_items",
                        to="accounts.ticket",
                        verbose_name="ticket",
                    ),
                ),
                (
                    "theme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="surveys.theme",
                        verbose_name="theme",
                    ),
                ),
            ],
            options={
                "verbose_name": "feedback item",
                "verbose_name_plural": "feedback items",
                "ordering": ["-said_on", "-id"],
            },
        ),
        migrations.AddConstraint(
            model_name="theme",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", {}), _negated=True),
                name="theme_has_a_name",
                violation_error_code="name",
                violation_error_message="This must not be empty.",
            ),
        ),
        migrations.AddIndex(
            model_name="feedbackitem",
            index=models.Index(fields=["said_on"], name="feedbackitem_by_day"),
        ),
        migrations.AddConstraint(
            model_name="feedbackitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("heard", "comment"),
                        ("response__isnull", False),
                        ("text", ""),
                        ("ticket", None),
                        models.Q(("question", ""), _negated=True),
                    ),
                    models.Q(
                        ("heard", "ticket"),
                        ("question", ""),
                        ("response", None),
                        ("text", ""),
                        ("ticket__isnull", False),
                    ),
                    models.Q(
                        ("heard__in", ["touchpoint", "review"]),
                        ("question", ""),
                        ("response", None),
                        ("ticket", None),
                        models.Q(("text", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="feedbackitem_of_one_source",
                violation_error_code="heard",
                violation_error_message="It was said in one place: name it, or write down what was said.",
            ),
        ),
        migrations.AddConstraint(
            model_name="feedbackitem",
            constraint=models.UniqueConstraint(
                fields=("response", "question", "theme"),
                name="feedbackitem_comment_once",
                violation_error_code="theme",
                violation_error_message="The comment has this theme already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="feedbackitem",
            constraint=models.UniqueConstraint(
                fields=("ticket", "theme"),
                name="feedbackitem_ticket_once",
                violation_error_code="theme",
                violation_error_message="The ticket has this theme already.",
            ),
        ),
        migrations.RunSQL(TOUCHED, without([f"{TABLE}_touch"])),
        migrations.RunSQL(WRITTEN, NOT_WRITTEN + without([f"{table}_audit_update" for table in AUDITED])),
        migrations.RunPython(compare_by_columns, migrations.RunPython.noop),
    ]
