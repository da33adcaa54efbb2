"""Which questions come, by what was answered before them.

`answers`: by question, as they are kept: a number of a scale, the key of an option or a list of them, true or false.
"""

from collections.abc import Mapping
from typing import Any

from surveys.content import OTHER, Condition, Content, Kind, Question

Answers = Mapping[str, Any]


def shown(content: Content, answers: Answers) -> list[Question]:
    """What was answered where it was still shown, and is no longer, decides nothing."""
    found: list[Question] = []
    counted: dict[str, Any] = {}
    for question in content.questions:
        if all(_holds(condition, counted) for condition in question.shows_if):
            found.append(question)
            if question.key in answers:
                counted[question.key] = answers[question.key]
    return found


def counted(content: Content, answers: Answers) -> dict[str, Any]:
    """Those of questions that are shown; the others wait, should their question come back."""
    keys = [question.key for question in shown(content, answers)]
    return {key: answers[key] for key in keys if key in answers}


def missing(content: Content, answers: Answers) -> list[Question]:
    """What must be answered yet."""
    return [
        question
        for question in shown(content, answers)
        if question.is_answered and question.required and question.key not in answers
    ]


def _holds(condition: Condition, answers: Answers) -> bool:
    if condition.question not in answers:
        return False
    answer = answers[condition.question]
    if condition.one_of:
        return not set(condition.one_of).isdisjoint(_words(answer))
    least, most = condition.least, condition.most
    is_number = isinstance(answer, int) and not isinstance(answer, bool)
    return is_number and (least is None or answer >= least) and (most is None or answer <= most)


def _words(answer: Any) -> list[str]:
    """What conditions name: keys of options, what stands for own words, "yes" and "no"."""
    if isinstance(answer, bool):
        return ["yes" if answer else "no"]
    return [
        OTHER if isinstance(one, dict) else str(one)
        for one in (answer if isinstance(answer, list) else [answer])
    ]


def is_empty(content: Content, answers: Answers) -> bool:
    """Nothing is said. A consent that is not given is no answer; a No is one."""
    consents = {question.key for question in content.questions if question.kind == Kind.CONSENT}
    return all(value is False and key in consents for key, value in counted(content, answers).items())
