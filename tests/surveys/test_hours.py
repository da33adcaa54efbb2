"""When messages leave: in hours that are worked, so many an hour."""

from datetime import date, timedelta

import pytest

from accounts.models import Organisation, WorkingCalendar
from accounts.working_hours import LONGEST_BREAK
from surveys.hours import Readers, turns_of
from surveys.models import Distribution
from tests.factories import at

pytestmark = pytest.mark.django_db
# A Wednesday.
NOW = at("2026-05-20 10:20")
HERE = Readers("", None, "")


def moments(count=1, readers=HERE, now=NOW, **fields):
    turns = turns_of(Distribution(**fields), [(readers, count)], now)
    return [(f"{turn.at:%d %H:%M}", turn.until - turn.after) for turn in turns]


@pytest.mark.parametrize(
    ("now", "first"),
    [
        ("2026-05-20 10:20", "20 10:20"),
        ("2026-05-20 05:00", "20 09:00"),
        ("2026-05-20 17:00", "21 09:00"),
        ("2026-05-22 18:00", "25 09:00"),
    ],
)
def test_it_leaves_when_work_begins_next(now, first):
    assert moments(now=at(now)) == [(first, 1)]


def test_time_zone_is_the_persons_own():
    assert moments(readers=HERE._replace(zone="Asia/Riyadh"), now=at("2026-05-20 02:00")) == [("20 06:00", 1)]


def test_nearest_calendar_says_when_its_people_work():
    Organisation.current()
    WorkingCalendar.objects.create(name="All", opens="08:00", closes="12:00", weekend=[])
    WorkingCalendar.objects.create(
        name="Saudi", country="SA", time_zone="Asia/Riyadh", weekend=[5, 6], holidays=[date(2026, 5, 24)]
    )
    evening = at("2026-05-21 18:00")

    assert moments(now=evening) == [("22 08:00", 1)]
    assert moments(readers=HERE._replace(country="SA"), now=evening) == [("25 06:00", 1)]


def test_no_more_than_so_many_leave_in_an_hour():
    assert moments(7, per_hour=3, now=at("2026-05-20 15:30")) == [
        ("20 15:30", 3),
        ("20 16:00", 3),
        ("21 09:00", 1),
    ]
    assert moments(5, per_hour=3, working_hours=False, now=at("2026-05-20 23:30")) == [
        ("20 23:30", 3),
        ("21 00:00", 2),
    ]


def test_hour_is_shared_by_all_time_zones():
    groups = [(HERE, 2), (HERE._replace(zone="Europe/Berlin"), 2)]

    turns = turns_of(Distribution(per_hour=3), groups, NOW)

    assert [(turn.zone, turn.at.hour, turn.after, turn.until) for turn in turns] == [
        ("", 10, 0, 2),
        ("Europe/Berlin", 10, 0, 1),
        ("Europe/Berlin", 11, 1, 2),
    ]


def test_calendar_without_a_day_of_work_holds_nobody_up_for_ever():
    WorkingCalendar.objects.create(name="Never", weekend=[1, 2, 3, 4, 5, 6, 7])

    (turn,) = turns_of(Distribution(), [(HERE, 1)], NOW)

    assert turn.at == NOW + timedelta(days=LONGEST_BREAK)
