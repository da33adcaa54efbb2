"""What keeps facts out of figures, and figures behind their facts."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Expense, Touched
from accounts.quality import Looking, count
from metrics.models import StoredDay
from metrics.quality import CHECKS
from tests.factories import (
    account,
    day,
    expense,
    order,
    organisation,
    payment,
    rate,
    subscription,
    term,
    ticket,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
OF = {check.key: check for check in CHECKS}


def rows(key, now=NOW):
    return OF[key].rows(Looking(organisation(), now))


def found(key, now=NOW):
    return sorted(str(row) for row in rows(key, now))


def test_amounts_without_a_rate_are_those_before_the_first_one():
    buyer, internal = account("Buyer"), account("Test", internal=True)
    rate("EUR", "2026-02-01", "1.1")
    for number, (when, currency, amount) in enumerate(
        [
            ("2026-01-31 23:59", "EUR", 10),
            ("2026-02-01 00:00", "EUR", 10),
            ("2026-01-01 10:00", "SAR", 10),
            ("2026-01-01 10:00", "SAR", 0),
            ("2026-01-01 10:00", "USD", 10),
        ]
    ):
        order(buyer, when, amount, currency=currency, external_id=str(number))
    order(internal, "2026-01-01 10:00", currency="SAR", external_id="internal")
    payment(buyer, -5, "2026-01-31", currency="EUR", external_id="refund")
    payment(buyer, 5, "2026-02-01", currency="EUR", external_id="paid")
    subscription(buyer, 10, "2026-01-01", currency="EUR", external_id="early")
    expense("2026-01-01", 10, "sales", currency="SAR", external_id="spent")

    assert found("orders_without_rate") == ["0", "2"]
    assert found("payments_without_rate") == ["refund"]
    assert found("subscriptions_without_rate") == ["early"]
    assert found("expenses_without_rate") == ["spent"]


def test_days_of_rates_are_those_of_the_organisation():
    organisation(time_zone="Asia/Riyadh")
    rate("EUR", "2026-02-01", "1.1")
    order(account(), "2026-01-31 21:00", currency="EUR")

    assert not rows("orders_without_rate")


def test_rates_of_currencies_in_use_are_not_old():
    buyer = account()
    subscription(buyer, 10, "2020-01-01", currency="EUR")
    subscription(buyer, 10, "2020-01-01", "2021-01-01", currency="CHF")
    order(buyer, "2026-01-01 10:00", currency="SAR")
    order(buyer, "2024-01-01 10:00", currency="AED")
    payment(buyer, 5, "2026-01-01", currency="GBP")
    term(buyer, "2026-01-01", "2027-01-01", currency="KWD")
    rate("EUR", "2026-02-24", "1.1")
    rate("SAR", "2026-02-23", "0.27")
    rate("SAR", "2026-04-01", "0.27")
    rate("KWD", "2026-03-31", "3.2")

    assert [(currency.pk, currency.newest) for currency in rows("rates_old")] == [
        ("GBP", None),
        ("SAR", day("2026-02-23")),
    ]


def test_tickets_without_an_account_are_of_customers():
    ticket(account("Known"), opened="2026-01-01 10:00", external_id="known")
    unknown = ticket(opened="2026-01-01 10:00", external_id="unknown")
    ticket(opened="2026-01-01 10:00", external_id="spam", spam=True)
    ticket(opened="2026-01-01 10:00", external_id="merged", merged_into=unknown)
    ticket(opened="2026-01-01 10:00", external_id="ours", opened_by_staff=True)

    assert found("tickets_without_account") == ["unknown"]


def test_internal_accounts_earn_nothing():
    for internal in (True, False):
        mark = "internal" if internal else "customer"
        subscription(account(f"Subscribed {mark}", internal=internal), 10, "2026-01-01")
        order(account(f"Ordered {mark}", internal=internal), "2026-01-01 10:00")
        payment(account(f"Paid {mark}", internal=internal), 10, "2026-01-01")
        order(account(f"Given {mark}", internal=internal), "2026-01-01 10:00", amount=0)
        subscription(account(f"Over {mark}", internal=internal), 10, "2025-01-01", "2026-01-01")

    assert found("internal_with_revenue") == ["Ordered internal", "Paid internal", "Subscribed internal"]


@pytest.mark.parametrize(
    ("kept", "now", "missed"),
    [
        ([], NOW, []),
        (["2026-03-30"], NOW, []),
        (["2026-03-28"], NOW, ["2026-03-29", "2026-03-30"]),
        (["2026-03-29"], NOW.replace(hour=2), []),  # its run has the night
        (["2026-03-28"], NOW.replace(hour=2), ["2026-03-29"]),
    ],
)
def test_nights_are_missed_once_they_are_over(kept, now, missed):
    for text in kept:
        StoredDay.objects.create(day=text)

    assert found("nights_missed", now) == missed


def test_touched_accounts_wait_ten_minutes_at_most():
    waiting = account()
    Touched.objects.all().delete()
    for minutes in (9, 11):
        Touched.objects.create(
            account_id=waiting.pk, earliest_day="2026-01-01", at=NOW - timedelta(minutes=minutes)
        )

    assert count(rows("touched_in_vain")) == 1


def test_whoever_may_not_see_an_account_sees_nothing_of_it(charlie, administrator):
    order(account(), "2026-01-01 10:00", currency="SAR")
    check, looking = OF["orders_without_rate"], Looking(organisation(), NOW)

    assert count(check.rows_for(administrator, looking)) == 1
    assert count(check.rows_for(charlie, looking)) == 0
    assert not check.is_for(charlie)


def test_expenses_belong_to_nobody():
    expense("2026-01-01", 10, "sales", currency="SAR")
    (row,) = rows("expenses_without_rate")

    assert isinstance(row, Expense)
    assert OF["expenses_without_rate"].account_of(row) is None
