"""Which orders count, and from which day on."""

import pytest

from tests.factories import account, order, rate
from tests.metrics.asking import value

pytestmark = pytest.mark.django_db


def test_orders_count_until_they_are_cancelled():
    order(account(), "2026-03-30 10:00", cancelled="2026-04-02 10:00")

    asked = {"window": "2026-03-01..2026-03-31"}
    assert value("orders", "2026-03-31", **asked) == 1
    assert value("orders", "2026-04-02", window="7d") == 0


def test_order_cancelled_at_midnight_still_stood_at_the_end_of_the_day():
    order(account(), "2026-03-30 10:00", cancelled="2026-04-01 00:00")

    assert value("orders", "2026-03-31", window="month") == 1
    assert value("orders", "2026-04-01", window="7d") == 0


def test_two_orders_of_a_day_are_two():
    customer = account()
    order(customer, "2026-03-30 10:00")
    order(customer, "2026-03-30 10:00")

    assert value("repeat_purchase_rate", "2026-03-31") == 1


def test_order_amounts_are_converted_at_the_rate_of_their_own_day():
    rate("EUR", "2026-01-01", "1.10")
    rate("EUR", "2026-03-10", "1.50")
    customer = account()
    order(customer, "2026-03-09 23:59", 100, currency="EUR")
    order(customer, "2026-03-10 00:00", 100, currency="EUR")

    assert value("average_order_value", "2026-03-31") == 130
