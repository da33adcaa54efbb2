"""What it costs to compute engagement from roll-ups, beside hand-written SQL; and how soon an event counts.

Both give the same sums for every account, or nothing is measured. The hand-written statement knows of this book that
nobody was merged and that no organisation says what is no activity.
"""

from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.intake import keys
from accounts.models import Touched, WriteKey
from accounts.rollups import passes
from accounts.taxonomy import NOT_ACTIVITY
from cxhub.bench import event_book, rollups
from cxhub.bench.events import Sender, body
from cxhub.bench.recompute import evaluate, full_run
from cxhub.bench.server import serving
from cxhub.bench.timing import Ratio, Timing, interleaved, seconds_of
from metrics import catalogue, recompute, storing
from metrics.definitions import Family, Metric
from metrics.models import AccountRange, CurrentValue
from metrics.sources import Clock

AIM, AIM_OF_LATENCY = 1.5, 5.0
BATCH = 100
METRICS = (
    "weekly_active_users",
    "monthly_active_users",
    "logins",
    "page_views",
    "sessions",
    "session_duration",
)
FLOOR = """
CREATE TEMPORARY TABLE floor AS
WITH active AS (
  SELECT account_id,
         count(DISTINCT contact_id) FILTER (WHERE day > %(week)s AND name <> ALL(%(not_activity)s)) AS weekly,
         count(DISTINCT contact_id) FILTER (WHERE name <> ALL(%(not_activity)s)) AS monthly,
         sum(count) FILTER (WHERE name = 'Signed In') AS logins, sum(count) FILTER (WHERE name = 'Page') AS pages
  FROM accounts_activityday
  WHERE day > %(month)s AND day <= %(today)s AND NOT machine
  GROUP BY 1),
visits AS (
  SELECT account_id, count(*) AS sessions, sum(extract(epoch FROM ended - began)) / 60 AS minutes
  FROM accounts_session WHERE day > %(month)s AND day <= %(today)s GROUP BY 1)
SELECT account_id, metric, numerator, denominator FROM active FULL JOIN visits USING (account_id), LATERAL (VALUES
  ('weekly_active_users', weekly::numeric, NULL::numeric), ('monthly_active_users', monthly, NULL),
  ('logins', logins, NULL), ('page_views', pages, NULL), ('sessions', sessions, NULL),
  ('session_duration', minutes, sessions)) one(metric, numerator, denominator)
WHERE account_id IS NOT NULL"""
DIFFERENT = """
SELECT account_id, metric, f.numerator, e.numerator, f.denominator, e.denominator
FROM floor f FULL JOIN (SELECT * FROM evaluated WHERE account_id <> 0) e USING (account_id, metric)
WHERE abs(coalesce(f.numerator, 0) - coalesce(e.numerator, 0)) > 0.000001
   OR abs(coalesce(f.denominator, 0) - coalesce(e.denominator, 0)) > 0.000001
ORDER BY 1, 2 LIMIT 20"""


def measure(*, events: int, accounts: int, persons: int, repetitions: int) -> dict[str, Any]:
    """In an empty database, which it fills."""
    event_book.build(accounts=accounts, persons=persons)
    event_book.add_events(0, events, timezone.now())
    rollups.build()
    return {
        "sizes": {"events": events, "persons": persons, "accounts": accounts},
        **of_rollups(repetitions),
        "latency": latency(repetitions),
    }


def of_rollups(repetitions: int) -> dict[str, Any]:
    """Of what is there."""
    compare()
    chosen = [catalogue.ALL[key] for key in METRICS]
    everything = [metric for metric in storing.stored_metrics() if metric.family == Family.ENGAGEMENT]
    clock = recompute.clock_at(timezone.now())
    timings = interleaved(
        {
            "hand-written": partial(_floor, drop=True),
            f"the same {len(chosen)} metrics": partial(_evaluated, chosen, clock),
            f"all {len(everything)} engagement metrics": partial(_evaluated, everything, clock),
        },
        repetitions,
    )
    floor, *others = timings
    return {
        "of": {
            floor: timings[floor].as_json(),
            **{
                name: timings[name].as_json() | {"ratio": Ratio.of(timings[name], timings[floor]).as_json()}
                for name in others
            },
        }
    }


def compare() -> None:
    clock = recompute.clock_at(timezone.now())
    evaluate(clock, [catalogue.ALL[key] for key in METRICS])
    _floor()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM floor WHERE numerator > 0")
        (rows,) = cursor.fetchone()
        cursor.execute(DIFFERENT)
        different = cursor.fetchall()
    _drop("floor")
    _drop("evaluated")
    if different or not rows:
        raise AssertionError(f"The hand-written sums differ, of {rows}: {different}")


def _evaluated(metrics: Sequence[Metric], clock: Clock) -> None:
    evaluate(clock, metrics)
    _drop("evaluated")


def _floor(*, drop: bool = False) -> None:
    today = recompute.clock_at(timezone.now()).today
    given: dict[str, Any] = {
        "today": today,
        "week": today - timedelta(days=7),
        "month": today - timedelta(days=30),
        "not_activity": NOT_ACTIVITY,
    }
    with connection.cursor() as cursor:
        cursor.execute(FLOOR, given)
    if drop:
        _drop("floor")


def _drop(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {table}")


# From the answer to the current value


def latency(repetitions: int) -> dict[str, Any]:
    """Of a batch of log-ins of as many persons, over HTTP, and of a single one: answered, taken in, computed."""
    _key, secret = keys.make(
        name="Bench", source=event_book.SOURCE, kind=WriteKey.Kind.SERVER, account_source=event_book.SOURCE
    )
    full_run()
    Touched.objects.all().delete()
    # Of which the night's run would keep the accounts until it is over.
    recompute.start_night(timezone.now())
    AccountRange.objects.all().delete()
    with serving() as port:
        return {
            name: figures
            for size in (1, BATCH)
            for name, figures in _arriving(port, secret, size, repetitions).items()
        }


def _arriving(port: int, secret: str, size: int, repetitions: int) -> dict[str, Any]:
    answered, computed, added_up = [], [], []
    for repetition in range(repetitions):
        before = _logins()
        calls = [_login(number, f"{size}-{repetition}") for number in range(1, size + 1)]
        # No server keeps a connection open for as long as what comes next may take.
        with closing(Sender(port, secret)) as sender:
            answered.append(seconds_of(partial(sender.send, [body(calls, size)])))
        computed.append(seconds_of(_compute))
        added_up.append(seconds_of(recompute.finish_touched))
        if (now := _logins()) != before + size:
            raise AssertionError(f"{size} log-ins were sent, {now - before} are in the current values.")
    events = "one event" if size == 1 else f"{size} events"
    aim = {"aim": AIM_OF_LATENCY}
    return {
        f"the answer to {events}": Timing(answered).as_json(),
        f"from it to the current values of the accounts, {events}": Timing(computed).as_json() | aim,
        f"and to those of everybody, {events}": Timing(added_up).as_json(),
    }


def _compute() -> None:
    """What `manage.py take_events` does, but for everybody's answers, which it adds up at the end."""
    passes.catch_up(timezone.now())
    while recompute.recompute_batch():
        pass


def _login(number: int, mark: str) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Signed In",
        "userId": f"contact-{number}",
        "context": {"groupId": f"company-{number}"},
        "messageId": f"latency-{mark}-{number}",
    }


def _logins() -> int:
    """As the current values of the accounts of the persons who log in have them."""
    stored = CurrentValue.objects.of("logins").filter(account_id__lte=BATCH).values_list("value", flat=True)
    return int(sum(value or 0 for value in stored))
