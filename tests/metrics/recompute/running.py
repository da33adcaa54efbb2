"""Runs from start to end, and what they left, at a moment that stands still."""

from datetime import UTC, date, datetime, timedelta

from django.db import DatabaseError

from accounts.models import Touched
from metrics import recompute, storing
from metrics.models import AccountSnapshot, CurrentValue, PopulationValue

NOW = datetime(2026, 3, 17, 13, 30, tzinfo=UTC)
TODAY, YESTERDAY = date(2026, 3, 17), date(2026, 3, 16)
SOON = NOW + timedelta(hours=1)


def run(kind=recompute.FULL, **more):
    job = recompute.start(kind, **more)
    recompute.work_on(job, SOON)
    job.refresh_from_db()
    return job


def night(now=NOW):
    job = recompute.start_night(now)
    recompute.work_on(job, now + timedelta(hours=1))
    job.refresh_from_db()
    return job


def current(key="mrr"):
    return dict(CurrentValue.objects.of(key).values_list("account", "numerator"))


def snapshots(day, key="mrr"):
    return dict(
        AccountSnapshot.objects.filter(day=day, definition__key=key).values_list("account", "numerator")
    )


def everybody(key="mrr", day=TODAY):
    return PopulationValue.objects.get(definition__key=key, day=day, dimension="", member="").value


def touched():
    return recompute.recompute_touched(SOON)


def refresh():
    while recompute.refresh_stale_day(NOW):
        pass


def breaks_on(monkeypatch, account):
    store = storing._evaluate_into_fresh

    def evaluate(metrics, accounts, *rest):
        store(metrics, accounts, *rest)
        if account.pk in accounts:
            raise DatabaseError

    monkeypatch.setattr(storing, "_evaluate_into_fresh", evaluate)


def forget_marks_of(change):
    before = set(Touched.objects.values_list("pk", flat=True))
    change()
    Touched.objects.exclude(pk__in=before).delete()
