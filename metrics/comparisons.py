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
    estimates = [_independent(answer, other) for answer, other in pairs]
    chances = [difference_p_value(*both) if both else None for both in estimates]
    verdicts = iter(benjamini_hochberg([chance for chance in chances if chance is not None]))
    return [
        Change(
            answer,
            other,
            _difference(answer, other),
            difference(*both) if both else None,
            None if chance is None else next(verdicts) and not (answer.low_sample or other.low_sample),
        )
        for (answer, other), both, chance in zip(pairs, estimates, chances, strict=True)
    ]


def _difference(answer: Answer, other: Answer) -> Decimal | None:
    return None if answer.value is None or other.value is None else answer.value - other.value


def _independent(answer: Answer, other: Answer) -> tuple[float, Interval, float, Interval] | None:
    """Two days of a level rest on the same accounts and facts: their intervals say nothing of a difference."""
    same_accounts = answer.metric.window is None and answer.split == other.split
    if same_accounts or answer.value is None or other.value is None:
        return None
    if answer.interval is None or other.interval is None:
        return None
    return float(answer.value), answer.interval, float(other.value), other.interval
