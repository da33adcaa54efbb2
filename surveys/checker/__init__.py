"""The question checker: thirteen rules on how a survey asks, in English and Arabic; no database.

Texts in other languages are checked for what needs no words: how many questions, in which order, on which scales.
"""

from collections.abc import Iterable, Iterator, Mapping

from surveys.checker import degrees, options, whole, wording
from surveys.checker.arabic import ARABIC
from surveys.checker.asked import Asked, Survey
from surveys.checker.english import ENGLISH
from surveys.checker.findings import Finding, Rule
from surveys.content import Content
from surveys.scales import Scale

__all__ = ["Finding", "Rule", "check"]

LANGUAGES = {language.code: language for language in (ENGLISH, ARABIC)}
OF_WORDING = (
    wording.specific,
    wording.direct,
    wording.one_thing,
    wording.plain_verbs,
    wording.no_grid,
    whole.validated,
)
OF_QUESTIONS = (options.complete, options.exclusive, degrees.graded)
OF_SURVEYS = (degrees.one_direction, options.shuffled, whole.needed, whole.few_open, whole.in_a_row)


def check(content: Content, scales: Mapping[str, Scale], *, is_identified: bool = True) -> list[Finding]:
    """In the order of the questions, what is about the survey first. `is_identified`: it is known who answers."""
    asked = tuple(_asked(content, scales))
    survey = Survey(content, scales, asked, is_identified)
    found = [finding for rule in OF_SURVEYS for finding in rule(survey)]
    for one in asked:
        rules = (*OF_WORDING, *OF_QUESTIONS) if wording.is_worded(one) else OF_QUESTIONS
        found += [finding for rule in rules for finding in rule(one)]
    return _ordered(found, content)


def _asked(content: Content, scales: Mapping[str, Scale]) -> Iterator[Asked]:
    for question in content.questions:
        for code, text in question.text.items():
            language = LANGUAGES.get(code.split("-", maxsplit=1)[0])
            if text.strip() and language:
                yield Asked(question, language, code, scales.get(question.scale))


def _ordered(found: Iterable[Finding], content: Content) -> list[Finding]:
    places = {question.key: place for place, question in enumerate(content.questions, start=1)}
    rules = list(Rule)
    return sorted(found, key=lambda one: (places.get(one.question, 0), rules.index(one.rule), one.language))
