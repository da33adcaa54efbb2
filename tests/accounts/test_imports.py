"""The way of a batch through the staging table: what is written, what is refused and why, what is left alone."""

import itertools
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from accounts import resources
from accounts.imports import FieldsDoNotFit, Options, run, service
from accounts.imports.reading import Broken
from accounts.models import (
    Account,
    AccountKey,
    AuditEntry,
    Contact,
    Departure,
    ExchangeRate,
    Expense,
    Job,
    Lead,
    Order,
    OrderLine,
    Pause,
    Payment,
    Plan,
    Product,
    Return,
    Subscription,
    Term,
    Ticket,
    TicketEvent,
    Touched,
    WorkingCalendar,
)

pytestmark = pytest.mark.django_db

OPTIONS = Options(today=date(2026, 3, 15), zone=ZoneInfo("Asia/Riyadh"), source="crm")
BACKFILL = replace(OPTIONS, backfill=True)
CREATING = replace(OPTIONS, create_accounts=True)


@pytest.fixture
def najm():
    account = Account.objects.create(name="Najm Logistics")
    AccountKey.objects.create(account=account, source="crm", value="najm")
    return account


class Imported:
    """What a run said: its counts, and (line, column, reason) of what was refused."""

    def __init__(self, resource, rows, options=OPTIONS, **more):
        fields = list(dict.fromkeys(name for row in rows if isinstance(row, dict) for name in row))
        self.refused, self.values, self.fates = [], {}, {}
        self.outcome = run(
            resource, list(enumerate(rows, start=2)), fields=fields, options=options, report=self.hear, **more
        )
        self.counts = {name: count for name, count in asdict(self.outcome.counts).items() if count}

    def hear(self, line, taken):
        self.fates |= taken.fates
        for rejection in taken.rejections:
            self.refused.append((rejection.line, rejection.column, rejection.reason))
            self.values[rejection.line] = rejection.value


def subscription(identity, starts="2026-01-01", **more):
    row = {"id": identity, "account": "najm", "starts": starts, "price": "50", "currency": "USD"}
    return row | more


def trails():
    return AuditEntry.objects.count(), Touched.objects.count()


# Created, changed, unchanged


def test_rows_are_created(najm):
    plan = Plan.objects.create(code="pro")

    imported = Imported(
        resources.SUBSCRIPTIONS,
        [subscription("s1", plan="pro", ends="", quantity="3", discount_percent="10%")],
    )

    assert imported.counts == {"read": 1, "created": 1}
    kept = Subscription.objects.get()
    assert (kept.source, kept.external_id, kept.account, kept.plan) == ("crm", "s1", najm, plan)
    assert (kept.price, kept.quantity, kept.discount_percent, kept.ends) == (
        Decimal(50),
        3,
        Decimal(10),
        None,
    )
    assert (kept.kind, kept.interval, kept.discount_amount) == ("paid", "month", 0)


def test_the_same_rows_again_change_nothing(najm):
    rows = [subscription("s1"), subscription("s2", "2026-02-01", ends="2026-03-01")]
    Imported(resources.SUBSCRIPTIONS, rows)
    before = trails()

    imported = Imported(resources.SUBSCRIPTIONS, rows)

    assert imported.counts == {"read": 2, "unchanged": 2}
    assert trails() == before


def test_only_what_differs_is_changed_and_audited(najm):
    Imported(resources.SUBSCRIPTIONS, [subscription("s1"), subscription("s2")])
    before = AuditEntry.objects.count()

    imported = Imported(resources.SUBSCRIPTIONS, [subscription("s1"), subscription("s2", price="75")])

    assert imported.counts == {"read": 2, "changed": 1, "unchanged": 1}
    assert AuditEntry.objects.count() == before + 1
    assert AuditEntry.objects.latest("id").after == {"price": 75.0}


def test_columns_that_are_not_given_are_left_alone(najm):
    Imported(resources.SUBSCRIPTIONS, [subscription("s1", quantity="3", plan="")])
    Subscription.objects.update(cancel_reason="moved")

    Imported(resources.SUBSCRIPTIONS, [subscription("s1", price="60")])

    kept = Subscription.objects.get()
    assert (kept.price, kept.quantity, kept.cancel_reason) == (60, 3, "moved")


