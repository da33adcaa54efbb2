from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import (
    Departure,
    Order,
    OrderLine,
    Pause,
    Payment,
    Return,
    Subscription,
    Term,
    Ticket,
    TicketEvent,
)


class FactAdmin(admin.ModelAdmin):
    """Facts of the accounts that one may see; found by the sender's id, since that is what people are given."""

    show_full_result_count = False
    search_fields: ClassVar = ["=external_id", "account__name_key"]
    autocomplete_fields: ClassVar = ["account"]
    list_select_related: ClassVar = ["account"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).visible_to(request.user)


class PauseInline(admin.TabularInline):
    model = Pause
    extra = 0
    fields: ClassVar = ["starts", "ends"]


@admin.register(Subscription)
class SubscriptionAdmin(FactAdmin):
    list_display: ClassVar = ["account", "reference", "plan", "kind", "price", "currency", "quantity", "starts", "ends"]
    list_filter: ClassVar = ["kind", "interval", "plan"]
    list_select_related: ClassVar = ["account", "plan"]
    autocomplete_fields: ClassVar = ["account", "plan"]
    inlines: ClassVar = [PauseInline]


@admin.register(Term)
class TermAdmin(FactAdmin):
    list_display: ClassVar = ["account", "starts", "ends", "notice_by", "due_mrr", "currency", "outcome"]
    list_filter: ClassVar = ["outcome"]
    date_hierarchy = "ends"


@admin.register(Departure)
class DepartureAdmin(FactAdmin):
    list_display: ClassVar = ["account", "churn_day", "reason", "competitor", "recovered"]
    list_filter: ClassVar = ["reason"]


class OrderLineInline(admin.TabularInline):
    model = OrderLine
    extra = 0
    fields: ClassVar = ["product", "quantity", "amount"]
    autocomplete_fields: ClassVar = ["product"]


class ReturnInline(admin.TabularInline):
    model = Return
    extra = 0
    fields: ClassVar = ["day", "units", "amount", "reason"]


@admin.register(Order)
class OrderAdmin(FactAdmin):
    list_display: ClassVar = ["account", "number", "ordered_at", "amount", "currency", "channel", "cancelled_at"]
    list_filter: ClassVar = ["channel"]
    inlines: ClassVar = [OrderLineInline, ReturnInline]


@admin.register(Payment)
class PaymentAdmin(FactAdmin):
    list_display: ClassVar = ["account", "day", "amount", "tax", "currency", "income", "channel"]
    list_filter: ClassVar = ["income", "channel"]
    raw_id_fields: ClassVar = ["refund_of", "order", "subscription"]


class TicketEventInline(admin.TabularInline):
    model = TicketEvent
    extra = 0
    fields: ClassVar = ["kind", "happened_at", "by", "public"]


@admin.register(Ticket)
class TicketAdmin(FactAdmin):
    list_display: ClassVar = ["subject", "account", "type", "priority", "channel", "opened_at", "spam"]
    list_filter: ClassVar = ["type", "priority", "spam"]
    autocomplete_fields: ClassVar = ["account", "product", "requester", "assignee"]
    raw_id_fields: ClassVar = ["merged_into"]
    inlines: ClassVar = [TicketEventInline]
