"""Values of declared attributes as files, forms and programs give them, read into the texts that are kept."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from accounts.attributes import NO, PREFIX, YES, kept_of
from accounts.imports import columns as cells
from accounts.imports.columns import Conventions, Parse, Refused
from accounts.models import AttributeDefinition

LONGEST = 200
LARGEST = 10**15
DIGITS, PLACES = 19, 6
Type = AttributeDefinition.Type


def reader_of(definition: AttributeDefinition) -> Parse:
    """The column function: a cell becomes the text that is kept."""
    names = {key: [key, str(name), *name.values()] for key, name in definition.offered.items()}
    readers: dict[str, Parse] = {
        Type.TEXT: partial(cells.text, limit=LONGEST),
        Type.WHOLE: partial(cells.integer, least=-LARGEST, most=LARGEST),
        Type.DECIMAL: partial(cells.decimal, digits=DIGITS, places=PLACES),
        Type.YES_NO: cells.boolean,
        Type.DAY: cells.day,
        Type.CHOICE: partial(cells.named, names=names),
        Type.CHOICES: partial(cells.several_named, names=names),
    }
    read = readers[definition.type]
    return lambda cell, conventions: text_of(read(cell, conventions))


def text_of(value: Any) -> str:
    """One text for each value, however it was written: 12.50 is 12.5, and a text has one line."""
    match value:
        case bool():
            return YES if value else NO
        case Decimal():
            return format(value.normalize(), "f") if value else "0"
        case date():
            return value.isoformat()
        case list():
            return kept_of(value)
    return " ".join(str(value).split())


def read(given: Mapping[str, Any], definitions: Iterable[AttributeDefinition]) -> dict[str, str]:
    """From `{key: value}`, values as JSON has them, to `{"attribute.<key>": text}`; null and "" take a value away.

    Raises `NotRead`.
    """
    known = {definition.key: definition for definition in definitions}
    texts, wrong = {}, {}
    for key, value in given.items():
        if key not in known:
            wrong[key] = _("There is no attribute of this key. There are: %(keys)s.") % {
                "keys": ", ".join(known)
            }
            continue
        try:
            texts[f"{PREFIX}{key}"] = _read(known[key], value)
        except Refused as refused:
            wrong[key] = str(refused)
    if wrong:
        raise NotRead(wrong)
    return texts


class NotRead(ValueError):
    """Values that cannot be taken: `reasons` by key."""

    def __init__(self, reasons: dict[str, str]) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = reasons


def _read(definition: AttributeDefinition, value: Any) -> str:
    cell = _cell(value, definition)
    if cell:
        return str(reader_of(definition)(cell, Conventions(decimal=".")))
    if definition.required:
        raise Refused(_("This must not be empty."))
    return ""


def _cell(value: Any, definition: AttributeDefinition) -> str:
    match value:
        case None:
            return ""
        case bool():
            return YES if value else NO
        case list() if definition.type == Type.CHOICES and all(isinstance(one, str) for one in value):
            return cells.as_cell(value)
        case str() | int() | float() | Decimal():
            return str(value).strip()
    raise Refused(_("This is neither a text nor a number, yes or no."))
