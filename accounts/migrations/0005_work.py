"""What is done and by whom: jobs, imports, the audit, feeds and what is found in them, tokens, retention."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce

import accounts.models.imports
from accounts.migrations._tables import CreateTables

# What a deleted row may have been a part of.
WHOLES = ("order", "ticket", "subscription", "user", "account")


class Migration(migrations.Migration):
    replaces = [
        ("accounts", "0003_apitoken"),
        ("accounts", "0012_uploaded_files"),
        ("accounts", "0013_constraints_in_words"),
        ("accounts", "0014_kept_answers"),
        ("accounts", "0015_index_audit_by_time"),
        ("accounts", "0018_index_the_audit_for_people"),
        ("accounts", "0020_chosen_rows"),
        ("accounts", "0027_feeds_and_findings"),
        ("accounts", "0030_retention"),
        ("accounts", "0032_rows_of_fates"),
        ("accounts", "0033_jobs_count_their_tries"),
        ("accounts", "0034_imports_that_mend"),
        ("accounts", "0035_fates_name_their_rows"),
    ]

    dependencies = [
        ("accounts", "0004_facts"),
    ]

    operations = [
        CreateTables(
            [
                migrations.CreateModel(
                    name="Job",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(max_length=60, verbose_name="kind")),
                        (
                            "key",
                            models.CharField(
                                blank=True,
                                help_text="Work that is done once has one.",
                                max_length=120,
                                null=True,
                                unique=True,
                                verbose_name="key",
                            ),
                        ),
                        ("parameters", models.JSONField(blank=True, default=dict, verbose_name="parameters")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waiting"),
                                    ("running", "Running"),
                                    ("stopped", "Stopped"),
                                    ("done", "Done"),
                                    ("failed", "Failed"),
                                ],
                                default="waiting",
                                max_length=8,
                                verbose_name="state",
                            ),
                        ),
                        (
                            "total",
                            models.PositiveBigIntegerField(blank=True, null=True, verbose_name="to do"),
                        ),
                        ("done", models.PositiveBigIntegerField(default=0, verbose_name="done")),
                        ("position", models.JSONField(blank=True, default=dict, verbose_name="goes on from")),
                        ("result", models.JSONField(blank=True, default=dict, verbose_name="result")),
                        (
                            "created_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="jobs",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="by",
                            ),
                        ),
                        (
                            "created_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="created"
                            ),
                        ),
                        ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="started")),
                        ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                        (
                            "seen_alive_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="last sign of life"),
                        ),
                        (
                            "stop_requested_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="asked to stop"),
                        ),
                        (
                            "tries",
                            models.PositiveSmallIntegerField(
                                db_default=0,
                                default=0,
                                help_text="How often it was taken up since it last got anywhere.",
                                verbose_name="tries",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "job",
                        "verbose_name_plural": "jobs",
                        "ordering": ["-created_at", "-id"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state__in", ["waiting", "running"])),
                                fields=["kind", "id"],
                                name="job_unfinished",
                            ),
                            models.Index(
                                condition=models.Q(("created_by__isnull", False)),
                                fields=["finished_at"],
                                name="job_ended",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ChosenRow",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "job",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="chosen",
                                to="accounts.job",
                                verbose_name="job",
                            ),
                        ),
                        ("action", models.CharField(max_length=30, verbose_name="what is done")),
                        ("row", models.BigIntegerField(verbose_name="row")),
                        ("value", models.CharField(blank=True, max_length=200, verbose_name="value")),
                    ],
                    options={
                        "verbose_name": "chosen row",
                        "verbose_name_plural": "chosen rows",
                        "ordering": ["job", "action", "row"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("job", "action", "row"),
                                name="chosenrow_once_per_job",
                                violation_error_code="row",
                                violation_error_message="This row was chosen already.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Notice",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(max_length=60, verbose_name="kind")),
                        (
                            "account",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="notices",
                                to="accounts.account",
                                verbose_name="account",
                            ),
                        ),
                        (
                            "recipient",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="notices",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="for",
                            ),
                        ),
                        ("payload", models.JSONField(blank=True, default=dict, verbose_name="content")),
                        ("happened_at", models.DateTimeField(verbose_name="happened")),
                        (
                            "recorded_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(),
                                editable=False,
                                verbose_name="recorded",
                            ),
                        ),
                        ("read_at", models.DateTimeField(blank=True, null=True, verbose_name="read")),
                        (
                            "for_webhooks",
                            models.BooleanField(
                                db_default=True, default=True, editable=False, verbose_name="new to webhooks"
                            ),
                        ),
                        (
                            "key",
                            models.CharField(
                                blank=True, editable=False, max_length=200, null=True, verbose_name="key"
                            ),
                        ),
                        (
                            "mail",
                            models.CharField(
                                blank=True,
                                choices=[("now", "at once"), ("digest", "in the digest"), ("", "not")],
                                db_default="",
                                editable=False,
                                max_length=6,
                                verbose_name="still to be mailed",
                            ),
                        ),
                        (
                            "chat",
                            models.BooleanField(
                                db_default=False,
                                default=False,
                                editable=False,
                                verbose_name="still to be posted",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "notice",
                        "verbose_name_plural": "notices",
                        "ordering": ["-happened_at", "-id"],
                        "indexes": [
                            models.Index(fields=["account", "-happened_at"], name="notice_of_an_account"),
                            models.Index(
                                condition=models.Q(("for_webhooks", True)),
                                fields=["id"],
                                name="notice_for_webhooks",
                            ),
                            models.Index(
                                condition=models.Q(("recipient__isnull", False)),
                                fields=["recipient", "-happened_at", "-id"],
                                name="notice_of_a_recipient",
                            ),
                            models.Index(
                                condition=models.Q(("read_at", None), ("recipient__isnull", False)),
                                fields=["recipient"],
                                name="notice_unread",
                            ),
                            models.Index(
                                condition=models.Q(
                                    models.Q(("mail", ""), _negated=True), ("chat", True), _connector="OR"
                                ),
                                fields=["recipient"],
                                name="notice_to_send",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("key__isnull", False)),
                                fields=("key", "recipient"),
                                name="notice_once",
                                nulls_distinct=False,
                                violation_error_code="key",
                                violation_error_message="This was told already.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AuditEntry",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="at"
                            ),
                        ),
                        (
                            "actor",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="by",
                            ),
                        ),
                        (
                            "job",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="accounts.job",
                                verbose_name="job",
                            ),
                        ),
                        ("table", models.CharField(max_length=63, verbose_name="table")),
                        ("row", models.BigIntegerField(verbose_name="row")),
                        (
                            "action",
                            models.CharField(
                                choices=[("insert", "Created"), ("update", "Changed"), ("delete", "Deleted")],
                                max_length=6,
                                verbose_name="action",
                            ),
                        ),
                        ("before", models.JSONField(null=True, verbose_name="before")),
                        ("after", models.JSONField(null=True, verbose_name="after")),
                    ],
                    options={
                        "verbose_name": "audit entry",
                        "verbose_name_plural": "audit entries",
                        "ordering": ["-id"],
                        "indexes": [
                            models.Index(fields=["table", "row"], name="auditentry_of_a_row"),
                            models.Index(fields=["table", "at"], include=("row",), name="auditentry_since"),
                            models.Index(
                                condition=models.Q(("job__isnull", False)),
                                fields=["job"],
                                name="auditentry_of_a_job",
                            ),
                            models.Index(
                                condition=models.Q(("actor__isnull", False), ("job__isnull", True)),
                                fields=["actor", "id"],
                                name="auditentry_by_hand",
                            ),
                            models.Index(
                                condition=models.Q(("action", "delete")),
                                fields=["table", "id"],
                                name="auditentry_deletions",
                            ),
                            models.Index(
                                models.F("table"),
                                Coalesce(*(KT(f"before__{name}_id") for name in WHOLES)),
                                condition=models.Q(("action", "delete")),
                                name="auditentry_deleted_parts",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Touched",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("account_id", models.BigIntegerField(null=True, verbose_name="account")),
                        ("earliest_day", models.DateField(verbose_name="earliest day")),
                        (
                            "at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="at"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "touched account",
                        "verbose_name_plural": "touched accounts",
                        "indexes": [models.Index(fields=["account_id"], name="touched_by_account")],
                    },
                ),
                migrations.CreateModel(
                    name="Upload",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "file",
                            models.FileField(
                                blank=True,
                                storage=accounts.models.imports.kept_files,
                                upload_to="%Y/%m",
                                verbose_name="file",
                            ),
                        ),
                        ("name", models.CharField(max_length=255, verbose_name="name")),
                        ("size", models.PositiveBigIntegerField(verbose_name="bytes")),
                        ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                        (
                            "uploaded_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="uploaded"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "uploaded file",
                        "verbose_name_plural": "uploaded files",
                        "ordering": ["-uploaded_at", "-id"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("file", ""), _negated=True),
                                fields=["uploaded_at"],
                                name="upload_with_file",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Import",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "upload",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="imports",
                                to="accounts.upload",
                                verbose_name="file",
                            ),
                        ),
                        ("resource", models.CharField(max_length=60, verbose_name="kind of rows")),
                        ("source", models.CharField(max_length=60, verbose_name="source")),
                        (
                            "choices",
                            models.JSONField(blank=True, default=dict, verbose_name="how it is read"),
                        ),
                        (
                            "mends",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="mended_by",
                                to="accounts.import",
                                verbose_name="mends the rejected rows of",
                            ),
                        ),
                        (
                            "preview",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="preview_of",
                                to="accounts.job",
                                verbose_name="preview",
                            ),
                        ),
                        (
                            "job",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="import_of",
                                to="accounts.job",
                                verbose_name="job",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="imports",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="by",
                            ),
                        ),
                        (
                            "created_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="created"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "import",
                        "verbose_name_plural": "imports",
                        "ordering": ["-created_at", "-id"],
                    },
                ),
                migrations.CreateModel(
                    name="RowFate",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "job",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="fates",
                                to="accounts.job",
                                verbose_name="job",
                            ),
                        ),
                        ("line", models.PositiveBigIntegerField(verbose_name="line")),
                        (
                            "fate",
                            models.CharField(
                                choices=[
                                    ("created", "Created"),
                                    ("changed", "Changed"),
                                    ("unchanged", "Unchanged"),
                                    ("rejected", "Rejected"),
                                ],
                                max_length=9,
                                verbose_name="what became of it",
                            ),
                        ),
                        ("key", models.TextField(blank=True, verbose_name="id in the file")),
                        ("column", models.TextField(blank=True, verbose_name="column")),
                        ("value", models.TextField(blank=True, verbose_name="value")),
                        ("reason", models.TextField(blank=True, verbose_name="reason")),
                        ("row", models.BigIntegerField(blank=True, null=True, verbose_name="our row")),
                        (
                            "changes",
                            models.JSONField(
                                blank=True,
                                default=list,
                                help_text="Field, before, after.",
                                verbose_name="changes",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "fate of a row",
                        "verbose_name_plural": "fates of rows",
                        "ordering": ["line", "id"],
                        "indexes": [
                            models.Index(fields=["job", "line"], name="rowfate_of_a_job"),
                            models.Index(fields=["job", "fate", "line"], name="rowfate_by_fate"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ColumnMapping",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("source", models.CharField(max_length=60, verbose_name="source")),
                        ("resource", models.CharField(max_length=60, verbose_name="kind of rows")),
                        ("column", models.TextField(verbose_name="column")),
                        (
                            "field",
                            models.CharField(
                                blank=True,
                                help_text="None: it is left out.",
                                max_length=60,
                                verbose_name="field",
                            ),
                        ),
                        (
                            "values",
                            models.JSONField(
                                blank=True, db_default=[], default=list, verbose_name="what its values mean"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "known column",
                        "verbose_name_plural": "known columns",
                        "ordering": ["source", "resource", "id"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "resource", "column"),
                                name="columnmapping_once",
                                violation_error_code="column",
                                violation_error_message="This column of the source is known already.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="KeptAnswer",
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
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="user",
                            ),
                        ),
                        ("key", models.CharField(max_length=255, verbose_name="key")),
                        ("fingerprint", models.CharField(max_length=64, verbose_name="hash of the request")),
                        ("status", models.PositiveSmallIntegerField(default=0, verbose_name="status")),
                        ("headers", models.JSONField(default=dict, verbose_name="headers")),
                        ("body", models.TextField(blank=True, verbose_name="content")),
                        (
                            "at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="at"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "kept answer",
                        "verbose_name_plural": "kept answers",
                        "indexes": [models.Index(fields=["at"], name="keptanswer_by_age")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("user", "key"),
                                name="keptanswer_once_per_key",
                                violation_error_code="key",
                                violation_error_message="This key was used already.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ApiToken",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("token_key", models.CharField(db_index=True, max_length=25)),
                        ("created", models.DateTimeField(auto_now_add=True)),
                        ("expiry", models.DateTimeField(blank=True, null=True)),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="user",
                            ),
                        ),
                        (
                            "digest",
                            models.CharField(
                                editable=False, max_length=128, unique=True, verbose_name="hash"
                            ),
                        ),
                        (
                            "name",
                            models.CharField(
                                help_text="What uses it, such as the warehouse.",
                                max_length=120,
                                verbose_name="name",
                            ),
                        ),
                        (
                            "scopes",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(
                                    choices=[("read", "Read"), ("write", "Write"), ("events", "Send events")],
                                    max_length=8,
                                ),
                                size=None,
                                verbose_name="scopes",
                            ),
                        ),
                        (
                            "last_used_at",
                            models.DateTimeField(
                                blank=True, editable=False, null=True, verbose_name="last used"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "API token",
                        "verbose_name_plural": "API tokens",
                        "ordering": ["-id"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("name", ""), _negated=True),
                                name="apitoken_has_a_name",
                                violation_error_code="name",
                                violation_error_message="This must not be empty.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("scopes__len__gt", 0)),
                                name="apitoken_has_a_scope",
                                violation_error_code="scopes",
                                violation_error_message="A token without a scope may do nothing. Choose at least one.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("scopes__contained_by", ["read", "write", "events"])),
                                name="apitoken_scopes_known",
                                violation_error_code="scopes",
                                violation_error_message="There is no such scope.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Feed",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(max_length=60, verbose_name="kind of facts")),
                        ("source", models.CharField(blank=True, max_length=60, verbose_name="source")),
                        ("last_at", models.DateTimeField(verbose_name="came last")),
                        ("usual_gap", models.DurationField(blank=True, null=True, verbose_name="usual gap")),
                        ("noted_at", models.DateTimeField(verbose_name="noted")),
                        (
                            "closed_at",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="nothing more expected since"
                            ),
                        ),
                        (
                            "closed_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="by",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "feed",
                        "verbose_name_plural": "feeds",
                        "ordering": ["last_at", "kind", "source"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("kind", "source"),
                                name="feed_once",
                                violation_error_code="source",
                                violation_error_message="This source is known for this kind of facts already.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="FeedDay",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "feed",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="days",
                                to="accounts.feed",
                                verbose_name="feed",
                            ),
                        ),
                        ("day", models.DateField(verbose_name="day")),
                        ("facts", models.PositiveIntegerField(verbose_name="facts")),
                        ("late", models.PositiveIntegerField(default=0, verbose_name="of them late")),
                        (
                            "latest",
                            models.DurationField(blank=True, null=True, verbose_name="at most so late"),
                        ),
                    ],
                    options={
                        "verbose_name": "day of a feed",
                        "verbose_name_plural": "days of feeds",
                        "ordering": ["feed", "day"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("feed", "day"),
                                name="feedday_once",
                                violation_error_code="day",
                                violation_error_message="This day of the feed is known already.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Finding",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("check_key", models.CharField(max_length=60, verbose_name="check")),
                        ("day", models.DateField(verbose_name="day")),
                        ("found", models.PositiveIntegerField(verbose_name="found")),
                        ("since", models.DateTimeField(blank=True, null=True, verbose_name="since")),
                        ("looked_at", models.DateTimeField(verbose_name="looked")),
                    ],
                    options={
                        "verbose_name": "finding",
                        "verbose_name_plural": "findings",
                        "ordering": ["check_key", "day"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("check_key", "day"),
                                name="finding_once_a_day",
                                violation_error_code="day",
                                violation_error_message="This check has its finding of this day already.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Retention",
                    fields=[
                        (
                            "id",
                            models.SmallIntegerField(
                                default=1, editable=False, primary_key=True, serialize=False
                            ),
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
                                blank=True,
                                help_text="The rows as a whole.",
                                null=True,
                                verbose_name="notices",
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
                        (
                            "events",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                help_text="Whole months of them, with what they said. What is rolled up of them stays.",
                                null=True,
                                verbose_name="single events",
                            ),
                        ),
                        (
                            "rejected_events",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                help_text="The rows as a whole.",
                                null=True,
                                verbose_name="rejected events",
                            ),
                        ),
                        (
                            "provider_calls",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                help_text="The rows as a whole, those that were rejected with what came.",
                                null=True,
                                verbose_name="calls of providers",
                            ),
                        ),
                        (
                            "events_gone_before",
                            models.DateTimeField(
                                blank=True,
                                editable=False,
                                null=True,
                                verbose_name="single events have gone before",
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
                            models.CheckConstraint(
                                condition=models.Q(("events", None), ("events__gte", 1), _connector="OR"),
                                name="retention_of_events_is_a_month_at_least",
                                violation_error_code="events",
                                violation_error_message="Give a number of months, or nothing.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("rejected_events", None), ("rejected_events__gte", 1), _connector="OR"
                                ),
                                name="retention_of_rejected_events_is_a_month_at_least",
                                violation_error_code="rejected_events",
                                violation_error_message="Give a number of months, or nothing.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("provider_calls", None), ("provider_calls__gte", 1), _connector="OR"
                                ),
                                name="retention_of_provider_calls_is_a_month_at_least",
                                violation_error_code="provider_calls",
                                violation_error_message="Give a number of months, or nothing.",
                            ),
                        ],
                    },
                ),
            ]
        ),
    ]
