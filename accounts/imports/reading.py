"""From the bytes of a file to (line, {field: cell}), a row at a time: only what stands in one row is in memory.

A row that cannot be read is handed on as `Broken`, and reading goes on behind it.
"""

import codecs
import contextlib
import csv
import io
import itertools
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from django.utils.translation import gettext as _

from accounts.imports import workbooks
from accounts.imports.records import Broken, Flawed, Records, Unreadable, is_text, storable

DELIMITERS = (",", ";", "\t", "|")
DELIMITER_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
WHITESPACE = "whitespace"
SAMPLE = 65536
MOST_COLUMNS = 500
# A quoted cell over more lines than this is a quote that nobody closed.
LINES_OF_A_RECORD = 200


@dataclass(frozen=True)
class Layout:
    """How a file is written, and what its columns mean. They are named as in its header, or counted from 1."""

    encoding: str = "utf-8-sig"
    delimiter: str = ""
    sheet: str = ""
    header: bool = True
    # The line on which the table begins; 0: the first with cells.
    header_row: int = 0
    columns: Iterable[tuple[str, str]] = ()
    translations: Iterable[tuple[str, str, str]] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
    id_from_line: bool = False


Row = tuple[int, dict[str, str] | Broken]


@dataclass(frozen=True)
class Reading:
    """The rows to come, the fields that each of them gives, and by which names the file knows these."""

    rows: Iterator[Row]
    fields: list[str]
    names: dict[str, str]
    unused: list[str]


def read(file: BinaryIO, layout: Layout, *, fields: Collection[str], id_field: str) -> Reading:
    """`fields`: all that may be given, `properties.*` for whatever begins so.

    Raises Unreadable when file and layout do not fit.
    """
    if layout.id_from_line and not id_field:
        raise Unreadable(_("Rows of this kind have no id of their own; their line cannot be one."))
    header, records = with_header(file, layout)
    fields = _all_of(fields, header, layout)
    places = _places(header, layout, fields, id_field)
    names = {name: header[place] for name, place in places.items()}
    rows = _rows(records, header, places, _translations(layout, header, names), layout, id_field)
    used = set(names.values()) | {column for column, target in layout.columns if not target}
    return Reading(
        rows=rows,
        fields=[*places, *layout.constants, *([id_field] if layout.id_from_line else [])],
        names=names,
        unused=[column for column in header if column not in used],
    )


def with_header(file: BinaryIO, layout: Layout) -> tuple[list[str], Records]:
    """The names of the columns, and the rows below them as they stand there."""
    first, records = _first(records_of(file, layout))
    if len(first) > MOST_COLUMNS:
        raise Unreadable(_("The file has more than %(limit)s columns.") % {"limit": MOST_COLUMNS})
    if not layout.header:
        return [str(number) for number in range(1, len(first) + 1)], records
    line, _cells = next(records)
    if isinstance(first, Flawed):
        reason = next(iter(first.wrong.values()))
        raise Unreadable(_("Line %(line)s: %(reason)s") % {"line": line, "reason": reason})
    header = [cell.lstrip("\ufeff").strip() for cell in first]
    if spoiled := [cell for cell in header if not is_text(cell)]:
        reason = _spoiled("", spoiled[0], layout.encoding).reason
        raise Unreadable(_("Line %(line)s: %(reason)s") % {"line": line, "reason": reason})
    return header, records


def records_of(file: BinaryIO, layout: Layout) -> Records:
    """Of a text or of a workbook, whichever the file is."""
    if workbooks.is_workbook(file):
        return workbooks.records(file, layout.sheet, layout.header_row)
    _refuse_utf_16(file, layout.encoding)
    lines = _Lines(_decoded(file, layout.encoding), layout.header_row)
    delimiter = _delimiter(layout, file)
    return _split_at_whitespace(lines) if delimiter == WHITESPACE else _records(lines, delimiter)


def _first(records: Records) -> tuple[list[str], Records]:
    line, cells = next(records, (0, Broken(_("The file is empty."))))
    if isinstance(cells, Broken):
        raise Unreadable(
            _("Line %(line)s: %(reason)s") % {"line": line, "reason": cells.reason} if line else cells.reason
        )
    return cells, itertools.chain([(line, cells)], records)


