"""Runs over everybody."""

from datetime import date

import pytest
from django.db import DatabaseError

from accounts.models import Account, Job
from metrics import recompute, storing
from metrics.models import AccountRange, AccountSnapshot, CurrentValue, StoredDay
from tests import factories
from tests.metrics.recompute.running import (
    NOW,
    SOON,
    YESTERDAY,
    breaks_on,
    current,
    everybody,
    run,
    snapshots,
    touched,
)

pytestmark = pytest.mark.django_db


def test_run_took_as_long_as_everybody_took(clock, najm, monkeypatch):
    monkeypatch.setattr(storing, "store_everybody", lambda _clock: clock.shift(3))

    touched()
    ended = [run(), Job.objects.get(kind=recompute.TOUCHED)]

    assert [(job.finished_at - job.started_at).seconds for job in ended] == [3, 3]


def test_a_full_run_stores_everybodys_values(najm):
    other = factories.account("Other")
    factories.subscription(other, 30, "2026-02-01")

    job = run()

    assert job.state == Job.State.DONE
    assert job.done == job.total == len({pk // recompute.STRETCH for pk in (najm.pk, other.pk)})
    assert current() == {najm.pk: 100, other.pk: 30}
    assert everybody() == 130
    assert not AccountRange.objects.exists()


def test_a_full_run_over_nobody_is_done_at_once():
    job = run(days=[YESTERDAY])

    assert (job.state, job.total) == (Job.State.DONE, 0)
    assert everybody("customers") == 0
    assert StoredDay.objects.get().day == YESTERDAY


def test_only_stretches_with_accounts_become_ranges():
    ends = [1, 4_999, 5_000, 9_999, 15_000, 5_000_000_000]
    for pk in ends:
        factories.subscription(factories.account(f"Account {pk}", pk=pk), pk, "2026-01-01")

    job = recompute.start(recompute.FULL)

    assert list(job.ranges.order_by("first").values_list("first", "last")) == [
        (0, 4_999),
        (5_000, 9_999),
        (15_000, 19_999),
        (5_000_000_000, 5_000_004_999),
    ]
    recompute.work_on(job, SOON)
    assert current() == {pk: pk for pk in ends}


def test_a_run_keeps_snapshots_of_the_days_it_is_told(najm):
    factories.subscription(najm, 7, "2026-03-01")

    run(recompute.BACKFILL, days=[date(2026, 2, 28), date(2025, 12, 31), YESTERDAY])

    assert snapshots(date(2026, 2, 28)) == {najm.pk: 100}
    assert snapshots(YESTERDAY) == {najm.pk: 107}
    assert snapshots(date(2025, 12, 31)) == {}
    assert StoredDay.objects.filter(stale_since=NOW).count() == 3


def test_values_of_nobody_any_more_are_removed(najm):
    run(days=[YESTERDAY])
    Account.objects.update(internal=True)

    run(days=[YESTERDAY])

    assert not CurrentValue.objects.exists()
    assert not AccountSnapshot.objects.exists()


def test_work_with_a_key_is_started_once(najm):
    assert recompute.start(recompute.NIGHT, key="once")
    assert recompute.start(recompute.NIGHT, key="once") is None
    assert Job.objects.count() == 1


def test_work_ends_when_the_time_is_over_and_goes_on_where_it_was(najm):
    factories.account("Far", pk=6_000_000)
    job = recompute.start(recompute.FULL)

    recompute.work_on(job, until=NOW)
    assert job.ranges.open().count() == 2

    recompute.work_on_range(job)
    assert job.ranges.open().count() == 1
    recompute.work_on(job, until=SOON)
    job.refresh_from_db()
    assert (job.state, job.done) == (Job.State.DONE, 2)


def test_a_run_stops_when_it_is_asked_to_and_goes_on_when_told(najm):
    factories.account("Far", pk=6_000_000)
    job = recompute.start(recompute.FULL)
    recompute.work_on_range(job)
    Job.objects.update(stop_requested_at=NOW)

    recompute.work_on(job, SOON)
    job.refresh_from_db()
    assert (job.state, job.done) == (Job.State.STOPPED, 1)

    recompute.work_on(job, SOON)
    job.refresh_from_db()
    assert job.state == Job.State.STOPPED

    assert recompute.go_on(job)
    recompute.work_on(job, SOON)
    job.refresh_from_db()
    assert (job.state, job.done) == (Job.State.DONE, 2)
    assert not recompute.go_on(job)


def test_a_run_is_finished_once(najm):
    job = recompute.start(recompute.FULL)
    recompute.work_on(job, SOON)

    assert not recompute.finish(job)


def test_a_run_is_not_finished_while_a_range_is_left(najm):
    job = recompute.start(recompute.FULL)
    Job.objects.update(state=Job.State.RUNNING)

    assert not recompute.finish(job)


def test_a_range_that_fails_comes_last_and_then_fails_the_run(najm, monkeypatch):
    far = factories.account("Far", pk=6_000_000)
    factories.subscription(far, 9, "2026-01-01")
    job = recompute.start(recompute.FULL, days=[YESTERDAY])
    breaks_on(monkeypatch, najm)

    for _ in range(2 * recompute.TRIES):
        with pytest.raises(DatabaseError):
            recompute.work_on(job, SOON)
    recompute.work_on(job, SOON)

    job.refresh_from_db()
    assert (job.state, job.done, job.total) == (Job.State.FAILED, 2, 4)
    first = najm.pk // recompute.STRETCH * recompute.STRETCH
    last = first + recompute.STRETCH - 1
    assert job.result["failed"] == [[str(YESTERDAY), first, last], ["", first, last]]
    assert current() == {far.pk: 9}
    assert not StoredDay.objects.exists()


def test_a_failed_run_can_go_on(najm, monkeypatch):
    job = recompute.start(recompute.FULL)
    with monkeypatch.context() as broken:
        breaks_on(broken, najm)
        for _ in range(recompute.TRIES):
            with pytest.raises(DatabaseError):
                recompute.work_on(job, SOON)
        recompute.work_on(job, SOON)

    assert recompute.go_on(job)
    recompute.work_on(job, SOON)

    job.refresh_from_db()
    assert (job.state, job.result) == (Job.State.DONE, {})
    assert current() == {najm.pk: 100}
