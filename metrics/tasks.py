from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from accounts.models import Job
from metrics import recompute

# A task gives its worker back before its time limit; the next minute goes on where it was.
SLICE = timedelta(minutes=4)
WORKERS = 4


@shared_task
def tick() -> None:
    """Every minute: what is due is found in the rows, so that a lost message or a second beat does no harm."""
    now = timezone.now()
    recompute.start_night(now)
    recompute.start_when_everybody_is_touched(now)
    for job in Job.objects.unfinished().filter(kind__in=recompute.RUNS):
        for _worker in range(min(WORKERS, job.ranges.open().count()) or 1):
            work_on.delay(job=job.pk)
    if not Job.objects.unfinished().filter(kind=recompute.NIGHT).exists():
        recompute_touched.delay()
    refresh_stale_days.delay()


@shared_task
def work_on(job: int) -> None:
    recompute.work_on(Job.objects.get(pk=job), until=timezone.now() + SLICE)


@shared_task
def recompute_touched() -> None:
    recompute.recompute_touched(timezone.now(), until=timezone.now() + SLICE)


@shared_task
def refresh_stale_days() -> None:
    until = timezone.now() + SLICE
    while timezone.now() < until and recompute.refresh_stale_day(timezone.now()):
        pass
