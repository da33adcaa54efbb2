"""A question as whoever answers sees it."""

import re

import pytest
from django import forms
from django.template.loader import render_to_string
from django.utils.translation import override

from accounts.texts import Text
from surveys.answer_fields import field_of
from surveys.content import Kind, Option, Question
from surveys.scales import BUILT_IN
from surveys.showing import shown
from tests.surveys.drafts import SCORE

OPTIONS = (Option("price", Text(en="Price", ar="السعر"), "surveys/p.png"), Option("speed", Text(en="Speed")))


def asked(kind, **fields):
    known = {"text": Text(en="What of {organisation}?", ar="ماذا عن {organisation}؟"), "options": OPTIONS}
    return Question("q", kind, **known | {"scale": "csat"} | fields)


def drawn(question, language="en", answers=None):
    form = forms.Form(answers)
    if question.is_answered:
        form.fields[question.key] = field_of(question, BUILT_IN, language)
    with override(language):
        context = {"shown": shown(question, form, BUILT_IN, language, "Najm")}
        return render_to_string("surveys/answer/_question.html", context)


def inputs(html):
    return set(re.findall(r'<(?:input|select|textarea)[^>]* name="([^"]+)"', html))


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        *((kind, {"q"}) for kind in Kind if kind not in (Kind.RANKING, Kind.CONTACT, Kind.STATEMENT)),
        (Kind.RANKING, {"q_0", "q_1"}),
        (Kind.CONTACT, {"q_name", "q_email", "q_phone"}),
        (Kind.STATEMENT, set()),
    ],
)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_kind_has_its_inputs_and_the_name_of_who_asks(kind, names, language):
    html = drawn(asked(kind), language)

    assert inputs(html) == names
    assert {"en": "What of Najm?", "ar": "ماذا عن Najm؟"}[language] in html


@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.STATEMENT}))
def test_every_input_has_a_label(kind):
    html = drawn(asked(kind))

    ids = re.findall(r'<(?:input|select|textarea)[^>]* id="([^"]+)"', html)
    wrapped = re.findall(r"<label[^>]*>\s*<input", html)
    assert ids
    assert len(wrapped) == len(ids) or all(f'for="{one}"' in html for one in ids)


def test_of_a_long_scale_the_ends_are_said():
    html = drawn(SCORE)

    assert html.count('type="radio"') == 11
    assert (
        '<p class="ends" aria-hidden="true"><span>Not at all likely</span><span>Extremely likely</span>'
        in html
    )


@pytest.mark.parametrize("scale", ["csat", "ces", "smileys", "thumbs", "stars"])
def test_where_points_have_words_they_are_read_beneath(scale):
    html = drawn(asked(Kind.SCALE, scale=scale))

    assert html.count('class="point-label"') == len(BUILT_IN[scale].points)
    assert 'class="ends"' not in html


def test_what_is_wrong_stands_beside_and_is_read_with_the_question():
    html = drawn(asked(Kind.ONE, required=True, help=Text(en="One of them")), answers={})

    assert 'id="id_q_error"' in html
    assert 'aria-describedby="id_q_helptext id_q_error"' in html
    assert "This field is required" in html


def test_text_is_no_markup():
    assert "&lt;b&gt;" in drawn(asked(Kind.SHORT, text=Text(en="<b>What</b>?")))
    assert "<b>" not in drawn(asked(Kind.ONE, options=(Option("a", Text(en="<b>A</b>")), OPTIONS[1])))
