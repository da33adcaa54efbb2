"""What comes with cxhub passes its own checker, in both languages."""

import pytest

from surveys.checker import Rule, check
from surveys.content import Content, Kind, read, written
from surveys.library import LIBRARY
from surveys.templates import TEMPLATES
from tests.surveys.checker.asking import SCALES, asked, words

BOTH = {"en", "ar"}


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_templates_trigger_no_rule(template):
    assert check(template.content, SCALES) == []


@pytest.mark.parametrize("validated", LIBRARY, ids=lambda validated: validated.key)
def test_library_triggers_no_rule(validated):
    assert check(Content((validated.question,)), SCALES) == []


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_templates_say_everything_in_both_languages(template):
    content = template.content
    texts = [template.name, content.intro, content.privacy, *content.thanks.values()]
    texts += [question.text for question in content.questions]
    texts += [option.text for question in content.questions for option in question.options]

    assert all(set(text) == BOTH and all(text.values()) for text in texts)
    assert set(content.thanks) == {"low", "middle", "high", ""}
    assert read(written(content)) == content


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_templates_have_keys_of_their_own_and_known_scales(template):
    keys = [question.key for question in template.content.questions]
    before = [
        {one.question for one in question.shows_if} - set(keys) for question in template.content.questions
    ]

    assert len(keys) == len(set(keys))
    assert before == [set()] * len(keys)
    assert {question.scale for question in template.content.questions} - {""} <= set(SCALES)


def test_relationship_asks_why_by_band():
    score, *whys = TEMPLATES["relationship"].content.questions
    shown = [
        [key.key for key in whys if key.shows_if[0].least <= value <= key.shows_if[0].most]
        for value in range(11)
    ]

    assert score.scale == "nps"
    assert shown == [["why_low"]] * 7 + [["why_middle"]] * 2 + [["why_high"]] * 2


@pytest.mark.parametrize("validated", LIBRARY, ids=lambda validated: validated.key)
def test_library_says_where_it_is_from(validated):
    source = validated.source

    assert set(validated.question.text) == BOTH
    assert set(validated.instead_of) == BOTH
    assert source.author
    assert source.publication
    assert 1990 <= source.year <= 2020


def test_other_languages_are_checked_for_what_needs_no_words():
    questions = [asked("Wie zufrieden sind Sie und warum?", "de", key=key) for key in "abc"]

    assert [one.rule for one in check(Content(tuple(questions)), SCALES)] == [Rule.NO_GRID]


def test_regions_are_checked_by_their_language():
    assert {one.language for one in check(Content((asked("Should we?", "en-gb"),)), SCALES)} == {"en-gb"}


@pytest.mark.parametrize(
    "text", ["???", "ـــ", "و", "{organisation}", "and and", "/", "😀", "“Why?”", "\u200f", "﷽"]
)
def test_texts_without_a_question_are_checked_too(text):
    for language in BOTH:
        for kind in Kind:
            check(Content((asked(text, language, kind, options=["", text, text]),)), SCALES)


def test_texts_without_words_are_no_questions():
    assert words(Rule.DIRECT, asked(" \n", kind=Kind.SCALE)) == []


def test_empty_surveys_have_nothing_to_find():
    assert check(Content(), SCALES) == []
    assert check(Content((asked("", kind=Kind.LONG),)), SCALES) != []


def test_findings_stand_in_the_order_of_the_questions():
    questions = (asked("Should we?", key="b"), asked("Could we?", key="a", is_turned=True))

    found = check(Content(questions), SCALES)

    assert [one.question for one in found] == ["b", "b", "a", "a", "a"]
