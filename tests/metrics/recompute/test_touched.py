"""Touched accounts, and everybody where a rate or a setting was."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError

from accounts.merges import merge_accounts
from accounts.models import Account, Job, Organisation, Touched
from metrics import recompute
from metrics.models import CurrentValue, PopulationValue, StoredDay
from tests import factories
from tests.metrics.recompute.running import (
    NOW,
    SOON,
    YESTERDAY,
    breaks_on,
    current,
    everybody,
    forget_marks_of,
    refresh,
    run,
    snapshots,
    touched,
)

pytestmark = pytest.mark.django_db


def test_touched_accounts_are_made_anew(najm):
    other = factories.account("Other")
    run()
    Touched.objects.all().delete()
    forget_marks_of(lambda: factories.subscription(other, 5, "2026-01-01"))
    factories.subscription(najm, 7, "2026-03-01")

    assert touched() == 1

    assert current() == {najm.pk: 107}
    assert everybody() == 107
    assert not Touched.objects.exists()
    job = Job.objects.latest("pk")
    assert (job.kind, job.state, job.done, job.total) == (recompute.TOUCHED, Job.State.DONE, 1, 1)


def test_nothing_touched_is_no_run():
    assert touched() == 0
    assert not Job.objects.exists()


def test_marks_stay_when_the_batch_fails(najm, monkeypatch):
    breaks_on(monkeypatch, najm)
    marks = Touched.objects.count()

    with pytest.raises(DatabaseError):
        touched()

    assert Touched.objects.count() == marks > 0
    assert not Job.objects.exists()


def test_batches_take_so_many_marks_and_all_of_their_accounts(najm, monkeypatch):
    for number in range(5):
        factories.subscription(factories.account(f"Account {number}"), 10 + number, "2026-01-01")
    monkeypatch.setattr(recompute, "BATCH", 2)

    assert recompute.recompute_batch() == 1
    assert touched() == 5
    assert len(current()) == 6


def test_values_of_everybody_are_added_up_though_the_worker_was_killed_after_its_batch(najm):
    recompute.recompute_batch()
    assert not PopulationValue.objects.exists()

    assert touched() == 0

    assert everybody() == 100
    assert not Job.objects.unfinished().exists()


def test_batches_of_a_minute_share_one_run(najm):
    recompute.recompute_batch()
    factories.subscription(factories.account("Other"), 10, "2026-01-01")
    touched()

    job = Job.objects.get(kind=recompute.TOUCHED)
    assert (job.state, job.done) == (Job.State.DONE, 2)


def test_a_fact_of_a_merged_account_counts_for_the_survivor(najm):
    loser = factories.account("Loser")
    factories.subscription(loser, 30, "2026-01-01")
    touched()
    merge_accounts(loser, najm, by=None)
    touched()
    assert current() == {najm.pk: 130}

    factories.subscription(loser, 5, "2026-01-01")
    touched()
    assert current() == {najm.pk: 135}

    Account.objects.filter(pk=loser.pk).update(merged_into=None)
    touched()
    assert current() == {najm.pk: 100, loser.pk: 35}


def test_a_merge_changes_the_past_days_too(najm):
    loser = factories.account("Loser")
    factories.subscription(loser, 30, "2026-01-01")
    run(days=[YESTERDAY])
    assert snapshots(YESTERDAY) == {najm.pk: 100, loser.pk: 30}

    merge_accounts(loser, najm, by=None)
    touched()

    assert snapshots(YESTERDAY) == {najm.pk: 130}


def test_a_fact_without_account_counts_for_everybody(najm):
    run(days=[YESTERDAY])
    refresh()
    touched()
    factories.resolved_ticket(None, "2026-03-10 10:00")

    assert touched() == 1

    assert everybody("tickets") == 1
    assert not CurrentValue.objects.of("tickets").exists()
    assert StoredDay.objects.get().stale_since == NOW
    refresh()
    assert everybody("tickets", YESTERDAY) == 1


def test_a_deleted_account_leaves_nothing(najm):
    other = factories.account("Other")
    factories.subscription(other, 30, "2026-01-01")
    run(days=[YESTERDAY])
    refresh()
    assert everybody("mrr", YESTERDAY) == 130

    najm.delete()
    touched()

    assert current() == {other.pk: 30}
    assert snapshots(YESTERDAY) == {other.pk: 30}
    assert everybody() == 30
    refresh()
    assert everybody("mrr", YESTERDAY) == 30


def test_a_deleted_loser_is_missed_by_the_survivor(najm):
    loser = factories.account("Loser", merged_into=najm)
    factories.subscription(loser, 30, "2026-01-01")
    run(days=[YESTERDAY])
    assert snapshots(YESTERDAY) == {najm.pk: 130}

    loser.delete()
    touched()

    assert current() == snapshots(YESTERDAY) == {najm.pk: 100}


def test_the_clock_is_read_after_the_lock(najm, clock, monkeypatch):
    """A batch that began before midnight and waited stores the values of the new day."""
    factories.subscription(najm, 7, "2026-03-18")
    lock = recompute._lock

    def wait(what):
        lock(what)
        clock.move_to(NOW + timedelta(days=1), tick=False)

    monkeypatch.setattr(recompute, "_lock", wait)
    recompute.recompute_batch()

    assert current() == {najm.pk: 107}


# Everybody


def test_a_rate_makes_everything_anew_since_its_day(najm):
    factories.subscription(najm, 10, "2026-01-01", currency="EUR")
    factories.rate("EUR", "2025-01-01", 1)
    run(days=[date(2026, 1, 31), date(2026, 2, 28), YESTERDAY])
    Touched.objects.all().delete()
    factories.rate("EUR", "2026-02-01", 2)

    job = recompute.start_when_everybody_is_touched(NOW)

    assert (job.kind, job.parameters["days"]) == (recompute.FULL, ["2026-02-28", str(YESTERDAY)])
    recompute.work_on(job, SOON)
    assert current() == {najm.pk: 120}
    assert snapshots(date(2026, 1, 31)) == {najm.pk: 110}
    assert snapshots(date(2026, 2, 28)) == {najm.pk: 120}
    assert not Touched.objects.filter(account_id=None).exists()


def test_a_setting_makes_everything_anew(najm):
    run(days=[date(2025, 12, 31), YESTERDAY])
    Touched.objects.all().delete()
    factories.organisation(inactive_days=30)

    assert recompute.start_when_everybody_is_touched(NOW).parameters["days"] == ["2025-12-31", str(YESTERDAY)]


@pytest.mark.parametrize("change", [{"name": {"en": "Falak"}}, {"digits": "arab"}, {"weekend": [5, 6]}])
def test_a_setting_that_no_figure_reads_touches_nobody(najm, change):
    Organisation.current()
    Touched.objects.all().delete()

    factories.organisation(**change)

    assert recompute.start_when_everybody_is_touched(NOW) is None


def test_one_run_over_everybody_after_the_other(najm):
    factories.rate("EUR", "2025-01-01", 1)
    first = recompute.start_when_everybody_is_touched(NOW)
    factories.rate("EUR", "2026-01-01", 2)

    assert recompute.start_when_everybody_is_touched(NOW) is None

    recompute.work_on(first, SOON)
    assert recompute.start_when_everybody_is_touched(NOW)
