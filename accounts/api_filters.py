"""By what the facts of the API are filtered. What is not named here is refused, not ignored."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, AttributeDefinition, Population, tagged

LARGEST_ID = 2**63 - 1


class IdFilter(django_filters.Filter):
    """Of another row. Not a ModelChoiceFilter: that would tell strangers which ids exist."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=1, max_value=LARGEST_ID, **kwargs)


class CountFilter(django_filters.Filter):
    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=0, max_value=LARGEST_ID, **kwargs)


class DayFilter(django_filters.DateFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, input_formats=["%Y-%m-%d"], **kwargs)


class MomentField(forms.CharField):
    """An instant with its offset from UTC: which day a bare time belongs to, two readers would say differently."""

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            # A plus sign in an address means a blank, and many clients send it as it is.
            moment = parse_datetime(text.replace(" ", "+"))
            if moment and moment.tzinfo:
                # Python knows offsets that PostgreSQL does not.
                return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise ValidationError(_("Write a moment with its offset from UTC, such as 2026-03-31T00:00:00Z."))


class MomentFilter(django_filters.Filter):
    field_class = MomentField


class YesOrNoField(forms.Field):
    def clean(self, value: Any) -> bool | None:
        if value in (None, ""):
            return None
        if value not in ("true", "false"):
            raise ValidationError(_("Write true or false."))
        return bool(value == "true")


class YesOrNoFilter(django_filters.Filter):
    field_class = YesOrNoField


def exact(model: type[models.Model], name: str, path: str = "") -> django_filters.Filter:
    """The filter that suits the model's field."""
    field: Any = model._meta.get_field(name)
    path = path or name
    if field.choices:
        return django_filters.ChoiceFilter(field_name=path, choices=field.choices)
    if field.is_relation:
        return IdFilter(field_name=f"{path}_id")
    if isinstance(field, models.BooleanField):
        return YesOrNoFilter(field_name=path)
    if isinstance(field, models.IntegerField):
        return CountFilter(field_name=path)
    return django_filters.CharFilter(field_name=path)


def since_and_before(model: type[models.Model], name: str) -> dict[str, django_filters.Filter]:
    """`name__gte` and `name__lt`: half-open, so that what two of them cut is in one of both."""
    is_moment = isinstance(model._meta.get_field(name), models.DateTimeField)
    kind = MomentFilter if is_moment else DayFilter
    return {f"{name}__{lookup}": kind(field_name=name, lookup_expr=lookup) for lookup in ("gte", "lt")}


def filters_of(
    model: type[models.Model], *, equal: Sequence[str] = (), span: Sequence[str] = (), account: str = ""
) -> type[django_filters.FilterSet]:
    """`equal`: exact matches; `span`: from and before; `account`: the path to the account that a fact is of."""
    found = {name: exact(model, name) for name in equal}
    if account:
        found["account"] = IdFilter(field_name=f"{account}_id", label=_("Id of the account"))
        found["segment"] = exact(Account, "segment", f"{account}__segment")
    for name in span:
        found |= since_and_before(model, name)
    meta = type("Meta", (), {"model": model, "fields": []})
    return type(f"{model.__name__}Filter", (django_filters.FilterSet,), {**found, "Meta": meta})


ORIGIN = ("source", "external_id")


class AttributeFilter(django_filters.CharFilter):
    """By the present value of a declared attribute, or one of several."""

    def filter(self, accounts: Any, value: str) -> Any:
        return accounts.with_attribute(self.field_name, value) if value else accounts


def declared_filters(asked: Iterable[str]) -> dict[str, django_filters.Filter]:
    """For the declared attributes among the names that are asked by, `attribute.<key>`."""
    declared = AttributeDefinition.objects.for_filters().named(asked)
    return {name: AttributeFilter(field_name=name) for name in declared}


OF_ACCOUNTS = [
    "stage",
    "segment",
    "tier",
    "region",
    "industry",
    "country",
    "owner",
    "team",
    "parent",
    "internal",
]
AccountColumns: Any = filters_of(Account, equal=OF_ACCOUNTS, span=["recorded_at"])


class AccountFilter(AccountColumns):
    name = django_filters.CharFilter(
        method="named_like",
        max_length=200,
        label=_("Words of the name, or parts of them; Arabic spellings are folded"),
    )
    source = django_filters.CharFilter(method="known_by", label=_("Known by this source"))
    external_id = django_filters.CharFilter(
        method="known_by", label=_("Known by this id, in the source if one is named")
    )
    tag = django_filters.CharFilter(method="tagged", max_length=40, label=_("In any spelling"))
    population = IdFilter(method="in_population", label=_("In this population now"))

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        self.filters |= declared_filters(data or {})

    def tagged(self, accounts: Any, _name: str, tag: str) -> Any:
        return accounts.filter(tagged(tag))

    def in_population(self, accounts: Any, _name: str, value: int) -> Any:
        """One that the reader may not use has no members for them."""
        known = Population.objects.visible_to(self.request.user).filter(pk=value)
        return accounts.filter(memberships__population__in=known, memberships__left=None)

    def named_like(self, accounts: Any, _name: str, text: str) -> Any:
        """Who was merged is found, and its survivor, too."""
        named = Account.objects.order_by().named_like(text)
        return accounts.filter(pk__in=named.values("pk").union(named.values("merged_into")))

    def known_by(self, accounts: Any, name: str, value: str) -> Any:
        """Source and id are of one key, so one condition takes both, in the turn of the last that is given."""
        given = {key: self.form.cleaned_data[key] for key in ("source", "external_id")}
        if name == "source" and given["external_id"]:
            return accounts
        paths = {"source": "keys__source", "external_id": "keys__value"}
        condition = {paths[key]: text for key, text in given.items() if text}
        return accounts.filter(pk__in=Account.objects.filter(**condition).order_by().values("pk"))
