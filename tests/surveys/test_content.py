"""What a survey asks, as it is kept."""

import json

from accounts.texts import Text
from surveys.content import Condition, Content, Kind, Option, Question, read, written

WHOLE = Content(
    questions=(
        Question("score", Kind.SCALE, Text(en="How likely?", ar="ما الاحتمال؟"), required=True, scale="nps"),
        Question(
            "reason",
            Kind.SEVERAL,
            Text(en="Which of these?", ar="أي مما يلي؟"),
            help=Text(en="At most two"),
            options=(
                Option("price", Text(en="Price", ar="السعر")),
                Option("speed", Text(en="Speed"), picture="surveys/7.png"),
            ),
            is_shuffled=True,
            has_other=True,
            least=1,
            most=2,
            shows_if=(Condition("score", most=6), Condition("score", one_of=("3", "4"), least=0)),
        ),
        Question("effort", Kind.SCALE, Text(en="How hard?"), scale="ces", is_turned=True),
        Question("end", Kind.STATEMENT, Text(ar="شكرًا")),
    ),
    intro=Text(en="Two questions", ar="سؤالان"),
    privacy=Text(en="We keep it a year"),
    thanks={"high": Text(en="Great"), "": Text(en="Thank you", ar="شكرًا لك")},
)


def test_what_is_written_is_read_again():
    kept = json.loads(json.dumps(written(WHOLE)))

    assert read(kept) == WHOLE


def test_what_is_as_by_default_is_not_written():
    assert written(Content()) == {}
    assert written(Content((Question("why", Kind.LONG, Text(en="Why?")),))) == {
        "questions": [{"key": "why", "kind": "long", "text": {"en": "Why?"}}]
    }
    assert read({}) == Content()


def test_least_of_none_is_kept():
    question = Question("n", Kind.NUMBER, Text(en="How many?"), least=0)

    assert read(written(Content((question,)))).questions[0].least == 0


def test_first_scale_is_what_the_mail_shows():
    first, *rest = WHOLE.questions

    assert WHOLE.first_scale == first
    assert Content(tuple(rest)).first_scale.key == "effort"
    assert Content().first_scale is None


def test_languages_begin_with_that_of_the_first_question():
    assert WHOLE.languages() == ["en", "ar"]
    assert Content(
        (Question("a", Kind.SHORT, Text(ar="لماذا؟", en="")),), intro=Text(en="Hello")
    ).languages() == [
        "ar",
        "en",
    ]
    assert Content().languages() == []


def test_what_takes_no_answer():
    answered = {question.key: question.is_answered for question in WHOLE.questions}

    assert answered == {"score": True, "reason": True, "effort": True, "end": False}
    assert {kind for kind in Kind if Question("q", kind, Text()).is_open} == {Kind.SHORT, Kind.LONG}
