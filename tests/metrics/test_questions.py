"""A course over time: what is kept is read, and is what would be computed."""

from dataclasses import replace
from datetime import date

import pytest

from accounts.models import Organisation, Touched
from metrics import catalogue, storing
from metrics.models import PopulationValue, StoredDay
from metrics.populations import of
from metrics.questions import Check, Question
from metrics.sources import Clock
from tests.factories import account, accounts, order, rate, resolved_ticket, subscription
from tests.metrics.asking import NOW

pytestmark = pytest.mark.django_db

KEYS = [key for key, metric in catalogue.ALL.items() if not metric.of]
DAYS = [date(2026, 10, 31), date(2026, 11, 30), date(2026, 12, 31)]


@pytest.fixture(scope="module")
def clock(lasting):
    """Forty customers of two segments, and the last two month ends kept."""
    for number, customer in enumerate(accounts(40, segment="small")):
        subscription(customer, 100 + number, "2025-01-01", "2026-11-20" if number % 9 == 0 else None)
        order(customer, "2026-11-10 12:00", 10 * number)
        resolved_ticket(customer, "2026-11-12 10:00", hours=number)
    subscription(account(segment="large"), 50, "2026-01-01", currency="EUR")
    resolved_ticket(None, "2026-11-12 10:00", hours=5)
    found = Clock(Organisation.current(), NOW)
    for day in DAYS[:2]:
        StoredDay.objects.create(day=day)
        storing.store_populations(found, day)
    Touched.objects.all().delete()
    return found


def asked(key, clock, window=None, parameters=None, **filters):
    return Question(catalogue.ALL[key], of(filters), clock, DAYS[-1], window, parameters or {})


def falsify():
    """So that one sees what was read."""
    PopulationValue.objects.update(numerator=7777)


@pytest.mark.parametrize(
    ("filters", "every"),
    [
        pytest.param({"segment": "small"}, 3, id="small"),
        pytest.param({"segment": "small"}, 1, id="small-all-metrics", marks=pytest.mark.long),
        pytest.param({}, 1, id="all", marks=pytest.mark.long),
    ],
)
def test_what_is_kept_is_what_would_be_computed(clock, filters, every):
    keys = KEYS[::every]
    kept = {key: asked(key, clock, **filters).series(DAYS) for key in keys}
    StoredDay.objects.all().delete()
    computed = {key: asked(key, clock, **filters).series(DAYS) for key in keys}

    for key in keys:
        assert [said(point) for point in kept[key]] == [said(point) for point in computed[key]], key


def said(answer):
    """Sums are kept to the sixth decimal."""
    numbers = {
        name: None if (number := getattr(answer, name)) is None else round(float(number), 4)
        for name in ("value", "numerator", "denominator", "unattributed")
    }
    interval = answer.interval and (answer.interval.low, answer.interval.high, answer.interval.method)
    return numbers | {
        "interval": interval
        and tuple(x if x is None or isinstance(x, str) else round(x, 4) for x in interval),
        "reasons": (answer.reason, answer.interval_reason),
        "sample": (answer.n, answer.accounts, answer.low_sample),
        "days": (answer.as_of, answer.window, answer.membership_day, answer.parameters),
    }


def test_kept_days_are_read_and_the_others_computed(clock):
    falsify()

    assert [float(a.numerator) for a in asked("orders", clock).series(DAYS)] == [7777, 7777, 0]


@pytest.mark.parametrize(
    "question",
    [
        {"window": "7d"},
        {"parameters": {"return_days": 7}},
        {"country": "SA"},
        {"segment": "small", "country": ""},
        {"segment": "small", "tier": "gold"},
        {"logos": "parent"},
    ],
    ids=str,
)
def test_only_what_is_kept_is_read(clock, question):
    falsify()

    points = asked("product_return_rate_by_order", clock, **question).series(DAYS)
    assert 7777 not in {float(point.numerator) for point in points}


def test_what_was_known_by_a_day_is_not_what_is_kept(clock):
    falsify()

    points = asked("orders", replace(clock, known_by=date(2026, 11, 30))).series(DAYS)
    assert 7777 not in {float(point.numerator) for point in points}


def test_values_by_an_earlier_definition_are_not_read(clock):
    falsify()
    PopulationValue.objects.update(version=0)

    assert [float(a.numerator) for a in asked("orders", clock).series(DAYS)] == [0, 40, 0]


def test_the_own_window_may_be_said(clock):
    falsify()

    assert float(asked("orders", clock, window="month").series(DAYS)[0].numerator) == 7777


@pytest.mark.parametrize("filters", [{}, {"segment": "small"}, {"logos": "parent"}], ids=str)
@pytest.mark.parametrize("key", catalogue.PRODUCTS)
def test_products_are_the_same_figure(clock, key, filters):
    rate("EUR", "2024-01-01", "1.1")

    answer, check = asked(key, clock, **filters).checked()

    assert answer.value
    assert check.holds
    assert round(check.product, 6) == answer.value
    assert [(factor.as_of, factor.population) for factor in check.factors] == [
        (answer.as_of, answer.population)
    ] * len(check.factors)


def test_a_check_may_fail_and_there_may_be_none(clock):
    assert asked("mrr", clock).checked()[1] is None  # a rate is missing
    rate("EUR", "2024-01-01", "1.1")
    answer, check = asked("mrr", clock).checked()

    assert not Check.of(replace(answer, value=answer.value + 1), check.factors).holds
    assert Check.of(answer, [replace(check.factors[0], value=None), check.factors[1]]) is None
    assert asked("arr", clock).checked()[1] is None
