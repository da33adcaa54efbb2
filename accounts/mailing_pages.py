"""The pages on which mailings are written, looked at as anybody gets them, sent, and followed to their results."""

from collections.abc import Callable
from copy import copy
from functools import partial
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import trail
from accounts.mailing_forms import (
    LANGUAGES,
    MailingForm,
    MailingsForm,
    NowForm,
    ScheduleForm,
    TestForm,
    direction_of,
)
from accounts.messages import letters, mailings
from accounts.messages.mailings import NotReady
from accounts.messages.recipients import Skip
from accounts.models import Mailing, Message
from accounts.requests import Request, View, only_for
from accounts.tasks import send_messages

ROWS = 25
# Below so many a share says little.
LEAST_SAMPLE = 30
# How many of others' changes are told.
STEPS = 20
State = Mailing.State
ENDED = (State.STOPPED, State.DONE)
reads = only_for("accounts.view_mailing")
writes = permission_required("accounts.change_mailing", raise_exception=True)
adds = permission_required("accounts.add_mailing", raise_exception=True)


def mailing_of(request: Request, pk: int) -> Mailing:
    known = Mailing.objects.visible_to(request.user)
    return get_object_or_404(
        known.select_related("population", "letter", "campaign", "goal", "made_by"), pk=pk
    )


@reads
def list_mailings(request: Request) -> HttpResponse:
    form = MailingsForm(request.GET)
    if not form.is_valid():
        return render(request, "accounts/mailings.html", {"form": form}, status=HTTPStatus.BAD_REQUEST)
    rows = Mailing.objects.visible_to(request.user).select_related("population", "made_by")
    if state := form.cleaned_data["state"]:
        rows = rows.in_state(state)
    page = Paginator(rows, ROWS).get_page(form.cleaned_data["page"] or 1)
    found = mailings.results_of([one.pk for one in page])
    context = {
        "form": form,
        "page": page,
        "listed": [(one, found.get(one.pk)) for one in page],
        "states": State.choices,
        "chosen": state,
    }
    return render(request, "accounts/mailings.html", context)


# Writing


@reads
@adds
@require_http_methods(["GET", "POST"])
def add(request: Request) -> HttpResponse:
    form = MailingForm(request.POST or None, instance=Mailing(made_by=request.user), reader=request.user)
    return _saved(request, form) if form.is_valid() else _form(request, form)


@reads
@writes
@require_http_methods(["GET", "POST"])
def edit(request: Request, pk: int) -> HttpResponse:
    """Whoever comes second is told what the first one did."""
    mailing = mailing_of(request, pk)
    if request.method == "POST":
        get_object_or_404(Mailing.objects.select_for_update(no_key=True), pk=pk)
        mailing = mailing_of(request, pk)
    if mailing.state != State.DRAFT:
        return _no_draft(request, mailing)
    if request.method == "GET":
        return _form(request, MailingForm(instance=mailing, reader=request.user))
    if newer := _newer_than(request.POST.get("_seen", ""), mailing):
        sent = MailingForm.merged(request.POST, copy(mailing), newer, request.user)
        form = MailingForm(sent, instance=mailing, reader=request.user)
        return _form(request, form, HTTPStatus.CONFLICT, trail.told(newer[:STEPS], request.user))
    form = MailingForm(request.POST, instance=mailing, reader=request.user)
    return _saved(request, form) if form.is_valid() else _form(request, form)


def _no_draft(request: Request, mailing: Mailing) -> HttpResponse:
    """What was typed meanwhile is shown again, to be saved once it is a draft, or taken elsewhere."""
    messages.warning(request, _("It is no draft any more. Make it one again, or duplicate it."))
    if request.method == "GET":
        return redirect("accounts:mailing", mailing.pk)
    form = MailingForm(request.POST, instance=mailing, reader=request.user)
    return _form(request, form, HTTPStatus.CONFLICT)


