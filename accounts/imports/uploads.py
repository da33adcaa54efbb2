"""Files that people upload: kept where only our pages find them, looked at, and deleted when their time is over."""

import csv
import hashlib
import io
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice
from statistics import median_low
from typing import Any, BinaryIO, cast

from django.core.files.base import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.imports import guessing, workbooks
from accounts.imports.reading import DELIMITERS, Layout, count_lines, lines_in, utf_16_of, with_header
from accounts.imports.records import Broken, Unreadable, storable
from accounts.models import Import, Job, RowFate, Upload

CHUNK = 1 << 20
# The kind of a job that only tries.
PREVIEW = "import.preview"
# So many rows are looked at to see how the file is written.
SAMPLED = 500
# So many to find the one that names the columns.
ROWS_TO_NAMES = 30
MOST_LINES = 3_000_000


@dataclass(frozen=True)
class Manner:
    """How a file is written, as far as one must know to see its columns."""

    encoding: str = "utf-8-sig"
    delimiter: str = ""
    sheet: str = ""
    header: bool = True
    header_row: int = 0

    @property
    def layout(self) -> Layout:
        return Layout(**asdict(self))


@dataclass(frozen=True)
class Look:
    """The columns of a file and its first rows, as the manner reads them. `sheets` of a workbook, else nothing."""

    header: list[str]
    rows: list[list[str]]
    sheets: list[str] = field(default_factory=list)

    def cells(self, place: int) -> list[str]:
        return [row[place].strip() for row in self.rows if place < len(row)]


def proposed(file: BinaryIO, known: Collection[str] = ()) -> Manner:
    """How the file seems to be written, given names of columns that its source is known for.

    Raises Unreadable for what is no table at all, and for what is too large.
    """
    if workbooks.is_workbook(file):
        sheet = workbooks.sheets(file)[0]
        return Manner(encoding="", sheet=sheet, header_row=row_of_names(file, sheet, known))
    sample = bytes(cast("Any", file).peek(CHUNK)[:CHUNK])
    if not sample:
        raise Unreadable(_("The file is empty."))
    if (count_lines(file) or 0) > MOST_LINES:
        raise Unreadable(
            _("The file has more than %(limit)s lines. Divide it, and import the parts one after another.")
            % {"limit": MOST_LINES}
        )
    encoding = utf_16_of(sample) or guessing.encoding_of(sample)
    return Manner(encoding=encoding, header_row=_row_of_names(lines_in(sample, encoding), known))


def row_of_names(file: BinaryIO, sheet: str, known: Collection[str] = ()) -> int:
    """Of a sheet."""
    rows = islice(workbooks.records(file, sheet), ROWS_TO_NAMES)
    return guessing.row_of_names(
        [(line, cells) for line, cells in rows if not isinstance(cells, Broken)], known
    )


def _row_of_names(lines: Sequence[str], known: Collection[str]) -> int:
    """Of a text, by the delimiter that gives the most columns."""
    found = []
    for delimiter in DELIMITERS:
        reader, rows, begins = csv.reader(lines, delimiter=delimiter), [], 1
        with suppress(csv.Error):
            for cells in islice(reader, ROWS_TO_NAMES):
                rows.append((begins, cells))
                begins = reader.line_num + 1
        found.append((median_low([len(cells) for _line, cells in rows] or [0]), rows))
    _width, rows = max(found, key=lambda one: one[0])
    return guessing.row_of_names(rows, known)


def look(file: BinaryIO, manner: Manner) -> Look:
    file.seek(0)
    sheets = workbooks.sheets(file) if workbooks.is_workbook(file) else []
    header, records = with_header(file, manner.layout)
    rows = [
        [storable(cell) for cell in cells]
        for _line, cells in islice(records, SAMPLED)
        if not isinstance(cells, Broken)
    ]
    return Look(header, rows, sheets)


def keep(file: File, name: str) -> Upload:
    digest = hashlib.sha256()
    for chunk in file.chunks(CHUNK):
        digest.update(chunk)
    file.seek(0)
    upload = Upload(name=name[-255:], size=file.size, sha256=digest.hexdigest())
    # The name that people gave it says nothing safe, and perhaps somebody's name.
    upload.file.save(digest.hexdigest(), file, save=True)
    return upload


@contextmanager
def opened(file: File) -> Iterator[BinaryIO]:
    """With a buffer that one can look ahead in, wherever the file lies."""
    with file.open("rb"):
        inner: Any = file.file
        if isinstance(inner, io.BufferedReader):
            yield inner
            return
        with tempfile.TemporaryFile() as copy:
            for chunk in file.chunks(CHUNK):
                copy.write(chunk)
            copy.seek(0)
            yield cast("BinaryIO", copy)


def in_work() -> QuerySet[Any, Any]:
    """Uploads that somebody is just importing."""
    return Import.objects.filter(job__in=Job.objects.unfinished()).values("upload")


def prune(before: datetime) -> int:
    """Deletes the files uploaded before then, and what stands in them; the imports keep their counts."""
    old = Upload.objects.filter(uploaded_at__lt=before).exclude(file="")
    pruned = 0
    for upload in old.exclude(pk__in=in_work()):
        _forget(upload)
        pruned += 1
    RowFate.objects.filter(job__kind=PREVIEW, job__preview_of=None, job__created_at__lt=before).delete()
    return pruned


def _forget(upload: Upload) -> None:
    kept, storage = str(upload.file.name), upload.file.storage
    jobs = [pk for pair in upload.imports.values_list("preview", "job") for pk in pair if pk]
    with transaction.atomic():
        RowFate.objects.filter(job__in=jobs).delete()
        upload.imports.update(choices={})
        Upload.objects.filter(pk=upload.pk).update(file="")
        transaction.on_commit(lambda: storage.delete(kept))
