import re
from dataclasses import replace
from datetime import date
from operator import itemgetter
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, AttributeDefinition, User
from accounts.models import Population as Saved
from metrics import account_list, catalogue, cohorts, populations, windows
from metrics.definitions import Metric, Parameter
from metrics.framing import QuestionError, check
from metrics.populations import By, Population, is_known, seen_by
from metrics.questions import names_of
from metrics.sources import Clock

EVERY = {
    "stage": _("Every stage"),
    "segment": _("Every segment"),
    "tier": _("Every tier"),
    "region": _("Every region"),
    "owner": _("Every owner"),
    "team": _("Every team"),
    "country": _("Every country"),
    "industry": _("Every industry"),
    "parent": _("Every parent"),
    "tag": _("Every tag"),
    "plan": _("Every plan"),
    "acquired_channel": _("Every channel"),
    "population": _("Every population"),
}
SPLITS = [
    ("", _("Do not split")),
    ("segment", _("By segment")),
    ("tier", _("By tier")),
    ("stage", _("By stage")),
    ("region", _("By region")),
    ("owner", _("By owner")),
    ("team", _("By team")),
    ("industry", _("By industry")),
    ("country", _("By country")),
    ("parent", _("By parent")),
    ("tag", _("By tag")),
    ("plan", _("By plan")),
    ("acquired_channel", _("By acquisition channel")),
    ("cohort", _("By start month")),
    ("population", _("By population")),
]
OF_FACTS = {
    "type": _("By type"),
    "priority": _("By priority"),
    "channel": _("By channel"),
    "product": _("By product"),
    "income": _("By source of income"),
    "reason": _("By reason"),
    "competitor": _("By competitor"),
    "campaign": _("By campaign"),
    "age": _("By age"),
    "event": _("By event"),
    "page": _("By page"),
    "feature": _("By feature"),
    "resource": _("By resource"),
    "post": _("By post"),
    "tour": _("By tour"),
    "site": _("By site"),
    "survey": _("By survey"),
    "version": _("By version"),
    "scale": _("By scale"),
    "touchpoint": _("By touchpoint"),
    "language": _("By language"),
    "theme": _("By theme"),
    "heard": _("By where it was said"),
}
WINDOWS = ("month", "30d", "90d", "quarter", "12m", "365d", "year", "all")
LONGEST_SEARCH, LONGEST_TEXT = 100, 300
CHOSEN = "chosen"
ID = re.compile("[0-9]{1,18}")


class FilterForm(forms.Form):
    """What accounts can be filtered by, with the values that there are."""

    stage = forms.ChoiceField(label=_("Stage"), required=False)
    segment = forms.ChoiceField(label=_("Segment"), required=False)
    tier = forms.ChoiceField(label=_("Tier"), required=False)
    region = forms.ChoiceField(label=_("Region"), required=False)
    owner = forms.ChoiceField(label=_("Owner"), required=False)
    team = forms.ChoiceField(label=_("Team"), required=False)
    country = forms.ChoiceField(label=_("Country"), required=False)
    industry = forms.ChoiceField(label=_("Industry"), required=False)
    parent = forms.ChoiceField(label=_("Parent"), required=False)
    tag = forms.ChoiceField(label=_("Tag"), required=False)

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reader = reader
        # No attribute of the class: there `population` is whom figures are of.
        self.fields["population"] = forms.ChoiceField(label=_("Population"), required=False)
        self.declared = list(AttributeDefinition.objects.in_use())
        for definition in self.declared_filters:
            self.fields[definition.field] = forms.ChoiceField(label=str(definition), required=False)
        limit = self.limit()
        known = self._known(limit)
        for name in self.filters:
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            own, every = known.get(name, []), EVERY.get(name, _("Any"))
            field.choices = [("", every), *own, *self._kept(name, dict(own), limit)]

    def _known(self, limit: User | None) -> dict[str, list[tuple[str, Any]]]:
        """The choices of each filter. A new attribute whose values are to be looked for has none for a minute."""
        chosen = {
            definition.field: account_list.choices_of(definition)
            for definition in self.declared_filters
            if definition.type in account_list.CHOSEN
        }
        own = {"stage": Account.Stage.choices, "parent": [], "population": self._populations()}
        return account_list.vocabulary(limit) | own | chosen

    def _populations(self) -> list[tuple[str, Any]]:
        """Of accounts: those in use, and the one that is asked for."""
        asked = str(self.data.get("population") or "")
        in_use = Q(archived=False) | Q(pk=asked if populations.ID.fullmatch(asked) else None)
        known = Saved.objects.visible_to(self.reader).of_accounts().filter(in_use)
        return sorted(((str(one.pk), str(one)) for one in known), key=itemgetter(1))

    def clean(self) -> dict[str, Any]:
        """A misspelt filter would otherwise show everybody's."""
        unknown = [name for name in self.data if name not in self.fields]
        if unknown:
            self.add_error(None, populations.no_filter(unknown[0], self.fields))
        return super().clean() or {}

    @property
    def problems(self) -> list[str]:
        """What is wrong with the address, in sentences."""
        of_fields = [f"{field.label}: {error}" for field in self for error in field.errors]
        return [*self.non_field_errors(), *of_fields]

    @property
    def filters(self) -> tuple[str, ...]:
        """Those of them that hold one of the values that there are."""
        return (*account_list.FILTERS, *(definition.field for definition in self.declared_filters))

    @property
    def declared_filters(self) -> list[AttributeDefinition]:
        return [definition for definition in self.declared if definition.in_filters]

    @property
    def attribute_fields(self) -> list[forms.BoundField]:
        return [self[definition.field] for definition in self.declared_filters]

    def limit(self) -> User | None:
        """Whose accounts can be chosen from; None: everybody's."""
        return self.reader

    def _kept(self, name: str, known: dict[str, Any], limit: User | None) -> list[tuple[str, str]]:
        """What is no choice may be the value of an account all the same: an earlier one, or one of many parents."""
        value = self.data.get(name)
        if not value or value in known or name == populations.POPULATION or not is_known(name, value, limit):
            return []
        return [(value, names_of(name, [value], self.reader)[value])]

    @property
    def chosen(self) -> dict[str, str]:
        return {name: value for name in self.filters if (value := self.cleaned_data.get(name))}


