"""How a draft is written: question by question, each change upon what stands there now.

Whoever changes something says what they saw; where it is another thing by now, nothing is written.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from accounts.audit import acting
from accounts.models import User
from accounts.texts import Text
from surveys.content import MOST_QUESTIONS, Content, Question, written
from surveys.models import Survey

LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
KEY_LENGTH, DIGEST_LENGTH = 6, 16


class ChangedMeanwhile(Exception):
    pass


def seen(shown: Any) -> str:
    """By which a form knows whether somebody was faster; of anything that JSON holds."""
    whole = json.dumps(shown, sort_keys=True, default=str)
    return hashlib.sha256(whole.encode()).hexdigest()[:DIGEST_LENGTH]


def question_seen(question: Question) -> str:
    return seen(written(Content((question,))))


def texts_seen(content: Content) -> str:
    return seen(written(replace(content, questions=())))


def change(survey: Survey, by: User, edit: Callable[[Content], Content]) -> Content:
    """What `edit` makes of the draft as it is now; whatever it raises leaves the draft as it was."""
    with acting(user=by):
        locked = Survey.objects.select_for_update(no_key=True).get(pk=survey.pk)
        content = edit(locked.drafted)
        locked.draft = written(content)
        locked.save(update_fields=["draft"])
    survey.draft = locked.draft
    return content


def new_key(begins: str) -> str:
    """No other question ever had it, so that nobody's old answers count for a new one."""
    return f"{begins}-{get_random_string(KEY_LENGTH, LETTERS)}"


def of_key(content: Content, key: str) -> Question | None:
    return next((question for question in content.questions if question.key == key), None)


def put(content: Content, question: Question, was: str) -> Content:
    """In place of the one of its key. Raises ChangedMeanwhile, also where it is gone."""
    now = of_key(content, question.key)
    if now is None or question_seen(now) != was:
        raise ChangedMeanwhile
    return replace(
        content, questions=tuple(question if one.key == question.key else one for one in content.questions)
    )


def add(content: Content, question: Question) -> Content:
    """As the last one. Raises ValidationError where there are too many."""
    return _of(content, [*content.questions, question])


def removed(content: Content, key: str, was: str) -> Content:
    """Raises ChangedMeanwhile."""
    if (now := of_key(content, key)) and question_seen(now) != was:
        raise ChangedMeanwhile
    return replace(content, questions=tuple(one for one in content.questions if one.key != key))


def moved(content: Content, key: str, by: int) -> Content:
    """`by`: places towards the end; at an end it stays."""
    questions = list(content.questions)
    place = next((place for place, one in enumerate(questions) if one.key == key), None)
    if place is None:
        return content
    question = questions.pop(place)
    questions.insert(max(0, place + by), question)
    return replace(content, questions=tuple(questions))


def duplicated(content: Content, key: str, copy_key: str) -> Content:
    """Right behind the first. Its options keep their keys, which are names within a question."""
    questions = list(content.questions)
    places = [place for place, one in enumerate(questions) if one.key == key]
    for place in places:
        questions.insert(place + 1, replace(questions[place], key=copy_key))
    return _of(content, questions)


def reworded(content: Content, key: str, language: str, wording: str) -> Content:
    questions = (
        replace(one, text=Text(one.text | {language: wording})) if one.key == key else one
        for one in content.questions
    )
    return replace(content, questions=tuple(questions))


def _of(content: Content, questions: list[Question]) -> Content:
    if len(questions) > MOST_QUESTIONS:
        raise ValidationError(_("At most %(most)s questions.") % {"most": MOST_QUESTIONS})
    return replace(content, questions=tuple(questions))
