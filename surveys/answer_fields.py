"""A question as a field of a form: what can be answered, what is wrong with an answer, and how it is kept.

An answer is kept as JSON: the value of a scale, the key of an option or a list of them, true or false, a number, a day
as 2026-03-31, a text, or {"name", "email", "phone"}. What somebody wrote in place of an option is {"other": …}.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.imports.columns import with_latin_digits
from accounts.texts import Text
from surveys.content import OTHER, Kind, Question
from surveys.scales import Scale

LONGEST_LINE, LONGEST_TEXT, LONGEST_PHONE = 300, 10_000, 40
YES, NO = "yes", "no"
# Of decimals: neither three digits nor a second comma follow.
COMMA = re.compile(r"^([-+]?\d+),(\d{1,2}|\d{4,})$")
Choices = list[tuple[str, Any]]


def field_of(question: Question, scales: Mapping[str, Scale], language: str) -> forms.Field:
    """Of one that takes an answer."""
    field = _FIELDS[question.kind](question, scales, language)
    field.label, field.help_text = question.text.in_language(language), question.help.in_language(language)
    return field


def fields_of(question: Question, scales: Mapping[str, Scale], language: str) -> dict[str, forms.Field]:
    """By name: with one for own words where they may stand in place of an option."""
    fields = {question.key: field_of(question, scales, language)}
    if question.has_other:
        label = _("Other: please say what")
        fields[words_of(question.key)] = forms.CharField(
            label=label, max_length=LONGEST_LINE, required=False, widget=forms.TextInput({"dir": "auto"})
        )
    return fields


def words_of(key: str) -> str:
    """The name of the field of own words; no question has such a key."""
    return f"_other_{key}"


def with_words(chosen: Any, words: str) -> Any:
    """What was chosen with what was written, if it stands for something."""
    if isinstance(chosen, list):
        return [with_words(one, words) for one in chosen]
    return {"other": words} if chosen == OTHER else chosen


def kept(cleaned: Any) -> Any:
    """Of what the field gives; None: nothing was answered."""
    if cleaned in (None, "", [], {}):
        return None
    match cleaned:
        case date():
            return cleaned.isoformat()
        case Decimal():
            return int(cleaned) if cleaned == cleaned.to_integral_value() else float(cleaned)
    return cleaned


def _said(text: Text, language: str, otherwise: str) -> str:
    return text.in_language(language) or otherwise


def _of_scale(question: Question, scales: Mapping[str, Scale], language: str) -> forms.Field:
    points = scales[question.scale].points
    choices = [(str(point.value), _said(point.label, language, str(point.value))) for point in points]
    return _one(question, choices, forms.RadioSelect(), int)


def _one(
    question: Question, choices: Choices, widget: forms.Widget, read: Callable[[str], Any]
) -> forms.Field:
    return forms.TypedChoiceField(
        choices=choices, coerce=read, empty_value=None, widget=widget, required=question.required
    )


def _options(question: Question, language: str) -> Choices:
    choices: Choices = [(option.key, _said(option.text, language, option.key)) for option in question.options]
    return [*choices, (OTHER, _("Other"))] if question.has_other else choices


def _of_option(question: Question, _scales: Mapping[str, Scale], language: str) -> forms.Field:
    return _one(question, _options(question, language), forms.RadioSelect(), str)


def _of_list(question: Question, _scales: Mapping[str, Scale], language: str) -> forms.Field:
    return _one(question, [("", "—"), *_options(question, language)], forms.Select(), str)


def _of_yes_no(question: Question, _scales: Mapping[str, Scale], _language: str) -> forms.Field:
    return _one(question, [(YES, _("Yes")), (NO, _("No"))], forms.RadioSelect(), YES.__eq__)


class SeveralField(forms.MultipleChoiceField):
    """In the order of the options. `least` and `most`: of those who answer."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, *, options: Choices, least: int | None, most: int | None, required: bool) -> None:
        super().__init__(choices=options, required=required)
        self.keys, self.least, self.most = [key for key, _label in options], least, most

    def clean(self, value: Any) -> list[str]:
        given = set(super().clean(value))
        if given and self.least is not None and len(given) < self.least:
            raise ValidationError(_("Choose at least %(least)s.") % {"least": self.least}, code="too_few")
        if self.most is not None and len(given) > self.most:
            raise ValidationError(_("Choose at most %(most)s.") % {"most": self.most}, code="too_many")
        return [key for key in self.keys if key in given]


def _of_several(question: Question, _scales: Mapping[str, Scale], language: str) -> forms.Field:
    return SeveralField(
        options=_options(question, language),
        least=question.least,
        most=question.most,
        required=question.required,
    )


