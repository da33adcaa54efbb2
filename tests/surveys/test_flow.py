"""Which questions come, and which must be answered."""

import pytest

from accounts.texts import Text
from surveys import flow
from surveys.content import Condition, Content, Kind, Question


def question(key, kind=Kind.SHORT, *shows_if, required=False):
    return Question(key, kind, Text(en=key), required=required, shows_if=shows_if)


SURVEY = Content(
    (
        question("score", Kind.SCALE, required=True),
        question("low", Kind.LONG, Condition("score", most=6), required=True),
        question("high", Kind.LONG, Condition("score", least=9)),
        question("reach", Kind.YES_NO, Condition("score", most=6)),
        question("phone", Kind.CONTACT, Condition("reach", one_of=("yes",)), required=True),
        question("end", Kind.STATEMENT, required=True),
    )
)


def keys(questions):
    return [one.key for one in questions]


@pytest.mark.parametrize(
    ("answers", "shown"),
    [
        ({}, ["score", "end"]),
        ({"score": 0}, ["score", "low", "reach", "end"]),
        ({"score": 6}, ["score", "low", "reach", "end"]),
        ({"score": 7}, ["score", "end"]),
        ({"score": 8}, ["score", "end"]),
        ({"score": 9}, ["score", "high", "end"]),
        ({"score": 6, "reach": True}, ["score", "low", "reach", "phone", "end"]),
        ({"score": 6, "reach": False}, ["score", "low", "reach", "end"]),
        # Was asked whether to be reached before the score was changed.
        ({"score": 10, "reach": True}, ["score", "high", "end"]),
    ],
)
def test_what_comes(answers, shown):
    assert keys(flow.shown(SURVEY, answers)) == shown


@pytest.mark.parametrize(
    ("answer", "is_shown"),
    [({"other": "Fax"}, True), (["a", {"other": "Fax"}], True), (["a"], False), ("a", False)],
)
def test_what_comes_where_somebody_wrote_something_else(answer, is_shown):
    ways = question("way", Kind.SEVERAL)
    content = Content((ways, question("why", Kind.LONG, Condition("way", one_of=("_other",)))))

    assert keys(flow.shown(content, {"way": answer})) == ["way", "why"][: 1 + is_shown]


@pytest.mark.parametrize(
    ("answers", "missing"),
    [
        ({}, ["score"]),
        ({"score": 3}, ["low"]),
        ({"score": 3, "low": "Slow"}, []),
        ({"score": 3, "low": "Slow", "reach": True}, ["phone"]),
        ({"score": 10, "reach": True}, []),
    ],
)
def test_what_must_be_answered_yet(answers, missing):
    assert keys(flow.missing(SURVEY, answers)) == missing


def test_answers_to_what_is_hidden_do_not_count():
    answers = {"score": 10, "low": "Slow", "reach": True, "phone": "+966"}

    assert flow.counted(SURVEY, answers) == {"score": 10}
    assert flow.counted(SURVEY, answers | {"score": 2}) == answers | {"score": 2}


@pytest.mark.parametrize(
    ("condition", "answer", "holds"),
    [
        (Condition("a", one_of=("x", "y")), "x", True),
        (Condition("a", one_of=("x", "y")), "z", False),
        (Condition("a", one_of=("x", "y")), ["z", "y"], True),
        (Condition("a", one_of=("x",)), [], False),
        (Condition("a", one_of=("3",)), 3, True),
        (Condition("a", one_of=("no",)), False, True),
        (Condition("a", least=2), 2, True),
        (Condition("a", least=2), 1, False),
        (Condition("a", least=2, most=4), 5, False),
        (Condition("a", least=1), True, False),
        (Condition("a", most=4), "1", False),
        (Condition("b", one_of=("x",)), "x", False),
    ],
)
def test_conditions(condition, answer, holds):
    survey = Content((question("a"), question("b", Kind.SHORT, condition)))

    assert ("b" in keys(flow.shown(survey, {"a": answer}))) is holds


def test_all_conditions_hold():
    both = Condition("a", least=2), Condition("b", one_of=("x",))
    survey = Content((question("a"), question("b"), question("c", Kind.SHORT, *both)))

    assert keys(flow.shown(survey, {"a": 2, "b": "x"})) == ["a", "b", "c"]
    assert keys(flow.shown(survey, {"a": 2, "b": "y"})) == ["a", "b"]
    assert keys(flow.shown(survey, {"a": 1, "b": "x"})) == ["a", "b"]


def test_a_later_question_decides_nothing():
    survey = Content((question("a", Kind.SHORT, Condition("b", one_of=("x",))), question("b")))

    assert keys(flow.shown(survey, {"b": "x"})) == ["b"]


@pytest.mark.parametrize(
    ("answers", "is_empty"),
    [
        ({}, True),
        ({"agreed": False}, True),
        ({"agreed": True}, False),
        ({"reached": False}, False),
        ({"score": 0}, False),
        # Hidden by then.
        ({"score": None, "low": "Slow"}, True),
    ],
)
def test_nothing_is_said(answers, is_empty):
    low = question("low", Kind.LONG, Condition("score", most=6))
    asked = (question("score", Kind.SCALE), low, question("agreed", Kind.CONSENT))
    content = Content((*asked, question("reached", Kind.YES_NO)))

    assert flow.is_empty(content, {key: one for key, one in answers.items() if one is not None}) is is_empty
