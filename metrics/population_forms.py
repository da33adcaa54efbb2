"""A population as it is written: whom it is of, the values that each field may have, and limits of metrics."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts.attributes import NO, YES
from accounts.conditions import (
    AT_LEAST,
    AT_MOST,
    NO_VALUE,
    OF_ACCOUNTS,
    OF_CONTACTS,
    PEOPLE,
    YES_OR_NO,
    Condition,
    NotUnderstood,
    one_of,
    read,
)
from accounts.models import Account, AttributeDefinition, Contact, Population, User
from accounts.texts import Text
from metrics import account_list, catalogue, windows
from metrics.definitions import FAMILIES
from metrics.memberships import check_metrics
from metrics.populations import is_known
from metrics.sentences import field_name, value_names
from metrics.sources import Clock

COMPARED = [(AT_LEAST, _lazy("at least")), (AT_MOST, _lazy("at most")), (NO_VALUE, _lazy("has no value"))]
# So many limits can be written at once, and more after saving.
LIMITS, ROOM = 3, 2
LONGEST_NAME = 200


class PopulationForm(forms.Form):
    """`asked` are the conditions that it begins with; values that no list offers stay if they are among them."""

    name_en = forms.CharField(label=_lazy("Name in English"), required=False, max_length=LONGEST_NAME)
    name_ar = forms.CharField(
        label=_lazy("Name in Arabic"),
        required=False,
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"dir": "rtl", "lang": "ar"}),
    )
    kind = forms.ChoiceField(label=_lazy("Of"), choices=Population.Kind.choices)
    shared = forms.BooleanField(label=_lazy("Everybody may use it"), required=False)
    archived = forms.BooleanField(label=_lazy("Archived: nobody is in it any more"), required=False)

    def __init__(
        self,
        given: Any = None,
        *,
        population: Population,
        asked: Iterable[Condition],
        reader: User,
        clock: Clock,
    ) -> None:
        self.population, self.reader, self.clock = population, reader, clock
        self.asked = list(asked)
        super().__init__(given, initial=self._initial())
        if not population.pk:
            del self.fields["archived"]
        self.declared = list(AttributeDefinition.objects.for_filters())
        for name, field in self._value_fields().items():
            self.fields[name] = field
        for number in range(self._rows()):
            self.fields |= _limit_fields(number)

    def _initial(self) -> dict[str, Any]:
        own = self.population
        limits = [condition for condition in self.asked if condition.is_of_metric]
        return {
            **{f"name_{code}": own.name.get(code, "") for code, _name in settings.LANGUAGES},
            **{name: getattr(own, name) for name in ("kind", "shared", "archived")},
            **{one.field: list(one.values) for one in self.asked if not one.is_of_metric},
            **{
                f"{part}_{number}": value
                for number, one in enumerate(limits)
                for part, value in _as_written(one).items()
            },
        }

    def _rows(self) -> int:
        known = sum(1 for condition in self.asked if condition.is_of_metric)
        return max(LIMITS, known + ROOM)

    # Values of fields

    def _value_fields(self) -> dict[str, forms.Field]:
        offered = self._offered()
        initial = {one.field: one.values for one in self.asked}
        found: dict[str, forms.Field] = {}
        for name, label in self._labels().items():
            choices = offered.get(name, [])
            kept = [v for v in initial.get(name, ()) if v not in dict(choices)]
            names = value_names(name, kept, self.reader) if kept else {}
            found[name] = forms.MultipleChoiceField(
                label=label,
                required=False,
                choices=[*choices, *((value, names[value]) for value in kept)],
                widget=forms.CheckboxSelectMultiple,
            )
        return {name: field for name, field in found.items() if field.choices}  # type: ignore[attr-defined]

    def _labels(self) -> dict[str, str]:
        names = (*OF_ACCOUNTS, *(found.field for found in self.declared), *OF_CONTACTS)
        labels = {found.field: str(found) for found in self.declared}
        return {name: labels.get(name) or _capital(field_name(name)) for name in names}

    def _offered(self) -> dict[str, list[tuple[str, Any]]]:
        """What there is among the accounts that the reader may see; and none, where that can be."""
        known = dict(account_list.vocabulary(self.reader))
        for definition in self.declared:
            if definition.type in account_list.CHOSEN:
                known[definition.field] = account_list.choices_of(definition)
        none = ("", _("none"))
        answers = [(YES, _("yes")), (NO, _("no"))]
        return {
            **{name: [*choices, none] for name, choices in known.items() if choices},
            **dict.fromkeys(YES_OR_NO, answers),
            "stage": list(Account.Stage.choices),
            "role": list(Contact.Role.choices),
            "language": self._languages(),
        }

    def _languages(self) -> list[tuple[str, str]]:
        spoken = Contact.objects.visible_to(self.reader).order_by("language")
        codes = spoken.values_list("language", flat=True).distinct()
        return [(code, dict(settings.LANGUAGES).get(code, code) or _("none")) for code in codes]

    # What was written

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.texts:
            self.add_error("name_en", _("Give a name, in one language at least."))
        try:
            check_metrics(self._read(), self.clock)
        except NotUnderstood as error:
            self.add_error(None, str(error))
        return given

    def _read(self) -> tuple[Condition, ...]:
        kept = [condition.as_json() for condition in self.conditions]
        return read(kept, of_contacts=self.is_of_contacts)

    @property
    def texts(self) -> dict[str, str]:
        names = {code: self.cleaned_data.get(f"name_{code}", "") for code, _name in settings.LANGUAGES}
        return {code: name for code, name in names.items() if name}

    @property
    def is_of_contacts(self) -> bool:
        return bool(self.cleaned_data.get("kind") == Population.Kind.CONTACTS)

    @property
    def conditions(self) -> list[Condition]:
        """Those of contacts only where it is of contacts. A list of people stays as it was made."""
        names = [name for name in self._labels() if self.is_of_contacts or name not in OF_CONTACTS]
        chosen = [one_of(name, values) for name in names if (values := self.cleaned_data.get(name))]
        limits = [self._limit(number) for number in range(self._rows())]
        people = [one for one in self.asked if one.field == PEOPLE and self.is_of_contacts]
        return [*people, *chosen, *(limit for limit in limits if limit)]

    def _limit(self, number: int) -> Condition | None:
        key = self.cleaned_data.get(f"metric_{number}")
        is_ = self.cleaned_data.get(f"is_{number}") or AT_LEAST
        text = windows.with_plain_digits(self.cleaned_data.get(f"number_{number}") or "")
        values = (text.replace(",", "").replace("٬", "").replace("٫", "."),) if is_ != NO_VALUE else ()
        window = self.cleaned_data.get(f"window_{number}") or ""
        return Condition(f"metric.{key}", is_, values, windows.with_plain_digits(window)) if key else None

    def written(self) -> Population:
        """The population as it is asked for, not saved."""
        own = self.population
        own.name, own.kind = Text(self.texts), self.cleaned_data["kind"]
        own.shared = self.cleaned_data["shared"]
        own.archived = self.cleaned_data.get("archived", False)
        own.conditions = [condition.as_json() for condition in self.conditions]
        return own

    # How it is shown

    @property
    def names(self) -> list[forms.BoundField]:
        return [self["name_en"], self["name_ar"]]

    def _shown(self, names: Iterable[str]) -> list[tuple[forms.BoundField, int]]:
        """With how many of the values are chosen."""
        return [(self[name], len(self[name].value() or ())) for name in names if name in self.fields]

    @property
    def of_accounts(self) -> list[tuple[forms.BoundField, int]]:
        return self._shown(name for name in self._labels() if name not in OF_CONTACTS)

    @property
    def of_contacts(self) -> list[tuple[forms.BoundField, int]]:
        return self._shown(OF_CONTACTS)

    @property
    def limits(self) -> list[list[forms.BoundField]]:
        parts = ("metric", "is", "number", "window")
        return [[self[f"{part}_{number}"] for part in parts] for number in range(self._rows())]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _as_written(condition: Condition) -> dict[str, str]:
    return {
        "metric": condition.metric,
        "is": condition.is_,
        "number": "".join(condition.values),
        "window": condition.window,
    }


def _limit_fields(number: int) -> dict[str, forms.Field]:
    select = {"class": "form-select"}
    text = {"class": "form-control ltr", "autocomplete": "off"}
    # One line of inputs, each of which says itself what it is.
    return {
        f"metric_{number}": forms.ChoiceField(
            label=_lazy("Metric"),
            required=False,
            choices=metric_choices,
            widget=forms.Select(attrs=select | {"aria-label": _lazy("Metric")}),
        ),
        f"is_{number}": forms.ChoiceField(
            label=_lazy("Compared"),
            required=False,
            choices=COMPARED,
            widget=forms.Select(attrs=select | {"aria-label": _lazy("Compared")}),
        ),
        f"number_{number}": forms.CharField(
            label=_lazy("Number"),
            required=False,
            max_length=30,
            widget=forms.TextInput(
                attrs=text
                | {"inputmode": "decimal", "placeholder": _lazy("number"), "aria-label": _lazy("Number")}
            ),
        ),
        f"window_{number}": forms.CharField(
            label=_lazy("Window"),
            required=False,
            max_length=40,
            widget=forms.TextInput(
                attrs=text
                | {"list": "windows", "placeholder": _lazy("own window"), "aria-label": _lazy("Window")}
            ),
        ),
    }


def metric_choices() -> list[Any]:
    """By family, for a list of a hundred."""
    known = [catalogue.ALL[key] for key in account_list.METRICS]
    groups = [
        (str(label), [(metric.key, str(metric.name)) for metric in known if metric.family == family])
        for family, label in FAMILIES.items()
    ]
    return [("", "—"), *groups]


def prefilled(query: QueryDict, reader: User) -> list[Condition]:
    """The filters of a list of accounts, as its address has them: `?segment=large&tag=vip&sort=name`."""
    known: Mapping[str, Any] = {
        **dict.fromkeys(OF_ACCOUNTS),
        **{found.field: None for found in AttributeDefinition.objects.for_filters()},
    }
    given = {name: [value for value in query.getlist(name) if value] for name in query if name in known}
    limit = None if reader.has_perm("accounts.view_all_accounts") else reader
    asked = [
        one_of(name, [value for value in values if name in YES_OR_NO or is_known(name, value, limit)])
        for name, values in given.items()
    ]
    return [condition for condition in asked if condition.values]
