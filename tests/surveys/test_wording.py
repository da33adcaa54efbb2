"""What the letter of a survey says before anybody writes it otherwise."""

import pytest

from accounts.messages import letters
from accounts.texts import Text
from surveys.content import Content, Kind, Question
from surveys.wording import proposed
from tests.factories import organisation
from tests.surveys import rows

pytestmark = pytest.mark.django_db


def asking(scale="nps", **text):
    words = text or {"en": "How are *we*?", "ar": "كيف حالنا؟"}
    return Content((Question("first", Kind.SCALE, Text(words), scale=scale),))


@pytest.mark.parametrize(
    ("scale", "shown", "ends"),
    [
        ("nps", [str(n) for n in range(11)], ("Not at all likely", "Extremely likely")),
        ("smileys", ["🙁", "😐", "🙂"], ("Bad", "Good")),
        ("stars", ["1 ★", "2 ★", "3 ★", "4 ★", "5 ★"], ("1 star", "5 stars")),
    ],
)
def test_first_scale_is_what_it_asks(scale, shown, ends):
    asked = proposed(asking(scale), "email")["en"]["answers"]

    assert [choice[1] for choice in asked["choices"]] == shown
    assert (asked["choices"][0][2], asked["choices"][-1][2]) == ends == (asked["low"], asked["high"])


def test_our_name_stands_where_it_belongs_in_each_language():
    organisation(name=Text(en="Najm", ar="نجم"))
    content = asking(en="How is {organisation}?", ar="كيف {organisation}؟")

    texts = proposed(content, "sms")

    assert (texts["en"]["body"], texts["ar"]["body"]) == ("How is Najm?", "كيف نجم؟")


@pytest.mark.parametrize("content", [asking(), Content((rows.WHY,))], ids=["scale", "open"])
@pytest.mark.parametrize("medium", ["email", "sms"])
def test_it_can_be_sent_as_it_is(content, medium):
    assert letters.problems(proposed(content, medium), medium) == []


def test_signs_of_a_question_stay_as_they_are():
    assert r"How are \*we\*\?" in proposed(asking(), "email")["en"]["body"]
