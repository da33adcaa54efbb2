"""Answers become rows that say what they count in, and rows become answers again."""

from dataclasses import replace

import pytest

from accounts.texts import Text
from surveys.answer_rows import answers_of, band_of, rows
from surveys.content import Content, Kind, Option, Question
from surveys.scales import BUILT_IN
from tests.surveys.rows import NPS

REACH = Question("reach", Kind.CONTACT, Text(en="How?"))
WHICH = Question("which", Kind.SEVERAL, Text(), options=(Option("a", Text()), Option("b", Text())))
TURNED = Question("hard", Kind.SCALE, Text(en="How hard?"), scale="csat", is_turned=True)


def kept(content, **answers):
    return rows(content, BUILT_IN, answers)


@pytest.mark.parametrize(
    ("question", "answer", "value", "text"),
    [
        (Question("why", Kind.LONG, Text()), "Slow\nand dear", None, "Slow\nand dear"),
        (REACH, {"name": "Sara", "phone": "123"}, None, "Sara\n\n123"),
        (WHICH, ["a", "b"], ["a", "b"], ""),
        (Question("again", Kind.YES_NO, Text()), False, False, ""),
    ],
)
def test_answer_comes_back_as_it_was_given(question, answer, value, text):
    content = Content((question,))

    (row,) = kept(content, **{question.key: answer})

    assert (row.value, row.text, row.score, row.measure) == (value, text, None, "")
    assert answers_of(content, [row]) == {question.key: answer}


ONE = replace(WHICH, kind=Kind.ONE, has_other=True)


@pytest.mark.parametrize(
    ("question", "answer", "value"),
    [
        (ONE, {"other": "Fax"}, "_other"),
        (ONE, "a", "a"),
        (replace(WHICH, has_other=True), ["b", {"other": "Fax"}], ["b", "_other"]),
    ],
)
def test_own_words_stand_beside_what_was_chosen(question, answer, value):
    (row,) = kept(Content((question,)), which=answer)

    assert (row.value, row.text) == (value, "Fax" if "_other" in value else "")
    assert answers_of(Content((question,)), [row]) == {"which": answer}


def test_chosen_options_are_kept_in_the_order_of_the_survey():
    (row,) = kept(Content((WHICH,)), which=["b", "a"])

    assert row.value == ["a", "b"]


def test_scale_says_what_it_counts_in():
    nps, hard = kept(Content((NPS, TURNED)), nps=9, hard=1)

    assert (nps.value, nps.score, nps.scale, nps.measure, nps.band) == (9, 9, "nps", "nps", "high")
    assert (hard.value, hard.score, hard.scale, hard.measure, hard.band) == (1, 5, "csat", "csat", "high")


@pytest.mark.parametrize(("answers", "band"), [({"nps": 3, "hard": 1}, "low"), ({"hard": 1}, ""), ({}, "")])
def test_band_is_of_the_first_scale(answers, band):
    assert band_of(Content((NPS, TURNED)), BUILT_IN, answers) == band


def test_answer_to_what_is_asked_no_more_is_left_out():
    assert answers_of(Content((NPS,)), kept(Content((NPS, TURNED)), nps=9, hard=1)) == {"nps": 9}
