"""Everything rolled up anew, month by month: by the statements of the passes, as a job that goes on where it was.

It begins by itself when days, names of events or goals are no longer what they were when the last one began.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.intake import meanings, partitions
from accounts.models import Event, Goal, Job, Organisation, User
from accounts.rollups import making, passes
from accounts.rollups.rereading import read_anew

KIND = "rollup"
# As they lie in a month's partition: some hundred thousand events, which take seconds.
BYTES_AT_ONCE = 64 << 20
BOUNDS = """
SELECT min(first), max(last) FROM (
  SELECT min(day) AS first, max(day) AS last FROM accounts_activityday
  UNION ALL SELECT min(day), max(day) FROM accounts_session
  UNION ALL SELECT min(happened_at)::date - 1, max(happened_at)::date + 1 FROM accounts_event_other) bounds"""


def month_after(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def start(
    first: date | None = None,
    last: date | None = None,
    *,
    by: User | None = None,
    **more: Any,
) -> Job:
    """A waiting job for the months from the one of the first day to that of the last; None: all there are."""
    bounds = _bounds()
    days = {"from": first or bounds[0], "to": last or bounds[1]}
    parameters = {name: day.isoformat() for name, day in days.items() if day}
    months = list(_months(parameters))
    # Deliveries, which know no months, come last.
    return Job.objects.create(kind=KIND, created_by=by, total=len(months) + 1, parameters=parameters | more)


def _bounds() -> tuple[date | None, date | None]:
    """The days of the first and last events or roll-ups."""
    with connection.cursor() as cursor:
        cursor.execute(BOUNDS)
        days = [day for day in cursor.fetchone() if day]
    for month in partitions.months():
        if Event.objects.filter(happened_at__gte=month, happened_at__lt=partitions.after(month)).exists():
            days += [(month - timedelta(days=1)).date(), partitions.after(month).date()]
    return (min(days), max(days)) if days else (None, None)


def _months(parameters: dict[str, Any]) -> Iterator[tuple[date, date]]:
    """First days, and those after the last, of which all events are there."""
    if "from" not in parameters or "to" not in parameters:
        return
    whole = partitions.first_whole_day(Organisation.current(), passes.gone_before())
    first, last = (date.fromisoformat(parameters[name]) for name in ("from", "to"))
    month = first.replace(day=1)
    while month <= last:
        if month_after(month) > whole:
            yield max(month, whole), month_after(month)
        month = month_after(month)


# What it depends on


def as_of_now() -> dict[str, Any]:
    """What days, names and goals are, in a way that can be compared."""
    goals = Goal.objects.order_by("pk").values_list("pk", "kind", "target")
    names = {name: [m.means, m.object_property, m.value_property] for name, m in meanings.mapping().items()}
    found = {
        "zone": Organisation.current().time_zone,
        "names": names,
        "goals": [list(goal) for goal in goals],
    }
    return json.loads(json.dumps(found))


@transaction.atomic
def start_when_due() -> Job | None:
    """One after the other. What a broken off one had to read anew, the next one has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('accounts_rollups start'))")
    jobs = Job.objects.filter(kind=KIND, parameters__has_key="as_of")
    if jobs.unfinished().exists():
        return None
    now, last = as_of_now(), jobs.order_by("-pk").first()
    if last and last.parameters["as_of"] == now:
        return None
    before = last.parameters["as_of"] if last else {"zone": None, "names": {}, "goals": []}
    names = {name for name, meaning in before["names"].items() if now["names"].get(name) != meaning}
    names |= {name for name, meaning in now["names"].items() if before["names"].get(name) != meaning}
    whole = (before["zone"], before["goals"]) != (now["zone"], now["goals"])
    if last and last.state != Job.State.DONE:
        names |= set(last.parameters["names"])
        whole = whole or last.parameters["whole"]
    return start(as_of=now, names=sorted(names), whole=whole)


# Doing it


def due(now: datetime) -> QuerySet[Job]:
    return Job.objects.filter(kind=KIND).due(now)


def go_on(job: Job) -> bool:
    """One that was stopped, or failed, is taken up where it was."""
    ended = Job.objects.filter(pk=job.pk, kind=KIND, state__in=[Job.State.STOPPED, Job.State.FAILED])
    return ended.wait_again()


def work_on(
    job: Job,
    *,
    until: datetime | None = None,
    clock: Callable[[], datetime] = timezone.now,
    report: Callable[[], object] = lambda: None,
) -> None:
    """From where it was to its end, unless somebody has it or stops it, or its time is over: then it waits again."""
    if not job.start(clock()):
        return
    state = Job.State.FAILED
    try:
        # Whoever reads names as they were has stored what is read anew here.
        meanings.wait_for_holders()
        state = _do(job, until, clock, report)
    finally:
        job.refresh_from_db()
        job.finish(state, clock(), **job.result)


def _do(
    job: Job, until: datetime | None, clock: Callable[[], datetime], report: Callable[[], object]
) -> Job.State:
    job.refresh_from_db()
    months = list(_months(job.parameters))
    while (place := job.position.get("done", 0)) <= len(months):
        if until and clock() > until:
            return Job.State.WAITING
        with transaction.atomic():
            making.locked(wait=True)
            if place < len(months):
                job.position = _do_some_days(job, place, *months[place])
            else:
                _do_mails(job)
                job.position = {"done": place + 1}
            Job.objects.filter(pk=job.pk).update(position=job.position, result=job.result)
        done = job.position["done"]
        if done > place:
            report()
        if not job.advance(done, clock()):
            return Job.State.STOPPED
    return Job.State.DONE


def _do_some_days(job: Job, place: int, first: date, after: date) -> dict[str, Any]:
    """Of a month, so few that whoever waits for the roll-ups waits for seconds; where the next ones begin."""
    if "day" in job.position:
        first = max(first, date.fromisoformat(job.position["day"]))
    end = min(after, first + timedelta(days=job.parameters.get("days") or _days_at_once(first)))
    job.result["read anew"] = job.result.get("read anew", 0) + _do_days(job, first, end)
    return {"done": place, "day": end.isoformat()} if end < after else {"done": place + 1}


def _days_at_once(first: date) -> int:
    month = datetime(first.year, first.month, 1, tzinfo=UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size(to_regclass(%s))", [partitions.name_of(month)])
        size = cursor.fetchone()[0] or 0
    return max(1, 31 * BYTES_AT_ONCE // max(size, BYTES_AT_ONCE))


def _do_days(job: Job, first: date, after: date) -> int:
    """How many events were read anew."""
    zone = Organisation.current().time_zone
    whole = job.parameters.get("whole", True)
    with connection.cursor() as cursor:
        reread = 0
        if names := job.parameters.get("names"):
            reread = read_anew(cursor, names, first, after, zone, marked=not whole)
        if whole:
            making.of_span(cursor, first, after, zone, passes.gone_before())
    return reread


def _do_mails(job: Job) -> None:
    organisation = Organisation.current()
    since = partitions.first_whole_day(organisation, passes.gone_before())
    if "from" in job.parameters:
        since = max(since, date.fromisoformat(job.parameters["from"]))
    if job.parameters.get("whole", True) or job.parameters.get("names"):
        with connection.cursor() as cursor:
            making.of_mails(cursor, organisation.time_zone, organisation.start_of(since))
