"""How many of the facts behind a figure came late, and of how many nobody knows when they came."""

import pytest

from accounts.merges import merge_accounts
from accounts.models import Account, OrderLine
from metrics import catalogue, rows
from metrics.framing import question_of
from metrics.populations import Population, of
from tests.factories import account, accounts, at, day, order, organisation, payment, ticket
from tests.metrics.asking import clock
from tests.sampling import some

pytestmark = pytest.mark.django_db

JUNE_30 = day("2026-06-30")


def found(key, population=None, **asked):
    now = clock(known_by=asked.pop("known_by", None))
    return rows.recorded(
        question_of(catalogue.ALL[key], JUNE_30, now, **asked), population or Population(), now
    )


def late(key, population=None, **asked):
    return found(key, population, **asked).late


def recorded(row, when):
    type(row).objects.filter(pk=row.pk).update(recorded_at=at(when))


def test_what_happened_at_an_instant_is_late_after_a_day():
    first, second = (order(account(), "2026-06-10 12:00") for _ in range(2))
    recorded(first, "2026-06-11 12:00")
    recorded(second, "2026-06-11 12:01")

    assert late("orders") == 1


def test_what_happened_on_a_day_is_late_after_the_next_where_the_organisation_is():
    organisation(time_zone="Asia/Riyadh")
    first, second = (payment(account(), 10, "2026-06-10") for _ in range(2))
    recorded(first, "2026-06-11 21:00")
    recorded(second, "2026-06-11 21:01")

    assert late("total_revenue") == 1


def test_only_what_was_counted_is_looked_at():
    one, other = accounts(2)
    for customer, when in ((one, "2026-06-10"), (other, "2026-06-10"), (one, "2026-05-10")):
        recorded(order(customer, f"{when} 12:00"), "2026-08-01 12:00")
    recorded(order(one, "2026-06-20 12:00", cancelled="2026-06-21 12:00"), "2026-08-01 12:00")

    assert late("orders") == 2
    assert late("orders", of({"account": one.pk})) == 1
    assert late("orders", window="90d") == 3


def test_a_fact_that_several_measures_count_is_one_fact():
    recorded(order(account(), "2026-06-10 12:00"), "2026-08-01 12:00")

    assert late("average_order_value") == 1


def test_of_a_merge_the_facts_of_both_and_of_everybody_those_without_account():
    loser, survivor = accounts(2)
    merge_accounts(loser, survivor, by=None)
    for owner in (loser, survivor, None):
        recorded(ticket(owner, opened="2026-06-10 09:00"), "2026-08-01 12:00")

    assert late("tickets") == 3
    assert late("tickets", of({"account": survivor.pk})) == 2


def test_what_was_not_known_yet_is_not_late():
    recorded(order(account(), "2026-06-10 12:00"), "2026-08-01 12:00")
    Account.objects.update(recorded_at=at("2026-01-01 12:00"))

    assert late("orders", known_by="2026-07-31") == 0
    assert late("orders", known_by="2026-08-01") == 1


def test_what_was_imported_as_known_since_it_happened_is_backfilled():
    organisation(time_zone="Asia/Riyadh")
    customer = account()
    known, unknown = (order(customer, "2026-06-10 12:00") for _ in range(2))
    recorded(known, "2026-06-10 12:00")
    recorded(unknown, "2026-06-10 12:01")
    for when in ("2026-06-09 21:00", "2026-06-09 21:01"):
        recorded(payment(customer, 10, "2026-06-10"), when)

    assert found("orders") == rows.Recorded(late=0, backfilled=1)
    assert found("total_revenue") == rows.Recorded(late=0, backfilled=1)


def test_a_line_happened_when_its_order_did():
    sold = order(account(), "2026-05-10 12:00")
    for when in ("2026-05-10 12:00", "2026-05-10 00:00"):
        recorded(OrderLine.objects.create(order=sold, amount=10), when)

    assert found("product_return_rate").backfilled == 1


@pytest.mark.parametrize("key", some(key for key, metric in catalogue.ALL.items() if not metric.of))
def test_every_metric_can_be_asked(key):
    order(account(), "2026-06-10 12:00")

    # Of whoever is a customer and active that day and the order count.
    assert late(key) <= 2
