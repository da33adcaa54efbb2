"""A help desk's event log as tickets."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from accounts import resources
from accounts.imports import FieldsDoNotFit, service
from accounts.models import Account, Ticket, TicketEvent
from tests.accounts.importing import CREATING, OPTIONS, Imported, trails

pytestmark = pytest.mark.django_db

LOG = [
    ("t1", "09:00", "Assign"),
    ("t1", "09:30", "replied"),
    ("t1", "10:00", "resolved"),
    ("t2", "09:10", "replied"),
    ("t2", "09:10", "Wait"),
    ("t2", "09:40", "closed"),
]


def rows(log=LOG, **more):
    return [
        {"ticket": ticket, "happened_at": f"2026-01-05 {clock}", "kind": kind, **more}
        for ticket, clock, kind in log
    ]


def imported(log=LOG, options=OPTIONS, **more):
    return Imported(resources.HELPDESK_LOG, rows(log, **more), options)


def events(ticket):
    return [
        (f"{event.happened_at:%H:%M}", event.kind)
        for event in TicketEvent.objects.filter(ticket__external_id=ticket).order_by("happened_at", "id")
    ]


def test_first_event_opens_the_ticket():
    assert imported(LOG[:3]).counts == {"read": 3, "created": 3}
    assert Ticket.objects.get().opened_at == datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert events("t1") == [("09:00", "opened"), ("09:30", "replied"), ("10:00", "resolved")]


def test_first_event_that_is_more_than_an_opening_is_both():
    imported(LOG[3:])

    assert events("t2") == [
        ("09:10", "opened"),
        ("09:10", "replied"),
        ("09:10", "worked"),
        ("09:40", "closed"),
    ]


def test_rows_of_a_ticket_may_come_in_any_order_within_a_batch():
    imported([LOG[2], LOG[4], LOG[0], LOG[1]])

    assert events("t1") == [("09:00", "opened"), ("09:30", "replied"), ("10:00", "resolved")]


@pytest.mark.parametrize("size", [1, 2, 4, 100])
def test_log_again_changes_nothing_however_it_is_cut(monkeypatch, size):
    monkeypatch.setattr(service, "BATCH", size)
    assert imported().counts == {"read": 6, "created": 6}
    before = trails()

    assert imported().counts == {"read": 6, "unchanged": 6}
    assert trails() == before
    assert len(events("t1")) == 3
    assert len(events("t2")) == 4


def test_a_log_that_grows_adds_what_is_new():
    imported(LOG[:2])

    assert imported(LOG[:3]).counts == {"read": 3, "created": 1, "unchanged": 2}


def test_two_events_of_one_kind_at_one_moment_are_two():
    imported([*LOG[:2], LOG[1]])

    assert events("t1") == [("09:00", "opened"), ("09:30", "replied"), ("09:30", "replied")]


def test_account_is_that_of_the_opening():
    log = rows(LOG[:3], account="a1")
    log[1] |= {"account": "a2"}

    Imported(resources.HELPDESK_LOG, log, CREATING)

    assert Ticket.objects.get().account == Account.objects.get()


def test_without_its_account_every_row_of_a_ticket_is_refused():
    log = rows(LOG[:3], account="a1") + rows(LOG[3:], account="")

    run = Imported(resources.HELPDESK_LOG, log)

    assert [(line, column) for line, column, _reason in run.refused] == [
        (2, "account"),
        (3, "account"),
        (4, "account"),
    ]
    assert run.values[2] == "a1"
    assert run.counts == {"read": 6, "created": 3, "rejected": 3}
    assert Ticket.objects.get().external_id == "t2"


def test_bad_rows_are_refused_by_the_names_of_the_log():
    log = [*rows(LOG[:3]), rows([("t3", "25:00", "Wait")])[0], rows([("", "09:00", "Wait")])[0]]

    run = Imported(resources.HELPDESK_LOG, log)

    assert [(line, column) for line, column, _reason in run.refused] == [(5, "happened_at"), (6, "ticket")]
    assert run.counts == {"read": 5, "created": 3, "rejected": 2}


def test_an_event_before_the_opening_that_comes_in_a_later_batch_is_refused(monkeypatch):
    monkeypatch.setattr(service, "BATCH", 1)

    run = imported([LOG[1], LOG[0]])

    assert [(line, column) for line, column, _reason in run.refused] == [(3, "happened_at")]


OUT_OF_ORDER = [("t3", "09:00", "resolved"), ("t3", "09:20", "opened"), ("t3", "09:30", "replied")]


def test_what_was_resolved_before_it_was_opened_is_refused():
    run = imported([*LOG[:3], *OUT_OF_ORDER])

    assert [(line, column) for line, column, _reason in run.refused] == [(5, "happened_at")]
    assert "before the opening" in run.refused[0][2]
    assert run.counts == {"read": 6, "created": 5, "rejected": 1}
    assert events("t3") == [("09:20", "opened"), ("09:30", "replied")]


@pytest.mark.parametrize("size", [1, 2])
def test_an_opening_that_comes_in_a_batch_after_something_else_is_refused(monkeypatch, size):
    monkeypatch.setattr(service, "BATCH", size)

    run = imported([*LOG[:1], *OUT_OF_ORDER])

    assert [(line, column) for line, column, _reason in run.refused] == [(4, "kind")]
    assert "before its opening" in run.refused[0][2]
    assert run.values[4] == "opened"


@pytest.mark.parametrize("size", [1, 100])
def test_a_ticket_is_opened_once(monkeypatch, size):
    monkeypatch.setattr(service, "BATCH", size)
    log = [("t1", "09:00", "opened"), ("t1", "10:00", "opened")]

    assert imported(log).counts == {"read": 2, "created": 1, "rejected": 1}
    assert imported(log).counts == {"read": 2, "unchanged": 1, "rejected": 1}


def test_log_with_ids_of_its_own():
    log = [row | {"id": f"e{number}"} for number, row in enumerate(rows())]

    Imported(resources.HELPDESK_LOG, log)

    assert set(TicketEvent.objects.values_list("external_id", flat=True)) == {
        *(f"e{number}" for number in range(6)),
        "t2@opened",
    }


def test_a_mapping_that_is_made_finer_later_reaches_what_is_there():
    imported()

    counts = imported(
        [(ticket, clock, "waiting" if kind == "Wait" else kind) for ticket, clock, kind in LOG]
    ).counts

    assert counts == {"read": 6, "changed": 1, "unchanged": 5}


def test_log_must_say_which_ticket():
    with pytest.raises(FieldsDoNotFit, match="ticket"):
        Imported(resources.HELPDESK_LOG, [{"happened_at": "2026-01-05", "kind": "Wait"}])


def test_backfilled_log_is_learned_when_it_happened():
    imported(LOG[:3], replace(OPTIONS, backfill=True))

    assert Ticket.objects.get().recorded_at == datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert {event.recorded_at - event.happened_at for event in TicketEvent.objects.all()} == {timedelta()}
