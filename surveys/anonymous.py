"""Answers that lead to nobody: that somebody answered is a flag, what they answered stands apart."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import Organisation
from surveys.answer_rows import band_of, rows
from surveys.models import Answer, GradedScale, Invitation, Response, SurveyVersion
from surveys.tokens import Asked


def put(
    asked: Asked,
    version: SurveyVersion,
    language: str,
    answers: Mapping[str, Any],
    *,
    form: UUID,
    is_machine: bool,
    now: datetime,
) -> bool:
    """`form`: of the page that was sent, so that sending it again adds nothing. False: it was answered before."""
    content, scales = version.content, GradedScale.objects.by_key()
    with transaction.atomic():
        if not _is_first(asked):
            return False
        response, is_new = Response.objects.get_or_create(
            pk=form,
            defaults={
                "survey_id": version.survey_id,
                "version": version,
                "channel": asked.channel,
                "language": language,
                "identity": asked.survey.Identity.ANONYMOUS,
                "responded_at": _day(now),
                "completed_at": _day(now),
                "band": band_of(content, scales, answers),
                "is_machine": is_machine,
            },
        )
        if is_new:
            given = rows(content, scales, answers)
            for row in given:
                row.response = response
            Answer.objects.bulk_create(given)
    return is_new


def _is_first(asked: Asked) -> bool:
    """Whoever has a link may answer as often as people do."""
    if not isinstance(asked, Invitation):
        return True
    return bool(Invitation.objects.filter(pk=asked.pk, answered=False).update(answered=True))


def _day(now: datetime) -> datetime:
    zone = Organisation.current().zone
    return datetime.combine(now.astimezone(zone), time.min, zone)