class IdsField(forms.Field):
    """`account=12&account=15`"""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> list[int]:
        if not all(ID.fullmatch(one) for one in value or ()):
            raise forms.ValidationError(_("These are no accounts. Choose them in the list again."))
        return [int(one) for one in value or ()]


class AccountListForm(FilterForm):
    """`?q=najm&segment=enterprise&sort=-mrr&columns=mrr&columns=owner&page=3`

    `of=chosen&account=12&account=15` are those accounts alone; `of=all` is all that match, whatever is chosen.
    """

    of = forms.ChoiceField(
        label=_("Which accounts"),
        required=False,
        choices=[(CHOSEN, _("Chosen")), ("all", _("All that match"))],
    )
    account = IdsField(label=_("Accounts"), required=False)
    q = forms.CharField(label=_("Search"), required=False, max_length=LONGEST_SEARCH)
    internal = forms.BooleanField(label=_("With test and internal accounts"), required=False)
    sort = forms.ChoiceField(label=_("Sort"), required=False)
    columns = forms.MultipleChoiceField(
        label=_("Columns"), required=False, widget=forms.CheckboxSelectMultiple
    )
    page = forms.IntegerField(label=_("Page"), required=False, min_value=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sort"].choices = account_list.sort_choices()  # type: ignore[attr-defined]
        self.fields["columns"].choices = account_list.column_choices(self.declared)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("of") == CHOSEN and not cleaned.get("account"):
            self.add_error("account", _("None was chosen. Tick some in the list, or take all of them."))
        return cleaned

    def clean_account(self) -> list[int]:
        return [] if self.cleaned_data.get("of") == "all" else self.cleaned_data["account"]

    def clean_sort(self) -> str:
        return self.cleaned_data["sort"] or "name"

    def clean_columns(self) -> list[str]:
        return self.cleaned_data["columns"] or list(account_list.DEFAULT_COLUMNS)

    @property
    def shown_columns(self) -> list[str]:
        """What the list is sorted by is always to be seen."""
        chosen = self.cleaned_data["columns"]
        key = self.cleaned_data["sort"].removeprefix("-")
        return chosen if key in {"name", *chosen} else [*chosen, key]

    @property
    def is_filtered(self) -> bool:
        return bool(self.chosen or self.cleaned_data["q"])

    @property
    def can_be_saved(self) -> bool:
        """Whether there are filters that a population keeps."""
        return bool(self.chosen.keys() - {populations.POPULATION})

    @property
    def more_filters(self) -> list[forms.BoundField]:
        names = ("tier", "region", "team", "country", "industry", "tag", "population")
        plain = [self[name] for name in (*names, *(["parent"] if self["parent"].value() else []))]
        return [*plain, *self.attribute_fields]

    @property
    def hidden_filters_in_use(self) -> int:
        return sum(1 for field in self.more_filters if field.value())


class PopulationsForm(forms.Form):
    """`?archived=on&page=2`; `?copy=3` of a new one."""

    archived = forms.BooleanField(label=_("Archived"), required=False)
    page = forms.IntegerField(label=_("Page"), required=False, min_value=1)
    copy = forms.IntegerField(required=False, min_value=1, max_value=2**62)


class CatalogueForm(forms.Form):
    q = forms.CharField(label=_("Search"), required=False, max_length=LONGEST_SEARCH)


class InAnyDigits(forms.Field):
    """What is written with digits, Arabic and Persian ones as well."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(self._plain(value))

    def bound_data(self, data: Any, initial: Any) -> Any:
        return self._plain(super().bound_data(data, initial))

    @staticmethod
    def _plain(value: Any) -> Any:
        return windows.with_plain_digits(value) if isinstance(value, str) else value


class DayField(InAnyDigits, forms.DateField):
    """Year, month and day."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d"], **kwargs)


