"""The results of a survey that names nobody.

Only what was released counts (surveys.releases), over its whole time, so that figures move by five. A part is shown
up to the last release with which each of its kind had five more, or none. Nobody's account, segment or owner is known.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar, Self

from django.db.models import Count, DateField, Min, QuerySet
from django.db.models.functions import TruncMonth

from accounts.models import User
from metrics import answers, windows
from metrics.answers import Answer
from metrics.comparisons import Change
from metrics.evaluate import PopulationSums
from metrics.measures.responses import POINTS
from metrics.populations import Part, Population
from metrics.scopes import Scope
from metrics.small_parts import settled, shown_of
from metrics.sources import Clock
from metrics.survey_results import PARTS, Results, Row
from surveys.anonymous import LEAST
from surveys.models import Answer as Answered
from surveys.models import Response, Survey
from surveys.releases import nobodys
from surveys.scales import Band, Measure


def results_of(survey: Survey, reader: User, clock: Clock, window: str) -> Results:
    """All of them, of the accounts that the reader may see, where the accounts are known."""
    if survey.identity == Survey.Identity.IDENTIFIED:
        limit = None if reader.has_perm("accounts.view_all_accounts") else reader
        return Results(survey, Scope(Population(user=limit), clock, window))
    return Unnamed(survey, Scope(Population(), clock, _whole_time(survey, clock)))


def _whole_time(survey: Survey, clock: Clock) -> str:
    """Since somebody was asked."""
    asked = survey.invitations.aggregate(first=Min("invited_at"))["first"]
    released = nobodys().filter(survey=survey).aggregate(first=Min("released_at"))["first"]
    first = min(filter(None, (asked, released)), default=clock.now).astimezone(clock.organisation.zone).date()
    return f"{max(first, clock.today - timedelta(days=windows.MAX_DAYS - 1))}..{clock.today}"


@dataclass(frozen=True)
class Unnamed(Results):
    """`until`: parts count so far. None: the whole does."""

    until: datetime | None = None

    is_protected: ClassVar[bool] = True
    splits: ClassVar[tuple[str, ...]] = ("language", "channel")

    @cached_property
    def everything(self) -> QuerySet[Response]:
        return nobodys().filter(survey=self.survey).order_by()

    @property
    def released(self) -> QuerySet[Response]:
        rows = self.everything.filter(released_at__isnull=False)
        return rows.filter(released_at__lte=self.until) if self.until else rows

    @cached_property
    def responses(self) -> QuerySet[Response]:
        return self.released.filter(**{PARTS[name]: value for name, value in self.chosen.items()})

    @property
    def machines(self) -> QuerySet[Response]:
        return self.everything.filter(is_machine=True, released_at=None)

    @property
    def answers(self) -> QuerySet[Answered]:
        return super().answers.filter(released_at__isnull=False)

    def of(self, chosen: Mapping[str, str]) -> Self:
        return replace(self, chosen=chosen, until=self._settled(*chosen) if chosen else None)

    def _settled(self, name: str) -> datetime | None:
        rows = self.everything.filter(released_at__isnull=False).order_by("released_at")
        return settled(rows.values_list("released_at", PARTS[name]).annotate(Count("pk")))

    @property
    def whole(self) -> Self:
        return replace(self, chosen={})

    def tells_of_few(self, some: int, of: int) -> bool:
        return some < LEAST or 0 < of - some < LEAST

    @property
    def is_hidden(self) -> bool:
        return self.counts["begun"] < LEAST

    @property
    def is_split(self) -> bool:
        return not self.chosen

    def choices(self) -> dict[str, list[str]]:
        """Those that can be shown."""
        return {name: sorted(filter(None, self._parts(name))) for name in PARTS}

    def _parts(self, name: str) -> list[str]:
        until = self._settled(name)
        rows = self.everything.filter(released_at__lte=until) if until else self.everything.none()
        return [str(part) for part in rows.values_list(PARTS[name], flat=True).distinct()]

    # The score

    def score(self) -> Answer | None:
        if self.metric is None:
            return None
        found = self.scored().get((), answers.NOTHING)
        whole = self.whole.scored().get((), answers.NOTHING) if self.chosen else found
        if self.tells_of_few(int(found.denominator), int(whole.denominator)):
            return None
        return self._answer(self._question(self.metric), found)

    def by(self, name: str) -> list[Row]:
        until = self._settled(name)
        if self.metric is None or not self.is_split or until is None:
            return []
        sums = replace(self, until=until).scored(f"response__{PARTS[name]}")
        sizes = {part: int(of.denominator) for part, of in sums.items()}
        question = self._question(self.metric)
        ordered = sorted(shown_of(sizes), key=lambda part: (-sizes[part], part))
        return [(part, self._answer(question, sums[part], part)) for part in ordered]

    def trend(self) -> list[Answer]:
        """By the months in which they were released: of each there are five, or none."""
        if self.metric is None or not self.is_split:
            return []
        month = TruncMonth("released_at", tzinfo=self.scope.clock.organisation.zone, output_field=DateField())
        sums = self.scored(month)
        return [
            self._answer(
                self._question(self.metric, f"{first}..{last}"),
                sums.get((str(first.replace(day=1)),), answers.NOTHING),
            )
            for first, last in self._months()
        ]

    def scored(self, *by: Any) -> dict[Part, PopulationSums]:
        """The sums of the metric: each answer is a person's own, and of no account."""
        scored = self.answers.filter(measure=self.survey.topic, score__isnull=False)
        bands: dict[Part, dict[str, int]] = {}
        for *part, band, count in scored.values_list(*by, "band").annotate(Count("pk")):
            bands.setdefault(tuple(map(str, part)), {})[band] = count
        return {part: self._sums_of(found) for part, found in bands.items()}

    def _sums_of(self, bands: Mapping[str, int]) -> PopulationSums:
        high, low, count = bands.get(Band.HIGH, 0), bands.get(Band.LOW, 0), sum(bands.values())
        if self.survey.topic == Measure.NPS:
            squares = POINTS**2 * (high + low)
            return _without_account(POINTS * (high - low), count, squares)
        return _without_account(high, count)

    def compared(self, other: str = "") -> list[Change]:
        """There is one period: the whole time."""
        return []

    # Who answered

    def rates(self) -> list[tuple[Part | None, list[Answer]]]:
        return super().rates() if self.is_split else []

    def _apart(self, sizes: Mapping[Part, int]) -> tuple[list[Part], list[Part]]:
        kept = set(shown_of(sizes))
        return [part for part in sizes if part in kept], [part for part in sizes if part not in kept]


def _without_account(numerator: int, denominator: int, squares: int | None = None) -> PopulationSums:
    above, below = Decimal(numerator), Decimal(denominator)
    both = None if squares is None else (Decimal(squares), Decimal(squares))
    return PopulationSums(above, below, numerator_without=above, denominator_without=below, squares=both)
