"""A cell of a file as an answer, kept as the answering page keeps it: in any digits, and in words of any language."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.imports import Conventions, columns
from accounts.imports.columns import Refused
from accounts.texts import Text, search_key
from surveys.answer_fields import LONGEST_LINE, field_of, kept, with_words
from surveys.content import OTHER, Kind, Question
from surveys.scales import Scale

SEPARATOR = ";"
# Our files mark so what a spreadsheet would run as a formula.
MARKED = re.compile(r"'(?=[=+\-@\t\r])")
Read = Callable[[str, Conventions], Any]


class Words:
    """What stands for each option, or each point: its key, and its text in any language."""

    def __init__(self, texts: Mapping[str, Text]) -> None:
        self.names = {key: [key, *filter(None, text.values())] for key, text in texts.items()}
        self.keys = {search_key(name): key for key, names in self.names.items() for name in names}

    def find(self, word: str) -> str | None:
        return self.keys.get(search_key(word))

    def read(self, cell: str, conventions: Conventions) -> str:
        return self.find(cell) or columns.named(cell, conventions, names=self.names)

    def parts(self, cell: str) -> Iterable[str]:
        """Between the separators, which may stand in a text of an option, too."""
        rest = cell.split(SEPARATOR)
        while rest:
            lengths = range(len(rest), 1, -1)
            length = next((one for one in lengths if self.find(SEPARATOR.join(rest[:one]))), 1)
            yield SEPARATOR.join(rest[:length]).strip()
            rest = rest[length:]


def reader_of(question: Question, scales: Mapping[str, Scale]) -> Read:
    """Of cells that are not empty. What it gives raises Refused."""
    read = _READERS[question.kind](question, scales)
    return lambda cell, conventions: read(MARKED.sub("", cell, count=1), conventions)


def _of_scale(question: Question, scales: Mapping[str, Scale]) -> Read:
    scale = scales[question.scale]
    words = Words({str(point.value): point.label for point in scale.points})

    def read(cell: str, conventions: Conventions) -> int:
        if found := words.find(cell):
            return int(found)
        return columns.integer(cell, conventions, least=scale.least, most=scale.most)

    return read


def _of_option(question: Question, _scales: Mapping[str, Scale]) -> Read:
    words = _words(question)

    def read(cell: str, conventions: Conventions) -> Any:
        if question.has_other and not words.find(cell):
            return with_words(OTHER, _own(cell, conventions))
        return words.read(cell, conventions)

    return read


def _of_several(question: Question, scales: Mapping[str, Scale]) -> Read:
    words, field = _words(question), field_of(question, scales, "")

    def read(cell: str, conventions: Conventions) -> list[Any]:
        parts = [part for part in words.parts(cell) if part]
        own = [part for part in parts if question.has_other and not words.find(part)]
        chosen = [OTHER if part in own else words.read(part, conventions) for part in parts]
        return with_words(_cleaned(field, chosen), _own(f"{SEPARATOR} ".join(own), conventions))

    return read


def _of_ranking(question: Question, _scales: Mapping[str, Scale]) -> Read:
    words = _words(question)

    def read(cell: str, conventions: Conventions) -> list[str]:
        ranked = [words.read(part, conventions) for part in words.parts(cell) if part]
        if len(set(ranked)) < len(ranked):
            raise Refused(_("Give each a place of its own."))
        return ranked

    return read


def _of_number(question: Question, scales: Mapping[str, Scale]) -> Read:
    field = field_of(question, scales, "")
    return lambda cell, conventions: kept(_cleaned(field, str(columns.number(cell, conventions))))


def _of_day(_question: Question, _scales: Mapping[str, Scale]) -> Read:
    return lambda cell, conventions: kept(columns.day(cell, conventions))


def _of_yes_no(_question: Question, _scales: Mapping[str, Scale]) -> Read:
    return columns.boolean


def _of_text(question: Question, scales: Mapping[str, Scale]) -> Read:
    field = field_of(question, scales, "")
    return lambda cell, _conventions: _cleaned(field, cell)


def _of_contact(question: Question, scales: Mapping[str, Scale]) -> Read:
    """A line each, in any order."""
    field = field_of(question, scales, "")

    def read(cell: str, _conventions: Conventions) -> dict[str, str]:
        lines = [line.strip() for line in cell.splitlines() if line.strip()]
        by_part = {_part_of(line): line for line in lines}
        return _cleaned(field, [by_part.get(part, "") for part in ("name", "email", "phone")])

    return read


def _part_of(line: str) -> str:
    if "@" in line:
        return "email"
    return "name" if any(letter.isalpha() for letter in line) else "phone"


def _words(question: Question) -> Words:
    return Words({option.key: option.text for option in question.options})


def _own(words: str, conventions: Conventions) -> str:
    return columns.text(words, conventions, limit=LONGEST_LINE)


def _cleaned(field: forms.Field, given: Any) -> Any:
    try:
        return field.clean(given)
    except ValidationError as error:
        raise Refused(error.messages[0]) from None


_READERS: dict[str, Callable[[Question, Mapping[str, Scale]], Read]] = {
    Kind.SCALE: _of_scale,
    Kind.ONE: _of_option,
    Kind.PICTURE: _of_option,
    Kind.DROPDOWN: _of_option,
    Kind.SEVERAL: _of_several,
    Kind.RANKING: _of_ranking,
    Kind.YES_NO: _of_yes_no,
    Kind.CONSENT: _of_yes_no,
    Kind.NUMBER: _of_number,
    Kind.DATE: _of_day,
    Kind.SHORT: _of_text,
    Kind.LONG: _of_text,
    Kind.CONTACT: _of_contact,
}
