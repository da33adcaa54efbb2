"""When so many working days are over; and whose calendar says so."""

from datetime import date, time

import pytest

from accounts.models import Team, WorkingCalendar
from accounts.working_hours import calendar_of, days_later
from tests.factories import account, at, organisation

pytestmark = pytest.mark.django_db


def calendar(**fields):
    """From Sunday to Thursday, nine to five."""
    given = {"name": "Office", "weekend": [5, 6], "opens": time(9), "closes": time(17)}
    return WorkingCalendar.objects.create(**given | fields)


# 2026-03-05 is a Thursday.
@pytest.mark.parametrize(
    ("came", "days", "due"),
    [
        ("2026-03-03 10:30", 2, "2026-03-05 10:30"),
        ("2026-03-03 10:30", 0, "2026-03-03 10:30"),
        # Over the weekend.
        ("2026-03-05 16:59", 1, "2026-03-08 16:59"),
        # Outside hours: as the next day of work begins.
        ("2026-03-03 06:00", 2, "2026-03-05 09:00"),
        ("2026-03-03 17:01", 2, "2026-03-08 09:00"),
        ("2026-03-06 10:30", 2, "2026-03-10 09:00"),
        # On a holiday.
        ("2026-03-15 10:30", 1, "2026-03-17 09:00"),
        ("2026-03-12 10:30", 1, "2026-03-16 10:30"),
    ],
)
def test_days_of_work_later(came, days, due):
    office = calendar(holidays=[date(2026, 3, 15)])

    assert days_later(at(came), days, office, organisation()) == at(due)


def test_hours_are_those_of_the_zone_also_when_the_clocks_change():
    """In Berlin they are put forward on Sunday, 29 March."""
    office = calendar(weekend=[6, 7], time_zone="Europe/Berlin")

    assert days_later(at("2026-03-27 09:30"), 1, office, organisation()) == at("2026-03-30 08:30")


def test_without_a_calendar_whole_days_but_the_weekend_are_worked():
    here = organisation(weekend=[5, 6], time_zone="Asia/Riyadh")

    assert days_later(at("2026-03-05 20:00"), 1, None, here) == at("2026-03-08 20:00")


def test_a_calendar_without_days_of_work_ends_nowhere_else():
    never = calendar(weekend=[1, 2, 3, 4, 5, 6, 7])

    assert days_later(at("2026-03-03 10:30"), 2, never, organisation()) == at("2026-03-05 10:30")


def test_nearest_calendar():
    west = Team.objects.create(name="West")
    everywhere = calendar(name="Everywhere")
    in_egypt, of_west = calendar(name="Egypt", country="EG"), calendar(name="West", team=west)

    assert calendar_of(account(team=west, country="EG")) == of_west
    assert calendar_of(account(country="EG")) == in_egypt
    assert calendar_of(account(country="SA")) == everywhere
    assert calendar_of(None) == everywhere


def test_no_calendar():
    calendar(country="EG")

    assert calendar_of(account(country="SA")) is None