def count_lines(file: BinaryIO) -> int | None:
    """Physical lines, the header and those inside quoted cells included; None for a workbook."""
    if workbooks.is_workbook(file):
        return None
    file.seek(0)
    lines, last = 0, b"\n"
    while chunk := file.read(1 << 20):
        # In UTF-16 a NUL stands beside each of both.
        chunk = chunk.replace(b"\0", b"")
        lines += chunk.count(b"\n") + chunk.count(b"\r") - (last + chunk).count(b"\r\n")
        last = chunk[-1:] or last
    file.seek(0)
    return lines + (last not in b"\r\n")


def _decoded(file: BinaryIO, encoding: str) -> Iterator[str]:
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise Unreadable(_("There is no encoding of the name %(name)s.") % {"name": encoding}) from None
    return _lines_of(file, encoding)


class _Borrowed(io.TextIOWrapper):
    """The file is closed by who opened it, perhaps before this; not where its lines were looked at and left."""

    def close(self) -> None:
        with contextlib.suppress(ValueError):
            self.detach()


def _lines_of(file: BinaryIO, encoding: str) -> Iterator[str]:
    # A byte that does not belong there must spoil its own row, not all that follow.
    with _Borrowed(file, encoding=encoding, errors="surrogateescape", newline="") as text:
        yield from text


def _sample(file: BinaryIO) -> bytes:
    peek = getattr(file, "peek", None)
    return bytes(peek(SAMPLE)[:SAMPLE]) if peek else b""


def utf_16_of(sample: bytes) -> str:
    """Which kind of UTF-16 it looks like; nothing for anything else."""
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if sample.count(b"\0") * 4 > len(sample) > 0:
        return "utf-16-be" if sample.startswith(b"\0") else "utf-16-le"
    return ""


def _refuse_utf_16(file: BinaryIO, encoding: str) -> None:
    """As spreadsheets write their "Unicode text": read as UTF-8, every second byte of it is a NUL."""
    name = utf_16_of(_sample(file))
    if not name or "16" in encoding or "32" in encoding:
        return
    raise Unreadable(_("The file looks like UTF-16. Say so: --encoding %(name)s") % {"name": name})


def _delimiter(layout: Layout, file: BinaryIO) -> str:
    given = DELIMITER_NAMES.get(layout.delimiter, layout.delimiter)
    if given == WHITESPACE or len(given) == 1:
        return given
    if given:
        raise Unreadable(_("A delimiter is one character, tab or whitespace."))
    head = lines_in(_sample(file), layout.encoding)[max(0, layout.header_row - 1) :]
    head = [line for line in head if line.strip("\r\n")][:1]
    widths = {delimiter: len(next(csv.reader(head, delimiter=delimiter), [])) for delimiter in DELIMITERS}
    return max(widths, key=lambda delimiter: widths[delimiter])


def lines_in(sample: bytes, encoding: str) -> list[str]:
    """As the file is read; the last one may be cut off."""
    return list(io.StringIO(sample.decode(encoding, errors="replace"), newline=""))


class _Lines:
    """Physical lines, each with its number, and a way back: what a broken record swallowed is read again."""

    def __init__(self, source: Iterator[str], begins: int = 0) -> None:
        self.numbered = itertools.islice(enumerate(source, start=1), max(0, begins - 1), None)
        self.again: deque[tuple[int, str]] = deque()
        self.taken: list[tuple[int, str]] = []
        self.last = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= LINES_OF_A_RECORD:
            raise csv.Error("unexpected end of data")
        numbered = self.again.popleft() if self.again else next(self.numbered)
        self.taken.append(numbered)
        self.last = max(self.last, numbered[0])
        return numbered[1]

    @property
    def line_to_come(self) -> int:
        return self.last + 1

    def give_back_all_but_the_first(self) -> int:
        first, *swallowed = self.taken
        self.again.extendleft(reversed(swallowed))
        return first[0]


def _records(lines: _Lines, delimiter: str) -> Records:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.taken.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except UnicodeError:
            # An encoding of several bytes to the letter that has lost its step; nothing behind it can be read.
            yield lines.line_to_come, Broken(_("The file cannot be decoded from here on."))
            return
        except csv.Error as error:
            yield lines.give_back_all_but_the_first(), Broken(_why(error))
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            continue
        if any(cells):
            yield lines.taken[0][0], cells


