"""The engine against plain loops over random facts of all kinds."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from math import isclose
from random import Random

import pytest
from django.db import connection

from accounts.models import Organisation
from metrics import catalogue
from metrics.answers import NOTHING, ask
from metrics.definitions import PERSONS
from metrics.evaluate import evaluate, per_account
from metrics.framing import question_of
from metrics.populations import Population, of
from metrics.sources import Clock
from tests.metrics.books import CROWDED, MODULES, SEGMENTS, TAGS, Writer
from tests.metrics.naive import Book
from tests.metrics.naive_metrics import METRICS, MOVEMENTS, WAITS, reached, sums_of, sums_of_all
from tests.metrics.naive_people import ONCE

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 17, 13, 30, tzinfo=UTC)
TODAY = date(2026, 3, 17)
# What is of one thing at a time has no value of all.
KEYS = tuple(key for key in METRICS if not catalogue.ALL[key].of_each)
OF_ONE = {
    "exit_rate": {"page": "/prices"},
    "csat_mean": {"scale": "csat"},
    "ces_mean": {"scale": "ces"},
    "campaign_conversion_rate": {"campaign": "spring"},
    "campaign_conversion_rate_by_clicks": {"campaign": "spring"},
}
VALUES = {"segment": SEGMENTS, "attribute.modules": ("", *MODULES), "tag": ("", *TAGS)}
WINDOWS = ("month", "7d", "30d", "12m", "quarter", "2025-11-16..2026-02-28")


class Case:
    """A random book, and days and windows to ask about it."""

    def __init__(self, seed):
        random = Random(seed)
        Writer(random).write()
        self.clock = Clock(Organisation.current(), NOW)
        self.book = Book(self.clock.organisation, NOW)
        self.days = [TODAY, random.choice(CROWDED), date(2025, 6, 1) + timedelta(random.randint(0, 280))]
        self.window = random.choice(WINDOWS)
        self.filter = (("segment", "large"), ("attribute.modules", "erp"), ("tag", "VIP"))[seed % 3]


@pytest.fixture(params=[*range(2), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 60))])
def case(request):
    return Case(request.param)


def test_every_metric_has_its_loop():
    assert {key for key, metric in catalogue.ALL.items() if not metric.of} == set(METRICS)


def test_everybody_equals_the_loop(case):
    everybody = [0, *case.book.members]

    for day in case.days:
        for window in (None, case.window):
            for splits in ask(KEYS, Population(), case.clock, as_of=day, window=window).values():
                assert_equal(case, splits[()], everybody)


def test_what_is_of_one_thing_equals_the_loop(case):
    for (key, chosen), day, window in product(OF_ONE.items(), case.days, (None, case.window)):
        asked = question_of(catalogue.ALL[key], day, case.clock, window, chosen)
        found = evaluate([asked], Population(), case.clock)[asked].get((), NOTHING)
        given = [
            METRICS[key](case.book, member, asked.window.start, asked.window.end, **chosen)
            for member in (0, *case.book.members)
        ]
        assert_same_sums(
            key, chosen, (found.numerator, found.denominator), map(sum, zip(*given, strict=True))
        )


def test_people_at_several_accounts_once_equal_the_loop(case):
    for (key, loop), day, window in product(ONCE.items(), case.days, (None, case.window)):
        asked = question_of(catalogue.ALL[key], day, case.clock, window, {"persons": "distinct"})
        for population in (Population(), of(dict([case.filter]))):
            found = evaluate([asked], population, case.clock)[asked].get((), NOTHING)
            members = case.book.members
            if population.filters:
                name, value = case.filter
                members = [m for m in members if value in case.book.values(m, name, asked.as_of)]
            given = loop(case.book, members, asked.window.start, asked.window.end)
            assert_same_sums(key, population, (found.numerator, found.denominator), given)


def test_whatever_counts_people_once_has_its_loop():
    assert {key for key, metric in catalogue.ALL.items() if metric.people} == set(ONCE)
    assert {key for key, metric in catalogue.ALL.items() if PERSONS in metric.parameters} == set(ONCE)


def test_each_thing_has_its_loop():
    assert {key for key, metric in catalogue.ALL.items() if metric.of_each} == set(OF_ONE)


def test_a_split_equals_the_loop_over_each_part(case):
    for day, (name, known) in zip(case.days, VALUES.items(), strict=True):
        found = ask(KEYS, Population(), case.clock, as_of=day, window=case.window, by=(name,))
        for splits in map(divisible, found.values()):
            assert set(splits) <= {(value,) for value in known}
            for (value,), part in splits.items():
                assert_equal(case, part, members_of(case, part, name, value))


def divisible(splits):
    """The answers of what can be split and filtered: an organisation's figure has none."""
    return {split: answer for split, answer in splits.items() if answer.metric.level != "organisation"}


