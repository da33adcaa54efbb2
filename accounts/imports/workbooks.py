"""Rows of an XLSX workbook, their cells as the texts that the column functions read.

A workbook is a zip of XML that anybody may have made: what it unpacks to is limited by what its directory says and,
because that may lie, while it is unpacked.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import dropwhile, islice
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils.exceptions import InvalidFileException

from accounts.imports.records import Broken, Flawed, Records, Unreadable

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# A sheet of a million rows of ten cells. Texts that cells share are kept in memory while it is read.
MOST_UNPACKED = 600 << 20
MOST_SHARED_TEXTS = 100 << 20
# Sheets shrink to a tenth, very monotonous ones to a fiftieth. What is small may shrink to anything.
MOST_RATIO, SMALL = 150, 10 << 20
MOST_ROWS = 1_048_576
LONGEST_CELL = 131_072
CHUNK = 1 << 20
FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")
# What zipfile says of an archive that is none, is packed in a way it does not know, has a password, or is cut off.
BAD_ARCHIVE = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError)
# What openpyxl says of a workbook that is none, or was damaged on its way.
DAMAGED = (
    *BAD_ARCHIVE,
    InvalidFileException,
    DefusedXmlException,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
)


def is_workbook(file: BinaryIO) -> bool:
    """Also one that cannot be read."""
    peek: Any = getattr(file, "peek", None)
    return peek is not None and bytes(peek(8)[:8]).startswith((ZIP, OLE))


def sheets(file: BinaryIO) -> list[str]:
    """Names of the sheets that are shown. Raises Unreadable for what is no workbook, or a dangerous one."""
    _examine(file)
    book = _opened(file)
    shown = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
    file.seek(0)
    if not shown:
        raise Unreadable(_("The workbook has no sheet with cells."))
    return shown


def records(file: BinaryIO, sheet: str = "", begins: int = 0) -> Records:
    """Of one sheet, the first where none is named, from a row on. The line is the sheet's own row."""
    has_formulas = _examine(file)
    rows = _rows(file, sheet, computed=True)
    if has_formulas:
        # A formula whose value nobody has computed yet reads as an empty cell; only the other reading shows it.
        written = _rows(file, sheet, computed=False)
        return _padded(_behind(_guarded(_with_formulas(rows, written)), begins))
    return _padded(_behind(_guarded(_as_texts(row) for row in rows), begins))


def last_row(file: BinaryIO, sheet: str = "") -> int | None:
    """As the workbook says; None where it does not."""
    return _sheet(_opened(file), sheet).max_row


