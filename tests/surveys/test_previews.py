"""What is said of a draft."""

from dataclasses import replace

import pytest

from accounts.texts import Text
from surveys.content import Kind
from surveys.models import Survey
from surveys.previews import preview_of, reviewed
from surveys.scales import BUILT_IN
from tests.surveys.drafts import REASON, SCORE, content


def test_a_review_counts_what_is_in_the_way_and_what_is_advised():
    asked = content(replace(SCORE, scale=""), replace(REASON, text=Text(en="Should we be faster?")))

    review = reviewed(Survey(), asked, BUILT_IN)

    assert [(question.key, problem.field) for question, problem in review.problems] == [("nps", "scale")]
    assert review.advised == sum(len(note.findings) for note in (review.whole, *review.questions))
    assert review.questions[1].missing == ["Arabic"]


def test_what_is_known_of_whoever_is_named_is_advised_against():
    name = replace(REASON, kind=Kind.SHORT, options=(), text=Text(en="What is your name?"))

    def rules(identity):
        review = reviewed(Survey(identity=identity), content(SCORE, name), BUILT_IN)
        return {finding.rule for finding, _language in review.questions[1].findings}

    assert "needed" in rules("identified")
    assert "needed" not in rules("anonymous")


@pytest.mark.django_db
def test_a_preview_has_the_name_of_who_asks_and_thanks_by_answer():
    whole = {
        "intro": Text(en="From {organisation}"),
        "thanks": {"": Text(en="Thanks"), "low": Text(ar="عذرًا")},
    }

    shown = preview_of(Survey(), content(SCORE, **whole), "en", "Najm")

    assert shown.intro == "From Najm"
    assert [words for _after, words in shown.thanks] == ["Thanks", "عذرًا"]


@pytest.mark.django_db
def test_a_question_without_its_scale_is_previewed_without_an_answer():
    shown = preview_of(Survey(), content(replace(SCORE, scale="")), "en", "Najm")

    assert shown.questions[0].field is None
