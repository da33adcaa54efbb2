"""Which tickets count, and in which window."""

import pytest

from tests.factories import account, order, ticket
from tests.metrics.asking import answer, value

pytestmark = pytest.mark.django_db


def resolved(*log, **fields):
    return ticket(account(), [("opened", "2026-03-01 09:00"), *log], **fields)


@pytest.mark.parametrize(
    ("key", "facts"),
    [
        ("tickets", lambda midnight: ticket(account(), [("opened", midnight)])),
        (
            "ticket_reopen_rate",
            lambda midnight: ticket(account(), [("opened", "2026-01-01"), ("resolved", midnight)]),
        ),
        (
            "time_to_resolution",
            lambda midnight: ticket(account(), [("opened", "2026-01-01"), ("resolved", midnight)]),
        ),
        ("orders", lambda midnight: order(account(), midnight, 10)),
    ],
)
def test_midnight_belongs_to_the_day_that_begins(key, facts):
    facts("2026-03-10 00:00")

    def numbers(window):
        found = answer(key, "2026-06-30", window=window)
        return found.numerator, found.denominator

    assert any(numbers("2026-03-10..2026-03-10"))
    assert not any(numbers("2026-03-09..2026-03-09"))


def test_unanswered_tickets_are_in_no_mean():
    resolved(("replied", "2026-03-01 10:00"))
    resolved(("replied", "2026-03-01 10:00", "machine"), ("replied", "2026-03-01 10:00", "customer"))
    resolved(("replied", "2026-03-01 10:00", "staff", False))

    found = answer("time_to_first_response_mean", "2026-03-30")
    assert (found.numerator, found.denominator) == (1, 1)


def test_answer_of_the_next_day_comes_into_the_figure_the_next_day():
    resolved(("replied", "2026-03-03 09:00"))

    assert [value("time_to_first_response_mean", on) for on in ("2026-03-02", "2026-03-03")] == [None, 48]


def test_resolution_counts_in_the_window_of_the_last_one():
    resolved(
        ("resolved", "2026-03-02 09:00"), ("reopened", "2026-04-05 09:00"), ("resolved", "2026-04-10 09:00")
    )

    months = [
        answer("time_to_resolution", on, window="month") for on in ("2026-03-31", "2026-04-09", "2026-04-30")
    ]
    assert [found.value for found in months] == [24, None, 40 * 24]


def test_ticket_that_is_open_again_is_not_resolved():
    resolved(("resolved", "2026-03-02 09:00"), ("reopened", "2026-03-03 09:00"))

    assert answer("time_to_resolution", "2026-03-30").denominator == 0
    assert value("ticket_reopen_rate", "2026-03-30") == 1


def test_closing_and_a_repeated_resolution_are_no_work():
    resolved(
        ("resolved", "2026-03-02 09:00"), ("resolved", "2026-03-03 09:00"), ("closed", "2026-03-04 09:00")
    )

    assert value("ticket_reopen_rate", "2026-03-30") == 0
    assert value("time_to_resolution", "2026-03-30") == 48


def test_events_of_one_moment_keep_the_order_in_which_they_came():
    moment = "2026-03-02 09:00"
    resolved(("worked", moment), ("resolved", moment))
    resolved(("resolved", moment), ("worked", moment))

    found = answer("ticket_reopen_rate", "2026-03-30")
    assert (found.numerator, found.denominator) == (1, 2)
    assert answer("time_to_resolution", "2026-03-30").denominator == 1


def test_work_before_the_window_s_resolution_is_no_reopening():
    ticket(
        account(),
        [
            ("opened", "2026-01-01 09:00"),
            ("resolved", "2026-01-15 09:00"),
            ("reopened", "2026-01-20 09:00"),
            ("resolved", "2026-03-02 09:00"),
        ],
    )

    assert value("ticket_reopen_rate", "2026-03-30", window="month") == 0
    assert value("ticket_reopen_rate", "2026-03-30", window="90d") == 1


@pytest.mark.parametrize("left_out", ["spam", "opened_by_staff", "merged_into"])
def test_spam_staff_s_own_and_merged_tickets_are_left_out(left_out):
    log = [("replied", "2026-03-01 10:00"), ("resolved", "2026-03-01 12:00"), ("worked", "2026-03-01 13:00")]
    kept = resolved(*log)
    resolved(*log, **{left_out: kept if left_out == "merged_into" else True})

    keys = ["tickets", "time_to_first_response_mean", "time_to_resolution", "ticket_reopen_rate"]
    found = [answer(key, "2026-03-30") for key in keys]
    assert [one.denominator if one.metric.denominator else one.value for one in found] == [1, 1, 0, 1]
