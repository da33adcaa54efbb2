"""An account and its people written by hand, by whoever looks after them. Other facts are entered in the admin."""

from copy import copy
from http import HTTPStatus
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import trail
from accounts.admin import meanwhile
from accounts.admin.entry import reason_of
from accounts.models import Account, AccountChange, Contact
from accounts.requests import Request
from cxhub.record_forms import AccountForm, ContactForm, RecordForm

# How many of others' changes are told.
STEPS = 20


@require_http_methods(["GET", "POST"])
def edit_account(request: Request, pk: int) -> HttpResponse:
    account = get_object_or_404(Account.objects.visible_to(request.user), pk=pk)
    if not request.user.has_perm("accounts.change_account"):
        return render(request, "403.html", status=HTTPStatus.FORBIDDEN)
    if account.merged_into_id:
        return redirect("account", account.merged_into_id)
    return written(request, AccountForm, account, copy(account))


@require_http_methods(["GET", "POST"])
def add_contact(request: Request, pk: int) -> HttpResponse:
    account = get_object_or_404(Account.objects.visible_to(request.user), pk=pk)
    if not request.user.has_perm("accounts.add_contact"):
        return render(request, "403.html", status=HTTPStatus.FORBIDDEN)
    if account.merged_into_id:
        return redirect("add-contact", account.merged_into_id)
    return written(request, ContactForm, Contact(account=account), account)


@require_http_methods(["GET", "POST"])
def edit_contact(request: Request, pk: int) -> HttpResponse:
    contact = get_object_or_404(Contact.objects.visible_to(request.user).select_related("account"), pk=pk)
    if not request.user.has_perm("accounts.change_contact"):
        return render(request, "403.html", status=HTTPStatus.FORBIDDEN)
    return written(request, ContactForm, contact, contact.account)


def written(request: Request, kind: type[RecordForm], row: Any, account: Account) -> HttpResponse:
    """The form, and what was sent of it saved; whoever comes second is told what the first one did."""
    if request.method == "GET":
        return shown(request, kind(instance=row, reader=request.user), account)
    if row.pk:
        # Whoever is faster ends first; then what they wrote is read.
        get_object_or_404(type(row).objects.select_for_update(no_key=True), pk=row.pk)
        row.refresh_from_db()
    newer = newer_than(request.POST.get("_seen", ""), row)
    if newer:
        sent = meanwhile.merged(request.POST, kind(instance=row, reader=request.user), [], newer)
        steps = trail.told(newer[:STEPS], request.user)
        return shown(
            request, kind(sent, instance=row, reader=request.user), account, HTTPStatus.CONFLICT, steps
        )
    form = kind(request.POST, instance=row, reader=request.user)
    if not form.is_valid() or not saved(form):
        return shown(request, form, account, HTTPStatus.BAD_REQUEST)
    if not Account.objects.visible_to(request.user).filter(pk=account.pk).exists():
        # It was given away.
        return redirect("metrics:accounts")
    panel = "" if isinstance(row, Account) else "#panel-contacts"
    return redirect(f"{reverse('account', args=[account.pk])}{panel}")


def saved(form: RecordForm) -> bool:
    """False, and said in the form, where the database refuses what no form could know."""
    try:
        with transaction.atomic():
            form.write()
    except IntegrityError as error:
        about, words = reason_of(error)
        form.add_error(about if about in form.fields else None, words)
        return False
    return True


def newer_than(seen: str, row: Any) -> list[Any]:
    """What was written since the form was opened, the last first."""
    if not row.pk or not seen.isdecimal():
        return []
    return list(entries_of(row).filter(pk__gt=int(seen)).order_by("-pk"))


def entries_of(row: Any) -> Any:
    return trail.entries_of(row, [(AccountChange, "account")] if isinstance(row, Account) else [])


def shown(
    request: Request,
    form: RecordForm,
    account: Account,
    status: HTTPStatus = HTTPStatus.OK,
    steps: Any = None,
) -> HttpResponse:
    row = form.instance
    titles = {
        Account: _("Edit the account"),
        Contact: _("Edit a person") if row.pk else _("Add a person"),
    }
    context = {
        "form": form,
        "account": account,
        "title": titles[type(row)],
        "seen": trail.latest(entries_of(row)) if row.pk else "",
        "steps": steps,
        "is_account": isinstance(row, Account),
    }
    return render(request, "cxhub/record.html", context, status=status)
