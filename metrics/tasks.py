from datetime import timedelta

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from accounts.models import Job
from metrics import memberships, recompute

# A task gives its worker back before the next minute's work comes; that goes on where this was.
SLICE = timedelta(seconds=50)
# The next minute sends anew whatever nobody had time for.
EXPIRES = 55
# As many as may work on one run at once, on all machines together.
WORKERS = 16
# Late facts come in swarms: what populations had on a past day is added up again after this time, not every minute.
SETTLED = timedelta(minutes=10)
# When populations were last brought up to date: only for telling why somebody entered.
REFRESHED = "populations.refreshed"


@shared_task
def tick() -> None:
    """Every minute: what is due is found in the rows, so that a lost message or a second beat does no harm."""
    now = timezone.now()
    recompute.start_night(now)
    recompute.start_when_everybody_is_touched(now)
    recompute.start_when_metrics_are_new()
    # Before the long runs, which would otherwise keep every worker from them.
    recompute_touched.apply_async(expires=EXPIRES)
    refresh_stale_days.apply_async(expires=EXPIRES)
    for job in Job.objects.unfinished().filter(kind__in=recompute.RUNS).order_by("pk"):
        for _worker in range(min(WORKERS, job.ranges.open().count()) or 1):
            work_on.apply_async(kwargs={"job": job.pk}, expires=EXPIRES)


@shared_task
def work_on(job: int) -> None:
    recompute.work_on(Job.objects.get(pk=job), until=timezone.now() + SLICE)


@shared_task
def recompute_touched() -> None:
    now = timezone.now()
    # Midnight may just have passed: yesterday is compared before its values become today's.
    recompute.start_night(now)
    recompute.recompute_touched(until=now + SLICE)


@shared_task
def refresh_stale_days() -> None:
    until = timezone.now() + SLICE
    while timezone.now() < until and recompute.refresh_stale_day(timezone.now(), settled=SETTLED):
        pass


@shared_task
def refresh_populations() -> None:
    now = timezone.now()
    memberships.refresh_all(now, since=cache.get(REFRESHED))
    cache.set(REFRESHED, now, timeout=None)
