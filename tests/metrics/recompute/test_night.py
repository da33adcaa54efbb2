"""The night keeps yesterday and fills today."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models import Job, Touched
from metrics import recompute
from metrics.models import StoredDay
from tests import factories
from tests.metrics.recompute.running import (
    NOW,
    SOON,
    TODAY,
    YESTERDAY,
    current,
    everybody,
    forget_marks_of,
    night,
    snapshots,
    touched,
)

pytestmark = pytest.mark.django_db


def test_the_night_keeps_yesterday_and_fills_today(najm):
    factories.subscription(najm, 7, str(TODAY))
    touched()

    job = night()

    assert (job.kind, job.state, job.total) == (recompute.NIGHT, Job.State.DONE, 1)
    assert snapshots(YESTERDAY) == {najm.pk: 100}
    assert current() == {najm.pk: 107}
    assert everybody() == 107
    assert StoredDay.objects.get().day == YESTERDAY


def test_the_night_comes_once_a_day(najm, clock):
    assert recompute.start_night(NOW)
    assert recompute.start_night(NOW + timedelta(hours=1)) is None
    assert recompute.start_night(NOW + timedelta(days=1))


def test_the_night_begins_at_the_organisations_midnight(najm):
    factories.organisation(time_zone="Asia/Riyadh")

    assert recompute.start_night(datetime(2026, 3, 17, 20, 59, tzinfo=UTC)).key == "night 2026-03-16"
    assert recompute.start_night(datetime(2026, 3, 17, 21, 0, tzinfo=UTC)).key == "night 2026-03-17"


def test_nights_that_were_missed_are_made_up_for(najm):
    StoredDay.objects.create(day=date(2026, 3, 12))

    job = night()

    assert job.parameters["days"] == ["2026-03-13", "2026-03-14", "2026-03-15", "2026-03-16"]
    assert [snapshots(date(2026, 3, day)) for day in range(12, 17)] == [{}, *[{najm.pk: 100}] * 4]


def test_no_more_than_a_month_is_made_up_for():
    StoredDay.objects.create(day=date(2024, 3, 12))

    assert len(recompute.start_night(NOW).parameters["days"]) == recompute.NIGHTS + 1


def test_the_night_lists_what_was_not_up_to_date(najm, clock):
    touched()
    forget_marks_of(lambda: factories.subscription(najm, 7, str(YESTERDAY)))
    clock.move_to(NOW + timedelta(days=1), tick=False)

    job = night(NOW + timedelta(days=1))

    assert {key for account, key in job.result["differences"]} >= {"mrr", "mrr_expansion", "arpa"}
    assert {account for account, key in job.result["differences"]} == {najm.pk}
    assert current() == {najm.pk: 107}


def test_a_night_after_a_quiet_day_lists_nothing(najm, clock):
    factories.order(najm, "2026-03-16 10:00")
    factories.resolved_ticket(najm, "2026-03-15 10:00")
    touched()
    clock.move_to(NOW + timedelta(days=1), tick=False)

    assert "differences" not in night(NOW + timedelta(days=1)).result


def test_what_is_touched_still_is_no_difference(najm, clock):
    loser = factories.account("Loser", merged_into=najm)
    touched()
    factories.subscription(loser, 7, str(YESTERDAY))
    clock.move_to(NOW + timedelta(days=1), tick=False)

    assert "differences" not in night(NOW + timedelta(days=1)).result


def test_touched_accounts_wait_until_the_night_has_compared_them(najm, clock):
    touched()
    far = factories.account("Far", pk=6_000_000)
    factories.subscription(far, 9, "2026-01-01")
    factories.subscription(najm, 7, str(TODAY))
    clock.move_to(NOW + timedelta(days=1), tick=False)
    job = recompute.start_night(NOW + timedelta(days=1))
    recompute.work_on_range(job)

    recompute.recompute_touched(NOW + timedelta(days=2))

    assert set(Touched.objects.values_list("account_id", flat=True)) == {far.pk}
    assert current()[najm.pk] == 107
    recompute.work_on(job, NOW + timedelta(days=2))
    job.refresh_from_db()
    assert (job.state, job.result) == (Job.State.DONE, {})


def test_a_night_that_was_stopped_lets_touched_accounts_go_on(najm):
    job = recompute.start_night(NOW)
    Job.objects.update(stop_requested_at=NOW)
    assert touched() == 0

    recompute.work_on(job, SOON)

    assert touched() == 1
    assert current() == {najm.pk: 100}


def test_runs_over_touched_accounts_are_forgotten_after_a_week(najm):
    Job.objects.create(kind=recompute.TOUCHED, finished_at=NOW - timedelta(days=8))
    kept = Job.objects.create(kind=recompute.TOUCHED, finished_at=NOW - timedelta(days=6))
    other = Job.objects.create(kind="import", finished_at=NOW - timedelta(days=8))

    recompute.start_night(NOW)

    assert set(Job.objects.exclude(kind=recompute.NIGHT)) == {kept, other}
