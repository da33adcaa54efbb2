"""Keeping what is stored up to date: touched accounts every minute, everybody at night.

Every run is a Job. A large one is cut into ranges of accounts, which any number of workers take one by one: a range is
claimed by locking its row and done in the transaction that stores its values, so that a worker killed at any point
loses and doubles nothing. Whoever evaluates accounts first locks their stretch, so that of two runs at once the later
statement sees at least what the earlier saw.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from accounts.models import Account, Job, Organisation, Touched
from metrics import storing
from metrics.models import AccountRange, StoredDay
from metrics.populations import affected
from metrics.sources import Clock

NIGHT, FULL, BACKFILL, TOUCHED = "recompute.night", "recompute.full", "recompute.backfill", "recompute.touched"
RUNS = (NIGHT, FULL, BACKFILL)

# Account ids in a range. Small enough to be done in seconds, large enough that planning a statement is nothing.
STRETCH = 5_000
# Touched accounts in a transaction.
BATCH = 500
LOCK = 7_301  # the first half of the advisory locks on stretches
LISTED_DIFFERENCES = 100


def clock_at(now: datetime) -> Clock:
    return Clock(Organisation.current(), now)


# Runs over everybody


@transaction.atomic
def start(kind: str, *, days: Iterable[date] = (), key: str | None = None, current: bool = True) -> Job | None:
    """A new run: snapshots of the past days, then the current values. None: work with this key is there already."""
    days = sorted(set(days))
    job, is_new = Job.objects.get_or_create(
        key=key, kind=kind, defaults={"parameters": {"days": [str(day) for day in days]}}
    ) if key else (Job.objects.create(kind=kind, parameters={"days": [str(day) for day in days]}), True)
    if not is_new:
        return None
    for day in days:
        storing.partition_for(day)
    ranges = [
        AccountRange(job=job, day=day, first=first, last=first + STRETCH - 1)
        for day in [*days, *([None] if current else [])]
        for first in _stretches()
    ]
    AccountRange.objects.bulk_create(ranges, batch_size=5000)
    Job.objects.filter(pk=job.pk).update(total=len(ranges))
    return job


def _stretches() -> range:
    last = Account.objects.aggregate(last=Max("pk"))["last"] or 0
    return range(0, last + 1, STRETCH)


def start_night(now: datetime) -> Job | None:
    """Once a day: yesterday is evaluated for all and kept, then today is filled."""
    yesterday = clock_at(now).today - timedelta(days=1)
    return start(NIGHT, days=[yesterday], key=f"night {yesterday}")


def work_on(job: Job, until: datetime) -> None:
    """Takes ranges of the run until there are none, somebody stops it, or the time is over."""
    Job.objects.filter(pk=job.pk, state=Job.State.WAITING).update(state=Job.State.RUNNING, started_at=timezone.now())
    while timezone.now() < until and _may_go_on(job):
        if not work_on_range(job):
            finish(job)
            return


def _may_go_on(job: Job) -> bool:
    stopped = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, stop_requested_at__isnull=False)
    if stopped.update(state=Job.State.STOPPED):
        return False
    return Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).exists()


@transaction.atomic
def work_on_range(job: Job) -> bool:
    """Claims a range and does it, all or nothing. False: nobody's range is left."""
    claimed = (
        AccountRange.objects.open().filter(job=job).order_by("day", "first").select_for_update(skip_locked=True).first()
    )
    if claimed is None:
        return False
    now = timezone.now()
    clock = clock_at(now)
    lock_stretches([claimed.first])
    accounts = list(Account.objects.filter(pk__range=(claimed.first, claimed.last)).values_list("pk", flat=True))
    found = _do(job, claimed, accounts, clock) if accounts else []
    AccountRange.objects.filter(pk=claimed.pk).update(done_at=now)
    _advance(job, now, found)
    return True


def _do(job: Job, claimed: AccountRange, accounts: list[int], clock: Clock) -> list[tuple[int, str]]:
    if claimed.day is None:
        storing.store_current(accounts, clock)
        return []
    found = storing.differences(accounts, clock, claimed.day) if job.kind == NIGHT else []
    storing.store_snapshot(accounts, clock, claimed.day)
    return found


def _advance(job: Job, now: datetime, found: list[tuple[int, str]]) -> None:
    fresh = Job.objects.select_for_update().get(pk=job.pk)
    listed = fresh.result.get("differences", []) + [list(difference) for difference in found]
    fresh.result = fresh.result | {"differences": listed[:LISTED_DIFFERENCES]}
    fresh.done += 1
    fresh.seen_alive_at = now
    fresh.save(update_fields=["result", "done", "seen_alive_at"])


