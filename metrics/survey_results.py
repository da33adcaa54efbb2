"""The results of a survey: whose responses they are, its score, who answered, and how both differ.

Of a survey that is not identified no part of less than five responses is shown, nor one that leaves less; all of it is
counted, over its whole time, in steps: of a confidential one up to the last day with which there were five more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property, reduce
from operator import add

from django.db.models import Count, DateField, QuerySet
from django.db.models.functions import TruncDate, TruncMonth

from accounts.models import User
from metrics import answers, catalogue, framing, windows
from metrics.answers import Answer
from metrics.definitions import Metric
from metrics.evaluate import PopulationSums, Question
from metrics.populations import By, Part, Population
from metrics.scopes import Scope
from metrics.small_parts import shown_of
from metrics.sources import Clock
from metrics.squares import evaluate_with_squares
from surveys.anonymous import LEAST
from surveys.models import Response, Survey
from surveys.scales import Measure

# Of responses, by the name under which metrics split by it.
PARTS = {"version": "version__number", "language": "language", "channel": "channel"}
SPLITS = ("segment", "owner", "language", "channel")
# What says nothing about who answered.
OPEN_SPLITS = ("language", "channel")
RATES = ("survey_response_rate", "survey_start_rate")
MOST_MONTHS = 24
# A part and its answer; None: all the others together.
Row = tuple[Part | None, Answer]


def is_protected(survey: Survey) -> bool:
    """Some of what was answered names nobody."""
    identified = Survey.Identity.IDENTIFIED
    return survey.identity != identified or survey.responses.exclude(identity=identified).exists()


def results_of(survey: Survey, reader: User, clock: Clock, window: str) -> "Results":
    """All of them, of the accounts that the reader may see, where the accounts are known."""
    if is_protected(survey):
        return Results(survey, Scope(Population(), clock, _released(survey, clock)), is_protected=True)
    limit = None if reader.has_perm("accounts.view_all_accounts") else reader
    return Results(survey, Scope(Population(user=limit), clock, window))


def _released(survey: Survey, clock: Clock) -> str:
    """From the first response to the last day with which there were enough more; anonymous ones come so."""
    on_day = TruncDate("responded_at", tzinfo=clock.organisation.zone)
    days = survey.responses.annotate(on=on_day).values_list("on", "identity").order_by("on")
    first, last, waiting = None, None, 0
    for day, identity, count in days.annotate(Count("pk")):
        first, waiting = first or day, waiting + count
        is_over = day < clock.today
        if identity == Survey.Identity.ANONYMOUS or (waiting >= LEAST and is_over):
            last, waiting = day, 0
    last = last or clock.today - timedelta(days=1)
    first = max(min(first or last, last), last - timedelta(days=windows.MAX_DAYS - 1))
    return f"{first}..{last}"


@dataclass(frozen=True)
class Results:
    """`chosen`: a version, a language, a channel."""

    survey: Survey
    scope: Scope
    chosen: Mapping[str, str] = field(default_factory=dict)
    is_protected: bool = False

    @cached_property
    def everything(self) -> QuerySet[Response]:
        """Whatever is chosen, of people and of machines."""
        clock, window = self.scope.clock, self.scope.window
        rows = Response.objects.filter(
            survey=self.survey,
            responded_at__gte=clock.end_of(window.start),
            responded_at__lt=clock.end_of(window.last),
        ).order_by()
        return rows if self.is_protected else self.scope.of_accounts(rows)

    @cached_property
    def responses(self) -> QuerySet[Response]:
        """Of people, as they are chosen."""
        named = {PARTS[name]: value for name, value in self.chosen.items()}
        return self.everything.filter(is_machine=False, **named)

    @cached_property
    def counts(self) -> dict[str, int]:
        return self.responses.aggregate(begun=Count("pk"), completed=Count("completed_at"))

    def of(self, chosen: Mapping[str, str]) -> "Results":
        return replace(self, chosen=chosen)

    @cached_property
    def whole(self) -> "Results":
        return self.of({})

    def tells_of_few(self, some: int, of: int) -> bool:
        """So many of so many, of which nobody may be told apart."""
        return self.is_protected and (some < LEAST or 0 < of - some < LEAST)

    @property
    def is_hidden(self) -> bool:
        """Too few answered to show what."""
        return self.is_protected and self.counts["begun"] < LEAST

    @property
    def is_split(self) -> bool:
        """Parts of a part would tell, beside those of the whole, what a few answered."""
        return not (self.is_protected and self.chosen)

    def choices(self) -> dict[str, list[str]]:
        """Of each filter, what can be asked for."""
        people = self.everything.filter(is_machine=False)
        found: dict[str, dict[str, int]] = {name: {} for name in PARTS}
        for *parts, count in people.values_list(*PARTS.values()).annotate(Count("pk")):
            for name, part in zip(PARTS, map(str, parts), strict=True):
                found[name][part] = found[name].get(part, 0) + count
        kept = {name: shown_of(sizes) if self.is_protected else sizes for name, sizes in found.items()}
        return {name: sorted(part for part in parts if part) for name, parts in kept.items()}

    # The score

    @cached_property
    def metric(self) -> Metric | None:
        """Of what is asked first; None: its scale counts in none."""
        topic = self.survey.topic
        return catalogue.ALL[topic] if topic in Measure.values and topic else None

    def score(self) -> Answer | None:
        """None also where few of those who answered gave one."""
        if self.metric is None:
            return None
        found = self.asked(self.metric)[0][1]
        whole = self.whole.asked(self.metric)[0][1] if self.is_protected and self.chosen else found
        return None if self.tells_of_few(found.n, whole.n) else found

    def by(self, name: str) -> list[Row]:
        """The score of each part."""
        return self.asked(self.metric, (name,)) if self.metric else []

    @property
    def splits(self) -> tuple[str, ...]:
        if self.metric is None or not self.is_split:
            return ()
        return OPEN_SPLITS if self.is_protected else SPLITS

    def trend(self) -> list[Answer]:
        """By month; of few responses several months are one."""
        if self.metric is None or not self.is_split:
            return []
        asked = [self._question(self.metric, f"{first}..{last}") for first, last in self._months()]
        sums = self._sums(asked, ())
        return [self._answer(question, sums[question].get((), answers.NOTHING)) for question in asked]

    def _months(self) -> list[tuple[date, date]]:
        pieces = [(start + timedelta(days=1), end) for start, end in self.scope.window.months()]
        if not self.is_protected:
            return pieces[-MOST_MONTHS:]
        return self._filled(pieces)[-MOST_MONTHS:]

    def _filled(self, pieces: Sequence[tuple[date, date]]) -> list[tuple[date, date]]:
        """Joined, until each has enough scores."""
        zone = self.scope.clock.organisation.zone
        month = TruncMonth("responded_at", tzinfo=zone, output_field=DateField())
        scored = self.responses.filter(answers__measure=self.survey.topic, answers__score__isnull=False)
        counts = dict(scored.annotate(month=month).values_list("month").annotate(Count("pk", distinct=True)))
        found: list[tuple[date, date]] = []
        first, waiting = pieces[0][0], 0
        for began, end in pieces:
            waiting += counts.get(began.replace(day=1), 0)
            if waiting >= LEAST:
                found.append((first, end))
                first, waiting = end + timedelta(days=1), 0
        if waiting and found:
            found[-1] = found[-1][0], pieces[-1][1]
        return found

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
        shown, others = self._apart({part: int(sums[part].denominator) for part in ordered}, is_whole=not by)
        rows: list[Row] = [(part, self._answer(question, sums[part], part)) for part in shown]
        if others and shown:
            rows.append((None, self._answer(question, reduce(add, (sums[part] for part in others)))))
        return rows

    def _apart(self, sizes: Mapping[Part, int], *, is_whole: bool = False) -> tuple[list[Part], list[Part]]:
        """Those that are shown, and those that are shown together; in their order."""
        kept = set(sizes if is_whole or not self.is_protected else shown_of(sizes))
        return [part for part in sizes if part in kept], [part for part in sizes if part not in kept]

    def _question(self, metric: Metric, window: str = "") -> Question:
        named = {"survey": str(self.survey.pk)}
        return framing.question_of(metric, self.scope.day, self.scope.clock, window or self.scope.text, named)

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
