"""What keeps a survey from being published."""

from dataclasses import replace

import pytest

from accounts.texts import Text
from surveys.content import MOST_OPTIONS, MOST_QUESTIONS, Condition, Content, Kind, Option, Question
from surveys.problems import LONGEST_OPTION, LONGEST_QUESTION, LONGEST_TEXT, gaps, problems
from surveys.scales import BUILT_IN

SCORE = Question("score", Kind.SCALE, Text(en="How likely?", ar="ما الاحتمال؟"), scale="nps")
PRICE, SPEED = Option("price", Text(en="Price", ar="السعر")), Option("speed", Text(en="Speed", ar="السرعة"))
REASON = Question("reason", Kind.ONE, Text(en="Which?", ar="أي؟"), options=(PRICE, SPEED))
ANSWERED = Question("answered", Kind.YES_NO, Text(en="Were you answered?", ar="هل تلقيت ردًا؟"))


def found(*questions, **whole):
    return [(one.question, one.field) for one in problems(Content(questions, **whole), BUILT_IN)]


def shown_by(one, **condition):
    return replace(one, shows_if=(Condition(**condition),))


@pytest.mark.parametrize(
    "questions",
    [
        (SCORE,),
        (SCORE, REASON),
        (SCORE, shown_by(REASON, question="score", most=6)),
        (SCORE, shown_by(REASON, question="score", one_of=("0", "10"))),
        (REASON, shown_by(SCORE, question="reason", one_of=("price",))),
        (replace(REASON, has_other=True), shown_by(SCORE, question="reason", one_of=("_other",))),
        (ANSWERED, shown_by(SCORE, question="answered", one_of=("no",))),
        (
            replace(
                REASON,
                kind=Kind.PICTURE,
                options=(replace(PRICE, picture="1.png"), replace(SPEED, picture="2.png")),
            ),
        ),
        (replace(REASON, kind=Kind.SEVERAL, least=1, most=2),),
        (Question("why", Kind.LONG, Text(ar="لماذا؟\nاكتب ما تشاء.")),),
        (Question("why", Kind.LONG, Text(en="x" * LONGEST_QUESTION)),),
    ],
)
def test_these_can_be_published(questions):
    assert found(*questions) == []


@pytest.mark.parametrize(
    ("questions", "problem"),
    [
        ((), ("", "questions")),
        ((Question("hello", Kind.STATEMENT, Text(en="Hello")),), ("", "questions")),
        ((replace(SCORE, scale=""),), ("score", "scale")),
        ((replace(SCORE, scale="graded-7"),), ("score", "scale")),
        ((replace(SCORE, text=Text()),), ("score", "text")),
        ((replace(SCORE, text=Text(en="")),), ("score", "text")),
        ((replace(SCORE, text=Text(en="x" * (LONGEST_QUESTION + 1))),), ("score", "text")),
        ((replace(SCORE, text=Text(en="How\u202e likely?")),), ("score", "text")),
        ((replace(SCORE, help=Text(ar="x" * (LONGEST_QUESTION + 1))),), ("score", "help")),
        ((replace(SCORE, key="Score 1"),), ("Score 1", "key")),
        ((replace(SCORE, key=""),), ("", "key")),
        ((replace(REASON, options=(PRICE,)),), ("reason", "options")),
        ((replace(REASON, options=(PRICE, replace(SPEED, key="price"))),), ("reason", "options")),
        ((replace(REASON, options=(PRICE, replace(SPEED, key="a b"))),), ("reason", "options")),
        ((replace(REASON, options=(PRICE, replace(SPEED, text=Text()))),), ("reason", "options")),
        (
            (replace(REASON, options=(PRICE, replace(SPEED, text=Text(PRICE.text | {"en": "Fast"})))),),
            ("reason", "options"),
        ),
        (
            (replace(REASON, options=(PRICE, replace(SPEED, text=Text(en=f" {PRICE.text['en'].upper()}")))),),
            ("reason", "options"),
        ),
        (
            (replace(REASON, options=(PRICE, replace(SPEED, text=Text(en="x" * (LONGEST_OPTION + 1))))),),
            ("reason", "options"),
        ),
        (
            (
                replace(
                    REASON, options=tuple(Option(f"o{n}", Text(en=f"{n}")) for n in range(MOST_OPTIONS + 1))
                ),
            ),
            ("reason", "options"),
        ),
        (
            (replace(REASON, kind=Kind.PICTURE, options=(replace(PRICE, picture="1.png"), SPEED)),),
            ("reason", "options"),
        ),
        ((replace(REASON, kind=Kind.SEVERAL, least=3),), ("reason", "least")),
        ((replace(REASON, kind=Kind.SEVERAL, least=2, most=1),), ("reason", "most")),
        ((SCORE, shown_by(REASON, question="nothing", most=6)), ("reason", "shows_if")),
        ((SCORE, shown_by(REASON, question="reason", one_of=("price",))), ("reason", "shows_if")),
        ((SCORE, shown_by(REASON, question="score", one_of=("11",))), ("reason", "shows_if")),
        ((SCORE, shown_by(REASON, question="score")), ("reason", "shows_if")),
        ((REASON, shown_by(SCORE, question="reason", one_of=("help",))), ("score", "shows_if")),
        ((ANSWERED, shown_by(SCORE, question="answered", one_of=("maybe",))), ("score", "shows_if")),
    ],
)
def test_these_cannot(questions, problem):
    assert found(*questions) == [problem]


def test_a_statement_shows_nothing_by_its_answer():
    hello = Question("hello", Kind.STATEMENT, Text(en="Hello"))

    assert found(hello, shown_by(SCORE, question="hello", one_of=("yes",))) == [("score", "shows_if")]


def test_both_who_share_a_name_are_told():
    assert found(SCORE, SCORE) == [("score", "key"), ("score", "key")]


def test_too_many_questions():
    many = [replace(SCORE, key=f"q{number}") for number in range(MOST_QUESTIONS + 1)]

    assert found(*many) == [("", "questions")]
    assert found(*many[1:]) == []


@pytest.mark.parametrize(
    ("whole", "field"),
    [
        ({"intro": Text(en="x" * (LONGEST_TEXT + 1))}, "intro"),
        ({"privacy": Text(ar="x\0")}, "privacy"),
        ({"thanks": {"low": Text(en="x" * (LONGEST_TEXT + 1))}}, "thanks.low"),
    ],
)
def test_texts_of_the_whole(whole, field):
    assert found(SCORE, **whole) == [("", field)]
    assert found(SCORE, intro=Text(en="One\r\n\ttwo")) == []


def test_gaps_are_told_and_keep_from_nothing():
    english = Question("why", Kind.LONG, Text(en="Why?"), help=Text(en="In a word"))
    half = replace(REASON, options=(PRICE, Option("speed", Text(ar="السرعة"))))
    content = Content((SCORE, english, half))

    assert problems(content, BUILT_IN) == []
    assert gaps(content) == [("why", "ar"), ("reason", "en")]
    assert gaps(Content((english,))) == []
