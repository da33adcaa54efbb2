"""Accounts, the persons there, and what is said of both.

Tables of other apps that name users come before these: each of their changes would render all of ours again.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import accounts.fields
import accounts.models.accounts
import accounts.texts
from accounts.migrations._tables import CreateTables


class Migration(migrations.Migration):
    replaces = [
        ("accounts", "0004_index_what_pages_ask"),
        ("accounts", "0011_tags"),
        ("accounts", "0016_countries_and_time_zones_are_checked"),
        ("accounts", "0021_attachments"),
        ("accounts", "0024_contacts_are_merged"),
        ("accounts", "0025_pairs_that_may_be_one"),
        ("accounts", "0026_populations"),
    ]

    dependencies = [
        ("accounts", "0002_functions"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
    ]

    operations = [
        CreateTables(
            [
                migrations.CreateModel(
                    name="Account",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=200, verbose_name="name")),
                        (
                            "name_key",
                            models.GeneratedField(
                                db_persist=True,
                                expression=accounts.models.accounts.SearchKey("name"),
                                output_field=models.TextField(),
                            ),
                        ),
                        ("industry", models.CharField(blank=True, max_length=80, verbose_name="industry")),
                        (
                            "country",
                            models.CharField(
                                blank=True,
                                help_text="Two letters, as in SA.",
                                max_length=2,
                                validators=[accounts.fields.is_country],
                                verbose_name="country",
                            ),
                        ),
                        ("website", models.URLField(blank=True, verbose_name="website")),
                        (
                            "acquired_channel",
                            models.CharField(
                                blank=True, max_length=80, verbose_name="acquired through channel"
                            ),
                        ),
                        (
                            "acquired_campaign",
                            models.CharField(
                                blank=True, max_length=120, verbose_name="acquired through campaign"
                            ),
                        ),
                        (
                            "internal",
                            models.BooleanField(
                                default=False,
                                help_text="Left out of every figure.",
                                verbose_name="test or internal",
                            ),
                        ),
                        (
                            "merged_into",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="merged",
                                to="accounts.account",
                                verbose_name="merged into",
                            ),
                        ),
                        (
                            "stage",
                            models.CharField(
                                choices=[
                                    ("lead", "Lead"),
                                    ("onboarding", "Onboarding"),
                                    ("live", "Live"),
                                    ("renewing", "Renewing"),
                                    ("churned", "Churned"),
                                ],
                                default="lead",
                                max_length=12,
                                verbose_name="stage",
                            ),
                        ),
                        ("segment", models.CharField(blank=True, max_length=80, verbose_name="segment")),
                        ("tier", models.CharField(blank=True, max_length=80, verbose_name="tier")),
                        ("region", models.CharField(blank=True, max_length=80, verbose_name="region")),
                        (
                            "owner",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="accounts",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="owner",
                            ),
                        ),
                        (
                            "team",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="accounts",
                                to="accounts.team",
                                verbose_name="team",
                            ),
                        ),
                        (
                            "parent",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="children",
                                to="accounts.account",
                                verbose_name="parent",
                            ),
                        ),
                        (
                            "attributes",
                            models.JSONField(
                                blank=True,
                                db_default={},
                                default=dict,
                                editable=False,
                                verbose_name="attributes",
                            ),
                        ),
                        (
                            "tags",
                            accounts.fields.TagsField(
                                base_field=models.CharField(max_length=40),
                                blank=True,
                                db_default=[],
                                default=list,
                                size=None,
                                verbose_name="tags",
                            ),
                        ),
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
                        "verbose_name": "account",
                        "verbose_name_plural": "accounts",
                        "ordering": ["name_key", "id"],
                        "permissions": [("view_all_accounts", "Can see every account")],
                        "indexes": [
                            models.Index(fields=["name_key", "id"], name="account_by_name"),
                            django.contrib.postgres.indexes.GinIndex(
                                fields=["name_key"], name="account_name_search", opclasses=["gin_trgm_ops"]
                            ),
                            models.Index(fields=["segment", "name_key", "id"], name="account_by_segment"),
                            models.Index(fields=["stage", "name_key", "id"], name="account_by_stage"),
                            django.contrib.postgres.indexes.GinIndex(
                                fields=["attributes"],
                                name="account_by_attribute",
                                opclasses=["jsonb_path_ops"],
                            ),
                            django.contrib.postgres.indexes.GinIndex(fields=["tags"], name="account_by_tag"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("name", ""), _negated=True),
                                name="account_has_a_name",
                                violation_error_code="name",
                                violation_error_message="This must not be empty.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("merged_into", None),
                                    models.Q(("merged_into", models.F("id")), _negated=True),
                                    _connector="OR",
                                ),
                                name="account_not_merged_into_itself",
                                violation_error_code="merged_into",
                                violation_error_message="An account cannot be merged into itself.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("parent", None),
                                    models.Q(("parent", models.F("id")), _negated=True),
                                    _connector="OR",
                                ),
                                name="account_not_its_own_parent",
                                violation_error_code="parent",
                                violation_error_message="An account cannot be its own parent.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("tags__len__lte", 30)),
                                name="account_has_at_most_30_tags",
                                violation_error_code="tags",
                                violation_error_message="There are too many tags.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AccountKey",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "account",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="keys",
                                to="accounts.account",
                                verbose_name="account",
                            ),
                        ),
                        ("source", models.CharField(max_length=60, verbose_name="source")),
                        ("value", models.CharField(max_length=200, verbose_name="id there")),
                        (
                            "digest",
                            models.GeneratedField(
                                db_persist=True,
                                expression=accounts.models.accounts.Digest(
                                    "source", models.Value("account"), "value"
                                ),
                                output_field=models.UUIDField(),
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "account key",
                        "verbose_name_plural": "account keys",
                        "indexes": [
                            models.Index(fields=["value"], name="accountkey_by_value"),
                            models.Index(fields=["digest"], name="accountkey_by_digest"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "value"),
                                name="accountkey_once_per_source",
                                violation_error_code="value",
                                violation_error_message="An account has this id at this source already.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AccountChange",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "account",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="changes",
                                to="accounts.account",
                                verbose_name="account",
                            ),
                        ),
                        ("field", models.CharField(max_length=40, verbose_name="attribute")),
                        ("value", models.CharField(blank=True, max_length=1000, verbose_name="value")),
                        ("from_day", models.DateField(verbose_name="from")),
                        (
                            "by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="by",
                            ),
                        ),
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
                        "verbose_name": "dated value",
                        "verbose_name_plural": "dated values",
                        "ordering": ["account", "field", "from_day"],
                        "indexes": [models.Index(fields=["recorded_at"], name="accountchange_by_entry")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("account", "field", "from_day"),
                                name="accountchange_one_value_a_day",
                                violation_error_code="from_day",
                                violation_error_message="This attribute has a value from this day on already.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "field__in",
                                        ("stage", "segment", "tier", "owner", "team", "region", "parent"),
                                    ),
                                    ("field__regex", "^attribute[.][a-z][a-z0-9_]{0,29}$"),
                                    _connector="OR",
                                ),
                                name="accountchange_of_a_dated_field",
                                violation_error_code="field",
                                violation_error_message="This attribute is not dated.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Tag",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=40, verbose_name="name")),
                        (
                            "name_key",
                            models.GeneratedField(
                                db_persist=True,
                                expression=accounts.models.accounts.SearchKey("name"),
                                output_field=models.TextField(),
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "tag",
                        "verbose_name_plural": "tags",
                        "ordering": ["name_key"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("name_key",),
                                name="tag_once_in_any_spelling",
                                violation_error_code="name",
                                violation_error_message="There is this tag already.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("name_key", ""), _negated=True),
                                name="tag_has_a_name",
                                violation_error_code="name",
                                violation_error_message="This must not be empty.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AttributeDefinition",
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
                                help_text="Small letters, digits and underscores; files and programs use it. It cannot be changed later.",
                                max_length=30,
                                unique=True,
                                verbose_name="key",
                            ),
                        ),
                        (
                            "name",
                            accounts.fields.LocalizedField(default=accounts.texts.Text, verbose_name="name"),
                        ),
                        (
                            "help",
                            accounts.fields.LocalizedField(
                                blank=True, default=accounts.texts.Text, verbose_name="help text"
                            ),
                        ),
                        (
                            "type",
                            models.CharField(
                                choices=[
                                    ("text", "Text"),
                                    ("whole", "Whole number"),
                                    ("decimal", "Decimal number"),
                                    ("yes_no", "Yes or no"),
                                    ("day", "Day"),
                                    ("choice", "One of several choices"),
                                    ("choices", "Any of several choices"),
                                ],
                                default="text",
                                max_length=8,
                                verbose_name="type",
                            ),
                        ),
                        ("choices", models.JSONField(blank=True, default=list, verbose_name="choices")),
                        (
                            "required",
                            models.BooleanField(
                                default=False, help_text="Forms insist on a value.", verbose_name="required"
                            ),
                        ),
                        (
                            "in_filters",
                            models.BooleanField(
                                default=True,
                                help_text="Lists and figures are filtered and split by it.",
                                verbose_name="in filters and splits",
                            ),
                        ),
                        (
                            "order",
                            models.PositiveSmallIntegerField(default=0, verbose_name="position in lists"),
                        ),
                        (
                            "archived",
                            models.BooleanField(
                                default=False,
                                help_text="No longer asked for; what is kept can still be read.",
                                verbose_name="archived",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "attribute",
                        "verbose_name_plural": "attributes",
                        "ordering": ["order", "id"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("key__regex", "^[a-z][a-z0-9_]{0,29}$")),
                                name="attributedefinition_key_is_plain",
                                violation_error_code="key",
                                violation_error_message="Begin with a small letter; digits and underscores may follow.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("type__in", ["choice", "choices"]), _negated=True),
                                    models.Q(("choices", []), _negated=True),
                                    _connector="OR",
                                ),
                                name="attributedefinition_of_choices_has_some",
                                violation_error_code="choices",
                                violation_error_message="Name at least one choice.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Contact",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "source",
                            models.CharField(
                                blank=True, db_default="", default="", max_length=60, verbose_name="source"
                            ),
                        ),
                        (
                            "external_id",
                            models.CharField(
                                blank=True, max_length=200, null=True, verbose_name="id at the source"
                            ),
                        ),
                        (
                            "recorded_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(),
                                editable=False,
                                verbose_name="recorded",
                            ),
                        ),
                        ("name", models.CharField(blank=True, max_length=200, verbose_name="name")),
                        (
                            "name_key",
                            models.GeneratedField(
                                db_persist=True,
                                expression=accounts.models.accounts.SearchKey("name"),
                                output_field=models.TextField(),
                            ),
                        ),
                        (
                            "email",
                            models.EmailField(blank=True, max_length=254, verbose_name="e-mail address"),
                        ),
                        (
                            "erased_at",
                            models.DateTimeField(
                                blank=True, editable=False, null=True, verbose_name="erased"
                            ),
                        ),
                        (
                            "account",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="contacts",
                                to="accounts.account",
                                verbose_name="account",
                            ),
                        ),
                        ("phone", models.CharField(blank=True, max_length=40, verbose_name="phone")),
                        ("language", models.CharField(blank=True, max_length=10, verbose_name="language")),
                        (
                            "time_zone",
                            models.CharField(
                                blank=True,
                                max_length=60,
                                validators=[accounts.fields.is_time_zone],
                                verbose_name="time zone",
                            ),
                        ),
                        (
                            "role",
                            models.CharField(
                                choices=[
                                    ("champion", "Champion"),
                                    ("sponsor", "Sponsor"),
                                    ("admin", "Administrator"),
                                    ("billing", "Billing"),
                                    ("user", "User"),
                                ],
                                default="user",
                                max_length=12,
                                verbose_name="role",
                            ),
                        ),
                        ("joined", models.DateField(blank=True, null=True, verbose_name="joined")),
                        ("left", models.DateField(blank=True, null=True, verbose_name="left")),
                        (
                            "preferred_channel",
                            models.CharField(blank=True, max_length=20, verbose_name="preferred channel"),
                        ),
                        (
                            "preferred_hour",
                            models.PositiveSmallIntegerField(
                                blank=True, null=True, verbose_name="preferred hour"
                            ),
                        ),
                        (
                            "tags",
                            accounts.fields.TagsField(
                                base_field=models.CharField(max_length=40),
                                blank=True,
                                db_default=[],
                                default=list,
                                size=None,
                                verbose_name="tags",
                            ),
                        ),
                        (
                            "merged_into",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="merged",
                                to="accounts.contact",
                                verbose_name="merged into",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "contact",
                        "verbose_name_plural": "contacts",
                        "ordering": ["name_key", "id"],
                        "permissions": [
                            ("export_person", "Can export all that is kept about a person"),
                            ("erase_person", "Can erase a person"),
                        ],
                        "abstract": False,
                        "indexes": [
                            django.contrib.postgres.indexes.BrinIndex(
                                autosummarize=True, fields=["recorded_at"], name="contact_as_they_came"
                            ),
                            django.contrib.postgres.indexes.GinIndex(
                                fields=["name_key"], name="contact_name_search", opclasses=["gin_trgm_ops"]
                            ),
                            models.Index(fields=["email"], name="contact_by_email"),
                            models.Index(
                                django.db.models.functions.text.Lower("email"), name="contact_by_address"
                            ),
                            django.contrib.postgres.indexes.GinIndex(fields=["tags"], name="contact_by_tag"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "external_id"),
                                name="contact_once_per_source",
                                violation_error_code="external_id",
                                violation_error_message="There is a row with this id at this source already.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("name", ""), _negated=True),
                                    models.Q(("email", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="contact_can_be_named",
                                violation_error_code="name",
                                violation_error_message="Give a name or an e-mail address.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("left", None),
                                    ("joined", None),
                                    ("left__gte", models.F("joined")),
                                    _connector="OR",
                                ),
                                name="contact_left_after_joining",
                                violation_error_code="left",
                                violation_error_message="This must not lie before the day of joining.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("preferred_hour", None), ("preferred_hour__lte", 23), _connector="OR"
                                ),
                                name="contact_hour_of_a_day",
                                violation_error_code="preferred_hour",
                                violation_error_message="An hour lies between 0 and 23.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("merged_into", None),
                                    models.Q(("merged_into", models.F("id")), _negated=True),
                                    _connector="OR",
                                ),
                                name="contact_not_merged_into_itself",
                                violation_error_code="merged_into",
                                violation_error_message="A contact cannot be merged into itself.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("tags__len__lte", 30)),
                                name="contact_has_at_most_30_tags",
                                violation_error_code="tags",
                                violation_error_message="There are too many tags.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("erased_at", None),
                                    models.Q(
                                        ("email__regex", "^erased-[0-9]+@erased[.]invalid$"),
                                        ("name", ""),
                                        ("phone", ""),
                                    ),
                                    _connector="OR",
                                ),
                                name="contact_erased_stays_empty",
                                violation_error_code="name",
                                violation_error_message="This person was erased. The row stays empty; enter somebody else as a row of their own.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Lead",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "source",
                            models.CharField(
                                blank=True, db_default="", default="", max_length=60, verbose_name="source"
                            ),
                        ),
                        (
                            "external_id",
                            models.CharField(
                                blank=True, max_length=200, null=True, verbose_name="id at the source"
                            ),
                        ),
                        (
                            "recorded_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(),
                                editable=False,
                                verbose_name="recorded",
                            ),
                        ),
                        ("name", models.CharField(blank=True, max_length=200, verbose_name="name")),
                        (
                            "name_key",
                            models.GeneratedField(
                                db_persist=True,
                                expression=accounts.models.accounts.SearchKey("name"),
                                output_field=models.TextField(),
                            ),
                        ),
                        (
                            "email",
                            models.EmailField(blank=True, max_length=254, verbose_name="e-mail address"),
                        ),
                        (
                            "erased_at",
                            models.DateTimeField(
                                blank=True, editable=False, null=True, verbose_name="erased"
                            ),
                        ),
                        ("company", models.CharField(blank=True, max_length=200, verbose_name="company")),
                        (
                            "account",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="leads",
                                to="accounts.account",
                                verbose_name="account",
                            ),
                        ),
                        ("first_interest", models.DateField(verbose_name="first interest")),
                        ("channel", models.CharField(blank=True, max_length=80, verbose_name="channel")),
                        ("campaign", models.CharField(blank=True, max_length=120, verbose_name="campaign")),
                        ("converted", models.DateField(blank=True, null=True, verbose_name="converted")),
                    ],
                    options={
                        "verbose_name": "lead",
                        "verbose_name_plural": "leads",
                        "ordering": ["-first_interest", "-id"],
                        "abstract": False,
                        "indexes": [
                            django.contrib.postgres.indexes.BrinIndex(
                                autosummarize=True, fields=["recorded_at"], name="lead_as_they_came"
                            ),
                            models.Index(
                                django.db.models.functions.text.Lower("email"), name="lead_by_email"
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "external_id"),
                                name="lead_once_per_source",
                                violation_error_code="external_id",
                                violation_error_message="There is a row with this id at this source already.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("name", ""), _negated=True),
                                    models.Q(("email", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="lead_can_be_named",
                                violation_error_code="name",
                                violation_error_message="Give a name or an e-mail address.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("converted", None),
                                    ("converted__gte", models.F("first_interest")),
                                    _connector="OR",
                                ),
                                name="lead_converted_after_first_interest",
                                violation_error_code="converted",
                                violation_error_message="This must not lie before the first interest.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("erased_at", None),
                                    models.Q(
                                        ("email__regex", "^erased-[0-9]+@erased[.]invalid$"), ("name", "")
                                    ),
                                    _connector="OR",
                                ),
                                name="lead_erased_stays_empty",
                                violation_error_code="name",
                                violation_error_message="This person was erased. The row stays empty; enter somebody else as a row of their own.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ErasedAddress",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("digest", models.CharField(max_length=64, verbose_name="hash of the address")),
                        (
                            "erased_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="erased"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "erased address",
                        "verbose_name_plural": "erased addresses",
                        "ordering": ["-erased_at", "-id"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("digest",),
                                name="erasedaddress_once",
                                violation_error_code="digest",
                                violation_error_message="This address is kept out already.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AccountPair",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "reasons",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(
                                    choices=[
                                        ("name", "alike by name"),
                                        ("domain", "same web domain"),
                                        ("email", "same e-mail address"),
                                        ("phone", "same phone number"),
                                    ],
                                    max_length=6,
                                ),
                                size=None,
                                verbose_name="reasons",
                            ),
                        ),
                        ("likeness", models.FloatField(verbose_name="likeness of the names")),
                        (
                            "found_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="found"
                            ),
                        ),
                        (
                            "dismissed_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="said to be two"),
                        ),
                        (
                            "dismissed_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="by",
                            ),
                        ),
                        (
                            "first",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="accounts.account",
                                verbose_name="first",
                            ),
                        ),
                        (
                            "second",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="accounts.account",
                                verbose_name="second",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "pair of accounts",
                        "verbose_name_plural": "pairs of accounts",
                        "abstract": False,
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("first", "second"),
                                name="accountpair_once",
                                violation_error_code="second",
                                violation_error_message="There is this pair already.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("first__lt", models.F("second"))),
                                name="accountpair_in_one_order",
                                violation_error_code="second",
                                violation_error_message="The second of a pair has the greater number.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ContactPair",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "reasons",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(
                                    choices=[
                                        ("name", "alike by name"),
                                        ("domain", "same web domain"),
                                        ("email", "same e-mail address"),
                                        ("phone", "same phone number"),
                                    ],
                                    max_length=6,
                                ),
                                size=None,
                                verbose_name="reasons",
                            ),
                        ),
                        ("likeness", models.FloatField(verbose_name="likeness of the names")),
                        (
                            "found_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="found"
                            ),
                        ),
                        (
                            "dismissed_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="said to be two"),
                        ),
                        (
                            "dismissed_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="by",
                            ),
                        ),
                        (
                            "first",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="accounts.contact",
                                verbose_name="first",
                            ),
                        ),
                        (
                            "second",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="accounts.contact",
                                verbose_name="second",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "pair of contacts",
                        "verbose_name_plural": "pairs of contacts",
                        "abstract": False,
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("first", "second"),
                                name="contactpair_once",
                                violation_error_code="second",
                                violation_error_message="There is this pair already.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("first__lt", models.F("second"))),
                                name="contactpair_in_one_order",
                                violation_error_code="second",
                                violation_error_message="The second of a pair has the greater number.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Population",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "name",
                            accounts.fields.LocalizedField(default=accounts.texts.Text, verbose_name="name"),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[("accounts", "Accounts"), ("contacts", "Contacts")],
                                default="accounts",
                                max_length=8,
                                verbose_name="of",
                            ),
                        ),
                        (
                            "conditions",
                            models.JSONField(
                                blank=True,
                                default=list,
                                help_text="All of them hold; none: everybody is in it.",
                                verbose_name="conditions",
                            ),
                        ),
                        (
                            "made_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="populations",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="made by",
                            ),
                        ),
                        (
                            "made_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(),
                                editable=False,
                                verbose_name="made",
                            ),
                        ),
                        (
                            "shared",
                            models.BooleanField(
                                default=False, help_text="Everybody may use it.", verbose_name="shared"
                            ),
                        ),
                        (
                            "archived",
                            models.BooleanField(
                                default=False,
                                help_text="Nobody is in it any more; who was can still be read.",
                                verbose_name="archived",
                            ),
                        ),
                        (
                            "kept_since",
                            models.DateTimeField(
                                blank=True, editable=False, null=True, verbose_name="kept since"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "population",
                        "verbose_name_plural": "populations",
                        "ordering": ["id"],
                        "permissions": [
                            ("change_shared_population", "Can change populations that others share")
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("name", {}), _negated=True),
                                name="population_has_a_name",
                                violation_error_code="name",
                                violation_error_message="This must not be empty.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Membership",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "population",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="memberships",
                                to="accounts.population",
                                verbose_name="population",
                            ),
                        ),
                        (
                            "account",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="memberships",
                                to="accounts.account",
                                verbose_name="account",
                            ),
                        ),
                        (
                            "contact",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="memberships",
                                to="accounts.contact",
                                verbose_name="contact",
                            ),
                        ),
                        ("entered", models.DateTimeField(verbose_name="entered")),
                        ("left", models.DateTimeField(null=True, verbose_name="left")),
                        (
                            "why_entered",
                            models.CharField(
                                blank=True, db_default="", max_length=60, verbose_name="why it entered"
                            ),
                        ),
                        (
                            "why_left",
                            models.CharField(
                                blank=True, db_default="", max_length=60, verbose_name="why it left"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "membership",
                        "verbose_name_plural": "memberships",
                        "ordering": ["id"],
                        "indexes": [
                            models.Index(
                                fields=["population", "entered"],
                                include=("left",),
                                name="membership_by_entry",
                            ),
                            models.Index(
                                condition=models.Q(("left__isnull", False)),
                                fields=["population", "left"],
                                name="membership_by_exit",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("account", None), ("contact__isnull", False)),
                                    models.Q(("account__isnull", False), ("contact", None)),
                                    _connector="OR",
                                ),
                                name="membership_of_an_account_or_a_contact",
                                violation_error_code="account",
                                violation_error_message="Name an account or a contact, and not both.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("left", None), ("left__gte", models.F("entered")), _connector="OR"
                                ),
                                name="membership_ends_after_its_start",
                                violation_error_code="left",
                                violation_error_message="The end must come after the start.",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("left", None)),
                                fields=("population", "account"),
                                name="membership_of_an_account_open_once",
                                violation_error_code="account",
                                violation_error_message="This account is in the population already.",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("left", None)),
                                fields=("population", "contact"),
                                name="membership_of_a_contact_open_once",
                                violation_error_code="contact",
                                violation_error_message="This contact is in the population already.",
                            ),
                        ],
                    },
                ),
            ]
        ),
    ]
