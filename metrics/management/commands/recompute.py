from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from accounts.models import Job
from metrics import framing, recompute

FOREVER = timedelta(days=30)


class Command(BaseCommand):
    help = "Makes everybody's stored figures anew, here and now. Workers may help; Ctrl-C leaves the rest to them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--months", type=int, default=0, help="also keep snapshots of the ends of so many past months"
        )
        parser.add_argument("--days", type=int, default=0, help="also keep snapshots of so many past days")

        parser.add_argument(
            "--go-on", type=int, metavar="RUN", help="take up a run that was stopped or failed"
        )

    def handle(self, *args: Any, months: int, days: int, go_on: int | None, **options: Any) -> None:
        job = taken_up(go_on) if go_on else started(months, days)
        with tqdm(total=job.total, initial=job.done, unit="range", disable=None) as bar:
            recompute.work_on(job, timezone.now() + FOREVER, report=bar.update)
        while recompute.refresh_stale_day(timezone.now()):
            pass
        self._tell(job)

    def _tell(self, job: Job) -> None:
        job.refresh_from_db()
        match job.state:
            case Job.State.DONE:
                self.stdout.write(self.style.SUCCESS(f"Run {job.pk} is done."))
            case Job.State.RUNNING:
                self.stdout.write(f"Other workers have the last ranges of run {job.pk} and will finish it.")
            case state:
                raise CommandError(
                    f"Run {job.pk} is not done: {Job.State(state).label}. The page of runs says how far it is."
                )


def started(months: int, days: int) -> Job:
    past = past_days(recompute.clock_at(timezone.now()).today, months, days)
    job = recompute.start(recompute.BACKFILL if past else recompute.FULL, days=past)
    assert job is not None  # only work with a key can be there already
    return job


def taken_up(number: int) -> Job:
    job = Job.objects.filter(pk=number).first()
    if job is None or not recompute.go_on(job):
        raise CommandError(
            f"There is no stopped or failed recompute {number}. The page of runs lists all of them."
        )
    return job


def past_days(today: date, months: int, days: int) -> set[date]:
    past = {
        *framing.month_ends(today, months),
        *(today - timedelta(days=back) for back in range(1, days + 1)),
    }
    return past - {today}
