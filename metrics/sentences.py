"""What a population asks of its members, as a sentence in the reader's language."""

from collections.abc import Iterable
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from accounts import memberships
from accounts.attributes import YES
from accounts.conditions import AT_LEAST, AT_MOST, METRIC, PEOPLE, YES_OR_NO, Condition
from accounts.models import Contact, Population, User
from metrics import catalogue
from metrics.definitions import Metric, Unit
from metrics.questions import name_of, names_of

PATTERNS = {
    AT_LEAST: _lazy("%(name)s is at least %(number)s"),
    AT_MOST: _lazy("%(name)s is at most %(number)s"),
}
WHYS = {
    memberships.FIRST: _lazy("in it from the first"),
    memberships.EDITED: _lazy("the population was changed"),
    memberships.NEW: _lazy("new here"),
    memberships.MERGED: _lazy("merged into another one"),
    memberships.ARCHIVED: _lazy("the population was archived"),
}
OTHERS = {
    "internal": _lazy("test or internal"),
    "role": _lazy("role"),
    "language": _lazy("language"),
    "left": _lazy("has left"),
    PEOPLE: _lazy("on the list"),
}


class Words:
    """Of any number of populations; the names of their values are looked up once for each field."""

    def __init__(self, populations: Iterable[Population], reader: User, currency: str) -> None:
        self.currency = currency
        values: dict[str, set[str]] = {}
        for condition in (condition for population in populations for condition in population.asked):
            if not condition.is_of_metric and condition.field != PEOPLE:
                values.setdefault(condition.field, set()).update(condition.values)
        self.names = {field: value_names(field, found, reader) for field, found in values.items()}

    def sentence(self, population: Population) -> str:
        is_of_accounts = population.kind == Population.Kind.ACCOUNTS
        conditions = _(", and ").join(self.condition(condition) for condition in population.asked)
        if not conditions:
            return _("All accounts.") if is_of_accounts else _("All contacts.")
        pattern = (
            _("Accounts where %(conditions)s.") if is_of_accounts else _("Contacts where %(conditions)s.")
        )
        return pattern % {"conditions": conditions}

    def condition(self, condition: Condition) -> str:
        if condition.field == PEOPLE:
            count = len(condition.values)
            text = ngettext(
                "the person is the one on a list", "the person is one of %(count)s on a list", count
            )
            return text % {"count": number_format(count, use_l10n=True, force_grouping=True)}
        name = field_name(condition.field)
        if not condition.is_of_metric:
            names = self.names[condition.field]
            values = _(" or ").join(names[value] for value in condition.values)
            return _("%(name)s is %(values)s") % {"name": name, "values": values}
        if condition.window:
            name = _("%(name)s over %(window)s") % {"name": name, "window": condition.window}
        if condition.is_ not in PATTERNS:
            return _("%(name)s has no value") % {"name": name}
        number = self._number(catalogue.ALL.get(condition.metric), condition.number)
        return str(PATTERNS[condition.is_]) % {"name": name, "number": number}

    def _number(self, metric: Metric | None, number: Decimal) -> str:
        text = number_format(number, use_l10n=True, force_grouping=True)
        unit = metric and metric.unit
        if unit is Unit.PERCENT:
            return _("%(number)s%%") % {"number": text}
        return f"{text} {self.currency}" if unit is Unit.MONEY else text


def field_name(field: str) -> str:
    """As it stands in the middle of a sentence."""
    if field.startswith(METRIC):
        metric = catalogue.ALL.get(field.removeprefix(METRIC))
        return str(metric.name) if metric else field.removeprefix(METRIC)
    return str(OTHERS[field]) if field in OTHERS else name_of(field)


def value_names(field: str, values: Iterable[str], reader: User) -> dict[str, str]:
    if field in YES_OR_NO:
        return {value: _("yes") if value == YES else _("no") for value in values}
    if field == "role":
        return {value: str(dict(Contact.Role.choices).get(value, value)) for value in values}
    return names_of(field, list(values), reader)


def why(text: str) -> str:
    """Why somebody entered or left."""
    if not text:
        return ""
    return str(WHYS[text]) if text in WHYS else field_name(text)
