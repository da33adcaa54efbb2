"""What it costs to compute everybody's figures, beside the least that it could cost."""

import resource
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Account, Job, Organisation, Touched
from cxhub.bench import floor
from cxhub.bench.books import build_recompute_book
from cxhub.bench.timing import Ratio, Timing, interleaved, seconds_of
from metrics import framing, recompute
from metrics.definitions import Metric
from metrics.evaluate import Sql, per_account
from metrics.populations import Population
from metrics.sources import Clock

TOUCHED = 100
SAMPLE = 20
SEED = 7
HOUR = timedelta(hours=1)
AIM_OF_EVALUATION = 1.5
AIM_OF_TOUCHED = 0.03


def measure(*, accounts: int, orders: int, tickets: int, repetitions: int) -> dict[str, Any]:
    """In an empty database, which it fills."""
    build_recompute_book(accounts, orders, tickets, today=Organisation().today(timezone.now()))
    clock = recompute.clock_at(timezone.now())
    compare(clock)
    timings = interleaved(
        {"floor": lambda: _with_floor(clock), "evaluation": lambda: _with_evaluation(clock)}, repetitions
    )
    first, again = full_run(), [full_run() for _repetition in range(min(repetitions, 3))]
    touched, everybody = _touched(repetitions)
    timings |= {
        "first full run": Timing([first]),
        "full run without changes": Timing(again),
        f"{TOUCHED} touched accounts": touched,
        "everybody's answers after them": everybody,
        "metric by metric": Timing([seconds_of(lambda: _metric_by_metric(clock))]),
    }
    by_account = Timing([_account_by_account(clock) * accounts])
    ratio = Ratio.of(timings["evaluation"], timings["floor"])
    share = Ratio([seconds / timings["full run without changes"].median for seconds in touched.seconds])
    return {
        "sizes": {"accounts": accounts, "orders": orders, "tickets": tickets},
        "metrics": len(floor.counted()),
        "rows": _count_of_rows(),
        "timings": {name: timing.as_json() for name, timing in timings.items()}
        | {f"account by account, from {min(SAMPLE, accounts)} of them": by_account.as_json()},
        "ratios": {
            "evaluation / floor": ratio.as_json() | {"aim": AIM_OF_EVALUATION},
            f"{TOUCHED} touched accounts / full run": share.as_json() | {"aim": AIM_OF_TOUCHED},
        },
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def compare(clock: Clock) -> None:
    """Both give the same rows, or there is nothing to compare the times of."""
    floor.fill(clock)
    evaluate(clock)
    found = floor.differences()
    _drop("floor")
    _drop("evaluated")
    if found:
        raise AssertionError(f"The floor and the engine differ: {found}")


def evaluate(clock: Clock, metrics: Sequence[Metric] = (), population: Population | None = None) -> None:
    """The temporary table `evaluated`: account_id, metric, numerator, denominator."""
    metrics = metrics or floor.counted()
    rows = _rows(metrics, clock, population or Population())
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE evaluated AS SELECT member AS account_id, (%s::text[])[question + 1] AS metric,"
            f" numerator, denominator FROM ({rows.text}) sums",
            [[metric.key for metric in metrics], *rows.parameters],
        )


def _rows(metrics: Sequence[Metric], clock: Clock, population: Population) -> Sql:
    questions = [framing.question_of(metric, clock.today, clock) for metric in metrics]
    return per_account(questions, population, clock, clock.today)


def _with_floor(clock: Clock) -> None:
    floor.fill(clock)
    _drop("floor")


def _with_evaluation(clock: Clock) -> None:
    evaluate(clock)
    _drop("evaluated")


def full_run() -> float:
    """As the workers do it, by one of them: evaluated in ranges, stored, everybody's answers added up."""
    job = recompute.start(recompute.FULL)
    assert job is not None  # only work with a key can be there already
    seconds = seconds_of(lambda: recompute.work_on(job, timezone.now() + HOUR))
    job.refresh_from_db()
    if job.state != Job.State.DONE:
        raise AssertionError(f"The run ended as {job.state}: {job.result}")
    return seconds


def _touched(repetitions: int) -> tuple[Timing, Timing]:
    """A batch of accounts drawn anew each time, and what follows the last batch of a minute."""
    chance = Random(SEED)  # noqa: S311
    ids = list(Account.objects.order_by("pk").values_list("pk", flat=True))
    batches, everybody = [], []
    for _repetition in range(repetitions):
        today = recompute.clock_at(timezone.now()).today
        drawn = chance.sample(ids, min(TOUCHED, len(ids)))
        Touched.objects.bulk_create(Touched(account_id=pk, earliest_day=today) for pk in drawn)
        batches.append(seconds_of(recompute.recompute_batch))
        everybody.append(seconds_of(recompute.finish_touched))
    return Timing(batches), Timing(everybody)


def _metric_by_metric(clock: Clock) -> None:
    for metric in floor.counted():
        evaluate(clock, [metric])
        _drop("evaluated")


def _account_by_account(clock: Clock) -> float:
    """Seconds for one, from a sample."""
    ids = list(Account.objects.order_by("pk").values_list("pk", flat=True))
    drawn = Random(SEED).sample(ids, min(SAMPLE, len(ids)))  # noqa: S311

    def one_after_the_other() -> None:
        for pk in drawn:
            evaluate(clock, population=Population(accounts=(pk,)))
            _drop("evaluated")

    return seconds_of(one_after_the_other) / len(drawn)


def _drop(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {table}")


def _count_of_rows() -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM metrics_currentvalue")
        return int(cursor.fetchone()[0])
