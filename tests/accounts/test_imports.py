"""What an import writes, what it leaves alone, when it was learned, and how it goes on."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection

from accounts import resources
from accounts.imports import FieldsDoNotFit, run, service, staging
from accounts.models import (
    Account,
    AccountKey,
    AuditEntry,
    Job,
    OrderLine,
    Payment,
    Plan,
    Subscription,
    Ticket,
)
from tests.accounts.importing import BACKFILL, CREATING, OPTIONS, Imported, subscription, trails

pytestmark = pytest.mark.django_db

UNKNOWN_ROW = "Nothing has this id at this source. Import it before."

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


def places():
    """Where the rows lie in the table: one that is written again, even with the same values, moves."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, ctid::text FROM accounts_subscription ORDER BY id")
        return cursor.fetchall()


def test_the_same_rows_again_change_nothing(najm):
    rows = [subscription("s1"), subscription("s2", "2026-02-01", ends="2026-03-01")]
    Imported(resources.SUBSCRIPTIONS, rows)
    before = trails()

    imported = Imported(resources.SUBSCRIPTIONS, rows)

    assert imported.counts == {"read": 2, "unchanged": 2}
    assert trails() == before


def test_only_what_differs_is_written_and_audited(najm):
    rows = [subscription("s1"), subscription("s2"), subscription("s3")]
    Imported(resources.SUBSCRIPTIONS, rows)
    before, s1, s2, s3 = AuditEntry.objects.count(), *places()

    # A batch is written from the first line that changed to the last.
    changed = [subscription("s1", price="60"), subscription("s2"), subscription("s3", price="75")]
    imported = Imported(resources.SUBSCRIPTIONS, changed)

    assert imported.counts == {"read": 3, "changed": 2, "unchanged": 1}
    assert [now == then for now, then in zip(places(), (s1, s2, s3), strict=True)] == [False, True, False]
    assert AuditEntry.objects.count() == before + 2
    assert AuditEntry.objects.latest("id").after == {"price": 75.0}


def test_rows_are_named_and_changed_ones_say_what_changes(najm, monkeypatch):
    monkeypatch.setattr(staging, "TOLD", 2)
    monkeypatch.setattr(service, "BATCH", 2)
    Plan.objects.create(code="pro")
    rows = [subscription(f"s{n}", plan="", ends="2026-06-01") for n in range(1, 5)]
    Imported(resources.SUBSCRIPTIONS, rows)

    new = {"price": "60", "plan": "pro", "ends": ""}
    imported = Imported(
        resources.SUBSCRIPTIONS,
        [
            rows[0] | new,
            rows[1],
            rows[2] | {"price": "9"},
            rows[3] | {"price": "8"},
            subscription("s5") | new,
        ],
    )

    assert imported.keys == {2: "s1", 3: "s2", 4: "s3", 5: "s4", 6: "s5"}
    assert imported.changes == {
        2: [("price", "50", "60"), ("plan", "", "pro"), ("ends", "2026-06-01", "")],
        4: [("price", "50", "9")],
    }


def test_columns_that_are_not_given_are_left_alone(najm):
    Imported(resources.SUBSCRIPTIONS, [subscription("s1", quantity="3", plan="")])
    Subscription.objects.update(cancel_reason="moved")

    Imported(resources.SUBSCRIPTIONS, [subscription("s1", price="60")])

    kept = Subscription.objects.get()
    assert (kept.price, kept.quantity, kept.cancel_reason) == (60, 3, "moved")


def test_what_is_known_is_changed_without_what_a_new_row_needs(najm):
    Imported(resources.SUBSCRIPTIONS, [subscription("s1"), subscription("s2")])

    imported = Imported(
        resources.SUBSCRIPTIONS,
        [{"id": "s1", "ends": "2026-06-01"}, {"id": "s3", "ends": "2026-06-01"}, {"id": "s2", "ends": ""}],
    )

    assert imported.counts == {"read": 3, "changed": 1, "unchanged": 1, "rejected": 1}
    reason = "Nothing has this id yet; a new row needs: Account, Price of a unit, Currency, Starts."
    assert (imported.refused, imported.values) == ([(3, "id", reason)], {3: "s3"})
    kept = Subscription.objects.get(external_id="s1")
    assert (kept.account, kept.price, kept.ends.isoformat()) == (najm, 50, "2026-06-01")


def test_backfill_dates_rows_by_what_is_known_of_them(najm):
    Imported(resources.SUBSCRIPTIONS, [subscription("s1")])

    Imported(resources.SUBSCRIPTIONS, [{"id": "s1", "quantity": "2"}], BACKFILL)

    assert Subscription.objects.get().recorded_at == datetime(2025, 12, 31, 21, tzinfo=UTC)


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
    monkeypatch.setattr(service, "BATCH", 1)

    imported = Imported(resources.SUBSCRIPTIONS, [subscription("s1"), subscription("s1", price="60")])

    assert imported.refused == [(3, "id", "Line 2 has this id already, with other values.")]
    assert Subscription.objects.get().price == 50


def test_a_refused_row_does_not_occupy_its_id(najm):
    imported = Imported(resources.SUBSCRIPTIONS, [subscription("s1", ends="2025-01-01"), subscription("s1")])

    assert imported.counts == {"read": 2, "created": 1, "rejected": 1}


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

    assert imported.refused == [
        (2, "amount", "A refund is below zero."),
        (3, "refund_of", "Nothing has this id at this source. Import it before."),
    ]


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


# Runs


def test_fields_that_every_row_must_give_are_asked_for(najm):
    with pytest.raises(FieldsDoNotFit, match="Every row must give: id"):
        Imported(resources.SUBSCRIPTIONS, [{"price": "5", "starts": "2026-01-01"}])
    with pytest.raises(FieldsDoNotFit, match="Every row must give: rate"):
        Imported(resources.EXCHANGE_RATES, [{"base": "USD", "currency": "SAR", "day": "2026-01-01"}])
    with pytest.raises(FieldsDoNotFit, match="Every row must give: happened_at"):
        Imported(resources.HELPDESK_LOG, [{"id": "e", "ticket": "t", "kind": "opened"}])


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
