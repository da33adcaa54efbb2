"""An uploaded file's way into the database: tried out, then taken, each as a job that any worker takes up.

A worker works until its time is over and leaves the rest to the next one. One that dies is missed after a while.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.imports import undo, uploads, workbooks
from accounts.imports.columns import Conventions
from accounts.imports.reading import Layout, Reading, Row, count_lines, read, with_header
from accounts.imports.records import Broken, Flawed, Unreadable, storable
from accounts.imports.resource import FieldsDoNotFit, Resource
from accounts.imports.service import KIND, Outcome, check, run
from accounts.imports.taken import CREATED, Options, Taken
from accounts.imports.uploads import PREVIEW, Manner
from accounts.models import Import, Job, Organisation, RowFate, User

COPY_FATES = (
    'COPY accounts_rowfate (job_id, line, key, fate, "column", value, reason, "row", changes) FROM STDIN'
)
Clock = Callable[[], datetime]


class Stopped(Exception):
    """Somebody asked the preview to stop."""


# What was chosen for the file


def manner_of(planned: Import) -> Manner:
    return Manner(**planned.choices.get("manner", {}))


def layout_of(planned: Import) -> Layout:
    chosen = planned.choices
    return Layout(
        **asdict(manner_of(planned)),
        columns=[tuple(pair) for pair in chosen.get("columns", ())],
        translations=[tuple(one) for one in chosen.get("translations", ())],
        constants=chosen.get("constants", {}),
        id_from_line=chosen.get("id_from_line", False),
    )


def options_of(planned: Import, organisation: Organisation, now: datetime, by: User | None = None) -> Options:
    chosen = planned.choices
    zone = ZoneInfo(chosen["time_zone"]) if chosen.get("time_zone") else organisation.zone
    return Options(
        today=organisation.today(now),
        zone=organisation.zone,
        source=planned.source,
        conventions=Conventions(
            zone=zone, date_format=chosen.get("date_format", ""), decimal=chosen.get("decimal", "")
        ),
        backfill=chosen.get("backfill", False),
        create_accounts=chosen.get("create_accounts", False),
        by=by,
        mends=_mended(planned),
    )


def _mended(planned: Import) -> list[int]:
    """The jobs of the file whose rejected rows these are, of the one that it mended, and so on."""
    jobs = []
    while before := planned.mends:
        planned = before
        if planned.current:
            jobs.append(planned.current)
    taken_back = undo.undone(jobs)
    return [job.pk for job in jobs if job.pk not in taken_back]


def reading_of(planned: Import, resource: Resource, file: BinaryIO) -> Reading:
    file.seek(0)
    return read(file, layout_of(planned), fields=list(resource.columns), id_field=resource.id_field)


def check_choices(planned: Import, resource: Resource, now: datetime) -> None:
    """Raises Unreadable or FieldsDoNotFit where no row could be taken."""
    with uploads.opened(planned.upload.file) as file:
        reading = reading_of(planned, resource, file)
        check(resource, reading.fields, options_of(planned, Organisation.current(), now))


# Beginning and ending


def begin_preview(planned: Import, *, by: User) -> Job:
    """A new one in the place of what was tried before."""
    if planned.preview:
        Job.objects.filter(pk=planned.preview.pk).update(stop_requested_at=timezone.now())
        RowFate.objects.filter(job=planned.preview.pk).delete()
    planned.preview = _job(planned, PREVIEW, by)
    planned.save(update_fields=["preview"])
    return planned.preview


def begin_import(planned: Import, *, by: User) -> bool:
    """False where it has begun before: a second click, or somebody else's."""
    job = _job(planned, KIND, by)
    if Import.objects.filter(pk=planned.pk, job=None).update(job=job):
        planned.job = job
        return True
    job.delete()
    return False


def taken() -> QuerySet[Import]:
    """To their end, and not taken back."""
    return Import.objects.filter(job__state=Job.State.DONE).exclude(undo.has_undo("job"))


def mended_by(planned: Import) -> list[Import]:
    """What was taken of its rejected rows when they came again."""
    return list(taken().filter(mends=planned).select_related("upload", "job").order_by("pk"))


def _job(planned: Import, kind: str, by: User) -> Job:
    what = {"resource": planned.resource, "file": planned.upload.name, "source": planned.source}
    what["create_accounts"] = planned.choices.get("create_accounts", False)
    return Job.objects.create(kind=kind, parameters={**what, "import": planned.pk}, created_by=by)


