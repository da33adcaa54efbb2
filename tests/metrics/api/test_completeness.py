"""Every answer says up to when the facts that it reads have come in."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts import feeds
from tests.accounts.test_feeds import last_days, orders
from tests.factories import account, ticket
from tests.metrics.api.calling import ok
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
