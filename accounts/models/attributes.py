from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts.attributes import KEY, PREFIX, YES, is_declared, key_of
from accounts.fields import LocalizedField
from accounts.models.accounts import AccountChange
from accounts.models.rules import STAYS_WHILE_USED, Ruled
from accounts.texts import Text


class AttributeDefinitionQuerySet(models.QuerySet["AttributeDefinition"]):
    def in_use(self) -> Self:
        return self.filter(archived=False)

    def for_filters(self) -> Self:
        """By which lists and figures are filtered and split."""
        return self.in_use().filter(in_filters=True)

    def named(self, names: Iterable[str]) -> "dict[str, AttributeDefinition]":
        """Those that go by one of the names (`attribute.<key>`); without such a name nobody is asked."""
        keys = [key_of(name) for name in names if is_declared(name)]
        return {found.field: found for found in self.filter(key__in=keys)} if keys else {}


class AttributeDefinition(Ruled):
    """What else there is to know of an account. Its values are dated; the current ones stand in `Account.attributes`.

    `choices` are [{"key": "gold", "name": {"en": …, "ar": …}}] in their order; one that was taken away stays, marked
    `"removed": true`, so that what is kept of it can be read.
    """

    class Type(models.TextChoices):
        TEXT = "text", _lazy("Text")
        WHOLE = "whole", _lazy("Whole number")
        DECIMAL = "decimal", _lazy("Decimal number")
        YES_NO = "yes_no", _lazy("Yes or no")
        DAY = "day", _lazy("Day")
        CHOICE = "choice", _lazy("One of several choices")
        CHOICES = "choices", _lazy("Any of several choices")

    OF_CHOICES: ClassVar = (Type.CHOICE, Type.CHOICES)

    key = models.CharField(
        _lazy("key"),
        max_length=30,
        unique=True,
        help_text=_lazy(
            "Small letters, digits and underscores; files and programs use it. It cannot be changed later."
        ),
    )
    name = LocalizedField(_lazy("name"))
    help = LocalizedField(_lazy("help text"), blank=True)
    type = models.CharField(_lazy("type"), max_length=8, choices=Type, default=Type.TEXT)
    choices = models.JSONField(_lazy("choices"), default=list, blank=True)
    required = models.BooleanField(
        _lazy("required"), default=False, help_text=_lazy("Forms insist on a value.")
    )
    in_filters = models.BooleanField(
        _lazy("in filters and splits"),
        default=True,
        help_text=_lazy("Lists and figures are filtered and split by it."),
    )
    order = models.PositiveSmallIntegerField(_lazy("position in lists"), default=0)
    archived = models.BooleanField(
        _lazy("archived"),
        default=False,
        help_text=_lazy("No longer asked for; what is kept can still be read."),
    )

    objects = AttributeDefinitionQuerySet.as_manager()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _lazy("attribute")
        verbose_name_plural = _lazy("attributes")
        ordering = ["order", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(key__regex=f"^{KEY}$"),
                name="attributedefinition_key_is_plain",
                violation_error_code="key",
                violation_error_message=_lazy(
                    "Begin with a small letter; digits and underscores may follow."
                ),
            ),
            models.CheckConstraint(
                condition=~models.Q(type__in=["choice", "choices"]) | ~models.Q(choices=[]),
                name="attributedefinition_of_choices_has_some",
                violation_error_code="choices",
                violation_error_message=_lazy("Name at least one choice."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.name) or self.key

    def clean(self) -> None:
        if self.type in self.OF_CHOICES and not self.offered:
            raise ValidationError({"choices": _("Name at least one choice.")})
        before = AttributeDefinition.objects.filter(pk=self.pk).first()
        if before and (before.key, before.type) != (self.key, self.type) and before.is_used:
            raise ValidationError(STAYS_WHILE_USED)

    @property
    def field(self) -> str:
        """The name under which its values are dated, imported, filtered and split."""
        return f"{PREFIX}{self.key}"

    @property
    def is_used(self) -> bool:
        return AccountChange.objects.filter(field=self.field).exists()

    @property
    def has_several(self) -> bool:
        return self.type == self.Type.CHOICES

    @property
    def offered(self) -> dict[str, Text]:
        """The choices that can be made, by key."""
        return {c["key"]: Text(c["name"]) for c in self.choices if not c.get("removed")}

    def value(self, lines: list[str]) -> Any:
        """As programs know it: a text, number, truth or day, decimals exact; of several a list; None for none."""
        if self.has_several:
            return lines
        return self._read(lines[0]) if lines else None

    def words(self, lines: list[str]) -> str:
        """As people read it, in their language."""
        return _(", ").join(self._in_words(line) for line in lines)

    def _read(self, line: str) -> Any:
        match self.type:
            case self.Type.WHOLE:
                return int(line)
            case self.Type.DECIMAL:
                return Decimal(line)
            case self.Type.YES_NO:
                return line == YES
            case self.Type.DAY:
                return date.fromisoformat(line)
        return line

    def _in_words(self, line: str) -> str:
        if self.type in self.OF_CHOICES:
            names = {c["key"]: str(Text(c["name"])) for c in self.choices}
            return names.get(line) or line
        if self.type == self.Type.YES_NO:
            return _("yes") if line == YES else _("no")
        return str(localize(self._read(line)))
