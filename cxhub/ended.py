"""Runs that ended: whoever began one is told, once of each end, whichever way it came to it."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import override

from accounts.imports.service import BULK
from accounts.imports.work import PREVIEW
from accounts.models import Job, Notice
from accounts.notices.kinds import RUN_DONE, RUN_FAILED
from accounts.notices.telling import Happening, tell_all
from cxhub.persons import exporting
from cxhub.runs import NAMES

# Programs read their answer; who tries an import out, or saves an export, waits for it.
KINDS = sorted(set(NAMES) - {BULK, PREVIEW, exporting.KIND})
# For so long a worker may have been down.
LATELY = timedelta(days=1)
TOLD = {Job.State.DONE: RUN_DONE, Job.State.FAILED: RUN_FAILED}


def tell(now: datetime) -> None:
    lately = Job.objects.filter(finished_at__gt=now - LATELY, created_by__isnull=False, kind__in=KINDS)
    for state, kind in TOLD.items():
        jobs = list(lately.filter(state=state).order_by("pk"))
        keys = {f"{kind}:{_key(job)}" for job in jobs}
        already = set(Notice.objects.filter(key__in=keys).values_list("key", flat=True))
        new = [job for job in jobs if f"{kind}:{_key(job)}" not in already]
        if new:
            tell_all(kind, [_of(job) for job in new], now)


def _key(job: Job) -> str:
    """One that failed may be taken up again."""
    return f"{job.pk}-{job.finished_at:%Y-%m-%d-%H%M%S}"


def _of(job: Job) -> Happening:
    payload = {"run": job.pk, "kind": job.kind, "name": _names(job)}
    return Happening(None, payload, [job.created_by_id], _key(job))


def _names(job: Job) -> dict[str, str]:
    """By language; of an import with its file."""
    found = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            words = (capfirst(str(NAMES[job.kind])), job.parameters.get("file"))
            found[language] = " · ".join(filter(None, words))
    return found