def test_empty_cells_empty_the_value(najm):
    Imported(resources.SUBSCRIPTIONS, [subscription("s1", ends="2026-02-01", quantity="3")])

    Imported(resources.SUBSCRIPTIONS, [subscription("s1", ends="", quantity="")])

    kept = Subscription.objects.get()
    assert (kept.ends, kept.quantity) == (None, 1)


def test_sources_do_not_meet(najm):
    AccountKey.objects.create(account=najm, source="billing", value="najm")
    Imported(resources.SUBSCRIPTIONS, [subscription("s1")])

    Imported(resources.SUBSCRIPTIONS, [subscription("s1")], replace(OPTIONS, source="billing"))

    assert sorted(Subscription.objects.values_list("source", flat=True)) == ["billing", "crm"]


def test_changes_are_put_down_to_the_job(najm):
    job = Job.objects.create(kind=service.KIND)

    Imported(resources.SUBSCRIPTIONS, [subscription("s1")], job=job)

    assert AuditEntry.objects.get(table="accounts_subscription").job == job


def test_an_id_twice_with_the_same_values_is_one_row(najm):
    imported = Imported(resources.SUBSCRIPTIONS, [subscription("s1"), subscription("s1")])

    assert imported.counts == {"read": 2, "created": 1, "unchanged": 1}


def test_an_id_twice_with_other_values_is_refused(najm, monkeypatch):
    """Else the two would overwrite one another in every run."""
    monkeypatch.setattr(service, "BATCH", 1)

    imported = Imported(resources.SUBSCRIPTIONS, [subscription("s1"), subscription("s1", price="60")])

    assert imported.refused == [(3, "id", "Line 2 has this id already, with other values.")]
    assert Subscription.objects.get().price == 50


def test_a_refused_row_does_not_occupy_its_id(najm):
    imported = Imported(resources.SUBSCRIPTIONS, [subscription("s1", ends="2025-01-01"), subscription("s1")])

    assert imported.counts == {"read": 2, "created": 1, "rejected": 1}


# Refused


def test_every_bad_cell_of_a_row_is_named(najm):
    imported = Imported(
        resources.SUBSCRIPTIONS,
        [subscription("s1"), subscription("", starts="01/02/2026", price="much", currency="")],
    )

    assert [(line, column) for line, column, _reason in imported.refused] == [
        (3, "id"),
        (3, "starts"),
        (3, "price"),
        (3, "currency"),
    ]
    assert imported.counts == {"read": 2, "created": 1, "rejected": 1}


def test_broken_rows_are_told_with_the_others_in_the_order_of_the_file(najm):
    rows = [subscription("s1"), Broken("Too few cells."), subscription("s2", price="-1"), subscription("s3")]

    imported = Imported(resources.SUBSCRIPTIONS, rows)

    assert imported.refused == [(3, "", "Too few cells."), (4, "price", "This must not be below zero.")]
    assert imported.counts == {"read": 4, "created": 2, "rejected": 2}


UNKNOWN_ACCOUNT = (
    "No account has this id at this source. Import it before, or use the option create-accounts."
)
UNKNOWN_ROW = "Nothing has this id at this source. Import it before."
UNKNOWN_NAME = "Nothing here has this name or code. Import it before."


