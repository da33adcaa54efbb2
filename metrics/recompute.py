"""Keeping what is stored up to date: touched accounts every minute, everybody at night.

Every run is a Job. A large one is cut into ranges of accounts, which any number of workers take one by one: a range is
claimed by locking its row and done in the transaction that stores its values, so that a worker killed at any point
loses and doubles nothing. Whoever evaluates accounts first locks their stretch and then reads the clock, so that of
two runs at once the later statement sees at least what the earlier saw, on a day that is not before the other's.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import DateTimeField, Exists, F, Max, OuterRef, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import Account, Job, Organisation, Touched
from accounts.models.work import TRIES
from metrics import catalogue, storing
from metrics.models import AccountRange, PopulationValue, StoredDay
from metrics.populations import affected
from metrics.sources import Clock

NIGHT, FULL, BACKFILL, HISTORY, TOUCHED = (
    "recompute.night",
    "recompute.full",
    "recompute.backfill",
    "recompute.history",
    "recompute.touched",
)
RUNS = (NIGHT, FULL, BACKFILL, HISTORY)

# Account ids in a range. Small enough to be done in seconds, large enough that planning a statement is nothing.
STRETCH = 5_000
# Marks of touched accounts in a transaction.
BATCH = 500
# So many nights are made up for after the installation was switched off.
NIGHTS = 31
LISTED_DIFFERENCES = 100
TOUCHED_RUNS_KEPT = timedelta(days=7)

LOCK = 7_301  # the first half of our advisory locks; the second is a stretch, or
EVERYBODY = -1
STARTING = -2


def clock_at(now: datetime) -> Clock:
    return Clock(Organisation.current(), now)


# Runs over everybody


@transaction.atomic
def start(
    kind: str, *, days: Iterable[date] = (), key: str | None = None, current: bool = True
) -> Job | None:
    """A new run: snapshots of the past days, then the current values. None: work with this key is there already."""
    days = sorted(set(days))
    job, is_new = (
        Job.objects.get_or_create(kind=kind, key=key) if key else (Job.objects.create(kind=kind), True)
    )
    if not is_new:
        return None
    for month in sorted({day.replace(day=1) for day in days}):
        storing.partition_for(month)
    stretches = _stretches()
    ranges = [
        AccountRange(job=job, day=day, first=stretch * STRETCH, last=(stretch + 1) * STRETCH - 1)
        for day in [*days, *([None] if current else [])]
        for stretch in stretches
    ]
    AccountRange.objects.bulk_create(ranges, batch_size=5000)
    job.parameters, job.total = {"days": [str(day) for day in days]}, len(ranges)
    job.save(update_fields=["parameters", "total"])
    return job


def _stretches() -> list[int]:
    """Those with accounts in them: upserts leave large gaps between ids."""
    return sorted(Account.objects.order_by().values_list(F("pk") / STRETCH, flat=True).distinct())


def start_night(now: datetime) -> Job | None:
    """Once a day: yesterday is evaluated for all and kept, then today is filled. Nights that were missed come first."""
    yesterday = clock_at(now).today - timedelta(days=1)
    key = f"night {yesterday}"
    if Job.objects.filter(key=key).exists():
        return None
    Job.objects.filter(kind=TOUCHED, finished_at__lt=now - TOUCHED_RUNS_KEPT).delete()
    return start(NIGHT, days=[*_missed_before(yesterday), yesterday], key=key, current=False)


def _missed_before(yesterday: date) -> list[date]:
    kept = StoredDay.objects.filter(day__lt=yesterday).aggregate(last=Max("day"))["last"]
    missed = (yesterday - kept).days - 1 if kept else 0
    return [yesterday - timedelta(days=back) for back in range(min(missed, NIGHTS), 0, -1)]


@transaction.atomic
def start_when_everybody_is_touched(now: datetime) -> Job | None:
    """A rate or a setting changed: everything, also the days kept since, is made anew. One such run after the other."""
    # Marks are locked one by one: without this, two could find some of them each.
    _lock(STARTING)
    if Job.objects.unfinished().filter(kind=FULL).exists():
        return None
    marks = Touched.objects.select_for_update(skip_locked=True).filter(account_id=None)
    since = {mark.pk: mark.earliest_day for mark in marks}
    if not since:
        return None
    Touched.objects.filter(pk__in=since).delete()
    return start(FULL, days=kept_days(min(since.values()), clock_at(now).today))


@transaction.atomic
def start_when_metrics_are_new() -> Job | None:
    """On the days that are kept, a new metric gets its values too, the latest day first. One such run at a time."""
    _lock(STARTING)
    if Job.objects.unfinished().filter(kind=HISTORY).exists() or not (keys := storing.without_history()):
        return None
    days = list(StoredDay.objects.order_by("-day").values_list("day", flat=True))
    job = Job.objects.create(kind=HISTORY, parameters={"keys": keys}, total=len(days))
    # A range without accounts: populations are computed day by day.
    AccountRange.objects.bulk_create(AccountRange(job=job, day=day, first=0, last=0) for day in days)
    return job


def kept_days(since: date, today: date) -> list[date]:
    """Past days of which snapshots are kept, or that a run is about to keep."""
    # In this order: a run that ends in between has its day in the second.
    promised = AccountRange.objects.with_accounts().filter(day__gte=since).values_list("day", flat=True)
    kept = set(StoredDay.objects.filter(day__gte=since).values_list("day", flat=True))
    return sorted(day for day in kept.union(promised) if day and day < today)


def go_on(job: Job) -> bool:
    """A run that was stopped, or failed, is taken up where it was."""
    ended = Job.objects.filter(pk=job.pk, kind__in=RUNS, state__in=[Job.State.STOPPED, Job.State.FAILED])
    if not ended.wait_again():
        return False
    AccountRange.objects.open().filter(job=job).update(tries=0)
    return True


def work_on(job: Job, until: datetime, report: Callable[[], object] = lambda: None) -> None:
    """Takes ranges of the run until there are none, somebody stops it, or the time is over."""
    waiting = Job.objects.filter(pk=job.pk, state=Job.State.WAITING)
    waiting.update(state=Job.State.RUNNING, started_at=Coalesce("started_at", Value(timezone.now())))
    while timezone.now() < until and _may_go_on(job):
        if not work_on_range(job):
            finish(job)
            return
        report()


def _may_go_on(job: Job) -> bool:
    running = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING)
    if running.filter(stop_requested_at__isnull=False).update(state=Job.State.STOPPED):
        return False
    return running.exists()


def work_on_range(job: Job) -> bool:
    """Claims a range and does it, all or nothing. False: nobody's range is left.

    What goes wrong is the caller's to hear of; the range is tried again after the others.
    """
    claimed = None
    try:
        with transaction.atomic():
            claimed = _claim(job)
            if claimed is not None:
                _do_claimed(job, claimed)
    except Exception:
        if claimed is not None:
            AccountRange.objects.filter(pk=claimed.pk).update(tries=F("tries") + 1)
        raise
    return claimed is not None


def _claim(job: Job) -> AccountRange | None:
    days = F("day").desc() if job.kind == HISTORY else F("day").asc()
    ranges = AccountRange.objects.open().filter(job=job, tries__lt=TRIES).order_by("tries", days, "first")
    return ranges.select_for_update(skip_locked=True).first()


def _do_claimed(job: Job, claimed: AccountRange) -> None:
    if job.kind == HISTORY:
        _do_history(job, claimed)
        return
    lock_stretches([claimed.first])
    now = timezone.now()
    accounts = list(
        Account.objects.filter(pk__range=(claimed.first, claimed.last)).values_list("pk", flat=True)
    )
    found = _do(job, claimed.day, accounts, clock_at(now))
    _done(job, claimed, now)
    if found:
        _list(job, found)


def _do_history(job: Job, claimed: AccountRange) -> None:
    assert claimed.day is not None
    # Whoever makes the day anew for late facts, and this run, write the same rows: one after the other.
    StoredDay.objects.select_for_update().filter(day=claimed.day).first()
    now = timezone.now()
    keys = [key for key in job.parameters["keys"] if key in catalogue.ALL]
    storing.store_populations(clock_at(now), claimed.day, keys)
    _done(job, claimed, now)


def _done(job: Job, claimed: AccountRange, now: datetime) -> None:
    AccountRange.objects.filter(pk=claimed.pk).update(done_at=now)
    Job.objects.filter(pk=job.pk).update(done=F("done") + 1, seen_alive_at=now)


def _do(job: Job, day: date | None, accounts: list[int], clock: Clock) -> list[tuple[int, str]]:
    if day is None:
        storing.store_current(accounts, clock)
    elif job.kind == NIGHT and str(day) == job.parameters["days"][-1]:
        # In one transaction: once today's values are stored, there is nothing to compare yesterday with.
        found = storing.store_night(accounts, clock, day)
        storing.store_current(accounts, clock)
        return found
    else:
        storing.store_snapshot(accounts, clock, day)
    return []


def _list(job: Job, found: list[tuple[int, str]]) -> None:
    fresh = Job.objects.select_for_update().get(pk=job.pk)
    listed = fresh.result.get("differences", []) + [list(difference) for difference in found]
    fresh.result = fresh.result | {"differences": listed[:LISTED_DIFFERENCES]}
    fresh.save(update_fields=["result"])


@transaction.atomic
def finish(job: Job) -> bool:
    """The last worker out closes the run; False while another one still has a range, or somebody closed it."""
    fresh = Job.objects.select_for_update().get(pk=job.pk)
    left = AccountRange.objects.open().filter(job=fresh)
    if fresh.state != Job.State.RUNNING or left.filter(tries__lt=TRIES).exists():
        return False
    now = store_everybody()
    if failed := list(left.order_by("day", "first").values_list("day", "first", "last")[:LISTED_DIFFERENCES]):
        listed = [[str(day or ""), first, last] for day, first, last in failed]
        fresh.finish(Job.State.FAILED, timezone.now(), **fresh.result | {"failed": listed})
        return True
    for day in fresh.parameters.get("days", ()):
        StoredDay.objects.update_or_create(day=day, defaults={"stale_since": now})
    AccountRange.objects.filter(job=fresh).delete()
    fresh.finish(
        Job.State.DONE,
        timezone.now(),
        **{name: value for name, value in fresh.result.items() if name != "failed"},
    )
    return True


def lock_stretches(accounts: Iterable[int]) -> None:
    """Until the transaction ends nobody else evaluates these accounts. In order, so that two never wait crosswise."""
    for stretch in sorted({account // STRETCH for account in accounts}):
        _lock(stretch)


def _lock(what: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, what])


def store_everybody() -> datetime:
    """Today's answers for everybody, by one at a time, so that none is overwritten by an earlier one; says when."""
    _lock(EVERYBODY)
    now = timezone.now()
    storing.store_everybody(clock_at(now))
    return now


