"""The cohort table on paper, and against plain loops over random facts."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from accounts.models import Organisation
from accounts.services import change_account
from metrics import cohorts
from metrics.populations import of
from metrics.sources import Clock
from tests import factories
from tests.metrics.asking import clock
from tests.metrics.books import CROWDED, Writer
from tests.metrics.naive import Book

pytestmark = pytest.mark.django_db

APRIL = datetime(2026, 4, 15, 12, tzinfo=UTC)


def retention(measure="customers", *, as_of=date(2026, 4, 15), months=12, user=None, now=APRIL, **filters):
    return cohorts.retention(measure, of(filters, user), clock(now), as_of=as_of, months=months)


def table(found):
    """By start month: the size and the values."""
    return {f"{cohort.first:%Y-%m}": (cohort.size, [cell.value for cell in cohort.cells]) for cohort in found}


def shares(found):
    return {f"{cohort.first:%Y-%m}": [cell.share for cell in cohort.cells] for cohort in found}


def book():
    """January brings four: one leaves inside the month, one in March, one comes back in April. March brings one."""
    flash, short, back, loyal, late = factories.accounts(5)
    factories.subscription(flash, 10, "2026-01-05", "2026-01-20")
    factories.subscription(short, 20, "2026-01-01", "2026-03-10")
    factories.subscription(back, 30, "2026-01-31", "2026-02-10")
    factories.subscription(back, 60, "2026-04-02")
    factories.subscription(loyal, 40, "2026-01-02")
    factories.subscription(late, 100, "2026-03-31")
    return flash, short, back, loyal, late


def test_customers_by_start_month_and_month_of_life():
    book()

    found = retention()

    assert table(found) == {
        "2026-01": (4, [3, 2, 1, 2]),
        "2026-02": (0, [0, 0, 0]),
        "2026-03": (1, [1, 1]),
        "2026-04": (0, [0]),
    }
    assert shares(found) == {
        "2026-01": [Decimal("0.75"), Decimal("0.5"), Decimal("0.25"), Decimal("0.5")],
        "2026-02": [None, None, None],
        "2026-03": [1, 1],
        "2026-04": [None],
    }
    assert [cell.heat for cell in found[0].cells] == [8, 5, 2, 5]
    assert all(cohort.is_small for cohort in found)


def test_mrr_is_a_share_of_that_of_month_0():
    book()

    found = retention("mrr")

    assert table(found)["2026-01"] == (4, [90, 60, 40, 100])
    assert shares(found)["2026-01"] == [1, Decimal(60) / 90, Decimal(40) / 90, Decimal(100) / 90]
    assert found[0].cells[-1].heat == 10


def test_mrr_keeps_the_rates_of_the_end_of_the_start_month():
    factories.rate("EUR", "2026-01-01", "1.10")
    factories.rate("EUR", "2026-01-31", "1.20")
    factories.rate("EUR", "2026-02-15", "0.50")
    factories.subscription(factories.account(), 100, "2026-01-05", currency="EUR")
    factories.subscription(factories.account(), 100, "2026-02-05", currency="EUR")

    assert table(retention("mrr", months=4)) == {
        "2026-01": (1, [120, 120, 120, 120]),
        "2026-02": (1, [50, 50, 50]),
        "2026-03": (0, [0, 0]),
        "2026-04": (0, [0]),
    }


def test_an_amount_without_a_rate_is_not_known():
    factories.subscription(factories.account(), 100, "2026-03-05", currency="SAR")

    (march, april) = retention("mrr")

    assert [(cell.value, cell.share, cell.reason) for cell in march.cells] == [(None, None, "no_rate")] * 2
    assert [(cell.value, cell.share, cell.reason) for cell in april.cells] == [(0, None, "no_denominator")]


def test_activity_counts_accounts_with_an_order_in_the_month():
    one, two = factories.accounts(2)
    for day in ("2026-01-05", "2026-01-06", "2026-03-31"):
        factories.order(one, f"{day} 10:00")
    factories.order(two, "2026-01-31 10:00")

    assert table(retention("activity"))["2026-01"] == (2, [2, 0, 1, 0])


def test_a_month_is_complete_when_it_is_over():
    factories.subscription(factories.account(), 100, "2026-03-05")

    def complete(as_of, now):
        found = retention(as_of=as_of, now=now)
        return [cell.is_complete for cell in found[0].cells]

    assert complete(date(2026, 4, 15), APRIL) == [True, False]
    assert complete(date(2026, 3, 31), APRIL) == [True]
    assert complete(date(2026, 3, 31), datetime(2026, 3, 31, 12, tzinfo=UTC)) == [False]


def test_months_before_anybody_came_and_older_customers_are_left_out():
    book()

    assert list(table(retention(months=1))) == []
    assert list(table(retention(months=2))) == ["2026-03", "2026-04"]
    assert retention(as_of=date(2025, 12, 31)) == []
    assert retention(as_of=date(1, 2, 15)) == []


def test_filters_are_read_at_the_end_of_the_start_month():
    _flash, short, _back, loyal, late = book()
    change_account(short, by=None, day=date(2026, 1, 1), segment="small")
    change_account(short, by=None, day=date(2026, 2, 1), segment="large")
    change_account(loyal, by=None, day=date(2026, 1, 31), segment="small")
    change_account(late, by=None, day=date(2026, 1, 1), segment="small")

    assert table(retention(segment="small")) == {
        "2026-01": (2, [2, 2, 1, 1]),
        "2026-02": (0, [0, 0, 0]),
        "2026-03": (1, [1, 1]),
        "2026-04": (0, [0]),
    }


def test_only_accounts_that_the_reader_may_see_count(alice, charlie):
    _flash, short, *_others = book()
    short.owner = alice
    short.save()

    assert table(retention(user=alice))["2026-01"] == (1, [1, 1, 0, 0])
    assert retention(user=charlie) == []


def test_fifteen_statements_for_four_months_of_one_and_of_three_accounts(django_assert_num_queries):
    Organisation.current()
    for accounts in (1, 2):
        for month in range(1, 5):
            for _another in range(accounts):
                factories.subscription(factories.account(), 100, f"2026-{month:02}-01")

        with django_assert_num_queries(15):
            retention("mrr")


# Random facts


@pytest.fixture(params=[*range(2), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 60))])
def case(request):
    random = Random(request.param)
    Writer(random).write()
    now = datetime(2026, 3, 17, 13, 30, tzinfo=UTC)
    organisation = Organisation.current()
    days = [date(2026, 3, 17), random.choice(CROWDED)]
    return Clock(organisation, now), Book(organisation, now), days


@pytest.mark.parametrize("measure", cohorts.MEASURES)
@pytest.mark.parametrize("segment", ["", "large"])
def test_cohorts_equal_the_loop(case, measure, segment):
    now, book, days = case

    for as_of in days:
        found = cohorts.retention(measure, of({"segment": segment}), now, as_of=as_of, months=20)
        given = [
            (cohort.first, cohort.size, [(cell.day, cell.value) for cell in cohort.cells]) for cohort in found
        ]
        assert given == counted(book, measure, segment, as_of, months=20)


def counted(book, measure, segment, as_of, months):
    """Month by month, account by account."""
    ends = [as_of]
    while len(ends) < months:
        ends.insert(0, ends[0].replace(day=1) - timedelta(days=1))
    found = []
    for number, end in enumerate(ends):
        began = [
            account
            for account in book.members
            if (first := book.first_customer_day(account))
            and (first.year, first.month) == (end.year, end.month)
            and first <= end
            and (not segment or book.attribute(account, "segment", end) == segment)
        ]
        cells = [(day, cell(book, measure, began, end, day)) for day in ends[number:]]
        if began or found:
            found.append((end.replace(day=1), len(began), cells))
    return found


def cell(book, measure, accounts, start, day):
    if measure == "customers":
        return sum(book.is_customer(account, day) for account in accounts)
    if measure == "activity":
        before = day.replace(day=1) - timedelta(days=1)
        return sum(bool(book.orders_of(account, day, since=before)) for account in accounts)
    amounts = [book.mrr(account, day, start) for account in accounts]
    return None if None in amounts else sum(amounts)
