"""Somebody at the address of a survey: what it stands for, what they said before, in which language, and how often."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.urls import register_converter, reverse
from django.utils import translation
from django.utils.translation import gettext

from accounts.messages import hits
from accounts.models import Organisation
from accounts.requests import asker_of, organisation_of
from surveys.answer_rows import answers_of
from surveys.answering import can_change, is_anonymous, response_of, scales_of
from surveys.answering_forms import FORM, AddressForm, shuffled
from surveys.content import Content
from surveys.models import Invitation, Response, Survey, SurveyLink, SurveyVersion, version_of
from surveys.pictures import address_of
from surveys.scales import Scale
from surveys.showing import filled
from surveys.tokens import Asked, message_of

# From one address: a hall of people behind one, who save as they write, stays below it.
MOST_POSTS, WHILE = 1200, 60
COOKIE = "answer"
# A person needs as long for an answer, in seconds.
FOR_AN_ANSWER, AT_LEAST = 0.4, 1.0


def comes_too_often(request: HttpRequest, now: datetime) -> bool:
    address, _agent = asker_of(request)
    key = f"answering-{address}-{int(now.timestamp()) // WHILE}"
    try:
        return cache.incr(key) > MOST_POSTS
    except ValueError:
        cache.add(key, 0, 2 * WHILE)
        return cache.incr(key) > MOST_POSTS


class TokenConverter:
    """Whatever came of it on its way: whoever follows a damaged address is told so."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(TokenConverter, "token")


@dataclass(frozen=True)
class Form:
    """One page as it was sent out: its own id, when, and of which version. `is_ours`: nobody made it up."""

    id: UUID
    at: datetime
    version: int | None = None
    is_ours: bool = True


class Visit:
    """`sent`: the fields that came with it, if any did. `also_once_answered`: what somebody answered by a link is
    theirs on this page, though it cannot be changed any more; elsewhere they begin anew."""

    def __init__(
        self,
        request: HttpRequest,
        token: str,
        asked: Asked,
        sent: Mapping[str, Any] | None,
        now: datetime,
        *,
        also_once_answered: bool = False,
    ) -> None:
        self.request, self.token, self.asked, self.sent, self.now = request, token, asked, sent, now
        self.survey = asked.survey
        address = AddressForm(request.GET)
        address.is_valid()
        self.wanted = address.cleaned_data
        self.form = self._form()
        self.response = self._response(also_once_answered=also_once_answered)

    @property
    def organisation(self) -> Organisation:
        return organisation_of(self.request)

    @property
    def path(self) -> str:
        return reverse("surveys:answer", args=[self.token])

    @property
    def invitation(self) -> Invitation | None:
        return self.asked if isinstance(self.asked, Invitation) else None

    @property
    def is_anonymous(self) -> bool:
        return is_anonymous(self.survey)

    @property
    def is_framed(self) -> bool:
        """In the web page of a customer, where nobody is known again."""
        return isinstance(self.asked, SurveyLink) and bool(self.asked.shown_on)

    @property
    def is_completed(self) -> bool:
        return bool(self.response and self.response.completed_at)

    @property
    def keeps_parts(self) -> bool:
        """What is completed changes as a whole, and of nobody knows whom nothing is kept."""
        return not self.is_anonymous and not self.is_completed

    @cached_property
    def version(self) -> SurveyVersion | None:
        """The one that they began with."""
        if self.response:
            return self.response.version
        shown = self.form.version or self.asked.current  # type: ignore[union-attr]  # as surveys.tokens reads it
        return version_of(shown) if shown else None

    @cached_property
    def content(self) -> Content:
        content = self.version.content if self.version else Content()
        return shuffled(content, str(self.invitation.pk if self.invitation else self.form.id))

    @cached_property
    def scales(self) -> Mapping[str, Scale]:
        return scales_of(self.content)

    @cached_property
    def given(self) -> dict[str, Any]:
        """What they said before."""
        return answers_of(self.content, self.response.answers.all()) if self.response else {}

    @cached_property
    def language(self) -> str:
        """Of those that the survey has: as chosen, as they answered before, as they were asked, as the browser says."""
        known = self.content.languages() or [settings.LANGUAGE_CODE]
        asked_for = (
            self.wanted["language"],
            self.response.language if self.response else "",
            self.invitation.language if self.invitation else "",
            translation.get_language() or "",
        )
        return next((one for one in asked_for if one in known), known[0])

    @cached_property
    def languages(self) -> list[dict[str, Any]]:
        return [translation.get_language_info(code) for code in self.content.languages()]

    @cached_property
    def logo(self) -> str:
        return address_of(self.survey.logo.name or "")

    @property
    def asker(self) -> str:
        return str(self.organisation.name) or gettext("The sender")

    def filled(self, text: str) -> str:
        return filled(text, self.asker)

    def is_by_machine(self, homepage: str, answers: int) -> bool:
        """It fills what nobody sees, answers faster than one reads, or never saw the page."""
        took = (self.now - self.form.at).total_seconds()
        return bool(homepage) or not self.form.is_ours or took < max(AT_LEAST, FOR_AN_ANSWER * answers)

    def note_click(self) -> None:
        """It was the message's own link. Of a confidential answer its button tells nobody, of an anonymous one not
        even that somebody came."""
        is_ours = self.wanted["language"] or self.wanted["change"]
        if self.is_anonymous or is_ours or self.request.method != "GET":
            return
        if message := message_of(self.token):
            is_identified = self.survey.identity == Survey.Identity.IDENTIFIED
            value = str(self.wanted["value"]) if is_identified else ""
            hits.note_choice(message, *asker_of(self.request), self.now, value=value)

    # The page, signed

    def signed_form(self) -> str:
        version = self.version.pk if self.version else None
        return signing.dumps([self.form.id.hex, self.now.timestamp(), version], salt=self._salt)

    @property
    def _salt(self) -> str:
        return f"surveys.answering {self.token}"

    def _form(self) -> Form:
        if self.sent is None:
            return Form(uuid4(), self.now)
        try:
            made, at, version = signing.loads(self.sent.get(FORM, ""), salt=self._salt)
        except signing.BadSignature:
            return Form(uuid4(), self.now, is_ours=False)
        return Form(UUID(made), datetime.fromtimestamp(at, self.now.tzinfo), version)

    # Whoever has a link is known by their browser

    def _response(self, *, also_once_answered: bool) -> Response | None:
        if self.sent is not None or isinstance(self.asked, Invitation):
            return response_of(self.asked, self.form.id)
        kept = self._kept_form()
        response = response_of(self.asked, kept) if kept and not self.wanted["anew"] else None
        is_over = response and response.completed_at and not can_change(response, self.now)
        if response is None or (is_over and not also_once_answered):
            return None
        self.form = Form(response.pk, self.now)
        return response

    def _kept_form(self) -> UUID | None:
        try:
            return UUID(signing.loads(self.request.COOKIES.get(COOKIE, ""), salt=self._salt))
        except signing.BadSignature:
            return None

    def remember(self, answer: HttpResponse) -> HttpResponse:
        """So that they find what they answered, on this page alone."""
        if isinstance(self.asked, SurveyLink) and not self.is_anonymous and not self.is_framed:
            answer.set_cookie(
                COOKIE,
                signing.dumps(self.form.id.hex, salt=self._salt),
                max_age=3600 * max(24, self.survey.hours_to_edit),
                path=self.path,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return answer

    def forget(self, answer: HttpResponse) -> HttpResponse:
        answer.delete_cookie(COOKIE, path=self.path, samesite="Lax")
        return answer