@pytest.mark.parametrize(
    ("resource", "good", "bad", "column", "reason"),
    [
        ("SUBSCRIPTIONS", {}, {"account": "other"}, "account", UNKNOWN_ACCOUNT),
        ("SUBSCRIPTIONS", {"plan": ""}, {"plan": "gold"}, "plan", UNKNOWN_NAME),
        ("SUBSCRIPTIONS", {"ends": ""}, {"ends": "2026-01-01"}, "ends", "The end must come after the start."),
        ("SUBSCRIPTIONS", {}, {"price": "-5"}, "price", "This must not be below zero."),
        (
            "SUBSCRIPTIONS",
            {"interval_count": "1"},
            {"interval_count": "0"},
            "interval_count",
            "This must be above zero.",
        ),
        (
            "SUBSCRIPTIONS",
            {"discount_amount": "1"},
            {"discount_amount": "-1"},
            "discount_amount",
            "This must not be below zero.",
        ),
        ("CONTACTS", {"name": "Sara"}, {"name": ""}, "name", "Give a name or an e-mail address."),
        (
            "CONTACTS",
            {"name": "Sara", "preferred_hour": "9"},
            {"preferred_hour": "24"},
            "preferred_hour",
            "An hour lies between 0 and 23.",
        ),
        (
            "CONTACTS",
            {"name": "Sara", "joined": "2026-01-01", "left": "2026-01-01"},
            {"left": "2025-12-31"},
            "left",
            "This must not lie before the day of joining.",
        ),
        (
            "TERMS",
            {"ends": "2027-01-01", "outcome": "open"},
            {"outcome": "lost"},
            "decided_on",
            "A renewed or lost term has the day of the decision, an open one has none.",
        ),
        (
            "DEPARTURES",
            {"churn_day": "2026-01-01", "recovered": ""},
            {"recovered": "2026-01-01"},
            "recovered",
            "This must lie after the day of the churn.",
        ),
        (
            "ORDERS",
            {"ordered_at": "2026-01-02", "amount": "5", "cancelled_at": ""},
            {"cancelled_at": "2026-01-01"},
            "cancelled_at",
            "This must not lie before the order.",
        ),
        (
            "PAYMENTS",
            {"day": "2026-01-01", "amount": "5", "order": ""},
            {"order": "o1"},
            "order",
            UNKNOWN_ROW,
        ),
        (
            "TICKETS",
            {"opened_at": "2026-01-01", "assignee": ""},
            {"assignee": "who@example.com"},
            "assignee",
            "Nobody here has this e-mail address.",
        ),
    ],
)
def test_bad_row_is_refused_with_its_reason_and_good_ones_are_kept(najm, resource, good, bad, column, reason):
    resource = getattr(resources, resource)
    good = {name: text for name, text in (subscription("a") | good).items() if name in resource.columns}
    if resource is resources.DEPARTURES:
        bad = bad | {"churn_day": "2026-01-02", "recovered": "2026-01-02"}

    imported = Imported(resource, [good, good | bad | {"id": "b"}])

    assert imported.refused == [(3, column, reason)]
    assert imported.values[3] == (good | bad).get(column, "")
    assert imported.counts == {"read": 2, "created": 1, "rejected": 1}


def test_overlapping_period_is_refused_in_the_batch_and_against_what_is_there(najm):
    reason = "This subscription already has a period on some of these days. End that one first."
    Imported(resources.SUBSCRIPTIONS, [subscription("s1", ends="2026-02-01", reference="A")])

    imported = Imported(
        resources.SUBSCRIPTIONS,
        [
            subscription("s2", "2026-01-15", ends="2026-03-01", reference="A"),
            subscription("s3", "2026-02-01", ends="2026-04-01", reference="A"),
            subscription("s4", "2026-03-01", ends="2026-06-01", reference="A"),
            subscription("s5", "2026-04-01", ends="", reference="A"),
            subscription("s6", "2026-01-15", ends="2026-03-01", reference="B"),
            subscription("s7", "2026-01-15", ends="2026-03-01", reference=""),
            subscription("s8", "2026-01-15", ends="2026-03-01", reference=""),
        ],
    )

    assert imported.refused == [(2, "starts", reason), (4, "starts", reason)]
    assert imported.counts == {"read": 7, "created": 5, "rejected": 2}


def test_a_period_may_take_over_where_the_same_file_ends_another(najm):
    Imported(resources.SUBSCRIPTIONS, [subscription("s1", reference="A", ends="")])

    imported = Imported(
        resources.SUBSCRIPTIONS,
        [
            subscription("s2", "2026-02-01", reference="A", ends=""),
            subscription("s1", reference="A", ends="2026-02-01"),
        ],
    )

    assert imported.counts == {"read": 2, "created": 1, "changed": 1}


def test_periods_that_move_into_one_anothers_place_find_their_order(najm):
    Imported(
        resources.SUBSCRIPTIONS,
        [
            subscription("s1", "2026-01-01", reference="A", ends="2026-03-01"),
            subscription("s2", "2026-03-01", reference="A", ends=""),
        ],
    )

    imported = Imported(
        resources.SUBSCRIPTIONS,
        [
            subscription("s1", "2026-01-01", reference="A", ends="2026-04-01"),
            subscription("s2", "2026-04-01", reference="A", ends=""),
        ],
    )

    assert imported.counts == {"read": 2, "changed": 2}


