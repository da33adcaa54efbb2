"""The squares that some intervals are made of: no account keeps them, so that they are added up anew."""

from dataclasses import replace
from decimal import Decimal

from metrics.evaluate import PopulationSums, Question, evaluate
from metrics.populations import By, Part, Population
from metrics.sources import Clock


def with_squares(
    evaluated: dict[Question, dict[Part, PopulationSums]],
    population: Population,
    clock: Clock,
    *,
    by: By = (),
) -> dict[Question, dict[Part, PopulationSums]]:
    """The sums, and beside them the squares of what was counted, where the metric has such."""
    asked = {question: _of_squares(question) for question in evaluated if question.metric.squares}
    squares = evaluate(asked.values(), population, clock, by=by)
    found = dict(evaluated)
    for question, of_squares in asked.items():
        found[question] = {
            split: replace(sums, squares=_of(squares[of_squares].get(split)))
            for split, sums in evaluated[question].items()
        }
    return found


def _of_squares(question: Question) -> Question:
    metric = replace(question.metric, numerator=question.metric.squares, denominator=None)
    return replace(question, metric=metric)


def _of(sums: PopulationSums | None) -> tuple[Decimal, Decimal]:
    return (sums.numerator, sums.numerator_without) if sums else (Decimal(0), Decimal(0))
