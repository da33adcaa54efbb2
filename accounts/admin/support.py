from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.admin.entry import ORIGIN, EntryAdmin, FactAdmin, PartsInline
from accounts.admin.filters import Belonging, TicketState
from accounts.models import Ticket, TicketEvent, WorkingCalendar


class TicketEventInline(PartsInline):
    model = TicketEvent
    fields = ["kind", "happened_at", "by", "public"]


@admin.register(Ticket)
class TicketAdmin(FactAdmin):
    list_display = [
        "__str__",
        "account",
        "type",
        "priority",
        "channel",
        "assignee",
        "opened_at",
        "spam",
    ]
    list_filter = [TicketState, "type", "priority", Belonging, "spam"]
    list_select_related = ["account", "assignee"]
    date_hierarchy = "opened_at"
    naming = ("subject", "external_id", "account")
    search_help_text = _("The subject, the name of the account in any spelling, or the id at the source.")
    fieldsets = [
        (None, {"fields": ["account", "subject", "requester", "opened_at", "channel"]}),
        (_("Handling"), {"fields": ["type", "priority", "product", "assignee", "calendar"]}),
        (_("What is left out"), {"fields": ["opened_by_staff", "spam", "merged_into"]}),
        ORIGIN,
    ]
    inlines = [TicketEventInline]

    def ways(self, text: str) -> list[Q]:
        return [Q(subject__icontains=text), *super().ways(text)]


@admin.register(TicketEvent)
class TicketEventAdmin(FactAdmin):
    list_display = ["ticket", "kind", "happened_at", "by", "public"]
    list_filter = ["kind", "by", "public"]
    list_select_related = ["ticket__account"]
    account_path = "ticket__account"
    found_by = ("external_id", "ticket__external_id")
    fieldsets = [(None, {"fields": ["ticket", "kind", "happened_at", "by", "public"]}), ORIGIN]


@admin.register(WorkingCalendar)
class WorkingCalendarAdmin(EntryAdmin):
    list_display = ["name", "team", "country", "opens", "closes"]
    list_select_related = ["team"]
    ordering = ["name"]
    found_by = ("name",)
    fieldsets = [
        (None, {"fields": ["name", "team", "country"]}),
        (_("Hours"), {"fields": ["time_zone", "weekend", ("opens", "closes"), "holidays"]}),
    ]

    def ways(self, text: str) -> list[Any]:
        return [Q(name__icontains=text)]
