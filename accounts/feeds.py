"""What each source gives us of each kind of facts, noted every few minutes: a page or a metric reads a few rows.

Once a day all facts are counted, which takes seconds for two million of them; otherwise those of two days, which an
index of a few pages finds. Two days, for what is recorded becomes visible when its transaction ends.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import DateTimeField, Model

from accounts.models import (
    CampaignDay,
    Consent,
    Contact,
    Departure,
    ExchangeRate,
    Expense,
    Feed,
    FeedDay,
    Lead,
    Order,
    OrderLine,
    Organisation,
    Pause,
    Payment,
    Return,
    Subscription,
    Term,
    Ticket,
    TicketEvent,
    User,
)

KINDS: dict[str, Any] = {
    str(model._meta.model_name): model
    for model in (
        CampaignDay,
        Consent,
        Contact,
        Departure,
        ExchangeRate,
        Expense,
        Lead,
        Order,
        OrderLine,
        Pause,
        Payment,
        Return,
        Subscription,
        Term,
        Ticket,
        TicketEvent,
    )
}
# When it happened, of facts that say so in a field that may also lie ahead.
BEGINS: dict[type[Model], str] = {Departure: "churn_day", Lead: "first_interest", Subscription: "starts"}
DAY = timedelta(days=1)
# From so many of the latest days on which something came a rhythm is read, and from fewer than the second none.
ARRIVALS, FEWEST_GAPS = 30, 3
LOCK = 7_302


@dataclass(frozen=True)
class Arrived:
    """On one day from one source."""

    source: str
    day: date
    facts: int
    late: int
    latest: timedelta | None
    last_at: datetime


@transaction.atomic
def note(now: datetime) -> bool:
    """False: somebody else is at it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, 0)", [LOCK])
        if cursor.fetchone() != (True,):
            return False
    organisation = Organisation.current()
    for kind, model in KINDS.items():
        _note(kind, model, organisation, now)
    with connection.cursor() as cursor:
        cursor.execute(RHYTHM, [FEWEST_GAPS, ARRIVALS])
    return True


def close(feed: Feed, *, by: User, now: datetime) -> None:
    """Nothing more is to come from there. Should something come, it is expected again."""
    Feed.objects.filter(pk=feed.pk).update(closed_at=now, closed_by=by)


def expect(feed: Feed) -> None:
    Feed.objects.filter(pk=feed.pk).update(closed_at=None, closed_by=None)


def _note(kind: str, model: type[Model], organisation: Organisation, now: datetime) -> None:
    known = {feed.source: feed for feed in Feed.objects.filter(kind=kind)}
    first = _first_day(known, organisation, now)
    arrived = _arrived(model, organisation, first)
    feeds = _brought_up_to_date(kind, known, arrived, now, is_whole=first is None)
    days = FeedDay.objects.filter(feed__kind=kind)
    (days if first is None else days.filter(day__gte=first)).delete()
    FeedDay.objects.bulk_create(
        [
            FeedDay(feed=feeds[one.source], day=one.day, facts=one.facts, late=one.late, latest=one.latest)
            for one in arrived
        ],
        batch_size=2000,
    )


def _first_day(known: dict[str, Feed], organisation: Organisation, now: datetime) -> date | None:
    """From which day on what came is counted anew; None: all of it."""
    noted = {organisation.today(feed.noted_at) for feed in known.values()}
    today = organisation.today(now)
    return today - DAY if noted == {today} else None


def _brought_up_to_date(
    kind: str, known: dict[str, Feed], arrived: list[Arrived], now: datetime, *, is_whole: bool
) -> dict[str, Feed]:
    """Of what is counted as a whole, sources whose facts are all gone go too."""
    last_at: dict[str, datetime] = {}
    for one in arrived:
        last_at[one.source] = max(one.last_at, last_at.get(one.source, one.last_at))
    if is_whole:
        Feed.objects.filter(kind=kind).exclude(source__in=last_at).delete()
    else:
        last_at = {source: feed.last_at for source, feed in known.items()} | last_at
    made = Feed.objects.bulk_create(
        [Feed(kind=kind, source=source, last_at=last, noted_at=now) for source, last in last_at.items()],
        update_conflicts=True,
        unique_fields=["kind", "source"],
        update_fields=["last_at", "noted_at"],
    )
    return {feed.source: feed for feed in made}


def _arrived(model: type[Model], organisation: Organisation, first: date | None) -> list[Arrived]:
    zone = organisation.time_zone
    happened, parameters = _end_of_happening(model, zone)
    since = "" if first is None else "WHERE recorded_at >= %s"
    statement = ARRIVED.format(table=model._meta.db_table, happened=happened, since=since)
    with connection.cursor() as cursor:
        cursor.execute(
            statement, [zone, *parameters, *([] if first is None else [organisation.start_of(first)])]
        )
        return [Arrived(*row) for row in cursor.fetchall()]


def _end_of_happening(model: Any, zone: str) -> tuple[str, list[str]]:
    """SQL of the instant; of what happened on a day, its end. Nothing where a fact may come at any time."""
    name = getattr(model, "happened", "") or BEGINS.get(model, "")
    if not name:
        return "NULL::timestamptz", []
    if isinstance(model._meta.get_field(name), DateTimeField):
        return name, []
    return f"(({name} + 1)::timestamp AT TIME ZONE %s)", [zone]


ARRIVED = """
SELECT source, day, count(*), count(*) FILTER (WHERE late > interval '1 day'),
       max(late) FILTER (WHERE late > interval '1 day'), max(recorded_at)
FROM (SELECT source, recorded_at, (recorded_at AT TIME ZONE %s)::date AS day, recorded_at - {happened} AS late
      FROM {table} {since}) facts
GROUP BY 1, 2 ORDER BY 1, 2
"""

# The second longest of the latest gaps: one outage makes no rhythm, while weekends and quiet ends of months do.
RHYTHM = """
UPDATE accounts_feed f SET usual_gap = (
  SELECT CASE WHEN count(gap) >= %s THEN (array_agg(gap ORDER BY gap DESC NULLS LAST))[2] * interval '1 day' END
  FROM (SELECT day - lag(day) OVER (ORDER BY day) AS gap
        FROM (SELECT day FROM accounts_feedday WHERE feed_id = f.id ORDER BY day DESC LIMIT %s) latest) gaps)
"""
