"""Duplicates: the pairs that may be one, merging two field by field, and parting them again."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts import duplicates, tasks, unmerging
from accounts.merges import ACCOUNTS, MERGED, merge_accounts, merge_contacts
from accounts.models import Account, AccountPair, Contact, ContactPair, Job, named_like
from accounts.requests import Request, organisation_of
from cxhub import sides
from cxhub.sides import Difference

PAIRS_A_PAGE, MERGES_A_PAGE, OFFERED = 10, 25, 10
PAIRS: dict[str, Any] = {"accounts": AccountPair, "contacts": ContactPair}
CHANGES = {Account: "accounts.change_account", Contact: "accounts.change_contact"}


class DuplicatesForm(forms.Form):
    of = forms.ChoiceField(
        label=gettext_lazy("Of"),
        required=False,
        choices=[
            ("accounts", gettext_lazy("Accounts")),
            ("contacts", gettext_lazy("Contacts")),
            ("merges", gettext_lazy("Merged")),
        ],
    )
    page = forms.IntegerField(label=gettext_lazy("Page"), required=False, min_value=1)


class LoserForm(forms.Form):
    loser = forms.IntegerField(label=gettext_lazy("Merged"), required=False, min_value=1)
    q = forms.CharField(label=gettext_lazy("Name"), required=False, max_length=200)


class TakingForm(forms.Form):
    """Of each field that differs: whose value is kept."""

    def __init__(self, *args: Any, told: list[Difference], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in told:
            self.fields[one.name] = forms.ChoiceField(choices=[("kept", ""), ("other", "")], label=one.label)

    @property
    def taking(self) -> list[str]:
        return [name for name, whose in self.cleaned_data.items() if whose == "other"]


@require_http_methods(["GET", "POST"])
def list_duplicates(request: Request) -> HttpResponse:
    if request.method == "POST":
        return _act(request)
    form = DuplicatesForm(request.GET)
    if not form.is_valid():
        return render(request, "cxhub/duplicates.html", {"form": form}, status=HTTPStatus.BAD_REQUEST)
    of = form.cleaned_data["of"] or "accounts"
    listed = _merges(request, form) if of == "merges" else _pairs(request, form, of)
    context = {
        "form": form,
        "of": of,
        "tabs": form.fields["of"].choices,  # type: ignore[attr-defined]
        "searched_at": duplicates.searched_at(),
        "now": timezone.now(),
        "may_search": request.user.has_perm(CHANGES[Account]),
        "currency": organisation_of(request).currency,
        **listed,
    }
    return render(request, "cxhub/duplicates.html", context)


def _pairs(request: Request, form: DuplicatesForm, of: str) -> dict[str, Any]:
    related = ("first__owner", "second__owner") if of == "accounts" else ("first__account", "second__account")
    pairs = PAIRS[of].objects.visible_to(request.user).open().select_related("first", "second", *related)
    page = Paginator(pairs.likeliest_first(), PAIRS_A_PAGE).get_page(form.cleaned_data["page"] or 1)
    rows = [row for pair in page for row in (pair.first, pair.second)]
    told = sides.of_accounts(rows) if of == "accounts" else sides.of_contacts(rows)
    listed = [{"pair": pair, "sides": [told[pair.first_id], told[pair.second_id]]} for pair in page]
    model = Account if of == "accounts" else Contact
    return {"page": page, "listed": listed, "may_merge": request.user.has_perm(CHANGES[model])}


def _merges(request: Request, form: DuplicatesForm) -> dict[str, Any]:
    page = Paginator(visible_merges(request), MERGES_A_PAGE).get_page(form.cleaned_data["page"] or 1)
    undone = unmerging.undone(page)
    names = {
        kind: model._default_manager.in_bulk(
            [job.parameters[side] for job in page if job.kind == kind for side in ("loser", "survivor")]
        )
        for kind, model in MERGED.items()
    }
    listed = [
        {
            "job": job,
            "undo": undone.get(job.pk),
            "loser": names[job.kind].get(job.parameters["loser"]),
            "survivor": names[job.kind].get(job.parameters["survivor"]),
        }
        for job in page
    ]
    return {"page": page, "listed": listed}


def visible_merges(request: Request) -> Any:
    """All for who sees every account, else one's own."""
    jobs = Job.objects.filter(kind__in=MERGED).select_related("created_by").order_by("-pk")
    sees_all = request.user.has_perm("accounts.view_all_accounts")
    return jobs if sees_all else jobs.filter(created_by=request.user)


def _act(request: Request) -> HttpResponse:
    of = "contacts" if request.POST.get("of") == "contacts" else "accounts"
    if not request.user.has_perm(CHANGES[Contact if of == "contacts" else Account]):
        return render(request, "403.html", status=HTTPStatus.FORBIDDEN)
    if request.POST.get("action") == "search":
        tasks.find_duplicates.delay_on_commit()
        messages.success(request, _("The search has begun. Its pairs are here when it is done."))
    else:
        wanted = request.POST.get("pair", "")
        visible = PAIRS[of].objects.visible_to(request.user).open()
        pair = get_object_or_404(visible, pk=int(wanted) if wanted.isdecimal() else 0)
        type(pair).objects.filter(pk=pair.pk).update(dismissed_at=timezone.now(), dismissed_by=request.user)
        messages.success(request, _("These two are not proposed again."))
    return redirect(f"{request.path}?of={of}")