class MonthField(InAnyDigits, forms.RegexField):
    """Year and month."""


class WindowField(InAnyDigits, forms.ChoiceField):
    """One of some windows."""


class FiguresForm(FilterForm):
    """Figures of a part of the customers: of everybody's, or of the accounts that the reader may see."""

    plan = forms.ChoiceField(label=_("Plan"), required=False)
    acquired_channel = forms.ChoiceField(label=_("Acquired through"), required=False)
    cohort = MonthField(
        populations.SHAPES["cohort"],
        label=_("Start month"),
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control ltr", "placeholder": "2026-03"}),
        error_messages={"invalid": _("Write a year and a month, such as 2026-03.")},
    )
    group = forms.ChoiceField(label=_("Group of companies"), required=False)
    tenure = forms.IntegerField(
        label=_("Customers for at most so many days"),
        required=False,
        min_value=1,
        max_value=99_999,
        widget=forms.NumberInput(attrs={"class": "form-control"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        group = str(self.data.get("group", ""))
        accounts = Account.objects.visible_to(limit) if (limit := self.limit()) else Account.objects.all()
        named = accounts.filter(pk=group) if populations.ID.fullmatch(group) else accounts.none()
        choices = [("", _("Any group")), *((str(account.pk), account.name) for account in named)]
        self.fields["group"].choices = choices  # type: ignore[attr-defined]

    @property
    def filters(self) -> tuple[str, ...]:
        return (*super().filters, "plan", "acquired_channel")

    @property
    def chosen(self) -> dict[str, str]:
        written = {name: self.cleaned_data.get(name) for name in ("cohort", "tenure")}
        return super().chosen | {name: str(value) for name, value in written.items() if value}

    @property
    def in_words(self) -> list[tuple[str, Any, Any]]:
        """The filters in use: name, label, and the value as people read it: a month of a cohort, days of a tenure."""
        names = (*self.filters, "group", "cohort", "tenure")
        return [
            (name, self.fields[name].label, self._as_read(name, value))
            for name in names
            if (value := self.cleaned_data.get(name))
        ]

    def _as_read(self, name: str, value: Any) -> Any:
        if name == "cohort":
            return date.fromisoformat(f"{value}-01")
        choices: dict[str, Any] = dict(getattr(self.fields[name], "choices", ()))
        return choices.get(value, value)

    def limit(self) -> User | None:
        return seen_by(self.reader)

    def population(self, user: User) -> Population:
        return self.of_chosen(seen_by(user))

    def of_chosen(self, user: User | None) -> Population:
        group = self.cleaned_data["group"]
        return Population(tuple(sorted(self.chosen.items())), user=user, group=int(group) if group else None)


class QuestionForm(FiguresForm):
    """One metric for a population, a window and a day: `?segment=enterprise&window=90d&as_of=2026-03-31&by=tier`"""

    window = forms.CharField(label=_("Window"), required=False, max_length=40)
    as_of = DayField(label=_("As of"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    known_by = DayField(label=_("Known by"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    by = forms.ChoiceField(label=_("Split"), required=False)
    and_by = forms.ChoiceField(label=_("And split by"), required=False)
    logos = forms.BooleanField(label=_("Count a group of companies once"), required=False)

    def __init__(self, *args: Any, metric: Metric, clock: Clock, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.metric, self.clock = metric, clock
        declared = [(found.field, _("By: %(name)s") % {"name": found}) for found in self.declared_filters]
        splits = [*SPLITS, *declared, *((name, OF_FACTS[name]) for name in catalogue.dimensions(metric))]
        for name in ("by", "and_by"):
            self.fields[name].choices = splits  # type: ignore[attr-defined]
        self.fields["window"].widget.attrs |= {
            "class": "form-control ltr",
            "list": "windows",
            "placeholder": metric.window,
        }
        for name in ("as_of", "known_by"):
            self.fields[name].widget.attrs |= {"class": "form-control", "max": str(clock.today)}
        self.of_parameters = {p.asked_as(RowsForm.base_fields): p for p in metric.parameters}
        self.fields |= {name: _field_of(parameter) for name, parameter in self.of_parameters.items()}

    def clean(self) -> dict[str, Any]:
        found = super().clean()
        if not self.errors:
            self.clock = replace(self.clock, known_by=found["known_by"])
            try:
                check(self.metric, found["as_of"], self.clock, found["window"], self.parameters)
            except QuestionError as error:
                self.add_error(error.field, str(error))
        return found

    @property
    def parameters(self) -> dict[str, int | str]:
        """Those that are not as they are anyway."""
        given = {p.name: self.cleaned_data.get(name) or p.default for name, p in self.of_parameters.items()}
        return {p.name: given[p.name] for p in self.metric.parameters if given[p.name] != p.default}

    @property
    def parameter_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.of_parameters]

    @property
    def window_text(self) -> str | None:
        return self.cleaned_data.get("window") or None

    @property
    def as_of_day(self) -> date:
        return self.cleaned_data["as_of"] or self.clock.today

    @property
    def is_of_two_days(self) -> bool:
        return windows.is_of_two_days(self.window_text or "")

    @property
    def split(self) -> By:
        """Each dimension once."""
        chosen = (self.cleaned_data["by"], self.cleaned_data["and_by"])
        return tuple(dict.fromkeys(name for name in chosen if name))

    @property
    def split_labels(self) -> list[str]:
        names = dict(self.fields["by"].choices)  # type: ignore[attr-defined]
        return [names[name] for name in self.split]

    @property
    def asks_of_groups(self) -> bool:
        return self.cleaned_data["logos"]

    def of_chosen(self, user: User | None) -> Population:
        compared = populations.comparable(self.reader) if populations.POPULATION in self.split else ()
        return replace(super().of_chosen(user), counts_groups_once=self.asks_of_groups, compared=compared)


class CohortsForm(FiguresForm):
    """`?measure=mrr&months=24&as_of=2026-03-31&segment=enterprise`"""

    measure = forms.ChoiceField(
        label=_("Measure"), required=False, choices=list(cohorts.MEASURES.items()), initial="customers"
    )
    months = forms.IntegerField(
        label=_("Months"),
        required=False,
        min_value=1,
        max_value=cohorts.MOST_MONTHS,
        widget=forms.NumberInput(attrs={"class": "form-control", "placeholder": cohorts.MONTHS}),
    )
    as_of = DayField(label=_("As of"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, clock: Clock, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clock = clock
        self.fields["as_of"].widget.attrs |= {"class": "form-control", "max": str(clock.today)}

    def clean(self) -> dict[str, Any]:
        found = super().clean()
        if not self.errors:
            try:
                check(catalogue.ALL["new_customers"], found["as_of"], self.clock, None)
            except QuestionError as error:
                self.add_error(error.field, str(error))
        return found

    @property
    def chosen_measure(self) -> str:
        return self.cleaned_data["measure"] or "customers"

    @property
    def asked(self) -> dict[str, Any]:
        return {
            "as_of": self.cleaned_data["as_of"] or self.clock.today,
            "months": self.cleaned_data["months"] or cohorts.MONTHS,
        }


def _field_of(parameter: Parameter) -> forms.Field:
    label, known = str(parameter.label).capitalize(), parameter.known
    if parameter.is_text and known is None:
        text = forms.TextInput(attrs={"class": "form-control ltr"})
        return forms.CharField(label=label, required=False, max_length=LONGEST_TEXT, widget=text)
    if parameter.choices or known is not None:
        select = forms.Select(attrs={"class": "form-select"})
        choices = parameter.choices or [("", _("Any")), *(known or ())]
        return forms.ChoiceField(label=label, required=False, choices=choices, widget=select)
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=parameter.least,
        max_value=parameter.most,
        widget=forms.NumberInput(attrs={"class": "form-control", "placeholder": parameter.default}),
    )


class RowsForm(QuestionForm):
    """The rows behind an answer, page by page; only of accounts that the reader may open."""

    page = forms.IntegerField(label=_("Page"), required=False, min_value=1, max_value=1_000_000)

    def population(self, user: User) -> Population:
        sees_all = user.has_perm("accounts.view_all_accounts")
        return self.of_chosen(None if sees_all else user)
