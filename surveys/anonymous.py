"""Answers that lead to nobody, neither by a key nor by a moment nor by who wrote which row.

An answer waits in the survey's box, which is written anew with each, until there are five; then all become responses of
that day, in an order of chance, without language or channel. That an invitation was answered is kept as a digest,
which only the secret key leads back; at night it becomes a flag, together with a new writing of all the survey's
invitations, so that the row does not say when.
"""

from collections.abc import Mapping
from datetime import datetime, time
from hashlib import sha256
from random import SystemRandom
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from accounts.models import Organisation
from surveys.answer_rows import band_of, rows
from surveys.models import (
    AnonymousBox,
    Answer,
    GradedScale,
    Invitation,
    Response,
    SpentInvitation,
    Survey,
    SurveyVersion,
)
from surveys.tokens import Asked

LEAST = 5
# By the same words in SQL, for those who ask of many.
DIGEST = "encode(sha256(%(secret)s::bytea || i.id::text::bytea), 'hex')"
SPENT = f"SELECT FROM surveys_spentinvitation s WHERE s.survey_id = i.survey_id AND s.digest = {DIGEST}"
FLAG = f"""
UPDATE surveys_invitation i SET answered = i.answered OR EXISTS ({SPENT} AND s.released)
WHERE i.survey_id = %(survey)s"""


def put(
    asked: Asked,
    version: SurveyVersion,
    answers: Mapping[str, Any],
    *,
    form: UUID,
    is_machine: bool,
) -> bool:
    """`form`: of the page that was sent, so that sending it again adds nothing. False: it was answered before."""
    with transaction.atomic():
        box = _locked(version.survey_id)
        if any(one["form"] == str(form) for one in box.waiting) or Response.objects.filter(pk=form).exists():
            return True
        if isinstance(asked, Invitation) and not _spend(asked):
            return False
        box.waiting.append(
            {
                "form": str(form),
                "version": version.pk,
                "answers": dict(answers),
                "is_machine": is_machine,
            }
        )
        SystemRandom().shuffle(box.waiting)
        box.save(update_fields=["waiting"])
    return True


def is_spent(asked: Invitation) -> bool:
    return asked.answered or SpentInvitation.objects.filter(digest=digest_of(asked.pk)).exists()


def secret() -> bytes:
    """From which digests are made; nothing else is made from it."""
    return salted_hmac("surveys.anonymous", "spent", settings.SECRET_KEY, algorithm="sha256").digest()


def digest_of(invitation: int) -> str:
    return sha256(secret() + str(invitation).encode()).hexdigest()


def _spend(asked: Invitation) -> bool:
    if asked.answered:
        return False
    digest = digest_of(asked.pk)
    _row, is_new = SpentInvitation.objects.get_or_create(
        digest=digest, defaults={"survey_id": asked.survey_id}
    )
    return is_new


def _locked(survey: int) -> AnonymousBox:
    AnonymousBox.objects.bulk_create([AnonymousBox(survey_id=survey)], ignore_conflicts=True)
    return AnonymousBox.objects.select_for_update().get(survey=survey)


# From the box


def release(now: datetime) -> int:
    """Of each survey all that wait, where they are enough; how many there were."""
    full = AnonymousBox.objects.filter(**{f"waiting__{LEAST - 1}__isnull": False})
    return sum(_release(survey, now) for survey in full.values_list("survey", flat=True))


@transaction.atomic
def _release(survey: int, now: datetime) -> int:
    box = _locked(survey)
    waiting, box.waiting = box.waiting, []
    if len(waiting) < LEAST:
        return 0
    scales, day = GradedScale.objects.by_key(), _day(now)
    versions = SurveyVersion.objects.in_bulk({one["version"] for one in waiting})
    responses, answers = [], []
    for one in waiting:
        version = versions[one["version"]]
        content = version.content
        response = Response(
            pk=UUID(one["form"]),
            survey_id=survey,
            version=version,
            channel="",
            identity=Survey.Identity.ANONYMOUS,
            responded_at=day,
            completed_at=day,
            band=band_of(content, scales, one["answers"]),
            is_machine=one["is_machine"],
        )
        responses.append(response)
        for row in rows(content, scales, one["answers"]):
            row.response = response
            answers.append(row)
    Response.objects.bulk_create(responses)
    Answer.objects.bulk_create(answers)
    SpentInvitation.objects.filter(survey=survey).update(released=True)
    box.save(update_fields=["waiting"])
    return len(waiting)


def _day(now: datetime) -> datetime:
    zone = Organisation.current().zone
    return datetime.combine(now.astimezone(zone), time.min, zone)


# At night


def flag() -> None:
    """Who has answered is known from now on, for reminders and rates; not since when."""
    for survey in SpentInvitation.objects.filter(released=True).values_list("survey", flat=True).distinct():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(FLAG, {"survey": survey, "secret": secret()})
            SpentInvitation.objects.filter(survey=survey, released=True).delete()
