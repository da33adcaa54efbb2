"""For how long what is kept, and whose address is let in again."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import ErasedAddress, Retention
from accounts.requests import Request
from cxhub import retention
from cxhub.privacy_forms import LetInForm, RetentionForm


@require_http_methods(["GET", "POST"])
def show_privacy(request: Request) -> HttpResponse:
    if not request.user.has_perm("accounts.change_retention"):
        return render(request, "403.html", status=HTTPStatus.FORBIDDEN)
    if "address" in request.POST:
        return _let_in(request)
    form = RetentionForm(request.POST or None, instance=Retention.current())
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved. The next run is at night."))
        return redirect("privacy")
    return _page(request, form, LetInForm())


def _let_in(request: Request) -> HttpResponse:
    form = LetInForm(request.POST)
    if not form.is_valid():
        return _page(request, RetentionForm(instance=Retention.current()), form)
    ErasedAddress.objects.of(form.cleaned_data["address"]).delete()
    messages.success(request, _("The address is let in again."))
    return redirect("privacy")


def _page(request: Request, form: RetentionForm, let_in: LetInForm) -> HttpResponse:
    """With what the settings that are kept would take in the next run."""
    going = retention.foreseen(Retention.objects.get(pk=1), timezone.now())
    context: dict[str, Any] = {
        "form": form,
        "let_in": let_in,
        "upload_days": settings.UPLOADS_KEPT.days,
        "going": [(form.fields[name].label, rows) for name, rows in going.items()],
        "erased": ErasedAddress.objects.count(),
    }
    is_wrong = form.errors or let_in.errors
    return render(request, "cxhub/privacy.html", context, status=HTTPStatus.BAD_REQUEST if is_wrong else 200)
