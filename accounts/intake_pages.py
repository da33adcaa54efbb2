"""The page on which one watches events come in, makes keys for what sends them, and mends what was rejected."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.intake import keys, overview, replay
from accounts.intake.reasons import KEPT_OF_REQUESTS, words_of
from accounts.intake_forms import MendForm, RejectedForm, WriteKeyForm
from accounts.models import AccountKey, RejectedEvent, WriteKey
from accounts.requests import Request, only_for

ROWS = 50
# Where the session holds the key that is shown next.
MADE = "made_write_key"
# Events are of every account.
WATCH = ("accounts.view_writekey", "accounts.view_rejectedevent", "accounts.view_all_accounts")
watches = only_for(*WATCH)
writes_keys = permission_required("accounts.change_writekey", raise_exception=True)
mends = permission_required("accounts.change_rejectedevent", raise_exception=True)


@watches
def show(request: Request) -> HttpResponse:
    now = timezone.now()
    context: dict[str, Any] = {
        "rate": overview.rate(now),
        "backlog": overview.backlog(),
        "latest": overview.latest(),
        "now": now,
    }
    if request.htmx:
        return render(request, "accounts/_intake_now.html", context)
    context["reasons"] = [one | {"words": words_of(one["reason"])} for one in overview.reasons()]
    context["keys"], context["revoked"] = overview.keys(now), overview.revoked(now)
    return render(request, "accounts/intake.html", context)


@watches
@permission_required("accounts.add_writekey", raise_exception=True)
@never_cache
@require_http_methods(["GET", "POST"])
def add_key(request: Request) -> HttpResponse:
    form = WriteKeyForm(request.POST or None)
    if not form.is_valid():
        status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
        sources = AccountKey.objects.order_by("source").values_list("source", flat=True).distinct()
        return render(request, "accounts/write_key.html", {"form": form, "sources": sources}, status=status)
    key, secret = keys.make(**form.cleaned_data, by=request.user)
    request.session[MADE] = secret
    return redirect("accounts:write-key-made", key.pk)


@watches
@permission_required("accounts.add_writekey", raise_exception=True)
@never_cache
def show_made_key(request: Request, pk: int) -> HttpResponse:
    """Once: whoever loads it again is back at the keys."""
    key, secret = get_object_or_404(WriteKey, pk=pk), request.session.pop(MADE, "")
    if keys.find(secret) != key:
        return redirect("accounts:intake")
    host = f"{request.scheme}://{request.get_host()}"
    return render(request, "accounts/write_key_made.html", {"key": key, "secret": secret, "host": host})


@watches
@writes_keys
@require_http_methods(["GET", "POST"])
def revoke_key(request: Request, pk: int) -> HttpResponse:
    key = get_object_or_404(WriteKey.objects.valid(), pk=pk)
    if request.method == "POST":
        keys.revoke(key, timezone.now())
        return redirect("accounts:intake")
    return render(request, "accounts/revoke_write_key.html", {"key": key})


@watches
def list_rejected(request: Request) -> HttpResponse:
    form = RejectedForm(request.GET)
    if not form.is_valid():
        return render(request, "accounts/rejected_events.html", {"form": form}, status=HTTPStatus.BAD_REQUEST)
    reason = form.cleaned_data["reason"]
    rows = overview.rejected(reason, form.cleaned_data["key"])
    page = Paginator(rows, ROWS).get_page(form.cleaned_data["page"] or 1)
    context = {
        "form": form,
        "page": page,
        "words": words_of(reason) if reason else "",
        "are_of_requests": reason in KEPT_OF_REQUESTS,
        "can_be_sent_again": rows.to_send_again().exists(),
    }
    return render(request, "accounts/rejected_events.html", context)


@watches
@mends
@require_POST
def send_again(request: Request) -> HttpResponse:
    """All that the list shows, as far as a page can wait for it."""
    form = RejectedForm(request.GET)
    if not form.is_valid():
        return render(request, "accounts/rejected_events.html", {"form": form}, status=HTTPStatus.BAD_REQUEST)
    rows = overview.rejected(form.cleaned_data["reason"], form.cleaned_data["key"])
    tell(request, replay.replay(rows, now=timezone.now()))
    return redirect("accounts:rejected-events")


@watches
@require_http_methods(["GET", "POST"])
def mend(request: Request, pk: int) -> HttpResponse:
    rejected = get_object_or_404(RejectedEvent.objects.waiting().select_related("key"), pk=pk)
    form = MendForm(request.POST or None, initial={"content": rejected.text})
    if request.method == "POST" and not request.user.has_perm("accounts.change_rejectedevent"):
        return render(request, "403.html", status=HTTPStatus.FORBIDDEN)
    if request.method == "POST" and "put_back" in request.POST:
        keep(rejected, "")
        messages.success(request, _("The original is back. It has not been sent again."))
        return redirect("accounts:mend-event", pk)
    if request.method == "POST" and not rejected.can_be_sent_again:
        return redirect("accounts:mend-event", pk)
    if form.is_valid():
        keep(rejected, form.cleaned_data["content"])
        tell(request, replay.replay(RejectedEvent.objects.filter(pk=pk), now=timezone.now()))
        waits = RejectedEvent.objects.waiting().filter(pk=pk).exists()
        return redirect("accounts:mend-event", pk) if waits else redirect("accounts:rejected-events")
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    return render(request, "accounts/mend_event.html", {"rejected": rejected, "form": form}, status=status)


def keep(rejected: RejectedEvent, text: str) -> None:
    """What came first stays as it came."""
    rejected.mended = "" if text == rejected.content else text
    rejected.save(update_fields=["mended"])


@watches
@mends
@require_http_methods(["GET", "POST"])
def let_go(request: Request, pk: int) -> HttpResponse:
    rejected = get_object_or_404(RejectedEvent.objects.waiting(), pk=pk)
    if request.method == "POST":
        rejected.delete()
        messages.success(request, _("The rejected event was let go. It is not kept any more."))
        return redirect("accounts:rejected-events")
    return render(request, "accounts/let_event_go.html", {"rejected": rejected})


def tell(request: Request, done: replay.Replayed) -> None:
    if taken := done.taken:
        sentence = ngettext("%(count)s event was taken.", "%(count)s events were taken.", taken)
        messages.success(request, sentence % {"count": taken})
    if left := done.rejected:
        sentence = ngettext(
            "%(count)s event was rejected again.", "%(count)s events were rejected again.", left
        )
        messages.warning(request, sentence % {"count": left})