@require_http_methods(["GET", "POST"])
def merge_account(request: Request, pk: int) -> HttpResponse:
    accounts = Account.objects.visible_to(request.user).filter(merged_into=None)
    survivor = get_object_or_404(accounts.select_related("owner", "team", "parent"), pk=pk)
    return _merge(request, survivor, accounts.select_related("owner", "team", "parent"))


@require_http_methods(["GET", "POST"])
def merge_contact(request: Request, pk: int) -> HttpResponse:
    """With another contact of the account, or of one that was merged into it."""
    contacts = Contact.objects.visible_to(request.user).filter(merged_into=None).select_related("account")
    survivor = get_object_or_404(contacts, pk=pk)
    account = survivor.account.merged_into_id or survivor.account_id
    return _merge(request, survivor, contacts.filter(Q(account=account) | Q(account__merged_into=account)))


def _merge(request: Request, survivor: Any, others: Any) -> HttpResponse:
    if not request.user.has_perm(CHANGES[type(survivor)]):
        return render(request, "403.html", status=HTTPStatus.FORBIDDEN)
    form = LoserForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    if not asked.get("loser"):
        return _choose(request, survivor, others, form)
    loser = get_object_or_404(others.exclude(pk=survivor.pk), pk=asked["loser"])
    told = sides.differences(survivor, loser)
    taking = TakingForm(request.POST if request.method == "POST" else None, told=told)
    if taking.is_valid() and _is_merged(request, survivor, loser, taking):
        return redirect(_page_of(survivor))
    both = (sides.of_accounts if isinstance(survivor, Account) else sides.of_contacts)([survivor, loser])
    context = {
        "survivor": survivor,
        "loser": loser,
        "differences": told,
        "sides": [both[survivor.pk], both[loser.pk]],
        "form": taking,
        "is_account": isinstance(survivor, Account),
        "currency": organisation_of(request).currency,
        "back": _page_of(survivor),
    }
    return render(
        request, "cxhub/merge.html", context, status=HTTPStatus.BAD_REQUEST if taking.errors else 200
    )


def _choose(request: Request, survivor: Any, others: Any, form: LoserForm) -> HttpResponse:
    text = form.cleaned_data.get("q", "") if form.is_valid() else ""
    found = others.exclude(pk=survivor.pk).order_by("name_key", "pk")
    if text:
        found = found.filter(named_like(text))
    is_asked = bool(text) or isinstance(survivor, Contact)
    context = {
        "survivor": survivor,
        "form": form,
        "q": text,
        "found": list(found[:OFFERED]) if is_asked else [],
        "is_asked": is_asked,
        "back": _page_of(survivor),
    }
    return render(
        request, "cxhub/merge_with.html", context, status=HTTPStatus.BAD_REQUEST if form.errors else 200
    )


def _is_merged(request: Request, survivor: Any, loser: Any, form: TakingForm) -> bool:
    merge: Any = merge_accounts if isinstance(survivor, Account) else merge_contacts
    try:
        merge(loser, survivor, by=request.user, now=timezone.now(), taking=form.taking)
    except ValidationError as refused:
        form.add_error(None, refused)
        return False
    told = _("%(loser)s is merged into %(survivor)s.") % {"loser": loser, "survivor": survivor}
    messages.success(request, told)
    return True


def _page_of(row: Any) -> str:
    account = row if isinstance(row, Account) else row.account
    return str(account.get_absolute_url())


@require_http_methods(["GET", "POST"])
def undo_merge(request: Request, pk: int) -> HttpResponse:
    merge = get_object_or_404(Job, pk=pk, kind__in=MERGED)
    model = MERGED[merge.kind]
    rows = model._default_manager.visible_to(request.user).in_bulk(
        [merge.parameters["loser"], merge.parameters["survivor"]]
    )
    survivor = get_object_or_404(model, pk=merge.parameters["survivor"] if len(rows) == 2 else 0)
    if not request.user.has_perm(CHANGES[model]):
        return render(request, "403.html", status=HTTPStatus.FORBIDDEN)
    loser = rows[merge.parameters["loser"]]
    refusal = unmerging.why_not(merge)
    undo = None
    if request.method == "POST" and not refusal:
        try:
            undo = unmerging.undo_merge(merge, by=request.user, now=timezone.now())
        except unmerging.NotUndoable as refused:
            refusal = str(refused)
    if undo:
        messages.success(request, _("%(loser)s stands by itself again.") % {"loser": loser})
        for stays in unmerging.told(undo):
            messages.warning(request, stays)
        return redirect(_page_of(loser))
    context = {
        "merge": merge,
        "loser": loser,
        "survivor": survivor,
        "refusal": refusal,
        "since": unmerging.entered_since(merge),
        "back": _page_of(survivor),
        "is_account": merge.kind == ACCOUNTS,
    }
    return render(request, "cxhub/undo_merge.html", context, status=HTTPStatus.CONFLICT if refusal else 200)