def stop(job: Job, now: datetime) -> None:
    """What nobody has begun stops at once, the rest between two pieces of the work."""
    Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(stop_requested_at=now)
    Job.objects.filter(pk=job.pk, state=Job.State.WAITING).update(state=Job.State.STOPPED, finished_at=now)


def go_on(job: Job) -> None:
    Job.objects.filter(pk=job.pk, state__in=[Job.State.STOPPED, Job.State.FAILED]).wait_again()


def _claim(job: Job, now: datetime) -> bool:
    """Only one worker gets a job that waits; one that is silent waits again."""
    waiting = Job.objects.filter(pk=job.pk).due(now)
    return waiting.claim(now, started_at=job.started_at or now, finished_at=None)


# Working


def work_on(planned: Import, resource: Resource, *, until: datetime, clock: Clock = timezone.now) -> None:
    """Does what waits, the preview before the import, as far as the time allows."""
    for job, work in ((planned.preview, _try_out), (planned.job, _take)):
        if job and _claim(job, clock()):
            job.refresh_from_db()
            with override(planned.choices.get("language", "en")):
                _finish(job, _told(work, planned, resource, job, until, clock), clock())


def _finish(job: Job, outcome: tuple[Job.State, dict[str, Any]], now: datetime) -> None:
    state, said = outcome
    job.refresh_from_db()
    job.finish(state, now, **{**job.result, **said})


def _told(work: Any, planned: Import, resource: Resource, job: Job, until: datetime, clock: Clock) -> Any:
    """The job's state tells the truth however this ends, but for a kill: then its silence does."""
    broke_off = True
    try:
        with uploads.opened(planned.upload.file) as file:
            told = work(planned, resource, job, file, until, clock)
        broke_off = False
    except (Unreadable, FieldsDoNotFit, FileNotFoundError) as error:
        broke_off = False
        told = Job.State.FAILED, {"error": str(error)}
    finally:
        if broke_off:
            job.refresh_from_db()
            job.finish(Job.State.FAILED, clock(), **job.result)
    return told


def _try_out(
    planned: Import, resource: Resource, job: Job, file: BinaryIO, until: datetime, clock: Clock
) -> tuple[Job.State, dict[str, Any]]:
    RowFate.objects.filter(job=job).delete()
    _note_total(job, planned, file)
    reading = reading_of(planned, resource, file)
    rows = InTime(reading.rows, until, clock)
    with _notebook(job, _names(reading, resource), clock) as note:
        try:
            outcome = run(
                resource,
                rows,
                fields=reading.fields,
                options=options_of(planned, Organisation.current(), clock(), job.created_by),
                dry_run=True,
                report=note,
            )
        except Stopped:
            return Job.State.STOPPED, {}
    more = {"only_to_line": outcome.line} if rows.are_left else {}
    return Job.State.DONE, {**asdict(outcome.counts), **more}


def _take(
    planned: Import, resource: Resource, job: Job, file: BinaryIO, until: datetime, clock: Clock
) -> tuple[Job.State, dict[str, Any]]:
    _note_total(job, planned, file)
    reading = reading_of(planned, resource, file)
    rows, names = InTime(reading.rows, until, clock), _names(reading, resource)

    def keep(_line: int, taken: Taken) -> None:
        with connection.cursor() as cursor:
            _copy_fates(cursor, job, names, taken)

    outcome = run(
        resource,
        rows,
        fields=reading.fields,
        options=options_of(planned, Organisation.current(), clock(), job.created_by),
        job=job,
        keep=keep,
        clock=clock,
    )
    return _state_after(outcome, rows), {}


def _state_after(outcome: Outcome, rows: "InTime") -> Job.State:
    if outcome.stopped:
        return Job.State.STOPPED
    return Job.State.WAITING if rows.are_left else Job.State.DONE


class InTime:
    """Rows as long as the time allows. A batch that has begun is taken as a whole, so it ends where one ends."""

    def __init__(self, rows: Iterable[Row], until: datetime, clock: Clock) -> None:
        self.rows, self.until, self.clock = iter(rows), until, clock
        self.are_left = False

    def __iter__(self) -> Iterator[Row]:
        for number, row in enumerate(self.rows):
            if number % 1000 == 0 and number and self.clock() > self.until:
                self.are_left = True
                return
            yield row


