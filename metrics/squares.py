"""The squares that some intervals are made of: no account keeps them, so that they are added up anew."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from metrics.evaluate import PopulationSums, Question, evaluate
from metrics.populations import By, Part, Population
from metrics.sources import Clock

Splits = dict[Part, PopulationSums]


def evaluate_with_squares(
    questions: Iterable[Question], population: Population, clock: Clock, *, by: By = ()
) -> dict[Question, Splits]:
    """The sums, and beside them the squares of what was counted, where the metric has such."""
    squares = _squares(asked := list(questions))
    found = evaluate([*asked, *squares.values()], population, clock, by=by)
    return _beside({question: found[question] for question in asked}, squares, found)


def with_squares(
    evaluated: dict[Question, Splits], population: Population, clock: Clock, *, by: By = ()
) -> dict[Question, Splits]:
    """Likewise, where the sums are known already."""
    squares = _squares(evaluated)
    return _beside(evaluated, squares, evaluate(squares.values(), population, clock, by=by))


def _squares(questions: Iterable[Question]) -> dict[Question, Question]:
    """What is asked for besides."""
    return {
        question: replace(question, metric=replace(question.metric, numerator=squares, denominator=None))
        for question in questions
        if (squares := question.metric.squares)
    }


def _beside(
    evaluated: dict[Question, Splits], squares: dict[Question, Question], found: dict[Question, Splits]
) -> dict[Question, Splits]:
    both = dict(evaluated)
    for question, of_squares in squares.items():
        known = found[of_squares]
        both[question] = {
            part: replace(sums, squares=_of(known.get(part))) for part, sums in evaluated[question].items()
        }
    return both


def _of(sums: PopulationSums | None) -> tuple[Decimal, Decimal]:
    """Of all, and of what has no account."""
    return (sums.numerator, sums.numerator_without) if sums else (Decimal(0), Decimal(0))
