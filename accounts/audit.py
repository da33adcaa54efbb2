from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from accounts.models import AuditEntry, Job, User


@contextmanager
def acting(user: User | None = None, job: Job | None = None) -> Iterator[None]:
    """One transaction whose changes the audit puts down to this person and this job."""
    with transaction.atomic(), connection.cursor() as cursor:
        before = _set_actor(cursor, user and user.pk, job and job.pk)
        yield
        _set_actor(cursor, *before)


def is_emptied(job: Job) -> bool:
    """Whether what its rows were before is kept no longer, so that nothing can be taken back."""
    entries = AuditEntry.objects.filter(job=job).exclude(action=AuditEntry.Action.CREATED)
    return entries.filter(before={}).exists()


def _set_actor(cursor: Any, actor: object, job: object) -> tuple[object, object]:
    cursor.execute(
        "WITH before AS MATERIALIZED (SELECT current_setting('cxhub.actor', true) AS actor,"
        " current_setting('cxhub.job', true) AS job)"
        " SELECT actor, job, set_config('cxhub.actor', %s, true), set_config('cxhub.job', %s, true) FROM before",
        [str(actor or ""), str(job or "")],
    )
    actor_before, job_before, *_now = cursor.fetchone()
    return actor_before, job_before
