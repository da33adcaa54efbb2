"""What a page says of two that may be one: whose facts, how many, and which values differ."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Model, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.merges import ACCOUNT_FIELDS, CONTACT_FIELDS
from accounts.models import (
    Account,
    AccountKey,
    AttributeDefinition,
    Contact,
    Departure,
    Lead,
    Order,
    Payment,
    Subscription,
    Term,
    Ticket,
)
from metrics import stored

COUNTED: tuple[type[Model], ...] = (Contact, Lead, Subscription, Term, Departure, Order, Payment, Ticket)


@dataclass
class Side:
    """One of the two; `counts` has what it has of each kind of facts, with those that were merged into it."""

    row: Any
    counts: list[tuple[str, int]] = field(default_factory=list)
    keys: list[AccountKey] = field(default_factory=list)
    mrr: Any = None


@dataclass(frozen=True)
class Difference:
    """A field of which the two have different values, in words; empty: none."""

    name: str
    label: str
    kept: str
    other: str
    is_dated: bool

    @property
    def is_gap(self) -> bool:
        """The survivor has none, so the loser's is proposed."""
        return not self.kept


def of_accounts(accounts: Iterable[Account]) -> dict[int, Side]:
    """The same number of queries for any number of accounts."""
    sides = {account.pk: Side(account) for account in accounts}
    for model in COUNTED:
        for account, count in _counts(model, list(sides)):
            sides[account].counts.append((str(capfirst(model._meta.verbose_name_plural)), count))
    for key in AccountKey.objects.filter(account__in=sides).order_by("source", "value"):
        sides[key.account_id].keys.append(key)
    for (account, _key), row in stored.current(list(sides), ["mrr"]).items():
        sides[account].mrr = row.value
    return sides


def of_contacts(contacts: Iterable[Contact]) -> dict[int, Side]:
    sides = {contact.pk: Side(contact) for contact in contacts}
    counts: Any = Ticket.objects.order_by().filter(requester__in=sides).values_list("requester")
    for contact, count in counts.annotate(Count("pk")):
        sides[contact].counts.append((str(capfirst(Ticket._meta.verbose_name_plural)), count))
    return sides


def _counts(model: type[Model], accounts: Sequence[int]) -> QuerySet[Any, Any]:
    rows = model._default_manager.order_by().filter(
        Q(account__in=accounts) | Q(account__merged_into__in=accounts)
    )
    owner = Coalesce("account__merged_into_id", "account_id")
    return rows.annotate(side=owner).values_list("side").annotate(Count("pk"))


def differences(survivor: Account | Contact, loser: Account | Contact) -> list[Difference]:
    if isinstance(survivor, Contact):
        told = [_difference(name, survivor, loser) for name in CONTACT_FIELDS]
    else:
        names = (*ACCOUNT_FIELDS, *Account.DATED)
        told = [_difference(name, survivor, loser) for name in names]
        told += [
            _declared(definition, survivor, loser) for definition in AttributeDefinition.objects.in_use()
        ]
    return [one for one in told if one.kept != one.other]


def _difference(name: str, survivor: Any, loser: Any) -> Difference:
    label = capfirst(str(survivor._meta.get_field(name).verbose_name))
    is_dated = isinstance(survivor, Account) and name in Account.DATED
    return Difference(name, label, _words(survivor, name), _words(loser, name), is_dated)


def _declared(definition: AttributeDefinition, survivor: Any, loser: Any) -> Difference:
    kept, other = (definition.words(one.attributes.get(definition.key, [])) for one in (survivor, loser))
    return Difference(definition.field, str(definition), kept, other, is_dated=True)


def _words(row: Any, name: str) -> str:
    value = getattr(row, name)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if hasattr(row, f"get_{name}_display"):
        return str(getattr(row, f"get_{name}_display")())
    if isinstance(value, list):
        return _(", ").join(value)
    if hasattr(value, "isoformat"):
        return date_format(value, "j F Y")
    return "" if value is None else str(value)