def test_a_second_departure_on_the_same_day_is_refused(najm):
    row = {"id": "a", "account": "najm", "churn_day": "2026-01-01"}

    imported = Imported(resources.DEPARTURES, [row, row | {"id": "b"}])

    assert imported.refused == [(3, "churn_day", "This account already has a departure on this day.")]


def test_what_only_the_database_finds_is_found_by_halving(najm, monkeypatch):
    """A ticket that is moved behind its own events: no check of ours looks for that."""
    tickets = [{"id": f"t{n}", "opened_at": "2026-01-01", "subject": ""} for n in range(9)]
    Imported(resources.TICKETS, tickets)
    Imported(
        resources.TICKET_EVENTS, [{"id": "e", "ticket": "t4", "kind": "opened", "happened_at": "2026-01-01"}]
    )

    imported = Imported(resources.TICKETS, [ticket | {"opened_at": "2026-01-02"} for ticket in tickets])

    assert [(line, column) for line, column, _reason in imported.refused] == [(6, "happened_at")]
    assert imported.counts == {"read": 9, "changed": 8, "rejected": 1}


def test_an_unknown_rule_of_the_database_is_named(najm):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION no_13() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF NEW.price = 13 THEN RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'no_13';"
            " END IF; RETURN NEW; END $$;"
            "CREATE TRIGGER no_13 BEFORE INSERT ON accounts_subscription FOR EACH ROW EXECUTE FUNCTION no_13();"
        )

    imported = Imported(
        resources.SUBSCRIPTIONS, [subscription("a"), subscription("b", price="13"), subscription("c")]
    )

    assert imported.refused == [(3, "", "The database refuses the row: no_13.")]
    assert imported.counts == {"read": 3, "created": 2, "rejected": 1}


def test_a_thousand_bad_rows_among_good_ones(najm, monkeypatch):
    monkeypatch.setattr(service, "BATCH", 700)
    faults = itertools.cycle(
        [
            {"price": "-1"},
            {"ends": "2025-01-01"},
            {"account": "nobody"},
            {"starts": "soon"},
            {"reference": "A"},
        ]
    )
    rows = [subscription(f"good{n}", reference=f"r{n}", ends="") for n in range(3000)]
    rows[500:500] = [subscription("first", reference="A", ends="")]
    for n in range(1000):
        rows.insert(600 + 2 * n, subscription(f"bad{n}", reference=f"b{n}", ends="") | next(faults))

    imported = Imported(resources.SUBSCRIPTIONS, rows)

    assert imported.counts == {"read": 4001, "created": 3001, "rejected": 1000}
    assert Subscription.objects.filter(external_id__startswith="good").count() == 3000


# Accounts that are not known


def test_unknown_accounts_are_created_when_asked_for(najm):
    rows = [subscription("s1", account="new"), subscription("s2", account="new"), subscription("s3")]

    imported = Imported(resources.SUBSCRIPTIONS, rows, CREATING)

    assert imported.counts == {"read": 3, "created": 3}
    created = Account.objects.get(name="new")
    assert list(created.keys.values_list("source", "value")) == [("crm", "new")]
    assert Subscription.objects.filter(account=created).count() == 2


def test_accounts_are_not_created_for_refused_rows(najm):
    Imported(resources.SUBSCRIPTIONS, [subscription("s1", account="new", ends="2025-01-01")], CREATING)

    assert not Account.objects.filter(name="new").exists()


# References


def test_rows_may_refer_to_others_of_the_same_file(najm):
    row = {"account": "najm", "day": "2026-01-01", "currency": "USD"}

    imported = Imported(
        resources.PAYMENTS,
        [
            row | {"id": "r1", "amount": "-5", "refund_of": "p1"},
            row | {"id": "p1", "amount": "5", "refund_of": ""},
        ],
    )

    assert imported.counts == {"read": 2, "created": 2}
    assert Payment.objects.get(external_id="r1").refund_of.external_id == "p1"


