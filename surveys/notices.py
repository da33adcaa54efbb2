"""What our people, timelines and webhooks are told of surveys."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.notices.kinds import Kind
from surveys.models import Answer, Response

RESPONSE_COMPLETED = "response.completed"
FOLLOW_UP_OPENED, FOLLOW_UP_OVERDUE, FOLLOW_UP_DONE = (
    "follow_up.opened",
    "follow_up.overdue",
    "follow_up.done",
)
OF_FOLLOW_UP = ("surveys:follow-up", "follow_up")

KINDS = {
    RESPONSE_COMPLETED: Kind(
        _("Somebody answered a survey"), _("%(who)s answered the survey “%(survey)s”"), "checklist"
    ),
    FOLLOW_UP_OPENED: Kind(
        _("A low answer wants to be followed up"),
        _("%(who)s answered the survey “%(survey)s” with %(score)s"),
        "alert-triangle",
        is_important=True,
        page=OF_FOLLOW_UP,
    ),
    FOLLOW_UP_OVERDUE: Kind(
        _("A follow-up is overdue"),
        _("Nobody has followed up the answer of %(who)s to the survey “%(survey)s”"),
        "alert-triangle",
        to="surveys.manage_follow_ups",
        is_important=True,
        page=OF_FOLLOW_UP,
    ),
    FOLLOW_UP_DONE: Kind(
        _("A follow-up is done"),
        _("The answer of %(who)s to the survey “%(survey)s” was followed up"),
        "circle-check",
        page=OF_FOLLOW_UP,
    ),
}


def about(response: Response, answers: Iterable[Answer]) -> dict[str, Any]:
    """Of one that is not anonymous, with its answers in their order. `score`: of the first scale."""
    scores = (answer.score for answer in answers if answer.score is not None)
    return {
        "response": str(response.pk),
        "survey": response.survey.name,
        "who": response.contact.name if response.contact else "",
        "score": next(scores, None),
    }
