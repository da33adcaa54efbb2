"""How often each answer to a question was given, from answers that are the same counted together."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from surveys.content import CHOOSING, Kind, Question
from surveys.scales import Scale

# So many different numbers are listed; of more their mean says it.
MOST_NUMBERS = 12
OTHER = ""


@dataclass(frozen=True)
class Group:
    """So many answers of one version are the same."""

    version: int
    value: Any
    count: int


@dataclass(frozen=True)
class Line:
    """So many gave this answer, of each version. `share`: of those who answered the question."""

    key: str
    label: str
    counts: tuple[int, ...]
    count: int
    share: float


@dataclass(frozen=True)
class Told:
    """What was answered to a question: by so many. `mean`: of values on a scale, and of numbers.

    `versions`: by which lines count, where they may. `is_hidden`: too few answered.
    """

    question: Question
    answered: int = 0
    lines: list[Line] = field(default_factory=list)
    versions: tuple[int, ...] = ()
    mean: float | None = None
    is_hidden: bool = False


def told(
    question: Question,
    labels: Mapping[str, str],
    groups: Sequence[Group],
    *,
    versions: tuple[int, ...] = (),
) -> Told:
    """`labels`: of what can be answered."""
    answered = sum(group.count for group in groups)
    counts = counted(question, labels, groups)
    listed = [*labels, *sorted(counts.keys() - labels.keys(), key=_in_order)]
    if question.kind == Kind.NUMBER and len(listed) > MOST_NUMBERS:
        listed = []
    lines = [
        Line(
            key,
            labels.get(key) or key or _("Another answer"),
            tuple(counts.get(key, Counter())[version] for version in versions),
            total := counts.get(key, Counter[int]()).total(),
            total / answered if answered else 0.0,
        )
        for key in listed
    ]
    return Told(question, answered, lines, versions, mean_of(question, groups))


def _in_order(key: str) -> tuple[float, str]:
    """Numbers by their size, and days."""
    try:
        return float(key), key
    except ValueError:
        return 0.0, key


def counted(
    question: Question, labels: Mapping[str, str], groups: Iterable[Group]
) -> dict[str, Counter[int]]:
    """Of each answer, how often by version."""
    found: dict[str, Counter[int]] = {}
    for group in groups:
        for key in said(question.kind, group.value):
            known = key if key in labels or question.kind not in CHOOSING else OTHER
            found.setdefault(known, Counter())[group.version] += group.count
    return found


def said(kind: Kind, value: Any) -> list[str]:
    """What an answer says: of a ranking what stands first, of a day its month."""
    match value:
        case None:
            return []
        case bool():
            return ["yes" if value else "no"]
        case list():
            return value[:1] if kind == Kind.RANKING else value
    return [value[:7]] if kind == Kind.DATE else [str(value)]


def labels_of(question: Question, options: Mapping[str, str], scale: Scale | None) -> dict[str, str]:
    if scale:
        return {str(one.value): f"{one.value} {one.sign or one.label}".strip() for one in scale.points}
    if question.kind in (Kind.YES_NO, Kind.CONSENT):
        return {"yes": _("Yes"), "no": _("No")}
    return dict(options)


def mean_of(question: Question, groups: Iterable[Group]) -> float | None:
    if question.kind not in (Kind.SCALE, Kind.NUMBER):
        return None
    given = [group for group in groups if group.value is not None]
    count = sum(group.count for group in given)
    return sum(group.value * group.count for group in given) / count if count else None
