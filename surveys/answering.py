"""Answers as they come in: begun, kept as far as they go, completed, changed, taken back.

One response for an invitation, and one for a page of a link, however often and at once it is sent.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.db.models.functions import Coalesce

from accounts.notices.telling import tell
from surveys import anonymous, flow, follow_ups, invitations
from surveys.answer_rows import band_of, rows
from surveys.content import Content, Question
from surveys.models import Answer, GradedScale, Invitation, Response, Survey, SurveyVersion
from surveys.notices import RESPONSE_COMPLETED, about
from surveys.scales import BUILT_IN, Scale
from surveys.tokens import Asked

# Of an answer that is given otherwise.
KEPT = ["value", "text", "scale", "measure", "score", "band"]


class Why(models.TextChoices):
    """Nobody can answer here, or no more."""

    REVOKED = "revoked"
    ANSWERED = "answered"
    EXPIRED = "expired"
    EARLY = "early"
    OVER = "over"
    FULL = "full"


class Closed(Exception):
    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


class Incomplete(Exception):
    def __init__(self, missing: list[Question]) -> None:
        super().__init__(", ".join(question.key for question in missing))
        self.missing = missing


@dataclass(frozen=True)
class Sent:
    """What came from one page. `form`: the page's own id; `answers`: by question, as they are kept."""

    form: UUID
    version: SurveyVersion
    answers: Mapping[str, Any]
    language: str = ""
    wants_contact: bool = False
    is_machine: bool = False


def response_of(asked: Asked, form: UUID) -> Response | None:
    if isinstance(asked, Invitation):
        found = getattr(asked, "response", None)
    else:
        found = Response.objects.select_related("version").filter(pk=form, link=asked).first()
    if found:
        found.survey = asked.survey
    return found


def changeable_until(response: Response) -> datetime | None:
    """None: it is not completed, so that it can be gone on with."""
    hours = timedelta(hours=response.survey.hours_to_edit)
    return response.completed_at + hours if response.completed_at else None


def can_change(response: Response, now: datetime) -> bool:
    """One that is completed, and does not count yet among those that name nobody."""
    until = changeable_until(response)
    return bool(until and now < until) and response.released_at is None


def why_closed(asked: Asked, response: Response | None, now: datetime, today: date) -> Why | None:
    """None: it is open. Whoever has answered may change it for its time, even where the survey has ended since.

    `today`: of the organisation.
    """
    survey = asked.survey
    if asked.revoked_at:
        return Why.REVOKED
    if response and response.completed_at:
        return None if can_change(response, now) else Why.ANSWERED
    if isinstance(asked, Invitation) and (
        asked.answered or (is_anonymous(survey) and anonymous.is_spent(asked))
    ):
        return Why.ANSWERED
    if asked.expires_at and asked.expires_at <= now:
        return Why.EXPIRED
    if survey.opens and survey.opens > today:
        return Why.EARLY
    if survey.archived_at or (survey.closes and survey.closes < today):
        return Why.OVER
    return Why.FULL if response is None and is_full(survey) else None


def is_full(survey: Survey) -> bool:
    return bool(survey.quota and survey.responses.filter(completed_at__isnull=False).count() >= survey.quota)


def scales_of(content: Content) -> Mapping[str, Scale]:
    """Those of one's own are asked for only where there are any."""
    named = {question.scale for question in content.questions if question.scale}
    return BUILT_IN if named <= BUILT_IN.keys() else GradedScale.objects.by_key()


def is_anonymous(survey: Survey) -> bool:
    return survey.identity == Survey.Identity.ANONYMOUS


@transaction.atomic
def save(asked: Asked, sent: Sent, now: datetime) -> Response | None:
    """Before all is answered. None: nothing is, or the survey keeps no such thing. One that is completed stays so."""
    if is_anonymous(asked.survey) or flow.is_empty(sent.version.content, sent.answers):
        return None
    response, is_new = _begun(asked, sent, now)
    if not response.completed_at:
        _write(response, sent, is_new=is_new)
    if is_new and isinstance(asked, Invitation):
        _rows_of(asked).filter(started_at=None).update(started_at=now)
    return response


