"""When messages leave: in the working hours of their readers, so many an hour, set before any of them can leave."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.models import Organisation, WorkingCalendar
from accounts.working_hours import LONGEST_BREAK, is_worked, nearest, shift, zone_of
from surveys.models import Distribution

HOUR = timedelta(hours=1)
# Where there is no calendar.
OPENS, CLOSES = time(9), time(17)

# Of messages m: what says when their readers work.
_READERS = """
SELECT coalesce(c.time_zone, '') AS zone, a.team_id AS team, coalesce(a.country, '') AS country{columns}
FROM accounts_message m LEFT JOIN accounts_contact c ON c.id = m.contact_id
LEFT JOIN accounts_account a ON a.id = m.account_id WHERE m.state = 'waiting' AND {which}"""
_COUNT = "SELECT zone, team, country, count(*) FROM ({readers}) r GROUP BY 1, 2, 3 ORDER BY 4, 1, 2, 3"
_SET = """
UPDATE accounts_message m SET due_at = t.at
FROM (SELECT r.*, row_number() OVER (PARTITION BY zone, team, country ORDER BY id) AS place FROM ({readers}) r) r
JOIN unnest(%(zones)s::text[], %(teams)s::bigint[], %(countries)s::text[], %(after)s::int[], %(until)s::int[],
  %(moments)s::timestamptz[]) AS t (zone, team, country, after, until, at)
  ON t.zone = r.zone AND t.team IS NOT DISTINCT FROM r.team AND t.country = r.country
  AND r.place > t.after AND r.place <= t.until
WHERE m.id = r.id"""


class Readers(NamedTuple):
    zone: str
    team: int | None
    country: str


class Turn(NamedTuple):
    """Those of the readers behind place `after`, up to `until`."""

    zone: str
    team: int | None
    country: str
    after: int
    until: int
    at: datetime


def spread(distribution: Distribution, which: str, given: dict[str, Any], now: datetime) -> None:
    """`which`: of the messages m, in SQL. Within the transaction that made them."""
    if not (distribution.working_hours or distribution.per_hour):
        return
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(readers=_READERS.format(columns="", which=which)), given)
        groups = [(Readers(zone, team, country), count) for zone, team, country, count in cursor.fetchall()]
        turns = turns_of(distribution, groups, now)
        columns = ("zones", "teams", "countries", "after", "until", "moments")
        listed = {name: [turn[place] for turn in turns] for place, name in enumerate(columns)}
        statement = _SET.format(readers=_READERS.format(columns=", m.id", which=which))
        cursor.execute(statement, given | listed)


def turns_of(distribution: Distribution, groups: Sequence[tuple[Readers, int]], now: datetime) -> list[Turn]:
    """As early as may be; those of whom there are few go first."""
    calendars, here = [*WorkingCalendar.objects.order_by("name")], Organisation.current()
    usual = WorkingCalendar(weekend=here.weekend, opens=OPENS, closes=CLOSES)
    taken: dict[datetime, int] = defaultdict(int)
    turns = []
    for readers, count in groups:
        placed = 0
        calendar = nearest(calendars, readers.team, readers.country) or usual
        zone = ZoneInfo(readers.zone) if readers.zone else zone_of(calendar, here)
        moments = _working(zone, calendar, here, now) if distribution.working_hours else _any(now)
        for at in moments:
            hour = at.replace(minute=0, second=0, microsecond=0)
            room = distribution.per_hour - taken[hour] if distribution.per_hour else count
            some = min(room, count - placed)
            if some > 0:
                turns.append(Turn(*readers, placed, placed + some, at))
                taken[hour] += some
                placed += some
            if placed == count:
                break
    return turns


def _any(now: datetime) -> Iterator[datetime]:
    yield now
    hour = now.replace(minute=0, second=0, microsecond=0)
    while True:
        hour += HOUR
        yield hour


def _working(
    zone: ZoneInfo, calendar: WorkingCalendar, here: Organisation, now: datetime
) -> Iterator[datetime]:
    """From now on the first moment of each hour that is worked in; where nobody works for so long, any."""
    today = now.astimezone(zone).date()
    for day in (today + timedelta(days=number) for number in range(LONGEST_BREAK)):
        if not is_worked(day, calendar, here):
            continue
        opens, closes = shift(calendar, day, zone)
        at = max(opens, now)
        while at < closes:
            yield at
            at = at.replace(minute=0, second=0, microsecond=0) + HOUR
    yield from _any(now + timedelta(days=LONGEST_BREAK))
