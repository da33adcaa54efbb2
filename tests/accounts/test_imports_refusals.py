"""What an import refuses, why, and that it refuses nothing else."""

import itertools
import random

import pytest
from django.db import IntegrityError, connection, transaction

from accounts import resources
from accounts.imports import service
from accounts.imports.reading import Broken
from accounts.models import (
    Subscription,
)
from tests.accounts.importing import Imported, subscription

pytestmark = pytest.mark.django_db


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


UNKNOWN_ACCOUNT = "No account has this id at this source. Import it before, or choose to create accounts."
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


# Against a loop that saves row by row


def could_be_saved(row, account):
    """Whether the database itself would take the row."""
    try:
        with transaction.atomic():
            Subscription.objects.create(
                source="crm",
                external_id=row["id"],
                account_id={"najm": account.pk}[row["account"]],
                reference=row["reference"],
                price=row["price"],
                currency="USD",
                starts=row["starts"],
                ends=row["ends"] or None,
            )
            transaction.set_rollback(True)
    except (KeyError, IntegrityError):
        return False
    return True


@pytest.mark.oracle
@pytest.mark.parametrize("seed", range(12))
def test_no_row_is_refused_that_could_be_saved(najm, monkeypatch, seed):
    choose = random.Random(seed)
    monkeypatch.setattr(service, "BATCH", choose.choice([3, 7, 100]))

    def day():
        return f"2026-{choose.randint(1, 6):02}-01"

    rows = [
        subscription(
            f"s{choose.randint(1, 40)}",
            day(),
            ends=choose.choice(["", day(), day()]),
            account=choose.choice(["najm"] * 9 + ["nobody"]),
            price=choose.choice(["5"] * 9 + ["-5"]),
            reference=choose.choice(["", "A", "B", "C", "D"]),
        )
        for _row in range(60)
    ]

    imported = Imported(resources.SUBSCRIPTIONS, rows)

    refused = {line for line, *_rest in imported.refused}
    assert len(refused) > 5
    assert len(imported.fates) > 5
    assert refused | set(imported.fates) == set(range(2, 62))
    assert [line for line in sorted(refused) if could_be_saved(rows[line - 2], najm)] == []
    kept = {row.external_id: (str(row.price), row.starts.isoformat()) for row in Subscription.objects.all()}
    given = {rows[line - 2]["id"]: ("5.0000", rows[line - 2]["starts"]) for line in imported.fates}
    assert kept == given
