"""How people write what a field takes: digits of both scripts, days from a calendar, a text for each language."""

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from accounts.fields import CurrencyField, LocalizedField
from accounts.imports import columns as cells
from accounts.imports.columns import Conventions, Refused
from accounts.texts import Text

# Codes, addresses and numbers are written from the left in every language.
LEFT_TO_RIGHT = {"dir": "ltr", "autocomplete": "off"}
NUMERIC = {**LEFT_TO_RIGHT, "class": "vNumber", "inputmode": "decimal"}


def read(parse: Callable[[str, Conventions], Any], value: Any, says: Any = None) -> Any:
    """A typed text as the parser of imports reads it, in the reader's zone; what is no text is a value already."""
    if not isinstance(value, str):
        return value
    try:
        zone = ZoneInfo(timezone.get_current_timezone_name())
        return parse(value.strip(), Conventions(zone=zone)) if value.strip() else None
    except Refused as refused:
        raise ValidationError(says or str(refused), code="invalid") from None


class NumberInput(forms.DecimalField):
    widget = forms.TextInput(attrs=NUMERIC)

    def to_python(self, value: Any) -> Any:
        says = _("Write the number with digits and at most one point, as in 1234.5.")
        return super().to_python(read(cells.number, value, says))

    def prepare_value(self, value: Any) -> Any:
        return f"{value.normalize():f}" if isinstance(value, Decimal) else value


class WholeNumberInput(forms.IntegerField):
    widget = forms.TextInput(attrs={**NUMERIC, "inputmode": "numeric"})

    def to_python(self, value: Any) -> int | None:
        says = _("Write a whole number with digits alone, as in 1234.")
        return super().to_python(read(cells.number, value, says))


class DayInput(forms.DateField):
    widget = forms.DateInput(attrs={"type": "date", "class": "vDay"}, format="%Y-%m-%d")

    def to_python(self, value: Any) -> date | None:
        return super().to_python(read(cells.day, value, _("Give the day as 2026-03-31.")))


class MomentInput(forms.DateTimeField):
    """In the reader's time zone."""

    widget = forms.DateTimeInput(
        attrs={"type": "datetime-local", "step": "1", "class": "vMoment"}, format="%Y-%m-%dT%H:%M:%S"
    )

    def to_python(self, value: Any) -> datetime | None:
        if not isinstance(value, str):
            return super().to_python(value)
        return read(
            cells.moment, value, _("Give the time as 2026-03-31 14:30; it must be one that the clock showed.")
        )


class TimeInput(forms.TimeField):
    def to_python(self, value: Any) -> time | None:
        return super().to_python(cells.with_latin_digits(value) if isinstance(value, str) else value)


class MonthInput(forms.DateField):
    widget = forms.DateInput(
        attrs={**LEFT_TO_RIGHT, "class": "vDay", "placeholder": "2026-03"}, format="%Y-%m"
    )

    def to_python(self, value: Any) -> date | None:
        return super().to_python(read(cells.month, value, _("Give the month as 2026-03, or its first day.")))


class CodeInput(forms.CharField):
    """`parse` is the parser of imports for this kind of code."""

    def __init__(self, *, parse: Callable[[str, Conventions], Any], **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "widget": forms.TextInput(attrs={**LEFT_TO_RIGHT, "class": "vCode"})})
        self.parse = parse

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return read(self.parse, text) if text else text


def currency_input(**kwargs: Any) -> CodeInput:
    return CodeInput(parse=cells.currency, **kwargs)


def country_input(**kwargs: Any) -> CodeInput:
    return CodeInput(parse=cells.country, **kwargs)


@cache
def _zones() -> tuple[tuple[str, str], ...]:
    return (("", "—"), *((name, name) for name in sorted(available_timezones())))


class ZoneInput(forms.ChoiceField):
    def __init__(self, *, max_length: int | None = None, empty_value: Any = None, **kwargs: Any) -> None:
        del max_length, empty_value
        kwargs["widget"] = forms.Select(attrs={"dir": "ltr"})
        super().__init__(choices=_zones, **kwargs)


class LocalizedWidget(forms.MultiWidget):
    """One line for each language, written in its direction."""

    template_name = "admin/accounts/localized.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        from django.utils.translation import get_language_info

        lines: dict[str, Any] = {}
        for code, _name in settings.LANGUAGES:
            info = get_language_info(code)
            lines[code] = forms.TextInput(
                attrs={
                    "lang": code,
                    "dir": "rtl" if info["bidi"] else "ltr",
                    "placeholder": info["name_local"],
                    "aria-label": info["name_local"],
                    "class": "vTextField",
                }
            )
        super().__init__(lines, attrs)

    def decompress(self, value: Any) -> list[str]:
        texts = value if isinstance(value, dict) else {}
        return [texts.get(code, "") for code, _name in settings.LANGUAGES]


