"""Takes a file of rows into the database: `manage.py import_csv plans plans.csv --map "Plan code=code"`."""

import contextlib
import csv
import sys
import time
from argparse import ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Self
from zoneinfo import ZoneInfo, available_timezones

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from accounts.imports import (
    KIND,
    Conventions,
    FieldsDoNotFit,
    Layout,
    Options,
    Outcome,
    Reading,
    Rejection,
    Resource,
    Taken,
    Unreadable,
    check,
    count_lines,
    read,
    run,
)
from accounts.imports.columns import is_date_format
from accounts.imports.undo import undone
from accounts.models import Job, Organisation
from cxhub.resources import OF_FILES, resource_of
from metrics.exports import cell

# What a run must share with the one that it goes on from.
SAME_WHEN_RESUMED = (
    *(
        "resource",
        "file",
        "map",
        "values",
        "set",
        "source",
        "id_from",
        "delimiter",
        "encoding",
        "sheet",
        "no_header",
        "header_row",
    ),
    *("date_format", "decimal", "time_zone", "backfill", "create_accounts"),
)
SECONDS_BETWEEN_LINES = 10
# As shells have it of what Ctrl-C ended.
INTERRUPTED = 130


class Command(BaseCommand):
    help = (
        "Imports the rows of a CSV file or a workbook (.xlsx). Rows are told apart by source and id: what is known"
        " already is brought to what the file says, and the same file again changes nothing. Rejected rows are listed;"
        " all others are kept."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = (
            "Exits with 0 when every row was taken, 1 when some were rejected or the run was stopped, 2 when nothing"
            " was tried, 130 after Ctrl-C."
        )
        parser.add_argument("resource", choices=OF_FILES, metavar="resource", help=", ".join(OF_FILES))
        parser.add_argument("file", help="the file, or - for the standard input")
        named = parser.add_argument_group("what the columns mean")
        several: dict[str, Any] = {"action": "extend", "nargs": "+", "default": []}
        named.add_argument(
            "--map",
            type=_pair,
            metavar="COLUMN=FIELD",
            help="a column by the field's own name needs none",
            **several,
        )
        named.add_argument(
            "--values",
            type=_translation,
            metavar="COLUMN:FROM=TO",
            help="reads a value as another one",
            **several,
        )
        named.add_argument(
            "--set", type=_constant, metavar="FIELD=VALUE", help="the same in every row", **several
        )
        named.add_argument(
            "--source", type=_source, default="csv", help="who numbered the rows (default: csv)"
        )
        named.add_argument("--id-from", choices=["line"], help="rows without an id are known by their line")
        written = parser.add_argument_group("how the file is written")
        written.add_argument(
            "--delimiter", default="", help="one character, tab or whitespace (default: found out)"
        )
        written.add_argument("--encoding", default="utf-8-sig", help="such as windows-1256 (default: UTF-8)")
        written.add_argument("--sheet", default="", help="of a workbook (default: the first)")
        written.add_argument("--no-header", action="store_true", help="columns are named 1, 2, 3 …")
        written.add_argument(
            "--header-row",
            type=_row,
            default=0,
            metavar="ROW",
            help="where the table begins (default: the first row)",
        )
        written.add_argument("--date-format", type=_date_format, default="", help="such as %%d/%%m/%%Y")
        written.add_argument("--decimal", choices=[".", ","], default="", help="sign before decimals")
        written.add_argument(
            "--time-zone", type=_zone, help="of times without one (default: the organisation's)"
        )
        how = parser.add_argument_group("how it is taken")
        how.add_argument("--backfill", action="store_true", help="rows count as known since they happened")
        how.add_argument(
            "--create-accounts", action="store_true", help="accounts that are not known are created"
        )
        how.add_argument(
            "--dry-run", action="store_true", help="says what would become of each row, writes nothing"
        )
        how.add_argument(
            "--resume", type=int, metavar="JOB", help="goes on with a job that was stopped or died"
        )
        how.add_argument("--rejects", type=Path, metavar="FILE", help="writes the rejected cells as CSV, too")

    def handle(self, *args: Any, **options: Any) -> None:
        resource = resource_of(options["resource"])
        organisation = Organisation.current()
        with _opened(options["file"]) as file, contextlib.ExitStack() as exits:
            total = count_lines(file) if file.seekable() else None
            try:
                reading = read(
                    file, _layout(options), fields=list(resource.columns), id_field=resource.id_field
                )
            except Unreadable as unreadable:
                raise CommandError(str(unreadable), returncode=2) from None
            if reading.unused:
                self.stderr.write(_("Not imported: %(columns)s.") % {"columns": ", ".join(reading.unused)})
            taking = Options(
                today=organisation.today(timezone.now()),
                zone=organisation.zone,
                source=options["source"],
                conventions=Conventions(
                    zone=options["time_zone"] or organisation.zone,
                    date_format=options["date_format"],
                    decimal=options["decimal"],
                ),
                backfill=options["backfill"],
                create_accounts=options["create_accounts"],
            )
            try:
                check(resource, reading.fields, taking)
            except FieldsDoNotFit as misfit:
                raise CommandError(str(misfit), returncode=2) from None
            job = None if options["dry_run"] else _job(options, total)
            progress = exits.enter_context(Progress(self, reading, total, options))
            outcome = self._run(resource, reading, taking, job, progress, options["dry_run"])
        self._say(outcome, job, options["dry_run"])

    def _run(
        self,
        resource: Resource,
        reading: Reading,
        taking: Options,
        job: Job | None,
        progress: "Progress",
        dry_run: bool,
    ) -> Outcome:
        """The job's state tells the truth however this ends, but for a kill: then its silence does."""
        state, outcome = Job.State.FAILED, None
        try:
            outcome = run(
                resource,
                reading.rows,
                fields=reading.fields,
                options=taking,
                job=job,
                dry_run=dry_run,
                report=progress.advance,
            )
            state = Job.State.STOPPED if outcome.stopped else Job.State.DONE
        except KeyboardInterrupt:
            state = Job.State.STOPPED
            raise CommandError(
                _("Stopped. Go on with --resume %(job)s.") % {"job": job and job.pk}, returncode=INTERRUPTED
            ) from None
        finally:
            if job:
                job.refresh_from_db()
                job.finish(state, timezone.now(), **job.result)
        return outcome

    def _say(self, outcome: Outcome, job: Job | None, dry_run: bool) -> None:
        counts = outcome.counts
        self.stdout.write(
            _(
                "Rows: %(read)s. Created: %(created)s, changed: %(changed)s,"
                " unchanged: %(unchanged)s, rejected: %(rejected)s."
            )
            % vars(counts)
        )
        if not (counts.read or outcome.stopped):
            self.stdout.write(_("The file has no row."))
        if dry_run:
            self.stdout.write(_("Nothing was written."))
        if outcome.stopped:
            raise CommandError(_("Stopped. Go on with --resume %(job)s.") % {"job": job and job.pk})
        if counts.rejected:
            raise CommandError(_("Some rows were rejected. The others were kept."))


class Progress:
    """A bar on a terminal, else a line now and then; and every rejected cell at once, by the names of the file."""

    def __init__(
        self, command: BaseCommand, reading: Reading, total: int | None, options: dict[str, Any]
    ) -> None:
        self.command, self.names, self.total = command, reading.names, total
        self.tells_fates = options["dry_run"]
        self.path: Path | None = options["rejects"]
        self.spoken_at = time.monotonic()
        self.bar: Any = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            self.bar = tqdm(total=self.total, unit=_(" lines"), file=sys.stderr)
        self.file = self.path.open("w", encoding="utf-8-sig", newline="") if self.path else None
        if self.file:
            csv.writer(self.file).writerow(["line", "column", "value", "reason"])
        return self

    def __exit__(self, *exception: object) -> None:
        if self.bar is not None:
            self.bar.close()
        if self.file:
            self.file.close()

    def advance(self, line: int, taken: Taken) -> None:
        for number, fate in sorted(taken.fates.items()) if self.tells_fates else ():
            self._write(f"{number}: {fate}")
        for rejection in taken.rejections:
            self._tell(rejection)
        if self.bar is not None:
            self.bar.update(line - self.bar.n)
        elif time.monotonic() - self.spoken_at > SECONDS_BETWEEN_LINES:
            self.spoken_at = time.monotonic()
            self.command.stderr.write(
                _("At line %(line)s of %(total)s.") % {"line": line, "total": self.total or "?"}
            )

    def _tell(self, rejection: Rejection) -> None:
        column = self.names.get(rejection.column, rejection.column)
        # What a file brings must not steer the terminal.
        shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in rejection.value[:80])
        place = f"{rejection.line}: {column} “{shown}”: " if column else f"{rejection.line}: "
        self._write(f"{place}{rejection.reason}")
        if self.file:
            # Nor run in a spreadsheet.
            told = [rejection.line, column, rejection.value, rejection.reason]
            csv.writer(self.file).writerow(map(cell, told))

    def _write(self, text: str) -> None:
        if self.bar is None:
            self.command.stdout.write(text)
        else:
            self.bar.write(text, file=sys.stdout)


