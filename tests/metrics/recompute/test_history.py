"""A metric that is new gets its values on the days that are kept."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.models import Job
from metrics import recompute, storing
from metrics.models import AccountRange, PopulationValue, StoredDay
from tests.metrics.recompute.running import SOON, TODAY, everybody, refresh, run

pytestmark = pytest.mark.django_db

DAYS = [date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 28)]


@pytest.fixture(autouse=True)
def kept(najm):
    """Three month ends, of which nothing is stale."""
    run(recompute.BACKFILL, days=DAYS)
    refresh()


def forget(key):
    PopulationValue.objects.filter(definition__key=key).delete()


def history():
    job = recompute.start_when_metrics_are_new()
    if job is not None:
        recompute.work_on(job, SOON)
        job.refresh_from_db()
    return job


def values(key, dimension="", member=""):
    rows = PopulationValue.objects.filter(definition__key=key, dimension=dimension, member=member)
    return dict(rows.filter(day__in=DAYS).values_list("day", "value"))


def test_without_a_new_metric_there_is_nothing_to_do():
    assert storing.without_history() == []
    assert history() is None


def test_a_new_metric_gets_its_history_for_every_population():
    forget("mrr")

    job = history()

    assert (job.kind, job.state, job.total, job.done) == (recompute.HISTORY, Job.State.DONE, 3, 3)
    assert job.parameters == {"keys": ["mrr"]}
    assert values("mrr") == dict(zip(DAYS, [0, 100, 100], strict=True))
    assert values("mrr", "segment", "small") == dict(zip(DAYS[1:], [100, 100], strict=True))
    assert history() is None


def test_the_values_of_the_others_stay():
    PopulationValue.objects.filter(definition__key="customers", day__in=DAYS).update(value=77)
    forget("mrr")

    history()

    assert set(values("customers").values()) == {77}


def test_a_new_version_of_a_definition_is_new():
    PopulationValue.objects.filter(definition__key="mrr").update(version=0, value=77)

    assert history().parameters == {"keys": ["mrr"]}
    assert set(values("mrr").values()) == {0, 100}
    assert set(
        PopulationValue.objects.filter(definition__key="mrr", day__in=DAYS).values_list("version", flat=True)
    ) == {1}


def test_the_latest_day_comes_first_and_a_stopped_run_goes_on_where_it_was():
    forget("mrr")
    job = recompute.start_when_metrics_are_new()
    recompute.work_on_range(job)

    assert set(values("mrr")) == {DAYS[2]}

    Job.objects.filter(pk=job.pk).update(stop_requested_at=SOON, state=Job.State.RUNNING)
    recompute.work_on(job, SOON)
    job.refresh_from_db()
    assert (job.state, job.done) == (Job.State.STOPPED, 1)

    assert recompute.go_on(job)
    recompute.work_on(job, SOON)
    job.refresh_from_db()
    assert (job.state, job.done, set(values("mrr"))) == (Job.State.DONE, 3, set(DAYS))


def test_one_such_run_at_a_time():
    forget("mrr")

    assert recompute.start_when_metrics_are_new() is not None
    assert recompute.start_when_metrics_are_new() is None


def test_it_makes_no_day_stale_and_no_account_wait():
    forget("mrr")
    recompute.start_when_metrics_are_new()

    assert recompute.kept_days(DAYS[0], TODAY) == DAYS
    assert not AccountRange.objects.with_accounts().exists()

    recompute.work_on(Job.objects.get(kind=recompute.HISTORY), SOON)
    assert not StoredDay.objects.filter(stale_since__isnull=False).exists()


def test_a_day_without_any_values_is_left_to_its_own_refresh():
    PopulationValue.objects.filter(day=DAYS[0]).delete()

    assert storing.without_history() == []


def test_todays_values_are_those_of_every_minute():
    assert everybody() == Decimal(100)
