"""What counts of subscriptions, and from which day on: MRR and its movements."""

from decimal import Decimal

import pytest

from metrics.answers import series
from metrics.framing import month_ends
from metrics.populations import Population
from tests.factories import account, day, pause, rate, subscription
from tests.metrics.asking import clock, value, values

pytestmark = pytest.mark.django_db

MOVEMENTS = ("mrr_new", "mrr_reactivated", "mrr_expansion", "mrr_contraction", "mrr_churned", "mrr_fx")


def moved(on, **question):
    """The movements that are not 0."""
    return {key: found for key, found in values(MOVEMENTS, on, **question).items() if found}


# MRR


@pytest.mark.parametrize(
    ("interval", "count", "monthly"),
    [
        ("month", 1, "120.00"),
        ("month", 6, "20.00"),
        ("quarter", 1, "40.00"),
        ("year", 1, "10.00"),
        ("year", 2, "5.00"),
        ("week", 1, "520.00"),  # × 52 / 12
        ("week", 2, "260.00"),
        ("day", 1, "3650.00"),  # × 365 / 12
        ("day", 30, "121.67"),
    ],
)
def test_mrr_is_a_bill_as_a_month(interval, count, monthly):
    subscription(account(), 120, "2026-01-01", interval=interval, interval_count=count)

    assert value("mrr", "2026-06-30") == Decimal(monthly)


def test_mrr_is_price_times_quantity():
    subscription(account(), "9.90", "2026-01-01", quantity=7)

    assert value("mrr", "2026-06-30") == Decimal("69.30")


def test_mrr_counts_from_the_first_day_in_service_to_the_last():
    subscription(account(), 100, "2026-02-10", "2026-02-20")

    days = ["2026-02-09", "2026-02-10", "2026-02-19", "2026-02-20"]
    assert [value("mrr", on) for on in days] == [0, 100, 100, 0]


def test_mrr_is_less_the_discount_until_it_ends():
    subscription(
        account(),
        100,
        "2026-01-01",
        quantity=2,
        discount_percent=25,
        discount_amount=30,
        discount_ends="2026-04-01",
    )

    assert [value("mrr", on) for on in ("2026-03-31", "2026-04-01")] == [120, 200]


def test_mrr_with_a_discount_of_more_than_the_bill_is_nothing():
    subscription(account(), 100, "2026-01-01", discount_amount=150)

    assert value("mrr", "2026-06-30") == 0


def test_discount_on_a_yearly_bill_is_spread_over_the_year():
    subscription(account(), 1200, "2026-01-01", interval="year", discount_amount=600)

    assert value("mrr", "2026-06-30") == 50


def test_mrr_is_nothing_in_a_pause():
    pause(subscription(account(), 100, "2026-01-01"), "2026-03-01", "2026-04-01")

    days = ["2026-02-28", "2026-03-01", "2026-03-31", "2026-04-01"]
    assert [value("mrr", on) for on in days] == [100, 0, 0, 100]
    assert [value("customers", on) for on in days] == [1, 1, 1, 1]
    assert [value("paying_customers", on) for on in days] == [1, 0, 0, 1]


@pytest.mark.parametrize("kind", ["trial", "free"])
def test_trials_and_free_plans_make_neither_mrr_nor_customers(kind):
    subscription(account(), 100, "2026-01-01", kind=kind)

    assert values(["mrr", "customers"], "2026-06-30") == {"mrr": 0, "customers": 0}


def test_mrr_stays_while_past_due_and_after_the_notice():
    subscription(
        account(), 100, "2026-01-01", past_due_since=day("2026-02-01"), cancelled_on=day("2026-03-01")
    )

    assert values(["mrr", "customers"], "2026-06-30") == {"mrr": 100, "customers": 1}


# Movements


def test_expansion_out_of_a_pause_and_contraction_into_it():
    pause(subscription(account(), 100, "2026-01-01"), "2026-03-10", "2026-05-10")

    assert moved("2026-03-31") == {"mrr_contraction": 100}
    assert moved("2026-04-30") == {}
    assert moved("2026-05-31") == {"mrr_expansion": 100}


