"""The report of an erasure in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.text import capfirst

from accounts.models import Contact, Job


@dataclass(frozen=True)
class Line:
    """Rows of one kind; one field of them, or the rows as a whole. `numbers`: which, where one must look at them."""

    label: str
    kind: str
    of_field: str
    rows: int
    numbers: Sequence[int] = ()


@dataclass(frozen=True)
class Report:
    """Of the person's rows, what was emptied; files that went or could not be read; what is left."""

    people: list[Line]
    gone: int
    keeps_hash: bool
    emptied: list[Line]
    history: list[Line]
    files: list[Line]
    unread: list[Line]
    unread_files: int
    left: list[Line]


def plural(model: type[models.Model]) -> str:
    return str(capfirst(str(model._meta.verbose_name_plural)))


def report(job: Job) -> Report:
    told = job.result
    emptied = [_line(label, rows) for label, rows in told.get("emptied", {}).items()]
    unread: dict[str, list[int]] = {}
    for label, row in told.get("unread", []):
        unread.setdefault(label, []).append(row)
    return Report(
        people=[_line(label, rows) for label, rows in told.get("rows", {}).items()],
        gone=told.get("gone", 0),
        keeps_hash=job.parameters["model"] == Contact._meta.label,
        emptied=[line for line in emptied if line.of_field],
        history=[line for line in emptied if not line.of_field and line.label not in told.get("rows", {})],
        files=[_line(label, rows) for label, rows in told.get("files", {}).items()],
        unread=[_line(label, len(rows), rows) for label, rows in unread.items()],
        unread_files=told.get("unread_files", 0),
        left=[
            _line(f"{label}.{column}", len(rows), rows) for label, column, rows in told.get("still_told", [])
        ],
    )


def _line(label: str, rows: int, numbers: Sequence[int] = ()) -> Line:
    """`label`: app and model, and perhaps a column."""
    app, name, *column = label.split(".")
    model = apps.get_model(app, name)
    return Line(label, plural(model), _name_of(model, column[0]) if column else "", rows, numbers)


def _name_of(model: type[models.Model], column: str) -> str:
    try:
        named = model._meta.get_field(column)
    except FieldDoesNotExist:
        return column
    return str(getattr(named, "verbose_name", column))
