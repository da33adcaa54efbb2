"""What senders say of companies becomes accounts: new ones by the id of their source, known ones where it changed."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.db.models.functions import Coalesce

from accounts.attributes import is_declared, key_of
from accounts.intake.said import Told
from accounts.intake.traits import Rules
from accounts.models import Account, AccountKey, CompanyProfile
from accounts.services import change_account


def load(source: str, ids: Collection[str]) -> dict[str, Told]:
    rows = (
        CompanyProfile.objects.filter(source=source, value__in=ids) if ids else CompanyProfile.objects.none()
    )
    return {value: Told(said, times) for value, said, times in rows.values_list("value", "traits", "times")}


def accounts_of(source: str, ids: Collection[str]) -> dict[str, int]:
    """By id the account; of one that was merged, its survivor."""
    keys = AccountKey.objects.filter(source=source, value__in=ids) if ids else AccountKey.objects.none()
    return dict(keys.values_list("value", Coalesce("account__merged_into", "account")))


def settle(
    source: str,
    before: dict[str, Told],
    after: dict[str, Told],
    rules: Rules,
    *,
    called: Collection[str],
    today: date,
    now: datetime,
) -> None:
    """An account for each that is called; fields where what was said changed."""
    known = accounts_of(source, called)
    made = _made(source, {value: rules.read(after[value].traits) for value in called if value not in known})
    known |= made
    for value in sorted(after):
        if value in made or (value in before and after[value].traits == before[value].traits):
            continue
        if value in known:
            said_before = rules.read(before[value].traits) if value in before else {}
            _change(known[value], value, said_before, rules.read(after[value].traits), today, now)
    for value in sorted(made):
        _date(Account.objects.get(pk=made[value]), rules.read(after[value].traits), today, now)
    _keep(source, before, after)


def _made(source: str, new: dict[str, dict[str, Any]]) -> dict[str, int]:
    """By id those that nobody else has made meanwhile."""
    if not new:
        return {}
    rows = Account.objects.bulk_create(
        Account(**{"name": value} | {name: said for name, said in fields.items() if not _is_dated(name)})
        for value, fields in sorted(new.items())
    )
    AccountKey.objects.bulk_create(
        (
            AccountKey(account=row, source=source, value=value)
            for row, value in zip(rows, sorted(new), strict=True)
        ),
        ignore_conflicts=True,
    )
    made = {row.pk for row in rows}
    keys = AccountKey.objects.filter(source=source, value__in=new).values_list("value", "account")
    found = {value: account for value, account in keys if account in made}
    if len(found) < len(made):
        Account.objects.filter(pk__in=made - set(found.values())).delete()
    return found


def _change(
    pk: int, value: str, before: dict[str, Any], after: dict[str, Any], today: date, now: datetime
) -> None:
    """What was said first fills what is empty; what was said differently before is written."""
    account = Account.objects.select_for_update().get(pk=pk)
    changed = {
        name: said
        for name, said in after.items()
        if before.get(name) != said and (name in before or _is_empty(account, name, value))
    }
    undated = {name: said for name, said in changed.items() if not _is_dated(name)}
    if undated:
        Account.objects.filter(pk=pk).update(**undated)
    _date(account, changed, today, now)


def _date(account: Account, fields: dict[str, Any], today: date, now: datetime) -> None:
    dated = {name: said for name, said in fields.items() if _is_dated(name)}
    if dated:
        change_account(account, by=None, day=today, now=now, **dated)


def _is_dated(name: str) -> bool:
    return name in Account.DATED or is_declared(name)


def _is_empty(account: Account, name: str, value: str) -> bool:
    """An account whose name nobody said yet is called by its id."""
    if is_declared(name):
        return not account.attributes.get(key_of(name))
    return not getattr(account, name) or (name == "name" and account.name == value)


def _keep(source: str, before: dict[str, Told], after: dict[str, Told]) -> None:
    rows = [
        CompanyProfile(source=source, value=value, traits=told.traits, times=told.times)
        for value, told in sorted(after.items())
        if told != before.get(value)
    ]
    CompanyProfile.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["source", "value"],
        update_fields=["traits", "times"],
    )
