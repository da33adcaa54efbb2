"""What a population asks of its members: conditions that all hold, each met by any of its values.

Kept as JSON: `{"field": "segment", "is": "one_of", "values": ["enterprise", ""]}`, where "" is for none; numbers of
metrics stand in the metric's unit (25 of % is 25 %): `{"field": "metric.tickets", "is": "at_least", "values": ["5"],
"window": "90d"}`. Without a window it is the metric's own.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from accounts.attributes import KEY, NO, PREFIX, YES, is_declared

WORDS = (
    "segment",
    "tier",
    "region",
    "industry",
    "country",
    "acquired_channel",
    "acquired_campaign",
    "plan",
    "tag",
)
IDS = ("owner", "team", "parent")
OF_ACCOUNTS = ("stage", *WORDS, *IDS, "internal")
OF_CONTACTS = ("role", "language", "left")
# These people and nobody else, by their ids: a list that was made once.
PEOPLE = "contact"
YES_OR_NO = ("internal", "left")
# Values of metrics belong to another room, which says whether there is such a one.
METRIC = "metric."
ONE_OF, AT_LEAST, AT_MOST, NO_VALUE = "one_of", "at_least", "at_most", "no_value"
OF_NUMBERS = (AT_LEAST, AT_MOST, NO_VALUE)
MOST_CONDITIONS, MOST_VALUES, LONGEST_VALUE, LONGEST_WINDOW = 30, 200, 200, 40
MOST_PEOPLE = 20_000

FIELD_OF_METRIC = re.compile(f"{re.escape(METRIC)}[a-z][a-z0-9_]{{0,49}}")
FIELD_OF_ATTRIBUTE = re.compile(re.escape(PREFIX) + KEY)
ID = re.compile("[0-9]{1,18}")


class NotUnderstood(ValueError):
    """What was given is no list of conditions; the message is for whoever gave it. `place`: of the one in the list that
    it is about."""

    place: int | None = None


@contextmanager
def at(place: int) -> Iterator[None]:
    try:
        yield
    except NotUnderstood as error:
        error.place = place
        raise


@dataclass(frozen=True)
class Condition:
    """`is_` is one of the words above; a number is kept as it was written, exact."""

    field: str
    is_: str
    values: tuple[str, ...] = ()
    window: str = ""

    @property
    def is_of_metric(self) -> bool:
        return self.field.startswith(METRIC)

    @property
    def metric(self) -> str:
        return self.field.removeprefix(METRIC)

    @property
    def is_of_contact(self) -> bool:
        """Of the contacts themselves, as against their accounts."""
        return self.field in (*OF_CONTACTS, PEOPLE)

    @property
    def number(self) -> Decimal:
        return Decimal(self.values[0])

    def as_json(self) -> dict[str, Any]:
        window = {"window": self.window} if self.window else {}
        return {"field": self.field, "is": self.is_, "values": list(self.values)} | window


def one_of(field: str, values: Iterable[str]) -> Condition:
    return Condition(field, ONE_OF, tuple(values))


def read(given: Any, *, of_contacts: bool) -> tuple[Condition, ...]:
    """Raises `NotUnderstood`."""
    if not isinstance(given, list) or len(given) > MOST_CONDITIONS:
        raise NotUnderstood(
            _("Give a list of conditions, at most %(most)s of them.") % {"most": MOST_CONDITIONS}
        )
    conditions: list[Condition] = []
    for place, one in enumerate(given):
        with at(place):
            condition = _condition(one, of_contacts)
            if not condition.is_of_metric and any(condition.field == other.field for other in conditions):
                raise NotUnderstood(
                    _("“%(field)s” is asked twice. Ask once, and list all of its values.")
                    % {"field": condition.field}
                )
            conditions.append(condition)
    return tuple(conditions)


def _condition(given: Any, of_contacts: bool) -> Condition:
    if not isinstance(given, dict) or not {"field", "is"} <= set(given) <= {
        "field",
        "is",
        "values",
        "window",
    }:
        raise NotUnderstood(_("A condition has a field, an is, values and, of a metric, a window."))
    field, is_, values, window = given["field"], given["is"], given.get("values", []), given.get("window", "")
    if not isinstance(field, str) or not _is_known(field, of_contacts):
        known = [
            *((*OF_CONTACTS, PEOPLE) if of_contacts else ()),
            *OF_ACCOUNTS,
            f"{PREFIX}<key>",
            f"{METRIC}<key>",
        ]
        raise NotUnderstood(
            _("There is no field “%(field)s”. Use one of: %(known)s.")
            % {"field": field, "known": ", ".join(known)}
        )
    most = MOST_PEOPLE if field == PEOPLE else MOST_VALUES
    if not _are_texts(values, most) or not isinstance(window, str) or len(window) > LONGEST_WINDOW:
        raise NotUnderstood(
            _("The values of “%(field)s” are texts, at most %(most)s of them.")
            % {"field": field, "most": most}
        )
    condition = Condition(field, is_, tuple(dict.fromkeys(values)), window)
    (_check_number if condition.is_of_metric else _check_words)(condition)
    return condition


def _is_known(field: str, of_contacts: bool) -> bool:
    plain = (*OF_ACCOUNTS, *OF_CONTACTS, PEOPLE) if of_contacts else OF_ACCOUNTS
    declared = FIELD_OF_ATTRIBUTE.fullmatch(field) if is_declared(field) else FIELD_OF_METRIC.fullmatch(field)
    return field in plain or bool(declared)


def _are_texts(values: Any, most: int) -> bool:
    return (
        isinstance(values, list)
        and len(values) <= most
        and all(isinstance(v, str) and len(v) <= LONGEST_VALUE and "\0" not in v for v in values)
    )


def _check_words(condition: Condition) -> None:
    field, values = condition.field, condition.values
    if condition.is_ != ONE_OF or not values or condition.window:
        raise NotUnderstood(
            _("“%(field)s” is one_of, with at least one value and no window.") % {"field": field}
        )
    may_be_empty = field != PEOPLE
    if field in (*IDS, PEOPLE) and not all(
        ID.fullmatch(value) or (may_be_empty and not value) for value in values
    ):
        raise NotUnderstood(_("The values of “%(field)s” are ids, which are numbers.") % {"field": field})
    if field in YES_OR_NO and not set(values) <= {YES, NO}:
        raise NotUnderstood(_("“%(field)s” is true or false.") % {"field": field})


def _check_number(condition: Condition) -> None:
    if condition.is_ not in OF_NUMBERS or len(condition.values) != (condition.is_ != NO_VALUE):
        raise NotUnderstood(
            _("“%(field)s” is at_least or at_most one number, or no_value without any.")
            % {"field": condition.field}
        )
    if condition.values and not _is_number(condition.values[0]):
        raise NotUnderstood(_("“%(value)s” is no number.") % {"value": condition.values[0]})


def _is_number(text: str) -> bool:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    return text.isascii() and number.is_finite() and abs(number) < 10**15
