"""Two people at one form: whoever saves second keeps what they typed, and takes over what they did not touch."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db import models
from django.http import QueryDict

from accounts.attributes import is_declared, kept_of, key_of
from accounts.models import AuditEntry


def merged(
    posted: QueryDict, form: forms.BaseModelForm, formsets: Iterable[Any], newer: Iterable[AuditEntry]
) -> QueryDict:
    """What was posted, with the values of today where the form only repeats what has been changed since.

    `form` and `formsets` are those of the row as it is now, unbound.
    """
    merged = posted.copy()
    before = values_before(newer)
    take_over(merged, form, "", before)
    for formset in formsets:
        known = {str(row.pk): row for row in formset.get_queryset()}
        for index in range(number(posted.get(f"{formset.prefix}-INITIAL_FORMS"))):
            prefix = f"{formset.prefix}-{index}"
            if row := known.get(posted.get(f"{prefix}-id", "")):
                take_over(merged, formset.form(instance=row, **formset.form_kwargs), f"{prefix}-", before)
    return merged


def number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0


def values_before(newer: Iterable[AuditEntry]) -> dict[tuple[str, int, str], Any]:
    """What each column held when the form was opened: before the first of the changes since."""
    before: dict[tuple[str, int, str], Any] = {}
    for entry in sorted(newer, key=lambda entry: entry.pk):
        for column, value in (entry.before or {}).items():
            before.setdefault((entry.table, entry.row, column), value)
    return before


def take_over(
    posted: QueryDict, form: forms.BaseModelForm, prefix: str, before: dict[tuple[str, int, str], Any]
) -> None:
    row = form.instance
    for name, field in form.fields.items():
        column = column_of(row, "attributes" if is_declared(name) else name)
        key = (row._meta.db_table, row.pk, column.column if column is not None else "")
        if column is None or key not in before:
            continue
        held = held_of(field, name, before[key]) if is_declared(name) else column.to_python(before[key])
        typed = field.widget.value_from_datadict(posted, {}, prefix + name)
        if not field.has_changed(held, typed):
            put(posted, prefix + name, field, form.get_initial_for_field(field, name))


def held_of(field: forms.Field, name: str, attributes: dict[str, list[str]]) -> Any:
    """Of a declared attribute."""
    lines = attributes.get(key_of(name), [])
    return lines if isinstance(field, forms.MultipleChoiceField) else kept_of(lines)


def column_of(row: models.Model, name: str) -> models.Field | None:
    return next((field for field in row._meta.concrete_fields if field.name == name), None)


def put(posted: QueryDict, name: str, field: Any, value: Any) -> None:
    """Writes a value as its widget would send it."""
    value = field.prepare_value(value)
    if hasattr(field.widget, "widgets_names"):
        names, parts = field.widget.widgets_names, field.widget.decompress(value)
        for suffix, part in zip(names, parts, strict=True):
            posted[name + suffix] = part or ""
    elif isinstance(field.widget, forms.CheckboxInput):
        posted.pop(name, None)
        posted.setlistdefault(name, ["on"] if value else [])
    else:
        written = field.widget.format_value(value)
        posted.setlist(name, written if isinstance(written, list) else [written or ""])
