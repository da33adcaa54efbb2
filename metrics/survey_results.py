"""The results of a survey: whose responses they are, its score, who answered, and how both differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property, reduce
from operator import add
from typing import ClassVar, Self

from django.db.models import Count, QuerySet

from metrics import answers, catalogue, framing
from metrics.answers import Answer
from metrics.comparisons import Change, from_before
from metrics.definitions import Metric
from metrics.evaluate import PopulationSums, Question
from metrics.populations import By, Part
from metrics.scopes import Scope
from metrics.squares import evaluate_with_squares
from surveys.models import Answer as Answered
from surveys.models import Response, Survey
from surveys.scales import Measure

# Of responses, by the name under which metrics split by it.
PARTS = {"version": "version__number", "language": "language", "channel": "channel"}
SPLITS = ("segment", "owner", "language", "channel")
RATES = ("survey_response_rate", "survey_start_rate")
MOST_MONTHS = 24
# A part and its answer; None: all the others together.
Row = tuple[Part | None, Answer]


@dataclass(frozen=True)
class Results:
    """Of the accounts that the reader may see. `chosen`: a version, a language, a channel."""

    survey: Survey
    scope: Scope
    chosen: Mapping[str, str] = field(default_factory=dict)

    is_protected: ClassVar[bool] = False
    splits: ClassVar[tuple[str, ...]] = SPLITS

    @cached_property
    def everything(self) -> QuerySet[Response]:
        """Whatever is chosen, of people and of machines."""
        clock, window = self.scope.clock, self.scope.window
        rows = Response.objects.filter(
            survey=self.survey,
            identity=Survey.Identity.IDENTIFIED,
            responded_at__gte=clock.end_of(window.start),
            responded_at__lt=clock.end_of(window.last),
        ).order_by()
        return self.scope.of_accounts(rows)

    @cached_property
    def responses(self) -> QuerySet[Response]:
        """Of people, as they are chosen."""
        named = {PARTS[name]: value for name, value in self.chosen.items()}
        return self.everything.filter(is_machine=False, **named)

    @property
    def machines(self) -> QuerySet[Response]:
        return self.everything.filter(is_machine=True)

    @property
    def answers(self) -> QuerySet[Answered]:
        """Without questions that were left out."""
        given = Answered.objects.filter(response__in=self.responses.values("pk"))
        return given.exclude(value__isnull=True, text="").order_by()

    @cached_property
    def counts(self) -> dict[str, int]:
        return self.responses.aggregate(begun=Count("pk"), completed=Count("completed_at"))

    def of(self, chosen: Mapping[str, str]) -> Self:
        return replace(self, chosen=chosen)

    @property
    def whole(self) -> Self:
        """Of which the chosen ones are a part."""
        return replace(self, chosen={})

    def tells_of_few(self, _some: int, _of: int) -> bool:
        """So many of so many, of which nobody may be told apart."""
        return False

    @property
    def is_hidden(self) -> bool:
        """Too few answered to show what."""
        return False

    @property
    def is_split(self) -> bool:
        """Parts of a part would tell, beside those of the whole, what a few answered."""
        return True

    def choices(self) -> dict[str, list[str]]:
        """Of each filter, what can be asked for."""
        people = self.everything.filter(is_machine=False)
        found: dict[str, dict[str, int]] = {name: {} for name in PARTS}
        for *parts, count in people.values_list(*PARTS.values()).annotate(Count("pk")):
            for name, part in zip(PARTS, map(str, parts), strict=True):
                found[name][part] = found[name].get(part, 0) + count
        return {name: sorted(filter(None, sizes)) for name, sizes in found.items()}

    # The score

    @cached_property
    def metric(self) -> Metric | None:
        """Of what is asked first; None: its scale counts in none."""
        topic = self.survey.topic
        return catalogue.ALL[topic] if topic in Measure.values and topic else None

    def score(self) -> Answer | None:
        """None also where few of those who answered gave one."""
        return self.asked(self.metric)[0][1] if self.metric else None

    def by(self, name: str) -> list[Row]:
        """The score of each part."""
        return self.asked(self.metric, (name,)) if self.metric else []

    def trend(self) -> list[Answer]:
        """By month."""
        if self.metric is None:
            return []
        asked = [self._question(self.metric, f"{first}..{last}") for first, last in self._months()]
        sums = self._sums(asked, ())
        return [self._answer(question, sums[question].get((), answers.NOTHING)) for question in asked]

    def _months(self) -> list[tuple[date, date]]:
        """Their first days and their last ones."""
        return [(start + timedelta(days=1), end) for start, end in self.scope.window.months()][-MOST_MONTHS:]

    def compared(self, other: str = "") -> list[Change]:
        """The score and the response rate beside those of another window; without one, of the one before."""
        clock, named = self.scope.clock, self._named
        pairs = []
        for metric in filter(None, (self.metric, catalogue.ALL[RATES[0]])):
            now = self._question(metric)
            then = framing.question_before(metric, self.scope.day, clock, self.scope.text, named)
            if other:
                then = self._question(metric, other)
            if then:
                sums = self._sums([now, then], ())
                found = [self._answer(one, sums[one].get((), answers.NOTHING)) for one in (now, then)]
                pairs.append((found[0], found[1]))
        return from_before(pairs, clock.organisation)

    # Who answered

    def rates(self) -> list[tuple[Part | None, list[Answer]]]:
        """By channel: of those who were asked, how many answered, and how many began to."""
        asked = [self._question(catalogue.ALL[key]) for key in RATES]
        found = self._sums(asked, ("channel",))
        parts = {part: [found[one].get(part, answers.NOTHING) for one in asked] for part in found[asked[0]]}
        ordered = sorted(parts, key=lambda part: -parts[part][0].denominator)
        shown, others = self._apart({part: int(parts[part][0].numerator) for part in ordered})
        rows: list[tuple[Part | None, list[PopulationSums]]] = [(part, parts[part]) for part in shown]
        if others:
            together = zip(*(parts[part] for part in others), strict=True)
            rows.append((None, [reduce(add, sums) for sums in together]))
        return [(part, [self._answer(*one) for one in zip(asked, sums, strict=True)]) for part, sums in rows]

    # How it is asked

    def asked(self, metric: Metric, by: By = ()) -> list[Row]:
        """Those with the most answers first."""
        question = self._question(metric)
        sums = self._sums([question], by)[question] or ({} if by else {(): answers.NOTHING})
        ordered = sorted(sums, key=lambda part: (-sums[part].denominator, part))
        return [(part, self._answer(question, sums[part], part)) for part in ordered]

    def _apart(self, sizes: Mapping[Part, int]) -> tuple[list[Part], list[Part]]:
        """Those that are shown, and those that are shown together; in their order."""
        return [*sizes], []

    def _question(self, metric: Metric, window: str = "") -> Question:
        text = window or self.scope.text
        return framing.question_of(metric, self.scope.day, self.scope.clock, text, self._named)

    @property
    def _named(self) -> Mapping[str, str]:
        return {"survey": str(self.survey.pk)}

    def _sums(self, questions: Sequence[Question], by: By) -> dict[Question, dict[Part, PopulationSums]]:
        """Of what is chosen, as far as what is counted says it."""
        if not questions:
            return {}
        known = catalogue.dimensions(questions[0].metric)
        chosen = {name: value for name, value in self.chosen.items() if name in known}
        names = (*by, *(name for name in chosen if name not in by))
        found = evaluate_with_squares(questions, self.scope.population, self.scope.clock, by=names)
        return {question: _chosen(parts, names, chosen, len(by)) for question, parts in found.items()}

    def _answer(self, question: Question, sums: PopulationSums, part: Part = ()) -> Answer:
        return answers.answer(question, sums, self.scope.population, self.scope.clock, part)


def _chosen(
    parts: Mapping[Part, PopulationSums], names: By, chosen: Mapping[str, str], kept: int
) -> dict[Part, PopulationSums]:
    found: dict[Part, PopulationSums] = {}
    for part, sums in parts.items():
        said = dict(zip(names, part, strict=True))
        if all(said[name] == value for name, value in chosen.items()):
            own = part[:kept]
            found[own] = found[own] + sums if own in found else sums
    return found
