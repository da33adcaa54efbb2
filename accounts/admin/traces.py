"""What machines write and people only read."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts import trail
from accounts.admin.entry import BoundedPaginator
from accounts.models import AuditEntry, Job


class ReadOnly(admin.ModelAdmin):
    show_full_result_count = False
    paginator = BoundedPaginator
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    list_display = ["at", "actor", "action", "kind", "history", "job"]
    list_filter = ["action", "at"]
    list_select_related = ["actor", "job"]
    ordering = ["-id"]
    search_fields = ["=row"]
    search_help_text = _("The number of the row.")
    fields = ["at", "actor", "action", "kind", "history", "differences", "job"]

    @admin.display(description=_("kind"))
    def kind(self, entry: AuditEntry) -> str:
        model = trail.model_of(entry.table)
        return capfirst(str(model._meta.verbose_name)) if model else entry.table

    @admin.display(description=_("row"))
    def history(self, entry: AuditEntry) -> SafeString | str:
        """Its number, which leads to all that happened to it."""
        model = trail.model_of(entry.table)
        try:
            name = f"admin:accounts_{model._meta.model_name}_history" if model else ""
            return format_html(
                '<a href="{}"><bdi dir="ltr">{}</bdi></a>', reverse(name, args=[entry.row]), entry.row
            )
        except NoReverseMatch:
            return str(entry.row)

    @admin.display(description=_("what changed"))
    def differences(self, entry: AuditEntry) -> SafeString:
        (step,) = trail.told([entry])
        lines = [(one.field, one.before or "–", one.after or "–") for one in step.deeds[0].differences]
        return format_html_join("", "<div>{}: <bdi>{}</bdi> → <bdi>{}</bdi></div>", lines)


@admin.register(Job)
class JobAdmin(ReadOnly):
    list_display = ["kind", "state", "done", "total", "created_by", "created_at", "finished_at"]
    list_filter = ["state", "kind"]
    list_select_related = ["created_by"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return super().get_queryset(request).order_by("-id")
