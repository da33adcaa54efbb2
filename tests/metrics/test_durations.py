"""Medians of what took its time, and of what is still waiting."""

from datetime import UTC, datetime

import pytest

from accounts.models import Account, Ticket, TicketEvent
from metrics.answers import ask as ask_engine
from metrics.populations import Population
from metrics.sources import Clock
from tests.factories import account, at, dated, day, order, organisation, subscription, ticket
from tests.metrics.asking import answer, ask, clock, value

pytestmark = pytest.mark.django_db

JUNE_30 = "2026-06-30"


def answered(who, *hours, channel="", closed=False):
    """Tickets of 10 June, answered so many hours later; None: not at all."""
    for hour in hours:
        log = [("opened", "2026-06-10 00:00")]
        log += [] if hour is None else [("replied", f"2026-06-10 {hour:02}:00")]
        log += [("closed", "2026-06-11 00:00", "machine")] if closed else []
        ticket(who, log, channel=channel)


def test_what_is_unanswered_is_censored_at_the_end_of_the_day():
    answered(account(), 2, 4, None)

    found = answer("time_to_first_response", JUNE_30)

    assert (found.value, found.numerator, found.denominator, found.n) == (4, 2, 3, 2)


def test_closed_without_a_reply_is_unanswered_all_the_same():
    answered(account(), 2, None, None, closed=True)

    found = answer("time_to_first_response", JUNE_30)

    assert (found.value, found.reason, found.n) == (None, "not_reached", 1)


def test_half_have_not_reached_it_and_the_limits_say_so():
    answered(account(), 2, 3, 5, None, None, None, None)

    found = answer("time_to_first_response", JUNE_30)

    assert (found.value, found.reason) == (None, "not_reached")
    assert (found.interval.low, found.interval.high) == (2, None)
    assert not found.low_sample


def test_nobody_has_reached_it_and_there_is_no_interval():
    answered(account(), None, None)

    found = answer("time_to_first_response", JUNE_30)

    assert (found.value, found.interval, found.interval_reason) == (None, None, "not_reached")


def test_no_ticket_is_no_denominator():
    found = answer("time_to_first_response", JUNE_30)

    assert (found.value, found.reason, found.interval_reason) == (None, "no_denominator", "no_value")


def test_nine_events_are_a_low_sample_and_ten_are_not():
    who = account()
    answered(who, *range(1, 10), None)
    assert answer("time_to_first_response", JUNE_30).low_sample

    answered(who, 3)
    assert not answer("time_to_first_response", JUNE_30).low_sample


def test_today_is_watched_up_to_now():
    now = datetime(2026, 6, 10, 5, tzinfo=UTC)
    answered(account(), 2, None)
    ticket(account(), [("opened", "2026-06-10 04:00")])  # an hour ago: not at risk at 2 hours

    assert value("time_to_first_response", "2026-06-10", now=now) == 2


def test_an_open_ticket_is_censored_also_after_a_resolution():
    log = [("opened", "2026-06-10 00:00"), ("resolved", "2026-06-10 02:00")]
    ticket(account(), [*log, ("reopened", "2026-06-12 00:00", "customer")])

    found = [answer("time_to_resolution_median", on) for on in ("2026-06-11", "2026-06-12")]
    assert [(part.value, part.reason) for part in found] == [(2, ""), (None, "not_reached")]


def test_parts_of_accounts_and_of_tickets_have_their_own():
    small, large = account("One", segment="small"), account("Two", segment="large")
    answered(small, 1, channel="email")
    answered(large, 7, channel="chat")
    answered(None, 3, channel="chat")

    found = [
        {part: one.value for part, one in ask(["time_to_first_response"], JUNE_30, by=by)[key].items()}
        for by in (("segment",), ("channel",))
        for key in ["time_to_first_response"]
    ]
    assert found == [{("small",): 1, ("large",): 7, ("",): 3}, {("email",): 1, ("chat",): 3}]
    assert value("time_to_first_response", JUNE_30) == 3
    assert value("time_to_first_response", JUNE_30, account=small.pk) == 1
    assert value("time_to_first_response", JUNE_30, segment="large") == 7


# What was known


def known(key, on, by, **question):
    Account.objects.update(recorded_at=at("2020-01-01 00:00"))
    usual = clock()
    held = Clock(usual.organisation, usual.now, known_by=day(by))
    return ask_engine([key], Population(), held, as_of=day(on), **question)[key][()].value


def recorded(model, moment, **filters):
    model.objects.filter(**filters).update(recorded_at=at(moment))


def test_a_reply_that_was_recorded_later_is_not_known():
    answered(account(), 2)
    recorded(Ticket, "2026-06-10 00:00")
    recorded(TicketEvent, "2026-06-20 00:00")

    assert known("time_to_first_response", JUNE_30, "2026-06-19") is None
    assert known("time_to_first_response", JUNE_30, "2026-06-20") == 2


def test_a_ticket_is_open_as_long_as_its_end_is_not_known():
    ticket(account(), [("opened", "2026-06-10 00:00"), ("resolved", "2026-06-11 00:00")])
    recorded(Ticket, "2026-06-10 00:00")
    recorded(TicketEvent, "2026-06-20 00:00", kind="resolved")
    recorded(TicketEvent, "2026-06-10 00:00", kind="opened")

    assert [known("open_tickets", JUNE_30, by) for by in ("2026-06-09", "2026-06-19", "2026-06-20")] == [
        0,
        1,
        0,
    ]


def test_an_entry_that_ends_a_wait_and_was_recorded_later_is_not_known():
    log = [("opened", "2026-06-10 00:00"), ("waiting", "2026-06-10 02:00")]
    log += [("replied", "2026-06-10 05:00", "customer"), ("resolved", "2026-06-10 10:00")]
    ticket(account(), log)
    recorded(Ticket, "2026-06-10 00:00")
    recorded(TicketEvent, "2026-06-10 00:00")
    recorded(TicketEvent, "2026-06-20 00:00", kind="replied")

    assert [known("time_to_resolution_net", JUNE_30, by) for by in ("2026-06-19", "2026-06-20")] == [2, 7]


def test_customers_days_are_those_that_were_known():
    organisation(inactive_days=10)
    subscribed, ordering, staged = account("A"), account("B"), account("C")
    ending = subscription(subscribed, 10, "2026-01-01", "2026-06-16")  # 15 of 30 days
    cancelled = order(ordering, "2026-06-11 12:00", 10, cancelled="2026-06-14 12:00")  # 3 days
    dated(staged, "2026-06-01", stage="live")
    (left,) = dated(staged, "2026-06-07", stage="churned")  # 6 days
    for who in (subscribed, ordering, staged):
        answered(who, 1)
    long_ago, later = at("2026-01-01 00:00"), at("2026-07-10 00:00")
    for fact in (ending, cancelled, *staged.changes.all(), *Ticket.objects.all()):
        type(fact).objects.filter(pk=fact.pk).update(recorded_at=long_ago)
    type(ending).objects.filter(pk=ending.pk).update(ends_recorded_at=later)
    type(cancelled).objects.filter(pk=cancelled.pk).update(cancelled_recorded_at=later)
    type(left).objects.filter(pk=left.pk).update(recorded_at=later)

    customers = [3 / known("tickets_per_customer", JUNE_30, by) * 30 for by in ("2026-07-09", "2026-07-10")]
    assert [round(days) for days in customers] == [30 + 10 + 30, 15 + 3 + 6]