def members_of(case, answer, name, value):
    """Read on the day of membership; what has no account has no segment or tag either."""
    start_or_end = answer.window.first - timedelta(1) if answer.key in FROM_THE_START else answer.as_of
    parts = [m for m in case.book.members if value in case.book.values(m, name, start_or_end)]
    return parts if value else [0, *parts]


FROM_THE_START = {
    *MOVEMENTS,
    "new_customers",
    "customers_returned",
    "customers_lost",
    "customers_joined_and_left",
    "customer_churn_rate",
    "customer_retention_rate",
    "quick_ratio",
    "net_revenue_retention",
    "gross_revenue_retention",
    "revenue_churn_rate",
    "net_revenue_churn_rate",
    "list_churn_rate",
}


def test_a_filter_equals_the_loop_over_its_members(case):
    day = case.days[1]

    found = ask(KEYS, of(dict([case.filter])), case.clock, as_of=day, window=case.window)
    for splits in map(divisible, found.values()):
        for answer in splits.values():
            assert_equal(case, answer, members_of(case, answer, *case.filter))


def test_a_population_equals_the_loop_over_who_was_in_it(case):
    (population,) = case.book.populations
    name, value = "population", str(population.id)

    found = ask(KEYS, of({name: value}), case.clock, as_of=case.days[1], window=case.window)
    both = Population(compared=(population.id,))
    split = ask(KEYS, both, case.clock, as_of=case.days[2], window=case.window, by=(name,))

    for answers in map(divisible, found.values()):
        for answer in answers.values():
            assert_equal(case, answer, members_of(case, answer, name, value))
    for parts in map(divisible, split.values()):
        for (part,), answer in parts.items():
            assert_equal(case, answer, members_of(case, answer, name, part))


def test_one_account_equals_the_loop(case):
    for account in case.book.members[:2]:
        found = ask(KEYS, Population(account=account), case.clock, as_of=TODAY, window=case.window)
        for splits in map(divisible, found.values()):
            for answer in splits.values():
                assert_equal(case, answer, [account])


def test_every_account_equals_the_loop(case):
    for day in case.days[1:]:
        for membership, questions in by_membership(case, day).items():
            found = sums_per_account(questions, case.clock, membership)
            for question in questions:
                for account in (0, *case.book.members):
                    given = found.get((account, question.metric.key), (Decimal(0), Decimal(0)))
                    expected = sums_of(
                        case.book, question.metric.key, account, question.window.start, question.window.end
                    )
                    assert_same_sums(question.metric.key, account, given, expected)


def by_membership(case, day):
    questions = defaultdict(list)
    for key in KEYS:
        metric = catalogue.ALL[key]
        question = question_of(metric, day, case.clock)
        questions[question.membership_day].append(question)
    return questions


def sums_per_account(questions, clock, day):
    sql = per_account(questions, Population(), clock, day)
    with connection.cursor() as cursor:
        cursor.execute(sql.text, sql.parameters)
        return {
            (member, questions[index].metric.key): (numerator, denominator)
            for member, _split, index, numerator, denominator in cursor.fetchall()
        }


def assert_equal(case, answer, accounts):
    window = answer.window
    start = window.first - timedelta(1)
    expected = sums_of_all(case.book, answer.key, accounts, start, window.last)
    assert_same_sums(answer.key, accounts, (answer.numerator, answer.denominator), expected, answer)
    if answer.key in WAITS:
        limits = (answer.interval.low, answer.interval.high) if answer.interval else (None, None)
        hours = reached(case.book, answer.key, accounts, start, window.last)
        assert all(map(same_hours, (answer.value, *limits)[: len(hours)], hours)), (answer, hours)


def same_hours(one, other):
    return one is other is None or (None not in (one, other) and isclose(one, other))


def assert_same_sums(key, who, given, expected, answer=None):
    expected = tuple(expected)
    numerator, denominator = (value if value is not None and value.is_finite() else None for value in given)
    context = (key, who, given, expected, answer)
    if key in MOVEMENTS and expected[0] is None and numerator is not None:
        return  # which movement an amount without a rate belongs to, nobody knows; see test_conventions
    if None in expected:
        assert None in (numerator, denominator), context
        return
    assert close(numerator, expected[0]), context
    assert close(denominator or Decimal(0), expected[1]), context


def close(one, other):
    """Exactly; only hours, whose quotients have no end, may differ in the twelfth digit."""
    return one is not None and abs(one - other) <= Decimal("1e-12") * max(abs(other), 1)
