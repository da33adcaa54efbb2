"""What can be answered to each kind of question, what is refused, and how it is kept."""

import pytest
from django.core.exceptions import ValidationError

from accounts.texts import Text
from surveys.answer_fields import LONGEST_LINE, LONGEST_TEXT, field_of, kept
from surveys.content import ANSWERED, Kind, Option, Question
from surveys.scales import BUILT_IN

OPTIONS = tuple(
    Option(key, Text(en=english, ar=arabic))
    for key, english, arabic in [("p", "Price", "السعر"), ("s", "Speed", "السرعة"), ("h", "Help", "المساعدة")]
)


def field(kind, language="en", **fields):
    options = OPTIONS if kind in {Kind.ONE, Kind.SEVERAL, Kind.DROPDOWN, Kind.RANKING, Kind.PICTURE} else ()
    text = Text(en="Question", ar="سؤال")
    return field_of(Question("q", kind, text, options=options, **fields), BUILT_IN, language)


def answer(kind, given, **fields):
    return kept(field(kind, **fields).clean(given))


@pytest.mark.parametrize(
    ("kind", "given", "answered"),
    [
        (Kind.ONE, "s", "s"),
        (Kind.PICTURE, "p", "p"),
        (Kind.DROPDOWN, "h", "h"),
        (Kind.DROPDOWN, "", None),
        (Kind.SEVERAL, ["h", "p"], ["p", "h"]),
        (Kind.SEVERAL, ["p", "p"], ["p"]),
        (Kind.SEVERAL, [], None),
        (Kind.YES_NO, "yes", True),
        (Kind.YES_NO, "no", False),
        (Kind.YES_NO, "", None),
        (Kind.RANKING, ["2", "1", "3"], ["s", "p", "h"]),
        (Kind.RANKING, ["", "1", ""], ["s"]),
        (Kind.RANKING, ["", "", ""], None),
        (Kind.RANKING, ["٢", "١", "٣"], ["s", "p", "h"]),
        (Kind.NUMBER, "12", 12),
        (Kind.NUMBER, "١٢", 12),
        (Kind.NUMBER, "0", 0),
        (Kind.NUMBER, "-1.5", -1.5),
        (Kind.NUMBER, "3,5", 3.5),
        (Kind.NUMBER, "٣٫٥", 3.5),
        (Kind.NUMBER, "١٬٥٠٠", 1500),
        (Kind.NUMBER, " −۲ ", -2),
        (Kind.NUMBER, "", None),
        (Kind.DATE, "2028-02-29", "2028-02-29"),
        (Kind.DATE, "٢٠٢٨-٠٢-٢٩", "2028-02-29"),
        (Kind.DATE, "", None),
        (Kind.SHORT, "  نعم yes ", "نعم yes"),
        (Kind.LONG, "one\ntwo", "one\ntwo"),
        (Kind.LONG, "  ", None),
        (Kind.LONG, "x" * LONGEST_TEXT, "x" * LONGEST_TEXT),
        (Kind.CONTACT, ["سارة", "sara@najm.example", ""], {"name": "سارة", "email": "sara@najm.example"}),
        (Kind.CONTACT, ["", "", "+966 50"], {"phone": "+966 50"}),
        (Kind.CONTACT, ["", "", ""], None),
        (Kind.CONSENT, "on", True),
        (Kind.CONSENT, "", False),
    ],
)
def test_what_is_answered(kind, given, answered):
    assert answer(kind, given) == answered


