"""A question as whoever answers sees it; templates surveys/answer/_question.html draws it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django import forms

from accounts.models import Organisation
from accounts.texts import Text
from surveys.answer_fields import words_of
from surveys.content import Kind, Option, Question
from surveys.pictures import address_of
from surveys.scales import Point, Scale

ORGANISATION = "{organisation}"
ENDS = (0, -1)
# Of these each part has a name of its own, and the question is the name of all of them.
OF_PARTS = frozenset(
    {Kind.SCALE, Kind.ONE, Kind.SEVERAL, Kind.PICTURE, Kind.YES_NO, Kind.RANKING, Kind.CONTACT}
)


def filled(text: str, organisation: str) -> str:
    """With the name of who asks."""
    return text.replace(ORGANISATION, organisation)


def asked_by(question: Question, asker: Organisation) -> Question:
    """With their name in its text, in each language."""
    texts = {code: filled(text, asker.name.in_language(code)) for code, text in question.text.items()}
    return replace(question, text=Text(texts))


@dataclass(frozen=True)
class Shown:
    """`field`: None where nothing is answered. `scale`: of a question on one. `words`: in place of an option."""

    question: Question
    field: forms.BoundField | None
    scale: Scale | None
    language: str
    organisation: str
    words: forms.BoundField | None = None

    @property
    def text(self) -> str:
        return filled(self.question.text.in_language(self.language), self.organisation)

    @property
    def help(self) -> str:
        return filled(self.question.help.in_language(self.language), self.organisation)

    @property
    def is_of_parts(self) -> bool:
        return self.question.kind in OF_PARTS

    @property
    def points(self) -> list[tuple[forms.boundfield.BoundWidget, Point]]:
        points = self.scale.points if self.scale else ()
        return list(zip(self._widgets, points, strict=True))

    @property
    def is_worded(self) -> bool:
        """More than its ends has words, or it has nothing but ends."""
        points = self.scale.points if self.scale else ()
        return len(points) == len(ENDS) or any(point.label for point in points[1:-1])

    @property
    def ends(self) -> tuple[str, str]:
        points = self.scale.points if self.scale else ()
        low, high = (points[end].label.in_language(self.language) for end in ENDS)
        return low, high

    @property
    def pictures(self) -> Iterator[tuple[forms.boundfield.BoundWidget, str]]:
        """Each option with the address of its picture, in the order of the field."""
        kept = {option.key: option.picture for option in self.question.options}
        for widget in self._widgets:
            yield widget, address_of(kept.get(str(widget.data["value"]), ""))

    @property
    def places(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The words of each option that is ranked, and the widget of its place."""
        labels = [self._label(option) for option in self.question.options]
        return zip(labels, self._parts, strict=True)

    @property
    def ways(self) -> list[dict[str, Any]]:
        """The widgets of name, address and number."""
        return self._parts

    @property
    def _widgets(self) -> list[forms.boundfield.BoundWidget]:
        return self.field.subwidgets if self.field else []

    @property
    def _parts(self) -> list[dict[str, Any]]:
        return [part for widget in self._widgets for part in widget.data["subwidgets"]]

    def _label(self, option: Option) -> str:
        return option.text.in_language(self.language) or option.key


def shown(
    question: Question, form: forms.Form, scales: Mapping[str, Scale], language: str, organisation: str
) -> Shown:
    """Its field in the form has its key for a name; without one there, it is only read."""
    field = form[question.key] if question.key in form.fields else None
    words = form[words_of(question.key)] if words_of(question.key) in form.fields else None
    return Shown(question, field, scales.get(question.scale), language, organisation, words)
