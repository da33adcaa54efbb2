"""A list of choices is drawn as Django draws it, only faster."""

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates, get_default_renderer
from django.test.html import parse_html

CHOICES = [
    ("", "—"),
    (1, "One & <two>"),
    ("Group's", [("a", "A"), ("b", "ب")]),
    (None, "Nothing"),
    ("last", "Last"),
]


class Disabling(forms.Select):
    """With attributes of its options."""

    def create_option(self, *args, **options):
        option = super().create_option(*args, **options)
        return option | {
            "attrs": option["attrs"] | {"data-n": 1, "disabled": args[1] == "a", "hidden": False}
        }


@pytest.mark.parametrize("kind", [forms.Select, forms.SelectMultiple, forms.NullBooleanSelect, Disabling])
@pytest.mark.parametrize("value", ["", 1, "b", ["a", "last"], None])
@pytest.mark.parametrize("attrs", [{}, {"class": 'a "b"', "required": True, "autofocus": False}])
def test_list_of_choices_is_djangos(kind, value, attrs):
    if kind is forms.NullBooleanSelect and isinstance(value, list):
        pytest.skip("It is asked for one value.")
    widget = kind() if kind is forms.NullBooleanSelect else kind(choices=CHOICES)

    ours = widget.render("size", value, attrs, renderer=get_default_renderer())

    assert parse_html(ours) == parse_html(widget.render("size", value, attrs, renderer=DjangoTemplates()))
