"""What a survey asks and says, as a document that never changes once somebody can answer it.

Kept as JSON: `{"questions": [{"key": "why", "kind": "long", "text": {"en": "…", "ar": "…"}, …}], "intro": {…},
"privacy": {…}, "thanks": {"high": {…}, "": {…}}}`. Keys of questions and options stay theirs from version to version.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from accounts.texts import Text

MOST_QUESTIONS, MOST_OPTIONS = 50, 100


class Kind(TextChoices):
    SCALE = "scale", _("Scale")
    ONE = "one", _("One of several")
    SEVERAL = "several", _("Any of several")
    YES_NO = "yes_no", _("Yes or no")
    DROPDOWN = "dropdown", _("One of a list")
    RANKING = "ranking", _("Ranking")
    NUMBER = "number", _("Number")
    DATE = "date", _("Date")
    SHORT = "short", _("A line of text")
    LONG = "long", _("Text")
    PICTURE = "picture", _("One of several pictures")
    CONTACT = "contact", _("How to reach them")
    CONSENT = "consent", _("Consent")
    STATEMENT = "statement", _("Text without an answer")


CHOOSING = frozenset({Kind.ONE, Kind.SEVERAL, Kind.DROPDOWN, Kind.RANKING, Kind.PICTURE})
OPEN = frozenset({Kind.SHORT, Kind.LONG})
WITH_OTHER = frozenset({Kind.ONE, Kind.SEVERAL, Kind.DROPDOWN})
# Stands for what somebody wrote in place of an option; no option has such a key.
OTHER = "_other"
ANSWERED = frozenset(Kind) - {Kind.STATEMENT}


@dataclass(frozen=True)
class Option:
    """`picture`: the name under which it is kept."""

    key: str
    text: Text
    picture: str = ""


@dataclass(frozen=True)
class Condition:
    """An earlier answer is one of these: keys of options, or numbers from `least` to `most`."""

    question: str
    one_of: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True)
class Question:
    """`scale`: the key of one. `is_turned`: more is worse. `shows_if`: all of these hold; without any, always."""

    key: str
    kind: Kind
    text: Text
    help: Text = field(default_factory=Text)
    required: bool = False
    scale: str = ""
    is_turned: bool = False
    options: tuple[Option, ...] = ()
    is_shuffled: bool = False
    has_other: bool = False
    least: int | None = None
    most: int | None = None
    shows_if: tuple[Condition, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.kind in OPEN

    @property
    def is_answered(self) -> bool:
        return self.kind in ANSWERED


@dataclass(frozen=True)
class Content:
    """`thanks`: by the band of the first scale; "" for whoever has none."""

    questions: tuple[Question, ...] = ()
    intro: Text = field(default_factory=Text)
    privacy: Text = field(default_factory=Text)
    thanks: Mapping[str, Text] = field(default_factory=dict)

    @property
    def first_scale(self) -> Question | None:
        """By whose answer the survey as a whole is judged, and which stands in the mail."""
        return next((question for question in self.questions if question.kind == Kind.SCALE), None)

    def languages(self) -> list[str]:
        """In which something is written, the first question's first."""
        texts = [*_texts(self.questions), self.intro, self.privacy, *self.thanks.values()]
        return list(dict.fromkeys(code for text in texts for code in text if text[code]))


def _texts(questions: Iterable[Question]) -> Iterable[Text]:
    for question in questions:
        yield question.text
        yield question.help
        yield from (option.text for option in question.options)


def read(document: Mapping[str, Any]) -> Content:
    """Of one that was written by `written`."""
    return Content(
        questions=tuple(_question(asked) for asked in document.get("questions", [])),
        intro=_text(document.get("intro")),
        privacy=_text(document.get("privacy")),
        thanks={band: _text(text) for band, text in document.get("thanks", {}).items()},
    )


def _text(kept: Mapping[str, str] | None) -> Text:
    """With the languages in the order of the house: the database keeps none."""
    kept = kept or {}
    known = [code for code, _name in settings.LANGUAGES if code in kept]
    return Text({code: kept[code] for code in [*known, *sorted(kept.keys() - set(known))]})


def _question(asked: Mapping[str, Any]) -> Question:
    options = (
        Option(one["key"], _text(one.get("text")), one.get("picture", "")) for one in asked.get("options", [])
    )
    conditions = (
        Condition(one["question"], tuple(one.get("one_of", [])), one.get("least"), one.get("most"))
        for one in asked.get("shows_if", [])
    )
    plain = ("required", "scale", "is_turned", "is_shuffled", "has_other", "least", "most")
    return Question(
        key=asked["key"],
        kind=Kind(asked["kind"]),
        text=_text(asked.get("text")),
        help=_text(asked.get("help")),
        options=tuple(options),
        shows_if=tuple(conditions),
        **{name: asked[name] for name in plain if name in asked},
    )


def written(content: Content) -> dict[str, Any]:
    """As it is kept: what is as by default is left out."""
    return _filled(
        {
            "questions": [_written(question) for question in content.questions],
            "intro": dict(content.intro),
            "privacy": dict(content.privacy),
            "thanks": {band: dict(text) for band, text in content.thanks.items()},
        }
    )


def _written(question: Question) -> dict[str, Any]:
    conditions = [
        _filled({"question": one.question, "one_of": list(one.one_of), "least": one.least, "most": one.most})
        for one in question.shows_if
    ]
    options = [
        _filled({"key": one.key, "text": dict(one.text), "picture": one.picture}) for one in question.options
    ]
    rest = {
        name: getattr(question, name)
        for name in ("required", "scale", "is_turned", "is_shuffled", "has_other")
    }
    return _filled(
        {
            "key": question.key,
            "kind": question.kind.value,
            "text": dict(question.text),
            "help": dict(question.help),
            "options": options,
            "least": question.least,
            "most": question.most,
            "shows_if": conditions,
            **rest,
        }
    )


def _filled(said: dict[str, Any]) -> dict[str, Any]:
    """Nothing is not zero."""
    return {name: value for name, value in said.items() if value or (value == 0 and value is not False)}
