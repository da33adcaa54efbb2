"""A draft, written by two."""

from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError

from accounts.models import AuditEntry
from accounts.texts import Text
from surveys import drafting
from surveys.content import MOST_QUESTIONS, Content, Kind, Question
from surveys.models import Survey
from surveys.problems import KEY
from tests.surveys.drafts import REASON, SCORE, WHY, content, survey


def keys(changed):
    return [question.key for question in changed.questions]


def test_a_question_is_put_in_place_of_itself():
    other = replace(REASON, required=True)

    changed = drafting.put(content(), other, drafting.question_seen(REASON))

    assert changed.questions == (SCORE, other, WHY)


@pytest.mark.parametrize("now", [content(replace(REASON, required=True)), content(SCORE)])
def test_what_is_another_or_gone_by_now_is_not_written_over(now):
    with pytest.raises(drafting.ChangedMeanwhile):
        drafting.put(now, REASON, drafting.question_seen(REASON))


def test_another_question_is_no_reason_to_refuse():
    now = content(replace(SCORE, required=True), REASON)

    assert drafting.put(now, REASON, drafting.question_seen(REASON)) == now


@pytest.mark.parametrize(
    ("key", "by", "expected"),
    [
        ("nps", 1, ["reason", "nps", "why"]),
        ("why", -1, ["nps", "why", "reason"]),
        ("nps", -1, ["nps", "reason", "why"]),
        ("why", 1, ["nps", "reason", "why"]),
        ("gone", 1, ["nps", "reason", "why"]),
    ],
)
def test_moving_a_question(key, by, expected):
    assert keys(drafting.moved(content(), key, by)) == expected


def test_removing_a_question():
    was = drafting.question_seen(REASON)

    assert keys(drafting.removed(content(), "reason", was)) == ["nps", "why"]
    assert keys(drafting.removed(content(SCORE), "reason", was)) == ["nps"]
    with pytest.raises(drafting.ChangedMeanwhile):
        drafting.removed(content(replace(REASON, required=True)), "reason", was)


def test_a_copy_stands_behind_its_question():
    changed = drafting.duplicated(content(), "reason", "copy-1")

    assert keys(changed) == ["nps", "reason", "copy-1", "why"]
    assert changed.questions[2] == replace(REASON, key="copy-1")


def test_there_are_not_more_questions_than_can_be_asked():
    full = Content(tuple(replace(SCORE, key=f"q{number}") for number in range(MOST_QUESTIONS)))

    for step in (lambda: drafting.add(full, SCORE), lambda: drafting.duplicated(full, "q1", "copy")):
        with pytest.raises(ValidationError):
            step()


def test_a_better_wording_is_of_one_language():
    changed = drafting.reworded(content(), "reason", "en", "Which reason?")

    assert changed.questions[1].text == Text(en="Which reason?", ar="ما السبب الرئيسي؟")


@pytest.mark.parametrize("kind", Kind)
def test_a_new_key_can_be_published_and_is_no_other(kind):
    made = [drafting.new_key(kind.value) for _time in range(20)]

    assert all(KEY.fullmatch(key) for key in made)
    assert len(set(made)) == len(made)


@pytest.mark.django_db
def test_a_change_is_made_to_the_draft_as_it_is_now(alice):
    mine, theirs = survey(), Survey.objects.get()
    drafting.change(theirs, alice, lambda now: drafting.removed(now, "why", drafting.question_seen(WHY)))
    asked = Question("done", Kind.YES_NO, Text(en="Done?"))

    drafting.change(mine, alice, lambda now: drafting.add(now, asked))

    assert keys(Survey.objects.get().drafted) == ["nps", "reason", "done"]
    assert keys(mine.drafted) == ["nps", "reason", "done"]
    changes = AuditEntry.objects.filter(table="surveys_survey").exclude(action=AuditEntry.Action.CREATED)
    assert {entry.actor for entry in changes} == {alice}


@pytest.mark.django_db
def test_what_is_refused_changes_nothing(alice):
    one = survey()

    def refuse(_now):
        raise drafting.ChangedMeanwhile

    with pytest.raises(drafting.ChangedMeanwhile):
        drafting.change(one, alice, refuse)

    one.refresh_from_db()
    assert keys(one.drafted) == ["nps", "reason", "why"]