def test_a_row_that_refers_to_a_refused_one_is_refused(najm):
    row = {"account": "najm", "day": "2026-01-01", "currency": "USD"}

    imported = Imported(
        resources.PAYMENTS,
        [
            row | {"id": "p1", "amount": "5", "refund_of": "p1"},
            row | {"id": "r1", "amount": "-5", "refund_of": "p1"},
        ],
    )

    assert imported.refused == [(2, "amount", "A refund is below zero."), (3, "refund_of", UNKNOWN_ROW)]


def test_people_are_found_by_their_address_in_any_case(najm, alice):
    Imported(resources.TICKETS, [{"id": "t", "opened_at": "2026-01-01", "assignee": "ALICE@example.com"}])

    assert Ticket.objects.get().assignee == alice


# When it was learned


def test_an_import_is_learned_when_it_happens(najm):
    Imported(resources.SUBSCRIPTIONS, [subscription("s1", ends="2026-02-01")])

    kept = Subscription.objects.get()
    assert kept.recorded_at == kept.ends_recorded_at > datetime(2026, 3, 1, tzinfo=UTC)


def test_a_backfill_is_learned_when_it_happened(najm):
    rows = [subscription("s1", ends="2026-02-01", cancelled_on="2026-01-10")]

    Imported(resources.SUBSCRIPTIONS, rows, BACKFILL)

    kept = Subscription.objects.get()
    assert kept.recorded_at == datetime(2025, 12, 31, 21, tzinfo=UTC)
    assert kept.ends_recorded_at == datetime(2026, 1, 31, 21, tzinfo=UTC)
    assert kept.cancelled_recorded_at == datetime(2026, 1, 9, 21, tzinfo=UTC)


def test_a_backfill_again_changes_nothing(najm):
    rows = [subscription("s1", ends="2026-02-01"), subscription("s2", "2090-01-01", ends="2091-01-01")]
    Imported(resources.SUBSCRIPTIONS, rows, BACKFILL)
    before = trails()

    assert Imported(resources.SUBSCRIPTIONS, rows, BACKFILL).counts == {"read": 2, "unchanged": 2}
    assert trails() == before


def test_a_backfill_knows_nothing_before_it_can(najm):
    """What lies ahead is known since now, and what was known earlier stays so."""
    Imported(resources.SUBSCRIPTIONS, [subscription("s1", "2090-01-01")], BACKFILL)

    assert Subscription.objects.get().recorded_at < datetime(2090, 1, 1, tzinfo=UTC)


def test_an_end_that_a_backfill_moves_is_learned_on_its_new_day(najm):
    Imported(resources.SUBSCRIPTIONS, [subscription("s1", ends="2026-02-01")], BACKFILL)

    Imported(resources.SUBSCRIPTIONS, [subscription("s1", ends="2026-03-01")], BACKFILL)

    assert Subscription.objects.get().ends_recorded_at == datetime(2026, 2, 28, 21, tzinfo=UTC)


def test_an_end_that_comes_later_is_learned_later(najm):
    Imported(resources.SUBSCRIPTIONS, [subscription("s1", ends="")], BACKFILL)

    Imported(resources.SUBSCRIPTIONS, [subscription("s1", ends="2026-02-01")])

    kept = Subscription.objects.get()
    assert kept.recorded_at == datetime(2025, 12, 31, 21, tzinfo=UTC)
    assert kept.ends_recorded_at > datetime(2026, 3, 1, tzinfo=UTC)


def test_lines_of_an_order_are_backfilled_with_it(najm):
    order = {"id": "o", "account": "najm", "ordered_at": "2026-01-05 10:00", "amount": "5", "currency": "USD"}
    Imported(resources.ORDERS, [order], BACKFILL)

    Imported(resources.ORDER_LINES, [{"id": "l", "order": "o", "amount": "5"}], BACKFILL)

    assert OrderLine.objects.get().recorded_at == datetime(2026, 1, 5, 10, tzinfo=UTC)


def test_accounts_created_in_a_backfill_are_as_old_as_their_first_fact(db):
    rows = [subscription("s1", "2026-02-01", account="new"), subscription("s2", "2026-01-01", account="new")]

    Imported(resources.SUBSCRIPTIONS, rows, replace(BACKFILL, create_accounts=True))

    assert Account.objects.get().recorded_at == datetime(2025, 12, 31, 21, tzinfo=UTC)


# Every resource

