"""Seats, month after month of the current term: the highest use of them."""

from datetime import date

import pytest

from accounts.models import Contact
from metrics import catalogue
from metrics.populations import Population
from metrics.questions import Question, no_interval_in_words
from metrics.windows import ends_of_months
from tests.factories import account, dated, day, subscription, term
from tests.metrics.asking import answer, clock, parts, value
from tests.metrics.doing import act, contact

pytestmark = pytest.mark.django_db

JUNE_30 = "2026-06-30"
KEY = "licence_utilisation_peak"


def seated(since="2026-01-01", until="2027-01-01", *, seats=2, **fields):
    one = account(**fields)
    subscription(one, 10, "2020-01-01", quantity=seats)
    term(one, since, until)
    return one


def test_it_is_the_highest_of_what_licence_utilisation_was():
    one = seated()
    sara, omar = contact(one, "Sara"), contact(one, "Omar")
    act(sara, "2026-02-10")
    for who in (sara, omar):
        act(who, "2026-03-31")
    act(sara, "2026-06-10")

    ends = [value("licence_utilisation", f"2026-{end}") for end in ("02-28", "03-31", "06-30")]

    assert ends == [0.5, 1, 0.5]
    assert value(KEY, JUNE_30) == max(ends)
    assert value(KEY, "2026-03-30") == 0.5  # the month is not over


@pytest.mark.parametrize(
    ("on", "ends"),
    [
        ("2026-01-01", []),
        ("2026-01-02", ["2026-01-31"]),
        ("2026-01-29", ["2026-01-31"]),
        ("2026-01-30", ["2026-01-31", "2026-02-28"]),
        ("2026-02-28", ["2026-02-28"]),
        ("2026-03-01", []),
        ("2026-04-01", ["2026-04-30"]),
    ],
)
def test_a_day_counts_at_the_ends_of_months_in_the_thirty_days_from_it(on, ends):
    act(contact(seated("2025-01-01")), on)

    counted = [
        f"{end}"
        for end in map(day, ("2025-12-31", "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"))
        if value("licence_utilisation", f"{end}")
    ]

    assert counted == ends
    for end in ends[:1]:
        assert value(KEY, end) == 0.5
    assert value(KEY, JUNE_30) == (0.5 if ends else 0)


def test_before_the_first_month_of_the_term_ends_there_is_no_value():
    act(contact(seated("2026-06-02")), "2026-06-10")

    before, after = answer(KEY, "2026-06-29"), answer(KEY, JUNE_30)

    assert (before.value, before.reason) == (None, "no_denominator")
    assert (after.value, after.interval, after.low_sample, after.n) == (0.5, None, True, 2)
    assert no_interval_in_words(after) == "The highest of several values has no interval."


def test_without_a_term_or_seats_there_is_no_value():
    subscription(one := account(), 10, "2020-01-01", quantity=2)
    act(contact(one), "2026-06-10")
    act(contact(seated(seats=0)), "2026-06-10")

    assert answer(KEY, JUNE_30).reason == "no_denominator"


def test_of_several_terms_the_first_counts():
    one = seated("2026-05-10")
    act(contact(one), "2026-04-10")
    assert value(KEY, JUNE_30) == 0

    term(one, "2026-04-01", "2026-12-01")
    term(one, "2025-01-01", "2026-04-01")
    assert value(KEY, JUNE_30) == 0.5


def test_of_a_long_term_the_last_36_months_count():
    one = seated("2020-01-01")
    act(contact(one), "2023-06-30")
    act(contact(one), "2020-01-15")

    assert value(KEY, JUNE_30) == 0

    act(contact(one), "2023-07-01")
    act(contact(one), "2023-07-02")
    assert value(KEY, JUNE_30) == 0.5


def test_merged_people_and_accounts_are_one():
    survivor, loser = seated(), account()
    first, second = contact(survivor), contact(loser)
    for who in (first, second):
        act(who, "2026-05-10")
    assert value(KEY, JUNE_30) == 0.5

    type(loser).objects.filter(pk=loser.pk).update(merged_into=survivor)
    assert value(KEY, JUNE_30) == 1

    Contact.objects.filter(pk=second.pk).update(merged_into=first)
    assert value(KEY, JUNE_30) == 0.5


def test_a_group_that_counts_once_has_all_of_its_people_and_seats():
    parent, child = seated(), account()
    dated(child, "2020-01-01", parent=str(parent.pk))
    act(contact(child), "2026-05-10")

    assert value(KEY, JUNE_30) == 0
    assert value(KEY, JUNE_30, logos="parent") == 0.5


def test_what_came_late_was_not_known_before():
    one = seated()
    type(one).objects.update(recorded_at="2026-01-01T00:00Z")
    one.subscriptions.update(recorded_at="2026-01-01T00:00Z")
    one.terms.update(recorded_at="2026-06-02T00:00Z")
    act(contact(one), "2026-05-10", late_on=day("2026-06-20"))

    assert [value(KEY, JUNE_30, known_by=by) for by in ("2026-06-01", "2026-06-19", "2026-06-20")] == [
        None,
        0,
        0.5,
    ]


def test_parts_add_up_and_the_days_behind_it_are_listed():
    small, large = seated(segment="small"), seated(segment="large", seats=6)
    act(contact(small), "2026-05-10")
    act(contact(large), "2026-03-10")
    asked = Question(catalogue.ALL[KEY], Population(), clock(), day(JUNE_30))

    shares = {row.account: (row.numerator, row.denominator) for row in asked.behind().shares}
    found = {str(counted.name): counted.listed for counted in asked.facts(small.pk)}

    assert parts(KEY, JUNE_30, "segment")["small"] == 0.5
    assert value(KEY, JUNE_30) == 0.25
    assert shares == {small: (1, 2), large: (1, 6)}
    (listed,) = found["People active before the ends of months"]
    assert [(when, counted) for _text, when, counted in listed.facts] == [(day("2026-05-10"), 1)]
    assert listed.total is None


def test_the_calendar_ends_somewhere():
    assert ends_of_months(date(1, 2, 27), 3) == [date(1, 1, 31)]
    assert ends_of_months(date(2026, 6, 30), 2) == [date(2026, 6, 30), date(2026, 5, 31)]
    assert value(KEY, "0001-01-05") is None


def test_two_accounts_bring_their_own_highest_months():
    for one, on in zip((seated(), seated()), ("2026-03-10", "2026-05-10"), strict=True):
        act(contact(one), on)

    assert (value("licence_utilisation", "2026-03-31"), value(KEY, JUNE_30)) == (0.25, 0.5)