# Touched accounts


def recompute_touched(until: datetime) -> int:
    """All that is touched, batch by batch; says how many marks that were. A run of its own only if there were any."""
    total = 0
    while timezone.now() < until and (count := recompute_batch()):
        total += count
    finish_touched()
    return total


@transaction.atomic
def recompute_batch() -> int:
    """Some touched accounts: their marks go in the transaction that stores their values."""
    touched = _take_touched()
    if not touched:
        return 0
    earliest = _with_survivors(touched)
    lock_stretches(earliest)
    now = timezone.now()
    clock = clock_at(now)
    storing.store_current(affected([*earliest]), clock)
    _store_late(touched | earliest, clock)
    _note_touched(len(touched), now)
    return len(touched)


def _take_touched() -> dict[int, date]:
    with connection.cursor() as cursor:
        cursor.execute(TAKE_TOUCHED, [NIGHT, BATCH])
        return dict(cursor.fetchall())


# Accounts of which the night's run has still to compare yesterday's values wait for it.
TAKE_TOUCHED = """
WITH first AS (
  SELECT account_id FROM accounts_touched t WHERE account_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM metrics_accountrange r JOIN accounts_job j ON j.id = r.job_id
    WHERE j.kind = %s AND j.state IN ('waiting', 'running') AND r.done_at IS NULL
    AND t.account_id BETWEEN r.first AND r.last)
  ORDER BY account_id LIMIT %s FOR UPDATE SKIP LOCKED
), picked AS (
  SELECT id FROM accounts_touched WHERE account_id IN (SELECT account_id FROM first) FOR UPDATE SKIP LOCKED
), taken AS (
  DELETE FROM accounts_touched USING picked WHERE accounts_touched.id = picked.id RETURNING account_id, earliest_day
)
SELECT account_id, min(earliest_day) FROM taken GROUP BY 1
"""


