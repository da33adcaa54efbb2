"""Files of an account: put to it, fetched, deleted. A browser never opens one in our name."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts import attachments
from accounts.filetypes import served_as
from accounts.models import Account, Attachment, Contact, Ticket
from accounts.requests import Request, was_too_large
from accounts.views import panel

# The newest tickets, and people by name.
OFFERED = 100
# What is sent runs nothing, even if somebody makes a browser show it.
SANDBOXED = "default-src 'none'; sandbox"


class AttachForm(forms.Form):
    """A file, and which contact or ticket of the account it is about; of neither: the account itself."""

    file = forms.FileField(
        label=gettext_lazy("File"), max_length=attachments.LONGEST_NAME, allow_empty_file=False
    )
    contact = forms.ModelChoiceField(Contact.objects.none(), required=False)
    ticket = forms.ModelChoiceField(Ticket.objects.none(), required=False)

    def __init__(self, *given: object, account: Account, is_too_large: bool = False) -> None:
        super().__init__(*given)  # type: ignore[arg-type]
        self.fields["contact"].queryset = account.contacts.all()  # type: ignore[attr-defined]
        self.fields["ticket"].queryset = account.tickets.all()  # type: ignore[attr-defined]
        if is_too_large:
            self.fields["file"].error_messages["required"] = too_large()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("contact") and cleaned.get("ticket"):
            raise forms.ValidationError(_("A file belongs to a contact or to a ticket, not to both."))
        return cleaned

    def clean_file(self) -> object:
        file = self.cleaned_data["file"]
        if file.size > attachments.MOST_BYTES:
            raise forms.ValidationError(too_large())
        return file


def too_large() -> str:
    return _("The file is larger than %(limit)s.") % {"limit": filesizeformat(attachments.MOST_BYTES)}


@require_http_methods(["GET", "POST"])
def of_account(request: Request, pk: int) -> HttpResponse:
    """The list of them; posting a file puts it to the account."""
    if request.method == "GET":
        return panel(request, pk, "attachments", about(pk))
    account = get_object_or_404(Account.objects.visible_to(request.user), pk=pk)
    if not request.user.has_perm("accounts.add_attachment"):
        return render(request, "403.html", status=HTTPStatus.FORBIDDEN)
    form = AttachForm(request.POST, request.FILES, account=account, is_too_large=was_too_large(request))
    if form.is_valid():
        whose = {name: form.cleaned_data[name] for name in ("contact", "ticket")}
        attachments.add(account, form.cleaned_data["file"], by=request.user, **whose)
    for problem in [problem for problems in form.errors.values() for problem in problems]:
        messages.error(request, str(problem))
    return redirect(f"{reverse('account', args=[pk])}#panel-attachments")


def about(account: int) -> dict[str, Any]:
    """Of whom and of what a file can be, asked when the page is written: after somebody was let in."""
    contacts = Contact.objects.unmerged().filter(account=account, left=None)
    return {
        "contacts": contacts.order_by("name_key", "pk")[:OFFERED],
        "tickets": Ticket.objects.filter(account=account)[:OFFERED],
    }


@require_http_methods(["GET", "POST"])
def show_or_delete(request: Request, pk: int) -> HttpResponseBase:
    attachment = get_object_or_404(Attachment.objects.visible_to(request.user), pk=pk)
    if request.method == "GET":
        return download(attachment)
    if not attachments.may_remove(attachment, request.user):
        return render(request, "403.html", status=HTTPStatus.FORBIDDEN)
    attachments.remove(attachment)
    return redirect(f"{reverse('account', args=[attachment.account_id])}#panel-attachments")


def download(attachment: Attachment) -> FileResponse:
    answer = FileResponse(
        attachment.file.open("rb"),
        as_attachment=True,
        filename=attachment.name,
        content_type=served_as(attachment.type),
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = SANDBOXED
    answer["Cache-Control"] = "no-store, private"
    return answer