def _saved(request: Request, form: MailingForm) -> HttpResponse:
    mailing = mailings.save(form.save(commit=False), form.texts, request.user, form.medium_chosen)
    if "preview" in request.POST:
        return redirect("accounts:mailing-preview", mailing.pk)
    return redirect("accounts:mailing", mailing.pk)


def _newer_than(seen: str, mailing: Mailing) -> list[Any]:
    entries = trail.entries_of(mailing)
    return list(entries.filter(pk__gt=int(seen)).order_by("-pk")) if seen.isdecimal() else []


def _form(
    request: Request, form: MailingForm, status: HTTPStatus = HTTPStatus.OK, steps: Any = None
) -> HttpResponse:
    mailing = form.instance
    if form.errors and status == HTTPStatus.OK:
        status = HTTPStatus.BAD_REQUEST
    context = {
        "form": form,
        "mailing": mailing,
        "seen": trail.latest(trail.entries_of(mailing)) if mailing.pk else "",
        "steps": steps,
    }
    return render(request, "accounts/mailing_form.html", context, status=status)


# One of them


@reads
def show(request: Request, pk: int) -> HttpResponse:
    mailing, now = mailing_of(request, pk), timezone.now()
    if request.htmx:
        return _now(request, mailing)
    by_skip = mailings.counts(mailing, now) if mailing.letter.texts else {}
    context = {
        "mailing": mailing,
        "now": now,
        "problems": _problems(mailing) if mailing.state == State.DRAFT else [],
        "gets_it": by_skip.get("", 0),
        "skipped": [(skip, label, by_skip[skip]) for skip, label in Skip.choices if by_skip.get(skip)],
        "results": _figures(mailing) if mailing.queued_at else [],
        "least": LEAST_SAMPLE,
        "test": TestForm(initial={"lang": request.LANGUAGE_CODE}),
        "letters": [(one, direction_of(one), mailing.letter.texts.get(one)) for one in LANGUAGES],
    }
    return render(request, "accounts/mailing.html", context | _progress(mailing))


def _now(request: Request, mailing: Mailing) -> HttpResponse:
    """How far it is; the whole page again where it has come to another state."""
    answer = render(request, "accounts/_mailing_now.html", {"mailing": mailing} | _progress(mailing))
    form = NowForm(request.GET)
    if form.is_valid() and form.cleaned_data["was"] != mailing.state:
        answer["HX-Refresh"] = "true"
    return answer


def _is_moving(mailing: Mailing) -> bool:
    return mailing.state in (State.SENDING, State.SCHEDULED)


def _progress(mailing: Mailing) -> dict[str, Any]:
    """Those who are skipped are no part of it."""
    if not mailing.queued_at:
        return {"is_moving": _is_moving(mailing), "total": 0, "states": []}
    by_state = mailings.progress(mailing)
    by_state.pop(Message.State.SKIPPED, None)
    total = sum(by_state.values())
    left = sum(by_state.get(state, 0) for state in (Message.State.WAITING, Message.State.SENDING))
    states = [(label, by_state[state]) for state, label in Message.State.choices if by_state.get(state)]
    done = total - left
    return {"is_moving": _is_moving(mailing), "total": total, "done": done, "states": states}


def _problems(mailing: Mailing) -> list[tuple[Any, str, str]]:
    """Language, what of it, and what is wrong."""
    names = {letters.SUBJECT: _("Subject"), letters.BODY: _("Text")}
    names |= {letters.BUTTON: _("Words of the button"), letters.LINK: _("Link of the button")}
    found = letters.problems(mailing.letter.texts, mailing.letter.medium)
    languages = dict(settings.LANGUAGES)
    return [(languages[one.language], names.get(one.field, ""), one.message) for one in found]


