"""The pages on which one sees who gets a mailing, who does not and why, and the mail as anybody gets it."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.framing import as_mail
from accounts.mailing_forms import PreviewForm, RecipientsForm, TestForm, direction_of
from accounts.mailing_pages import mailing_of, reads, writes
from accounts.messages import mailings, preferences, segments
from accounts.messages.recipients import Recipient, Skip
from accounts.models import Account, Mailing
from accounts.models.outboxes import Medium
from accounts.requests import Request
from accounts.tasks import send_messages

ROWS = 50


@reads
def list_recipients(request: Request, pk: int) -> HttpResponse:
    mailing, now = mailing_of(request, pk), timezone.now()
    form = RecipientsForm(request.GET)
    if not form.is_valid() or form.cleaned_data["skip"] not in ("", *Skip.values):
        return render(
            request, "accounts/mailing_recipients.html", {"mailing": mailing}, status=HTTPStatus.BAD_REQUEST
        )
    skip, after = form.cleaned_data["skip"], form.cleaned_data["after"] or 0
    by_skip = mailings.counts(mailing, now) if mailing.letter.texts else {}
    rows = mailings.some(mailing, now, skip, after, ROWS + 1) if by_skip else []
    shown = rows[:ROWS]
    seen = _seen(request, shown)
    context = {
        "mailing": mailing,
        "skips": [("", _("Gets it"), by_skip.get("", 0))]
        + [
            (one, label, by_skip.get(one, 0))
            for one, label in Skip.choices
            if by_skip.get(one) or one == skip
        ],
        "skip": skip,
        "label": dict(Skip.choices).get(skip, ""),
        "rows": [row for row in shown if row.account in seen],
        "next": shown[-1].contact if len(rows) > ROWS else None,
        "after": after,
        "languages": dict(settings.LANGUAGES),
    }
    return render(request, "accounts/mailing_recipients.html", context)


def _seen(request: Request, rows: list[Recipient]) -> set[int]:
    """Of the accounts of these, those that the reader may see."""
    known = Account.objects.visible_to(request.user).filter(pk__in={row.account for row in rows})
    return set(known.values_list("pk", flat=True))


def _recipient(request: Request, mailing: Mailing, contact: int | None) -> Recipient | None:
    """None: nobody gets it yet."""
    found = mailings.one(mailing, timezone.now(), contact) if mailing.letter.texts else None
    if found and found.account not in _seen(request, [found]):
        found = None
    if found is None and contact is not None:
        raise Http404
    return found


@reads
def preview(request: Request, pk: int) -> HttpResponse:
    mailing, form = mailing_of(request, pk), PreviewForm(request.GET)
    if not form.is_valid():
        raise Http404
    recipient = _recipient(request, mailing, form.cleaned_data["contact"])
    context: dict[str, Any] = {"mailing": mailing, "form": form, "recipient": recipient}
    if recipient:
        language = form.cleaned_data["lang"] or recipient.language
        with override(language):
            context["filled"] = mailings.preview(mailing, recipient._replace(language=language))
        context |= {
            "written_in": language,
            "direction": direction_of(language),
            "languages": [(code, name) for code, name in settings.LANGUAGES if code in mailing.letter.texts],
            "width": form.cleaned_data["width"] or "desk",
            "theme": form.cleaned_data["theme"] or "light",
            "size": segments.size(context["filled"].text) if mailing.letter.medium == Medium.SMS else None,
            "why": dict(Skip.choices).get(recipient.skip, ""),
            "test": TestForm(initial={"lang": language, "contact": recipient.contact}),
        }
    return render(request, "accounts/mailing_preview.html", context)


@reads
@never_cache
@as_mail
def show_mail(request: Request, pk: int) -> HttpResponse:
    """The HTML part alone, for the frame of the preview."""
    mailing, form = mailing_of(request, pk), PreviewForm(request.GET)
    if not form.is_valid():
        raise Http404
    recipient = _recipient(request, mailing, form.cleaned_data["contact"])
    if recipient is None or mailing.letter.medium != Medium.EMAIL:
        raise Http404
    language = form.cleaned_data["lang"] or recipient.language
    html = mailings.preview(mailing, recipient._replace(language=language)).html
    return HttpResponse(_in_colours(html, form.cleaned_data["theme"] or "light"))


def _in_colours(html: str, theme: str) -> str:
    """Light or dark, whatever the device is set to."""
    holds = "all" if theme == "dark" else "not all"
    return html.replace("(prefers-color-scheme: dark)", holds).replace(
        'content="light dark"', f'content="{theme}"'
    )


@reads
@writes
@require_POST
def test(request: Request, pk: int) -> HttpResponse:
    """To oneself; of people here no numbers are known."""
    mailing, form = mailing_of(request, pk), TestForm(request.POST)
    if mailing.letter.medium != Medium.EMAIL:
        raise Http404
    recipient = _recipient(request, mailing, form.cleaned_data["contact"]) if form.is_valid() else None
    if recipient is None:
        messages.error(request, _("Nobody gets it yet, so that there is nobody as whom to send a test."))
        return redirect("accounts:mailing", pk)
    send_to_oneself(request, mailing, recipient, form.cleaned_data["lang"])
    return redirect("accounts:mailing", pk)


def send_to_oneself(request: Request, mailing: Mailing, recipient: Recipient, language: str) -> None:
    """And says so, or why not. The mailing need not be kept."""
    address = {"address": request.user.email}
    if preferences.why_not(request.user.email, mailing.purpose):
        messages.error(
            request,
            _("Your own address, %(address)s, is suppressed: no test reaches it until that is lifted.")
            % address,
        )
        return
    mailings.send_test(mailing, recipient, request.user, language, timezone.now())
    send_messages.delay_on_commit(medium=mailing.letter.medium)
    messages.success(request, _("A test is on its way to %(address)s.") % address)
