"""A book of accounts goes from one of us to others: what that would be, and one run that does it."""

from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import handover
from accounts.models import Account, User
from accounts.requests import Request, organisation_of
from accounts.views import carry_out
from cxhub.handover_forms import BY_HAND, HandoverForm, SharesForm
from cxhub.roles import SEE_ALL
from metrics import account_list, attention, stored

# More are not divided one by one.
BY_HAND_AT_MOST = 300
SHOWN = 25


@dataclass(frozen=True)
class Share:
    """What somebody would get."""

    to: User
    accounts: int
    mrr: float | None
    tickets: int
    terms: int


@dataclass(frozen=True)
class Book:
    """The part of a book that is to be handed over, with what weighs in it, by account."""

    accounts: list[Account]
    mrr: dict[int, float | None]
    tickets: dict[int | None, int]
    terms: dict[int, int]

    def share(self, to: User, accounts: list[int]) -> Share:
        values = [self.mrr.get(pk, 0.0) for pk in accounts]
        known = [value for value in values if value is not None]
        return Share(
            to,
            len(accounts),
            sum(known) if len(known) == len(values) else None,
            sum(self.tickets.get(pk, 0) for pk in accounts),
            sum(self.terms.get(pk, 0) for pk in accounts),
        )

    @property
    def other_tickets(self) -> int:
        its = {account.pk for account in self.accounts}
        return sum(count for pk, count in self.tickets.items() if pk not in its)


@require_http_methods(["GET", "POST"])
def hand_over(request: Request) -> HttpResponse:
    if not request.user.has_perms([SEE_ALL, "accounts.change_account"]):
        return render(request, "403.html", status=HTTPStatus.FORBIDDEN)
    today = organisation_of(request).today(timezone.now())
    form = HandoverForm(request.GET, reader=request.user, today=today)
    context: dict[str, Any] = {"form": form, "today": today.isoformat(), "most_by_hand": BY_HAND_AT_MOST}
    if not form.is_valid():
        return render(request, "cxhub/handover.html", context, status=HTTPStatus.BAD_REQUEST)
    leaver, to = form.cleaned_data["from"], list(form.cleaned_data["to"])
    if leaver is None:
        return render(request, "cxhub/handover.html", context)
    context |= {"leaver": leaver, "remains": handover.remains(leaver)}
    if not to:
        return render(request, "cxhub/handover.html", context)
    return _hand_over(request, form, leaver, to, context)


def _hand_over(
    request: Request, form: HandoverForm, leaver: User, to: list[User], context: dict[str, Any]
) -> HttpResponse:
    book = _book(leaver, form, request.user)
    shares = handover.dealt([account.pk for account in book.accounts], [user.pk for user in to])
    by_hand = form.cleaned_data["how"] == BY_HAND and len(book.accounts) <= BY_HAND_AT_MOST
    said = SharesForm(
        request.POST if request.method == "POST" else None,
        book=book.accounts if by_hand else [],
        to=to,
        shares=shares,
    )
    moved = said.is_valid() and said.cleaned_data["accounts"] != len(book.accounts)
    if said.is_valid() and not moved:
        return _carry_out(request, form, said, said.shares if by_hand else shares)
    context |= _told(request, form, book, to, shares)
    context |= {"said": said, "by_hand": by_hand, "moved": moved}
    if by_hand:
        context["each"] = [(account, said[said.names[account.pk]]) for account in book.accounts]
    status = HTTPStatus.CONFLICT if moved else HTTPStatus.BAD_REQUEST if said.errors else HTTPStatus.OK
    return render(request, "cxhub/handover.html", context, status=status)


def _carry_out(
    request: Request, form: HandoverForm, said: SharesForm, shares: dict[int, int]
) -> HttpResponse:
    job = handover.begin(
        form.cleaned_data["from"],
        shares,
        others=form.cleaned_data["others"],
        day=form.cleaned_data["day"],
        today=form.today,
        reason=said.cleaned_data["reason"],
        by=request.user,
    )
    carry_out(request, job)
    return redirect("runs")


def _book(leaver: User, form: HandoverForm, reader: User) -> Book:
    chosen = account_list.filtered(reader, {**form.chosen, "owner": leaver.pk, "internal": True})
    accounts = list(chosen.order_by("name_key", "pk"))
    ids = [account.pk for account in accounts]
    values = stored.current(ids, ["mrr"])
    tickets = handover.open_tickets(leaver).order_by().values_list("account", flat=True)
    terms = attention.coming_up(chosen.order_by(), form.today).values_list("account", flat=True)
    mrr = {pk: row.value for (pk, _key), row in values.items()}
    return Book(accounts, mrr, Counter(tickets), Counter(terms))


def _told(
    request: Request, form: HandoverForm, book: Book, to: list[User], shares: dict[int, int]
) -> dict[str, Any]:
    theirs = {user.pk: [pk for pk, owner in shares.items() if owner == user.pk] for user in to}
    return {
        "book": book,
        "shares": [book.share(user, theirs[user.pk]) for user in to],
        "first": [] if len(book.accounts) > SHOWN else book.accounts,
        "stays": handover.book_of(form.cleaned_data["from"]).filter(merged_into=None).count()
        - len(book.accounts),
        "is_ahead": form.cleaned_data["day"] > form.today,
        "currency": organisation_of(request).currency,
        "is_computed": stored.computed_at() is not None,
    }
