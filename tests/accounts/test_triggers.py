"""Whose figures must be made anew, and since when: written by the database, whichever door a change came by."""

from datetime import UTC, date, datetime

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import Min

from accounts.models import (
    Account,
    AccountChange,
    AccountKey,
    ActivityDay,
    Attachment,
    AttributeDefinition,
    AuditEntry,
    Campaign,
    CampaignDay,
    Consent,
    Contact,
    Delivery,
    Departure,
    EventName,
    ExchangeRate,
    Expense,
    Feature,
    FrequencyRule,
    Goal,
    Identity,
    Lead,
    Mailing,
    Order,
    OrderLine,
    Organisation,
    Outbox,
    Pause,
    Payment,
    Plan,
    PlanFeature,
    Population,
    Product,
    Resource,
    Return,
    Session,
    Subscription,
    Suppression,
    Tag,
    Team,
    Term,
    Ticket,
    TicketEvent,
    Touched,
    TraitField,
    User,
    WebhookEndpoint,
    WorkingCalendar,
    WriteKey,
)
from tests.accounts.doors import (
    DELETES,
    INSERTS,
    UPDATES,
    deleted,
    deleted_of_a_queryset,
    forget,
    saved,
    taken_away,
    through,
    upserted,
)
from tests.factories import (
    account,
    at,
    dated,
    day,
    departure,
    event,
    lead,
    order,
    organisation,
    plain,
    subscription,
    ticket,
)

pytestmark = pytest.mark.django_db

JAN_10 = date(2026, 1, 10)


def touched():
    """What was touched, each account once with its earliest day."""
    return dict(Touched.objects.values_list("account_id").annotate(Min("earliest_day")))


# model -> what changes in it (all of them were plain, of 10 January 2026)
CHANGES = {
    AccountChange: {"value": "churned"},
    Subscription: {"price": 20},
    Pause: {"starts": date(2026, 1, 11)},
    Term: {"due_mrr": 5},
    Departure: {"reason": "price"},
    Order: {"amount": 20},
    OrderLine: {"amount": 20},
    Return: {"units": 2},
    Payment: {"amount": 20},
    Ticket: {"spam": True},
    TicketEvent: {"kind": "resolved"},
    Lead: {"channel": "fair"},
    Expense: {"amount": 20},
    ExchangeRate: {"rate": 2},
    PlanFeature: {"ends": date(2026, 2, 1)},
    CampaignDay: {"clicks": 20},
    Identity: {"until": date(2026, 2, 1)},
    Consent: {"purpose": "service"},
    ActivityDay: {"count": 20},
    Session: {"pages": 20},
    Delivery: {"clicked_at": at("2026-01-11 12:00")},
}
TOUCHING = pytest.mark.parametrize("model", CHANGES, ids=lambda model: model.__name__)


def since(row):
    """An expense is of its whole month."""
    return row.month if isinstance(row, Expense) else JAN_10


def account_of(row):
    """None for what bears on everybody; 0 for what has no account."""
    if isinstance(row, ExchangeRate | PlanFeature):
        return None
    if isinstance(row, CampaignDay | Expense | Lead):
        return 0
    found = row
    for name in row.account_path.split("__") if hasattr(row, "account_path") else ["account"]:
        found = getattr(found, name)
    return found.pk


@TOUCHING
@through(*INSERTS)
def test_new_fact_touches_its_account_from_its_day_on(model, door):
    row = plain(model)
    expected = {account_of(row): since(row)}
    taken_away(row)

    door(row)

    assert touched() == expected


@TOUCHING
@through(*UPDATES)
def test_changed_fact_touches_its_account_from_its_day_on(model, door):
    row = plain(model)
    forget()

    door(row, CHANGES[model])

    assert touched() == {account_of(row): since(row)}


@TOUCHING
@through(*DELETES)
def test_deleted_fact_touches_its_account_from_its_day_on(model, door):
    row = plain(model)
    expected = {account_of(row): since(row)}
    forget()

    door(row)

    assert touched() == expected


