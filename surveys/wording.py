"""What a letter that sends a survey says, before anybody writes it otherwise: its first scale is what it asks."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.messages import letters
from accounts.messages.choices import ANSWERS
from accounts.messages.markdown import escaped
from accounts.models import Organisation
from accounts.models.outboxes import Medium
from surveys.content import Content, Question
from surveys.models import GradedScale
from surveys.scales import Point, Scale

PAGE = "/s/"
# Stands in questions where our own name belongs.
OURS = "{organisation}"


def proposed(content: Content, medium: str) -> dict[str, dict[str, Any]]:
    """As letters keep texts, in every language."""
    asked, scales = content.first_scale, GradedScale.objects.by_key()
    scale = scales[asked.scale] if asked else None
    found = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            written = _mail(asked, language) if medium == Medium.EMAIL else _sms(asked, language)
        found[language] = written | {ANSWERS: _asked(scale, language)}
    return found


def _mail(asked: Question | None, language: str) -> dict[str, str]:
    parts = [
        _("Hello {{ first_name | there }},"),
        escaped(_question(asked, language)),
        _("Choose your answer here: the page that opens takes about a minute.")
        if asked
        else _("It takes about a minute."),
    ]
    return {
        letters.SUBJECT: _("A short question for you"),
        letters.BODY: "\n\n".join(parts),
        letters.BUTTON: _("Answer the survey"),
        letters.LINK: "",
    }


def _sms(asked: Question | None, language: str) -> dict[str, str]:
    return {letters.BODY: _question(asked, language)}


def _question(asked: Question | None, language: str) -> str:
    if asked is None:
        return _("We would like to hear your opinion.")
    return asked.text.in_language(language).replace(OURS, Organisation.current().name.in_language(language))


def _asked(scale: Scale | None, language: str) -> dict[str, Any]:
    points = scale.points if scale else ()
    labels = [point.label.in_language(language) for point in points]
    return {
        "page": PAGE,
        "choices": [
            [str(point.value), _shown(point, points), label]
            for point, label in zip(points, labels, strict=True)
        ],
        "low": labels[0] if labels else "",
        "high": labels[-1] if labels else "",
    }


def _shown(point: Point, points: tuple[Point, ...]) -> str:
    """Its sign; where all have the same, how many of them."""
    if len({one.sign for one in points}) == len(points):
        return point.sign
    return f"{point.value} {point.sign}".strip()
