"""Hours of work between two instants: whose calendar, which days, which clock."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, WorkingCalendar
from tests.factories import account, at, organisation, ticket
from tests.metrics.asking import NOW, answer, ask

pytestmark = pytest.mark.django_db

FRIDAY, SATURDAY, SUNDAY = 5, 6, 7
WORKING = {"hours": "working"}
HOUR = timedelta(hours=1)


def calendar(name="Everywhere", **fields):
    """From 9 to 17."""
    return WorkingCalendar.objects.create(name=name, **fields)


def answered(opened, replied, who=None, **fields):
    return ticket(who, [("opened", opened), ("replied", replied)], **fields)


def hours(key="time_to_first_response_mean", window="all", **question):
    """Working hours, to the minute."""
    found = answer(key, "2026-12-31", window=window, parameters=WORKING, **question)
    return round(found.value * 60) / 60


# 5 March 2026 is a Thursday.
@pytest.mark.parametrize(
    ("opened", "replied", "worked"),
    [
        ("2026-03-05 10:00", "2026-03-05 12:30", 2.5),
        ("2026-03-05 16:00", "2026-03-06 10:00", 2),  # over night
        ("2026-03-05 22:00", "2026-03-06 10:00", 1),  # opened at night
        ("2026-03-05 22:00", "2026-03-06 03:00", 0),  # and answered
        ("2026-03-05 06:00", "2026-03-05 09:30", 0.5),
        ("2026-03-06 16:00", "2026-03-09 10:00", 2),  # over Saturday and Sunday
        ("2026-03-07 12:00", "2026-03-08 12:00", 0),
        ("2026-03-07 12:00", "2026-03-16 12:00", 43),
        ("2026-03-05 10:00", "2026-03-05 10:00", 0),
    ],
)
def test_hours_between_nine_and_five(opened, replied, worked):
    calendar()
    answered(opened, replied)

    assert hours() == worked


def test_weekend_may_be_friday_and_saturday():
    calendar(weekend=[FRIDAY, SATURDAY])
    answered("2026-03-05 16:00", "2026-03-08 10:00")

    assert hours() == 2


def test_nobody_works_on_a_holiday():
    calendar(holidays=[date(2026, 3, 5), date(2026, 3, 9)])
    answered("2026-03-04 16:00", "2026-03-10 10:00")

    assert hours() == 1 + 8 + 1  # Wednesday, Friday, Tuesday


def test_hours_are_those_of_the_calendar_s_time_zone():
    organisation(time_zone="America/New_York")
    calendar(time_zone="Asia/Riyadh")
    answered("2026-03-05 05:00", "2026-03-05 07:00")  # 8 to 10 in Riyadh

    assert hours() == 1


def test_a_calendar_without_a_time_zone_has_the_organisation_s():
    organisation(time_zone="America/New_York")
    calendar()
    answered("2026-03-05 13:00", "2026-03-05 15:00")  # 8 to 10 in New York

    assert hours() == 1


@pytest.mark.parametrize(
    ("on", "replied", "worked"), [("2026-03-29", "09:00", 3), ("2026-10-25", "09:00", 5)]
)
def test_a_night_shift_has_an_hour_less_and_more_when_clocks_change(on, replied, worked):
    calendar(time_zone="Europe/Berlin", weekend=[], opens="00:00", closes="04:00")
    opened = datetime.combine(date.fromisoformat(on), time(0), ZoneInfo("Europe/Berlin"))
    answered(opened.astimezone(UTC), f"{on} {replied}")

    assert hours() == worked


def test_without_a_calendar_whole_days_but_the_organisation_s_weekend_are_worked():
    organisation(weekend=[FRIDAY, SATURDAY], time_zone="Asia/Riyadh")
    answered("2026-03-05 10:00", "2026-03-08 00:00")  # Thursday from 13:00, Sunday until 3:00

    assert hours() == 11 + 3


def test_whole_days_have_the_hours_that_they_have():
    organisation(weekend=[], time_zone="Asia/Beirut")
    answered("2026-03-28 00:00", "2026-03-30 00:00")

    assert hours() == 48


def test_nobody_ever_works():
    calendar(weekend=[*range(1, 8)])
    answered("2026-03-05 10:00", "2026-03-08 00:00")

    assert hours() == 0


def test_the_ticket_s_own_calendar_comes_first_then_that_of_the_team_of_the_country_and_of_all():
    team = Team.objects.create(name="North")
    own = calendar("Own", country="SY", opens="10:00", closes="11:00")
    calendar("A team's", team=team, opens="10:00", closes="12:00")
    calendar("In Egypt", country="EG", opens="10:00", closes="13:00")
    calendar("Zonal", opens="10:00", closes="14:00")
    of_team, of_country = account("One", team=team, country="EG"), account("Two", country="EG")
    of_none = account("Three", country="SA")
    for who in (of_team, of_country, of_none):
        answered("2026-03-05 09:00", "2026-03-05 18:00", who)

    assert [hours(account=who.pk) for who in (of_team, of_country, of_none)] == [2, 3, 4]
    of_team.tickets.update(calendar=own)
    assert hours(account=of_team.pk) == 1


def test_a_calendar_of_a_team_in_a_country_is_for_both_at_once():
    team = Team.objects.create(name="North")
    calendar("Both", team=team, country="EG", opens="10:00", closes="11:00")
    both, other = account("One", team=team, country="EG"), account("Two", team=team)
    for who in (both, other):
        answered("2026-03-05 09:00", "2026-03-05 18:00", who)

    assert [hours(account=who.pk) for who in (both, other)] == [1, 9]


def test_what_a_merged_account_asked_has_the_calendar_of_the_survivor():
    calendar("In Egypt", country="EG", opens="10:00", closes="13:00")
    survivor = account("One", country="EG")
    answered("2026-03-05 09:00", "2026-03-05 18:00", account("Two", merged_into=survivor))

    assert hours(account=survivor.pk) == 3


def test_every_duration_takes_working_hours():
    calendar(opens="10:00", closes="12:00")
    log = [
        ("opened", "2026-03-02 09:00"),
        ("replied", "2026-03-02 11:00"),
        ("waiting", "2026-03-02 11:00"),
        ("replied", "2026-03-04 11:00", "customer"),
        ("resolved", "2026-03-04 18:00"),
    ]
    ticket(account(), log)

    keys = ["time_to_first_response", "time_to_first_response_p90", "time_to_first_response_mean"]
    assert [hours(key) for key in keys] == [1, 1, 1]
    keys = ["time_to_resolution", "time_to_resolution_median", "time_to_resolution_net"]
    assert [hours(key) for key in keys] == [6, 6, 2]


def test_what_is_open_is_watched_for_working_hours():
    calendar()
    answered("2026-12-30 16:00", "2026-12-31 10:00")  # 2 hours
    ticket(opened="2026-12-31 16:00")  # 1 hour until five, and now it is eight

    assert hours("time_to_first_response_p90") == 2


def test_calendar_hours_are_the_default_and_the_answer_says_which():
    calendar()
    answered("2026-03-05 16:00", "2026-03-06 10:00")

    usual = answer("time_to_first_response", "2026-12-31", window="all")
    chosen = answer("time_to_first_response", "2026-12-31", window="all", parameters=WORKING)
    assert (usual.value, usual.parameters) == (18, (("hours", "calendar"),))
    assert (chosen.value, chosen.parameters) == (2, (("hours", "working"),))


def test_statements_do_not_grow_with_calendars_and_tickets():
    def statements():
        with CaptureQueriesContext(connection) as captured:
            ask(["time_to_resolution_net"], "2026-12-31", window="all", parameters=WORKING)
        return len(captured)

    counts = []
    organisation()
    for number in range(3):
        calendar(str(number), country="EG")
        answered("2026-03-05 16:00", "2026-03-06 10:00")
        counts.append(statements())
    assert counts == [counts[0]] * 3


# By the minute


def is_worked(moment, worked):
    local = moment.astimezone(ZoneInfo(worked.time_zone))
    on_a_day = local.isoweekday() not in worked.weekend and local.date() not in worked.holidays
    return on_a_day and worked.opens <= local.time() < worked.closes


@pytest.mark.parametrize("seed", range(6))
def test_hours_equal_the_count_of_worked_half_hours(seed):
    random = Random(seed)
    zone = random.choice(["Europe/Berlin", "Asia/Beirut", "America/New_York", "Asia/Kathmandu"])
    opens = random.randint(0, 12)
    worked = calendar(
        time_zone=zone,
        weekend=random.choice([[6, 7], [5, 6], [5], []]),
        opens=time(opens),
        closes=time(random.randint(opens + 1, 23), 30),
        holidays=[date(2026, 3, day) for day in random.sample(range(1, 31), 3)],
    )
    half, total, count = HOUR / 2, 0, 12
    for _ in range(count):
        opened = at("2026-03-20 00:00") + half * random.randint(0, 800)
        replied = opened + half * random.randint(0, 600)
        answered(opened, replied)
        steps = (opened + half / 2 + half * step for step in range((replied - opened) // half))
        total += sum(is_worked(moment, worked) for moment in steps)

    assert hours() == round(Decimal(total) / 2 / count * 60) / 60
    assert replied < NOW