@contextlib.contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        file = Path(name).open("rb", buffering=1 << 16)  # noqa: SIM115 closed below, and its errors belong to the user
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror}", returncode=2) from None
    with file:
        yield file


def _layout(options: dict[str, Any]) -> Layout:
    return Layout(
        encoding=options["encoding"],
        delimiter=options["delimiter"],
        sheet=options["sheet"],
        header=not options["no_header"],
        header_row=options["header_row"],
        columns=options["map"],
        translations=options["values"],
        constants=dict(options["set"]),
        id_from_line=options["id_from"] == "line",
    )


def _job(options: dict[str, Any], total: int | None) -> Job:
    parameters = {name: options[name] for name in SAME_WHEN_RESUMED} | {"file": Path(options["file"]).name}
    parameters["time_zone"] = str(options["time_zone"] or "")
    for name in ("map", "values", "set"):
        parameters[name] = [list(one) for one in options[name]]
    now = timezone.now()
    if options["resume"] is None:
        job = Job.objects.create(kind=KIND, parameters=parameters, total=total)
    else:
        job = _resumed(options["resume"], parameters, now)
    if not job.start(now):
        raise CommandError(
            _("Job %(job)s cannot go on: it is running, or done.") % {"job": job.pk}, returncode=2
        )
    return job


