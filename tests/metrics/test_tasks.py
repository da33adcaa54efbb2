from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Job, Organisation, Touched
from metrics import recompute, tasks
from metrics.models import CurrentValue, PopulationValue, StoredDay
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 17, 13, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture(autouse=True)
def _settings_known(db):
    Organisation.current()
    Touched.objects.all().delete()


@pytest.fixture
def sent(monkeypatch):
    """What the tick sends, in order, instead of sending it."""
    messages = []
    for name in ("recompute_touched", "refresh_stale_days", "work_on"):

        def note(name=name, kwargs=None, expires=None):
            messages.append((name, *(kwargs or {}).values(), expires))

        monkeypatch.setattr(getattr(tasks, name), "apply_async", note)
    return messages


def test_the_tick_sends_what_is_due_and_lets_it_expire_before_the_next(sent):
    factories.account()

    tasks.tick()

    night = Job.objects.get(kind=recompute.NIGHT)
    assert sent == [
        ("recompute_touched", 55),
        ("refresh_stale_days", 55),
        ("work_on", night.pk, 55),
    ]


def test_a_worker_is_called_for_each_range_up_to_a_number(sent):
    for pk in range(1, 200_000, 5_000):
        factories.account(pk=pk)

    tasks.tick()

    assert [name for name, *_ in sent].count("work_on") == tasks.WORKERS


def test_the_tick_starts_the_night_once_a_day(sent, clock):
    for _ in range(3):
        tasks.tick()
    assert Job.objects.filter(kind=recompute.NIGHT).count() == 1

    clock.move_to(NOW + timedelta(days=1), tick=False)
    tasks.tick()
    assert Job.objects.filter(kind=recompute.NIGHT).count() == 2


def test_the_tick_starts_a_run_over_everybody_when_a_rate_changed(sent):
    factories.rate("EUR", "2026-01-01", 2)

    tasks.tick()

    full = Job.objects.get(kind=recompute.FULL)
    assert ("work_on", full.pk, 55) in sent


def test_runs_that_are_over_or_were_stopped_or_are_others_get_no_worker(sent):
    tasks.tick()
    Job.objects.update(state=Job.State.DONE)
    recompute.start(recompute.FULL)
    Job.objects.filter(kind=recompute.FULL).update(state=Job.State.STOPPED)
    Job.objects.create(kind="import")
    sent.clear()

    tasks.tick()

    assert [name for name, *_ in sent] == ["recompute_touched", "refresh_stale_days"]


def test_a_run_whose_last_worker_was_killed_before_closing_it_is_closed(sent):
    factories.account()
    job = recompute.start(recompute.FULL)
    Job.objects.update(state=Job.State.RUNNING)
    recompute.work_on_range(job)

    tasks.tick()
    assert ("work_on", job.pk, 55) in sent

    tasks.work_on(job=job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE


def test_a_task_does_a_slice_of_the_run(monkeypatch):
    seen = []
    monkeypatch.setattr(recompute, "work_on", lambda job, until: seen.append((job, until)))
    job = recompute.start(recompute.FULL)

    tasks.work_on(job=job.pk)

    assert seen == [(job, NOW + tasks.SLICE)]


def test_touched_accounts_come_after_the_nights_start(sent):
    """Between midnight and the first tick nothing of today is stored over yesterday."""
    account = factories.account()
    factories.subscription(account, 100, "2026-01-01")

    tasks.recompute_touched()
    assert not CurrentValue.objects.exists()
    assert Touched.objects.exists()

    tasks.work_on(job=Job.objects.get(kind=recompute.NIGHT).pk)
    tasks.recompute_touched()
    assert CurrentValue.objects.of("mrr").get().numerator == 100
    assert not Touched.objects.exists()


def test_stale_days_are_refreshed_when_they_have_settled(clock):
    recompute.work_on(
        recompute.start(recompute.FULL, days=[NOW.date() - timedelta(days=1)]), NOW + timedelta(hours=1)
    )
    tasks.refresh_stale_days()
    assert PopulationValue.objects.filter(day=NOW.date() - timedelta(days=1)).exists()

    StoredDay.objects.update(stale_since=NOW)
    tasks.refresh_stale_days()
    assert StoredDay.objects.get().stale_since == NOW

    clock.move_to(NOW + tasks.SETTLED, tick=False)
    tasks.refresh_stale_days()
    assert StoredDay.objects.get().stale_since is None


def test_a_slice_and_a_message_are_over_before_the_next_tick():
    assert tasks.SLICE.total_seconds() < tasks.EXPIRES < 60
