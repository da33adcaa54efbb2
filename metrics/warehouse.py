"""Accounts × metrics, for a warehouse: every account's own figures as of a day, batch by batch, of one moment."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db import connection, transaction

from metrics import catalogue, durations, framing
from metrics.answers import value_of
from metrics.definitions import Level, Metric, Unit
from metrics.evaluate import Question, per_account
from metrics.populations import Population
from metrics.sources import Clock

BATCH = 1000
OF_ROW = ("account", "name", "as_of", "data_complete_to")

Value = Decimal | None
Row = list[Any]


def exported() -> dict[str, Metric]:
    """Those that an account has: no figure of the organisation, and none that is of one thing at a time."""
    known = catalogue.ALL.items()
    return {key: of for key, of in known if of.level is not Level.ORGANISATION and not of.of_each}


def columns(metrics: Sequence[Metric]) -> list[str]:
    """What stands in a row: a quotient comes with its sums, so that accounts can be added up."""
    return [*OF_ROW, *(name for metric in metrics for name in _columns_of(metric))]


def _columns_of(metric: Metric) -> list[str]:
    sums = [f"{metric.key}_numerator", f"{metric.key}_denominator"]
    return [metric.key, *(sums if metric.denominator else [])]


def rows(
    metrics: Sequence[Metric],
    population: Population,
    clock: Clock,
    as_of: date,
    complete_to: str | None = None,
) -> Iterator[Row]:
    """A row for each account of the population on the day, by id; values in the metrics' units, None where none is.

    `complete_to` stands in every row: a table that is loaded knows nothing else of the answer.
    A few statements for each batch, whatever the metrics; memory for one batch.
    """
    parts = catalogue.with_parts(tuple(metric.key for metric in metrics))
    questions = [framing.question_of(part, as_of, clock) for part in parts]
    members = population.members(as_of, clock.known_until).order_by("pk").values_list("pk", "name")
    last = 0
    with _one_moment():
        while batch := list(members.filter(pk__gt=last)[:BATCH]):
            last = batch[-1][0]
            found = _sums([pk for pk, _name in batch], questions, clock, as_of)
            for pk, name in batch:
                of_account = found.get(pk, {})
                cells = [cell for metric in metrics for cell in _cells(metric, of_account)]
                yield [str(pk), name, as_of.isoformat(), complete_to, *cells]


@contextmanager
def _one_moment() -> Iterator[None]:
    """What is written meanwhile is not seen; inside of somebody's transaction it is theirs to say."""
    is_ours = not connection.in_atomic_block
    with transaction.atomic():
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


Sums = tuple[Decimal, Decimal, float | None]
NO_SUMS: Sums = (Decimal(0), Decimal(0), None)


def _sums(
    accounts: list[int], questions: list[Question], clock: Clock, as_of: date
) -> dict[int, dict[str, Sums]]:
    population = Population(accounts=tuple(accounts))
    sums = per_account(questions, population, clock, as_of)
    reached = durations.per_account(questions, population, clock, as_of)
    with connection.cursor() as cursor:
        cursor.execute(
            SUMS.format(sums=sums.text, reached=reached.text), [*sums.parameters, *reached.parameters]
        )
        by_account = groupby(cursor.fetchall(), key=lambda row: row[0])
        return {
            account: {questions[index].metric.key: tuple(values) for _account, index, *values in of_account}
            for account, of_account in by_account
        }


SUMS = """
WITH sums AS ({sums}), reached AS ({reached})
SELECT member, question, numerator, denominator, value FROM sums LEFT JOIN reached USING (member, question)
ORDER BY member
"""


def _cells(metric: Metric, sums: dict[str, Sums]) -> list[Value]:
    value = _value(metric, sums)
    shown = value if value is None or metric.unit is not Unit.PERCENT else value * 100
    if metric.denominator is None:
        return [shown]
    numerator, denominator, _reached = sums.get(metric.key, NO_SUMS)
    lacks_rate = numerator.is_nan() or denominator.is_nan()
    return [shown, *((None, None) if lacks_rate else (numerator, denominator))]


def _value(metric: Metric, sums: dict[str, Sums]) -> Value:
    if metric.of:
        parts = [_value(catalogue.ALL[key], sums) for key in metric.of]
        return None if None in parts else metric.combined(parts)
    return value_of(metric, *sums.get(metric.key, NO_SUMS))[0]
