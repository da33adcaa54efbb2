"""Which accounts a question is about, and by what they are split: one fixed set, read on one membership day."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import CharField, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext as _

from accounts.models import Account, AccountChange, User

# What an account may be filtered and split by. Dated attributes are read as they were on the membership day.
DATED = ("segment", "tier", "stage", "region", "owner", "team", "parent")
UNDATED = ("industry", "country")
DIMENSIONS = (*DATED, *UNDATED)
# These hold ids; everything else that one can filter by holds words.
COLUMNS = {"owner": "owner_id", "team": "team_id", "parent": "parent_id"}
ID = re.compile("[0-9]{1,18}")


class PopulationError(ValueError):
    """The question names a filter or a split that there is not; the message is for the person who asked."""


@dataclass(frozen=True)
class Population:
    """All accounts, or those with these values; `user` limits it to what that person may see."""

    filters: tuple[tuple[str, str], ...] = ()
    account: int | None = None
    accounts: tuple[int, ...] | None = None
    user: User | None = field(default=None)

    @property
    def is_everybody(self) -> bool:
        return not self.filters and self.account is None and self.accounts is None and self.user is None

    @property
    def has_unattributed(self) -> bool:
        """What has no account counts among everybody's, and where it is asked for as account 0."""
        return self.is_everybody or 0 in (self.accounts or ())

    @property
    def undated(self) -> list[str]:
        return [name for name, _value in self.filters if name in UNDATED]

    @property
    def label(self) -> dict[str, str]:
        return dict(self.filters) | ({"account": str(self.account)} if self.account is not None else {})

    def members(self, day: date) -> QuerySet[Account]:
        """The accounts counted, survivors of merges only."""
        members = Account.objects.counted()
        if self.user is not None:
            members = members.filter(pk__in=Account.objects.visible_to(self.user).order_by().values("pk"))
        if self.account is not None:
            members = members.filter(pk=self.account)
        if self.accounts is not None:
            members = members.filter(pk__in=self.accounts)
        for name, value in self.filters:
            members = members.annotate(**{f"_{name}": on_day(name, day)}).filter(**{f"_{name}": value})
        return members


def of(parameters: dict[str, Any], user: User | None = None) -> Population:
    """From `{"segment": "enterprise", "account": "12"}`."""
    filters = {name: value for name, value in parameters.items() if value not in (None, "")}
    account = str(filters.pop("account", ""))
    unknown = sorted(set(filters) - set(DIMENSIONS))
    if unknown:
        known = ", ".join(DIMENSIONS)
        raise PopulationError(
            _("There is no filter “%(name)s”. Use one of: %(known)s.") % {"name": unknown[0], "known": known}
        )
    if account and not account.isdecimal():
        raise PopulationError(
            _("“%(value)s” is no account. Give its id, which is a number.") % {"value": account}
        )
    return Population(
        filters=tuple(sorted((name, str(value)) for name, value in filters.items())),
        account=int(account) if account else None,
        user=user,
    )


def seen_by(user: User) -> User | None:
    """Whose accounts the figures for this person are limited to; None: they are of everybody."""
    sees_all = user.has_perm("metrics.view_company_figures") or user.has_perm("accounts.view_all_accounts")
    return None if sees_all else user


def is_known(name: str, value: str, user: User | None) -> bool:
    """Whether any account has the value or ever had it, among those that the user may see."""
    if name == "stage":
        return value in Account.Stage.values
    if "\0" in value or (name in COLUMNS and not ID.fullmatch(value)):
        return False
    accounts = (Account.objects.visible_to(user) if user else Account.objects.all()).order_by()
    if accounts.filter(**{COLUMNS.get(name, name): value}).exists():
        return True
    changes = AccountChange.objects.filter(field=name, value=value, account__in=accounts.values("pk"))
    return name in DATED and changes.exists()


def on_day(name: str, day: date) -> Any:
    """An attribute of the account as it was on the day; an account younger than that has its first value."""
    now = Cast(F(COLUMNS.get(name, name)), CharField())
    if name not in DATED:
        return now
    changes = AccountChange.objects.filter(account=OuterRef("pk"), field=name)
    latest = changes.filter(from_day__lte=day).order_by("-from_day").values("value")[:1]
    first = changes.order_by("from_day").values("value")[:1]
    return Coalesce(Subquery(latest), Subquery(first), now, output_field=CharField())


def affected(accounts: Collection[int]) -> list[int]:
    """The accounts themselves and the losers of merges whose facts count as theirs; 0, what has no account, stays."""
    losers = Account.objects.filter(merged_into__in=accounts).values_list("pk", flat=True)
    return [*accounts, *losers]
