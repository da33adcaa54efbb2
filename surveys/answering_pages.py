"""The pages on which surveys are answered, by whoever has the address. Asking for one answers nothing.

Posts need no cookie: browsers inside mail programs may keep none, and nothing but the address says who answers.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import wraps
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.models import Message
from accounts.texts import Text
from surveys import answering, flow, long_posts, tokens
from surveys.answer_rows import band_of
from surveys.answering import Closed, Sent, Why
from surveys.answering_forms import LANGUAGE, SAVE, AnswersForm, AroundForm
from surveys.answering_visits import Visit, comes_too_often
from surveys.content import Question
from surveys.models import Survey
from surveys.showing import shown
from surveys.tokens import Asked
from surveys.widgets import framed

View = Callable[..., HttpResponse]
GONE = HTTPStatus.GONE
NOWHERE, TEST, TOO_OFTEN = "nowhere", "test", "often"
CLOSED: dict[str, tuple[Any, Any, HTTPStatus]] = {
    NOWHERE: (
        _("This address leads nowhere"),
        _(
            "It is not complete, or it was changed on its way. Open it again from the message that you received."
        ),
        HTTPStatus.NOT_FOUND,
    ),
    TEST: (
        _("This was a test"),
        _("From here customers answer the survey. The link in a test keeps nothing."),
        HTTPStatus.OK,
    ),
    TOO_OFTEN: (
        _("Too many at once"),
        _(
            "A lot comes from where you are. Wait a minute, go back, and send it again: nothing that you wrote is lost."
        ),
        HTTPStatus.TOO_MANY_REQUESTS,
    ),
    Why.REVOKED: (
        _("This invitation no longer holds"),
        _("It was taken back, or you have withdrawn your answers. There is nothing for you to do."),
        GONE,
    ),
    Why.ANSWERED: (
        _("You have answered already"),
        _("Thank you. Your answers have arrived, and the time in which they could be changed is over."),
        GONE,
    ),
    Why.EXPIRED: (
        _("The time to answer is over"),
        _("This invitation was open for some time only. Thank you for wanting to answer."),
        GONE,
    ),
    Why.EARLY: (
        _("This survey is not open yet"),
        _("Open the address again later: it stays the same."),
        HTTPStatus.FORBIDDEN,
    ),
    Why.OVER: (_("This survey is closed"), _("Thank you for wanting to answer."), GONE),
    Why.FULL: (
        _("This survey is closed"),
        _("It has as many answers as were asked for. Thank you for wanting to give yours."),
        GONE,
    ),
}
SEEN_BY: dict[str, Any] = {
    Survey.Identity.IDENTIFIED: _("{organisation} sees your answers together with your name."),
    Survey.Identity.CONFIDENTIAL: _(
        "{organisation} does not see your name beside your answers, and sees answers only once at least five people"
        " have answered. Nobody contacts you about them unless you ask for it."
    ),
    Survey.Identity.ANONYMOUS: _(
        "Your answers cannot be led back to you, not even by {organisation}. Only that you have answered is noted, so"
        " that you are not reminded. What you have sent cannot be changed any more."
    ),
}
BY_A_LINK = _("{organisation} does not know who answers here, unless you say it in your answers.")


def public(*, also_once_answered: bool = False) -> Callable[[View], View]:
    """For whoever has the token; a page of its own for each reason why nobody can answer."""

    def for_them(view: View) -> View:
        @wraps(view)
        def answered(request: HttpRequest, token: str) -> HttpResponse:
            found = tokens.read(token)
            answer = _answered(request, token, found, view, also_once_answered=also_once_answered)
            answer["X-Robots-Tag"] = "noindex, nofollow"
            return framed(answer, found)

        allowed = require_http_methods(["GET", "HEAD", "POST"])(answered)
        return never_cache(csrf_exempt(login_not_required(allowed)))

    return for_them


def _answered(
    request: HttpRequest, token: str, found: Asked | Message | None, view: View, *, also_once_answered: bool
) -> HttpResponse:
    now, is_post = timezone.now(), request.method == "POST"
    if (is_post or found is None) and comes_too_often(request, now):
        return _closed(request, TOO_OFTEN)
    if found is None:
        return _closed(request, NOWHERE)
    if isinstance(found, Message):
        translation.activate(found.language)
        return _closed(request, TEST)
    sent = long_posts.read(request) if is_post else None
    visit = Visit(request, token, found, sent, now, also_once_answered=also_once_answered)
    translation.activate(visit.language)
    request.LANGUAGE_CODE = visit.language
    why = answering.why_closed(found, visit.response, now, visit.organisation.today(now))
    if visit.version is None or (why and not (also_once_answered and why == Why.ANSWERED)):
        return _closed(request, why or Why.EARLY, visit)
    try:
        with timezone.override(visit.organisation.zone):
            return view(visit)
    except Closed as closed:
        return _closed(request, closed.why, visit)


@public()
def answer(visit: Visit) -> HttpResponse:
    if visit.sent is None:
        visit.note_click()
        if visit.is_completed and not visit.wanted["change"]:
            return _thanks(visit)
        given = visit.given | _chosen(visit)
        return _page(visit, _answers_form(visit, given), given)
    return _take(visit)


@public(also_once_answered=True)
def thanks(visit: Visit) -> HttpResponse:
    """Also where a browser keeps no cookies, so that nobody knows what they answered."""
    if visit.invitation and not visit.is_completed:
        return redirect("surveys:answer", visit.token)
    return _thanks(visit)


@public()
def withdraw(visit: Visit) -> HttpResponse:
    if visit.response is None:
        return redirect("surveys:answer", visit.token)
    if visit.sent is None:
        return _render(visit, "withdraw.html", {})
    answering.withdraw(visit.asked, visit.response, visit.now)
    return visit.forget(_render(visit, "withdrawn.html", {}))


def _take(visit: Visit) -> HttpResponse:
    form, around = _answers_form(visit, visit.given), AroundForm(visit.sent)
    around.is_valid()
    sent, step = _sent(visit, form, around), around.cleaned_data.get("step")
    if step == SAVE:
        return visit.remember(HttpResponse(status=_saved(visit, sent)))
    if step == LANGUAGE:
        return _go_on(visit, form, sent)
    unseen = _unseen(visit, sent, around.cleaned_data["seen"])
    if unseen and not form.errors:
        return _go_on(visit, form, sent, to=unseen[0])
    for question in flow.missing(visit.content, sent.answers):
        if question.key not in form.errors:
            form.add_error(question.key, _("Please answer this."))
    if not form.errors and not sent.wants_contact and flow.is_empty(visit.content, sent.answers):
        form.add_error(None, _("Nothing is answered yet. Answer at least one question, then send it."))
    if form.errors:
        _saved(visit, sent)
        return visit.remember(_page(visit, form, sent.answers, HTTPStatus.BAD_REQUEST))
    answering.complete(visit.asked, sent, visit.now)
    if visit.is_anonymous or visit.is_framed:
        return _thanks(visit, band_of(visit.content, visit.scales, sent.answers))
    return visit.remember(redirect(_address(visit, "surveys:thanks")))


def _sent(visit: Visit, form: AnswersForm, around: AroundForm) -> Sent:
    """Where something is wrong, what stood there before is kept."""
    answers = {key: one for key, one in visit.given.items() if key in form.errors} | form.answers
    kept = around.cleaned_data
    return Sent(
        form=visit.form.id,
        version=visit.version,  # type: ignore[arg-type]
        answers=answers,
        language=visit.language,
        wants_contact=_may_ask_for_contact(visit) and kept["contact"],
        is_machine=visit.is_by_machine(kept["homepage"], len(answers)),
    )


def _saved(visit: Visit, sent: Sent) -> HTTPStatus:
    if not visit.keeps_parts:
        return HTTPStatus.CONFLICT
    answering.save(visit.asked, sent, visit.now)
    return HTTPStatus.NO_CONTENT


def _unseen(visit: Visit, sent: Sent, seen: str) -> list[Question]:
    """What comes only by these answers, so that nobody was asked it yet."""
    known = set(seen.split())
    return [one for one in flow.shown(visit.content, sent.answers) if known and one.key not in known]


def _go_on(visit: Visit, form: AnswersForm, sent: Sent, to: Question | None = None) -> HttpResponse:
    """Whoever has a link may have no cookies: only the page itself knows what they answered."""
    _saved(visit, sent)
    if visit.invitation and visit.keeps_parts and not form.errors:
        return redirect(_address(visit, "surveys:answer") + (f"#question-{to.key}" if to else ""))
    return visit.remember(_page(visit, form, sent.answers, is_further=to is not None))


def _address(visit: Visit, name: str) -> str:
    return f"{reverse(name, args=[visit.token])}?language={visit.language}"


def _chosen(visit: Visit) -> dict[str, Any]:
    """What the button in the mail said; nothing is kept of it before it is sent."""
    first, value = visit.content.first_scale, visit.wanted["value"]
    if first is None or visit.is_completed:
        return {}
    return {first.key: value} if value in [point.value for point in visit.scales[first.scale].points] else {}


def _may_ask_for_contact(visit: Visit) -> bool:
    return bool(visit.invitation) and visit.survey.identity == Survey.Identity.CONFIDENTIAL


def _answers_form(visit: Visit, given: Mapping[str, Any]) -> AnswersForm:
    return AnswersForm(visit.content, visit.scales, visit.language, sent=visit.sent, given=given)


def _page(
    visit: Visit,
    form: AnswersForm,
    answers: Mapping[str, Any],
    status: HTTPStatus = HTTPStatus.OK,
    *,
    is_further: bool = False,
) -> HttpResponse:
    seen = [question.key for question in flow.shown(visit.content, answers)]
    asked = [
        _asked(visit, question, form, is_shown=question.key in seen) for question in visit.content.questions
    ]
    wants = visit.response.wants_contact if visit.response else False
    context = {
        "asked": asked,
        "questions": _drawn(visit, form, asked, answers),
        "form": form,
        "around": AroundForm(visit.sent, initial={"contact": wants}),
        "seen": " ".join(seen),
        "intro": visit.filled(visit.content.intro.in_language(visit.language)),
        "privacy": visit.filled(visit.content.privacy.in_language(visit.language)),
        "has_more": len(seen) < len(asked),
        "is_further": is_further,
        "seen_by": visit.filled(str(SEEN_BY[visit.survey.identity] if visit.invitation else BY_A_LINK)),
        "may_ask_for_contact": _may_ask_for_contact(visit),
    }
    return _render(visit, "ask.html", context, status)


def _asked(visit: Visit, question: Question, form: AnswersForm, *, is_shown: bool) -> dict[str, Any]:
    return {
        "shown": shown(question, form, visit.scales, visit.language, visit.asker),
        "is_shown": is_shown,
        "conditions": json.dumps([asdict(condition) for condition in question.shows_if]),
    }


def _drawn(visit: Visit, form: AnswersForm, asked: list[dict[str, Any]], answers: Mapping[str, Any]) -> str:
    """Everybody who comes for the first time sees the same: it is drawn once for all."""

    def draw() -> str:
        return render_to_string("surveys/answer/_questions.html", {"asked": asked})

    is_its_own = form.is_bound or visit.response or any(one.is_shuffled for one in visit.content.questions)
    if is_its_own or visit.version is None:
        return draw()
    seen = json.dumps([visit.version.pk, visit.language, visit.asker, answers])
    return caches["process"].get_or_set(sha256(seen.encode()).hexdigest(), draw) or ""


def _thanks(visit: Visit, band: str = "") -> HttpResponse:
    texts, response = visit.content.thanks, visit.response
    found = texts.get(band or (response.band if response else "")) or texts.get("") or Text()
    until = answering.changeable_until(response) if response else None
    context = {
        "text": visit.filled(found.in_language(visit.language)),
        "until": until if until and until > visit.now else None,
    }
    return _render(visit, "thanks.html", context)


def _render(
    visit: Visit, name: str, context: dict[str, Any], status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    whole = {"visit": visit, "survey": visit.survey} | _languages(visit.language) | context
    return render(visit.request, f"surveys/answer/{name}", whole, status=status)


def _closed(request: HttpRequest, why: str, visit: Visit | None = None) -> HttpResponse:
    title, text, status = CLOSED[why]
    context = {"title": title, "text": text, "visit": visit, "survey": visit and visit.survey}
    language = translation.get_language() or settings.LANGUAGE_CODE
    return render(request, "surveys/answer/closed.html", context | _languages(language), status=status)


def _languages(language: str) -> dict[str, Any]:
    return {"language": language, "is_rtl": translation.get_language_info(language)["bidi"]}