ONE_OF_EACH = [
    ("PRODUCTS", {"sku": "P1", "name_en": "Scale", "name_ar": "ميزان", "category": "hardware"}, Product),
    ("PLANS", {"code": "pro", "name": '{"en": "Pro", "ar": "احترافي"}'}, Plan),
    (
        "CONTACTS",
        {"id": "c", "account": "najm", "name": "سارة", "email": "s@najm.example", "role": "champion"},
        Contact,
    ),
    ("LEADS", {"id": "l", "email": "x@y.example", "first_interest": "2026-01-01", "account": "najm"}, Lead),
    ("SUBSCRIPTIONS", subscription("s", reference="A", plan="pro", interval="year"), Subscription),
    ("PAUSES", {"id": "p", "subscription": "s", "starts": "2026-02-01", "ends": ""}, Pause),
    (
        "TERMS",
        {
            "id": "t",
            "account": "najm",
            "starts": "2026-01-01",
            "ends": "2027-01-01",
            "currency": "USD",
            "due_mrr": "5",
            "outcome": "renewed",
            "decided_on": "2026-12-01",
            "renewed_mrr": "6",
        },
        Term,
    ),
    ("DEPARTURES", {"id": "d", "account": "najm", "churn_day": "2026-02-01", "reason": "price"}, Departure),
    (
        "EXCHANGE_RATES",
        {"base": "USD", "currency": "SAR", "day": "2026-01-01", "rate": "0.2666666667"},
        ExchangeRate,
    ),
    (
        "ORDERS",
        {
            "id": "o",
            "account": "najm",
            "ordered_at": "2026-01-05T10:00:00Z",
            "amount": "90",
            "currency": "SAR",
        },
        Order,
    ),
    (
        "ORDER_LINES",
        {"id": "ol", "order": "o", "product": "P1", "quantity": "1.5", "amount": "90"},
        OrderLine,
    ),
    ("RETURNS", {"id": "r", "order": "o", "line": "ol", "day": "2026-01-09", "units": "1"}, Return),
    (
        "PAYMENTS",
        {
            "id": "pay",
            "account": "najm",
            "day": "2026-01-06",
            "amount": "90",
            "currency": "SAR",
            "order": "o",
            "subscription": "s",
        },
        Payment,
    ),
    (
        "EXPENSES",
        {"id": "e", "month": "2026-01", "amount": "900", "currency": "SAR", "kind": "Cost of revenue"},
        Expense,
    ),
    (
        "WORKING_CALENDARS",
        {
            "name": "Riyadh",
            "country": "SA",
            "time_zone": "Asia/Riyadh",
            "weekend": "5 6",
            "opens": "08:00",
            "closes": "16:00",
            "holidays": "2026-09-23",
        },
        WorkingCalendar,
    ),
    (
        "TICKETS",
        {
            "id": "tk",
            "account": "najm",
            "opened_at": "2026-01-07 09:00",
            "requester": "c",
            "product": "P1",
            "calendar": "Riyadh",
            "priority": "high",
            "opened_by_staff": "no",
        },
        Ticket,
    ),
    (
        "TICKET_EVENTS",
        {"id": "te", "ticket": "tk", "kind": "opened", "happened_at": "2026-01-07 09:00", "by": "customer"},
        TicketEvent,
    ),
]


@pytest.mark.parametrize("options", [OPTIONS, BACKFILL], ids=["now", "backfill"])
def test_one_of_each_resource_and_again(najm, options):
    for name, row, model in ONE_OF_EACH:
        imported = Imported(getattr(resources, name), [row], options)
        assert (name, imported.refused, imported.counts) == (name, [], {"read": 1, "created": 1})
        assert model.objects.count() == 1
    before = trails()

    for name, row, _model in ONE_OF_EACH:
        assert (name, Imported(getattr(resources, name), [row], options).counts) == (
            name,
            {"read": 1, "unchanged": 1},
        )
    assert trails() == before
    assert Return.objects.get().line == OrderLine.objects.get()
    assert WorkingCalendar.objects.get().weekend == [5, 6]
    assert WorkingCalendar.objects.get().holidays == [date(2026, 9, 23)]


