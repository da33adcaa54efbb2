"""Many accounts changed at once: what would become of them first, then one run that can be undone."""

from http import HTTPStatus
from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import actions
from accounts.actions import Change, Foreseen
from accounts.requests import Request, organisation_of
from accounts.views import carry_out
from cxhub.action_forms import GIVEN_BY, ChangeForm, ConfirmForm
from metrics import account_list
from metrics.questions import names_of

SHOWN, SHOWN_VALUES = 10, 8
OF_THE_CHANGE = ("of", "do", "day", *GIVEN_BY.values())


@require_http_methods(["GET", "POST"])
def change_accounts(request: Request) -> HttpResponse:
    """The address says which accounts and what becomes of them; posting it does it."""
    if not request.user.has_perm("accounts.change_account"):
        return render(request, "403.html", status=HTTPStatus.FORBIDDEN)
    today = organisation_of(request).today(timezone.now())
    form = ChangeForm(request.GET, reader=request.user, today=today)
    context: dict[str, Any] = {"form": form, "list": address_of_list(request), "today": today.isoformat()}
    if not form.says_which:
        return render(request, "cxhub/change_accounts.html", context, status=HTTPStatus.BAD_REQUEST)
    rows = account_list.filtered(request.user, form.cleaned_data)
    context |= {"count": rows.order_by().count(), "hidden": selection(request), "filters": in_words(form)}
    if not form.is_valid() or form.change is None:
        status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
        return render(request, "cxhub/change_accounts.html", context, status=status)
    return _change(request, form, form.change, rows, context)


def _change(
    request: Request, form: ChangeForm, change: Change, rows: QuerySet[Any], context: dict[str, Any]
) -> HttpResponse:
    foreseen = actions.foresee(rows, change)
    confirm = ConfirmForm(request.POST)
    moved = confirm.is_valid() and confirm.cleaned_data["changing"] != foreseen.changing
    if confirm.is_valid() and not moved:
        return _carry_out(request, form, change, rows)
    context |= {"foreseen": foreseen, "change": change, "moved": moved}
    context |= told(form, change, rows, foreseen, request)
    return render(
        request, "cxhub/change_accounts.html", context, status=HTTPStatus.CONFLICT if moved else HTTPStatus.OK
    )


def _carry_out(request: Request, form: ChangeForm, change: Change, rows: QuerySet[Any]) -> HttpResponse:
    said = {"do": change.action, "said": form.said}
    job = actions.begin([(rows, change)], by=request.user, parameters=said)
    return redirect(address_of_list(request) if carry_out(request, job) else "runs")


# In words


def told(
    form: ChangeForm, change: Change, rows: QuerySet[Any], foreseen: Foreseen, request: Request
) -> dict[str, Any]:
    """What is to change, for the page: the first accounts, and of a dated value what it is instead of."""
    changing = actions.differing(rows, change)
    first = changing.order_by("name_key", "pk")[:SHOWN]
    before: list[tuple[str, int]] = []
    if isinstance(actions.ACTIONS[change.action], actions.Dated):
        counted = changing.order_by().values_list("in_force").annotate(rows=Count("pk")).order_by("-rows")
        values = dict(counted[:SHOWN_VALUES])
        names = names_of(change.action, list(values), request.user)
        before = [(names[value], count) for value, count in values.items()]
    more = foreseen.changing - sum(count for _name, count in before)
    return {"first": list(first), "before": before, "more": more if before else 0, "said": form.said}


def in_words(form: ChangeForm) -> list[tuple[str, str]]:
    """The filters in use: what they are called, and what was chosen."""
    chosen = []
    for name, value in form.chosen.items():
        field: Any = form.fields[name]
        chosen.append((str(field.label), str(dict(field.choices)[value])))
    searched = [(str(form["q"].label), form.cleaned_data["q"])] if form.cleaned_data["q"] else []
    return [*searched, *chosen]


def selection(request: Request) -> list[tuple[str, str]]:
    """Of the address what says which accounts; the form says the rest anew."""
    kept = request.GET.copy()
    for name in OF_THE_CHANGE[1:]:
        kept.pop(name, None)
    return [(name, value) for name, values in kept.lists() for value in values if value]


def address_of_list(request: Request) -> str:
    kept = request.GET.copy()
    for name in (*OF_THE_CHANGE, "account"):
        kept.pop(name, None)
    address = reverse("metrics:accounts")
    return f"{address}?{kept.urlencode()}" if kept else address
