"""Months of events are there before the first of them, and go as a whole."""

import pytest
from django.db import connection

from accounts.intake import partitions
from accounts.models import Event, EventKey, Retention
from tests.factories import at, organisation

pytestmark = pytest.mark.django_db


def stored(when):
    return Event.objects.create(
        happened_at=at(when), source="shop", message_id=when, name="Page", person="0" * 32
    )


def partition_of(event):
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM accounts_event WHERE id = %s", [event.pk])
        return cursor.fetchone()[0]


def test_months_ahead_are_made_once():
    partitions.make_ahead(at("2026-11-15"))
    partitions.make_ahead(at("2026-12-15"))

    assert [f"{month:%Y-%m}" for month in partitions.months()] == [
        "2026-11",
        "2026-12",
        "2027-01",
        "2027-02",
        "2027-03",
    ]


def test_what_lies_in_the_default_partition_moves_into_its_month():
    events = [
        stored("2026-01-31 23:59"),
        stored("2026-02-01"),
        stored("2026-02-28 23:59"),
        stored("2026-03-01"),
    ]
    assert {partition_of(event) for event in events} == {"accounts_event_other"}

    partitions.make([partitions.month_of(at("2026-02-10"))])

    others = "accounts_event_other"
    month = "accounts_event_2026_02"
    assert [partition_of(event) for event in events] == [others, month, month, others]
    assert partition_of(stored("2026-02-02")) == month


def test_months_go_one_by_one_with_their_keys():
    partitions.make([partitions.month_of(at(day)) for day in ("2026-01-10", "2026-02-10", "2026-03-10")])
    for when in ("2025-12-31", "2026-01-31 23:59", "2026-02-01"):
        stored(when)
    stays = stored("2026-03-01")
    for number, day in enumerate(["2025-12-31", "2026-01-31", "2026-02-01", "2026-03-01"]):
        EventKey.objects.create(digest=f"{number}" * 32, day=day)
    limit = at("2026-03-01")

    assert partitions.drop_one_before(limit) == 2
    assert Retention.current().events_gone_before == at("2026-02-01")
    assert partitions.drop_one_before(limit) == 1
    assert partitions.drop_one_before(limit) == 0

    assert Event.objects.get() == stays
    assert EventKey.objects.get().day == at("2026-03-01").date()
    assert partitions.months() == [at("2026-03-01")]
    assert Retention.current().events_gone_before == at("2026-03-01")


@pytest.mark.parametrize("zone", ["UTC", "Asia/Riyadh", "America/New_York"])
def test_month_before_the_first_that_is_taken_stays(zone):
    here = organisation(time_zone=zone)

    assert partitions.kept_from(at("2026-03-15"), here) == at("2026-02-01")
