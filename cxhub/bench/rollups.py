"""What roll-ups cost: all of them made anew, beside hand-written statements; and a pass over what is new.

The floor of the days of activity is one GROUP BY over the same events that gives the same rows, its persons and
companies looked up in one table made for it: as a bare table, and in one with the same keys and indexes. Those of
sessions and deliveries ask less than cxhub has to (no goals, channels or campaigns), as bare tables.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from statistics import median
from time import perf_counter
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import EventMark, Job, Organisation, Touched
from accounts.rollups import passes, rebuilding
from cxhub.bench import event_book
from cxhub.bench.timing import Ratio, Timing, seconds_of

AIM = 1.3
NEW = (2_000, 20_000)
FEW = 10
KINDS = ("activityday", "session", "delivery")
TABLES = ", ".join(f"accounts_{kind}" for kind in KINDS)
WHO = """
CREATE TEMP TABLE floor_who AS
SELECT p.person, c.company, k.contact_id, coalesce(c.account_id, k.account_id) AS account_id
FROM bench_person p
LEFT JOIN (SELECT digest, contact_id, account_id FROM accounts_knownperson) k ON k.digest = p.person
CROSS JOIN LATERAL (SELECT p.company, (SELECT account_id FROM accounts_knowncompany kc WHERE kc.digest = p.company)
                    UNION ALL SELECT NULL, NULL) c(company, account_id);
ANALYZE floor_who"""
GROUPED = """
SELECT e.*, w.account_id, w.contact_id FROM (
  SELECT person, company, (happened_at AT TIME ZONE '{zone}')::date AS day, name, object, campaign, machine,
         CASE WHEN (recorded_at AT TIME ZONE '{zone}')::date > (happened_at AT TIME ZONE '{zone}')::date + 1
              THEN (recorded_at AT TIME ZONE '{zone}')::date END AS late_on,
         count(*) AS count, count(value) AS valued, sum(value) AS value,
         (array_agg(value ORDER BY happened_at DESC, message_id DESC) FILTER (WHERE value IS NOT NULL))[1]
           AS last_value,
         max(happened_at) AS last_at
  FROM accounts_event GROUP BY 1, 2, 3, 4, 5, 6, 7, 8) e
LEFT JOIN floor_who w ON w.person = e.person AND w.company IS NOT DISTINCT FROM e.company"""
BARE = "CREATE TABLE floor AS SELECT {columns} FROM ({grouped}) rows"
INDEXED = """
CREATE TABLE floor (LIKE accounts_activityday INCLUDING ALL);
INSERT INTO floor ({columns}) SELECT {columns} FROM ({grouped}) rows"""
COLUMNS = (
    "person, company, day, name, object, campaign, machine, late_on, count, valued, value, last_value, last_at,"
    " account_id, contact_id"
)
SESSIONS = """
CREATE TABLE floor AS
SELECT person, number, (array_agg(company))[1] AS company, min(happened_at) AS began, max(happened_at) AS ended,
       min(recorded_at) AS recorded_at, count(*) AS events, count(*) FILTER (WHERE name = 'Page') AS pages,
       (array_agg(object ORDER BY happened_at) FILTER (WHERE name = 'Page'))[1] AS entry,
       (array_agg(object ORDER BY happened_at DESC) FILTER (WHERE name = 'Page'))[1] AS exit
FROM (SELECT *, sum(begins::int) OVER (PARTITION BY person ORDER BY happened_at) AS number
      FROM (SELECT *, coalesce(happened_at - lag(happened_at) OVER w > interval '30 minutes'
                               OR session <> lag(session) OVER w, true) AS begins
            FROM accounts_event WHERE NOT machine AND name NOT LIKE 'Email%'
            WINDOW w AS (PARTITION BY person ORDER BY happened_at)) e) e
GROUP BY person, number"""
DELIVERIES = """
CREATE TABLE floor AS
SELECT person, object, min(recorded_at) AS recorded_at, min(happened_at) FILTER (WHERE name = 'Email Sent') AS sent_at,
       min(happened_at) FILTER (WHERE name = 'Email Delivered') AS delivered_at,
       min(happened_at) FILTER (WHERE name = 'Email Opened' AND NOT machine) AS opened_at,
       min(happened_at) FILTER (WHERE name = 'Email Link Clicked' AND NOT machine) AS clicked_at
