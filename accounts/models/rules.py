"""What the database refuses, in words and beside the field that it is about.

A constraint says both itself: `violation_error_message` and, in `violation_error_code`, the name of the field. Forms,
imports and the API read them here, so that all of them say the same.
"""

from collections.abc import Collection, Sequence
from typing import Any

from django.apps import apps
from django.contrib.postgres.constraints import ExclusionConstraint
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

NAMED = _("Give a name or an e-mail address.")
NOT_BELOW_ZERO = _("This must not be below zero.")
ABOVE_ZERO = _("This must be above zero.")
BEFORE_OPENING = _("This lies before the opening of the ticket. Enter the opening first, or correct it.")
STAYS_WHILE_USED = _(
    "Accounts have values of this attribute: its key and its type stay. Archive it and define another."
)
MERGED_ALREADY = _("An account that is merged into another one already cannot be merged again.")
PERSON_MERGED_ALREADY = _("A contact who is merged into another one already cannot be merged again.")
OF_ONE_ACCOUNT = _("Contacts of two accounts are not merged. Merge the accounts first, if these are one.")
IN_A_CIRCLE = _("Parents would stand in a circle: the parent is below this account itself.")
ERASED = _(
    "A person with this address was erased. If they came back of their own, an administrator can let the address in"
    " again."
)
INCLUDED_ALREADY = _("The plan includes this feature on some of these days already.")
STAYS_EMPTY = _("This person was erased. The row stays empty; enter somebody else as a row of their own.")

# What triggers hold, which no model can declare: constraint -> (field, words).
HELD_BY_TRIGGERS: dict[str, tuple[str, Any]] = {
    "ticketevent_not_before_opening": ("happened_at", BEFORE_OPENING),
    "attributedefinition_stays_while_used": ("type", STAYS_WHILE_USED),
    "account_merged_into_the_last_survivor": ("merged_into", MERGED_ALREADY),
    "account_parents_in_no_circle": ("parent", IN_A_CIRCLE),
    "contact_merged_into_the_last_survivor": ("merged_into", PERSON_MERGED_ALREADY),
    "erased_person_stays_away": ("email", ERASED),
    # No trigger, but an index for those who write it again: the rule about periods says the same and more.
    "planfeature_once": ("starts", INCLUDED_ALREADY),
}


def reasons() -> dict[str, tuple[str, Any]]:
    """Of every constraint of this room: the field, and what it says."""
    declared: dict[str, tuple[str, Any]] = {
        rule.name: (str(rule.violation_error_code), rule.violation_error_message)
        for model in apps.get_app_config("accounts").get_models()
        for rule in model._meta.constraints
    }
    return declared | HELD_BY_TRIGGERS


class Ruled(models.Model):
    """Its constraints speak beside their fields."""

    class Meta:
        abstract = True

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Django passes over those that are about an excluded field."""
        try:
            super().validate_constraints(exclude)
        except ValidationError as refused:
            raise ValidationError(self._beside_fields(refused)) from None

    def get_constraints(self) -> list[tuple[type[models.Model], Sequence[models.BaseConstraint]]]:
        """Of what ends before it starts the database makes no range that it could compare with others."""
        found = super().get_constraints()
        starts, ends = getattr(self, "starts", None), getattr(self, "ends", None)
        if not starts or not ends or starts <= ends:
            return found
        return [
            (model, [rule for rule in rules if not isinstance(rule, ExclusionConstraint)])
            for model, rules in found
        ]

    def _beside_fields(self, refused: ValidationError) -> dict[str, list[ValidationError]]:
        fields = {field.name for field in self._meta.concrete_fields}
        placed: dict[str, list[ValidationError]] = {}
        for name, errors in refused.error_dict.items():
            for error in errors:
                about = str(error.code) if name == NON_FIELD_ERRORS and error.code in fields else name
                # Without a code: a form would put its own words in place of those that it knows by code.
                placed.setdefault(about, []).append(ValidationError(error.message, params=error.params))
        return placed


def ends_after_start(model: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=models.Q(ends=None) | models.Q(ends__gt=models.F("starts")),
        name=f"{model}_ends_after_its_start",
        violation_error_code="ends",
        violation_error_message=_("The end must come after the start."),
    )


def currency_is_a_code(model: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=models.Q(currency__regex=r"^[A-Z]{3}$"),
        name=f"{model}_currency_is_a_code",
        violation_error_code="currency",
        violation_error_message=_("This is no currency. Give a code such as SAR."),
    )


def not_below_zero(model: str, name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=models.Q(**{name: None}) | models.Q(**{f"{name}__gte": 0}),
        name=f"{model}_{name}_not_negative",
        violation_error_code=name,
        violation_error_message=NOT_BELOW_ZERO,
    )
