"""Tables as files that spreadsheets open without harm."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from io import StringIO
from itertools import chain, islice
from tempfile import TemporaryFile
from typing import Any

from django.http import FileResponse, StreamingHttpResponse
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
# What a spreadsheet takes for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
PLACES = 6
LINES_AT_ONCE = 200
# Of a sheet; a cell holds so many characters.
MOST_ROWS, MOST_CHARACTERS = 1_048_576, 32_767
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def cell(value: Any) -> Any:
    """Days as they are; numbers to six places; a text that would run as a formula is marked as a text."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{with_places(value):f}"
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


def with_places(number: Decimal) -> Decimal:
    """A quotient has 28 of them, which say nothing."""
    exponent = number.as_tuple().exponent
    return round(number, PLACES) if isinstance(exponent, int) and exponent < -PLACES else number


def lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """In pieces of many: to send one of them costs more than to write a line."""
    rest = iter(rows)
    while some := list(islice(rest, LINES_AT_ONCE)):
        piece = StringIO(newline="")
        csv.writer(piece).writerows([cell(value) for value in row] for row in some)
        yield piece.getvalue()


def csv_file(name: str, day: date, rows: Iterable[Iterable[Any]]) -> StreamingHttpResponse:
    """As it is written, so that the whole file is never in memory. Spreadsheets know by its mark that it is UTF-8."""
    response = StreamingHttpResponse(
        chain([BYTE_ORDER_MARK], lines(rows)), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}-{day}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def workbook(name: str, day: date, rows: Iterable[Iterable[Any]], *, from_right: bool) -> FileResponse:
    """Written row by row to a file on the disk, so that the whole of it is never in memory. A text is no formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.sheet_view.rightToLeft = from_right
    for row in islice(rows, MOST_ROWS):
        sheet.append([_sheet_cell(sheet, value) for value in row])
    file = TemporaryFile()  # noqa: SIM115  # closed by the answer
    book.save(file)
    file.seek(0)
    response = FileResponse(file, as_attachment=True, filename=f"{name}-{day}.xlsx", content_type=WORKBOOK)
    response["Cache-Control"] = "no-store"
    return response


def _sheet_cell(sheet: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("\ufffd", value)[:MOST_CHARACTERS])
    cell.data_type = "s"
    return cell
