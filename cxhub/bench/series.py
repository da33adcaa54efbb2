"""What a chart of two years by week costs: read from the values that are kept, and computed."""

from datetime import date, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Organisation
from cxhub.bench.books import build_recompute_book
from cxhub.bench.timing import Ratio, interleaved
from metrics import answers, catalogue, recompute, storing
from metrics.models import StoredDay
from metrics.populations import Population
from metrics.questions import Question
from metrics.sources import Clock

METRICS = ("mrr", "time_to_resolution")
SEGMENT = Population(filters=(("segment", "enterprise"),))
WEEKS = 104


def measure(*, accounts: int, tickets: int, weeks: int, repetitions: int) -> dict[str, Any]:
    """In an empty database, which it fills."""
    build_recompute_book(accounts, accounts, tickets, today=Organisation().today(timezone.now()))
    clock = recompute.clock_at(timezone.now())
    days = [clock.today - timedelta(days=1 + 7 * week) for week in reversed(range(weeks))]
    for day in days:
        with transaction.atomic():
            storing.store_populations(clock, day, METRICS)
            StoredDay.objects.create(day=day)
    return {
        "sizes": {"accounts": accounts, "tickets": tickets},
        "points": weeks,
        "of": {key: _measured(key, clock, days, repetitions) for key in METRICS},
    }


def _measured(key: str, clock: Clock, days: list[date], repetitions: int) -> dict[str, Any]:
    question = Question(catalogue.ALL[key], SEGMENT, clock, clock.today)
    kept, computed = partial(question.series, days), partial(answers.series, key, SEGMENT, clock, days)
    if [_read(answer) for answer in kept()] != [_read(answer) for answer in computed()]:
        raise AssertionError(f"What is kept of {key} is not what is computed.")
    timings = interleaved({"kept": kept, "computed": computed}, repetitions)
    points = {name: round(len(days) / timing.median, 1) for name, timing in timings.items()}
    return {
        "timings": {name: timing.as_json() | {"points": points[name]} for name, timing in timings.items()},
        "ratio": Ratio.of(timings["computed"], timings["kept"]).as_json(),
    }


def _read(answer: answers.Answer) -> tuple[date, float | None]:
    """Kept values are floats."""
    return answer.as_of, None if answer.value is None else round(float(answer.value), 6)
