"""What the columns of a file of responses are called, and how their cells are read."""

from collections.abc import Mapping

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.imports import columns, guessing
from accounts.models import Organisation
from surveys.answering import scales_of
from surveys.content import Content
from surveys.import_cells import Read, reader_of
from surveys.showing import asked_by

LONGEST_ID = 200
# Before the key of a question, so that none is taken for a field of the response.
ANSWER = "answer."
MUST = ("id", "responded")


def readers_of(content: Content) -> dict[str, Read]:
    """By field; of whom a row speaks is found for many at once."""
    scales = scales_of(content)
    of_answers = {ANSWER + one.key: reader_of(one, scales) for one in content.questions if one.is_answered}
    return {
        "id": lambda cell, conventions: columns.text(cell, conventions, limit=LONGEST_ID),
        "responded": columns.moment,
        "language": lambda cell, conventions: columns.named(cell, conventions, names=_languages()),
        "completed": columns.boolean,
        **of_answers,
    }


def _languages() -> dict[str, list[str]]:
    names: dict[str, list[str]] = {code: [code] for code, _name in settings.LANGUAGES}
    for shown in names:
        with override(shown):
            for code, name in settings.LANGUAGES:
                names[code].append(_(str(name)))
    return names


def names_of(content: Content) -> dict[str, list[str]]:
    """What each field is called, in any language: questions by their key and their text, as our own files name them."""
    asker, names = Organisation.current(), {}
    for question in content.questions:
        if question.is_answered:
            texts = asked_by(question, asker).text.values()
            names[ANSWER + question.key] = [question.key, *filter(None, texts)]
    for code, _name in settings.LANGUAGES:
        with override(code):
            for name, called in labels().items():
                names.setdefault(name, []).extend(called)
    return names


def labels() -> dict[str, list[str]]:
    """What a person calls the fields of a response, and what our own files call them."""
    return {
        "id": [_("Id"), _("Response")],
        "responded": [_("Day"), _("Date")],
        "account": [_("Account")],
        "person": [_("Person"), _("Contact"), _("E-mail address")],
        "language": [_("Language")],
        "completed": [_("Completed")],
    }


def mapping(header: list[str], names: Mapping[str, list[str]]) -> dict[str, str]:
    """column -> field."""
    return guessing.mapping(header, names, id_field="id")
