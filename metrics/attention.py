"""Which accounts of a book need somebody today, and why. Each reason is a short read of an index."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Account, Subscription, Term
from metrics.models import CurrentValue, Definition

NOTICE_DAYS, TERM_DAYS, SOON_DAYS = 90, 60, 30
MANY_TICKETS = 5
# Of each reason: more than a page of attention can show, little enough to be read at once.
MOST = 50


@dataclass(frozen=True)
class Reason:
    """`weight` orders the list: what cannot be undone later comes first."""

    kind: str
    weight: int
    day: date | None = None
    value: float | None = None


@dataclass(frozen=True)
class Item:
    account: Account
    mrr: float | None
    reasons: list[Reason]


def weight_of(reasons: list[Reason]) -> int:
    return sum(reason.weight for reason in reasons)


def needing(accounts: QuerySet[Account], today: date, limit: int) -> list[Item]:
    reasons: dict[int, list[Reason]] = defaultdict(list)
    definitions = dict(Definition.objects.values_list("key", "pk"))
    for account, reason in _all(accounts.order_by().values("pk"), today, definitions):
        if reason.kind not in {known.kind for known in reasons[account]}:
            reasons[account].append(reason)
    money = CurrentValue.objects.filter(account__in=list(reasons), definition=definitions.get("mrr"))
    mrr = dict(money.values_list("account_id", "value"))
    first = sorted(
        reasons, key=lambda account: (-weight_of(reasons[account]), -(mrr.get(account) or 0), account)
    )[:limit]
    rows = Account.objects.in_bulk(first)
    return [Item(rows[account], mrr.get(account), reasons[account]) for account in first if account in rows]


def _all(accounts: QuerySet[Any], today: date, definitions: dict[str, int]) -> Iterable[tuple[int, Reason]]:
    for account, day in notices(accounts, today).values_list("account_id", "cancelled_on")[:MOST]:
        yield account, Reason("notice", 4, day=day)
    for key in ("mrr_churned", "mrr_contraction"):
        for account, value in _highest(accounts, definitions.get(key), above=0):
            yield account, Reason("fall", 3, value=-value)
    for account, day in coming_up(accounts, today).values_list("account_id", "ends")[:MOST]:
        yield account, Reason("term", 2 if day <= today + timedelta(days=SOON_DAYS) else 1, day=day)
    for account, value in _highest(accounts, definitions.get("tickets"), above=MANY_TICKETS - 1):
        yield account, Reason("tickets", 1, value=value)


def notices(accounts: QuerySet[Any], today: date) -> QuerySet[Subscription]:
    """Subscriptions that were cancelled lately and are still in service."""
    return (
        Subscription.objects.filter(
            account__in=accounts, cancelled_on__gt=today - timedelta(days=NOTICE_DAYS)
        )
        .filter(Q(ends=None) | Q(ends__gt=today), cancelled_on__lte=today)
        .order_by("-cancelled_on", "-pk")
    )


def coming_up(accounts: QuerySet[Any], today: date) -> QuerySet[Term]:
    """Undecided terms that end within the next weeks."""
    last = today + timedelta(days=TERM_DAYS)
    open_terms = Term.objects.filter(outcome=Term.Outcome.OPEN, account__in=accounts)
    return open_terms.filter(ends__gte=today, ends__lte=last).order_by("ends", "pk")


def _highest(accounts: QuerySet[Any], definition: int | None, above: int) -> Iterable[tuple[int, float]]:
    """Served by the index currentvalue_by_value."""
    if definition is None:
        return []
    rows = CurrentValue.objects.filter(definition=definition, value__gt=above, account__in=accounts)
    highest = rows.order_by("-value", "-account").values_list("account_id", "value")[:MOST]
    return [(account, value or 0) for account, value in highest]
