"""What a program sends to the bulk API, as rows of {field: cell} for the imports: JSON, one object a line, or CSV.

A cell is the text that a file would have: an absent key is no cell, null an empty one.
"""

import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, cast

from django.contrib.postgres.fields import ArrayField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType, ValidationError
from rest_framework.parsers import BaseParser

from accounts.api_writes import keys_once, no_number, why_no_json
from accounts.attributes import PREFIX
from accounts.fields import LocalizedField
from accounts.imports import Layout, Resource, Unreadable, read
from accounts.imports.columns import Refused, as_cell, cell_of
from accounts.imports.reading import Broken
from accounts.imports.records import storable
from accounts.imports.resource import Column

ROWS, MEGABYTES = 5000, 10
BYTES = MEGABYTES << 20
ATTRIBUTES = "attributes"


class TooLarge(APIException):
    status_code = 413
    default_code = "too_large"
    default_detail = gettext_lazy("A request holds at most 5,000 rows and 10 MB, unpacked. Send it in parts.")


@dataclass(frozen=True)
class Wrong:
    """Why a row, or what it says of one field, cannot even be a cell."""

    field: str
    reason: str


Cells = Mapping[str, str]
Rows = Sequence[Cells | list[Wrong]]


@dataclass(frozen=True)
class Body:
    """The bytes, unpacked, and how they are to be read: (body, resource, layout, sign before decimals)."""

    content: bytes
    charset: str
    read: "Callable[[Body, Resource, Layout, str], Rows]"

    @property
    def text(self) -> str:
        try:
            return self.content.decode(self.charset)
        except (UnicodeError, LookupError):
            raise ParseError(_("The body is not written in %(name)s.") % {"name": self.charset}) from None


def unpacked(stream: Any, encoding: str) -> bytes:
    content = bytes(stream.read(BYTES + 1))
    if encoding not in {"", "identity", "gzip"}:
        raise UnsupportedMediaType(encoding, _("A body is packed with gzip, or not at all."))
    if encoding == "gzip" and len(content) <= BYTES:
        try:
            # Of all members, for gzip may be packed in parts; what stands behind them must be none.
            content = gzip.GzipFile(fileobj=io.BytesIO(content)).read(BYTES + 1)
        except (OSError, EOFError, zlib.error):
            raise ParseError(_("The body is not packed with gzip.")) from None
    if len(content) > BYTES:
        raise TooLarge
    return content


class BodyParser(BaseParser):
    """Of DRF it only takes that it knows which content type is meant; what rows are depends on the resource."""

    reads: ClassVar[Callable[["Body", Resource, Layout, str], Rows]]

    def parse(  # type: ignore[override]  # what DRF hands on as it is
        self, stream: Any, media_type: str | None = None, parser_context: Any = None
    ) -> Body:
        meta = parser_context["request"].META
        charset = parser_context["request"].content_params.get("charset", "utf-8")
        content = unpacked(stream, meta.get("HTTP_CONTENT_ENCODING", "").strip().lower())
        return Body(content, "utf-8-sig" if charset.lower() == "utf-8" else charset, type(self).reads)


def read_json(body: Body, resource: Resource, _layout: Layout, decimal: str) -> Rows:
    try:
        found = _loaded(body.text)
    except (ValueError, RecursionError) as error:
        raise ParseError(why_no_json(error)) from None
    if not isinstance(found, list):
        raise ParseError(_("Send an array of objects, one for each row."))
    return _limited([_cells(one, resource, decimal) for one in found[: ROWS + 1]])


def read_lines(body: Body, resource: Resource, _layout: Layout, decimal: str) -> Rows:
    lines = [line for line in body.text.split("\n") if line.strip()]
    return [_line(line, resource, decimal) for line in _limited(lines)]


def _line(line: str, resource: Resource, decimal: str) -> Cells | list[Wrong]:
    try:
        return _cells(_loaded(line), resource, decimal)
    except (ValueError, RecursionError) as error:
        return [Wrong("", why_no_json(error))]


def read_csv(body: Body, resource: Resource, layout: Layout, _decimal: str) -> Rows:
    # As decoded here: of what a request may name, not every encoding is one of texts.
    file = io.BufferedReader(cast("Any", io.BytesIO(body.text.encode("utf-8", "replace"))))
    layout = Layout(delimiter=layout.delimiter)
    try:
        reading = read(file, layout, fields=list(resource.columns), id_field=resource.id_field)
    except Unreadable as unreadable:
        raise ParseError(str(unreadable)) from None
    if reading.unused:
        raise ValidationError({name: [no_such_field(resource)] for name in reading.unused})
    rows: list[Cells | list[Wrong]] = []
    for _number, row in reading.rows:
        rows.append([Wrong(row.column, row.reason)] if isinstance(row, Broken) else row)
        if len(rows) > ROWS:
            raise TooLarge
    return rows


def no_such_field(resource: Resource) -> str:
    return _("There is no such field here; the fields are: %(fields)s.") % {
        "fields": ", ".join(resource.columns)
    }


class JsonParser(BodyParser):
    media_type = "application/json"
    reads = read_json


class LinesParser(BodyParser):
    media_type = "application/x-ndjson"
    reads = read_lines


class CsvParser(BodyParser):
    media_type = "text/csv"
    reads = read_csv


# From JSON to cells


def _loaded(text: str) -> Any:
    """Numbers exactly as they are written."""
    return json.loads(
        text, parse_float=Decimal, parse_int=Decimal, parse_constant=no_number, object_pairs_hook=keys_once
    )


def _limited(rows: Sequence[Any]) -> Sequence[Any]:
    if len(rows) > ROWS:
        raise TooLarge
    return rows


def _cells(row: Any, resource: Resource, decimal: str) -> Cells | list[Wrong]:
    if not isinstance(row, dict):
        return [Wrong("", _("A row is a JSON object."))]
    wrong: list[Wrong] = []
    cells: dict[str, str] = {}
    for name, value in _fields_of(row):
        if name not in resource.columns:
            wrong.append(Wrong(storable(name), no_such_field(resource)))
        elif name in cells:
            wrong.append(Wrong(name, _("This is given more than once.")))
        else:
            try:
                cells[name] = _cell(value, resource.columns[name], decimal)
            except Refused as refused:
                wrong.append(Wrong(name, str(refused)))
    return wrong or cells


def _fields_of(row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Declared attributes may stand together, as the API gives them."""
    for name, value in row.items():
        if name == ATTRIBUTES and isinstance(value, dict):
            yield from ((f"{PREFIX}{key}", one) for key, one in value.items())
        else:
            yield name, value


def _cell(value: Any, column: Column, decimal: str) -> str:
    if isinstance(value, dict) and isinstance(column.field, LocalizedField):
        # Of what is no text it is said later that it is none.
        return json.dumps({name: one if isinstance(one, str) else None for name, one in value.items()})
    if isinstance(value, list) and (column.several or isinstance(column.field, ArrayField)):
        return as_cell([cell_of(one, decimal) for one in value])
    return cell_of(value, decimal)
