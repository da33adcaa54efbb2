"""Whether two answers differ by more than chance would: with the period before, or of the parts of a split."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from metrics.answers import Answer
from metrics.statistics import Interval, benjamini_hochberg, difference, difference_p_value


@dataclass(frozen=True)
class Change:
    """From `other` to the answer, in the metric's unit (shares, not percent).

    `is_real` None: there is nothing to tell it by; where a sample is too small, what moves is taken for noise.
    """

    answer: Answer
    other: Answer
    value: Decimal | None
    interval: Interval | None
    is_real: bool | None


def changes(pairs: Sequence[tuple[Answer, Answer]]) -> list[Change]:
    """Shown together, and so judged together: one in twenty of those called real may be chance."""
    chances = [_chance(answer, other) for answer, other in pairs]
    known = [chance for chance in chances if chance is not None]
    verdicts = iter(benjamini_hochberg(known))
    return [
        Change(
            answer,
            other,
            _difference(answer, other),
            _interval(answer, other),
            None if chance is None else next(verdicts) and not (answer.low_sample or other.low_sample),
        )
        for (answer, other), chance in zip(pairs, chances, strict=True)
    ]


def _difference(answer: Answer, other: Answer) -> Decimal | None:
    return None if answer.value is None or other.value is None else answer.value - other.value


def _interval(answer: Answer, other: Answer) -> Interval | None:
    estimates = _independent(answer, other)
    return difference(*estimates) if estimates else None


def _chance(answer: Answer, other: Answer) -> float | None:
    estimates = _independent(answer, other)
    return difference_p_value(*estimates) if estimates else None


def _independent(answer: Answer, other: Answer) -> tuple[float, Interval, float, Interval] | None:
    """Two days of a level rest on the same accounts and facts: their intervals say nothing of a difference."""
    same_accounts = answer.metric.window is None and answer.split == other.split
    if same_accounts or answer.value is None or other.value is None:
        return None
    if answer.interval is None or other.interval is None:
        return None
    return float(answer.value), answer.interval, float(other.value), other.interval
