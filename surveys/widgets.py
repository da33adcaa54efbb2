"""A survey in the web page of a customer: the script that shows it there, and who may put its page in a frame.

The frame belongs to another site, where browsers keep no cookies: nothing here depends on one.
"""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from accounts.models import Message
from accounts.requests import organisation_of
from surveys.answering import why_closed
from surveys.models import Channel, SurveyLink
from surveys.tokens import Asked

SCRIPT = Path(__file__).parent / "static" / "surveys" / "widget.js"
# In seconds: so long it may take until a revoked link, or a new script, is known everywhere.
KEPT = 300


@login_not_required
@require_safe
def show_script(request: HttpRequest, key: str) -> HttpResponse:
    """Empty where nobody can answer, so that the page of the customer stays as it is."""
    links = SurveyLink.objects.select_related("survey").filter(channel=Channel.WIDGET, key=key)
    link, now = links.first(), timezone.now()
    is_open = (
        link and link.survey.current and not why_closed(link, None, now, organisation_of(request).today(now))
    )
    answer = HttpResponse(_script() if is_open else "", content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = f"public, max-age={KEPT}"
    return answer


@cache
def _script() -> str:
    return SCRIPT.read_text("utf-8")


def framed(answer: HttpResponse, asked: Asked | Message | None) -> HttpResponse:
    """Nowhere but in the web page that it was made for."""
    if isinstance(asked, SurveyLink) and asked.shown_on:
        # What the decorators of both set, which know of no single row.
        answer.xframe_options_exempt = True
        answer._csp_replace = {"frame-ancestors": [asked.shown_on]}  # type: ignore[attr-defined]  # noqa: SLF001
    return answer


def snippets(link: SurveyLink) -> dict[str, str]:
    """What the customer puts into their page, by the language in which it is shown there."""
    return {code: _snippet(link, code) for code, _name in settings.LANGUAGES} if link.shown_on else {}


def _snippet(link: SurveyLink, language: str) -> str:
    address = settings.URL + reverse("surveys:widget", args=[link.key])
    with translation.override(language):
        return render_to_string("surveys/widget.html", {"address": address, "language": language}).strip()