def _note_total(job: Job, planned: Import, file: BinaryIO) -> None:
    """For the progress. Of a workbook it is what that says of itself."""
    total = count_lines(file)
    if total is None:
        total = workbooks.last_row(file, manner_of(planned).sheet)
    Job.objects.filter(pk=job.pk).update(total=total, done=0 if job.kind == PREVIEW else job.done)


def _names(reading: Reading, resource: Resource) -> dict[str, str]:
    """What people call the fields: by the column of their file, else as the pages do."""
    return {name: column.label for name, column in resource.columns.items()} | reading.names


# What became of the rows


@contextmanager
def _notebook(job: Job, names: Mapping[str, str], clock: Clock) -> Iterator[Callable[[int, Taken], None]]:
    """Writes over a connection of its own what must outlast the transaction that a dry run undoes."""
    own = connections.create_connection(DEFAULT_DB_ALIAS)

    def note(line: int, taken: Taken) -> None:
        with own.cursor() as cursor:
            _copy_fates(cursor, job, names, taken)
            cursor.execute(
                "UPDATE accounts_job SET done = %s, seen_alive_at = %s WHERE id = %s RETURNING stop_requested_at",
                [line, clock(), job.pk],
            )
            if cursor.fetchone()[0]:
                raise Stopped

    try:
        yield note
    finally:
        own.close()


def _copy_fates(cursor: Any, job: Job, names: Mapping[str, str], taken: Taken) -> None:
    rejected = {rejection.line for rejection in taken.rejections}
    # What was only tried out is nowhere.
    unmade = {
        taken.ids.get(line) for line, fate in taken.fates.items() if fate == CREATED and job.kind == PREVIEW
    }
    with cursor.copy(COPY_FATES) as copy:
        for line, fate in taken.fates.items():
            if line not in rejected:
                row = taken.ids.get(line)
                key = taken.keys.get(line, "")
                changes = storable(json.dumps(taken.changes.get(line, []), ensure_ascii=False))
                ours = None if row in unmade else row
                copy.write_row((job.pk, line, key, fate, "", "", "", ours, changes))
        for one in taken.rejections:
            column = names.get(one.column, one.column)
            copy.write_row(
                (
                    job.pk,
                    one.line,
                    storable(taken.keys.get(one.line, "")),
                    RowFate.Fate.REJECTED,
                    storable(column),
                    storable(one.value),
                    one.reason,
                    None,
                    "[]",
                )
            )


def rejected_rows(planned: Import, job: Job) -> Iterator[list[str | None]]:
    """The head of the file and its rejected rows as they stand there, what is wrong with each in front: to mend and to
    upload again. A cell that cannot be read is an error there, too. Rows that were known by their line keep it as their
    id, since they stand elsewhere from now on. What was wrong the last time is left out."""
    by_line = planned.choices.get("id_from_line", False)
    waiting = _reasons(job)
    with uploads.opened(planned.upload.file) as file:
        header, records = with_header(file, manner_of(planned).layout)
        old = 1 if header and header[0] in _words_for_faults() else 0
        yield [_("What to mend"), *(["id"] if by_line else []), *map(storable, header[old:])]
        rejected, reason = next(waiting, (0, ""))
        for line, cells in records:
            if line == rejected:
                written = [] if isinstance(cells, Broken) else cells
                wrong = cells.wrong if isinstance(cells, Flawed) else {}
                shown = [None if place in wrong else storable(cell) for place, cell in enumerate(written)]
                yield [reason, *([str(line)] if by_line else []), *shown[old:]]
                rejected, reason = next(waiting, (0, ""))


def _words_for_faults() -> set[str]:
    """The head of that column in every language: the next round may be read in another one."""
    words = set()
    for language, _name in settings.LANGUAGES:
        with override(language):
            words.add(_("What to mend"))
    return words


def _reasons(job: Job) -> Iterator[tuple[int, str]]:
    """The rejected lines in their order, each with all that is wrong."""
    rejected = RowFate.objects.filter(job=job, fate=RowFate.Fate.REJECTED).order_by("line", "pk")
    rows = rejected.values_list("line", "column", "reason").iterator()
    for line, of_line in groupby(rows, key=itemgetter(0)):
        yield line, " ".join(f"{column}: {reason}" if column else reason for _line, column, reason in of_line)