def _figures(mailing: Mailing) -> list[tuple[str, int, int, float | None, str]]:
    """What they are called, how many, of how many, the share, and why there is none."""
    found = mailings.results(mailing)
    # Where nobody reports, what the server took counts as delivered.
    arrives_later = found.is_unreported and bool(settings.MAIL_WEBHOOK_SECRETS)
    known: list[tuple[str, int | None, int]] = [
        (_("Delivered"), found.delivered, 0 if arrives_later else found.sent),
        (_("Opened by people"), found.opened, found.delivered),
        (_("Clicked by people"), found.clicked, found.delivered),
        (_("Replied"), found.replied, found.delivered),
        (_("Came back"), found.bounced, found.sent),
        (_("Unsubscribed"), found.unsubscribed, found.delivered),
        (_("Marked it as spam"), found.complained, found.delivered),
        (_("Reached the goal"), found.reached, found.sent),
    ]
    why = _why_no_share(found, arrives_later=arrives_later)
    return [
        (name, count, whole, count / whole if whole else None, "" if whole else why)
        for name, count, whole in known
        if count is not None
    ]


def _why_no_share(found: mailings.Results, *, arrives_later: bool) -> str:
    if not found.sent:
        return _("Nothing was sent yet.")
    return _("Nothing is known to have arrived yet.") if arrives_later else _("Nothing arrived.")


@reads
@adds
@require_POST
def duplicate(request: Request, pk: int) -> HttpResponse:
    mailing = mailing_of(request, pk)
    if mailing.letter.asks:
        raise Http404
    made = mailings.duplicate(mailing, request.user)
    return redirect("accounts:edit-mailing", made.pk)


# Its way


@reads
@writes
@require_http_methods(["GET", "POST"])
def schedule(request: Request, pk: int) -> HttpResponse:
    """Says to how many it goes, and asks when; then it goes."""
    mailing, now = mailing_of(request, pk), timezone.now()
    if mailing.state != State.DRAFT:
        return _too_late(request, pk)
    form = ScheduleForm(request.POST or None, now=now)
    if request.method == "POST" and form.is_valid():
        try:
            if not mailings.schedule(mailing, form.moment, now):
                return _too_late(request, pk)
        except NotReady:
            return redirect("accounts:mailing", pk)
        send_messages.delay_on_commit(medium=mailing.letter.medium)
        return redirect("accounts:mailing", pk)
    if _problems(mailing):
        return redirect("accounts:mailing", pk)
    by_skip = mailings.counts(mailing, now)
    context = {
        "form": form,
        "mailing": mailing,
        "gets_it": by_skip.pop("", 0),
        "skipped": sum(by_skip.values()),
        "zone": timezone.get_current_timezone_name(),
    }
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render(request, "accounts/mailing_schedule.html", context, status=status)


@reads
@writes
@require_http_methods(["GET", "POST"])
def stop(request: Request, pk: int) -> HttpResponse:
    """For good, and so it is asked for twice."""
    mailing = mailing_of(request, pk)
    if request.method == "GET" and mailing.state in (*ENDED, State.DRAFT):
        return _too_late(request, pk)
    if request.method == "GET":
        return render(request, "accounts/mailing_stop.html", {"mailing": mailing} | _progress(mailing))
    if not mailings.stop(mailing, timezone.now()):
        return _too_late(request, pk)
    return redirect("accounts:mailing", pk)


def _step(request: Request, pk: int, *, take: Callable[[Mailing], bool]) -> HttpResponse:
    mailing = mailing_of(request, pk)
    if not take(mailing):
        return _too_late(request, pk)
    send_messages.delay_on_commit(medium=mailing.letter.medium)
    return redirect("accounts:mailing", pk)


def _too_late(request: Request, pk: int) -> HttpResponse:
    messages.warning(request, _("That was no longer possible. This is where it stands now."))
    return redirect("accounts:mailing", pk)


def _stepping(take: Callable[[Mailing], bool]) -> View:
    return reads(writes(require_POST(partial(_step, take=take))))


pause = _stepping(lambda mailing: mailings.pause(mailing, timezone.now()))
resume = _stepping(mailings.resume)
unschedule = _stepping(mailings.unschedule)
