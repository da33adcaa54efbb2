"""What counts of what was known by a day."""

import pytest

from accounts.models import Account, Departure, Expense, Lead, Order, Subscription, Term
from tests.factories import (
    account,
    at,
    day,
    departure,
    expense,
    lead,
    order,
    payment,
    subscription,
    term,
)
from tests.metrics.asking import answer

pytestmark = pytest.mark.django_db


def known_by(on, key, window=None):
    Account.objects.update(recorded_at=at("2026-01-01 12:00"))
    return answer(key, "2026-06-30", window=window, known_by=on)


def recorded(rows, on, **when):
    rows.update(**{field: at(f"{moment} 12:00") for field, moment in ({"recorded_at": on} | when).items()})


def test_renewal_as_it_was_known():
    customer = account()
    said = {"due_mrr": 50, "renewed_mrr": 55, "outcome": "renewed", "decided_on": "2026-06-10"}
    term(customer, "2025-06-10", "2026-06-10", **said)
    subscription(customer, 60, "2025-06-10")
    recorded(Term.objects.all(), "2026-07-01", outcome_recorded_at="2026-07-03")
    recorded(Subscription.objects.all(), "2026-07-02")

    def known(on):
        found = known_by(on, "renewal_rate_net")
        return found.numerator, found.denominator

    days = ["2026-06-30", "2026-07-01", "2026-07-02", "2026-07-03"]
    assert [known(on) for on in days] == [(0, 0), (0, 50), (60, 50), (55, 50)]


def test_departures_as_they_were_known():
    survivor = account()
    loser = account(merged_into=survivor)
    subscription(survivor, 60, "2025-06-10", "2026-06-20")
    for each, on in ((survivor, "2026-07-02"), (loser, "2026-07-01")):
        departure(each, "2026-06-20")
        recorded(Departure.objects.filter(account=each), on)
    recorded(Subscription.objects.all(), "2026-07-02")

    days = ["2026-06-30", "2026-07-01", "2026-07-02"]
    assert [known_by(on, "churn_by_reason").value for on in days] == [0, 1, 1]
    assert [known_by(on, "churn_by_reason_mrr").value for on in days] == [0, 0, 60]


def test_leads_as_they_were_known():
    customer = account()
    for on, heard in (("2026-03-01", "2026-07-02"), ("2026-03-10", "2026-07-01")):
        lead(on, customer, email="sara@example.com")
        recorded(Lead.objects.filter(first_interest=day(on)), heard)
    order(customer, "2026-06-07 12:00")  # within 90 days of the 10th, not of the 1st
    recorded(Order.objects.all(), "2026-07-01")

    days = ["2026-06-30", "2026-07-01", "2026-07-02"]
    month = "2026-03-05..2026-03-31"
    assert [known_by(on, "leads", month).value for on in days] == [0, 1, 0]
    assert [known_by(on, "lead_conversion_rate").value for on in days] == [None, 1, 0]


def test_expenses_as_they_were_known():
    payment(account(), 0, "2026-06-10")
    expense("2026-06-01", 30, "other")
    recorded(Expense.objects.all(), "2026-07-01")

    assert [known_by(on, "profit").value for on in ("2026-06-30", "2026-07-01")] == [0, -30]
