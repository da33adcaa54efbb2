from datetime import UTC, date, datetime

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Job
from metrics import recompute
from metrics.management.commands.recompute import past_days
from metrics.models import AccountSnapshot, CurrentValue, PopulationValue, StoredDay
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("few_metrics")]

NOW = datetime(2026, 3, 17, 13, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _held(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def najm():
    account = factories.account("Najm")
    factories.subscription(account, 100, "2026-01-01")
    return account


def test_everything_is_made_anew_at_once(najm, capsys):
    call_command("recompute")

    job = Job.objects.get()
    assert (job.kind, job.state) == (recompute.FULL, Job.State.DONE)
    assert CurrentValue.objects.of("mrr").get().numerator == 100
    assert f"Run {job.pk} is done." in capsys.readouterr().out


def test_past_months_and_days_are_kept(najm):
    call_command("recompute", "--months", "2", "--days", "2")

    days = [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 15), date(2026, 3, 16)]
    assert Job.objects.get().kind == recompute.BACKFILL
    assert list(StoredDay.objects.order_by("day").values_list("day", "stale_since")) == [
        (day, None) for day in days
    ]
    assert AccountSnapshot.objects.filter(definition__key="mrr", numerator=100).count() == 4
    assert PopulationValue.objects.filter(dimension="", definition__key="mrr", value=100).count() == 5


def test_an_installation_without_accounts_can_be_recomputed():
    call_command("recompute", "--days", "1")

    assert Job.objects.get().state == Job.State.DONE


def test_a_run_that_somebody_stops_says_so(najm, monkeypatch):
    start = recompute.start

    def stopped(*arguments, **more):
        job = start(*arguments, **more)
        Job.objects.update(stop_requested_at=NOW)
        return job

    monkeypatch.setattr(recompute, "start", stopped)

    with pytest.raises(CommandError, match="is not done: Stopped"):
        call_command("recompute")
    assert not CurrentValue.objects.exists()


def test_a_run_that_was_stopped_is_taken_up(najm):
    job = recompute.start(recompute.FULL)
    Job.objects.update(state=Job.State.STOPPED, stop_requested_at=NOW)

    call_command("recompute", "--go-on", str(job.pk))

    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert CurrentValue.objects.of("mrr").get().numerator == 100


@pytest.mark.parametrize("kind", [recompute.FULL, "import_csv"])
def test_only_a_stopped_or_failed_run_is_taken_up(kind):
    job = Job.objects.create(kind=kind, state=Job.State.DONE if kind == recompute.FULL else Job.State.STOPPED)

    with pytest.raises(CommandError, match="no stopped or failed recompute"):
        call_command("recompute", "--go-on", str(job.pk))


def test_a_run_whose_last_ranges_others_have_says_so(najm, monkeypatch, capsys):
    def others_work(job, until, report):
        Job.objects.update(state=Job.State.RUNNING)

    monkeypatch.setattr(recompute, "work_on", others_work)

    call_command("recompute")

    assert "Other workers have the last ranges" in capsys.readouterr().out


def test_past_days_are_before_today():
    today = date(2026, 3, 31)

    assert past_days(today, months=0, days=0) == set()
    assert past_days(today, months=1, days=0) == {date(2026, 2, 28)}
    assert past_days(today, months=0, days=2) == {date(2026, 3, 29), date(2026, 3, 30)}
