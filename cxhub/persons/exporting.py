"""All that is kept about a person, as one file that they can read."""

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.http import FileResponse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import (
    AuditEntry,
    Contact,
    Fact,
    Job,
    Message,
    Notice,
    Reply,
    Suppression,
    User,
)
from accounts.texts import Text
from cxhub.persons import answers, doings, rewriting
from cxhub.persons.files import speaks_of
from cxhub.persons.person import PEOPLE, Known, of_contact
from cxhub.persons.places import of_things, place_of
from metrics.exports import BYTE_ORDER_MARK, cell

KIND = "person.export"
IN_MEMORY = 8 << 20
# The rest of an old row's many changes would bury the person's data; all of them stand in the audit log.
MOST_ENTRIES = 10_000
# The latest, of each kind: years of a busy person.
MOST_DOINGS = 50_000

# Whose rows are searched for what speaks of the person.
ABOUT_PEOPLE = (Fact, Notice, Message, Reply, Suppression)
Row = dict[str, Any]


@dataclass(frozen=True)
class Section:
    """Rows of one kind, by the names that people read."""

    name: str
    title: str
    rows: list[Row]


def response(contact: Contact, *, by: User | None, now: datetime) -> FileResponse:
    """Who took it out, and when, stands in a job of its own."""
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  The response closes it.
    write(contact, file, by=by, now=now)
    file.seek(0)
    sent = FileResponse(file, as_attachment=True, filename=f"contact-{contact.pk}-{now.date()}.zip")
    sent["Cache-Control"] = "no-store"
    return sent


def write(contact: Contact, file: Any, *, by: User | None, now: datetime) -> Job:
    """A table for each kind of rows, and all of them as JSON."""
    sections = [section for section in sections_of(contact) if section.rows]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("person.json", _as_json(sections, now))
        for section in sections:
            archive.writestr(f"{section.name}.csv", _as_csv(section))
    return Job.objects.create(
        kind=KIND,
        created_by=by,
        parameters={"model": Contact._meta.label, "row": contact.pk},
        state=Job.State.DONE,
        started_at=now,
        finished_at=timezone.now(),
        result={"rows": sum(len(section.rows) for section in sections)},
    )


def sections_of(contact: Contact) -> Iterator[Section]:
    known = of_contact(contact)
    for model in PEOPLE:
        yield _section(model, model._default_manager.filter(pk__in=known.rows[model]))
    yield _history(known)
    for place in of_things():
        if issubclass(place.model, ABOUT_PEOPLE):
            yield _section(place.model, _about(place.model, known))
    for doings_of in doings.rows_of(known):
        yield _section(doings_of.model, doings_of[:MOST_DOINGS])
    for answered, rows in answers.rows_of(known):
        yield _section(answered, rows)
    told = {place.model for place in of_things()} | {doings.Delivery, *answers.MODELS}
    for pointing in _pointing(besides=told):
        yield _section(pointing, _of_contacts(pointing, known))
    for place in of_things():
        for name in place.files:
            yield _files(place.model, name, known)


# What is about the person


def _about(model: type[models.Model], known: Known) -> Any:
    """Rows that point to the person, and those whose texts speak of them."""
    speaking = rewriting.speaking(place_of(model), known)
    return model._default_manager.filter(Q(pk__in=speaking) | _points(model, known)).order_by("pk")


def _pointing(besides: set[type[models.Model]]) -> list[type[models.Model]]:
    """Models without personal words, whose rows are about a contact all the same."""
    related = {field.related_model for field in Contact._meta.related_objects if field.field.concrete}
    return sorted(related - besides - {Contact}, key=lambda model: model._meta.label)


def _of_contacts(model: type[models.Model], known: Known) -> Any:
    return model._default_manager.filter(_points(model, known)).order_by("pk")


def _points(model: type[models.Model], known: Known) -> Q:
    condition = Q(pk__in=[])
    for field in model._meta.concrete_fields:
        if isinstance(field, models.ForeignKey) and field.related_model is Contact:
            condition |= Q(**{f"{field.name}__in": known.rows[Contact]})
    return condition


def _history(known: Known) -> Section:
    """What the person's rows said before, also of those that were deleted."""
    about = Q(pk__in=[])
    for table, ids in known.by_table.items():
        about |= Q(table=table, row__in=ids)
    entries = AuditEntry.objects.filter(about).order_by("pk").select_related("actor")[:MOST_ENTRIES]
    return _section(AuditEntry, entries)


def _files(model: type[models.Model], name: str, known: Known) -> Section:
    """Which files name the person; what else is in them is about others."""
    rows = model._default_manager.exclude(**{name: ""}).order_by("pk")
    naming = [row.pk for row in rows.iterator() if speaks_of(getattr(row, name), known.words) == "yes"]
    return _section(model, rows.filter(Q(pk__in=naming) | _points(model, known)))


# For people to read


def _section(model: type[models.Model], rows: Iterable[Any]) -> Section:
    name = str(model._meta.verbose_name_plural)
    return Section(str(model._meta.model_name), str(capfirst(name)), [_row(row) for row in rows])


def _row(row: models.Model) -> Row:
    shown = [
        field
        for field in row._meta.concrete_fields
        if not isinstance(field, (models.GeneratedField, models.FileField))
    ]
    return {str(capfirst(str(field.verbose_name))): _value(row, field) for field in shown}


def _value(row: models.Model, field: Any) -> Any:
    value = getattr(row, field.attname)
    if field.choices and value is not None:
        return str(getattr(row, f"get_{field.name}_display")())
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(" ", "seconds")
    if isinstance(value, Text):
        return str(value)
    return value if isinstance(value, (str, int, bool, list, dict, type(None))) else str(value)


def _as_json(sections: list[Section], now: datetime) -> str:
    told = {_("Written"): timezone.localtime(now).isoformat(" ", "seconds")}
    return json.dumps(
        {**told, **{one.title: one.rows for one in sections}}, ensure_ascii=False, indent=2, default=str
    )


def _as_csv(section: Section) -> str:
    text = io.StringIO()
    text.write(BYTE_ORDER_MARK)
    writer = csv.writer(text)
    writer.writerow(section.rows[0])
    for row in section.rows:
        writer.writerow([cell(_flat(value)) for value in row.values()])
    return text.getvalue()


def _flat(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value
