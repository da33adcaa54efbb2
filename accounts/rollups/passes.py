"""What was marked is rolled up: some marks in a transaction, until there are none."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from accounts.intake import partitions, worker
from accounts.models import Organisation, Retention
from accounts.rollups import attribution, making, visitors

# So many marks are taken at once: seconds of work, after which others may have their turn.
MARKS = 5_000
SOON = timedelta(minutes=10)
# With all others of the same persons: in a backlog a day is marked by every batch, and made anew once.
TAKE = """
CREATE TEMP TABLE rollup_mark ON COMMIT DROP AS SELECT person, company, day FROM accounts_eventmark WITH NO DATA;
WITH first AS MATERIALIZED (SELECT id, person FROM accounts_eventmark ORDER BY id LIMIT %s),
taken AS (
  DELETE FROM accounts_eventmark WHERE id IN (SELECT id FROM first) OR person IN (SELECT person FROM first)
  RETURNING person, company, day)
INSERT INTO rollup_mark SELECT DISTINCT person, company, day FROM taken"""
SORTED = """
SELECT count(*) FILTER (WHERE day IS NOT NULL), count(*) FILTER (WHERE day IS NULL) FROM rollup_mark"""
DAYS = """
CREATE TEMP TABLE rollup_day ON COMMIT DROP AS
SELECT DISTINCT person, day FROM rollup_mark WHERE day >= %s AND person IS NOT NULL"""


def gone_before() -> datetime | None:
    return Retention.current().events_gone_before


def roll_up(until: datetime, clock: Callable[[], datetime] = timezone.now, *, wait: bool = False) -> int:
    """How many marks were taken, until there are none, somebody else is at it, or the time is over."""
    taken = 0
    while clock() < until and (some := _roll_up_some(wait=wait)):
        taken += some
    return taken


@transaction.atomic
def _roll_up_some(*, wait: bool) -> int:
    if not making.locked(wait=wait):
        return 0
    organisation = Organisation.current()
    gone = gone_before()
    first = partitions.first_whole_day(organisation, gone)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS rollup_mark, rollup_day")
        cursor.execute(TAKE, [MARKS])
        cursor.execute(SORTED)
        days, others = cursor.fetchone()
        taken = days + others
        cursor.execute(DAYS, [first])
        if others:
            days += visitors.mark_joined_or_parted(cursor, first)
        if days:
            making.of_marks(cursor, organisation.time_zone, organisation.start_of(first), gone)
        if others:
            attribution.attribute_anew(cursor, organisation.time_zone)
    return int(taken)


def catch_up(now: datetime) -> None:
    """All that was accepted by now is in the roll-ups, whoever took it."""
    until = now + SOON
    worker.turn(until)
    if worker.came_back(now):
        worker.turn(until)
    roll_up(until, wait=True)
