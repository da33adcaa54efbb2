"""What came from where and when; how often something comes; what is silent."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from accounts import feeds
from accounts.models import Feed, FeedDay, Order, Payment
from tests.factories import account, at, day, order, organisation, payment, subscription

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def came(row, when):
    type(row).objects.filter(pk=row.pk).update(recorded_at=at(when))
    return row


def orders(source, *days, of=None, hour=3):
    """One a day, recorded in the night after."""
    customer = of or account()
    for text in days:
        ordered = datetime.combine(day(text), datetime.min.time(), UTC) + timedelta(hours=hour)
        came(order(customer, ordered, source=source, external_id=f"{source}-{text}-{hour}"), ordered)


def last_days(count, step=1, until=NOW):
    return [str((until - timedelta(days=step * back)).date()) for back in range(count)]


def feed(source, kind="order"):
    return Feed.objects.get(kind=kind, source=source)


def test_a_feed_is_a_source_of_a_kind_of_facts():
    customer = account()
    came(order(customer, "2026-03-30 10:00", source="shop"), "2026-03-30 11:00")
    came(order(customer, "2026-03-29 10:00", source="shop"), "2026-03-29 11:00")
    came(payment(customer, 10, "2026-03-28", source="shop"), "2026-03-28 11:00")
    came(order(customer, "2026-03-27 10:00"), "2026-03-27 11:00")

    feeds.note(NOW)

    found = Feed.objects.order_by("kind", "source").values_list("kind", "source", "last_at")
    assert list(found) == [
        ("order", "", at("2026-03-27 11:00")),
        ("order", "shop", at("2026-03-30 11:00")),
        ("payment", "shop", at("2026-03-28 11:00")),
    ]


def test_days_are_those_of_the_organisation():
    organisation(time_zone="Asia/Riyadh")
    came(order(account(), "2026-03-30 10:00", source="shop"), "2026-03-30 22:30")

    feeds.note(NOW)

    assert [row.day for row in FeedDay.objects.all()] == [day("2026-03-31")]


@pytest.mark.parametrize(
    ("days", "gap"),
    [
        (last_days(20), 1),
        (last_days(8, step=7), 7),
        ([d for d in last_days(42) if day(d).isoweekday() < 6], 3),  # nothing at weekends
        ([d for d in last_days(90) if day(d).day <= 9], 20),  # nothing after the ninth
        (last_days(3), None),
        (last_days(4), 1),
    ],
    ids=["daily", "weekly", "on workdays", "at the beginning of months", "too few to tell", "just enough"],
)
def test_the_usual_gap_is_read_from_what_came_lately(days, gap):
    orders("shop", *days)

    feeds.note(NOW)

    assert feed("shop").usual_gap == (gap and timedelta(days=gap))


def test_one_long_silence_makes_no_rhythm():
    orders("shop", *last_days(15), *last_days(5, until=NOW - timedelta(days=60)))

    feeds.note(NOW)

    assert feed("shop").usual_gap == timedelta(days=1)


def test_a_rhythm_that_changed_is_that_of_the_latest_days():
    orders("shop", *last_days(30), *last_days(20, step=7, until=NOW - timedelta(days=37)))

    feeds.note(NOW)

    assert feed("shop").usual_gap == timedelta(days=1)


def test_who_is_silent_depends_on_the_own_rhythm():
    three_days_ago = NOW - timedelta(days=3)
    orders("daily", *last_days(20, until=three_days_ago))
    orders("weekly", *last_days(8, step=7, until=three_days_ago))
    orders("once", *last_days(1, until=NOW - timedelta(days=300)))
    orders("", *last_days(20, until=three_days_ago))

    feeds.note(NOW)

    assert [found.source for found in Feed.objects.silent(NOW)] == ["daily"]
    assert {found.source for found in Feed.objects.silent(NOW + timedelta(days=8))} == {"daily", "weekly"}
    assert feed("daily").is_silent(NOW)
    assert not feed("daily").is_silent(NOW - timedelta(days=2))
    assert not feed("weekly").is_silent(NOW)
    assert not feed("").is_silent(NOW)


def test_nothing_is_expected_from_a_closed_source_until_it_speaks_again():
    orders("shop", *last_days(20, until=NOW - timedelta(days=10)))
    feeds.note(NOW)
    Feed.objects.update(closed_at=NOW)

    assert not Feed.objects.silent(NOW)
    assert not feed("shop").is_expected
    orders("shop", *last_days(1, until=NOW + timedelta(days=1)))
    feeds.note(NOW + timedelta(days=1))
    assert feed("shop").is_expected
    assert [found.source for found in Feed.objects.silent(NOW + timedelta(days=40))] == ["shop"]


def test_late_is_what_was_recorded_more_than_a_day_after_it_happened():
    customer = account()
    came(order(customer, "2026-03-28 10:00", source="shop", external_id="1"), "2026-03-29 10:00")
    came(order(customer, "2026-03-28 09:00", source="shop", external_id="2"), "2026-03-29 10:00")
    came(order(customer, "2026-03-19 10:00", source="shop", external_id="3"), "2026-03-29 10:00")
    came(payment(customer, 10, "2026-03-27", source="shop"), "2026-03-28 23:00")
    came(payment(customer, 10, "2026-03-27", source="bank"), "2026-03-29 01:00")
    came(subscription(customer, 10, "2026-05-01", source="bank"), "2026-03-29 01:00")

    feeds.note(NOW)

    found = FeedDay.objects.order_by("feed__kind", "feed__source")
    assert list(found.values_list("feed__kind", "feed__source", "facts", "late", "latest")) == [
        ("order", "shop", 3, 2, timedelta(days=10)),
        ("payment", "bank", 1, 1, timedelta(days=1, hours=1)),
        ("payment", "shop", 1, 0, None),
        ("subscription", "bank", 1, 0, None),
    ]


def test_noting_again_counts_two_days_and_once_a_day_everything():
    orders("shop", *last_days(10))
    feeds.note(NOW)
    old = FeedDay.objects.order_by("day").first()
    FeedDay.objects.filter(pk=old.pk).update(facts=77)
    orders("shop", str(NOW.date()), of=account("Other"), hour=5)
    Order.objects.filter(external_id="shop-2026-03-30-3").delete()

    feeds.note(NOW + timedelta(minutes=5))

    counts = dict(FeedDay.objects.values_list("day", "facts"))
    assert counts[old.day] == 77
    assert counts[NOW.date()] == 2
    assert day("2026-03-30") not in counts
    feeds.note(NOW + timedelta(days=1))
    assert dict(FeedDay.objects.values_list("day", "facts"))[old.day] == 1


def test_a_source_whose_facts_are_all_gone_goes_too():
    orders("shop", *last_days(2))
    feeds.note(NOW)
    Order.objects.all().delete()

    feeds.note(NOW + timedelta(days=1))

    assert not Feed.objects.exists()


def test_the_number_of_queries_does_not_depend_on_what_came(django_assert_num_queries):
    feeds.note(NOW)
    customer = account()
    for source in ("shop", "bank", "crm"):
        came(payment(customer, 10, "2026-03-30", source=source), "2026-03-30 10:00")
    feeds.note(NOW)
    with connection.execute_wrapper(counting := Counting()):
        feeds.note(NOW)
    Payment.objects.exclude(source="shop").delete()

    with django_assert_num_queries(counting.queries):
        feeds.note(NOW)


class Counting:
    def __init__(self):
        self.queries = 0

    def __call__(self, execute, sql, params, many, context):
        self.queries += 1
        return execute(sql, params, many, context)
