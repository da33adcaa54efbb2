"""An import as a whole: batch by batch, each in a transaction of its own, as a job that can be stopped and goes on."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice

from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone

from accounts.audit import acting
from accounts.imports.records import Broken
from accounts.imports.resource import Resource
from accounts.imports.staging import Stage
from accounts.imports.taken import CHANGED, CREATED, UNCHANGED, Options, Rejection, Taken, Taking
from accounts.models import Job

KIND = "import"
# Of a request to the bulk API.
BULK = "bulk"
# Larger batches were not faster, and a killed import repeats at most one.
BATCH = 5000
# So many reasons stand in the job's row; the door that runs the import tells all of them.
KEPT_REJECTIONS = 200


@dataclass
class Counts:
    """Rows; one with several bad cells is rejected once."""

    read: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0

    def add(self, taken: Taken, read: int) -> None:
        fates = list(taken.fates.values())
        self.read += read
        self.created += fates.count(CREATED)
        self.changed += fates.count(CHANGED)
        self.unchanged += fates.count(UNCHANGED)
        self.rejected += len({rejection.line for rejection in taken.rejections})


@dataclass(frozen=True)
class Outcome:
    counts: Counts
    line: int
    stopped: bool = False


Report = Callable[[int, Taken], None]
Row = tuple[int, Mapping[str, str] | Broken]


def run(
    resource: Resource,
    rows: Iterable[Row],
    *,
    fields: Sequence[str],
    options: Options,
    job: Job | None = None,
    dry_run: bool = False,
    keep: Report | None = None,
    report: Report | None = None,
    tell_planner: bool = True,
    clock: Callable[[], datetime] = timezone.now,
) -> Outcome:
    """Takes rows of {field: text}, numbered ascending by the line on which they begin.

    `fields` are those that every row gives. With a job the run begins behind the line that its position names. `report`
    hears after each batch how far it is and what became of its rows, `keep` before, in the transaction that writes
    them. A dry run does all of this and undoes it. `tell_planner`: not for what is small and comes often.
    Raises FieldsDoNotFit before anything is read.
    """
    counts = Counts(**{name: job.result.get(name, 0) for name in asdict(Counts())}) if job else Counts()
    noted = list(job.result.get("rejections", [])) if job else []
    behind = line = int(job.position.get("line", 0)) if job else 0
    stopped = False
    with _undone() if dry_run else _kept(), _stage(resource, fields, options) as stage:
        for batch in _batches(rows):
            line = batch[-1][0]
            if earlier := _good([row for row in batch if row[0] <= behind]):
                stage.remember(earlier)
            fresh = [row for row in batch if row[0] > behind]
            if not fresh:
                continue
            with acting(user=options.by, job=job):
                taken = stage.take(_good(fresh))
                taken.rejections += _broken(fresh)
                taken.rejections.sort(key=lambda rejection: rejection.line)
                counts.add(taken, len(fresh))
                noted += [
                    [r.line, r.column, r.reason] for r in taken.rejections[: KEPT_REJECTIONS - len(noted)]
                ]
                if job:
                    # In the transaction of the rows: killed at any point, nothing is lost and nothing done twice.
                    result = {**asdict(counts), "rejections": noted}
                    Job.objects.filter(pk=job.pk).update(position={"line": line}, result=result)
                if keep:
                    keep(line, taken)
            if report:
                report(line, taken)
            if job and not job.advance(line, clock()):
                stopped = True
                break
        if counts.created and tell_planner and not dry_run:
            _tell_the_planner()
    return Outcome(counts, line, stopped)


def check(resource: Resource, fields: Sequence[str], options: Options) -> None:
    """Raises FieldsDoNotFit when no row with these fields can be taken."""
    _staged(resource, fields, options)


def _staged(resource: Resource, fields: Sequence[str], options: Options) -> Taking:
    return (resource.stage or Stage)(resource, list(dict.fromkeys(fields)), options)


def _tell_the_planner() -> None:
    """Until the server does so by itself, a minute later, it would plan evaluations for tables as they were before."""
    tables = [model._meta.db_table for model in apps.get_app_config("accounts").get_models()]
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(tables)}")


@contextmanager
def _stage(resource: Resource, fields: Sequence[str], options: Options) -> Iterator[Taking]:
    stage = _staged(resource, fields, options)
    stage.create()
    yield stage
    stage.drop()


@contextmanager
def _kept() -> Iterator[None]:
    yield


@contextmanager
def _undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    numbered = iter(rows)
    while batch := list(islice(numbered, BATCH)):
        yield batch


def _good(rows: Sequence[Row]) -> list[tuple[int, Mapping[str, str]]]:
    return [(line, row) for line, row in rows if not isinstance(row, Broken)]


def _broken(rows: Sequence[Row]) -> list[Rejection]:
    return [
        Rejection(line, row.column, row.value, row.reason) for line, row in rows if isinstance(row, Broken)
    ]
