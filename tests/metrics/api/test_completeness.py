"""Every answer says up to when the facts that it reads have come in."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts import feeds
from accounts.models import Account
from metrics import cohorts
from tests.accounts.test_feeds import came, last_days, orders
from tests.factories import account, subscription, ticket
from tests.metrics.api.calling import ok
from tests.metrics.api.test_values import of
from tests.metrics.test_completeness import payments, tickets

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


@pytest.fixture
def arrived(db):
    """Orders of this morning, payments that came last ten days ago, tickets entered by hand."""
    orders("shop", *last_days(20))
    payments("bank", *last_days(20, until=NOW - timedelta(days=10)))
    tickets("", *last_days(5))
    feeds.note(NOW)


SILENT_BANK = {
    "source": "bank",
    "facts": "payment",
    "last_at": "2026-03-21T07:00:00Z",
    "silent": True,
}


@pytest.mark.parametrize(
    ("key", "to", "by"),
    [
        ("orders", "2026-03-31T03:00:00Z", "shop"),
        ("total_revenue", "2026-03-21T07:00:00Z", "bank"),
        ("tickets", "2026-03-31T12:00:00Z", None),
    ],
)
def test_each_metric_names_its_own_source(get, arrived, key, to, by):
    answer = ok(get(f"metrics/{key}/"))

    assert answer["data_complete_to"] == to
    assert (answer["data_held_back_by"] or {}).get("source") == by


def test_series_and_rows_say_the_same(get, arrived):
    for path in ("metrics/total_revenue/series/", "metrics/total_revenue/rows/"):
        answer = ok(get(path))

        assert answer["data_complete_to"] == "2026-03-21T07:00:00Z"
        assert answer["data_held_back_by"] == SILENT_BANK


def test_a_past_day_is_asked_with_what_is_known_now(get, arrived):
    assert ok(get("metrics/orders/", as_of="2026-01-31"))["data_complete_to"] == "2026-03-31T03:00:00Z"
    known = ok(get("metrics/orders/", known_by="2026-01-31"))
    assert (known["data_complete_to"], known["data_held_back_by"]) == ("2026-02-01T00:00:00Z", None)


def test_nothing_is_said_before_anything_was_noted(get):
    ticket(account(), opened="2026-03-31 10:00")

    assert ok(get("metrics/tickets/"))["data_complete_to"] is None


def test_the_catalogue_says_it_of_every_metric(get, arrived):
    found = {metric["key"]: metric["data_complete_to"] for metric in ok(get("metrics/"))["results"]}

    assert found["orders"] == "2026-03-31T03:00:00Z"
    assert found["profit"] == found["total_revenue"] == "2026-03-21T07:00:00Z"
    assert found["tickets"] == "2026-03-31T12:00:00Z"


@pytest.mark.parametrize("measure", cohorts.MEASURES)
def test_cohorts_say_it_of_what_makes_a_customer_and_of_their_measure(get, arrived, measure):
    """No cohort reads payments, whose source is further behind."""
    for day in last_days(20, until=NOW - timedelta(days=8)):
        came(subscription(account(), 10, day, source="billing", external_id=day), f"{day} 05:00")
    feeds.note(NOW)

    answer = ok(get("cohorts/retention/", measure=measure))

    assert answer["data_complete_to"] == "2026-03-23T05:00:00Z"
    assert answer["data_held_back_by"]["source"] == "billing"


def test_each_metric_of_an_account_says_it(get, arrived):
    answer = ok(get(f"accounts/{Account.objects.earliest('pk').pk}/metrics/"))

    found = {one["key"]: one for one in answer["results"]}
    assert found["orders"]["data_complete_to"] == "2026-03-31T03:00:00Z"
    assert found["total_revenue"]["data_held_back_by"] == SILENT_BANK
    assert found["tickets"]["data_held_back_by"] is None


def test_a_table_says_it_of_each_metric_and_of_all_in_every_row(get, arrived):
    answer = of(get("metrics/values/", keys="tickets,total_revenue,orders"))

    each = {key: one["data_complete_to"] for key, one in answer["metrics"].items()}
    assert each == {
        "tickets": "2026-03-31T12:00:00Z",
        "total_revenue": "2026-03-21T07:00:00Z",
        "orders": "2026-03-31T03:00:00Z",
    }
    assert answer["metrics"]["total_revenue"]["data_held_back_by"] == SILENT_BANK
    assert answer["data_complete_to"] == each["total_revenue"]
    assert answer["data_held_back_by"] == SILENT_BANK
    assert {row["data_complete_to"] for row in answer["results"]} == {each["total_revenue"]}
