from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import attachments
from accounts.admin.entry import EntryAdmin
from accounts.models import Attachment


@admin.register(Attachment)
class AttachmentAdmin(EntryAdmin):
    """Files come and are read on the page of their account; here they are found and deleted."""

    list_display = ["name", "account", "kind", "size", "added_by", "added_at"]
    list_filter = ["type"]
    list_select_related = ["account", "added_by"]
    account_path = "account"
    search_help_text = _("The name of the account in any spelling.")
    fields = ["name", "account", "contact", "ticket", "type", "size", "sha256", "added_by", "added_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Attachment | None = None) -> bool:
        return False

    @admin.display(description=_("kind of file"), ordering="type")
    def kind(self, row: Attachment) -> str:
        return row.kind

    def delete_model(self, request: HttpRequest, obj: Attachment) -> None:
        attachments.remove(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            attachments.remove(row)
