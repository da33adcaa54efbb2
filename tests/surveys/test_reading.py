"""What was answered, in words."""

import pytest
from django.utils.translation import override

from accounts.models import Organisation
from accounts.texts import Text
from surveys.content import Kind, Option, Question
from surveys.models import Answer
from surveys.reading import Read, answers_of
from tests.surveys import rows

pytestmark = pytest.mark.django_db
OPTIONS = (Option("mail", Text(en="Mail", ar="بريد")), Option("phone", Text(en="Telephone", ar="هاتف")))


def asked(kind, **fields):
    return Question("q", kind, Text(en="Which?", ar="أيها؟"), options=OPTIONS, **fields)


def read(question, value, text=""):
    response = rows.response(rows.survey(question))
    Answer.objects.create(response=response, question="q", value=value, text=text, band="high")
    return answers_of(response)


@pytest.mark.parametrize(
    ("question", "value", "expected"),
    [
        (asked(Kind.SCALE, scale="csat"), 5, Read("أيها؟", ("راضٍ جدًا",), 5, 5, "high")),
        (asked(Kind.SCALE, scale="nps"), 9, Read("أيها؟", (), 9, 10, "high")),
        (asked(Kind.ONE), "mail", Read("أيها؟", ("بريد",))),
        (asked(Kind.SEVERAL), ["mail", "phone"], Read("أيها؟", ("بريد", "هاتف"))),
        (asked(Kind.ONE, has_other=True), "_other", Read("أيها؟", ("Fax",))),
        (asked(Kind.SEVERAL, has_other=True), ["mail", "_other"], Read("أيها؟", ("بريد", "Fax"))),
        (asked(Kind.YES_NO), True, Read("أيها؟", ("نعم",))),
        (asked(Kind.YES_NO), False, Read("أيها؟", ("لا",))),
        (asked(Kind.NUMBER), 0, Read("أيها؟", number=0)),
        (asked(Kind.DATE), "2026-03-31", Read("أيها؟", ("2026-03-31",))),
        # Of a scale that is no more.
        (asked(Kind.SCALE, scale="graded-0"), 3, Read("أيها؟", number=3)),
    ],
)
def test_answer_in_words(question, value, expected):
    with override("ar"):
        assert read(question, value, "Fax" if question.has_other else "") == [expected]


def test_what_somebody_wrote_stays_as_it_is():
    assert read(asked(Kind.LONG), None, "Because") == [Read("Which?", ("Because",), is_written=True)]


def test_in_the_order_of_the_questions_those_that_were_answered():
    response = rows.response()
    Answer.objects.create(response=response, question="why", text="Fine")
    rows.answer(response, 9)
    other = rows.response()
    rows.answer(other, 2)

    assert [one.question for one in answers_of(response)] == ["How likely?", "Why?"]
    assert [one.question for one in answers_of(other)] == ["How likely?"]


def test_question_names_who_asked():
    asker = Organisation.current()
    asker.name = Text(en="Rafeef", ar="رفيف")
    asker.save()
    question = Question("q", Kind.LONG, Text(en="Why {organisation}?", ar="لماذا {organisation}؟"))

    assert read(question, None, "Because")[0].question == "Why Rafeef?"
    with override("ar"):
        assert read(question, None, "Because")[0].question == "لماذا رفيف؟"
