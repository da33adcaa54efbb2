"""What became of rows of a file, in words: which row it is, and what changed in it."""

import json
from collections.abc import Iterable
from typing import Any

from django.db.models import BooleanField
from django.utils.translation import gettext as _

from accounts.fields import LocalizedField
from accounts.imports import Resource
from accounts.models import Account, RowFate


def with_records(fates: Iterable[RowFate], resource: Resource | None) -> list[Any]:
    """Each with the record that it is of, where that is here, the page of its account, and its changes in words."""
    found: list[Any] = list(fates)
    of_account = False
    known: dict[Any, Any] = {}
    if resource:
        of_account = any(field.name == "account" for field in resource.model._meta.fields)
        rows = resource.model._default_manager.select_related(*(["account"] if of_account else []))
        known = rows.in_bulk({fate.row for fate in found if fate.row})
    for fate in found:
        fate.record = known.get(fate.row)
        account = fate.record.account if of_account and fate.record else fate.record
        fate.address = account.get_absolute_url() if isinstance(account, Account) else ""
        fate.told = told(fate.changes, resource)
    return found


def told(changes: Iterable[tuple[str, str, str]], resource: Resource | None) -> list[tuple[str, str, str]]:
    """What the field is called, before, after."""
    columns = resource.columns if resource else {}
    return [
        (columns[name].label, _shown(columns[name].field, before), _shown(columns[name].field, after))
        if name in columns
        else (name, before, after)
        for name, before, after in changes
    ]


def sentence(changes: Iterable[tuple[str, str, str]], resource: Resource | None) -> str:
    return "; ".join(
        f"{label}: {before or '–'} → {after or '–'}" for label, before, after in told(changes, resource)
    )


def _shown(field: Any, value: str) -> str:
    if isinstance(field, LocalizedField):
        return " / ".join(json.loads(value).values()) if value else ""
    if isinstance(field, BooleanField):
        return {"true": _("Yes"), "false": _("No")}.get(value, value)
    return str(dict(field.flatchoices).get(value, value))