def _with_survivors(touched: dict[int, date]) -> dict[int, date]:
    """Those touched, and whoever has their facts since a merge. What has no account is in nobody's values."""
    earliest = {account: day for account, day in touched.items() if account}
    merged = Account.objects.filter(pk__in=earliest, merged_into__isnull=False).values_list(
        "pk", "merged_into"
    )
    for loser, survivor in merged:
        assert survivor is not None
        earliest[survivor] = min(touched[loser], earliest.get(survivor, touched[loser]))
    return earliest


def _store_late(earliest: dict[int, date], clock: Clock) -> None:
    """Late facts change the days kept since; what populations had on them is made anew when there is time."""
    days = kept_days(min(earliest.values()), clock.today)
    for day in days:
        late = [account for account, since in earliest.items() if account and since <= day]
        storing.store_snapshot(affected(late), clock, day)
    # Locked in order of the days: two batches never wait crosswise.
    stale = StoredDay.objects.select_for_update().filter(day__in=days).order_by("day")
    first_mark = Coalesce("stale_since", Value(clock.now, DateTimeField()))
    StoredDay.objects.filter(day__in=[stored.day for stored in stale]).update(stale_since=first_mark)


def _note_touched(count: int, now: datetime) -> None:
    """In the batch's transaction, so that everybody's values are added up again even if this worker is killed next."""
    running = Job.objects.select_for_update().filter(kind=TOUCHED, state=Job.State.RUNNING).order_by("pk")
    job = running.first() or Job.objects.create(
        kind=TOUCHED, state=Job.State.RUNNING, started_at=now, total=0
    )
    Job.objects.filter(pk=job.pk).update(total=F("total") + count, done=F("done") + count, seen_alive_at=now)