@pytest.mark.parametrize(
    ("kind", "given", "code"),
    [
        (Kind.ONE, "x", "invalid_choice"),
        (Kind.DROPDOWN, "Price", "invalid_choice"),
        (Kind.SEVERAL, ["p", "x"], "invalid_choice"),
        (Kind.SEVERAL, "p", "invalid_list"),
        (Kind.YES_NO, "maybe", "invalid_choice"),
        (Kind.RANKING, ["1", "1", "2"], "same_place"),
        (Kind.RANKING, ["4", "1", "2"], "max_value"),
        (Kind.RANKING, ["0", "1", "2"], "min_value"),
        (Kind.NUMBER, "many", "invalid"),
        (Kind.NUMBER, "3,500", "invalid"),
        (Kind.NUMBER, "1,2,3", "invalid"),
        (Kind.NUMBER, "NaN", "invalid"),
        (Kind.NUMBER, "1e400", "max_digits"),
        (Kind.NUMBER, "0.1234567", "max_decimal_places"),
        (Kind.DATE, "2027-02-29", "invalid"),
        (Kind.DATE, "31/03/2026", "invalid"),
        (Kind.SHORT, "x" * (LONGEST_LINE + 1), "max_length"),
        (Kind.SHORT, "a\0b", "null_characters_not_allowed"),
        (Kind.LONG, "x" * (LONGEST_TEXT + 1), "max_length"),
        (Kind.CONTACT, ["Sara", "", ""], "unreachable"),
        (Kind.CONTACT, ["Sara", "sara", ""], "invalid"),
    ],
)
def test_what_is_refused(kind, given, code):
    with pytest.raises(ValidationError) as refused:
        answer(kind, given)

    assert [error.code for error in refused.value.error_list] == [code]


@pytest.mark.parametrize("kind", sorted(ANSWERED))
def test_what_must_be_answered(kind):
    nothing = {Kind.SEVERAL: [], Kind.RANKING: ["", "", ""], Kind.CONTACT: ["", "", ""]}.get(kind, "")
    scale = "csat" if kind == Kind.SCALE else ""

    assert not answer(kind, nothing, scale=scale)
    with pytest.raises(ValidationError) as refused:
        answer(kind, nothing, scale=scale, required=True)
    assert refused.value.code == "required"


@pytest.mark.parametrize("scale", BUILT_IN.values(), ids=BUILT_IN)
def test_every_point_of_a_scale_and_no_other(scale):
    values = [point.value for point in scale.points]

    assert [answer(Kind.SCALE, str(value), scale=scale.key) for value in values] == values
    for outside in (scale.least - 1, scale.most + 1, "", "x", "1.5"):
        if outside == "":
            assert answer(Kind.SCALE, outside, scale=scale.key) is None
        else:
            with pytest.raises(ValidationError):
                answer(Kind.SCALE, str(outside), scale=scale.key)


def test_few_and_many():
    bounds = {"least": 2, "most": 2}

    assert answer(Kind.SEVERAL, ["p", "s"], **bounds) == ["p", "s"]
    assert answer(Kind.SEVERAL, [], **bounds) is None
    for given, code in ((["p"], "too_few"), (["p", "s", "h"], "too_many")):
        with pytest.raises(ValidationError) as refused:
            answer(Kind.SEVERAL, given, **bounds)
        assert refused.value.code == code


def test_numbers_within_bounds():
    bounds = {"least": 1, "most": 5}

    assert [answer(Kind.NUMBER, given, **bounds) for given in ("1", "5")] == [1, 5]
    for given in ("0", "6"):
        with pytest.raises(ValidationError):
            answer(Kind.NUMBER, given, **bounds)


def test_labels_are_those_of_the_language():
    assert field(Kind.ONE, "ar").choices == [("p", "السعر"), ("s", "السرعة"), ("h", "المساعدة")]
    assert field(Kind.SCALE, "ar", scale="ces5").choices[0] == ("1", "صعب جدًا")
    assert field(Kind.SCALE, "en", scale="nps").choices[:2] == [("0", "Not at all likely"), ("1", "1")]
    assert field(Kind.SHORT, "ar").label == "سؤال"


def test_another_language_than_asked_for_is_better_than_none():
    question = Question(
        "q", Kind.ONE, Text(ar="سؤال"), options=(Option("p", Text(ar="السعر")), Option("z", Text()))
    )

    made = field_of(question, BUILT_IN, "en")

    assert made.label == "سؤال"
    assert made.choices == [("p", "السعر"), ("z", "z")]
