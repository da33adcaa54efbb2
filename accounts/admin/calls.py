"""What other systems posted: what came of it, and what could not be taken, which can be sent again."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin.traces import ReadOnly
from accounts.connectors import queue
from accounts.models import ProviderCall


@admin.register(ProviderCall)
class ProviderCallAdmin(ReadOnly):
    list_display = ["received_at", "provider", "kind", "state", "read", "why", "field", "detail"]
    list_filter = ["state", "kind", "provider"]
    ordering = ["-id"]
    fields = [
        "received_at",
        "provider",
        "kind",
        "size",
        "state",
        "done_at",
        "tries",
        "read",
        "why",
        "field",
        "detail",
    ]
    readonly_fields = ["why"]
    actions = ["send_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """A mail may have megabytes, and nobody reads it here."""
        return super().get_queryset(request).defer("body")

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_providercall")

    @admin.display(description=_("reason"))
    def why(self, call: ProviderCall) -> str:
        return call.words

    @admin.action(description=_("Send again what was rejected"), permissions=["send_again"])
    def send_again(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        count = queue.send_again(ProviderCall.objects.filter(pk__in=rows.values("pk")))
        said = ngettext("%(count)s call waits again.", "%(count)s calls wait again.", count)
        messages.success(request, said % {"count": count})
