"""What the rules are given: a question in one language, and the survey as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from surveys.checker import likeness
from surveys.checker.findings import Finding, Rule
from surveys.checker.language import Language
from surveys.checker.written import Written
from surveys.content import CHOOSING, Condition, Content, Kind, Question
from surveys.library import Validated
from surveys.scales import Scale


@dataclass(frozen=True)
class Asked:
    question: Question
    language: Language
    code: str
    scale: Scale | None

    @cached_property
    def text(self) -> Written:
        return Written(self.question.text[self.code])

    @cached_property
    def options(self) -> tuple[str, ...]:
        """Those that have words in this language, where there is something to choose."""
        offered = self.question.options if self.question.kind in CHOOSING else ()
        return tuple(option.text[self.code] for option in offered if option.text.get(self.code, "").strip())

    @cached_property
    def validated(self) -> Validated | None:
        """The validated question whose words these are."""
        return likeness.same(self.text, self.language)

    @property
    def has_validated_options(self) -> bool:
        theirs = self.validated.question.options if self.validated else ()
        return bool(theirs) and self.options == tuple(option.text.get(self.code, "") for option in theirs)

    def finding(self, rule: Rule, words: Sequence[str], better: str, wording: str = "") -> Finding:
        return Finding(rule, self.question.key, self.code, tuple(words), better, wording)


@dataclass(frozen=True)
class Survey:
    content: Content
    scales: Mapping[str, Scale]
    asked: tuple[Asked, ...]
    is_identified: bool

    @property
    def answered(self) -> list[Question]:
        return [question for question in self.content.questions if question.is_answered]

    def in_first_language(self, key: str) -> Asked | None:
        return next((asked for asked in self.asked if asked.question.key == key), None)


def words(question: Question) -> str:
    """Its text in the language that it was written in first."""
    return next((text for text in question.text.values() if text), question.key)


def is_closed(question: Question) -> bool:
    return question.kind not in {Kind.SHORT, Kind.LONG, Kind.STATEMENT, Kind.CONSENT, Kind.CONTACT}


def seen_by_one(questions: Sequence[Question]) -> int:
    """How many of them one person can see: of those that show on different answers to a question, the most."""
    alternatives: dict[tuple[str, ...], dict[tuple[Condition, ...], int]] = {}
    for question in questions:
        kinds = alternatives.setdefault(tuple(one.question for one in question.shows_if), {})
        kinds[question.shows_if] = kinds.get(question.shows_if, 0) + 1
    return sum(max(kinds.values()) for kinds in alternatives.values())