@TOUCHING
@through(saved, upserted)
def test_update_that_changes_nothing_touches_nothing_and_is_no_entry(model, door):
    row = plain(model)
    forget()

    door(row, {name: getattr(row, name) for name in CHANGES[model]})

    assert touched() == {}
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    "model", [m for m in CHANGES if m not in {ExchangeRate, Identity}], ids=lambda model: model.__name__
)
def test_another_id_at_the_source_touches_nothing(model):
    row = plain(model)
    forget()

    names = {"source", "external_id", "recorded_at"} & {field.name for field in model._meta.concrete_fields}
    values = {"source": "crm", "external_id": "77", "recorded_at": datetime(2026, 1, 1, tzinfo=UTC)}
    model.objects.filter(pk=row.pk).update(**{name: values[name] for name in names})

    assert touched() == {}


def test_every_fact_touches_or_is_read_by_no_figure():
    """Whoever adds a table of facts decides here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname IN"
            " ('touch_on_insert', 'touch_on_update', 'touch_on_delete')"
            " AND tgrelid::regclass::text LIKE 'accounts_%'"
        )
        tables = {table for (table,) in cursor.fetchall()}

    touching = {m._meta.db_table for m in [*CHANGES, Account, Organisation]}
    silent = {
        m._meta.db_table
        for m in [
            AccountKey,
            Attachment,
            AttributeDefinition,
            Campaign,
            Contact,
            EventName,
            Feature,
            FrequencyRule,
            Goal,
            Plan,
            Population,
            Product,
            Resource,
            Tag,
            Team,
            TraitField,
            User,
            Mailing,
            Outbox,
            Suppression,
            WebhookEndpoint,
            WorkingCalendar,
            WriteKey,
        ]
    }
    machinery = {
        "accounts_accountpair",
        "accounts_apitoken",
        "accounts_auditentry",
        "accounts_chatpost",
        "accounts_chosenrow",
        "accounts_columnmapping",
        "accounts_companyprofile",
        "accounts_contactpair",
        "accounts_event",
        "accounts_eventkey",
        "accounts_eventmark",
        "accounts_feed",
        "accounts_feedday",
        "accounts_finding",
        "accounts_erasedaddress",
        "accounts_import",
        "accounts_intakebatch",
        "accounts_intakeminute",
        "accounts_hit",
        "accounts_job",
        "accounts_keptanswer",
        "accounts_letter",
        "accounts_membership",
        "accounts_message",
        "accounts_notice",
        "accounts_notificationsetting",
        "accounts_onthewire",
        "accounts_otherid",
        "accounts_profile",
        "accounts_providercall",
        "accounts_providerobject",
        "accounts_rejectedevent",
        "accounts_reply",
        "accounts_retention",
        "accounts_rowfate",
        "accounts_taxonomyversion",
        "accounts_touched",
        "accounts_upload",
        "accounts_webhookdelivery",
        "accounts_webhooksecret",
    }
    assert tables == touching
    assert {
        m._meta.db_table for m in apps.get_app_config("accounts").get_models()
    } == touching | silent | machinery


def test_every_column_that_figures_may_read_is_compared():
    """By name, but for accounts and what few write: their functions say which columns bear on what."""
    never = {"id", "source", "external_id", "recorded_at"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, p.prosrc, array_agg(a.attname::text) FROM pg_trigger t"
            " JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
            " AND a.attgenerated = ''"
            " WHERE t.tgname = 'touch_on_update' AND p.prosrc NOT LIKE '%to_jsonb%'"
            " AND c.relname <> 'accounts_account' GROUP BY 1, 2"
        )
        functions = cursor.fetchall()

    forgotten = {
        f"{table}.{column}"
        for table, source, columns in functions
        for column in set(columns) - never
        if f'a."{column}"' not in source and not column.endswith("_recorded_at")
    }
    assert len(functions) > 10
    assert forgotten == set()


def test_one_statement_touches_each_account_once():
    one, other = account("One"), account("Other")
    forget()

    Order.objects.bulk_create(
        Order(account=each, ordered_at=at(f"2026-01-{number:02} 12:00"), amount=1, currency="USD")
        for each in (one, other)
        for number in (12, 10, 11)
    )

    assert Touched.objects.count() == 2
    assert touched() == {one.pk: JAN_10, other.pk: JAN_10}


def test_fact_that_changes_its_account_touches_both():
    one, other = account("One"), account("Other")
    moved = order(one, "2026-01-10 12:00")
    forget()

    Order.objects.filter(pk=moved.pk).update(account=other, ordered_at=at("2026-02-10 12:00"))

    assert touched() == {one.pk: JAN_10, other.pk: JAN_10}


def test_fact_that_moves_in_time_touches_from_the_earlier_day():
    moved = subscription(account(), 10, "2026-02-10")
    forget()

    Subscription.objects.filter(pk=moved.pk).update(starts=JAN_10)

    assert touched() == {moved.account_id: JAN_10}


@pytest.mark.parametrize(
    ("field", "before", "after", "since"),
    [
        ("ends", None, "2026-03-01", "2026-03-01"),
        ("ends", "2026-03-01", None, "2026-03-01"),
        ("ends", "2026-03-01", "2026-02-01", "2026-02-01"),
        ("discount_ends", "2026-04-01", "2026-05-01", "2026-04-01"),
        ("cancelled_on", None, "2026-02-20", "2026-02-20"),
    ],
)
def test_end_that_moves_bears_from_the_earlier_of_both_on(field, before, after, since):
    row = subscription(account(), 10, "2026-01-10")
    Subscription.objects.filter(pk=row.pk).update(**{field: before})
    forget()

    Subscription.objects.filter(pk=row.pk).update(**{field: after})

    assert touched() == {row.account_id: day(since)}


def test_end_and_price_together_bear_from_the_start_on():
    row = subscription(account(), 10, "2026-01-10")
    forget()

    Subscription.objects.filter(pk=row.pk).update(ends=day("2026-03-01"), price=20)

    assert touched() == {row.account_id: JAN_10}


def test_cancelled_order_bears_from_its_cancellation_on():
    row = order(account(), "2026-01-10 12:00")
    forget()

    Order.objects.filter(pk=row.pk).update(cancelled_at=at("2026-01-20 12:00"))

    assert touched() == {row.account_id: date(2026, 1, 20)}


def test_days_are_the_organisation_s():
    organisation(time_zone="Asia/Riyadh")
    customer = account()
    forget()

    order(customer, "2026-01-09 21:00")
    assert touched() == {customer.pk: JAN_10}
    forget()
    logged = ticket(customer, opened="2026-01-09 20:59")
    assert touched() == {customer.pk: date(2026, 1, 9)}
    forget()
    event(logged, "worked", "2026-01-09 21:00")
    assert touched() == {customer.pk: JAN_10}


def test_ticket_without_an_account_touches_what_has_none():
    lost = ticket(opened="2026-01-10 12:00", log=[("worked", "2026-01-11 12:00")])
    assert touched() == {0: JAN_10}
    forget()

    Ticket.objects.filter(pk=lost.pk).update(account=account())

    assert touched().keys() == {0, Account.objects.get().pk}


def test_lead_touches_every_account_of_the_person():
    """Which of several rows counts for a person depends on all of them."""
    early, late, other = (account(name) for name in ("Early", "Late", "Other"))
    lead("2026-02-10", late, email="Sara@example.com")
    lead("2026-01-20", other, email="omar@example.com")
    lead("2026-01-05")
    forget()

    first = lead("2026-01-10", early, email="sara@example.com")
    assert touched() == {early.pk: JAN_10, late.pk: JAN_10}
    forget()
    Lead.objects.filter(pk=first.pk).update(email="omar@example.com")
    assert touched() == {early.pk: JAN_10, late.pk: JAN_10, other.pk: JAN_10}
    forget()
    Lead.objects.filter(pk=first.pk).delete()
    assert touched() == {early.pk: JAN_10, other.pk: JAN_10}


def test_leads_without_an_address_have_nothing_to_do_with_each_other():
    lead("2026-01-05", account())
    forget()

    lead("2026-01-10")

    assert touched() == {0: JAN_10}


def test_departure_may_be_the_first_fact_of_an_account():
    customer = account()
    departure(customer, "2025-05-05")
    forget()

    Account.objects.filter(pk=customer.pk).update(internal=True)

    assert touched() == {customer.pk: date(2025, 5, 5)}


def test_first_segment_bears_on_all_days_with_facts_and_later_ones_on_theirs():
    """Before its first segment an account counts as in it."""
    customer = account()
    order(customer, "2025-05-05 12:00")
    forget()

    dated(customer, "2026-01-10", segment="small")
    assert touched() == {customer.pk: date(2025, 5, 5)}
    forget()
    dated(customer, "2026-02-10", segment="large")
    assert touched() == {customer.pk: date(2026, 2, 10)}


@pytest.mark.parametrize(
    "values", [{"inactive_days": 90}, {"time_zone": "Asia/Riyadh"}, {"currency": "SAR"}, {"gross_margin": 60}]
)
def test_setting_touches_everybody_on_all_days(values):
    organisation()
    forget()

    organisation(**values)

    assert touched() == {None: date(1, 1, 1)}


@pytest.mark.parametrize("values", [{"name": {"en": "Najm"}}, {"weekend": [5, 6]}, {"digits": "arab"}])
def test_setting_that_no_figure_reads_touches_nobody(values):
    organisation()
    forget()

    organisation(**values)

    assert touched() == {}


# Accounts


@through(*UPDATES)
def test_renamed_account_is_touched_for_today(door):
    row = plain(Account)
    order(row, "2025-05-05 12:00")
    forget()

    door(row, {"name": "Other"})

    assert touched() == {row.pk: datetime.now(UTC).date()}


@through(*INSERTS)
def test_new_account_is_touched(door):
    row = plain(Account)
    taken_away(row)

    door(row)

    assert touched().keys() == {row.pk}


def test_internal_account_is_touched_on_all_days_with_facts():
    row = account()
    order(row, "2025-05-05 12:00")
    forget()

    Account.objects.filter(pk=row.pk).update(internal=True)

    assert touched() == {row.pk: date(2025, 5, 5)}


def test_merge_touches_loser_and_survivors_on_all_days_with_facts():
    loser, first, second = account("Loser"), account("First"), account("Second")
    order(loser, "2025-05-05 12:00")
    order(second, "2024-04-04 12:00")
    Account.objects.filter(pk=loser.pk).update(merged_into=first)
    assert touched()[first.pk] == date(2025, 5, 5)
    forget()

    Account.objects.filter(pk=loser.pk).update(merged_into=second)

    assert touched().keys() == {loser.pk, first.pk, second.pk}
    assert max(touched().values()) <= date(2025, 5, 5)


@through(deleted, deleted_of_a_queryset)
def test_deleted_account_is_touched_back_to_its_facts(door):
    row = account()
    order(row, "2025-05-05 12:00")
    expected = {row.pk: date(2025, 5, 5)}
    forget()

    door(row)

    assert touched() == expected


# Parents in no circle


def test_a_value_that_ends_later_puts_nobody_above_themselves():
    """Nor does one that is taken away, moved, or that holds before its day because it is the first."""
    upper, lower = account("Upper"), account("Lower")
    dated(upper, "2026-01-01", parent=lower)
    (ended,) = dated(upper, "2026-02-01", parent="")
    dated(lower, "2025-01-01", parent="")
    dated(lower, "2026-02-01", parent=upper)
    changes = AccountChange.objects.filter(pk=ended.pk)

    for write in (
        changes.delete,
        lambda: changes.update(from_day=day("2026-02-02")),
        lambda: changes.update(value=str(lower.pk)),
        lambda: AccountChange.objects.filter(account=lower, value="").delete(),
    ):
        with pytest.raises(IntegrityError, match="above itself"), transaction.atomic():
            write()
    changes.update(from_day=day("2026-01-31"))
