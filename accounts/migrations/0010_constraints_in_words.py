"""What each constraint says when it is broken, and beside which field. Nothing changes in the database."""

import django.contrib.postgres.constraints
import django.db.models.functions.text
from django.db import migrations, models

import accounts.models.subscriptions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_index_logs_of_tickets"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.AlterConstraint(
            model_name="account",
            name="account_has_a_name",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True),
                name="account_has_a_name",
                violation_error_code="name",
                violation_error_message="This must not be empty.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="account",
            name="account_not_merged_into_itself",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("merged_into", None),
                    models.Q(("merged_into", models.F("id")), _negated=True),
                    _connector="OR",
                ),
                name="account_not_merged_into_itself",
                violation_error_code="merged_into",
                violation_error_message="An account cannot be merged into itself.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="account",
            name="account_not_its_own_parent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("parent", None), models.Q(("parent", models.F("id")), _negated=True), _connector="OR"
                ),
                name="account_not_its_own_parent",
                violation_error_code="parent",
                violation_error_message="An account cannot be its own parent.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="accountchange",
            name="accountchange_one_value_a_day",
            constraint=models.UniqueConstraint(
                fields=("account", "field", "from_day"),
                name="accountchange_one_value_a_day",
                violation_error_code="from_day",
                violation_error_message="This attribute has a value from this day on already.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="accountchange",
            name="accountchange_of_a_dated_field",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("field__in", ("stage", "segment", "tier", "owner", "team", "region", "parent"))
                ),
                name="accountchange_of_a_dated_field",
                violation_error_code="field",
                violation_error_message="This attribute is not dated.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="accountkey",
            name="accountkey_once_per_source",
            constraint=models.UniqueConstraint(
                fields=("source", "value"),
                name="accountkey_once_per_source",
                violation_error_code="value",
                violation_error_message="An account has this id at this source already.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="apitoken",
            name="apitoken_has_a_name",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True),
                name="apitoken_has_a_name",
                violation_error_code="name",
                violation_error_message="This must not be empty.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="apitoken",
            name="apitoken_has_a_scope",
            constraint=models.CheckConstraint(
                condition=models.Q(("scopes__len__gt", 0)),
                name="apitoken_has_a_scope",
                violation_error_code="scopes",
                violation_error_message="A token without a scope may do nothing. Choose at least one.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="apitoken",
            name="apitoken_scopes_known",
            constraint=models.CheckConstraint(
                condition=models.Q(("scopes__contained_by", ["read", "write", "events"])),
                name="apitoken_scopes_known",
                violation_error_code="scopes",
                violation_error_message="There is no such scope.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="contact",
            name="contact_once_per_source",
            constraint=models.UniqueConstraint(
                fields=("source", "external_id"),
                name="contact_once_per_source",
                violation_error_code="external_id",
                violation_error_message="There is a row with this id at this source already.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="contact",
            name="contact_can_be_named",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("name", ""), _negated=True),
                    models.Q(("email", ""), _negated=True),
                    _connector="OR",
                ),
                name="contact_can_be_named",
                violation_error_code="name",
                violation_error_message="Give a name or an e-mail address.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="contact",
            name="contact_left_after_joining",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("left", None), ("joined", None), ("left__gte", models.F("joined")), _connector="OR"
                ),
                name="contact_left_after_joining",
                violation_error_code="left",
                violation_error_message="This must not lie before the day of joining.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="contact",
            name="contact_hour_of_a_day",
            constraint=models.CheckConstraint(
                condition=models.Q(("preferred_hour", None), ("preferred_hour__lte", 23), _connector="OR"),
                name="contact_hour_of_a_day",
                violation_error_code="preferred_hour",
                violation_error_message="An hour lies between 0 and 23.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="departure",
            name="departure_once_per_source",
            constraint=models.UniqueConstraint(
                fields=("source", "external_id"),
                name="departure_once_per_source",
                violation_error_code="external_id",
                violation_error_message="There is a row with this id at this source already.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="departure",
            name="departure_once_per_churn",
            constraint=models.UniqueConstraint(
                fields=("account", "churn_day"),
                name="departure_once_per_churn",
                violation_error_code="churn_day",
                violation_error_message="This account already has a departure on this day.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="departure",
            name="departure_recovered_later",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("recovered", None), ("recovered__gt", models.F("churn_day")), _connector="OR"
                ),
                name="departure_recovered_later",
                violation_error_code="recovered",
                violation_error_message="This must lie after the day of the churn.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="exchangerate",
            name="exchangerate_one_a_day",
            constraint=models.UniqueConstraint(
                fields=("base", "currency", "day"),
                name="exchangerate_one_a_day",
                violation_error_code="day",
                violation_error_message="There is a rate of these currencies from this day on already.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="exchangerate",
            name="exchangerate_positive",
            constraint=models.CheckConstraint(
                condition=models.Q(("rate__gt", 0)),
                name="exchangerate_positive",
                violation_error_code="rate",
                violation_error_message="This must be above zero.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="exchangerate",
            name="exchangerate_between_two_currencies",
            constraint=models.CheckConstraint(
                condition=models.Q(("base", models.F("currency")), _negated=True),
                name="exchangerate_between_two_currencies",
                violation_error_code="currency",
                violation_error_message="A rate stands between two different currencies.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="expense",
            name="expense_once_per_source",
            constraint=models.UniqueConstraint(
                fields=("source", "external_id"),
                name="expense_once_per_source",
                violation_error_code="external_id",
                violation_error_message="There is a row with this id at this source already.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="expense",
            name="expense_currency_is_a_code",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3}$")),
                name="expense_currency_is_a_code",
                violation_error_code="currency",
                violation_error_message="This is no currency. Give a code such as SAR.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="expense",
            name="expense_month_is_its_first_day",
            constraint=models.CheckConstraint(
                condition=models.Q(("month__day", 1)),
                name="expense_month_is_its_first_day",
                violation_error_code="month",
                violation_error_message="Give the month as 2026-03, or its first day.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="lead",
            name="lead_once_per_source",
            constraint=models.UniqueConstraint(
                fields=("source", "external_id"),
                name="lead_once_per_source",
                violation_error_code="external_id",
                violation_error_message="There is a row with this id at this source already.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="lead",
            name="lead_can_be_named",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("name", ""), _negated=True),
                    models.Q(("email", ""), _negated=True),
                    _connector="OR",
                ),
                name="lead_can_be_named",
                violation_error_code="name",
                violation_error_message="Give a name or an e-mail address.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="lead",
            name="lead_converted_after_first_interest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("converted", None), ("converted__gte", models.F("first_interest")), _connector="OR"
                ),
                name="lead_converted_after_first_interest",
                violation_error_code="converted",
                violation_error_message="This must not lie before the first interest.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="order",
            name="order_once_per_source",
            constraint=models.UniqueConstraint(
                fields=("source", "external_id"),
                name="order_once_per_source",
                violation_error_code="external_id",
                violation_error_message="There is a row with this id at this source already.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="order",
            name="order_currency_is_a_code",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3}$")),
                name="order_currency_is_a_code",
                violation_error_code="currency",
                violation_error_message="This is no currency. Give a code such as SAR.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="order",
            name="order_not_cancelled_before_it_was_placed",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("cancelled_at", None), ("cancelled_at__gte", models.F("ordered_at")), _connector="OR"
                ),
                name="order_not_cancelled_before_it_was_placed",
                violation_error_code="cancelled_at",
                violation_error_message="This must not lie before the order.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="order",
            name="order_amount_not_negative",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)),
                name="order_amount_not_negative",
                violation_error_code="amount",
                violation_error_message="This must not be below zero.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="orderline",
            name="orderline_once_per_source",
            constraint=models.UniqueConstraint(
                fields=("source", "external_id"),
                name="orderline_once_per_source",
                violation_error_code="external_id",
                violation_error_message="There is a row with this id at this source already.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="orderline",
            name="orderline_quantity_positive",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)),
                name="orderline_quantity_positive",
                violation_error_code="quantity",
                violation_error_message="This must be above zero.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="organisation",
            name="organisation_is_one",
            constraint=models.CheckConstraint(
                condition=models.Q(("id", 1)),
                name="organisation_is_one",
                violation_error_code="id",
                violation_error_message="There is one row of settings. Change that one.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="organisation",
            name="organisation_fiscal_year_starts_in_a_month",
            constraint=models.CheckConstraint(
                condition=models.Q(("fiscal_year_start__range", (1, 12))),
                name="organisation_fiscal_year_starts_in_a_month",
                violation_error_code="fiscal_year_start",
                violation_error_message="Months are numbered from 1 to 12.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="organisation",
            name="organisation_inactive_days_positive",
            constraint=models.CheckConstraint(
                condition=models.Q(("inactive_days__gte", 1)),
                name="organisation_inactive_days_positive",
                violation_error_code="inactive_days",
                violation_error_message="This must be above zero.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="organisation",
            name="organisation_gross_margin_is_a_percentage",
            constraint=models.CheckConstraint(
                condition=models.Q(("gross_margin__range", (0, 100))),
                name="organisation_gross_margin_is_a_percentage",
                violation_error_code="gross_margin",
                violation_error_message="A percentage lies between 0 and 100.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="pause",
            name="pause_once_per_source",
            constraint=models.UniqueConstraint(
                fields=("source", "external_id"),
                name="pause_once_per_source",
                violation_error_code="external_id",
                violation_error_message="There is a row with this id at this source already.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="pause",
            name="pause_ends_after_its_start",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends", None), ("ends__gt", models.F("starts")), _connector="OR"),
                name="pause_ends_after_its_start",
                violation_error_code="ends",
                violation_error_message="The end must come after the start.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="pause",
            name="pause_periods_do_not_overlap",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    ("subscription", "="),
                    (accounts.models.subscriptions.DateRange("starts", "ends"), "&&"),
                ],
                name="pause_periods_do_not_overlap",
                violation_error_code="starts",
                violation_error_message="This subscription is already paused on some of these days.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="payment",
            name="payment_once_per_source",
            constraint=models.UniqueConstraint(
                fields=("source", "external_id"),
                name="payment_once_per_source",
                violation_error_code="external_id",
                violation_error_message="There is a row with this id at this source already.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="payment",
            name="payment_currency_is_a_code",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3}$")),
                name="payment_currency_is_a_code",
                violation_error_code="currency",
                violation_error_message="This is no currency. Give a code such as SAR.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="payment",
            name="payment_refund_is_negative",
            constraint=models.CheckConstraint(
                condition=models.Q(("refund_of", None), ("amount__lt", 0), _connector="OR"),
                name="payment_refund_is_negative",
                violation_error_code="amount",
                violation_error_message="A refund is below zero.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="return",
            name="return_once_per_source",
            constraint=models.UniqueConstraint(
                fields=("source", "external_id"),
                name="return_once_per_source",
                violation_error_code="external_id",
                violation_error_message="There is a row with this id at this source already.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="return",
            name="return_not_negative",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0), ("units__gte", 0)),
                name="return_not_negative",
                violation_error_code="amount",
                violation_error_message="This must not be below zero.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="return",
            name="return_of_something",
            constraint=models.CheckConstraint(
                condition=models.Q(("units__gt", 0), ("amount__gt", 0), _connector="OR"),
                name="return_of_something",
                violation_error_code="amount",
                violation_error_message="A return has units or an amount.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="subscription",
            name="subscription_once_per_source",
            constraint=models.UniqueConstraint(
                fields=("source", "external_id"),
                name="subscription_once_per_source",
                violation_error_code="external_id",
                violation_error_message="There is a row with this id at this source already.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="subscription",
            name="subscription_ends_after_its_start",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends", None), ("ends__gt", models.F("starts")), _connector="OR"),
                name="subscription_ends_after_its_start",
                violation_error_code="ends",
                violation_error_message="The end must come after the start.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="subscription",
            name="subscription_currency_is_a_code",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3}$")),
                name="subscription_currency_is_a_code",
                violation_error_code="currency",
                violation_error_message="This is no currency. Give a code such as SAR.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="subscription",
            name="subscription_price_not_negative",
            constraint=models.CheckConstraint(
                condition=models.Q(("price__gte", 0)),
                name="subscription_price_not_negative",
                violation_error_code="price",
                violation_error_message="This must not be below zero.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="subscription",
            name="subscription_interval_count_positive",
            constraint=models.CheckConstraint(
                condition=models.Q(("interval_count__gte", 1)),
                name="subscription_interval_count_positive",
                violation_error_code="interval_count",
                violation_error_message="This must be above zero.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="subscription",
            name="subscription_discount_is_a_percentage",
            constraint=models.CheckConstraint(
                condition=models.Q(("discount_percent__range", (0, 100))),
                name="subscription_discount_is_a_percentage",
                violation_error_code="discount_percent",
                violation_error_message="A percentage lies between 0 and 100.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="subscription",
            name="subscription_discount_not_negative",
            constraint=models.CheckConstraint(
                condition=models.Q(("discount_amount__gte", 0)),
                name="subscription_discount_not_negative",
                violation_error_code="discount_amount",
                violation_error_message="This must not be below zero.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="subscription",
            name="subscription_discount_ends_after_its_start",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("discount_ends", None), ("discount_ends__gt", models.F("starts")), _connector="OR"
                ),
                name="subscription_discount_ends_after_its_start",
                violation_error_code="discount_ends",
                violation_error_message="This must lie after the start.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="subscription",
            name="subscription_interval_known",
            constraint=models.CheckConstraint(
                condition=models.Q(("interval__in", ["day", "week", "month", "quarter", "year"])),
                name="subscription_interval_known",
                violation_error_code="interval",
                violation_error_message="This is none of the intervals.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="subscription",
            name="subscription_periods_do_not_overlap",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
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
        ),
        migrations.AlterConstraint(
            model_name="term",
            name="term_once_per_source",
            constraint=models.UniqueConstraint(
                fields=("source", "external_id"),
                name="term_once_per_source",
                violation_error_code="external_id",
                violation_error_message="There is a row with this id at this source already.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="term",
            name="term_ends_after_its_start",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends", None), ("ends__gt", models.F("starts")), _connector="OR"),
                name="term_ends_after_its_start",
                violation_error_code="ends",
                violation_error_message="The end must come after the start.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="term",
            name="term_currency_is_a_code",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3}$")),
                name="term_currency_is_a_code",
                violation_error_code="currency",
                violation_error_message="This is no currency. Give a code such as SAR.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="term",
            name="term_decided_has_a_day",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_on", None), ("outcome", "open")),
                    models.Q(models.Q(("outcome", "open"), _negated=True), ("decided_on__isnull", False)),
                    _connector="OR",
                ),
                name="term_decided_has_a_day",
                violation_error_code="decided_on",
                violation_error_message="A renewed or lost term has the day of the decision, an open one has none.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="ticket",
            name="ticket_once_per_source",
            constraint=models.UniqueConstraint(
                fields=("source", "external_id"),
                name="ticket_once_per_source",
                violation_error_code="external_id",
                violation_error_message="There is a row with this id at this source already.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="ticket",
            name="ticket_not_merged_into_itself",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("merged_into", None),
                    models.Q(("merged_into", models.F("id")), _negated=True),
                    _connector="OR",
                ),
                name="ticket_not_merged_into_itself",
                violation_error_code="merged_into",
                violation_error_message="A ticket cannot be merged into itself.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="ticketevent",
            name="ticketevent_once_per_source",
            constraint=models.UniqueConstraint(
                fields=("source", "external_id"),
                name="ticketevent_once_per_source",
                violation_error_code="external_id",
                violation_error_message="There is a row with this id at this source already.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="user",
            name="user_email_once_in_any_case",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("email"),
                name="user_email_once_in_any_case",
                violation_error_code="email",
                violation_error_message="Somebody here has this e-mail address already.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="workingcalendar",
            name="workingcalendar_closes_after_opening",
            constraint=models.CheckConstraint(
                condition=models.Q(("closes__gt", models.F("opens"))),
                name="workingcalendar_closes_after_opening",
                violation_error_code="closes",
                violation_error_message="This must be later than the opening.",
            ),
        ),
    ]
