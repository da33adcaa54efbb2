from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.attributes import LONGEST_TAG, MOST_TAGS, tags_in
from accounts.countries import known_countries
from accounts.money import known_currencies
from accounts.texts import Text


def is_currency(code: str) -> None:
    if code not in known_currencies():
        raise ValidationError(_("This is no currency. Give a code such as SAR."))


def is_country(code: str) -> None:
    if code not in known_countries():
        raise ValidationError(_("This is no country. Give its two letters, as in SA."))


def is_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("This is no time zone. Give a name such as Asia/Riyadh."))


class LocalizedField(models.JSONField):
    """A text in several languages, kept as JSON by language code and read as a `Text`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", Text)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Text:
        return Text(super().from_db_value(value, expression, connection) or {})

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and not value.lstrip().startswith("{"):
            return Text(en=value)
        value = super().to_python(value)
        return Text(value) if isinstance(value, dict) else value

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        known = {code for code, _name in settings.LANGUAGES}
        if (
            not isinstance(value, dict)
            or not set(value) <= known
            or not all(isinstance(t, str) for t in value.values())
        ):
            raise ValidationError(_("Give one text for each language, by its code (en, ar)."))


class MoneyField(models.DecimalField):
    """An amount in the currency that stands beside it, with four decimals: enough for every minor unit."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 19)
        kwargs.setdefault("decimal_places", 4)
        super().__init__(*args, **kwargs)


class CurrencyField(models.CharField):
    """An ISO 4217 code in capitals."""

    default_validators = [is_currency]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 3)
        super().__init__(*args, **kwargs)


class TagsInput(forms.CharField):
    """Written in one line, with semicolons of either script between them."""

    def prepare_value(self, value: Any) -> Any:
        return "; ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return tags_in(value or "")

    def validate(self, value: Any) -> None:
        super().validate(value)
        if len(value) > MOST_TAGS:
            raise ValidationError(_("There are at most %(limit)s tags."), params={"limit": MOST_TAGS})
        if any(len(tag) > LONGEST_TAG for tag in value):
            raise ValidationError(_("A tag has at most %(limit)s characters."), params={"limit": LONGEST_TAG})

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(list(initial or []) != self.to_python(data))


class TagsField(ArrayField):
    """In the spelling of the tag (accounts.models.tags), in order, each once: triggers see to it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("base_field", models.CharField(max_length=LONGEST_TAG))
        kwargs.setdefault("default", list)
        kwargs.setdefault("db_default", [])
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def formfield(self, **kwargs: Any) -> Any:
        help_text = _("Separated by semicolons. A new tag is made by writing it.")
        given: dict[str, Any] = {"form_class": TagsInput, "help_text": help_text} | kwargs
        return models.Field.formfield(self, **given)
