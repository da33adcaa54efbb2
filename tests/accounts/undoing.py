"""Imports as jobs, taken back, and what the tables of facts hold."""

from datetime import UTC, datetime

from django.apps import apps
from django.db import connection

from accounts.imports import service, undo
from accounts.models import (
    Job,
)
from tests.accounts.importing import OPTIONS, Imported

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
NO_FACTS = {
    "organisation",
    "job",
    "auditentry",
    "touched",
    "notice",
    "apitoken",
    # What of the roll-ups must be made anew, which messages were read, and since when names mean what they do.
    "eventmark",
    "eventkey",
    "taxonomyversion",
}
TABLES = [
    m._meta.db_table
    for m in apps.get_app_config("accounts").get_models()
    if m._meta.model_name not in NO_FACTS
]


def contents():
    """Every column of every row of every table of facts."""
    with connection.cursor() as cursor:
        found = {}
        for table in TABLES:
            cursor.execute(f"SELECT id, to_jsonb(t) FROM {table} t")
            found |= {(table, row): columns for row, columns in cursor.fetchall()}
    return found


def imported(resource, rows, options=OPTIONS):
    """As a job that is done."""
    job = Job.objects.create(kind=service.KIND, parameters={"resource": resource.name})
    Imported(resource, rows, options, job=job)
    job.finish(Job.State.DONE, NOW)
    return job


def undone(job, **more):
    """The undo; it must be done."""
    begun = undo.begin(job, by=None, now=NOW)
    undo.work_on(begun, **more)
    begun.refresh_from_db()
    assert begun.state == Job.State.DONE
    return begun


def left(begun):
    return {(table.removeprefix("accounts_"), row): why for table, row, why in begun.result["rows"]}


def order(identity, **more):
    row = {
        "id": identity,
        "account": "najm",
        "ordered_at": "2026-01-05 10:00",
        "amount": "10",
        "currency": "USD",
    }
    return row | more