def write(path: BinaryIO, rows: Iterable[Iterable[str | None]], *, from_right: bool = False) -> None:
    """A workbook of texts alone: nothing in it is a formula, a number or a date, whatever it looks like. None is an
    error, as those of spreadsheets are."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.sheet_view.rightToLeft = from_right
    for row in islice(rows, MOST_ROWS):
        sheet.append([_text_cell(sheet, text) for text in row])
    book.save(path)


def _text_cell(sheet: Any, text: str | None) -> Any:
    if text is None:
        return WriteOnlyCell(sheet, "#N/A")
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("\ufffd", text))
    cell.data_type, cell.number_format = "s", "@"
    return cell


# Whether it is safe


def _examine(file: BinaryIO) -> bool:
    """Raises Unreadable for what must not be unpacked. Says whether any sheet has a formula."""
    _refuse_other_kinds(file)
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            _refuse_size(sum(member.file_size for member in members), _length(file))
            _refuse_foreign([member.filename for member in members])
            return _unpack(archive, members)
    except BAD_ARCHIVE:
        raise _damaged() from None
    finally:
        file.seek(0)


def _refuse_other_kinds(file: BinaryIO) -> None:
    if not file.seekable():
        raise Unreadable(_("A workbook is read from a file, not from a stream."))
    file.seek(0)
    head = file.read(1 << 16)
    file.seek(0)
    if not head.startswith(OLE):
        return
    if "EncryptedPackage".encode("utf-16-le") in head + _tail(file):
        raise Unreadable(
            _("The workbook is protected by a password. Save it without one, then upload it again.")
        )
    raise Unreadable(_("This is an old workbook (.xls). Save it as .xlsx or CSV, then upload it again."))


def _tail(file: BinaryIO) -> bytes:
    """The directory of such a file may lie at its end."""
    length = _length(file)
    file.seek(max(0, length - (1 << 16)))
    end = file.read()
    file.seek(0)
    return end


def _length(file: BinaryIO) -> int:
    length = file.seek(0, 2)
    file.seek(0)
    return length


def _refuse_size(unpacked: int, packed: int) -> None:
    if unpacked > MOST_UNPACKED or (unpacked > SMALL and unpacked > MOST_RATIO * packed):
        raise Unreadable(
            _("The workbook would unpack to too much. Save the sheet as CSV, then upload that file.")
        )


def _refuse_foreign(names: list[str]) -> None:
    if "xl/workbook.bin" in names or "content.xml" in names:
        raise Unreadable(
            _("A workbook of this kind cannot be read. Save it as .xlsx or CSV, then upload it again.")
        )
    if "xl/workbook.xml" not in names:
        raise Unreadable(_("This is neither a table of text (CSV) nor a workbook (.xlsx)."))


def _unpack(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> bool:
    """Once, piece by piece, before anybody keeps any of it: the directory may say less than there is."""
    total, has_formulas = 0, False
    packed = sum(member.compress_size for member in members)
    for member in members:
        size, end = 0, b""
        with archive.open(member) as stream:
            while chunk := stream.read(CHUNK):
                size += len(chunk)
                _refuse_size(total + size, packed)
                if "worksheets/" in member.filename and not has_formulas:
                    has_formulas = bool(FORMULA.search(end + chunk))
                    end = chunk[-16:]
        total += size
        if member.filename == "xl/sharedStrings.xml":
            _refuse_size(MOST_UNPACKED + 1 if size > MOST_SHARED_TEXTS else 0, packed)
    return has_formulas


def _damaged() -> Unreadable:
    return Unreadable(_("The workbook is damaged. Open it, save it again as .xlsx or CSV, and upload that."))


# Reading


def _opened(file: BinaryIO, *, computed: bool = True) -> Workbook:
    file.seek(0)
    try:
        return load_workbook(file, read_only=True, data_only=computed, keep_links=False)
    except DAMAGED:
        raise _damaged() from None


def _sheet(book: Workbook, name: str) -> Any:
    if not name:
        return (
            next((sheet for sheet in book.worksheets if sheet.sheet_state == "visible"), None) or _no_sheet()
        )
    if name not in book.sheetnames:
        raise Unreadable(_("The workbook has no sheet %(name)s.") % {"name": name})
    return book[name]


def _no_sheet() -> Any:
    raise Unreadable(_("The workbook has no sheet with cells."))


def _rows(file: BinaryIO, name: str, *, computed: bool) -> Iterator[tuple[Any, ...]]:
    sheet = _sheet(_opened(file, computed=computed), name)
    # What it says of its size may be wrong, and would cut rows off.
    sheet.reset_dimensions()
    return iter(sheet.rows)


def _guarded(rows: Iterator[list[str] | Broken]) -> Records:
    line = 0
    try:
        for line, cells in enumerate(rows, start=1):
            if line > MOST_ROWS:
                yield line, Broken(_("A sheet has no more than %(limit)s rows.") % {"limit": MOST_ROWS})
                return
            if isinstance(cells, Broken) or any(cells):
                yield line, cells
    except DAMAGED:
        yield line + 1, Broken(_("The sheet is damaged from here on."))


def _behind(numbered: Records, begins: int) -> Records:
    return dropwhile(lambda one: one[0] < begins, numbered)


def _padded(numbered: Records) -> Records:
    """A sheet does not say where its rows end; all are as wide as the first, which names the columns."""
    width = 0
    for line, cells in numbered:
        if isinstance(cells, list):
            while not width and cells and not cells[-1].strip():
                cells.pop()
            width = width or len(cells)
            cells.extend([""] * (width - len(cells)))
        yield line, cells


def _with_formulas(
    rows: Iterator[tuple[Any, ...]], written: Iterator[tuple[Any, ...]]
) -> Iterator[list[str] | Broken]:
    for row, formulas in zip(rows, written, strict=True):
        texts = _as_texts(row)
        without_value = {
            place: str(getattr(formula.value, "text", formula.value))
            for place, (cell, formula) in enumerate(zip(row, formulas, strict=True))
            if cell.value is None and formula.data_type == "f"
        }
        if not without_value or isinstance(texts, Broken):
            yield texts
            continue
        reason = _("The formula has no value yet. Open the workbook, save it, and upload it again.")
        wrong = texts.wrong if isinstance(texts, Flawed) else {}
        cells = [without_value.get(place, text) for place, text in enumerate(texts)]
        yield Flawed(cells, wrong | dict.fromkeys(without_value, reason))


def _as_texts(row: tuple[Any, ...]) -> list[str] | Broken:
    texts = [as_text(cell.value) for cell in row]
    if any(len(text) > LONGEST_CELL for text in texts):
        return Broken(_("A cell is too long."))
    wrong = {
        place: _("The cell %(cell)s holds an error.") % {"cell": cell.coordinate}
        for place, cell in enumerate(row)
        if cell.data_type == "e" and cell.value is not None
    }
    return Flawed(texts, wrong) if wrong else texts


def as_text(value: Any) -> str:
    """Days as ISO, numbers as they are typed, yes and no as words."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}".removesuffix(".0")
    if isinstance(value, datetime):
        # A spreadsheet counts days as a fraction; what it rounds off is less than a millisecond.
        rounded = (value + timedelta(microseconds=500)).replace(microsecond=0)
        return str(rounded.date() if rounded.time() == time() else rounded)
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)
