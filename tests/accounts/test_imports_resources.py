"""Every resource, and the words of its rules."""

from dataclasses import replace
from datetime import date

import pytest
from django.db import connection

from accounts import resources
from accounts.merges import merge_contacts
from accounts.models import (
    Campaign,
    CampaignDay,
    Consent,
    Contact,
    Departure,
    EventName,
    ExchangeRate,
    Expense,
    Feature,
    Goal,
    Identity,
    Lead,
    Order,
    OrderLine,
    Pause,
    Payment,
    Plan,
    PlanFeature,
    Product,
    Resource,
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
    ("FEATURES", {"code": "export", "name_en": "Export", "name_ar": "التصدير"}, Feature),
    ("PLAN_FEATURES", {"plan": "pro", "feature": "export", "starts": "", "ends": "2026-06-01"}, PlanFeature),
    (
        "LEARNING_RESOURCES",
        {"code": "start", "name": "البداية", "kind": "Video", "feature": "export", "topic": "P1"},
        Resource,
    ),
    ("GOALS", {"code": "trial", "name": "Trial", "kind": "page", "target": "/thanks"}, Goal),
    (
        "CAMPAIGNS",
        {"code": "spring", "name": "Spring", "kind": "email", "starts": "2026-03-01", "goal": "trial"},
        Campaign,
    ),
    (
        "CAMPAIGN_DAYS",
        {"campaign": "spring", "day": "2026-03-01", "reach": "٩٠٠", "cost": "12.5", "currency": "SAR"},
        CampaignDay,
    ),
    ("IDENTITIES", {"contact": "c", "value": "u-7", "since": "2026-01-01"}, Identity),
    (
        "CONSENTS",
        {
            "id": "co",
            "contact": "c",
            "channel": "email",
            "purpose": "marketing",
            "given_at": "2026-01-01 10:00",
            "withdrawn_at": "2026-02-01 10:00",
        },
        Consent,
    ),
    ("EVENT_NAMES", {"sent_as": "export_click", "means": "feature used"}, EventName),
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


def test_a_day_of_a_campaign_is_known_by_both():
    """Whoever counts clicks has no ids; the same day again brings its numbers up to date."""
    for code in ("spring", "summer"):
        Imported(resources.CAMPAIGNS, [{"code": code, "starts": "2026-03-01"}])
    day = {"campaign": "spring", "day": "2026-03-01", "currency": "USD"}

    first = Imported(resources.CAMPAIGN_DAYS, [day | {"clicks": "5"}, day | {"campaign": "summer"}])
    again = Imported(resources.CAMPAIGN_DAYS, [day | {"clicks": "7"}, day | {"campaign": "winter"}])

    assert first.counts == {"read": 2, "created": 2}
    assert [(line, name) for line, name, _reason in again.refused] == [(3, "campaign")]
    assert list(CampaignDay.objects.values_list("campaign__code", "clicks")) == [("spring", 7), ("summer", 0)]


def test_a_day_lies_within_its_campaign():
    spring = {"code": "spring", "starts": "2026-03-01", "ends": "2026-03-10"}
    Imported(resources.CAMPAIGNS, [spring | {"kind": "email"}, spring | {"code": "talk", "kind": "event"}])
    days = ["2026-02-28", "2026-03-01", "2026-03-09", "2026-03-10"]

    done = Imported(
        resources.CAMPAIGN_DAYS,
        [{"campaign": code, "day": day, "currency": "USD"} for code in ("spring", "talk") for day in days],
    )

    assert [(line, name) for line, name, _reason in done.refused] == [(2, "day"), (5, "day"), (9, "day")]


def test_a_plan_includes_a_feature_once_on_a_day():
    Imported(resources.PLANS, [{"code": "pro"}, {"code": "basic"}])
    Imported(resources.FEATURES, [{"code": "export"}])
    ever = {"plan": "pro", "feature": "export"}

    Imported(resources.PLAN_FEATURES, [ever])
    ended = Imported(resources.PLAN_FEATURES, [ever | {"starts": "", "ends": "2026-06-01"}])
    later = Imported(
        resources.PLAN_FEATURES,
        [
            ever | {"starts": "2026-05-01", "ends": ""},
            ever | {"starts": "2026-06-01", "ends": ""},
            ever | {"plan": "basic", "starts": "", "ends": ""},
            ever | {"plan": "basic", "starts": "2026-06-01", "ends": ""},
        ],
    )

    assert ended.counts == {"read": 1, "changed": 1}
    assert [(line, name) for line, name, _reason in later.refused] == [(2, "starts"), (5, "starts")]
    assert PlanFeature.objects.filter(plan__code="pro").count() == 2


def test_one_id_of_a_person_at_two_accounts_is_two_rows(najm):
    people = [
        {"id": "c1", "account": "najm", "name": "Sara"},
        {"id": "c2", "account": "falak", "name": "Sara"},
    ]
    Imported(resources.CONTACTS, people, CREATING)
    rows = [{"contact": "c1", "value": "u"}, {"contact": "c2", "value": "u"}]

    first, again = (Imported(resources.IDENTITIES, rows) for _time in range(2))

    assert (first.counts, again.counts) == ({"read": 2, "created": 2}, {"read": 2, "unchanged": 2})
    assert {(one.source, one.kind) for one in Identity.objects.all()} == {(OPTIONS.source, "user")}


def test_an_id_is_of_one_contact_of_an_account_at_a_time(najm):
    Imported(
        resources.CONTACTS, [{"id": one, "account": "najm", "name": "Sara"} for one in ("c1", "c2", "c3")]
    )
    his, hers = {"contact": "c1", "value": "u"}, {"contact": "c2", "value": "u"}

    first = Imported(resources.IDENTITIES, [his, hers, hers | {"value": "v"}, hers | {"kind": "anonymous"}])
    again = Imported(resources.IDENTITIES, [hers | {"since": "2026-03-01"}])
    handed_on = Imported(
        resources.IDENTITIES,
        [
            hers | {"since": "2026-03-01", "until": ""},
            his | {"since": "", "until": "2026-03-01"},
            {"contact": "c3", "value": "u", "since": "2026-02-28", "until": "2026-03-01"},
        ],
    )

    assert [(line, name) for line, name, _reason in first.refused] == [(3, "value")]
    assert first.counts["created"] == 3
    assert [(line, name) for line, name, _reason in again.refused] == [(2, "value")]
    assert [(line, name) for line, name, _reason in handed_on.refused] == [(4, "value")]
    assert (handed_on.counts["created"], handed_on.counts["changed"]) == (1, 1)


def test_two_ids_of_one_person_are_one_contact_with_this_id(najm):
    """Whoever was merged is the survivor."""
    Imported(resources.CONTACTS, [{"id": one, "account": "najm", "name": "Sara"} for one in ("c1", "c2")])
    loser, survivor = Contact.objects.order_by("pk")
    merge_contacts(loser, survivor, by=None)

    run = Imported(resources.IDENTITIES, [{"contact": one, "value": "u"} for one in ("c1", "c2")])

    assert [(line, name) for line, name, _reason in run.refused] == [(3, "value")]
    assert Identity.objects.get().contact == survivor


def test_a_contact_is_named_by_an_address_that_nobody_else_has(najm):
    people = {"c1": "sara@najm.example", "c2": "all@najm.example", "c3": "all@najm.example"}
    rows = [{"id": one, "account": "najm", "name": "X", "email": people[one]} for one in people]
    Imported(resources.CONTACTS, rows)
    agreed = {"purpose": "marketing", "given_at": "2026-01-01 10:00"}

    run = Imported(
        resources.CONSENTS,
        [{"id": who, "contact": who, **agreed} for who in ("sara@najm.example", "all@najm.example", "c3")],
        replace(OPTIONS, source="mailing"),
    )

    assert [(line, name) for line, name, _reason in run.refused] == [(3, "contact"), (4, "contact")]
    assert "alone this e-mail address" in run.refused[0][2]
    assert Consent.objects.get().contact.external_id == "c1"


def test_an_id_at_the_source_counts_before_an_address(najm):
    named = {"account": "najm", "name": "X"}
    Imported(
        resources.CONTACTS,
        [named | {"id": "x@najm.example"}, named | {"id": "c2", "email": "x@najm.example"}],
    )

    Imported(resources.IDENTITIES, [{"contact": "x@najm.example", "value": "u"}])

    assert Identity.objects.get().contact.external_id == "x@najm.example"


def test_an_event_means_what_we_know_or_something_of_its_own():
    run = Imported(
        resources.EVENT_NAMES,
        [
            {"sent_as": "a", "means": "Dancing"},
            {"sent_as": "b", "means": ""},
            {"sent_as": "c", "means": "Page"},
        ],
    )

    assert [(line, name) for line, name, _reason in run.refused] == [(2, "means")]
    assert dict(EventName.objects.values_list("sent_as", "means")) == {"b": "", "c": "Page"}


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
