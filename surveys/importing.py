"""Old responses out of a file: what would become of each row, then all of it at once, and back again.

A row is known by its id and the source of its file: sent again it changes nothing, and a corrected one replaces its
answers. Nobody is told, and nothing is followed up: it was long ago.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.imports import Unreadable, uploads
from accounts.models import User
from surveys.answer_rows import band_of, rows
from surveys.answering import scales_of
from surveys.import_plan import Given, Plan, Planning, chunks
from surveys.models import Answer, Channel, Response, ResponseImport, Survey, SurveyVersion

# Of a response, when its row comes again.
WRITTEN = ("account", "contact", "language", "responded_at", "completed_at", "band", "version", "imported")


def why_not(survey: Survey) -> str:
    """Why nothing can be imported into it; empty where it can."""
    if survey.identity != Survey.Identity.IDENTIFIED:
        return _(
            "Answers to this survey name nobody, and a file with ids and days would. Old responses can be imported"
            " into identified surveys alone."
        )
    is_published = survey.versions.exists()
    return "" if is_published else _("Publish the survey first: a file answers the questions of a version.")


def plan(imported: ResponseImport, by: User, now: datetime) -> Plan:
    """Nothing is written. Raises Unreadable."""
    with uploads.opened(imported.upload.file) as file:
        return Planning(imported, _version_of(imported.survey), by, now).planned(file)


@transaction.atomic
def run(imported: ResponseImport, by: User, now: datetime) -> None:
    """All of it or nothing, once. Raises Unreadable."""
    # Two files for one survey at once would not know of each other's ids.
    survey = Survey.objects.select_for_update(no_key=True).get(pk=imported.survey_id)
    imported.refresh_from_db()
    if imported.done_at:
        return
    imported.survey = survey
    found, version = plan(imported, by, now), _version_of(survey)
    for given in chunks(found.to_write):
        _write(imported, version, given)
    for name, count in found.counts.items():
        setattr(imported, name, count)
    imported.done_at = now
    imported.save(update_fields=[*found.counts, "done_at"])


@transaction.atomic
def take_back(imported: ResponseImport, now: datetime) -> int:
    """How many were deleted: those that no later file answered otherwise."""
    _all, deleted = imported.responses.all().delete()
    ResponseImport.objects.filter(pk=imported.pk).update(taken_back_at=now)
    return deleted.get(Response._meta.label, 0)


def _version_of(survey: Survey) -> SurveyVersion:
    version = survey.current
    if version is None or why_not(survey):
        raise Unreadable(why_not(survey))
    return version


def _write(imported: ResponseImport, version: SurveyVersion, chunk: list[Given]) -> None:
    content, scales = version.content, scales_of(version.content)
    responses, answers = [], []
    for given in chunk:
        response = Response(
            survey_id=imported.survey_id,
            version=version,
            imported=imported,
            channel=Channel.IMPORT,
            source=imported.source,
            external_id=given.external_id,
            account_id=given.account_id,
            contact_id=given.contact_id,
            language=given.language,
            responded_at=given.responded_at,
            completed_at=given.responded_at,
            band=band_of(content, scales, given.answers),
        )
        if given.response:
            response.pk = given.response.pk
        responses.append(response)
        for answer in rows(content, scales, given.answers):
            answer.response = response
            answers.append(answer)
    Answer.objects.filter(response__in=[given.response.pk for given in chunk if given.response]).delete()
    Response.objects.bulk_create(
        responses, update_conflicts=True, unique_fields=["id"], update_fields=WRITTEN
    )
    Answer.objects.bulk_create(answers)
