"""What keeps a survey from being published: beside the question that it is about, in the active language."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _

from accounts.texts import HOSTILE, Text
from surveys.content import (
    CHOOSING,
    MOST_OPTIONS,
    MOST_QUESTIONS,
    OTHER,
    Condition,
    Content,
    Kind,
    Option,
    Question,
)
from surveys.scales import Scale

LONGEST_QUESTION, LONGEST_OPTION, LONGEST_TEXT = 500, 200, 5_000
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
YES_OR_NO = ("yes", "no")
# Lines may be parted; nothing else that is not seen.
_LINES = str.maketrans("", "", "\r\n\t")


class Problem(NamedTuple):
    """`question`: its key; nothing where it is of the survey as a whole. `field`: as the document has it."""

    question: str
    field: str
    message: str


def problems(content: Content, scales: Mapping[str, Scale]) -> list[Problem]:
    """None: it can be published."""
    return [*_of_the_whole(content), *_of_questions(content, scales)]


def gaps(content: Content) -> list[tuple[str, str]]:
    """Questions and languages of the survey in which they are not written: another one is shown in its place."""
    languages = content.languages()
    return [
        (question.key, language)
        for question in content.questions
        for language in languages
        if not all(text.get(language) for text in _read_by_all(question))
    ]


def _read_by_all(question: Question) -> list[Text]:
    helped = [question.help] if any(question.help.values()) else []
    return [
        question.text,
        *helped,
        *(option.text for option in question.options if any(option.text.values())),
    ]


def _of_the_whole(content: Content) -> Iterator[Problem]:
    if not any(question.is_answered for question in content.questions):
        yield Problem("", "questions", _("Ask at least one question."))
    if len(content.questions) > MOST_QUESTIONS:
        yield Problem("", "questions", _("At most %(most)s questions.") % {"most": MOST_QUESTIONS})
    whole = {"intro": content.intro, "privacy": content.privacy}
    for field, text in (whole | {f"thanks.{band}": text for band, text in content.thanks.items()}).items():
        yield from _of_text("", field, text, LONGEST_TEXT)


def _of_questions(content: Content, scales: Mapping[str, Scale]) -> Iterator[Problem]:
    often = Counter(question.key for question in content.questions)
    before: dict[str, Question] = {}
    for question in content.questions:
        if often[question.key] > 1 or not KEY.fullmatch(question.key):
            yield Problem(question.key, "key", _("Two questions have one name, or this is none."))
        yield from _of_question(question, scales)
        for condition in question.shows_if:
            yield from _of_condition(question, condition, before, scales)
        before[question.key] = question


def _of_question(question: Question, scales: Mapping[str, Scale]) -> Iterator[Problem]:
    if not any(question.text.values()):
        yield Problem(question.key, "text", _("Write what is asked."))
    yield from _of_text(question.key, "text", question.text, LONGEST_QUESTION)
    yield from _of_text(question.key, "help", question.help, LONGEST_QUESTION)
    if question.kind == Kind.SCALE and question.scale not in scales:
        yield Problem(question.key, "scale", _("Choose a scale."))
    if question.kind in CHOOSING:
        yield from _of_options(question)
    yield from _of_bounds(question)


def _of_text(question: str, field: str, text: Text, longest: int) -> Iterator[Problem]:
    for written in text.values():
        if len(written) > longest:
            words = _("This is too long: at most %(most)s characters.")
            yield Problem(question, field, words % {"most": longest})
        if HOSTILE.search(written.translate(_LINES)):
            words = _("It holds a character that is not seen. Delete it and type the place again.")
            yield Problem(question, field, words)


def _of_options(question: Question) -> Iterator[Problem]:
    options = question.options
    if not 2 <= len(options) <= MOST_OPTIONS:
        words = _("Give at least 2 and at most %(most)s options.")
        yield Problem(question.key, "options", words % {"most": MOST_OPTIONS})
    if len({option.key for option in options}) < len(options) or not all(
        KEY.fullmatch(o.key) for o in options
    ):
        yield Problem(question.key, "options", _("Two options have one name, or this is none."))
    if question.kind == Kind.PICTURE and not all(option.picture for option in options):
        yield Problem(question.key, "options", _("Each option needs its picture."))
    # Of a picture, what it shows: for whoever does not see it.
    if not all(any(option.text.values()) for option in options):
        yield Problem(question.key, "options", _("Write what each option means."))
    if _say_the_same(options):
        yield Problem(question.key, "options", _("Two options say the same."))
    for option in options:
        yield from _of_text(question.key, "options", option.text, LONGEST_OPTION)


def _say_the_same(options: Sequence[Option]) -> bool:
    """Two of them, in any language."""
    said = [
        (code, text.strip().casefold()) for option in options for code, text in option.text.items() if text
    ]
    return len({*said}) < len(said)


def _of_bounds(question: Question) -> Iterator[Problem]:
    least, most = question.least, question.most
    if least is not None and most is not None and least > most:
        yield Problem(question.key, "most", _("This is less than the least."))
    if question.kind == Kind.SEVERAL and least is not None and least > len(answers_of(question, {})):
        yield Problem(question.key, "least", _("There are not so many options."))


def _of_condition(
    question: Question, condition: Condition, before: Mapping[str, Question], scales: Mapping[str, Scale]
) -> Iterator[Problem]:
    asked = before.get(condition.question)
    if asked is None or not asked.is_answered:
        yield Problem(question.key, "shows_if", _("It is shown by the answer to an earlier question."))
    elif not set(condition.one_of) <= set(answers_of(asked, scales)):
        yield Problem(question.key, "shows_if", _("The earlier question has no such answer."))
    elif not condition.one_of and condition.least is None and condition.most is None:
        yield Problem(question.key, "shows_if", _("Say by which answers it is shown."))


def answers_of(question: Question, scales: Mapping[str, Scale]) -> list[str]:
    """What a condition on it can name."""
    if question.kind in (Kind.YES_NO, Kind.CONSENT):
        return list(YES_OR_NO)
    if question.kind == Kind.SCALE and question.scale in scales:
        return [str(point.value) for point in scales[question.scale].points]
    return [*(option.key for option in question.options), *([OTHER] if question.has_other else [])]
