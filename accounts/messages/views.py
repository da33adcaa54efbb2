"""What mails and SMS lead to. Mail programs and scanners ask for all of it, so that asking alone changes nothing."""

from base64 import b64decode
from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from accounts.messages import hits, letters, preferences, tokens
from accounts.messages.choices import choices_of
from accounts.models import Message
from accounts.models.identities import Consent
from accounts.requests import asker_of

PIXEL = b64decode(letters.BLANK)
ONE_CLICK = ("List-Unsubscribe", "One-Click")
View = Callable[..., HttpResponse]


class PreferencesForm(forms.Form):
    wanted = forms.MultipleChoiceField(
        label=_("What may be sent to you"),
        choices=Consent.Purpose.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    nothing = forms.BooleanField(label=_("Nothing at all"), required=False)


def public(view: View) -> View:
    """For whoever has the token: of the message that it is for, in its language until another is chosen."""

    @wraps(view)
    def answered(request: HttpRequest, token: str, **arguments: Any) -> HttpResponse:
        message = Message.objects.select_related("letter").filter(pk=tokens.read(token, tokens.LINK)).first()
        if message is None or not message.address:
            raise Http404
        if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            translation.activate(message.language)
            request.LANGUAGE_CODE = translation.get_language()
        answer = view(request, message, token=token, **arguments)
        answer["X-Robots-Tag"] = "noindex, nofollow"
        return answer

    return never_cache(login_not_required(answered))


@public
@require_http_methods(["GET", "HEAD", "POST"])
def show_preferences(request: HttpRequest, message: Message, token: str) -> HttpResponse:
    if message.is_test:
        return render(request, "messages/test.html")
    choices = preferences.of(message)
    if choices.is_fixed:
        return render(request, "messages/fixed_preferences.html")
    kept = {"wanted": choices.wanted, "nothing": choices.nothing}
    form = PreferencesForm(request.POST if request.method == "POST" else None, initial=kept)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        preferences.save(message, given["wanted"], timezone.now(), nothing=given["nothing"])
        return redirect(f"{request.path}?saved=1")
    shown = {"form": form, "fixed": choices.fixed, "is_saved": "saved" in request.GET}
    return render(request, "messages/preferences.html", shown, status=400 if form.is_bound else 200)


@csrf_exempt
@public
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, message: Message, token: str) -> HttpResponse:
    """Mail programs post what RFC 8058 says, without a cookie; all else comes from our own page."""
    if message.is_test:
        return render(request, "messages/test.html")
    name, value = ONE_CLICK
    if request.method == "POST" and request.POST.get(name) == value:
        preferences.unsubscribe(message, timezone.now())
        return HttpResponse(status=200)
    return _unsubscribe_here(request, message, token)


@csrf_protect
def _unsubscribe_here(request: HttpRequest, message: Message, token: str) -> HttpResponse:
    if request.method == "POST":
        preferences.unsubscribe(message, timezone.now())
        return redirect(f"{request.path}?done=1")
    shown = {
        "message_purpose": message.get_purpose_display(),
        "token": token,
        "is_done": "done" in request.GET,
    }
    return render(request, "messages/unsubscribe.html", shown)


@public
@require_safe
def follow(request: HttpRequest, message: Message, token: str, number: int) -> HttpResponse:
    _language, text = letters.in_language(message.letter.texts, message.language)
    links = letters.links_of(text, message.letter.medium)
    if number >= len(links):
        raise Http404
    if request.method == "GET":
        hits.note(message, *asker_of(request), timezone.now(), link=number)
    return redirect(links[number])


@never_cache
@login_not_required
@require_safe
def follow_short(request: HttpRequest, token: str) -> HttpResponse:
    """Of an SMS: its links, the page of its reader's choices, and the one where they answer."""
    found = tokens.read_short(token)
    if found is None:
        raise Http404
    message, place = found
    if place == tokens.ANSWERS:
        return _to_its_answers(message)
    named = tokens.of(message, tokens.LINK)
    if place == tokens.PREFERENCES:
        return redirect("messages:preferences", named)
    return follow(request, token=named, number=place - 1)


def _to_its_answers(pk: int) -> HttpResponse:
    """Who came is noted there."""
    message = get_object_or_404(Message.objects.select_related("letter"), pk=pk)
    _language, text = letters.in_language(message.letter.texts, message.language)
    asked = choices_of(text)
    if asked is None:
        raise Http404
    return redirect(asked.address_of(pk))


@public
@require_safe
def picture(request: HttpRequest, message: Message, token: str) -> HttpResponse:
    if request.method == "GET":
        hits.note(message, *asker_of(request), timezone.now())
    return HttpResponse(PIXEL, content_type="image/gif")


@public
@require_safe
def trap(request: HttpRequest, message: Message, token: str) -> HttpResponse:
    """Nobody sees the link that leads here."""
    if request.method == "GET":
        hits.note_trap(message, *asker_of(request), timezone.now())
    return HttpResponse(status=204)
