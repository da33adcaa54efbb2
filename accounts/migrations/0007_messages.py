"""What is sent to people and to other programs, and what comes back."""

import datetime

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import accounts.models.webhooks
from accounts.migrations._tables import CreateTables

# Written to once a message: nobody waits for the disk, and a crash says itself that nothing is known.
UNLOGGED = "ALTER TABLE accounts_onthewire SET UNLOGGED"


class Migration(migrations.Migration):
    replaces = [
        ("accounts", "0050_messages"),
        ("accounts", "0051_judged_hits"),
        ("accounts", "0052_provider_calls"),
        ("accounts", "0053_webhooks"),
        ("accounts", "0055_mailings"),
        ("accounts", "0057_calls_of_sms"),
        ("accounts", "0058_notifications"),
        ("accounts", "0059_what_is_left_of_messages"),
        ("accounts", "0060_reminders"),
        ("accounts", "0061_fewer_indexes"),
    ]

    dependencies = [
        ("accounts", "0006_events"),
    ]

    operations = [
        CreateTables(
            [
                migrations.CreateModel(
                    name="Outbox",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "medium",
                            models.CharField(
                                choices=[("email", "E-mail"), ("sms", "SMS")],
                                max_length=5,
                                unique=True,
                                verbose_name="medium",
                            ),
                        ),
                        (
                            "sender",
                            models.CharField(
                                blank=True,
                                help_text="Empty: the one of the installation's settings.",
                                max_length=254,
                                verbose_name="sender",
                            ),
                        ),
                        (
                            "a_second",
                            models.PositiveIntegerField(
                                blank=True,
                                help_text="Empty: as many as the server takes.",
                                null=True,
                                verbose_name="at most a second",
                            ),
                        ),
                        (
                            "errors_allowed",
                            models.PositiveSmallIntegerField(
                                default=20,
                                help_text="After so many it pauses by itself.",
                                verbose_name="errors in a row",
                            ),
                        ),
                        (
                            "errors",
                            models.PositiveIntegerField(
                                default=0, editable=False, verbose_name="errors since the last success"
                            ),
                        ),
                        (
                            "heard",
                            models.CharField(
                                blank=True, editable=False, max_length=500, verbose_name="last answer"
                            ),
                        ),
                        (
                            "next_at",
                            models.DateTimeField(editable=False, null=True, verbose_name="not before"),
                        ),
                        (
                            "paused_at",
                            models.DateTimeField(
                                blank=True, editable=False, null=True, verbose_name="paused"
                            ),
                        ),
                        (
                            "paused_because",
                            models.CharField(
                                blank=True, editable=False, max_length=500, verbose_name="because"
                            ),
                        ),
                        (
                            "budget_days",
                            models.PositiveSmallIntegerField(default=7, verbose_name="days of the budget"),
                        ),
                        (
                            "person_budget",
                            models.PositiveSmallIntegerField(
                                blank=True, null=True, verbose_name="messages to a person"
                            ),
                        ),
                        (
                            "account_budget",
                            models.PositiveSmallIntegerField(
                                blank=True, null=True, verbose_name="messages to an account"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "outbox",
                        "verbose_name_plural": "outboxes",
                        "ordering": ["medium"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("a_second", None), ("a_second__gte", 1), _connector="OR"),
                                name="outbox_sends",
                                violation_error_code="a_second",
                                violation_error_message="This must be above zero.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("errors_allowed__gte", 1)),
                                name="outbox_allows_an_error",
                                violation_error_code="errors_allowed",
                                violation_error_message="This must be above zero.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("budget_days__gte", 1)),
                                name="outbox_budget_of_a_day",
                                violation_error_code="budget_days",
                                violation_error_message="This must be above zero.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Letter",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "medium",
                            models.CharField(
                                choices=[("email", "E-mail"), ("sms", "SMS")],
                                default="email",
                                max_length=5,
                                verbose_name="medium",
                            ),
                        ),
                        ("texts", models.JSONField(default=dict, verbose_name="texts")),
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
                            "made_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="created"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "letter",
                        "verbose_name_plural": "letters",
                        "ordering": ["-id"],
                    },
                ),
                migrations.CreateModel(
                    name="Mailing",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=120, verbose_name="name")),
                        (
                            "population",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="mailings",
                                to="accounts.population",
                                verbose_name="population",
                            ),
                        ),
                        (
                            "purpose",
                            models.CharField(
                                choices=[
                                    ("service", "Service"),
                                    ("surveys", "Surveys"),
                                    ("marketing", "Marketing"),
                                ],
                                default="service",
                                max_length=10,
                                verbose_name="purpose",
                            ),
                        ),
                        (
                            "letter",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="mailings",
                                to="accounts.letter",
                                verbose_name="letter",
                            ),
                        ),
                        (
                            "language",
                            models.CharField(
                                choices=[("en", "English"), ("ar", "Arabic")],
                                default="en",
                                help_text="Of those whose own is not known, or none of the letter's.",
                                max_length=10,
                                verbose_name="language",
                            ),
                        ),
                        (
                            "campaign",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="mailings",
                                to="accounts.campaign",
                                verbose_name="campaign",
                            ),
                        ),
                        (
                            "goal",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="mailings",
                                to="accounts.goal",
                                verbose_name="goal",
                            ),
                        ),
                        (
                            "made_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="mailings",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="by",
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
                        ("due_at", models.DateTimeField(blank=True, null=True, verbose_name="scheduled for")),
                        (
                            "queued_at",
                            models.DateTimeField(
                                blank=True, editable=False, null=True, verbose_name="queued"
                            ),
                        ),
                        (
                            "paused_at",
                            models.DateTimeField(
                                blank=True, editable=False, null=True, verbose_name="paused"
                            ),
                        ),
                        (
                            "stopped_at",
                            models.DateTimeField(
                                blank=True, editable=False, null=True, verbose_name="stopped"
                            ),
                        ),
                        (
                            "finished_at",
                            models.DateTimeField(
                                blank=True, editable=False, null=True, verbose_name="finished"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "mailing",
                        "verbose_name_plural": "mailings",
                        "ordering": ["-made_at", "-id"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("name", ""), _negated=True),
                                name="mailing_has_a_name",
                                violation_error_code="name",
                                violation_error_message="This must not be empty.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Message",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "key",
                            models.CharField(
                                blank=True,
                                help_text="What is sent once has one.",
                                max_length=120,
                                null=True,
                                verbose_name="key",
                            ),
                        ),
                        (
                            "mailing",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="messages",
                                to="accounts.mailing",
                                verbose_name="mailing",
                            ),
                        ),
                        (
                            "letter",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="messages",
                                to="accounts.letter",
                                verbose_name="letter",
                            ),
                        ),
                        (
                            "contact",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="messages",
                                to="accounts.contact",
                                verbose_name="contact",
                            ),
                        ),
                        (
                            "account",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="messages",
                                to="accounts.account",
                                verbose_name="account",
                            ),
                        ),
                        (
                            "reminds_of",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="reminders",
                                to="accounts.message",
                                verbose_name="reminder of",
                            ),
                        ),
                        (
                            "medium",
                            models.CharField(
                                choices=[("email", "E-mail"), ("sms", "SMS")],
                                default="email",
                                max_length=5,
                                verbose_name="medium",
                            ),
                        ),
                        (
                            "purpose",
                            models.CharField(
                                choices=[
                                    ("service", "Service"),
                                    ("surveys", "Surveys"),
                                    ("marketing", "Marketing"),
                                ],
                                default="service",
                                max_length=10,
                                verbose_name="purpose",
                            ),
                        ),
                        ("address", models.CharField(blank=True, max_length=254, verbose_name="address")),
                        ("name", models.CharField(blank=True, max_length=200, verbose_name="name")),
                        ("language", models.CharField(max_length=10, verbose_name="language")),
                        ("values", models.JSONField(default=dict, verbose_name="merged values")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waiting"),
                                    ("sending", "Being sent"),
                                    ("sent", "Sent"),
                                    ("delivered", "Delivered"),
                                    ("bounced", "Bounced"),
                                    ("failed", "Failed"),
                                    ("unknown", "Unknown whether it left"),
                                    ("skipped", "Skipped"),
                                    ("stopped", "Stopped"),
                                ],
                                default="waiting",
                                max_length=9,
                                verbose_name="state",
                            ),
                        ),
                        ("reason", models.CharField(blank=True, max_length=40, verbose_name="reason")),
                        ("answer", models.CharField(blank=True, max_length=500, verbose_name="answer")),
                        ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="tries")),
                        ("batch", models.UUIDField(editable=False, null=True, verbose_name="batch")),
                        (
                            "provider_id",
                            models.CharField(blank=True, max_length=200, verbose_name="id at the provider"),
                        ),
                        (
                            "queued_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="queued"
                            ),
                        ),
                        ("due_at", models.DateTimeField(verbose_name="due")),
                        ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent")),
                        (
                            "changed_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="changed"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "message",
                        "verbose_name_plural": "messages",
                        "ordering": ["-queued_at", "-id"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", "waiting")),
                                fields=["medium", "due_at", "id"],
                                name="message_due",
                            ),
                            models.Index(
                                condition=models.Q(("state", "sending")),
                                fields=["batch"],
                                name="message_being_sent",
                            ),
                            models.Index(
                                condition=models.Q(("mailing__isnull", False)),
                                fields=["mailing", "state"],
                                name="message_of_a_mailing",
                            ),
                            models.Index(
                                condition=models.Q(("reminds_of__isnull", False)),
                                fields=["reminds_of"],
                                name="message_reminder",
                            ),
                            models.Index(
                                condition=models.Q(("state", "unknown")),
                                fields=["-changed_at"],
                                name="message_unknown",
                            ),
                            models.Index(fields=["account", "-queued_at"], name="message_of_an_account"),
                            models.Index(
                                django.db.models.functions.text.Lower("address"),
                                models.F("sent_at"),
                                name="message_to_an_address",
                            ),
                            models.Index(
                                condition=models.Q(("provider_id", ""), _negated=True),
                                fields=["provider_id"],
                                name="message_by_provider",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("key__isnull", False)),
                                fields=("key",),
                                name="message_once",
                                violation_error_code="key",
                                violation_error_message="There is a message with this key already.",
                            ),
                            models.UniqueConstraint(
                                models.F("mailing"),
                                django.db.models.functions.text.Lower("address"),
                                condition=models.Q(
                                    ("mailing__isnull", False),
                                    models.Q(("state", "skipped"), _negated=True),
                                    models.Q(("address", ""), _negated=True),
                                ),
                                name="message_once_of_a_mailing",
                                violation_error_code="address",
                                violation_error_message="Somebody with this address gets this mailing already.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OnTheWire",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("batch", models.UUIDField(verbose_name="batch")),
                        ("message_id", models.BigIntegerField(null=True, verbose_name="message")),
                        (
                            "state",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("waiting", "Waiting"),
                                    ("sending", "Being sent"),
                                    ("sent", "Sent"),
                                    ("delivered", "Delivered"),
                                    ("bounced", "Bounced"),
                                    ("failed", "Failed"),
                                    ("unknown", "Unknown whether it left"),
                                    ("skipped", "Skipped"),
                                    ("stopped", "Stopped"),
                                ],
                                max_length=9,
                                verbose_name="state",
                            ),
                        ),
                        ("reason", models.CharField(blank=True, max_length=40, verbose_name="reason")),
                        ("answer", models.CharField(blank=True, max_length=500, verbose_name="answer")),
                        (
                            "provider_id",
                            models.CharField(blank=True, max_length=200, verbose_name="id at the provider"),
                        ),
                        (
                            "at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="at"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "message on the wire",
                        "verbose_name_plural": "messages on the wire",
                        "indexes": [models.Index(fields=["batch"], name="onthewire_of_a_batch")],
                    },
                ),
                migrations.CreateModel(
                    name="Hit",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "message",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="hits",
                                to="accounts.message",
                                verbose_name="message",
                            ),
                        ),
                        ("link", models.PositiveSmallIntegerField(null=True, verbose_name="link")),
                        ("trap", models.BooleanField(default=False, verbose_name="trap")),
                        ("at", models.DateTimeField(verbose_name="at")),
                        ("visitor", models.CharField(max_length=32, verbose_name="visitor")),
                        ("agent", models.CharField(blank=True, max_length=200, verbose_name="agent")),
                        ("machine", models.BooleanField(null=True, verbose_name="by a machine")),
                        (
                            "judged_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="by",
                            ),
                        ),
                        ("judged_at", models.DateTimeField(null=True, verbose_name="changed")),
                    ],
                    options={
                        "verbose_name": "hit",
                        "verbose_name_plural": "hits",
                        "ordering": ["at", "id"],
                        "indexes": [
                            models.Index(fields=["message", "at"], name="hit_of_a_message"),
                            models.Index(
                                condition=models.Q(("machine", None)), fields=["at"], name="hit_open"
                            ),
                            models.Index(fields=["visitor", "at"], name="hit_of_a_visitor"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Suppression",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "medium",
                            models.CharField(
                                choices=[("email", "E-mail"), ("sms", "SMS")],
                                default="email",
                                max_length=5,
                                verbose_name="medium",
                            ),
                        ),
                        ("address", models.CharField(max_length=254, verbose_name="address")),
                        (
                            "purpose",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("service", "Service"),
                                    ("surveys", "Surveys"),
                                    ("marketing", "Marketing"),
                                ],
                                help_text="Empty: everything.",
                                max_length=10,
                                verbose_name="purpose",
                            ),
                        ),
                        (
                            "reason",
                            models.CharField(
                                choices=[
                                    ("unsubscribed", "Unsubscribed"),
                                    ("complained", "Marked it as spam"),
                                    ("bounced", "Nothing arrives there"),
                                    ("stopped", "Wrote STOP"),
                                    ("by_hand", "By hand"),
                                ],
                                default="by_hand",
                                max_length=12,
                                verbose_name="reason",
                            ),
                        ),
                        (
                            "message",
                            models.ForeignKey(
                                blank=True,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="accounts.message",
                                verbose_name="message",
                            ),
                        ),
                        (
                            "since",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(),
                                editable=False,
                                verbose_name="since",
                            ),
                        ),
                        (
                            "lifted_at",
                            models.DateTimeField(
                                blank=True, editable=False, null=True, verbose_name="lifted"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "suppressed address",
                        "verbose_name_plural": "suppressed addresses",
                        "ordering": ["-since", "-id"],
                        "constraints": [
                            models.UniqueConstraint(
                                models.F("medium"),
                                django.db.models.functions.text.Lower("address"),
                                models.F("purpose"),
                                condition=models.Q(("lifted_at", None)),
                                name="suppression_once",
                                violation_error_code="address",
                                violation_error_message="This address is suppressed already.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Reply",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "message",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="replies",
                                to="accounts.message",
                                verbose_name="message",
                            ),
                        ),
                        (
                            "contact",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="replies",
                                to="accounts.contact",
                                verbose_name="contact",
                            ),
                        ),
                        (
                            "account",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="replies",
                                to="accounts.account",
                                verbose_name="account",
                            ),
                        ),
                        (
                            "medium",
                            models.CharField(
                                choices=[("email", "E-mail"), ("sms", "SMS")],
                                default="email",
                                max_length=5,
                                verbose_name="medium",
                            ),
                        ),
                        ("mail_id", models.CharField(max_length=300, unique=True, verbose_name="message id")),
                        ("address", models.CharField(max_length=254, verbose_name="from")),
                        ("subject", models.CharField(blank=True, max_length=300, verbose_name="subject")),
                        ("text", models.TextField(blank=True, verbose_name="text")),
                        ("automatic", models.BooleanField(default=False, verbose_name="automatic")),
                        ("received_at", models.DateTimeField(verbose_name="received")),
                        (
                            "recorded_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(),
                                editable=False,
                                verbose_name="recorded",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "reply",
                        "verbose_name_plural": "replies",
                        "ordering": ["-received_at", "-id"],
                        "indexes": [
                            models.Index(fields=["account", "-received_at"], name="reply_of_an_account")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ProviderCall",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("provider", models.CharField(max_length=20, verbose_name="provider")),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("tracking", "What became of mails"),
                                    ("inbound", "Mails that came in"),
                                    ("stripe", "Payments"),
                                    ("sms", "What became of SMS, and answers to them"),
                                ],
                                max_length=8,
                                verbose_name="kind",
                            ),
                        ),
                        ("headers", models.JSONField(default=dict, verbose_name="headers")),
                        ("body", models.BinaryField(verbose_name="body")),
                        ("size", models.PositiveIntegerField(verbose_name="bytes")),
                        ("digest", models.CharField(max_length=64, verbose_name="digest")),
                        (
                            "received_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="received"
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waiting"),
                                    ("taken", "Taken"),
                                    ("rejected", "Rejected"),
                                ],
                                default="waiting",
                                max_length=8,
                                verbose_name="state",
                            ),
                        ),
                        ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="done")),
                        ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="tries")),
                        ("read", models.PositiveIntegerField(default=0, verbose_name="understood")),
                        ("reason", models.CharField(blank=True, max_length=40, verbose_name="reason")),
                        ("field", models.CharField(blank=True, max_length=120, verbose_name="field")),
                        ("detail", models.CharField(blank=True, max_length=500, verbose_name="detail")),
                    ],
                    options={
                        "verbose_name": "call of a provider",
                        "verbose_name_plural": "calls of providers",
                        "ordering": ["-id"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", "waiting")),
                                fields=["provider", "id"],
                                name="providercall_due",
                            ),
                            models.Index(fields=["state", "done_at"], name="providercall_done"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("provider", "kind", "digest"),
                                name="providercall_once",
                                violation_error_code="digest",
                                violation_error_message="This call is known already.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ProviderObject",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("provider", models.CharField(max_length=20, verbose_name="provider")),
                        ("value", models.CharField(max_length=200, verbose_name="id there")),
                        ("told_at", models.DateTimeField(verbose_name="said last")),
                    ],
                    options={
                        "verbose_name": "object of a provider",
                        "verbose_name_plural": "objects of providers",
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("provider", "value"),
                                name="providerobject_once",
                                violation_error_code="value",
                                violation_error_message="This id is known already.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="WebhookEndpoint",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "url",
                            models.CharField(
                                max_length=500,
                                validators=[accounts.models.webhooks.may_be_reached],
                                verbose_name="address",
                            ),
                        ),
                        (
                            "description",
                            models.CharField(
                                blank=True,
                                help_text="What listens there, such as the data team's queue.",
                                max_length=200,
                                verbose_name="description",
                            ),
                        ),
                        (
                            "kinds",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(
                                    max_length=60,
                                    validators=[
                                        django.core.validators.RegexValidator(
                                            "^[a-z0-9_]+([.-][a-z0-9_]+)*$", "Write kinds like band.changed."
                                        )
                                    ],
                                ),
                                blank=True,
                                default=list,
                                help_text="Of what it is told. Empty: of everything.",
                                size=None,
                                verbose_name="kinds",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                blank=True,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="by",
                            ),
                        ),
                        (
                            "created_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(),
                                editable=False,
                                verbose_name="created",
                            ),
                        ),
                        (
                            "disabled_at",
                            models.DateTimeField(
                                blank=True, editable=False, null=True, verbose_name="disabled"
                            ),
                        ),
                        (
                            "disabled_because",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("by_hand", "By hand"),
                                    ("gone", "It answered that it is gone (410)"),
                                    ("failing", "For days nothing could be delivered"),
                                ],
                                editable=False,
                                max_length=7,
                                verbose_name="because",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "webhook",
                        "verbose_name_plural": "webhooks",
                        "ordering": ["id"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("disabled_at", None), ("disabled_because", "")),
                                    models.Q(
                                        ("disabled_at__isnull", False),
                                        models.Q(("disabled_because", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="webhookendpoint_disabled_for_a_reason",
                                violation_error_code="disabled_because",
                                violation_error_message="What is disabled has a reason.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="WebhookSecret",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "endpoint",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="secrets",
                                to="accounts.webhookendpoint",
                                verbose_name="webhook",
                            ),
                        ),
                        ("value", models.CharField(max_length=100, verbose_name="secret")),
                        (
                            "since",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="since"
                            ),
                        ),
                        ("until", models.DateTimeField(null=True, verbose_name="valid until")),
                    ],
                    options={
                        "verbose_name": "secret of a webhook",
                        "verbose_name_plural": "secrets of webhooks",
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("until", None)),
                                fields=("endpoint",),
                                name="webhooksecret_one_at_a_time",
                                violation_error_code="until",
                                violation_error_message="A webhook has one secret at a time.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="WebhookDelivery",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "key",
                            models.CharField(
                                default=accounts.models.webhooks.new_key,
                                max_length=40,
                                unique=True,
                                verbose_name="id",
                            ),
                        ),
                        (
                            "endpoint",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="deliveries",
                                to="accounts.webhookendpoint",
                                verbose_name="webhook",
                            ),
                        ),
                        (
                            "notice",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="deliveries",
                                to="accounts.notice",
                                verbose_name="notice",
                            ),
                        ),
                        ("kind", models.CharField(max_length=60, verbose_name="kind")),
                        ("payload", models.JSONField(verbose_name="content")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waiting"),
                                    ("delivering", "Being delivered"),
                                    ("delivered", "Delivered"),
                                    ("failed", "Failed"),
                                ],
                                default="waiting",
                                max_length=10,
                                verbose_name="state",
                            ),
                        ),
                        ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="tries")),
                        (
                            "made_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="created"
                            ),
                        ),
                        (
                            "since",
                            models.DateTimeField(
                                default=django.utils.timezone.now, verbose_name="tried since"
                            ),
                        ),
                        (
                            "next_at",
                            models.DateTimeField(default=django.utils.timezone.now, verbose_name="next"),
                        ),
                        ("tried_at", models.DateTimeField(null=True, verbose_name="last try")),
                        ("delivered_at", models.DateTimeField(null=True, verbose_name="delivered")),
                        ("status", models.PositiveSmallIntegerField(null=True, verbose_name="status")),
                        (
                            "problem",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("status", "It answered with an error."),
                                    ("redirect", "It redirects; enter the address where it ends."),
                                    ("gone", "It answered that it is gone (410)."),
                                    ("timeout", "It did not answer in time."),
                                    ("address", "Its address is none that may be reached from here."),
                                    ("no_host", "Its host was not found."),
                                    ("tls", "Its certificate, or its encryption, is not right."),
                                    ("connection", "It could not be reached, or broke off."),
                                ],
                                max_length=10,
                                verbose_name="problem",
                            ),
                        ),
                        ("answer", models.CharField(blank=True, max_length=500, verbose_name="answer")),
                        ("took", models.DurationField(default=datetime.timedelta, verbose_name="took")),
                    ],
                    options={
                        "verbose_name": "webhook delivery",
                        "verbose_name_plural": "webhook deliveries",
                        "ordering": ["-id"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state__in", ["waiting", "delivering"])),
                                fields=["endpoint", "next_at", "id"],
                                name="webhookdelivery_due",
                            ),
                            models.Index(fields=["endpoint", "state", "-id"], name="webhookdelivery_log"),
                            models.Index(fields=["endpoint", "tried_at"], name="webhookdelivery_tried"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("endpoint", "notice"),
                                name="webhookdelivery_once",
                                violation_error_code="notice",
                                violation_error_message="This webhook is told of this notice already.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="NotificationSetting",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "user",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="notification_setting",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="user",
                            ),
                        ),
                        ("channels", models.JSONField(blank=True, default=dict, verbose_name="where")),
                        ("quiet_from", models.TimeField(blank=True, null=True, verbose_name="quiet from")),
                        ("quiet_until", models.TimeField(blank=True, null=True, verbose_name="quiet until")),
                        (
                            "quiet_weekends",
                            models.BooleanField(default=False, verbose_name="quiet on the whole weekend"),
                        ),
                        (
                            "digest_at",
                            models.TimeField(default=datetime.time(8, 0), verbose_name="digest at"),
                        ),
                        (
                            "chat_kind",
                            models.CharField(
                                blank=True,
                                choices=[("slack", "Slack"), ("teams", "Microsoft Teams")],
                                max_length=5,
                                verbose_name="chat",
                            ),
                        ),
                        (
                            "chat_url",
                            models.CharField(
                                blank=True,
                                max_length=1000,
                                validators=[accounts.models.webhooks.may_be_reached],
                                verbose_name="address of the chat's webhook",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "settings of notifications",
                        "verbose_name_plural": "settings of notifications",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("quiet_from", None), ("quiet_until", None)),
                                    models.Q(
                                        ("quiet_from__isnull", False),
                                        ("quiet_until__isnull", False),
                                        models.Q(("quiet_from", models.F("quiet_until")), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="notificationsetting_quiet_ends",
                                violation_error_code="quiet_until",
                                violation_error_message="Give both times, and different ones; or none.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("chat_kind", ""), ("chat_url", "")),
                                    models.Q(
                                        models.Q(("chat_kind", ""), _negated=True),
                                        models.Q(("chat_url", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="notificationsetting_whole_chat",
                                violation_error_code="chat_url",
                                violation_error_message="Give both the chat and its address, or neither.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ChatPost",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="chat_posts",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="for",
                            ),
                        ),
                        ("language", models.CharField(max_length=10, verbose_name="language")),
                        ("lines", models.JSONField(verbose_name="lines")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waiting"),
                                    ("posting", "Being posted"),
                                    ("posted", "Posted"),
                                    ("failed", "Failed"),
                                ],
                                default="waiting",
                                max_length=7,
                                verbose_name="state",
                            ),
                        ),
                        ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="tries")),
                        (
                            "made_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="created"
                            ),
                        ),
                        (
                            "next_at",
                            models.DateTimeField(default=django.utils.timezone.now, verbose_name="next"),
                        ),
                        ("tried_at", models.DateTimeField(null=True, verbose_name="last try")),
                        ("status", models.PositiveSmallIntegerField(null=True, verbose_name="status")),
                        (
                            "problem",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("status", "It answered with an error."),
                                    ("redirect", "It redirects; enter the address where it ends."),
                                    ("gone", "It answered that it is gone (410)."),
                                    ("timeout", "It did not answer in time."),
                                    ("address", "Its address is none that may be reached from here."),
                                    ("no_host", "Its host was not found."),
                                    ("tls", "Its certificate, or its encryption, is not right."),
                                    ("connection", "It could not be reached, or broke off."),
                                ],
                                max_length=10,
                                verbose_name="problem",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "post into a chat",
                        "verbose_name_plural": "posts into chats",
                        "ordering": ["-id"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state__in", ["waiting", "posting"])),
                                fields=["next_at", "id"],
                                name="chatpost_due",
                            ),
                            models.Index(fields=["user", "-id"], name="chatpost_of_a_user"),
                        ],
                    },
                ),
            ]
        ),
        migrations.RunSQL(UNLOGGED, migrations.RunSQL.noop),
    ]
