from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from tqdm import tqdm

from accounts.models import Job
from metrics import answers, recompute

FOREVER = timedelta(days=30)


class Command(BaseCommand):
    help = "Makes everybody's stored figures anew, here and now; other workers may help. Ctrl-C leaves the rest to them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--months", type=int, default=0, help="also keep snapshots of the ends of so many past months")
        parser.add_argument("--days", type=int, default=0, help="also keep snapshots of so many past days")

    def handle(self, *args: Any, months: int, days: int, **options: Any) -> None:
        now = timezone.now()
        today = recompute.clock_at(now).today
        past = {*answers.month_ends(today, months), *(today - timedelta(days=back) for back in range(1, days + 1))}
        job = recompute.start(recompute.BACKFILL if months or days else recompute.FULL, days=past - {today})
        if job is None:
            return
        self._work_on(job)
        while recompute.refresh_stale_day(now):
            pass
        self.stdout.write(self.style.SUCCESS(f"Done: run {job.pk}."))

    def _work_on(self, job: Job) -> None:
        with tqdm(total=job.ranges.count(), unit="range", disable=None) as bar:
            while recompute.work_on_range(job):
                bar.update()
        recompute.work_on(job, until=timezone.now() + FOREVER)
