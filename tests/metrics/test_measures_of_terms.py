"""What terms renew."""

import pytest

from tests.factories import account, pause, rate, subscription, term
from tests.metrics.asking import answer

pytestmark = pytest.mark.django_db


def renewal(on="2026-06-30"):
    """What was renewed and what was due."""
    found = answer("renewal_rate_net", on)
    return found.numerator, found.denominator


def test_term_of_a_paused_subscription_has_its_first_day_s_mrr_due():
    customer = account()
    term(customer, "2025-06-10", "2026-06-10")
    pause(subscription(customer, 90, "2025-06-10"), "2026-06-01", "2026-06-20")

    assert renewal() == (90, 90)


def test_term_counts_the_subscription_that_it_names():
    customer = account()
    term(customer, "2025-06-10", "2026-06-10", reference="crm")
    subscription(customer, 90, "2025-06-10", "2026-06-10", reference="crm")
    subscription(customer, 70, "2026-06-10", reference="crm")
    subscription(customer, 1000, "2025-01-01", reference="shop")

    assert renewal() == (70, 90)


def test_renewal_is_at_the_rate_of_the_term_s_last_day():
    for since, worth in (("2025-01-01", 1), ("2026-06-10", 2), ("2026-06-11", 3)):
        rate("EUR", since, worth)
    customer = account()
    term(customer, "2025-06-10", "2026-06-10", currency="EUR", due_mrr=50)
    subscription(customer, 60, "2025-06-10", currency="EUR")

    assert renewal() == (120, 100)


def test_renewal_without_a_rate_is_unknown():
    customer = account()
    term(customer, "2025-06-10", "2026-06-10", due_mrr=50)
    subscription(customer, 60, "2025-06-10", currency="EUR")

    assert [answer(key, "2026-06-30").reason for key in ("renewal_rate_by_value", "renewal_rate_net")] == [
        "no_rate",
        "no_rate",
    ]


def test_what_a_term_says_of_its_renewal_counts_from_its_decision_on():
    customer = account()
    said = {"renewed_mrr": 55, "outcome": "renewed", "decided_on": "2026-06-29"}
    term(customer, "2025-06-10", "2026-06-10", due_mrr=50, **said)
    subscription(customer, 60, "2025-06-10")

    assert [renewal("2026-06-28"), renewal("2026-06-29")] == [(60, 50), (55, 50)]


def test_what_a_term_says_counts_nothing_where_nothing_followed():
    said = {"renewed_mrr": 55, "outcome": "renewed", "decided_on": "2026-06-01"}
    term(account(), "2025-06-10", "2026-06-10", due_mrr=50, **said)

    assert renewal() == (0, 50)