FROM accounts_event WHERE name LIKE 'Email%' GROUP BY 1, 2"""


def measure(*, events: int, accounts: int, persons: int, repetitions: int) -> dict[str, Any]:
    """In an empty database, which it fills: a tenth of the events first, then all of them."""
    now = timezone.now()
    few = max(events // FEW, 1)
    event_book.build(accounts=accounts, persons=persons)
    passing = {}
    event_book.add_events(0, few, now)
    build()
    compare()
    passing[few] = _passes(few, repetitions, now)
    event_book.add_events(few, events, now)
    timings = _full(repetitions)
    passing[events] = _passes(events, repetitions, now)
    return {
        "sizes": {"events": events, "persons": persons, "accounts": accounts},
        "rows": _counts(),
        "full": timings,
        "passes": [
            {"stored": stored, "new": new, **found}
            for stored, of_stored in passing.items()
            for new, found in of_stored.items()
        ],
    }


# All of them


def _full(repetitions: int) -> dict[str, Any]:
    pieces: dict[str, Callable[[], float]] = {
        "one GROUP BY, a bare table": lambda: _floor(_grouped(BARE)),
        "one GROUP BY, with keys and indexes": lambda: _floor(_grouped(INDEXED)),
        "one query of sessions, a bare table": lambda: _floor(SESSIONS),
        "one query of deliveries, a bare table": lambda: _floor(DELIVERIES),
    }
    seconds: dict[str, list[float]] = {}
    for _repetition in range(repetitions):
        for name, piece in pieces.items():
            seconds.setdefault(name, []).append(piece())
        _forget()
        with parts() as spent:
            seconds.setdefault("all roll-ups made anew", []).append(seconds_of(build))
        for kind in KINDS:
            seconds.setdefault(f"of these: {NAMES[kind]}", []).append(spent[kind])
        seconds.setdefault("again, nothing to change", []).append(seconds_of(build))
    timings = {name: Timing(found) for name, found in seconds.items()}
    return {
        name: timing.as_json() | _ratio(timing, timings[FLOORS[name]] if name in FLOORS else None)
        for name, timing in timings.items()
    }


NAMES = {"activityday": "days of activity", "session": "sessions", "delivery": "deliveries"}
FLOORS = {
    "one GROUP BY, with keys and indexes": "one GROUP BY, a bare table",
    "of these: days of activity": "one GROUP BY, with keys and indexes",
    "of these: sessions": "one query of sessions, a bare table",
    "of these: deliveries": "one query of deliveries, a bare table",
}


def _ratio(timing: Timing, floor: Timing | None) -> dict[str, Any]:
    return {"ratio": Ratio.of(timing, floor).as_json()} if floor else {}


def _floor(statement: str) -> float:
    with connection.cursor() as cursor:
        try:
            return seconds_of(lambda: cursor.execute(statement))
        finally:
            cursor.execute("DROP TABLE IF EXISTS floor, floor_who")


def _grouped(form: str) -> str:
    grouped = GROUPED.format(zone=Organisation.current().time_zone)
    return f"{WHO}; {form.format(columns=COLUMNS, grouped=grouped)}"


def build() -> None:
    """As `manage.py rollup` does it."""
    job = rebuilding.start()
    rebuilding.work_on(job)
    job.refresh_from_db()
    if job.state != Job.State.DONE:
        raise AssertionError(f"The run ended as {job.state}: {job.result}")
    passes.roll_up(timezone.now() + passes.SOON, wait=True)
    Touched.objects.all().delete()


def _forget() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLES}")
    event_book.forget_marks()


def compare() -> None:
    """The floor has the same days of activity, or there is nothing to compare the times of."""
    rows = f"SELECT {COLUMNS} FROM"
    with connection.cursor() as cursor:
        cursor.execute(_grouped(BARE))
        cursor.execute(
            f"SELECT (SELECT count(*) FROM ({rows} floor EXCEPT ALL {rows} accounts_activityday) f),"
            f" (SELECT count(*) FROM ({rows} accounts_activityday EXCEPT ALL {rows} floor) a)"
        )
        found = cursor.fetchone()
        cursor.execute("DROP TABLE floor, floor_who")
    if found != (0, 0):
        raise AssertionError(f"The floor and the roll-ups differ in {found} rows.")


@contextmanager
def parts() -> Iterator[dict[str, float]]:
    """Seconds of the statements about each kind."""
    spent: dict[str, float] = defaultdict(float)

    def note(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        begun = perf_counter()
        try:
            return execute(sql, parameters, many, context)
        finally:
            kinds = re.findall(
                r"(?:INTO|FROM|TABLE|ANALYZE) (?:accounts|rollup)_(activityday|session|delivery)\b", sql
            )
            spent[kinds[0] if kinds else ""] += perf_counter() - begun

    with connection.execute_wrapper(note):
        yield spent


# What is new


def _passes(stored: int, repetitions: int, now: datetime) -> dict[int, dict[str, Any]]:
    found = {}
    for new in NEW:
        seconds, blocks, fetched = [], [], []
        for repetition in range(max(repetitions, 5)):
            event_book.add_new(new, stored + 10 * new + repetition, now)
            before = _blocks()
            seconds.append(seconds_of(_pass))
            all_now, fetched_now = _blocks()
            blocks.append(all_now - before[0])
            fetched.append(fetched_now - before[1])
        found[new] = Timing(seconds).as_json() | {"blocks": median(blocks), "fetched": median(fetched)}
    return found


def _blocks() -> tuple[int, int]:
    """Of the whole database, up to now: how often a block was read; how often it was not in shared buffers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT blks_hit + blks_read, blks_read FROM pg_stat_database WHERE datname = current_database()"
        )
        return cursor.fetchone()


def _pass() -> None:
    passes.roll_up(timezone.now() + passes.SOON, wait=True)
    if EventMark.objects.exists():
        raise AssertionError("Marks were left.")


def _counts() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"(SELECT count(*) FROM accounts_{kind})" for kind in KINDS))
        return dict(zip(NAMES.values(), cursor.fetchone(), strict=True))
