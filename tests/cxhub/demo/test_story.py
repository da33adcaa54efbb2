from datetime import date
from itertools import pairwise

import pytest

from cxhub.demo.book import Book
from cxhub.demo.company import OFFERS
from cxhub.demo.composition import make_book
from cxhub.demo.customers import SUBSCRIBER, Customer, cast_customers
from cxhub.demo.story import live_through
from metrics.windows import add_months

TODAY = date(2026, 11, 22)
AWKWARD_DAYS = [date(2024, 2, 29), date(2025, 2, 28), date(2026, 3, 31), date(2026, 1, 1), date(2025, 12, 31)]


def subscribers_of(seed: int, today: date) -> list[Customer]:
    book = Book(seed, today)
    customers = cast_customers(book.dice("customers"))
    live_through(book, customers)
    return [customer for customer in customers if customer.part == SUBSCRIBER]


def is_customer(customer: Customer, day: date) -> bool:
    return any(period.holds(day) for contract in customer.contracts for period in contract.periods)


def worth(customer: Customer, day: date) -> float:
    return sum(contract.worth(day) for contract in customer.contracts)


@pytest.mark.long
def test_book_is_the_same_for_the_same_seed_and_day():
    assert make_book(3, TODAY).rows == make_book(3, TODAY).rows


def test_book_is_another_for_another_seed():
    names = [{customer.name for customer in subscribers_of(seed, TODAY)} for seed in (3, 4)]

    assert names[0] != names[1]


@pytest.mark.parametrize("today", [TODAY, *AWKWARD_DAYS])
@pytest.mark.parametrize("seed", [7, 8])
def test_story_is_plausible_for_any_seed_and_day(seed, today):
    subscribers = subscribers_of(seed, today)
    year_ago = add_months(today, -12)
    cohort = [customer for customer in subscribers if is_customer(customer, year_ago)]
    lost = [customer for customer in cohort if not is_customer(customer, today)]
    before = sum(worth(customer, year_ago) for customer in cohort)

    assert len(subscribers) == 176
    assert 200_000 <= sum(worth(customer, today) for customer in subscribers) <= 400_000
    assert 0.10 <= len(lost) / len(cohort) <= 0.14
    assert 1.02 <= sum(worth(customer, today) for customer in cohort) / before <= 1.12
    assert 0.85 <= sum(min(worth(c, year_ago), worth(c, today)) for c in cohort) / before <= 0.93


@pytest.mark.parametrize("today", [TODAY, *AWKWARD_DAYS])
def test_story_grows_but_for_one_quarter(today):
    subscribers = subscribers_of(7, today)
    quarters = [
        sum(worth(c, add_months(today, -months)) for c in subscribers) for months in range(24, -1, -3)
    ]

    falls = [index for index, (start, end) in enumerate(pairwise(quarters)) if end < start]

    assert falls == [5]


def test_prices_stand_in_every_currency():
    assert {frozenset(offer.prices) for offer in OFFERS} == {frozenset(["USD", "SAR", "AED", "EUR", "KWD"])}