class PlacesWidget(forms.MultiWidget):
    """A place for each option; without a script, too."""

    def __init__(self, count: int) -> None:
        places = [("", "—"), *((str(place), str(place)) for place in range(1, count + 1))]
        super().__init__([forms.Select(choices=places) for _option in range(count)])

    def decompress(self, value: Any) -> list[Any]:
        return value or []


class RankingField(forms.MultiValueField):
    """Keys of options, the first one first. Of options without a place nothing is said."""

    def __init__(self, *, options: Choices, required: bool) -> None:
        places = [
            forms.IntegerField(min_value=1, max_value=len(options), required=False) for _option in options
        ]
        self.keys = [key for key, _label in options]
        super().__init__(
            places, widget=PlacesWidget(len(options)), required=required, require_all_fields=False
        )

    def compress(self, places: list[int | None]) -> list[str]:
        placed = [(place, key) for place, key in zip(places, self.keys, strict=False) if place]
        if len({place for place, _key in placed}) < len(placed):
            raise ValidationError(_("Give each a place of its own."), code="same_place")
        return [key for _place, key in sorted(placed)]


def _of_ranking(question: Question, _scales: Mapping[str, Scale], language: str) -> forms.Field:
    return RankingField(options=_options(question, language), required=question.required)


class NumberField(forms.DecimalField):
    """In any digits, which a browser's own field of numbers would not take; 3,5 is 3.5, and 3,500 may be either."""

    widget: Any = forms.TextInput({"dir": "ltr", "autocomplete": "off"})

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        if isinstance(value, str):
            plain = with_latin_digits(value.strip()).replace("٬", "").replace("٫", ".")
            value = COMMA.sub(r"\1.\2", plain)
        return super().to_python(value)


def _of_number(question: Question, _scales: Mapping[str, Scale], _language: str) -> forms.Field:
    """As many digits as JSON's readers keep."""
    return NumberField(
        min_value=question.least,
        max_value=question.most,
        max_digits=15,
        decimal_places=6,
        required=question.required,
    )


class DayField(forms.DateField):
    """In any digits; browsers write Latin ones by themselves."""

    widget = forms.DateInput({"type": "date"})
    input_formats = ["%Y-%m-%d"]

    def to_python(self, value: Any) -> date | None:
        return super().to_python(with_latin_digits(value) if isinstance(value, str) else value)


def _of_day(question: Question, _scales: Mapping[str, Scale], _language: str) -> forms.Field:
    return DayField(required=question.required)


def _of_line(question: Question, _scales: Mapping[str, Scale], _language: str) -> forms.Field:
    return forms.CharField(max_length=LONGEST_LINE, required=question.required)


def _of_text(question: Question, _scales: Mapping[str, Scale], _language: str) -> forms.Field:
    return forms.CharField(
        max_length=LONGEST_TEXT, widget=forms.Textarea({"rows": 5}), required=question.required
    )


class ContactWidget(forms.MultiWidget):
    PARTS = ("name", "email", "phone")

    def __init__(self) -> None:
        super().__init__({"name": forms.TextInput(), "email": forms.EmailInput(), "phone": forms.TextInput()})

    def decompress(self, value: Any) -> list[str]:
        return [(value or {}).get(part, "") for part in self.PARTS]


class ContactField(forms.MultiValueField):
    """How somebody can be reached: by an address, a number, or both."""

    widget = ContactWidget

    def __init__(self, *, required: bool) -> None:
        parts = (
            forms.CharField(max_length=LONGEST_LINE, required=False),
            forms.EmailField(required=False),
            forms.CharField(max_length=LONGEST_PHONE, required=False),
        )
        super().__init__(parts, required=required, require_all_fields=False)

    def compress(self, parts: list[str]) -> dict[str, str]:
        given = {name: part for name, part in zip(ContactWidget.PARTS, parts, strict=False) if part}
        if given and not given.keys() & {"email", "phone"}:
            raise ValidationError(_("Give an address or a number."), code="unreachable")
        return given


def _of_contact(question: Question, _scales: Mapping[str, Scale], _language: str) -> forms.Field:
    return ContactField(required=question.required)


def _of_consent(question: Question, _scales: Mapping[str, Scale], _language: str) -> forms.Field:
    return forms.BooleanField(required=question.required)


_FIELDS: dict[str, Callable[[Question, Mapping[str, Scale], str], forms.Field]] = {
    Kind.SCALE: _of_scale,
    Kind.ONE: _of_option,
    Kind.PICTURE: _of_option,
    Kind.DROPDOWN: _of_list,
    Kind.SEVERAL: _of_several,
    Kind.RANKING: _of_ranking,
    Kind.YES_NO: _of_yes_no,
    Kind.NUMBER: _of_number,
    Kind.DATE: _of_day,
    Kind.SHORT: _of_line,
    Kind.LONG: _of_text,
    Kind.CONTACT: _of_contact,
    Kind.CONSENT: _of_consent,
}
