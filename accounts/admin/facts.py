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
    search_fields = ["=external_id", "account__name_key"]
    autocomplete_fields = ["account"]
    list_select_related = ["account"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return self.model.objects.visible_to(request.user)


class PauseInline(admin.TabularInline):
    model = Pause
    extra = 0
    fields = ["starts", "ends"]


@admin.register(Subscription)
class SubscriptionAdmin(FactAdmin):
    list_display = [
        "account",
        "reference",
        "plan",
        "kind",
        "price",
        "currency",
        "quantity",
        "starts",
        "ends",
    ]
    list_filter = ["kind", "interval", "plan"]
    list_select_related = ["account", "plan"]
    autocomplete_fields = ["account", "plan"]
    inlines = [PauseInline]


@admin.register(Term)
class TermAdmin(FactAdmin):
    list_display = ["account", "starts", "ends", "notice_by", "due_mrr", "currency", "outcome"]
    list_filter = ["outcome"]
    date_hierarchy = "ends"


@admin.register(Departure)
class DepartureAdmin(FactAdmin):
    list_display = ["account", "churn_day", "reason", "competitor", "recovered"]
    list_filter = ["reason"]


class OrderLineInline(admin.TabularInline):
    model = OrderLine
    extra = 0
    fields = ["product", "quantity", "amount"]
    autocomplete_fields = ["product"]


class ReturnInline(admin.TabularInline):
    model = Return
    extra = 0
    fields = ["day", "units", "amount", "reason"]


@admin.register(Order)
class OrderAdmin(FactAdmin):
    list_display = [
        "account",
        "number",
        "ordered_at",
        "amount",
        "currency",
        "channel",
        "cancelled_at",
    ]
    list_filter = ["channel"]
    inlines = [OrderLineInline, ReturnInline]


@admin.register(Payment)
class PaymentAdmin(FactAdmin):
    list_display = ["account", "day", "amount", "tax", "currency", "income", "channel"]
    list_filter = ["income", "channel"]
    raw_id_fields = ["refund_of", "order", "subscription"]


class TicketEventInline(admin.TabularInline):
    model = TicketEvent
    extra = 0
    fields = ["kind", "happened_at", "by", "public"]


@admin.register(Ticket)
class TicketAdmin(FactAdmin):
    list_display = ["subject", "account", "type", "priority", "channel", "opened_at", "spam"]
    list_filter = ["type", "priority", "spam"]
    autocomplete_fields = ["account", "product", "requester", "assignee"]
    raw_id_fields = ["merged_into"]
    inlines = [TicketEventInline]