class LocalizedInput(forms.MultiValueField):
    widget = LocalizedWidget

    def __init__(self, *, encoder: Any = None, decoder: Any = None, **kwargs: Any) -> None:
        del encoder, decoder
        parts = [forms.CharField(required=False, max_length=1000) for _language in settings.LANGUAGES]
        super().__init__(fields=parts, require_all_fields=False, **{**kwargs, "widget": self.widget})

    def compress(self, given: list[str]) -> Text:
        codes = [code for code, _name in settings.LANGUAGES]
        return Text({code: text for code, text in zip(codes, given, strict=False) if text})


class WeekdaysInput(forms.TypedMultipleChoiceField):
    """From 1 (Monday) to 7 (Sunday)."""

    def __init__(self, *, base_field: Any = None, max_length: Any = None, **kwargs: Any) -> None:
        del base_field, max_length
        kwargs |= {"coerce": int, "widget": forms.CheckboxSelectMultiple, "required": False}
        super().__init__(choices=[(number + 1, name) for number, name in WEEKDAYS.items()], **kwargs)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return sorted(map(str, initial or [])) != sorted(map(str, data or []))


class DaysInput(forms.CharField):
    def __init__(self, *, base_field: Any = None, max_length: Any = None, **kwargs: Any) -> None:
        del base_field, max_length
        kwargs |= {"widget": forms.Textarea(attrs={**LEFT_TO_RIGHT, "rows": 6, "class": "vDays"})}
        super().__init__(
            **{**kwargs, "help_text": kwargs.get("help_text") or _("One day on each line, as in 2026-03-31.")}
        )

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(day.isoformat() for day in value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[date]:
        text = super().clean(value)
        return read(cells.days, text, _("Give each day as 2026-03-31.")) or []

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (self.prepare_value(initial) or "").split() != (data or "").split()


class Chooser(AutocompleteSelect):
    """Names what is chosen from the row that was read with the form's own, where it was: no query for each line."""

    chosen: models.Model | None = None

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        value = [one for one in value if self._may_be(one)]
        if self.chosen is None or value != [str(self.chosen.pk)]:
            return super().optgroups(name, value, attr)
        label = self.choices.field.label_from_instance(self.chosen)
        empty = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        return [(None, [*empty, self.create_option(name, self.chosen.pk, label, True, 1)], 0)]

    def _may_be(self, text: Any) -> bool:
        """Nobody has to send one of the choices: the form says so, and the database is not asked for what it is not."""
        try:
            self.field.target_field.to_python(text)
        except ValidationError:
            return False
        return True


# By the class of the model's field.
INPUTS: dict[Any, dict[str, Any]] = {
    models.DecimalField: {"form_class": NumberInput, "widget": NumberInput.widget},
    models.IntegerField: {"form_class": WholeNumberInput, "widget": WholeNumberInput.widget},
    models.DateField: {"form_class": DayInput, "widget": DayInput.widget},
    models.DateTimeField: {"form_class": MomentInput, "widget": MomentInput.widget},
    models.TimeField: {"widget": forms.TimeInput(attrs={"type": "time", "class": "vClock"}, format="%H:%M")},
    models.URLField: {
        "assume_scheme": "https",
        "widget": forms.URLInput(attrs={"dir": "ltr", "class": "vTextField"}),
    },
    models.EmailField: {"widget": forms.EmailInput(attrs={"dir": "ltr", "class": "vTextField"})},
    CurrencyField: {"form_class": currency_input},
    LocalizedField: {"form_class": LocalizedInput},
}
# By its name, where the class does not tell what it holds.
NAMED: dict[str, dict[str, Any]] = {
    "country": {"form_class": country_input},
    "time_zone": {"form_class": ZoneInput},
    "month": {"form_class": MonthInput, "widget": MonthInput.widget},
    "weekend": {"form_class": WeekdaysInput},
    "holidays": {"form_class": DaysInput},
}
CODES = {
    "source", "external_id", "reference", "number", "sku", "code", "phone", "value", "language",
    "sent_as", "object_property", "value_property", "trait", "target", "topic",
}  # fmt: skip
