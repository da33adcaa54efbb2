"""Roll-ups are made anew beside those that there are, and only what differs is written."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from accounts.rollups import attribution, statements, visitors
from accounts.rollups.attribution import MOMENTS, belongs, hashing


@dataclass(frozen=True)
class Rollup:
    """`key` are columns that are never null, by which rows of both sides can find one another; `rest` the others."""

    name: str
    key: tuple[str, ...]
    rest: tuple[str, ...]

    @property
    def table(self) -> str:
        return f"accounts_{self.name}"

    @property
    def columns(self) -> str:
        return ", ".join([*self.key, *self.rest, "account_id", "contact_id"])

    @property
    def same(self) -> str:
        """The condition by which a row `r` is as `m` was made."""
        rest = (*self.rest, "account_id", "contact_id")
        return " AND ".join(
            [
                *(f"r.{column} = m.{column}" for column in self.key),
                *(f"r.{column} IS NOT DISTINCT FROM m.{column}" for column in rest),
            ]
        )


ACTIVITY = Rollup(
    "activityday",
    ("person", "day", "name", "object", "campaign", "machine"),
    ("company", "late_on", "count", "valued", "value", "last_value", "last_at"),
)
SESSION = Rollup(
    "session",
    ("person", "began", "ended", "session"),
    (*("company", "day", "recorded_at", "events", "pages", "entry", "exit", "goals", "channel", "campaign"),),
)
DELIVERY = Rollup("delivery", ("person", "mail"), ("company", "campaign", "recorded_at", *MOMENTS))

# Visits over midnight of a first day are made as one by its mark. Those that began days before, or months, are looked
# for where somebody was active at that midnight.
SEAMS = f"""
INSERT INTO accounts_eventmark (person, day)
WITH edges AS (
  SELECT edge, edge::timestamp AT TIME ZONE %(zone)s AS midnight FROM unnest(%(edges)s::date[]) edge),
active AS MATERIALIZED (
  SELECT DISTINCT a.person, e.edge, e.midnight FROM edges e JOIN rollup_activityday a ON a.day IN (e.edge, e.edge - 1)),
around AS (
  SELECT s.person, s.began, s.ended, e.edge, e.midnight
  FROM edges e JOIN accounts_session s ON s.day BETWEEN e.edge - 3 AND e.edge + 2
  UNION ALL
  SELECT a.person, s.began, s.ended, a.edge, a.midnight FROM active a, LATERAL (
    SELECT began, ended FROM accounts_session s WHERE s.person = a.person AND s.began < a.midnight - interval '1 day'
    ORDER BY began DESC LIMIT 2) s)
