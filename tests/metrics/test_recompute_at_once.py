"""Several workers at once, in threads with connections of their own."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier, Event

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Job, Touched
from metrics import recompute, storing
from metrics.models import AccountSnapshot, CurrentValue, PopulationValue, StoredDay
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("few_metrics")]

DAY = date(2026, 2, 28)


@pytest.fixture
def accounts():
    made = [factories.account(f"Account {number}", pk=5_000 * number) for number in range(1, 9)]
    for account in made:
        factories.subscription(account, account.pk, "2026-01-01")
    return made


def at_once(*functions):
    """Begins all at the same moment and gives what they returned."""
    together = Barrier(len(functions))

    def begin(function):
        try:
            together.wait(10)
            return function()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(functions)) as pool:
        return [future.result(60) for future in [pool.submit(begin, function) for function in functions]]


def soon():
    return timezone.now() + timedelta(minutes=1)


def mrr():
    return dict(CurrentValue.objects.of("mrr").values_list("account", "numerator"))


def test_two_workers_on_one_run_do_every_range_once(accounts, monkeypatch):
    stored = []
    store = storing.store_current
    monkeypatch.setattr(
        storing, "store_current", lambda ids, clock: (stored.append(tuple(ids)), store(ids, clock))
    )
    job = recompute.start(recompute.FULL)

    at_once(*[lambda: recompute.work_on(job, soon())] * 3)

    job.refresh_from_db()
    assert (job.state, job.done, job.total) == (Job.State.DONE, 8, 8)
    assert sorted(stored) == [(account.pk,) for account in accounts]
    assert mrr() == {account.pk: account.pk for account in accounts}


def test_two_runs_and_touched_accounts_at_once_agree(accounts):
    first = recompute.start(recompute.FULL, days=[DAY])
    second = recompute.start(recompute.FULL, days=[DAY])

    at_once(
        lambda: recompute.work_on(first, soon()),
        lambda: recompute.work_on(second, soon()),
        lambda: recompute.recompute_touched(soon()),
    )

    assert set(Job.objects.values_list("state", flat=True)) == {Job.State.DONE}
    assert mrr() == {account.pk: account.pk for account in accounts}
    assert AccountSnapshot.objects.filter(day=DAY, definition__key="mrr").count() == 8
    everybody = PopulationValue.objects.get(definition__key="mrr", dimension="", day=timezone.now().date())
    assert everybody.value == sum(account.pk for account in accounts)


def test_one_night_however_many_ticks(accounts):
    now = timezone.now()

    started = at_once(*[lambda: recompute.start_night(now)] * 3)

    assert sorted(job is None for job in started) == [False, True, True]
    assert Job.objects.count() == 1


def test_one_run_over_everybody_however_many_ticks(accounts):
    factories.rate("EUR", "2026-01-01", 2)
    now = timezone.now()

    started = at_once(*[lambda: recompute.start_when_everybody_is_touched(now)] * 3)

    assert sum(job is not None for job in started) == 1


def test_touched_accounts_are_shared_between_workers(accounts, monkeypatch):
    monkeypatch.setattr(recompute, "BATCH", 1)
    # One mark each: of several marks of an account two workers may take one each.
    Touched.objects.all().delete()
    Touched.objects.bulk_create(Touched(account_id=account.pk, earliest_day=DAY) for account in accounts)

    counts = at_once(*[lambda: recompute.recompute_touched(soon())] * 3)

    assert sum(counts) == 8
    assert not Touched.objects.exclude(account_id=None).exists()
    assert not Job.objects.unfinished().exists()
    assert mrr() == {account.pk: account.pk for account in accounts}


def test_a_fact_that_is_written_meanwhile_is_not_missed(accounts, monkeypatch):
    """Its mark stays for the next batch, whatever this one saw of it."""
    evaluated, written = Event(), Event()
    store = storing.store_current

    def wait_after(ids, clock):
        store(ids, clock)
        evaluated.set()
        assert written.wait(10)

    monkeypatch.setattr(storing, "store_current", wait_after)

    def write():
        assert evaluated.wait(10)
        factories.subscription(accounts[0], 7, "2026-01-01")
        written.set()

    at_once(recompute.recompute_batch, write)
    assert mrr()[accounts[0].pk] == accounts[0].pk
    monkeypatch.setattr(storing, "store_current", store)
    recompute.recompute_touched(soon())

    assert mrr()[accounts[0].pk] == accounts[0].pk + 7


def test_a_late_fact_that_comes_during_a_refresh_keeps_the_day_stale(accounts, monkeypatch):
    recompute.work_on(recompute.start(recompute.FULL, days=[DAY]), soon())
    recompute.recompute_touched(soon())
    refreshing, committed = Event(), Event()
    store = storing.store_populations

    def slowly(clock, day):
        store(clock, day)
        refreshing.set()
        committed.wait(1)

    monkeypatch.setattr(storing, "store_populations", slowly)

    def late():
        assert refreshing.wait(10)
        factories.subscription(accounts[0], 7, "2026-01-01")
        recompute.recompute_touched(soon())
        committed.set()

    at_once(lambda: recompute.refresh_stale_day(soon()), late)

    assert StoredDay.objects.get().stale_since is not None


def test_a_range_that_another_worker_has_is_neither_waited_for_nor_finished(accounts):
    job = recompute.start(recompute.FULL)
    claimed, done = Event(), Event()

    def hold():
        with transaction.atomic():
            assert recompute._claim(job)
            claimed.set()
            assert done.wait(30)

    def others():
        assert claimed.wait(10)
        recompute.work_on(job, soon())
        done.set()

    at_once(hold, others)

    job.refresh_from_db()
    assert (job.state, job.done) == (Job.State.RUNNING, 7)
    recompute.work_on(job, soon())
    job.refresh_from_db()
    assert (job.state, job.done) == (Job.State.DONE, 8)