def test_a_language_is_added_to_those_that_are_there():
    Imported(resources.PLANS, [{"code": "pro", "name_en": "Pro"}])

    Imported(resources.PLANS, [{"code": "pro", "name_ar": "احترافي"}])

    assert Plan.objects.get().name == {"en": "Pro", "ar": "احترافي"}


def test_defaults_are_the_models():
    Imported(resources.WORKING_CALENDARS, [{"name": "Everywhere"}])

    kept = WorkingCalendar.objects.get()
    assert (kept.weekend, kept.holidays, kept.opens.hour) == ([6, 7], [], 9)


def test_every_rule_of_an_imported_model_has_its_words(najm):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype IN ('c', 'x') AND conrelid::regclass::text = ANY(%s)"
            # The bounds of a positive number, which its column function knows, and closed sets of choices.
            " AND conname !~ '_(check|known|code|of_a_dated_field)$'",
            [[resource.model._meta.db_table for resource in resources.RESOURCES]],
        )
        rules = {name for (name,) in cursor.fetchall()}

    assert rules - set(resources.REASONS) == set()


# Runs


def test_fields_that_every_row_must_give_are_asked_for(najm):
    with pytest.raises(FieldsDoNotFit, match="Every row must give: account, price, currency"):
        Imported(resources.SUBSCRIPTIONS, [{"id": "s", "starts": "2026-01-01"}])


def test_a_text_is_given_as_a_whole_or_by_language():
    with pytest.raises(FieldsDoNotFit, match="by language: name"):
        Imported(resources.PLANS, [{"code": "pro", "name": "Pro", "name_en": "Pro"}])


def test_a_dry_run_tells_all_and_writes_nothing(najm, monkeypatch):
    monkeypatch.setattr(service, "BATCH", 2)
    Imported(resources.SUBSCRIPTIONS, [subscription("s1"), subscription("s2")])
    before = trails()

    imported = Imported(
        resources.SUBSCRIPTIONS,
        [
            subscription("s1"),
            subscription("s2", price="60"),
            subscription("s3", account="new"),
            subscription("s4", price=""),
        ],
        CREATING,
        dry_run=True,
    )

    assert imported.fates == {2: "unchanged", 3: "changed", 4: "created"}
    assert [(line, column) for line, column, _reason in imported.refused] == [(5, "price")]
    assert (Account.objects.count(), Subscription.objects.count(), trails()) == (1, 2, before)


@pytest.fixture
def job(monkeypatch):
    monkeypatch.setattr(service, "BATCH", 2)
    return Job.objects.create(kind=service.KIND)


ROWS = [subscription(f"s{n}") for n in range(6)] + [subscription("s0", price="60")]


def test_a_job_shows_how_far_it_is_and_what_came_of_it(najm, job):
    Imported(resources.SUBSCRIPTIONS, ROWS, job=job)

    job.refresh_from_db()
    assert (job.done, job.position) == (8, {"line": 8})
    assert job.result == {
        "read": 7,
        "created": 6,
        "changed": 0,
        "unchanged": 0,
        "rejected": 1,
        "rejections": [[8, "id", "Line 2 has this id already, with other values."]],
    }


def test_a_job_that_is_asked_to_stop_stops_and_goes_on_where_it_was(najm, job):
    Job.objects.filter(pk=job.pk).update(stop_requested_at=datetime(2026, 3, 15, tzinfo=UTC))

    first = Imported(resources.SUBSCRIPTIONS, ROWS, job=job)

    assert (first.outcome.stopped, first.counts) == (True, {"read": 2, "created": 2})
    job.refresh_from_db()
    assert job.start(datetime(2026, 3, 15, tzinfo=UTC))
    job.refresh_from_db()
    rest = Imported(resources.SUBSCRIPTIONS, ROWS, job=job)
    assert rest.counts == {"read": 7, "created": 6, "rejected": 1}
    assert rest.refused == [(8, "id", "Line 2 has this id already, with other values.")]


def test_a_run_that_breaks_off_keeps_what_is_done_and_its_position(najm, job):
    def rows():
        yield from enumerate(ROWS[:3], start=2)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        run(resources.SUBSCRIPTIONS, rows(), fields=list(ROWS[0]), options=OPTIONS, job=job)

    job.refresh_from_db()
    assert (job.position, Subscription.objects.count()) == ({"line": 3}, 2)
