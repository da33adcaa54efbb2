"""Whether two answers differ by more than chance would: with the period before, or of the parts of a split."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from accounts.models import Organisation
from metrics.answers import Answer
from metrics.reference import known_since
from metrics.statistics import Interval, benjamini_hochberg, difference, difference_p_value


@dataclass(frozen=True)
class Change:
    """From `other` to the answer, in the metric's unit (shares, not percent).

    `is_real` None: there is nothing to tell it by; where a sample is too small, what moves is taken for noise. `since`:
    the facts began on that day, within the period of `other`, which is therefore none to compare with.
    """

    answer: Answer
    other: Answer
    value: Decimal | None
    interval: Interval | None
    is_real: bool | None
    since: date | None = None


def from_before(pairs: Sequence[tuple[Answer, Answer]], organisation: Organisation) -> list[Change]:
    """Each answer with that of the period before."""
    began = [_began_within(earlier, organisation) for _answer, earlier in pairs]
    judged = iter(changes([pair for pair, since in zip(pairs, began, strict=True) if since is None]))
    return [
        Change(*pair, value=None, interval=None, is_real=None, since=since) if since else next(judged)
        for pair, since in zip(pairs, began, strict=True)
    ]


def _began_within(earlier: Answer, organisation: Organisation) -> date | None:
    since = known_since(earlier.metric, organisation)
    return since if since and since > earlier.window.first else None


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