@transaction.atomic
def complete(asked: Asked, sent: Sent, now: datetime) -> Response | None:
    """Or changed, if it was completed before. None: an anonymous one, which nobody finds again.

    Raises Incomplete; and Closed where it was answered meanwhile, and may not be changed.
    """
    if missing := flow.missing(sent.version.content, sent.answers):
        raise Incomplete(missing)
    if is_anonymous(asked.survey):
        _put(asked, sent)
        return None
    completed = {"completed_at": now, "is_machine": sent.is_machine}
    response, is_new = _begun(asked, sent, now, **completed)
    is_first = is_new or not response.completed_at
    if not is_first and not can_change(response, now):
        raise Closed(Why.ANSWERED)
    given = _write(response, sent, is_new=is_new, **(completed if is_first else {}))
    if is_first:
        _announce(asked, response, given, now)
    follow_ups.open_for(response, now)
    return response


@transaction.atomic
def withdraw(asked: Asked, response: Response, now: datetime) -> None:
    """Nothing of it is kept, and nobody is asked for it again."""
    response.delete()
    if isinstance(asked, Invitation):
        _rows_of(asked).update(completed_at=None, answered=False, revoked_at=now)


def _put(asked: Asked, sent: Sent) -> None:
    counted = flow.counted(sent.version.content, sent.answers)
    is_first = anonymous.put(asked, sent.version, counted, form=sent.form, is_machine=sent.is_machine)
    if not is_first:
        raise Closed(Why.ANSWERED)


def _which(asked: Asked, form: UUID) -> dict[str, Any]:
    return {"invitation_id": asked.pk} if isinstance(asked, Invitation) else {"pk": form, "link": asked}


def _rows_of(asked: Invitation) -> models.QuerySet[Invitation]:
    return Invitation.objects.filter(pk=asked.pk)


def _announce(asked: Asked, response: Response, given: Sequence[Answer], now: datetime) -> None:
    """Of what is confidential nobody is told."""
    if isinstance(asked, Invitation):
        _rows_of(asked).update(started_at=Coalesce("started_at", now), completed_at=now, answered=True)
        invitations.stop_reminders(asked, now)
    if response.identity == Survey.Identity.IDENTIFIED and not response.is_machine:
        tell(RESPONSE_COMPLETED, about(response, given), now, account=response.account_id)


def _begun(asked: Asked, sent: Sent, now: datetime, **completed: Any) -> tuple[Response, bool]:
    """Locked: whoever sends the same at the same time waits, and then writes over it. And whether it is new."""
    which = _which(asked, sent.form)
    if response_of(asked, sent.form) is None:
        born = {"survey": asked.survey, "version": sent.version, "responded_at": now}
        of_whom = which | _of_asked(asked)
        response = Response(**born, **of_whom, **_said(sent.version.content, sent), **completed)
        with suppress(IntegrityError), transaction.atomic():
            response.save(force_insert=True)
            return response, True
    response = Response.objects.select_for_update(no_key=True).get(**which)
    response.survey = asked.survey
    return response, False


def _of_asked(asked: Asked) -> dict[str, Any]:
    known = {"channel": asked.channel, "identity": asked.survey.identity}
    if isinstance(asked, Invitation):
        known |= {name: getattr(asked, name) for name in ("account_id", "contact", "ticket_id")}
    return known


def _said(content: Content, sent: Sent) -> dict[str, Any]:
    answers = flow.counted(content, sent.answers)
    band = band_of(content, scales_of(content), answers)
    return {"language": sent.language, "wants_contact": sent.wants_contact, "band": band}


def _write(response: Response, sent: Sent, *, is_new: bool, **completed: Any) -> list[Answer]:
    """What is shown no more is not kept."""
    is_its_own = response.version_id == sent.version.pk
    content = (sent.version if is_its_own else response.version).content
    answers = flow.counted(content, sent.answers)
    if not is_new:
        fields = _said(content, sent) | completed
        for name, value in fields.items():
            setattr(response, name, value)
        response.save(update_fields=[*fields])
        response.answers.exclude(question__in=answers).delete()
    given = rows(content, scales_of(content), answers)
    for row in given:
        row.response = response
    return Answer.objects.bulk_create(
        given, update_conflicts=True, unique_fields=["response", "question"], update_fields=KEPT
    )
