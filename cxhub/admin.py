"""What every list of the admin can do, whichever room its rows belong to."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import display_for_field, display_for_value, label_for_field, lookup_field
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _

from accounts.requests import organisation_of
from metrics.exports import csv_file

CHUNK = 2_000


@admin.action(description=_("Export the chosen as CSV"), permissions=["view"])
def export(of: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase:
    """The columns of the list, in words, with the id of each row."""
    columns = [name for name in of.get_list_display(request) if name != "action_checkbox"]
    today = organisation_of(request).today(timezone.now())
    return csv_file(str(of.opts.model_name), today, _lines(of, queryset, columns))


def _lines(of: Any, rows: QuerySet[Any], columns: list[Any]) -> Iterator[list[Any]]:
    yield ["id", *(label_for_field(column, of.model, of) for column in columns)]
    for row in rows.iterator(chunk_size=CHUNK):
        yield [row.pk, *(_cell(of, row, column) for column in columns)]


def _cell(of: Any, row: Any, column: Any) -> Any:
    field, attribute, value = lookup_field(column, row, of)
    if field is not None and (field.is_relation or field.choices):
        return display_for_field(value, field, "") if field.choices else str(value or "")
    if field is not None or isinstance(value, int | float):
        return value
    return strip_tags(str(display_for_value(value, getattr(attribute, "empty_value_display", ""))))


admin.site.add_action(export, "export_chosen")