@transaction.atomic
def finish_touched() -> bool:
    """Adds up everybody's values after batches, whoever did them. False: there were none."""
    running = Job.objects.select_for_update().filter(kind=TOUCHED, state=Job.State.RUNNING).order_by("pk")
    jobs = [job.pk for job in running]
    if not jobs:
        return False
    store_everybody()
    now = timezone.now()
    Job.objects.filter(pk__in=jobs).update(state=Job.State.DONE, finished_at=now, seen_alive_at=now)
    return True


@transaction.atomic
def refresh_stale_day(now: datetime, *, settled: timedelta = timedelta(0)) -> bool:
    """The populations of the day that has been stale for longest. False: none is.

    Late facts come in swarms: only days stale for as long as `settled` are taken, and those that have no values yet.
    """
    empty = ~Exists(PopulationValue.objects.filter(day=OuterRef("day")))
    stale = StoredDay.objects.filter(Q(stale_since__lte=now - settled) | Q(empty, stale_since__isnull=False))
    stored = stale.select_for_update(skip_locked=True, of=("self",)).order_by("stale_since", "-day").first()
    if stored is None:
        return False
    storing.store_populations(clock_at(now), stored.day)
    StoredDay.objects.filter(pk=stored.pk).update(stale_since=None)
    return True