def _split_at_whitespace(lines: _Lines) -> Records:
    for line in lines:
        if cells := line.split():
            yield lines.taken[0][0], cells
        lines.taken.clear()


def _why(error: csv.Error) -> str:
    if "unexpected end" in str(error):
        return _("A quotation mark is opened and never closed.")
    if "field limit" in str(error):
        return _("A cell is too long.")
    return _("Something stands between a closing quotation mark and the next delimiter.")


def _all_of(fields: Collection[str], header: list[str], layout: Layout) -> Collection[str]:
    beginnings = tuple(name[:-1] for name in fields if name.endswith(".*"))
    given = [*header, *(target for _column, target in layout.columns), *layout.constants]
    return [*fields, *(name for name in given if name.startswith(beginnings) and name not in beginnings)]


def _places(header: list[str], layout: Layout, fields: Collection[str], id_field: str) -> dict[str, int]:
    """Where the cell of a field stands. A column with a field's own name needs no mapping; "column=" leaves it out."""
    mapped = [(_place(header, column), target) for column, target in layout.columns]
    targets = [target for _where, target in mapped if target]
    if twice := {target for target in targets if targets.count(target) > 1} | (
        set(targets) & set(layout.constants)
    ):
        raise Unreadable(_("These are given twice: %(names)s.") % {"names": ", ".join(sorted(twice))})
    if unknown := (set(targets) | set(layout.constants)) - set(fields):
        raise Unreadable(
            _("There is no field %(names)s here; the fields are: %(fields)s.")
            % {"names": ", ".join(sorted(unknown)), "fields": ", ".join(fields)}
        )
    taken = {place for place, _target in mapped}
    places = {target: place for place, target in mapped if target}
    for place, column in enumerate(header):
        if (
            column in fields
            and place not in taken
            and column not in places
            and column not in layout.constants
        ):
            places[column] = _place(header, column)
    if layout.id_from_line:
        places.pop(id_field, None)
    return places


def _place(header: list[str], column: str) -> int:
    if header.count(column) == 1:
        return header.index(column)
    if column in header:
        raise Unreadable(_("The file has more than one column %(name)s.") % {"name": column})
    raise Unreadable(
        _("The file has no column %(name)s; its columns are: %(columns)s.")
        % {"name": column, "columns": ", ".join(header)}
    )


def _translations(layout: Layout, header: list[str], names: dict[str, str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for column, old, new in layout.translations:
        targets = [name for name, in_file in names.items() if column in (in_file, name)]
        if not targets:
            raise Unreadable(
                _("Values of %(name)s cannot be translated: no column of that name is imported.")
                % {"name": column}
            )
        for target in targets:
            found.setdefault(target, {})[old] = new
    return found


def _rows(
    records: Records,
    header: list[str],
    places: dict[str, int],
    translations: dict[str, dict[str, str]],
    layout: Layout,
    id_field: str,
) -> Iterator[Row]:
    width = len(header)
    for line, cells in records:
        if isinstance(cells, Broken):
            yield line, cells
        elif len(cells) != width and (len(cells) < width or any(cells[width:])):
            yield (
                line,
                Broken(
                    _("Cells in the row: %(cells)s, in the header: %(columns)s.")
                    % {"cells": len(cells), "columns": width}
                ),
            )
        elif not is_text("".join(cells)):
            place = next(place for place, cell in enumerate(cells) if not is_text(cell))
            yield line, _spoiled(header[place], cells[place], layout.encoding)
        else:
            wrong = cells.wrong if isinstance(cells, Flawed) else {}
            if found := [place for place in places.values() if place in wrong]:
                yield line, Broken(wrong[found[0]], header[found[0]], storable(cells[found[0]]))
                continue
            row = {name: cells[place].strip() for name, place in places.items()}
            for name, known in translations.items():
                row[name] = known.get(row[name], row[name])
            row.update(layout.constants)
            if layout.id_from_line:
                row[id_field] = str(line)
            yield line, row


def _spoiled(column: str, cell: str, encoding: str) -> Broken:
    shown = storable(cell)
    if "\0" in cell:
        return Broken(_("A NUL byte stands in the cell."), column, shown)
    reason = _("Bytes that are not %(encoding)s. Choose the encoding of the file, such as windows-1256.")
    return Broken(reason % {"encoding": encoding.removesuffix("-sig")}, column, shown)
