"""The facts of an account, panel by panel: a few rows on its page, all of them one click away."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.histories import in_words, told
from accounts.models import (
    Account,
    AccountChange,
    Attachment,
    Contact,
    Order,
    Payment,
    Subscription,
    Term,
    Ticket,
    named_like,
)
from accounts.models.tickets import latest_kind

FEW, MANY = 6, 50


@dataclass(frozen=True)
class Panel:
    """`rows(accounts, day)`: the facts of an account and of those merged into it. `room`: whose template shows them."""

    title: Promise
    icon: str
    rows: Callable[[list[int], date], QuerySet[Any]]
    room: str = "accounts"
    search: Callable[[QuerySet[Any], str], QuerySet[Any]] | None = None


def subscriptions(accounts: list[int], day: date) -> QuerySet[Subscription]:
    """What is in service first, then what was."""
    rows = Subscription.objects.filter(account__in=accounts).select_related("plan").with_mrr(day)
    return rows.order_by(F("ends").desc(nulls_first=True), "-starts", "-id")


def terms(accounts: list[int], _day: date) -> QuerySet[Term]:
    return Term.objects.filter(account__in=accounts).order_by("-ends", "-id")


def contacts(accounts: list[int], _day: date) -> QuerySet[Contact]:
    """Those who left come last; who was merged is found at the survivor."""
    return Contact.objects.filter(account__in=accounts, merged_into=None).order_by(
        F("left").desc(nulls_first=True), "name_key", "id"
    )


def search_contacts(rows: QuerySet[Contact], text: str) -> QuerySet[Contact]:
    return rows.filter(named_like(text) | Q(email__icontains=text))


def orders(accounts: list[int], _day: date) -> QuerySet[Order]:
    return Order.objects.filter(account__in=accounts)


def payments(accounts: list[int], _day: date) -> QuerySet[Payment]:
    return Payment.objects.filter(account__in=accounts)


def tickets(accounts: list[int], _day: date) -> QuerySet[Ticket]:
    return Ticket.objects.filter(account__in=accounts).annotate(latest=latest_kind())


def attachments(accounts: list[int], _day: date) -> QuerySet[Attachment]:
    return Attachment.objects.filter(account__in=accounts).select_related("added_by", "contact", "ticket")


def changes(accounts: list[int], _day: date) -> QuerySet[AccountChange]:
    rows = AccountChange.objects.filter(account__in=accounts).select_related("account", "by")
    return in_words(rows).order_by("-from_day", "-id")


# Other rooms add theirs.
PANELS = {
    "subscriptions": Panel(_("Subscriptions"), "coin", subscriptions),
    "terms": Panel(_("Terms"), "calendar", terms),
    "contacts": Panel(_("Contacts"), "users", contacts, search=search_contacts),
    "orders": Panel(_("Orders"), "shopping-cart", orders),
    "payments": Panel(_("Payments"), "coin", payments),
    "tickets": Panel(_("Tickets"), "ticket", tickets),
    "attachments": Panel(_("Attachments"), "paperclip", attachments),
    "changes": Panel(_("Dated changes"), "history", changes),
}


def with_merged(account: Account) -> list[int]:
    """The account and those whose facts count as its own."""
    losers = Account.objects.filter(merged_into=account.pk).values_list("pk", flat=True)
    return [account.pk, *losers]


def rows_of(name: str, accounts: list[int], day: date, search: str = "") -> QuerySet[Any]:
    panel = PANELS[name]
    rows = panel.rows(accounts, day)
    return panel.search(rows, search) if panel.search and search else rows


def few(accounts: list[int], day: date) -> dict[str, dict[str, Any]]:
    """The first rows of every panel, one query each, and whether there are more."""
    found = {name: list(rows_of(name, accounts, day)[: FEW + 1]) for name in PANELS}
    return {
        name: {
            "name": name,
            "panel": PANELS[name],
            "rows": readable(name, rows[:FEW]),
            "has_more": len(rows) > FEW,
        }
        for name, rows in found.items()
    }


def readable(name: str, rows: list[Any]) -> list[Any]:
    """Dated values in words."""
    return told(rows) if name == "changes" else rows