def test_new_is_once_and_coming_back_is_reactivation():
    customer = account()
    subscription(customer, 100, "2026-01-10", "2026-02-10")
    subscription(customer, 80, "2026-04-10")

    assert moved("2026-01-31") == {"mrr_new": 100}
    assert moved("2026-02-28") == {"mrr_churned": 100}
    assert moved("2026-04-30") == {"mrr_reactivated": 80}


def test_what_comes_and_goes_inside_a_month_is_no_movement():
    subscription(account(), 100, "2026-03-05", "2026-03-20")

    assert moved("2026-03-31") == {}
    assert moved("2026-03-31", window="10d") == {}
    assert moved("2026-03-10") == {"mrr_new": 100}


def test_first_bill_after_a_free_beginning_is_new():
    subscription(account(), 100, "2026-01-01", discount_percent=100, discount_ends="2026-03-01")

    assert moved("2026-02-28") == {}
    assert moved("2026-03-31") == {"mrr_new": 100}
    assert value("customers", "2026-02-28") == 1


def test_customer_that_went_to_nothing_and_rises_again_expands():
    customer = account()
    subscription(customer, 100, "2026-01-01", "2026-03-01")
    subscription(customer, 0, "2026-03-01", "2026-05-01")
    subscription(customer, 100, "2026-05-01")

    assert moved("2026-03-31") == {"mrr_contraction": 100}
    assert moved("2026-05-31") == {"mrr_expansion": 100}


def test_gap_between_two_periods_is_churn_and_return():
    customer = account()
    subscription(customer, 100, "2026-01-01", "2026-03-15")
    subscription(customer, 100, "2026-04-15")

    assert moved("2026-03-31") == {"mrr_churned": 100}
    assert moved("2026-04-30") == {"mrr_reactivated": 100}
    assert value("customer_churn_rate", "2026-03-31", window="month") == 1


def test_period_that_follows_on_the_day_is_no_churn():
    customer = account()
    subscription(customer, 100, "2026-01-01", "2026-03-15")
    subscription(customer, 100, "2026-03-15")

    assert moved("2026-03-31", window="month") == {}
    assert value("customer_churn_rate", "2026-03-31", window="month") == 0


def test_longer_windows_add_up_their_months():
    customer = account()
    subscription(customer, 100, "2026-01-10", "2026-02-10")
    subscription(customer, 150, "2026-02-10", "2026-03-10")
    subscription(customer, 100, "2026-03-10")

    assert moved("2026-03-31", window="quarter") == {
        "mrr_new": 100,
        "mrr_expansion": 50,
        "mrr_contraction": 50,
    }


def test_falling_currency_is_no_contraction():
    rate("EUR", "2026-01-01", "1.20")
    rate("EUR", "2026-03-10", "1.00")
    subscription(account(), 100, "2026-01-01", currency="EUR")

    assert moved("2026-03-31") == {"mrr_fx": -20}
    assert value("net_revenue_retention", "2026-03-31", window="month") == 1
    assert [value("mrr", on) for on in ("2026-03-09", "2026-03-10")] == [120, 100]


def test_retention_of_one_that_left_and_came_back_counts_what_it_has_now():
    customer = account()
    subscription(customer, 100, "2025-01-01", "2025-09-01")
    subscription(customer, 60, "2026-02-01")

    assert value("net_revenue_retention", "2026-03-31") == Decimal("0.6")


def test_gross_retention_is_account_by_account():
    one, other = account("One"), account("Other")
    subscription(one, 100, "2026-01-01", "2026-03-10")
    subscription(one, 200, "2026-03-10")
    subscription(other, 100, "2026-01-01", "2026-03-10")

    found = values(["net_revenue_retention", "gross_revenue_retention"], "2026-03-31", window="month")
    assert found == {"net_revenue_retention": 1, "gross_revenue_retention": Decimal("0.5")}


def test_series_is_the_figure_of_each_day():
    subscription(account(), 100, "2026-02-10", "2026-04-10")

    found = series("mrr", Population(), clock(), month_ends(day("2026-04-15"), 3))

    assert [(str(one.as_of), one.value) for one in found] == [
        ("2026-01-31", 0),
        ("2026-02-28", 100),
        ("2026-03-31", 100),
        ("2026-04-15", 0),
    ]
