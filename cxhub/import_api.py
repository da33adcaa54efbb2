"""Imports for programs that watch over them: how far each is, and what became of every row. Read only."""

from typing import Any

import django_filters
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api_changes import SINCE
from accounts.api_fields import Moment, RowSerializer
from accounts.api_filters import filters_of
from accounts.api_pages import Pages
from accounts.api_rows import Rows
from accounts.imports import undo
from accounts.models import Import, Job, RowFate, User
from accounts.serializers import PersonSerializer
from cxhub.bulk_api import NAMES, BulkTotalsSerializer
from cxhub.resources import importable_by

COLUMNS, PREVIEW, TAKEN = "columns", "preview", "import"
COUNTED = ("read", *RowFate.Fate.values)


class ImportSerializer(RowSerializer):
    """A file on its way into one kind of rows. Until it is taken, state and totals are those of its preview."""

    resource = serializers.SerializerMethodField(help_text="As the bulk route calls it: order-lines.")
    file = serializers.CharField(source="upload.name")
    size = serializers.IntegerField(source="upload.size", help_text="In bytes.")
    uploaded_at = Moment(source="upload.uploaded_at")
    created_by = PersonSerializer(allow_null=True)
    step = serializers.SerializerMethodField(
        help_text="columns: nothing was tried yet; preview: it was tried out, nothing is written; import: it is taken."
    )
    state = serializers.ChoiceField(choices=Job.State.choices, source="current.state", allow_null=True)
    done = serializers.IntegerField(source="current.done", allow_null=True, help_text="Lines worked through.")
    total = serializers.IntegerField(source="current.total", allow_null=True, help_text="Null: not known.")
    totals = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField(help_text="Why it broke off, in words; empty: it did not.")
    run = serializers.CharField(source="current.pk", allow_null=True, help_text="Of which the audit speaks.")
    started_at = Moment(source="current.started_at", allow_null=True)
    finished_at = Moment(source="current.finished_at", allow_null=True)
    undone = serializers.BooleanField(source="is_undone", help_text="It was taken back, or is being so.")

    class Meta:
        model = Import
        fields = read_only_fields = (
            "id",
            "resource",
            "source",
            "file",
            "size",
            "uploaded_at",
            "created_by",
            "created_at",
            "step",
            "state",
            "done",
            "total",
            "totals",
            "error",
            "run",
            "started_at",
            "finished_at",
            "undone",
        )

    def get_resource(self, planned: Import) -> str:
        return planned.resource.replace("_", "-")

    @extend_schema_field({"type": "string", "enum": [COLUMNS, PREVIEW, TAKEN]})
    def get_step(self, planned: Import) -> str:
        return TAKEN if planned.job else PREVIEW if planned.preview else COLUMNS

    @extend_schema_field(BulkTotalsSerializer(allow_null=True))
    def get_totals(self, planned: Import) -> dict[str, int] | None:
        """None before there are any."""
        said = planned.current.result if planned.current else {}
        return {name: int(said.get(name, 0)) for name in COUNTED} if said else None

    def get_error(self, planned: Import) -> str:
        return str(planned.current.result.get("error", "")) if planned.current else ""


class ChangeOfRowSerializer(serializers.Serializer):
    """References are ids at the source, addresses or names, as files give them."""

    field = serializers.CharField()
    before = serializers.CharField(help_text="Empty: there was nothing.")
    after = serializers.CharField(help_text="Empty: there is nothing.")


class FateSerializer(RowSerializer):
    """What became of a line, or would have; a rejected one stands here once for each of its bad cells."""

    key = serializers.CharField(help_text="The id of the row in the file.")
    changes = serializers.SerializerMethodField(
        help_text="Of a changed row; kept for the first thousand of a run, else empty."
    )

    id = serializers.CharField(
        source="row", allow_null=True, help_text="Our id of the row; null where there is none, or not yet."
    )

    class Meta:
        model = RowFate
        fields = read_only_fields = ("line", "key", "fate", "column", "value", "reason", "changes", "id")

    @extend_schema_field(ChangeOfRowSerializer(many=True))
    def get_changes(self, fate: RowFate) -> list[dict[str, str]]:
        return [dict(zip(("field", "before", "after"), change, strict=True)) for change in fate.changes]


Columns: Any = filters_of(Import, equal=["source"], span=["created_at"])


class ImportFilter(Columns):
    resource = django_filters.ChoiceFilter(choices=[(name, name) for name in NAMES], method="of_kind")

    def of_kind(self, imports: Any, _name: str, value: str) -> Any:
        return imports.filter(resource=NAMES[value])


class ReadOnly(Rows):
    """For those who may import."""

    http_method_names = ["get", "head", "options"]

    def known_parameters(self) -> set[str]:
        return super().known_parameters() - {SINCE}

    def may_read(self, user: User) -> bool:
        return bool(importable_by(user))


class ImportView(ReadOnly):
    """Uploaded files: those that one brought oneself, or all with the right to see runs."""

    queryset = Import.objects.with_jobs()
    serializer_class = ImportSerializer
    filterset_class = ImportFilter

    def get_queryset(self) -> Any:
        rows: Any = super().get_queryset()
        return rows.visible_to(self.reader)

    def paginate_queryset(self, queryset: Any) -> Any:
        return _with_undos(super().paginate_queryset(queryset) or [])

    def get_object(self) -> Import:
        return _with_undos([super().get_object()])[0]


def _with_undos(imports: list[Any]) -> list[Any]:
    undone = undo.undone([planned.job for planned in imports if planned.job])
    for planned in imports:
        planned.is_undone = planned.job_id in undone
    return imports


class ByLine(Pages):
    """In the order of the file; the cells of a line stay together."""

    ordering: Any = ("line", "id")


class FateView(ReadOnly):
    """What became of each row of a file; of one that was only tried out, what would have."""

    queryset = RowFate.objects.all()
    serializer_class = FateSerializer
    filterset_class = filters_of(RowFate, equal=["fate"])
    pagination_class = ByLine

    def _refuse(self) -> None:
        """They are part of an import, which does not exist for others."""
        raise Http404

    def get_queryset(self) -> Any:
        known = Import.objects.with_jobs().visible_to(self.reader)
        planned = get_object_or_404(known, pk=self.kwargs["pk"])
        return RowFate.objects.filter(job=planned.current) if planned.current else RowFate.objects.none()
