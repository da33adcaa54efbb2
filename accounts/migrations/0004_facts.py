"""What happens with accounts: the organisation that counts it, subscriptions, orders, tickets and their files."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import accounts.fields
import accounts.models.imports
import accounts.models.organisation
import accounts.models.subscriptions
import accounts.texts
from accounts.migrations._tables import CreateTables


class Migration(migrations.Migration):
    replaces = [
        ("accounts", "0007_gross_margin"),
        ("accounts", "0009_index_logs_of_tickets"),
        ("accounts", "0028_index_facts_as_they_came"),
        ("accounts", "0038_amounts_not_negative"),
    ]

    dependencies = [
        ("accounts", "0003_accounts"),
    ]

    operations = [
        CreateTables(
            [
                migrations.CreateModel(
                    name="Organisation",
                    fields=[
                        (
                            "id",
                            models.SmallIntegerField(
                                default=1, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        (
                            "name",
                            accounts.fields.LocalizedField(default=accounts.texts.Text, verbose_name="name"),
                        ),
                        (
                            "time_zone",
                            models.CharField(default="UTC", max_length=60, verbose_name="time zone"),
                        ),
                        (
                            "currency",
                            accounts.fields.CurrencyField(
                                default="USD", max_length=3, verbose_name="currency"
                            ),
                        ),
                        (
                            "fiscal_year_start",
                            models.PositiveSmallIntegerField(
                                default=1, verbose_name="first month of the fiscal year"
                            ),
                        ),
                        (
                            "weekend",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.PositiveSmallIntegerField(),
                                default=accounts.models.organisation.weekend,
                                size=None,
                                verbose_name="weekend",
                            ),
                        ),
                        (
                            "digits",
                            models.CharField(
                                choices=[("latn", "0123456789"), ("arab", "٠١٢٣٤٥٦٧٨٩")],
                                default="latn",
                                max_length=4,
                                verbose_name="digits in Arabic",
                            ),
                        ),
                        (
                            "inactive_days",
                            models.PositiveSmallIntegerField(
                                default=365,
                                verbose_name="days without an order after which a customer has left",
                            ),
                        ),
                        (
                            "gross_margin",
                            models.DecimalField(
                                blank=True,
                                decimal_places=2,
                                help_text="For windows in which no cost of revenue was entered. Empty: then there is no margin.",
                                max_digits=5,
                                null=True,
                                verbose_name="gross margin in %",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "organisation",
                        "verbose_name_plural": "organisation",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("id", 1)),
                                name="organisation_is_one",
                                violation_error_code="id",
                                violation_error_message="There is one row of settings. Change that one.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("fiscal_year_start__range", (1, 12))),
                                name="organisation_fiscal_year_starts_in_a_month",
                                violation_error_code="fiscal_year_start",
                                violation_error_message="Months are numbered from 1 to 12.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("inactive_days__gte", 1)),
                                name="organisation_inactive_days_positive",
                                violation_error_code="inactive_days",
                                violation_error_message="This must be above zero.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("gross_margin__range", (0, 100))),
                                name="organisation_gross_margin_is_a_percentage",
                                violation_error_code="gross_margin",
                                violation_error_message="A percentage lies between 0 and 100.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ExchangeRate",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("base", accounts.fields.CurrencyField(max_length=3, verbose_name="base currency")),
                        ("currency", accounts.fields.CurrencyField(max_length=3, verbose_name="currency")),
                        ("day", models.DateField(verbose_name="day")),
                        ("rate", models.DecimalField(decimal_places=10, max_digits=20, verbose_name="rate")),
                        ("source", models.CharField(blank=True, max_length=60, verbose_name="source")),
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
                        "verbose_name": "exchange rate",
                        "verbose_name_plural": "exchange rates",
                        "ordering": ["base", "currency", "-day"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("base", "currency", "day"),
                                name="exchangerate_one_a_day",
                                violation_error_code="day",
                                violation_error_message="There is a rate of these currencies from this day on already.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("rate__gt", 0)),
                                name="exchangerate_positive",
                                violation_error_code="rate",
                                violation_error_message="This must be above zero.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("base", models.F("currency")), _negated=True),
                                name="exchangerate_between_two_currencies",
                                violation_error_code="currency",
                                violation_error_message="A rate stands between two different currencies.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Plan",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=80, unique=True, verbose_name="code")),
                        (
                            "name",
                            accounts.fields.LocalizedField(default=accounts.texts.Text, verbose_name="name"),
                        ),
                    ],
                    options={
                        "verbose_name": "plan",
                        "verbose_name_plural": "plans",
                        "ordering": ["code"],
                    },
                ),
                migrations.CreateModel(
                    name="Subscription",
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
                        (
                            "account",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="subscriptions",
                                to="accounts.account",
                                verbose_name="account",
                            ),
                        ),
                        (
                            "reference",
                            models.CharField(
                                blank=True,
                                help_text="What the periods of one subscription share.",
                                max_length=200,
                                verbose_name="subscription",
                            ),
                        ),
                        (
                            "plan",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="subscriptions",
                                to="accounts.plan",
                                verbose_name="plan",
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[("paid", "Paid"), ("trial", "Trial"), ("free", "Free")],
                                default="paid",
                                max_length=8,
                                verbose_name="kind",
                            ),
                        ),
                        (
                            "price",
                            accounts.fields.MoneyField(
                                decimal_places=4,
                                help_text="For one interval, without tax.",
                                max_digits=19,
                                verbose_name="price of a unit",
                            ),
                        ),
                        (
                            "interval",
                            models.CharField(
                                choices=[
                                    ("day", "Day"),
                                    ("week", "Week"),
                                    ("month", "Month"),
                                    ("quarter", "Quarter"),
                                    ("year", "Year"),
                                ],
                                default="month",
                                max_length=8,
                                verbose_name="interval",
                            ),
                        ),
                        (
                            "interval_count",
                            models.PositiveSmallIntegerField(default=1, verbose_name="intervals per bill"),
                        ),
                        ("quantity", models.PositiveIntegerField(default=1, verbose_name="quantity")),
                        (
                            "discount_percent",
                            models.DecimalField(
                                decimal_places=4, default=0, max_digits=7, verbose_name="discount in %"
                            ),
                        ),
                        (
                            "discount_amount",
                            accounts.fields.MoneyField(
                                decimal_places=4, default=0, max_digits=19, verbose_name="discount per bill"
                            ),
                        ),
                        (
                            "discount_ends",
                            models.DateField(
                                blank=True,
                                help_text="The first day without it. Empty: never.",
                                null=True,
                                verbose_name="discount ends",
                            ),
                        ),
                        ("currency", accounts.fields.CurrencyField(max_length=3, verbose_name="currency")),
                        ("starts", models.DateField(verbose_name="starts")),
                        (
                            "ends",
                            models.DateField(
                                blank=True,
                                help_text="The first day out of service.",
                                null=True,
                                verbose_name="ends",
                            ),
                        ),
                        (
                            "ends_recorded_at",
                            models.DateTimeField(
                                blank=True, editable=False, null=True, verbose_name="end recorded"
                            ),
                        ),
                        (
                            "cancelled_on",
                            models.DateField(blank=True, null=True, verbose_name="notice given"),
                        ),
                        (
                            "cancelled_recorded_at",
                            models.DateTimeField(
                                blank=True, editable=False, null=True, verbose_name="notice recorded"
                            ),
                        ),
                        (
                            "cancel_reason",
                            models.CharField(blank=True, max_length=200, verbose_name="reason"),
                        ),
                        (
                            "past_due_since",
                            models.DateField(blank=True, null=True, verbose_name="past due since"),
                        ),
                    ],
                    options={
                        "verbose_name": "subscription",
                        "verbose_name_plural": "subscriptions",
                        "ordering": ["account", "starts", "id"],
                        "abstract": False,
                        "indexes": [
                            django.contrib.postgres.indexes.BrinIndex(
                                autosummarize=True, fields=["recorded_at"], name="subscription_as_they_came"
                            ),
                            models.Index(fields=["account", "starts"], name="subscription_by_account"),
                            models.Index(
                                condition=models.Q(("cancelled_on__isnull", False)),
                                fields=["cancelled_on"],
                                name="subscription_notices",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "external_id"),
                                name="subscription_once_per_source",
                                violation_error_code="external_id",
                                violation_error_message="There is a row with this id at this source already.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("ends", None), ("ends__gt", models.F("starts")), _connector="OR"
                                ),
                                name="subscription_ends_after_its_start",
                                violation_error_code="ends",
                                violation_error_message="The end must come after the start.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("currency__regex", "^[A-Z]{3}$")),
                                name="subscription_currency_is_a_code",
                                violation_error_code="currency",
                                violation_error_message="This is no currency. Give a code such as SAR.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("price__gte", 0)),
                                name="subscription_price_not_negative",
                                violation_error_code="price",
                                violation_error_message="This must not be below zero.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("interval_count__gte", 1)),
                                name="subscription_interval_count_positive",
                                violation_error_code="interval_count",
                                violation_error_message="This must be above zero.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("discount_percent__range", (0, 100))),
                                name="subscription_discount_is_a_percentage",
                                violation_error_code="discount_percent",
                                violation_error_message="A percentage lies between 0 and 100.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("discount_amount__gte", 0)),
                                name="subscription_discount_not_negative",
                                violation_error_code="discount_amount",
                                violation_error_message="This must not be below zero.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("discount_ends", None),
                                    ("discount_ends__gt", models.F("starts")),
                                    _connector="OR",
                                ),
                                name="subscription_discount_ends_after_its_start",
                                violation_error_code="discount_ends",
                                violation_error_message="This must lie after the start.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("interval__in", ["day", "week", "month", "quarter", "year"])
                                ),
                                name="subscription_interval_known",
                                violation_error_code="interval",
                                violation_error_message="This is none of the intervals.",
                            ),
                            django.contrib.postgres.constraints.ExclusionConstraint(
                                condition=models.Q(("reference", ""), _negated=True),
                                expressions=[
                                    ("account", "="),
                                    ("reference", "="),
                                    (accounts.models.subscriptions.DateRange("starts", "ends"), "&&"),
                                ],
                                name="subscription_periods_do_not_overlap",
                                violation_error_code="starts",
                                violation_error_message="This subscription already has a period on some of these days. End that one first.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Pause",
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
                        (
                            "subscription",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="pauses",
                                to="accounts.subscription",
                                verbose_name="subscription",
                            ),
                        ),
                        ("starts", models.DateField(verbose_name="starts")),
                        (
                            "ends",
                            models.DateField(
                                blank=True,
                                help_text="The first day that bills again.",
                                null=True,
                                verbose_name="ends",
                            ),
                        ),
                        (
                            "ends_recorded_at",
                            models.DateTimeField(
                                blank=True, editable=False, null=True, verbose_name="end recorded"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "pause",
                        "verbose_name_plural": "pauses",
                        "abstract": False,
                        "indexes": [
                            django.contrib.postgres.indexes.BrinIndex(
                                autosummarize=True, fields=["recorded_at"], name="pause_as_they_came"
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "external_id"),
                                name="pause_once_per_source",
                                violation_error_code="external_id",
                                violation_error_message="There is a row with this id at this source already.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("ends", None), ("ends__gt", models.F("starts")), _connector="OR"
                                ),
                                name="pause_ends_after_its_start",
                                violation_error_code="ends",
                                violation_error_message="The end must come after the start.",
                            ),
                            django.contrib.postgres.constraints.ExclusionConstraint(
                                expressions=[
                                    ("subscription", "="),
                                    (accounts.models.subscriptions.DateRange("starts", "ends"), "&&"),
                                ],
                                name="pause_periods_do_not_overlap",
                                violation_error_code="starts",
                                violation_error_message="This subscription is already paused on some of these days.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Term",
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
                        (
                            "account",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="terms",
                                to="accounts.account",
                                verbose_name="account",
                            ),
                        ),
                        (
                            "reference",
                            models.CharField(blank=True, max_length=200, verbose_name="subscription"),
                        ),
                        ("starts", models.DateField(verbose_name="starts")),
                        (
                            "ends",
                            models.DateField(
                                help_text="The day on which it would be renewed.", verbose_name="ends"
                            ),
                        ),
                        ("notice_by", models.DateField(blank=True, null=True, verbose_name="notice by")),
                        (
                            "due_mrr",
                            accounts.fields.MoneyField(
                                blank=True, decimal_places=4, max_digits=19, null=True, verbose_name="MRR due"
                            ),
                        ),
                        ("currency", accounts.fields.CurrencyField(max_length=3, verbose_name="currency")),
                        (
                            "outcome",
                            models.CharField(
                                choices=[("open", "Open"), ("renewed", "Renewed"), ("lost", "Lost")],
                                default="open",
                                max_length=8,
                                verbose_name="outcome",
                            ),
                        ),
                        ("decided_on", models.DateField(blank=True, null=True, verbose_name="decided")),
                        (
                            "outcome_recorded_at",
                            models.DateTimeField(
                                blank=True, editable=False, null=True, verbose_name="outcome recorded"
                            ),
                        ),
                        (
                            "renewed_mrr",
                            accounts.fields.MoneyField(
                                blank=True,
                                decimal_places=4,
                                max_digits=19,
                                null=True,
                                verbose_name="MRR renewed",
                            ),
                        ),
                        (
                            "lost_reason",
                            models.CharField(blank=True, max_length=200, verbose_name="reason of the loss"),
                        ),
                    ],
                    options={
                        "verbose_name": "term",
                        "verbose_name_plural": "terms",
                        "ordering": ["ends", "id"],
                        "abstract": False,
                        "indexes": [
                            django.contrib.postgres.indexes.BrinIndex(
                                autosummarize=True, fields=["recorded_at"], name="term_as_they_came"
                            ),
                            models.Index(fields=["account", "ends"], name="term_by_account"),
                            models.Index(
                                condition=models.Q(("outcome", "open")),
                                fields=["ends"],
                                name="term_coming_up",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "external_id"),
                                name="term_once_per_source",
                                violation_error_code="external_id",
                                violation_error_message="There is a row with this id at this source already.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("ends", None), ("ends__gt", models.F("starts")), _connector="OR"
                                ),
                                name="term_ends_after_its_start",
                                violation_error_code="ends",
                                violation_error_message="The end must come after the start.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("currency__regex", "^[A-Z]{3}$")),
                                name="term_currency_is_a_code",
                                violation_error_code="currency",
                                violation_error_message="This is no currency. Give a code such as SAR.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("decided_on", None), ("outcome", "open")),
                                    models.Q(
                                        models.Q(("outcome", "open"), _negated=True),
                                        ("decided_on__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="term_decided_has_a_day",
                                violation_error_code="decided_on",
                                violation_error_message="A renewed or lost term has the day of the decision, an open one has none.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("due_mrr", None), ("due_mrr__gte", 0), _connector="OR"),
                                name="term_due_mrr_not_negative",
                                violation_error_code="due_mrr",
                                violation_error_message="This must not be below zero.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("renewed_mrr", None), ("renewed_mrr__gte", 0), _connector="OR"
                                ),
                                name="term_renewed_mrr_not_negative",
                                violation_error_code="renewed_mrr",
                                violation_error_message="This must not be below zero.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Departure",
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
                        (
                            "account",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="departures",
                                to="accounts.account",
                                verbose_name="account",
                            ),
                        ),
                        ("churn_day", models.DateField(verbose_name="churn day")),
                        ("reason", models.CharField(blank=True, max_length=120, verbose_name="reason")),
                        (
                            "competitor",
                            models.CharField(blank=True, max_length=120, verbose_name="competitor"),
                        ),
                        ("note", models.TextField(blank=True, verbose_name="note")),
                        ("recovered", models.DateField(blank=True, null=True, verbose_name="won back")),
                    ],
                    options={
                        "verbose_name": "departure",
                        "verbose_name_plural": "departures",
                        "ordering": ["-churn_day", "-id"],
                        "abstract": False,
                        "indexes": [
                            django.contrib.postgres.indexes.BrinIndex(
                                autosummarize=True, fields=["recorded_at"], name="departure_as_they_came"
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "external_id"),
                                name="departure_once_per_source",
                                violation_error_code="external_id",
                                violation_error_message="There is a row with this id at this source already.",
                            ),
                            models.UniqueConstraint(
                                fields=("account", "churn_day"),
                                name="departure_once_per_churn",
                                violation_error_code="churn_day",
                                violation_error_message="This account already has a departure on this day.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("recovered", None),
                                    ("recovered__gt", models.F("churn_day")),
                                    _connector="OR",
                                ),
                                name="departure_recovered_later",
                                violation_error_code="recovered",
                                violation_error_message="This must lie after the day of the churn.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Product",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("sku", models.CharField(max_length=80, unique=True, verbose_name="SKU")),
                        (
                            "name",
                            accounts.fields.LocalizedField(default=accounts.texts.Text, verbose_name="name"),
                        ),
                        ("category", models.CharField(blank=True, max_length=80, verbose_name="category")),
                    ],
                    options={
                        "verbose_name": "product",
                        "verbose_name_plural": "products",
                        "ordering": ["sku"],
                    },
                ),
                migrations.CreateModel(
                    name="Order",
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
                        (
                            "account",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="orders",
                                to="accounts.account",
                                verbose_name="account",
                            ),
                        ),
                        ("number", models.CharField(blank=True, max_length=80, verbose_name="number")),
                        ("ordered_at", models.DateTimeField(verbose_name="ordered")),
                        (
                            "cancelled_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="cancelled"),
                        ),
                        (
                            "cancelled_recorded_at",
                            models.DateTimeField(
                                blank=True, editable=False, null=True, verbose_name="cancellation recorded"
                            ),
                        ),
                        ("channel", models.CharField(blank=True, max_length=80, verbose_name="channel")),
                        ("currency", accounts.fields.CurrencyField(max_length=3, verbose_name="currency")),
                        (
                            "amount",
                            accounts.fields.MoneyField(
                                decimal_places=4, max_digits=19, verbose_name="net amount"
                            ),
                        ),
                        (
                            "discount",
                            accounts.fields.MoneyField(
                                decimal_places=4, default=0, max_digits=19, verbose_name="discount"
                            ),
                        ),
                        (
                            "tax",
                            accounts.fields.MoneyField(
                                decimal_places=4, default=0, max_digits=19, verbose_name="tax"
                            ),
                        ),
                        (
                            "shipping",
                            accounts.fields.MoneyField(
                                decimal_places=4, default=0, max_digits=19, verbose_name="shipping"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "order",
                        "verbose_name_plural": "orders",
                        "ordering": ["-ordered_at", "-id"],
                        "abstract": False,
                        "indexes": [
                            django.contrib.postgres.indexes.BrinIndex(
                                autosummarize=True, fields=["recorded_at"], name="order_as_they_came"
                            ),
                            models.Index(fields=["account", "ordered_at"], name="order_by_account"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "external_id"),
                                name="order_once_per_source",
                                violation_error_code="external_id",
                                violation_error_message="There is a row with this id at this source already.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("currency__regex", "^[A-Z]{3}$")),
                                name="order_currency_is_a_code",
                                violation_error_code="currency",
                                violation_error_message="This is no currency. Give a code such as SAR.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("cancelled_at", None),
                                    ("cancelled_at__gte", models.F("ordered_at")),
                                    _connector="OR",
                                ),
                                name="order_not_cancelled_before_it_was_placed",
                                violation_error_code="cancelled_at",
                                violation_error_message="This must not lie before the order.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("amount__gte", 0)),
                                name="order_amount_not_negative",
                                violation_error_code="amount",
                                violation_error_message="This must not be below zero.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("discount", None), ("discount__gte", 0), _connector="OR"),
                                name="order_discount_not_negative",
                                violation_error_code="discount",
                                violation_error_message="This must not be below zero.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("tax", None), ("tax__gte", 0), _connector="OR"),
                                name="order_tax_not_negative",
                                violation_error_code="tax",
                                violation_error_message="This must not be below zero.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("shipping", None), ("shipping__gte", 0), _connector="OR"),
                                name="order_shipping_not_negative",
                                violation_error_code="shipping",
                                violation_error_message="This must not be below zero.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OrderLine",
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
                        (
                            "order",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="lines",
                                to="accounts.order",
                                verbose_name="order",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lines",
                                to="accounts.product",
                                verbose_name="product",
                            ),
                        ),
                        (
                            "quantity",
                            models.DecimalField(
                                decimal_places=3, default=1, max_digits=14, verbose_name="quantity"
                            ),
                        ),
                        (
                            "amount",
                            accounts.fields.MoneyField(
                                decimal_places=4, max_digits=19, verbose_name="net amount"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "order line",
                        "verbose_name_plural": "order lines",
                        "abstract": False,
                        "indexes": [
                            django.contrib.postgres.indexes.BrinIndex(
                                autosummarize=True, fields=["recorded_at"], name="orderline_as_they_came"
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "external_id"),
                                name="orderline_once_per_source",
                                violation_error_code="external_id",
                                violation_error_message="There is a row with this id at this source already.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("quantity__gt", 0)),
                                name="orderline_quantity_positive",
                                violation_error_code="quantity",
                                violation_error_message="This must be above zero.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Return",
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
                        (
                            "order",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="returns",
                                to="accounts.order",
                                verbose_name="order",
                            ),
                        ),
                        (
                            "line",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="returns",
                                to="accounts.orderline",
                                verbose_name="order line",
                            ),
                        ),
                        ("day", models.DateField(verbose_name="day")),
                        (
                            "units",
                            models.DecimalField(
                                decimal_places=3, default=0, max_digits=14, verbose_name="units"
                            ),
                        ),
                        (
                            "amount",
                            accounts.fields.MoneyField(
                                decimal_places=4, default=0, max_digits=19, verbose_name="amount"
                            ),
                        ),
                        ("reason", models.CharField(blank=True, max_length=120, verbose_name="reason")),
                    ],
                    options={
                        "verbose_name": "return",
                        "verbose_name_plural": "returns",
                        "ordering": ["-day", "-id"],
                        "abstract": False,
                        "indexes": [
                            django.contrib.postgres.indexes.BrinIndex(
                                autosummarize=True, fields=["recorded_at"], name="return_as_they_came"
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "external_id"),
                                name="return_once_per_source",
                                violation_error_code="external_id",
                                violation_error_message="There is a row with this id at this source already.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("amount__gte", 0), ("units__gte", 0)),
                                name="return_not_negative",
                                violation_error_code="amount",
                                violation_error_message="This must not be below zero.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("units__gt", 0), ("amount__gt", 0), _connector="OR"),
                                name="return_of_something",
                                violation_error_code="amount",
                                violation_error_message="A return has units or an amount.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Payment",
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
                        (
                            "account",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="payments",
                                to="accounts.account",
                                verbose_name="account",
                            ),
                        ),
                        ("day", models.DateField(verbose_name="day")),
                        (
                            "amount",
                            accounts.fields.MoneyField(
                                decimal_places=4,
                                help_text="Without tax; negative for a refund.",
                                max_digits=19,
                                verbose_name="amount",
                            ),
                        ),
                        (
                            "tax",
                            accounts.fields.MoneyField(
                                decimal_places=4, default=0, max_digits=19, verbose_name="tax"
                            ),
                        ),
                        ("currency", accounts.fields.CurrencyField(max_length=3, verbose_name="currency")),
                        (
                            "refund_of",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="refunds",
                                to="accounts.payment",
                                verbose_name="refund of",
                            ),
                        ),
                        (
                            "order",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="payments",
                                to="accounts.order",
                                verbose_name="order",
                            ),
                        ),
                        (
                            "subscription",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="payments",
                                to="accounts.subscription",
                                verbose_name="subscription",
                            ),
                        ),
                        (
                            "income",
                            models.CharField(blank=True, max_length=80, verbose_name="source of income"),
                        ),
                        ("channel", models.CharField(blank=True, max_length=80, verbose_name="channel")),
                    ],
                    options={
                        "verbose_name": "payment",
                        "verbose_name_plural": "payments",
                        "ordering": ["-day", "-id"],
                        "abstract": False,
                        "indexes": [
                            django.contrib.postgres.indexes.BrinIndex(
                                autosummarize=True, fields=["recorded_at"], name="payment_as_they_came"
                            ),
                            models.Index(fields=["account", "day"], name="payment_by_account"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "external_id"),
                                name="payment_once_per_source",
                                violation_error_code="external_id",
                                violation_error_message="There is a row with this id at this source already.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("currency__regex", "^[A-Z]{3}$")),
                                name="payment_currency_is_a_code",
                                violation_error_code="currency",
                                violation_error_message="This is no currency. Give a code such as SAR.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("refund_of", None), ("amount__lt", 0), _connector="OR"),
                                name="payment_refund_is_negative",
                                violation_error_code="amount",
                                violation_error_message="A refund is below zero.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Expense",
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
                        ("month", models.DateField(help_text="Its first day.", verbose_name="month")),
                        (
                            "amount",
                            accounts.fields.MoneyField(
                                decimal_places=4, max_digits=19, verbose_name="amount"
                            ),
                        ),
                        ("currency", accounts.fields.CurrencyField(max_length=3, verbose_name="currency")),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("cost_of_revenue", "Cost of revenue"),
                                    ("sales", "Sales"),
                                    ("marketing", "Marketing"),
                                    ("onboarding", "Onboarding"),
                                    ("success", "Customer success"),
                                    ("support", "Support"),
                                    ("other", "Other"),
                                ],
                                max_length=20,
                                verbose_name="kind",
                            ),
                        ),
                        ("channel", models.CharField(blank=True, max_length=80, verbose_name="channel")),
                        ("campaign", models.CharField(blank=True, max_length=120, verbose_name="campaign")),
                    ],
                    options={
                        "verbose_name": "expense",
                        "verbose_name_plural": "expenses",
                        "ordering": ["-month", "kind", "id"],
                        "abstract": False,
                        "indexes": [
                            django.contrib.postgres.indexes.BrinIndex(
                                autosummarize=True, fields=["recorded_at"], name="expense_as_they_came"
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "external_id"),
                                name="expense_once_per_source",
                                violation_error_code="external_id",
                                violation_error_message="There is a row with this id at this source already.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("currency__regex", "^[A-Z]{3}$")),
                                name="expense_currency_is_a_code",
                                violation_error_code="currency",
                                violation_error_message="This is no currency. Give a code such as SAR.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("month__day", 1)),
                                name="expense_month_is_its_first_day",
                                violation_error_code="month",
                                violation_error_message="Give the month as 2026-03, or its first day.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="WorkingCalendar",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=120, unique=True, verbose_name="name")),
                        (
                            "team",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="calendars",
                                to="accounts.team",
                                verbose_name="team",
                            ),
                        ),
                        (
                            "country",
                            models.CharField(
                                blank=True,
                                max_length=2,
                                validators=[accounts.fields.is_country],
                                verbose_name="country",
                            ),
                        ),
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
                            "weekend",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.PositiveSmallIntegerField(),
                                default=accounts.models.organisation.weekend,
                                size=None,
                                verbose_name="weekend",
                            ),
                        ),
                        ("opens", models.TimeField(default="09:00", verbose_name="opens")),
                        ("closes", models.TimeField(default="17:00", verbose_name="closes")),
                        (
                            "holidays",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.DateField(),
                                blank=True,
                                default=list,
                                size=None,
                                verbose_name="holidays",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "working calendar",
                        "verbose_name_plural": "working calendars",
                        "ordering": ["name"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("closes__gt", models.F("opens"))),
                                name="workingcalendar_closes_after_opening",
                                violation_error_code="closes",
                                violation_error_message="This must be later than the opening.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Ticket",
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
                        (
                            "account",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="tickets",
                                to="accounts.account",
                                verbose_name="account",
                            ),
                        ),
                        ("subject", models.CharField(blank=True, max_length=300, verbose_name="subject")),
                        ("channel", models.CharField(blank=True, max_length=40, verbose_name="channel")),
                        (
                            "type",
                            models.CharField(
                                choices=[
                                    ("question", "Question"),
                                    ("problem", "Problem"),
                                    ("complaint", "Complaint"),
                                    ("request", "Request"),
                                ],
                                default="question",
                                max_length=12,
                                verbose_name="type",
                            ),
                        ),
                        (
                            "priority",
                            models.CharField(
                                choices=[
                                    ("low", "Low"),
                                    ("normal", "Normal"),
                                    ("high", "High"),
                                    ("urgent", "Urgent"),
                                ],
                                default="normal",
                                max_length=8,
                                verbose_name="priority",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="tickets",
                                to="accounts.product",
                                verbose_name="product",
                            ),
                        ),
                        (
                            "requester",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="tickets",
                                to="accounts.contact",
                                verbose_name="requester",
                            ),
                        ),
                        (
                            "assignee",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="tickets",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="assignee",
                            ),
                        ),
                        ("opened_at", models.DateTimeField(verbose_name="opened")),
                        (
                            "opened_by_staff",
                            models.BooleanField(default=False, verbose_name="opened by staff"),
                        ),
                        ("spam", models.BooleanField(default=False, verbose_name="spam")),
                        (
                            "merged_into",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="merged",
                                to="accounts.ticket",
                                verbose_name="merged into",
                            ),
                        ),
                        (
                            "calendar",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="accounts.workingcalendar",
                                verbose_name="working calendar",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "ticket",
                        "verbose_name_plural": "tickets",
                        "ordering": ["-opened_at", "-id"],
                        "abstract": False,
                        "indexes": [
                            django.contrib.postgres.indexes.BrinIndex(
                                autosummarize=True, fields=["recorded_at"], name="ticket_as_they_came"
                            ),
                            models.Index(fields=["account", "opened_at"], name="ticket_by_account"),
                            models.Index(fields=["opened_at"], name="ticket_by_opening"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "external_id"),
                                name="ticket_once_per_source",
                                violation_error_code="external_id",
                                violation_error_message="There is a row with this id at this source already.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("merged_into", None),
                                    models.Q(("merged_into", models.F("id")), _negated=True),
                                    _connector="OR",
                                ),
                                name="ticket_not_merged_into_itself",
                                violation_error_code="merged_into",
                                violation_error_message="A ticket cannot be merged into itself.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TicketEvent",
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
                        (
                            "ticket",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="events",
                                to="accounts.ticket",
                                verbose_name="ticket",
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("opened", "Opened"),
                                    ("replied", "Replied"),
                                    ("worked", "Worked on"),
                                    ("waiting", "Waiting for the customer"),
                                    ("resolved", "Resolved"),
                                    ("reopened", "Reopened"),
                                    ("closed", "Closed"),
                                ],
                                max_length=10,
                                verbose_name="kind",
                            ),
                        ),
                        ("happened_at", models.DateTimeField(verbose_name="happened")),
                        (
                            "by",
                            models.CharField(
                                choices=[
                                    ("staff", "Our staff"),
                                    ("customer", "The customer"),
                                    ("machine", "A machine"),
                                ],
                                default="staff",
                                max_length=10,
                                verbose_name="by",
                            ),
                        ),
                        ("public", models.BooleanField(default=True, verbose_name="the customer sees it")),
                    ],
                    options={
                        "verbose_name": "ticket event",
                        "verbose_name_plural": "ticket events",
                        "ordering": ["happened_at", "id"],
                        "abstract": False,
                        "indexes": [
                            django.contrib.postgres.indexes.BrinIndex(
                                autosummarize=True, fields=["recorded_at"], name="ticketevent_as_they_came"
                            ),
                            models.Index(
                                fields=["ticket", "happened_at", "id"],
                                include=("kind",),
                                name="ticketevent_in_order",
                            ),
                            models.Index(
                                condition=models.Q(("kind", "resolved")),
                                fields=["happened_at", "ticket"],
                                name="ticketevent_resolutions",
                            ),
                            models.Index(
                                condition=models.Q(("kind", "waiting")),
                                fields=["ticket"],
                                name="ticketevent_waits",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "external_id"),
                                name="ticketevent_once_per_source",
                                violation_error_code="external_id",
                                violation_error_message="There is a row with this id at this source already.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Attachment",
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
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="attachments",
                                to="accounts.account",
                                verbose_name="account",
                            ),
                        ),
                        (
                            "contact",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="attachments",
                                to="accounts.contact",
                                verbose_name="contact",
                            ),
                        ),
                        (
                            "ticket",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="attachments",
                                to="accounts.ticket",
                                verbose_name="ticket",
                            ),
                        ),
                        (
                            "file",
                            models.FileField(
                                storage=accounts.models.imports.kept_files,
                                upload_to="attachments/%Y/%m",
                                verbose_name="file",
                            ),
                        ),
                        ("name", models.CharField(max_length=255, verbose_name="name")),
                        ("size", models.PositiveBigIntegerField(verbose_name="bytes")),
                        (
                            "type",
                            models.CharField(
                                help_text="Told by its content.", max_length=100, verbose_name="kind of file"
                            ),
                        ),
                        ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                        (
                            "added_by",
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
                            "added_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="added"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "attachment",
                        "verbose_name_plural": "attachments",
                        "ordering": ["-added_at", "-id"],
                        "indexes": [
                            models.Index(fields=["account", "-added_at"], name="attachment_by_account")
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("name", ""), _negated=True),
                                name="attachment_has_a_name",
                                violation_error_code="name",
                                violation_error_message="This must not be empty.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("contact", None), ("ticket", None), _connector="OR"),
                                name="attachment_about_one_thing",
                                violation_error_code="ticket",
                                violation_error_message="A file belongs to a contact or to a ticket, not to both.",
                            ),
                        ],
                    },
                ),
            ]
        ),
    ]
