"""What was answered, as our own people read it: question by question, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organisation
from accounts.panels import Panel
from surveys.answer_rows import WRITTEN
from surveys.content import OTHER, Kind, Question
from surveys.models import Answer, GradedScale, Response, Survey
from surveys.scales import Scale
from surveys.showing import asked_by


@dataclass(frozen=True)
class Read:
    """`words`: what was chosen, in the active language, or what somebody wrote. `number`: the value, `most` of how many
    on a scale, where it says something only with these."""

    question: str
    words: tuple[str, ...] = ()
    number: Any = None
    most: int | None = None
    band: str = ""
    is_written: bool = False


def answers_of(response: Response) -> list[Read]:
    """In the order in which they were asked."""
    scales, asker = GradedScale.objects.by_key(), Organisation.current()
    given = {answer.question: answer for answer in response.answers.all()}
    asked = [question for question in response.version.content.questions if question.key in given]
    return [_read(asked_by(question, asker), given[question.key], scales) for question in asked]


def _read(question: Question, answer: Answer, scales: Mapping[str, Scale]) -> Read:
    text, value = str(question.text), answer.value
    if question.kind in WRITTEN:
        return Read(text, (answer.text,), is_written=True)
    if question.kind == Kind.SCALE and question.scale in scales:
        scale = scales[question.scale]
        labels = (str(point.label) for point in scale.points if point.value == value and point.label)
        return Read(text, tuple(labels), value, scale.most, answer.band)
    if isinstance(value, bool):
        return Read(text, (_("Yes") if value else _("No"),))
    if isinstance(value, int | float):
        return Read(text, number=value)
    chosen = value if isinstance(value, list) else [value]
    known = {option.key: str(option.text) for option in question.options} | {OTHER: answer.text}
    return Read(text, tuple(known.get(key, str(key)) for key in chosen if key))


def responses(accounts: list[int], _day: date) -> QuerySet[Response]:
    """Those that say who gave them, and that a person gave."""
    known = Response.objects.filter(account__in=accounts, identity=Survey.Identity.IDENTIFIED)
    given = known.filter(is_machine=False).order_by("-responded_at", "pk")
    return given.select_related("survey", "contact", "follow_up").prefetch_related("answers")


RESPONSES = Panel(gettext_lazy("Answers to surveys"), "message-question", responses, room="surveys")
