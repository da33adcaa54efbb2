"""Quiet hours and the moment of the digest, by the clock on somebody's wall.

Moments are compared in UTC: two of one zone would be compared by what the clock shows, which it shows twice in autumn.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
LONGEST_WEEKEND = 7


def is_quiet(now: datetime, zone: ZoneInfo, begins: time | None, ends: time | None) -> bool:
    """`begins` after `ends`: over midnight. What ended once a night does not begin again."""
    if begins is None or ends is None:
        return False
    today = now.astimezone(zone).date()
    over_midnight = DAY if begins > ends else timedelta(0)
    return any(
        moment(day, begins, zone) <= now < moment(day + over_midnight, ends, zone)
        for day in (today - DAY, today)
    )


def is_weekend(now: datetime, zone: ZoneInfo, weekend: Collection[int]) -> bool:
    return now.astimezone(zone).isoweekday() in weekend


def last_digest(now: datetime, zone: ZoneInfo, at: time, weekend: Collection[int]) -> date:
    """The day of the latest that is not ahead: a working day; where there is none in a week, any."""
    today = now.astimezone(zone).date()
    days = [today - number * DAY for number in range(LONGEST_WEEKEND + 1)]
    past = [day for day in days if moment(day, at, zone) <= now]
    working = [day for day in past if day.isoweekday() not in weekend]
    return (working or past)[0]


def moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """In UTC. Of a time that comes twice the first; of one that is left out as if the clock had not been moved."""
    return datetime.combine(day, at, zone).astimezone(UTC)