SELECT DISTINCT person, edge FROM around
WHERE began < midnight + {statements.MARGIN} AND ended >= midnight - {statements.MARGIN} - {statements.PAUSE}"""


# The rows that there are of the same days, stretches and mails
ROWS_OF_DAYS = """
(SELECT r.* FROM rollup_day d, LATERAL (
   SELECT * FROM accounts_activityday r WHERE r.person = d.person AND r.day = d.day OFFSET 0) r)"""
ROWS_OF_STRETCHES = """
(SELECT r.* FROM rollup_stretch s, LATERAL (
   SELECT * FROM accounts_session r
   WHERE r.person = s.person AND r.began >= s.lower AND r.began < s.upper
     AND r.began >= coalesce(%(gone)s, '-infinity'::timestamptz) OFFSET 0) r)"""
ROWS_OF_MAILS = """
(SELECT r.* FROM rollup_mail m, LATERAL (
   SELECT * FROM accounts_delivery r WHERE r.person = m.person AND r.mail = m.mail OFFSET 0) r)"""
ROWS_OF_SPAN = "(SELECT * FROM {table} WHERE day >= %(first)s AND day < %(next)s)"
WHOLE_ROWS_OF_SPAN = """
(SELECT * FROM accounts_session
 WHERE day >= %(first)s AND day < %(next)s AND began >= coalesce(%(gone)s, '-infinity'::timestamptz))"""


def of_marks(cursor: CursorWrapper, zone: str, floor: datetime, gone: datetime | None) -> None:
    """Of the days of rollup_day: activity of those, sessions that touch them, and deliveries of their mails."""
    given: dict[str, Any] = statements.PARAMETERS | {"zone": zone, "floor": floor, "gone": gone}
    _drop(cursor, "reached", "stretch", "event", "mail")
    visitors.group(cursor, "rollup_day")
    visitors.name(cursor)
    cursor.execute(statements.STRETCHES, given)
    cursor.execute(statements.EVENTS_OF_STRETCHES, given)
    cursor.execute(statements.MAILS, given)
    _drop(cursor, "activityday", "session", "delivery", "closed")
    cursor.execute(statements.CLOSED.format(among="rollup_stretch"), given)
    with hashing(cursor):
        cursor.execute(statements.ACTIVITY.format(events=statements.OF_MARKED_DAYS), given)
        cursor.execute(statements.SESSIONS.format(events=statements.OF_STRETCHES), given)
        cursor.execute(statements.DELIVERIES.format(events=statements.OF_MAILS, there=ROWS_OF_MAILS), given)
    there = {ACTIVITY: ROWS_OF_DAYS, SESSION: ROWS_OF_STRETCHES, DELIVERY: ROWS_OF_MAILS}
    _write(cursor, there, given)


def of_span(cursor: CursorWrapper, first: date, after: date, zone: str, gone: datetime | None) -> None:
    """Activity of the days, and sessions that began on them; what reaches over the edges is marked."""
    given: dict[str, Any] = statements.PARAMETERS | {
        "zone": zone,
        "first": first,
        "next": after,
        "gone": gone,
    }
    edges: dict[str, Any] = {"zone": zone, "edges": [first, after]}
    _drop(cursor, "activityday", "session", "closed")
    with hashing(cursor):
        visitors.name(cursor, "accounts_knownperson")
        cursor.execute(statements.ACTIVITY.format(events=statements.OF_DAYS), given)
        cursor.execute(statements.CLOSED.format(among="rollup_activityday"), given)
        cursor.execute(statements.SESSIONS.format(events=statements.OF_DAYS), given)
        cursor.execute(SEAMS, edges)
        there = {ACTIVITY: ROWS_OF_SPAN.format(table=ACTIVITY.table), SESSION: WHOLE_ROWS_OF_SPAN}
        _write(cursor, there, given)
        cursor.execute(SEAMS, edges)


def of_mails(cursor: CursorWrapper, zone: str, floor: datetime) -> None:
    """All deliveries, from the events since then."""
    given: dict[str, Any] = statements.PARAMETERS | {"zone": zone, "floor": floor}
    _drop(cursor, "delivery")
    with hashing(cursor):
        cursor.execute(
            statements.DELIVERIES.format(events=statements.OF_ALL_MAILS, there=DELIVERY.table), given
        )
        _write(cursor, {DELIVERY: DELIVERY.table}, given)


def _drop(cursor: CursorWrapper, *names: str) -> None:
    """Of the last pass, in a larger transaction."""
    cursor.execute("DROP TABLE IF EXISTS " + ", ".join(f"rollup_{name}" for name in names))


def _write(cursor: CursorWrapper, there: dict[Rollup, str], given: dict[str, Any]) -> None:
    _drop(cursor, "pair")
    pairs = " UNION ".join(f"SELECT person, company FROM rollup_{rollup.name}" for rollup in there)
    cursor.execute(f"CREATE TEMP TABLE rollup_pair ON COMMIT DROP AS {pairs}")
    attribution.find(cursor)
    for rollup, rows in there.items():
        _write_one(cursor, rollup, rows, given)


def _write_one(cursor: CursorWrapper, rollup: Rollup, there: str, given: dict[str, Any]) -> None:
    """Rows that are as they were made stay; those that are not go, and those that are missing come."""
    _drop(cursor, "there", "made", "kept", "gone")
    cursor.execute(f"CREATE TEMP TABLE rollup_there ON COMMIT DROP AS SELECT r.* FROM {there} r", given)
    with hashing(cursor):
        cursor.execute(
            "CREATE TEMP TABLE rollup_made ON COMMIT DROP AS SELECT m.*, w.account_id, w.contact_id"
            f" FROM rollup_{rollup.name} m LEFT JOIN rollup_who w ON {belongs(rollup.table, 'm')}",
            given,
        )
        cursor.execute("ANALYZE rollup_there, rollup_made")
        cursor.execute(
            # Of several that are alike (visits of no length at one moment) each finds one of its own.
            "CREATE TEMP TABLE rollup_kept ON COMMIT DROP AS SELECT id, place FROM ("
            "  SELECT r.id, m.ctid AS place, rank() OVER (PARTITION BY m.ctid ORDER BY r.id) AS one,"
            "         rank() OVER (PARTITION BY r.id ORDER BY m.ctid) AS other"
            f" FROM rollup_there r JOIN rollup_made m ON {rollup.same}) alike WHERE one = other"
        )
        cursor.execute(
            "CREATE TEMP TABLE rollup_gone ON COMMIT DROP AS SELECT id FROM rollup_there r"
            " WHERE NOT EXISTS (SELECT FROM rollup_kept k WHERE k.id = r.id);"
            " ANALYZE rollup_kept, rollup_gone"
        )
    cursor.execute(f"DELETE FROM {rollup.table} WHERE id IN (SELECT id FROM rollup_gone)")
    cursor.execute(
        f"INSERT INTO {rollup.table} ({rollup.columns}) SELECT {rollup.columns} FROM rollup_made m"
        " WHERE NOT EXISTS (SELECT FROM rollup_kept k WHERE k.place = m.ctid)"
    )


def locked(*, wait: bool = False) -> bool:
    """Whether we have the roll-ups for ourselves, till the end of the transaction: nobody writes a row twice."""
    how = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {how}(hashtext('accounts_rollups'))")
        return wait or bool(cursor.fetchone()[0])
