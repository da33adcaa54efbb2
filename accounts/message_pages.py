"""The pages on which people look after what is sent: how it leaves, to whom nothing is, what may have left, what was
answered, and what became of one message."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.framing import as_mail
from accounts.message_forms import MediumForm, OutboxForm, RepliesForm, SuppressionForm, SuppressionsForm
from accounts.messages import hits, showing, unknown
from accounts.models import Hit, Message, Outbox, Reply, Suppression
from accounts.models.outboxes import Medium
from accounts.models.suppressions import DIGEST, digested
from accounts.requests import Request, only_for

ROWS = 50
State = Message.State
# Addresses are of every account.
WATCH = ("accounts.view_outbox", "accounts.view_suppression", "accounts.view_all_accounts")
watches = only_for(*WATCH)
changes = permission_required("accounts.change_outbox", raise_exception=True)
suppresses = permission_required("accounts.add_suppression", raise_exception=True)
lifts = permission_required("accounts.change_suppression", raise_exception=True)
judges = permission_required("accounts.change_hit", raise_exception=True)


# How it leaves


@watches
@require_safe
def list_outboxes(request: Request) -> HttpResponse:
    waiting = Count("pk", Q(state=State.WAITING))
    counts = Message.objects.filter(state__in=[State.WAITING, State.UNKNOWN]).order_by()
    found = {
        one["medium"]: one
        for one in counts.values("medium").annotate(
            waiting=waiting, unknown=Count("pk", Q(state=State.UNKNOWN))
        )
    }
    nothing = {"waiting": 0, "unknown": 0}
    rows = [{"outbox": Outbox.of(medium), **found.get(medium, nothing)} for medium in Medium.values]
    return render(request, "accounts/messages.html", {"rows": rows, "now": timezone.now()})


@watches
@changes
@require_http_methods(["GET", "POST"])
def edit_outbox(request: Request, medium: str) -> HttpResponse:
    outbox = _outbox(medium)
    form = OutboxForm(request.POST or None, instance=outbox)
    if form.is_valid():
        Outbox.objects.filter(medium=medium).update(**form.cleaned_data)
        return redirect("accounts:messages")
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    return render(request, "accounts/edit_outbox.html", {"form": form, "outbox": outbox}, status=status)


@watches
@changes
@require_POST
def pause_outbox(request: Request, medium: str) -> HttpResponse:
    open_now = Outbox.objects.filter(pk=_outbox(medium).pk, paused_at=None)
    open_now.update(paused_at=timezone.now(), paused_because=_("By hand"))
    return redirect("accounts:messages")


@watches
@changes
@require_POST
def resume_outbox(request: Request, medium: str) -> HttpResponse:
    """With its errors forgotten."""
    paused = Outbox.objects.filter(pk=_outbox(medium).pk, paused_at__isnull=False)
    paused.update(paused_at=None, paused_because="", errors=0, next_at=None)
    return redirect("accounts:messages")


def _outbox(medium: str) -> Outbox:
    if medium not in Medium.values:
        raise Http404
    return Outbox.of(medium)


# To whom nothing is sent


@watches
@require_safe
def list_suppressions(request: Request) -> HttpResponse:
    form = SuppressionsForm(request.GET)
    if not form.is_valid():
        context = {"form": form}
        return render(request, "accounts/suppressions.html", context, status=HTTPStatus.BAD_REQUEST)
    asked = form.cleaned_data
    rows = Suppression.objects.filter(lifted_at__isnull=asked["which"] != "lifted")
    if asked["medium"]:
        rows = rows.filter(medium=asked["medium"])
    if asked["q"]:
        rows = rows.filter(Q(address__icontains=asked["q"]) | Q(address=digested(asked["q"])))
    page = Paginator(rows, ROWS).get_page(asked["page"] or 1)
    return render(request, "accounts/suppressions.html", {"form": form, "page": page, "digest": DIGEST})


@watches
@suppresses
@require_http_methods(["GET", "POST"])
def suppress(request: Request) -> HttpResponse:
    form = SuppressionForm(request.POST or None)
    if form.is_valid():
        form.save()
        messages.success(request, _("Nothing more of this is sent to this address."))
        return redirect("accounts:suppressions")
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    return render(request, "accounts/suppress.html", {"form": form}, status=status)


@watches
@lifts
@require_http_methods(["GET", "POST"])
def lift(request: Request, pk: int) -> HttpResponse:
    row = get_object_or_404(Suppression.objects.standing(), pk=pk)
    if request.method == "POST":
        Suppression.objects.standing().filter(pk=pk).update(lifted_at=timezone.now())
        messages.success(request, _("Messages are sent to this address again."))
        return redirect("accounts:suppressions")
    return render(request, "accounts/lift_suppression.html", {"row": row, "digest": DIGEST})


# What may have left


@watches
@require_safe
def list_unknown(request: Request) -> HttpResponse:
    form = MediumForm(request.GET)
    if not form.is_valid():
        context = {"form": form}
        return render(request, "accounts/unknown_messages.html", context, status=HTTPStatus.BAD_REQUEST)
    rows = _unknown(request).select_related("contact", "account", "mailing").order_by("-changed_at", "-pk")
    if medium := form.cleaned_data["medium"]:
        rows = rows.filter(medium=medium)
    page = Paginator(rows, ROWS).get_page(form.cleaned_data["page"] or 1)
    return render(request, "accounts/unknown_messages.html", {"form": form, "page": page})


def _unknown(request: Request) -> Any:
    return Message.objects.visible_to(request.user).filter(state=State.UNKNOWN)


@watches
@changes
@require_POST
def send_again(request: Request, pk: int) -> HttpResponse:
    message = get_object_or_404(_unknown(request), pk=pk)
    if again := unknown.send_again(message, timezone.now()):
        messages.success(request, _("Another one is queued in its place."))
        return redirect("accounts:message", again.pk)
    messages.warning(request, _("It cannot be sent again: somebody was faster, or its reader was erased."))
    return redirect("accounts:unknown-messages")


@watches
@changes
@require_POST
def note_arrival(request: Request, pk: int) -> HttpResponse:
    unknown.arrived(get_object_or_404(_unknown(request), pk=pk), timezone.now())
    messages.success(request, _("It is noted that it arrived."))
    return redirect("accounts:unknown-messages")


# What was answered


@watches
@require_safe
def list_replies(request: Request) -> HttpResponse:
    form = RepliesForm(request.GET)
    if not form.is_valid():
        return render(request, "accounts/replies.html", {"form": form}, status=HTTPStatus.BAD_REQUEST)
    rows = _replies(request)
    if form.cleaned_data["of"] == form.NOBODY:
        rows = rows.filter(account=None)
    page = Paginator(rows, ROWS).get_page(form.cleaned_data["page"] or 1)
    return render(request, "accounts/replies.html", {"form": form, "page": page})


@require_safe
def show_reply(request: Request, pk: int) -> HttpResponse:
    """For those who see its account; one that has none is seen by those who see all."""
    return render(request, "accounts/reply.html", {"reply": get_object_or_404(_replies(request), pk=pk)})


def _replies(request: Request) -> Any:
    return Reply.objects.visible_to(request.user).select_related("contact", "account", "message")


# One message, for those who see its account


@require_safe
def show(request: Request, pk: int) -> HttpResponse:
    message = _message(request, pk)
    context = {
        "message": message,
        "filled": showing.shown(message),
        "hits": list(message.hits.select_related("judged_by")),
        "replies": list(message.replies.select_related("contact", "message").order_by("received_at", "pk")),
        "why": showing.words_of(message.reason),
    }
    return render(request, "accounts/message.html", context)


@as_mail
@require_safe
def show_content(request: Request, pk: int) -> HttpResponse:
    """A mail as it was sent, within the frame of its page."""
    return HttpResponse(showing.shown(_message(request, pk)).html)


def flip(request: Request, pk: int) -> HttpResponse:
    """What was taken for a program was a person, or the other way round."""
    visible = Message.objects.visible_to(request.user)
    hit = get_object_or_404(Hit.objects.filter(message__in=visible), pk=pk)
    return _flip(request, hit)


@judges
def _flip(request: Request, hit: Hit) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        hits.flip(hit, request.user, timezone.now())
    except hits.TooEarly:
        messages.warning(request, _("This was not judged yet. Try again in a minute."))
    return redirect("accounts:message", hit.message_id)


def _message(request: Request, pk: int) -> Message:
    found = Message.objects.visible_to(request.user).select_related("letter", "contact", "account", "mailing")
    return get_object_or_404(found, pk=pk)
