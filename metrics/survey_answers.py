"""What was answered: question by question, what people wrote, and all of it in rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from accounts.models import SearchKey
from accounts.texts import search_key
from metrics.small_parts import shown_of
from metrics.survey_results import Results
from metrics.survey_tallies import Group, Told, labels_of, told
from surveys.anonymous import LEAST
from surveys.content import OPEN, OTHER, Kind, Question
from surveys.models import Answer, GradedScale, Response
from surveys.scales import Scale
from surveys.showing import asked_by

CHUNK = 2000


@dataclass(frozen=True)
class Questions:
    """All that any version asks; where several do, as the newest one does. `options`: what any of them called them."""

    asked: Mapping[str, Question]
    options: Mapping[str, Mapping[str, str]]
    scales: Mapping[str, Scale]

    @classmethod
    def of(cls, results: Results) -> "Questions":
        asked: dict[str, Question] = {}
        options: dict[str, dict[str, str]] = {}
        for version in results.survey.versions.order_by("-number"):
            for question in version.content.questions:
                if question.is_answered:
                    asked.setdefault(question.key, asked_by(question, results.scope.clock.organisation))
                    labels = options.setdefault(question.key, {})
                    for option in question.options:
                        labels.setdefault(option.key, str(option.text) or option.key)
        return cls(asked, options, GradedScale.objects.by_key())

    @property
    def open(self) -> dict[str, Question]:
        """To which people write what they like."""
        return {
            key: question
            for key, question in self.asked.items()
            if question.kind in OPEN or question.has_other
        }

    def all_told(self, results: Results) -> list[Told]:
        """In one statement, however many questions and answers there are, or in two."""
        found: dict[str, list[Group]] = {}
        for key, *group in results.answers.values_list(
            "question", "response__version__number", "value"
        ).annotate(Count("pk")):
            found.setdefault(key, []).append(Group(*group))
        totals = {key: sum(group.count for group in groups) for key, groups in found.items()}
        if results.is_protected and results.chosen:
            totals = dict(results.whole.answers.values_list("question").annotate(Count("pk")))
        return [
            self._told(question, found.get(key, []), results, totals.get(key, 0))
            for key, question in self.asked.items()
        ]

    def _told(self, question: Question, groups: list[Group], results: Results, total: int) -> Told:
        answered = sum(group.count for group in groups)
        if total and results.tells_of_few(answered, total):
            return Told(question, is_hidden=True)
        versions = () if results.is_protected else tuple(sorted({group.version for group in groups}))
        labels = labels_of(question, self.options[question.key], self.scales.get(question.scale))
        return told(question, labels, groups, versions=versions)

    def words(self, key: str, value: Any, text: str) -> Any:
        """As a cell of a table."""
        if value is None:
            return text
        if isinstance(value, bool):
            return _("Yes") if value else _("No")
        if isinstance(value, int | float):
            return value
        labels = {**self.options[key], OTHER: text}
        if isinstance(value, list):
            return "; ".join(labels.get(one, str(one)) for one in value)
        return labels.get(value, str(value))


@dataclass(frozen=True)
class Comments:
    """What people wrote, of those that are chosen."""

    results: Results
    questions: Questions

    @cached_property
    def _all(self) -> QuerySet[Answer]:
        return self.results.answers.filter(question__in=self.questions.open).exclude(text="")

    @cached_property
    def asked(self) -> list[str]:
        """Questions to which enough was written."""
        counts = dict(self._all.values_list("question").annotate(Count("pk")))
        least = LEAST if self.results.is_protected else 1
        return [key for key in self.questions.open if counts.get(key, 0) >= least]

    @cached_property
    def bands(self) -> list[str]:
        """By which they can be asked for."""
        if not self.results.is_split:
            return []
        shown = self._all.filter(question__in=self.asked)
        counts = dict(shown.values_list("response__band").annotate(Count("pk")))
        kept = shown_of(counts) if self.results.is_protected else counts
        return [band for band in kept if band]

    def found(self, search: str = "", question: str = "", band: str = "") -> QuerySet[Answer]:
        """The newest first; where nobody is named, those of a day in no order of time."""
        rows = self._all.filter(question__in=[question] if question in self.asked else self.asked)
        if band in self.bands:
            rows = rows.filter(response__band=band)
        if search:
            words = search_key(search).split(" ")
            rows = rows.annotate(key=SearchKey("text")).filter(
                Q(*(("key__contains", word) for word in words))
            )
        return in_order(self.results, rows, "response__").select_related(
            "response__account", "response__contact"
        )


def in_order(results: Results, rows: QuerySet[Any], path: str = "") -> QuerySet[Any]:
    """The newest day first. `path` leads to the response."""
    if results.is_protected:
        rows = rows.annotate(on=TruncDate("released_at", tzinfo=results.scope.clock.organisation.zone))
        return rows.order_by("-on", f"{path}pk", *(["question"] if path else []))
    return rows.order_by(f"-{path}responded_at", f"{path}pk", *(["question"] if path else []))


# As a file

OF_WHOM = ("account_id", "account__name", "contact__name")
HOW = ("version__number", "channel", "language")


def columns(results: Results, questions: Questions) -> dict[str, Question]:
    """How to reach somebody is no answer of nobody."""
    return {
        key: question
        for key, question in questions.asked.items()
        if not (results.is_protected and question.kind == Kind.CONTACT)
    }


def lines(results: Results, questions: Questions) -> Iterator[list[Any]]:
    """A line for each response, read as it is written. Where nobody is named, they say the day and the answers."""
    asked = columns(results, questions)
    texts = [str(question.text) for question in asked.values()]
    names = [_("Response"), _("id"), _("Account"), _("Person"), _("Version"), _("Channel"), _("Language")]
    yield [_("Day"), *([] if results.is_protected else [*names, _("Completed")]), *texts]
    for said, answers in _responses(results):
        yield [*said, *(questions.words(key, *answers[key]) if key in answers else "" for key in asked)]


Kept = dict[str, tuple[Any, str]]


def _responses(results: Results) -> Iterator[tuple[list[Any], Kept]]:
    """In one statement, whose rows are never all in memory."""
    if results.is_hidden:
        return
    zone = results.scope.clock.organisation.zone
    named = () if results.is_protected else (*OF_WHOM, *HOW, "completed_at")
    moment, counting = (
        ("released_at", "answers__released_at") if results.is_protected else ("responded_at", "pk")
    )
    rows = in_order(results, results.responses).values_list(
        "pk", moment, *named, "answers__question", "answers__value", "answers__text", counting
    )
    for pk, group in groupby(rows.iterator(chunk_size=CHUNK), key=itemgetter(0)):
        answers = list(group)
        _id, at, *said = answers[0][:-4]
        if not results.is_protected:
            completed = said.pop()
            said = [str(pk), *said, _("Yes") if completed else _("No")]
        kept = {key: (value, text) for *_said, key, value, text, counts in answers if key and counts}
        yield [at.astimezone(zone).date(), *said], kept


def by_machines(results: Results) -> QuerySet[Response]:
    return in_order(results, results.machines).select_related("account")
