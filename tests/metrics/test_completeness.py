"""Up to when the facts of a metric have come in: the earliest of its sources, each by its own rhythm."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from accounts import feeds
from accounts.feeds import KINDS
from accounts.models import Feed
from metrics import catalogue
from metrics.completeness import Supplies, completeness, kinds_read
from metrics.durations import per_fact
from metrics.evaluate import per_account
from metrics.framing import question_of
from metrics.populations import Population
from metrics.sources import Clock
from tests.accounts.test_feeds import came, last_days, orders
from tests.factories import account, at, organisation, payment, ticket

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def clock(now=NOW, known_by=None):
    return Clock(organisation(), now, known_by)


def complete(key, now=NOW, known_by=None):
    return completeness([catalogue.ALL[key]], clock(now, known_by))[key]


def tickets(source, *days, hour=5):
    customer = account()
    for text in days:
        when = f"{text} 0{hour}:00"
        came(ticket(customer, opened=when, source=source, external_id=text), when)


def payments(source, *days, at_hour="07:00"):
    customer = account()
    for text in days:
        came(payment(customer, 10, text, source=source, external_id=f"{source}-{text}"), f"{text} {at_hour}")


@pytest.mark.parametrize("metric", catalogue.ALL.values(), ids=lambda metric: metric.key)
def test_every_metric_names_all_facts_that_its_statement_reads(metric):
    now = clock()
    tables = {model._meta.db_table: kind for kind, model in KINDS.items()}
    read = set()
    for part in catalogue.with_parts((metric.key,)):
        if part.of:
            continue
        question = question_of(part, now.today, now)
        for sql in (
            per_account([question], Population(), now, question.membership_day),
            per_fact([question], Population(), now, question.membership_day),
        ):
            read |= set(re.findall(r"accounts_[a-z]+", sql.text)) & set(tables)

    assert {tables[table] for table in read} - set(kinds_read(metric)) == set()


def test_nothing_is_known_before_anything_was_noted():
    assert complete("orders").to is None


def test_metrics_are_complete_to_the_last_of_their_own_sources():
    orders("shop", *last_days(20))
    tickets("helpdesk", *last_days(20))
    payments("bank", *last_days(8, step=7, until=NOW - timedelta(days=2)))
    feeds.note(NOW)

    found = {key: complete(key) for key in ("orders", "tickets", "total_revenue")}

    assert {key: one.to for key, one in found.items()} == {
        "orders": at("2026-03-31 03:00"),
        "tickets": at("2026-03-31 05:00"),
        "total_revenue": at("2026-03-29 07:00"),
    }
    assert found["total_revenue"].held_back_by.source == "bank"


def test_the_earliest_of_several_sources_counts():
    orders("shop", *last_days(20))
    orders("market", *last_days(20, until=NOW - timedelta(days=1)), hour=9)
    feeds.note(NOW)

    found = complete("orders")

    assert found.to == at("2026-03-30 09:00")
    assert (found.held_back_by.source, found.held_back_by.is_silent) == ("market", False)


def test_a_source_that_spoke_of_other_things_has_told_this_too():
    """Its payments are rare, and none is due yet."""
    payments("shop", *last_days(8, step=7, until=NOW - timedelta(days=3)))
    orders("shop", *last_days(20))
    feeds.note(NOW)

    assert complete("total_revenue").to == at("2026-03-31 03:00")


def test_a_kind_that_fell_silent_is_complete_to_its_own_last():
    payments("shop", *last_days(20, until=NOW - timedelta(days=10)))
    orders("shop", *last_days(20))
    feeds.note(NOW)

    assert complete("total_revenue").to == at("2026-03-21 07:00")
    assert complete("total_revenue").held_back_by.is_silent
    assert complete("orders").to == at("2026-03-31 03:00")


def test_rare_facts_of_a_source_that_fell_silent_are_complete_to_its_last():
    payments("shop", "2026-01-05")
    orders("shop", *last_days(20, until=NOW - timedelta(days=10)))
    feeds.note(NOW)

    assert Feed.objects.get(kind="payment").usual_gap is None
    assert complete("total_revenue").to == at("2026-03-21 03:00")


def test_what_is_entered_by_hand_or_came_once_holds_nothing_back():
    orders("", *last_days(20, until=NOW - timedelta(days=10)))
    orders("once", *last_days(2, until=NOW - timedelta(days=100)), hour=4)
    feeds.note(NOW)

    assert complete("orders").to == NOW
    assert complete("orders").held_back_by is None


def test_a_source_that_is_closed_holds_nothing_back():
    orders("shop", *last_days(20, until=NOW - timedelta(days=10)))
    feeds.note(NOW)
    Feed.objects.update(closed_at=NOW)

    assert complete("orders").to == NOW


def test_one_kind_of_facts_that_is_closed_holds_nothing_back_while_others_come():
    orders("shop", *last_days(20, until=NOW - timedelta(days=40)))
    payments("shop", *last_days(20))
    feeds.note(NOW)
    Feed.objects.filter(kind="order").update(closed_at=NOW)

    assert complete("orders").to == NOW
    assert complete("total_revenue").to == at("2026-03-31 07:00")


def test_derived_metrics_are_as_complete_as_their_parts():
    payments("bank", *last_days(20, until=NOW - timedelta(days=1)))
    feeds.note(NOW)

    for metric in catalogue.ALL.values():
        parts = {part.key for part in catalogue.with_parts((metric.key,))}
        reads_payments = "payment" in kinds_read(metric)
        assert complete(metric.key).to == (at("2026-03-30 07:00") if reads_payments else NOW), parts


def test_what_was_known_by_a_day_is_complete_to_its_end_at_most():
    orders("shop", *last_days(20))
    feeds.note(NOW)

    assert complete("orders", known_by=date(2026, 3, 20)).to == at("2026-03-21 00:00")
    assert complete("orders", known_by=date(2026, 3, 20)).held_back_by is None
    assert complete("orders", known_by=date(2026, 3, 31)).to == at("2026-03-31 03:00")


def test_all_metrics_together_cost_one_query(django_assert_num_queries):
    orders("shop", *last_days(20))
    feeds.note(NOW)
    now = clock()

    with django_assert_num_queries(1):
        found = completeness(catalogue.ALL.values(), now)

    assert set(found) == set(catalogue.ALL)
    with django_assert_num_queries(1):
        Supplies.now(now)