@transaction.atomic
def finish(job: Job) -> bool:
    """The last worker out closes the run; False while another one still has a range, or somebody closed it."""
    fresh = Job.objects.select_for_update().get(pk=job.pk)
    if fresh.state != Job.State.RUNNING or fresh.ranges.open().exists():
        return False
    now = timezone.now()
    for day in fresh.parameters["days"]:
        StoredDay.objects.update_or_create(day=day, defaults={"stale_since": now})
    storing.store_everybody(clock_at(now))
    AccountRange.objects.filter(job=fresh).delete()
    fresh.finish(Job.State.DONE, now, **fresh.result)
    return True


def lock_stretches(accounts: Iterable[int]) -> None:
    """Until the end of the transaction nobody else evaluates these accounts. In order, so that two never wait crosswise."""
    with connection.cursor() as cursor:
        for stretch in sorted({account // STRETCH for account in accounts}):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, stretch])


# Touched accounts


def recompute_touched(now: datetime, until: datetime) -> int:
    """All that is touched, batch by batch; says how many accounts that were. A run of its own only if there were any."""
    started = timezone.now()
    total = 0
    while timezone.now() < until and (count := recompute_batch(now)):
        total += count
    if total:
        with transaction.atomic():
            storing.store_everybody(clock_at(now))
            done = timezone.now()
            Job.objects.create(
                kind=TOUCHED,
                state=Job.State.DONE,
                total=total,
                done=total,
                started_at=started,
                finished_at=done,
                seen_alive_at=done,
            )
    return total


@transaction.atomic
def recompute_batch(now: datetime) -> int:
    """Some touched accounts: their marks go in the transaction that stores their values."""
    clock = clock_at(now)
    touched = _take_touched()
    if not touched:
        return 0
    accounts = _survivors(touched)
    lock_stretches(accounts)
    storing.store_current(affected(accounts), clock)
    _store_late(accounts, min(touched.values()), clock)
    return len(touched)


def _take_touched() -> dict[int, date]:
    with connection.cursor() as cursor:
        cursor.execute(TAKE_TOUCHED, [BATCH])
        return dict(cursor.fetchall())


TAKE_TOUCHED = """
WITH picked AS (
  SELECT id FROM accounts_touched WHERE account_id IN (
    SELECT DISTINCT account_id FROM accounts_touched WHERE account_id IS NOT NULL ORDER BY 1 LIMIT %s
  ) FOR UPDATE SKIP LOCKED
), taken AS (DELETE FROM accounts_touched USING picked WHERE accounts_touched.id = picked.id
             RETURNING account_id, earliest_day)
SELECT account_id, min(earliest_day) FROM taken GROUP BY 1
"""


def _survivors(touched: Iterable[int]) -> list[int]:
    """Those touched, and whoever has their facts since a merge."""
    survivors = Account.objects.filter(pk__in=touched, merged_into__isnull=False).values_list("merged_into", flat=True)
    return sorted({*touched, *survivors} - {0})


def _store_late(accounts: list[int], earliest: date, clock: Clock) -> None:
    """Late facts change the days kept since; what populations had on them is made anew when there is time."""
    days = StoredDay.objects.filter(day__gte=earliest, day__lt=clock.today)
    for day in days.values_list("day", flat=True):
        storing.store_snapshot(affected(accounts), clock, day)
    days.update(stale_since=clock.now)


def start_when_everybody_is_touched(now: datetime) -> Job | None:
    """A rate or a setting changed: everything, also the days kept since, is made anew."""
    with transaction.atomic():
        marks = Touched.objects.select_for_update(skip_locked=True).filter(account_id=None)
        days = [mark.earliest_day for mark in marks]
        if not days:
            return None
        Touched.objects.filter(pk__in=[mark.pk for mark in marks]).delete()
        kept = StoredDay.objects.filter(day__gte=min(days), day__lt=clock_at(now).today)
        Job.objects.unfinished().filter(kind=FULL).update(state=Job.State.STOPPED, finished_at=now)
        return start(FULL, days=kept.values_list("day", flat=True))


@transaction.atomic
def refresh_stale_day(now: datetime) -> bool:
    """The populations of one stale day, the latest first. False: none is stale."""
    stale = StoredDay.objects.select_for_update(skip_locked=True).filter(stale_since__isnull=False).order_by("-day")
    stored = stale.first()
    if stored is None:
        return False
    storing.store_populations(clock_at(now), stored.day)
    StoredDay.objects.filter(pk=stored.pk).update(stale_since=None)
    return True