def _resumed(pk: int, parameters: dict[str, Any], now: datetime) -> Job:
    job = Job.objects.filter(pk=pk, kind=KIND).first()
    if not job:
        raise CommandError(_("There is no import job %(job)s.") % {"job": pk}, returncode=2)
    if undone([job]):
        raise CommandError(_("Job %(job)s was undone. Import the file anew.") % {"job": pk}, returncode=2)
    # Jobs from before there was this option have none.
    before = {"header_row": 0} | job.parameters
    if before != parameters:
        differing = [name for name in parameters if before.get(name) != parameters[name]]
        names = {"names": ", ".join(differing)}
        raise CommandError(_("The job was started with other options: %(names)s.") % names, returncode=2)
    broken_off = Job.objects.dead(now) | Job.objects.filter(state=Job.State.FAILED)
    Job.objects.filter(pk=pk, pk__in=broken_off).update(state=Job.State.STOPPED)
    return job


def _pair(text: str) -> tuple[str, str]:
    left, sign, right = text.rpartition("=")
    if not sign or not left:
        raise ArgumentTypeError(f"{text!r} is not written as NAME=NAME")
    return left.strip(), right.strip()


def _constant(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise ArgumentTypeError(f"{text!r} is not written as FIELD=VALUE")
    return name.strip(), value.strip()


def _translation(text: str) -> tuple[str, str, str]:
    column, colon, values = text.partition(":")
    old, sign, new = values.rpartition("=")
    if not colon or not sign:
        raise ArgumentTypeError(f"{text!r} is not written as COLUMN:FROM=TO")
    return column.strip(), old.strip(), new.strip()


def _source(text: str) -> str:
    if not 0 < len(text.strip()) <= 60:
        raise ArgumentTypeError("a source has a name of at most 60 characters")
    return text.strip()


def _row(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is no number of a row")
    return int(text)


def _zone(text: str) -> ZoneInfo:
    if text not in available_timezones():
        raise ArgumentTypeError(f"{text!r} is no time zone, as Asia/Riyadh is")
    return ZoneInfo(text)


def _date_format(text: str) -> str:
    if not is_date_format(text):
        raise ArgumentTypeError(f"{text!r} is no date format, as %d/%m/%Y is")
    return text
