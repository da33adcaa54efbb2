"""Days, instants and rates: where one day ends, what today is, what an amount is worth."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.models import Order
from metrics.sources import Rates
from tests.factories import (
    account,
    accounts,
    at,
    dated,
    day,
    order,
    organisation,
    pause,
    payment,
    rate,
    subscription,
    ticket,
)
from tests.metrics.asking import answer, ask, clock, parts, value, values

pytestmark = pytest.mark.django_db


# Days


def hourly_orders(first, hours):
    customer, begin = account(), at(first)
    Order.objects.bulk_create(
        Order(account=customer, ordered_at=begin + timedelta(hours=hour), amount=1, currency="USD")
        for hour in range(hours)
    )


@pytest.mark.parametrize(
    ("time_zone", "on", "hours"),
    [
        ("UTC", "2026-03-29", 24),
        ("Europe/Berlin", "2026-03-28", 24),
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("Asia/Beirut", "2026-03-29", 23),  # its clocks change at midnight: this day begins at 01:00
        ("Asia/Beirut", "2026-10-24", 25),  # and this one has 23:00 twice
        ("Asia/Beirut", "2026-10-25", 24),
        ("Asia/Kathmandu", "2026-03-29", 24),
    ],
)
def test_day_has_the_hours_of_the_organisation_s_clocks(time_zone, on, hours):
    organisation(time_zone=time_zone)
    hourly_orders(f"{day(on) - timedelta(2)} 00:15", 24 * 5)

    assert value("orders", on, window="1d") == hours


def test_midnight_belongs_to_the_day_that_begins():
    organisation(time_zone="Asia/Riyadh")
    customer = account()
    order(customer, "2026-03-31 21:00")  # 1 April there
    order(customer, "2026-03-31 20:59:59.999999")  # still March

    assert [value("orders", on, window="month") for on in ("2026-03-31", "2026-04-30")] == [1, 1]


def test_rate_of_an_order_is_that_of_its_day_here():
    organisation(time_zone="Asia/Riyadh")
    rate("EUR", "2026-01-01", "1.10")
    rate("EUR", "2026-04-01", "2.00")
    order(account(), "2026-03-31 21:00", 100, currency="EUR")

    assert value("average_order_value", "2026-04-30") == 200


def test_leap_day_is_a_day_of_its_own():
    customer = account()
    for on in ("2024-02-28 12:00", "2024-02-29 12:00", "2024-03-01 12:00"):
        order(customer, on)

    assert [value("orders", on, window="1d") for on in ("2024-02-28", "2024-02-29", "2024-03-01")] == [
        1,
        1,
        1,
    ]
    assert [value("orders", on) for on in ("2024-02-29", "2024-03-31")] == [2, 1]


@pytest.mark.parametrize(
    ("window", "first_day_inside"),
    [
        ("1d", "2024-02-29"),
        ("30d", "2024-01-31"),
        ("1m", "2024-01-30"),
        ("12m", "2023-03-01"),
        ("365d", "2023-03-02"),
    ],
)
def test_window_begins_after_the_end_of_the_day_before_it(window, first_day_inside):
    customer, first = account(), day(first_day_inside)
    order(customer, f"{first - timedelta(1)} 23:59:59")
    order(customer, f"{first} 00:00:00")
    order(customer, "2024-02-29 23:59:59")
    order(customer, "2024-03-01 00:00:00")

    assert value("orders", "2024-02-29", window=window) == 2


def test_months_of_different_lengths_follow_one_another():
    subscription(account(), 100, "2026-01-31", "2026-02-28")

    assert [value("mrr_new", on) for on in ("2026-01-31", "2026-02-28")] == [100, 0]
    assert [value("mrr_churned", on) for on in ("2026-02-27", "2026-02-28", "2026-03-31")] == [0, 100, 0]


def test_today_ends_now():
    now = datetime(2026, 6, 15, 12, tzinfo=UTC)
    customer = account()
    order(customer, "2026-06-15 11:59:59")
    order(customer, "2026-06-15 12:00:00")
    ticket(customer, [("opened", "2026-06-15 09:00"), ("resolved", "2026-06-15 13:00")])

    assert values(["orders", "tickets"], "2026-06-15", now=now) == {"orders": 1, "tickets": 1}
    assert answer("time_to_resolution", "2026-06-15", now=now).denominator == 0
    assert value("orders", "2026-06-15", now=now + timedelta(days=1)) == 2


def test_today_is_the_organisation_s():
    organisation(time_zone="Asia/Riyadh")

    assert clock(datetime(2026, 6, 15, 20, 59, tzinfo=UTC)).today == day("2026-06-15")
    assert clock(datetime(2026, 6, 15, 21, 0, tzinfo=UTC)).today == day("2026-06-16")


def test_facts_of_days_to_come_wait_for_them():
    now = datetime(2026, 6, 15, 12, tzinfo=UTC)
    customer = account()
    subscription(customer, 100, "2026-06-16")
    order(customer, "2026-06-16 09:00")
    ticket(customer, [("opened", "2026-06-16 09:00"), ("resolved", "2026-06-16 10:00")])
    dated(customer, "2026-06-16", stage="live")

    keys = ["customers", "mrr", "mrr_new", "orders", "tickets"]
    assert set(values(keys, "2026-06-15", now=now).values()) == {0}
    assert set(values(keys, "2026-06-16", now=now + timedelta(days=2)).values()) == {1, 100}


def test_past_day_is_answered_from_the_facts_up_to_it():
    subscription(account(), 100, "2026-01-01", "2026-04-01")

    assert [value("mrr", on) for on in ("2025-12-31", "2026-01-01", "2026-03-31", "2026-04-01")] == [
        0,
        100,
        100,
        0,
    ]


def test_fiscal_year_begins_in_its_month():
    organisation(fiscal_year_start=4)
    customer = account()
    for month in range(1, 13):
        order(customer, f"2026-{month:02}-10 12:00")

    assert [value("orders", on, window="year") for on in ("2026-03-31", "2026-04-30")] == [3, 1]
    assert [value("orders", on, window="quarter") for on in ("2026-03-31", "2026-05-31")] == [3, 2]


def test_all_begins_with_the_first_fact():
    customer = account()
    order(customer, "2019-07-04 12:00")
    order(customer, "2026-01-01 12:00")

    found = answer("orders", "2026-06-30", window="all")
    assert (found.value, str(found.window.first)) == (2, "2019-07-04")


def test_all_begins_with_a_payment_where_that_was_first():
    customer = account()
    payment(customer, 70, "2025-12-31")
    subscription(customer, 10, "2026-01-01")

    found = answer("total_revenue", "2026-06-30", window="all")
    assert (found.value, str(found.window.first)) == (70, "2025-12-31")


def test_all_without_any_fact_is_the_day_alone():
    found = answer("orders", "2026-06-30", window="all")

    assert (found.value, str(found.window.first)) == (0, "2026-06-30")


# Money


def test_rate_is_the_last_one_on_or_before_the_day():
    rate("EUR", "2026-01-10", "1.10")
    rate("EUR", "2026-01-20", "1.20")
    subscription(account(), 100, "2026-01-01", currency="EUR")

    days = ["2026-01-09", "2026-01-10", "2026-01-19", "2026-01-20", "2026-12-31"]
    assert [value("mrr", on) for on in days] == [None, 110, 110, 120, 120]


def test_rates_into_another_currency_are_none_of_ours():
    rate("EUR", "2026-01-01", "4.10", base="SAR")
    subscription(account(), 100, "2026-01-01", currency="EUR")

    assert value("mrr", "2026-06-30") is None


def test_figures_are_in_the_organisation_s_currency():
    organisation(currency="SAR")
    rate("USD", "2026-01-01", "3.75", base="SAR")
    subscription(account(), 100, "2026-01-01")

    found = answer("mrr", "2026-06-30")
    assert (found.value, found.currency) == (375, "SAR")


MONEY = [
    "mrr",
    "arr",
    "arpa",
    "average_order_value",
    "net_revenue_retention",
    "gross_revenue_retention",
    "revenue_churn_rate",
    "net_revenue_churn_rate",
    "mrr_fx",
]


@pytest.mark.parametrize("key", MONEY)
def test_without_a_rate_there_is_no_value(key):
    """Nor for the whole, of which nobody knows how much is missing; what needs no rate is known."""
    priced, unpriced = account("Priced", segment="small"), account("Unpriced", segment="large")
    for customer, currency in [(priced, "USD"), (unpriced, "XAU")]:
        subscription(customer, 100, "2025-01-01", currency=currency)
        order(customer, "2026-06-01 12:00", currency=currency)

    found = answer(key, "2026-06-30")

    assert (found.value, found.reason, found.numerator, found.interval) == (None, "no_rate", None, None)
    by_segment = parts(key, "2026-06-30", "segment")
    assert by_segment["large"] is None
    assert by_segment.get("small", 0) is not None
    assert value("paying_customers", "2026-06-30") == 2


@pytest.mark.parametrize(
    ("starts", "ends", "key"),
    [
        ("2026-06-10", None, "mrr_new"),
        ("2026-01-01", "2026-06-10", "mrr_churned"),
        ("2026-01-01", None, "mrr_fx"),
    ],
)
def test_movement_without_a_rate_is_unknown(starts, ends, key):
    subscription(account(), 100, starts, ends, currency="XAU")

    assert answer(key, "2026-06-30").reason == "no_rate"


def test_nothing_needs_no_rate():
    customer = account()
    pause(subscription(customer, 100, "2026-01-01", currency="XAU"), "2026-02-01")
    subscription(customer, 0, "2026-01-01", currency="XAU")
    order(customer, "2026-06-01 12:00", 0, currency="XAU")

    found = values(["mrr", "customers", "paying_customers", "average_order_value"], "2026-06-30")
    assert found == {"mrr": 0, "customers": 1, "paying_customers": 0, "average_order_value": 0}


@pytest.mark.parametrize(
    ("currency", "of_one", "of_two"), [("KWD", "1.001", "2.002"), ("USD", "1.00", "2.00"), ("JPY", "1", "2")]
)
def test_amounts_are_rounded_for_each_account_and_then_added(currency, of_one, of_two):
    """1.0005 for each of two accounts; three decimals in Kuwait, none in Japan."""
    organisation(currency=currency)
    first, second = accounts(2)
    subscription(first, "1.0005", "2026-01-01", currency=currency)
    subscription(second, "1.0005", "2026-01-01", currency=currency)

    assert str(value("mrr", "2026-06-30", account=first.pk)) == of_one
    assert str(value("mrr", "2026-06-30")) == of_two


def test_amounts_of_one_account_are_added_and_then_rounded():
    organisation(currency="KWD")
    customer = account()
    subscription(customer, "1.0005", "2026-01-01", currency="KWD")
    subscription(customer, "1.0005", "2026-01-01", currency="KWD")

    assert value("mrr", "2026-06-30") == Decimal("2.001")


def test_rates_know_the_last_one_on_or_before_a_day():
    rate("EUR", "2026-01-10", "1.10")
    rate("EUR", "2026-02-10", "1.20")

    rates = Rates.into(clock(), day("2026-12-31"))

    assert [rates.of("EUR", day(on)) for on in ("2026-01-09", "2026-01-10", "2026-02-10")] == [
        None,
        Decimal("1.10"),
        Decimal("1.20"),
    ]


def test_order_of_each_day_of_a_long_window_has_its_own_rate():
    customer = account()
    for number, on in enumerate(["2025-07-05", "2025-12-31", "2026-01-01", "2026-05-17"], start=1):
        rate("EUR", on, number)
        order(customer, f"{on} 00:00", 10, currency="EUR")
        order(customer, f"{on} 23:59", 10, currency="EUR")

    assert ask(["average_order_value"], "2026-06-30")["average_order_value"][()].numerator == 200
