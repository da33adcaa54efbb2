"""When work is done: by which calendar, its days and hours, and when so many working days are over."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from accounts.models import Account, Organisation, WorkingCalendar

# A calendar of which no day is worked for so long is a mistake.
LONGEST_BREAK = 60


@dataclass(frozen=True)
class Shifts:
    """When a calendar's days of work begin, and how many seconds of work lie before each and, last, behind them all."""

    begin: tuple[datetime, ...]
    worked_before: tuple[int, ...]

    @classmethod
    def of(cls, shifts: Sequence[tuple[datetime, datetime]]) -> "Shifts":
        lengths = ((ends - begins) // timedelta(seconds=1) for begins, ends in shifts)
        return cls(tuple(begins for begins, _ends in shifts), tuple(accumulate(lengths, initial=0)))


def shifts_of(
    calendar: WorkingCalendar | None, organisation: Organisation, first: date, last: date
) -> Shifts:
    """Without a calendar whole days are worked, but for the organisation's weekend."""
    zone = zone_of(calendar, organisation)
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    worked = [day for day in days if is_worked(day, calendar, organisation)]
    return Shifts.of([shift(calendar, day, zone) for day in worked])


def calendar_of(account: Account | None) -> WorkingCalendar | None:
    team, country = (account.team_id, account.country) if account else (None, "")
    return nearest(WorkingCalendar.objects.order_by("name"), team, country)


def nearest(calendars: Iterable[WorkingCalendar], team: int | None, country: str) -> WorkingCalendar | None:
    """Of the team, else of the country, else the one that names neither."""
    for calendar in sorted(calendars, key=lambda calendar: (calendar.team_id is None, not calendar.country)):
        if calendar.team_id in (None, team) and calendar.country in ("", country):
            return calendar
    return None


def days_later(
    moment: datetime, days: int, calendar: WorkingCalendar | None, organisation: Organisation
) -> datetime:
    """So many days of work on, at the same time of day, but within the hours of the calendar.

    What comes when nobody works, comes as the next day of work begins.
    """
    zone = zone_of(calendar, organisation)
    came = moment.astimezone(zone)
    opens, closes = (calendar.opens, calendar.closes) if calendar else (time.min, time.max)
    is_late = came.time() > closes
    since = came.date() + timedelta(days=is_late)
    worked = _worked_from(since, calendar, organisation)
    first = next(worked, since)
    at = opens if is_late or first > came.date() else max(came.time(), opens)
    last = first
    for _number in range(days):
        last = next(worked, last + timedelta(days=1))
    return datetime.combine(last, at, zone).astimezone(UTC)


def _worked_from(day: date, calendar: WorkingCalendar | None, organisation: Organisation) -> Iterator[date]:
    idle = 0
    while idle < LONGEST_BREAK:
        idle = 0 if is_worked(day, calendar, organisation) else idle + 1
        if not idle:
            yield day
        day += timedelta(days=1)


def is_worked(day: date, calendar: WorkingCalendar | None, organisation: Organisation) -> bool:
    weekend = calendar.weekend if calendar else organisation.weekend
    return day.isoweekday() not in weekend and day not in (calendar.holidays if calendar else ())


def zone_of(calendar: WorkingCalendar | None, organisation: Organisation) -> ZoneInfo:
    return ZoneInfo(calendar.time_zone) if calendar and calendar.time_zone else organisation.zone


def shift(calendar: WorkingCalendar | None, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """In UTC: hours between two times of one zone are those of its wall, not of the clock."""
    opens, closes = (calendar.opens, calendar.closes) if calendar else (time.min, time.min)
    ends_on = day if calendar else day + timedelta(days=1)
    begins, ends = datetime.combine(day, opens, zone), datetime.combine(ends_on, closes, zone)
    return begins.astimezone(UTC), ends.astimezone(UTC)
