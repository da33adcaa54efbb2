"""Every resource, and the words of its rules."""

from datetime import date

import pytest
from django.db import connection

from accounts import resources
from accounts.models import (
    Contact,
    Departure,
    ExchangeRate,
    Expense,
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
    WorkingCalendar,
)
from tests.accounts.importing import BACKFILL, CREATING, OPTIONS, Imported, subscription, trails

pytestmark = pytest.mark.django_db

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


AHEAD = "2100-01-01"


@pytest.mark.parametrize(
    ("resource", "column", "row"),
    [
        (resources.ORDERS, "ordered_at", {"account": "najm", "currency": "USD", "amount": "5"}),
        (resources.PAYMENTS, "day", {"account": "najm", "currency": "USD", "amount": "5"}),
        (resources.TICKETS, "opened_at", {}),
        (resources.HELPDESK_LOG, "happened_at", {"ticket": "t1", "kind": "replied"}),
    ],
    ids=lambda given: getattr(given, "name", ""),
)
def test_what_happens_is_not_dated_ahead(db, resource, column, row):
    rows = [{"id": "1", **row, column: AHEAD}, {"id": "2", **row, column: "2026-01-01"}]

    run = Imported(resource, rows, CREATING)

    assert [(line, name) for line, name, _reason in run.refused] == [(2, column)]
    assert "future" in run.refused[0][2]
