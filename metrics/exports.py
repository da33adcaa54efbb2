"""Tables as CSV files that spreadsheets open without harm."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Any

from django.http import StreamingHttpResponse

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
# What a spreadsheet takes for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
PLACES = 6


class Line:
    """csv writes to it, and gets the line back."""

    def write(self, line: str) -> str:
        return line


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
    writer = csv.writer(Line())
    for row in rows:
        yield writer.writerow([cell(value) for value in row])


def csv_file(name: str, day: date, rows: Iterable[Iterable[Any]]) -> StreamingHttpResponse:
    """Line by line, so that the whole file is never in memory. Spreadsheets know by its mark that it is UTF-8."""
    response = StreamingHttpResponse(
        chain([BYTE_ORDER_MARK], lines(rows)), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}-{day}.csv"'
    response["Cache-Control"] = "no-store"
    return response
