from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from accounts.models import Job
from accounts.rollups import passes, rebuilding


def month(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        raise ArgumentTypeError(f"{text} is no month. Write it as 2026-01.") from None


class Command(BaseCommand):
    help = "Rolls events up anew, month by month, here and now. Ctrl-C leaves the rest to --go-on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="first", type=month, metavar="YYYY-MM", help="the first month")
        parser.add_argument("--to", dest="last", type=month, metavar="YYYY-MM", help="the last month")
        parser.add_argument(
            "--go-on", type=int, metavar="RUN", help="take up a run that was stopped or failed"
        )

    def handle(
        self, *args: Any, first: date | None, last: date | None, go_on: int | None, **options: Any
    ) -> None:
        job = taken_up(go_on) if go_on else rebuilding.start(first, last)
        with tqdm(total=job.total, initial=job.done, unit="month", disable=None) as bar:
            rebuilding.work_on(job, report=bar.update)
        # Visits that reach from one month into the next.
        passes.catch_up(timezone.now())
        job.refresh_from_db()
        if job.state != Job.State.DONE:
            raise CommandError(
                f"Run {job.pk} is not done: {Job.State(job.state).label}. The page of runs says how far it is."
            )
        self.stdout.write(self.style.SUCCESS(f"Run {job.pk} is done."))


def taken_up(number: int) -> Job:
    job = Job.objects.filter(pk=number).first()
    if job is None or not rebuilding.go_on(job):
        raise CommandError(
            f"There is no stopped or failed roll-up {number}. The page of runs lists all of them."
        )
    return job
