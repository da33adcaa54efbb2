"""New customers: who of them still uses the product."""

import pytest

from metrics import catalogue
from metrics.populations import Population
from metrics.questions import Question
from tests.factories import account, accounts, day, order, subscription
from tests.metrics.asking import answer, clock, parts, value
from tests.metrics.doing import act, contact

pytestmark = pytest.mark.django_db

JUNE_30 = "2026-06-30"
KEY = "new_customer_usage_retention"


def test_the_first_and_the_last_of_the_days_count():
    for since, on, kept in (
        ("2026-01-10", "2026-03-12", 1),
        ("2026-01-10", "2026-04-10", 1),
        ("2026-01-10", "2026-03-11", 0),
        ("2026-01-10", "2026-04-11", 0),
    ):
        subscription(one := account(segment=on), 10, since)
        act(contact(one), on)

        assert parts(KEY, JUNE_30, "segment")[on] == kept


def test_what_makes_nobody_active_is_no_use():
    subscription(one := account(), 10, "2026-01-10")
    act(contact(one), "2026-03-20", "Email Opened")
    act(contact(one), "2026-03-20", machine=True)

    found = answer(KEY, JUNE_30)

    assert (found.value, found.n, found.low_sample) == (0, 1, True)


def test_use_need_not_be_that_of_somebody_known():
    subscription(one := account(), 10, "2026-01-10")
    act(None, "2026-03-20", account=one)

    assert value(KEY, JUNE_30) == 1


def test_a_merged_account_is_as_old_as_the_older_of_the_two():
    loser, survivor = accounts(2)
    subscription(survivor, 10, "2026-01-10")
    act(contact(loser), "2026-03-20")
    assert value(KEY, JUNE_30) == 0

    type(loser).objects.filter(pk=loser.pk).update(merged_into=survivor)
    assert value(KEY, JUNE_30) == 1

    order(loser, "2025-06-10 12:00")
    assert answer(KEY, JUNE_30).reason == "no_denominator"


def test_what_came_late_was_not_known_before():
    subscription(one := account(), 10, "2026-01-10")
    type(one).objects.update(recorded_at="2026-01-01T00:00Z")
    one.subscriptions.update(recorded_at="2026-01-11T00:00Z")
    act(contact(one), "2026-03-20", late_on=day("2026-05-02"))

    assert [value(KEY, JUNE_30, known_by=by) for by in ("2026-05-01", "2026-05-02")] == [0, 1]


def test_the_days_behind_it_are_those_of_activity():
    subscription(one := account(), 10, "2026-01-10")
    act(contact(one), "2026-03-20")

    asked = Question(catalogue.ALL[KEY], Population(), clock(), day(JUNE_30))
    found = {str(counted.name): counted.listed for counted in asked.facts(one.pk)}

    assert [when for _text, when, _count in found["Active days"][0].facts] == [day("2026-03-20")]
    assert [(row.account, row.numerator, row.denominator) for row in asked.behind().shares] == [(one, 1, 1)]
