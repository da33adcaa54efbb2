from typing import Any

from django.contrib import admin
from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from accounts.admin.cells import amount, code
from accounts.admin.entry import ORIGIN, EntryAdmin, FactAdmin, PartsInline
from accounts.admin.filters import Cancellation, Direction
from accounts.models import (
    ExchangeRate,
    Expense,
    Order,
    OrderLine,
    Payment,
    Plan,
    PlanFeature,
    Product,
    Return,
    SearchKey,
)
from accounts.texts import search_key


class OrderLineInline(PartsInline):
    model = OrderLine
    fields = ["product", "quantity", "amount"]


class ReturnInline(PartsInline):
    model = Return
    fields = ["line", "day", "units", "amount", "reason"]


@admin.register(Order)
class OrderAdmin(FactAdmin):
    list_display = [
        "account",
        code("number", Order),
        "ordered_at",
        amount("amount", Order),
        "channel",
        "cancelled_at",
    ]
    list_filter = ["ordered_at", Cancellation]
    found_by = ("external_id", "number")
    naming = ("number", "account", "ordered_at")
    search_help_text = _("The name of the account in any spelling, the number, or the id at the source.")
    fieldsets = [
        (None, {"fields": ["account", "number", "channel", ("ordered_at", "cancelled_at")]}),
        (_("Amounts"), {"fields": [("amount", "currency"), ("discount", "tax", "shipping")]}),
        ORIGIN,
    ]
    inlines = [OrderLineInline, ReturnInline]


@admin.register(OrderLine)
class OrderLineAdmin(FactAdmin):
    list_display = ["order_label", "product", "quantity", "amount"]
    list_filter = []
    list_select_related = ["order__account", "product"]
    account_path = "order__account"
    found_by = ("external_id", "order__external_id", "order__number")
    naming = ("product", "quantity", "order")
    fieldsets = [(None, {"fields": ["order", "product", "quantity", "amount"]}), ORIGIN]

    @admin.display(description=_("order"))
    def order_label(self, row: OrderLine) -> str:
        return of_order(row.order)


@admin.register(Return)
class ReturnAdmin(FactAdmin):
    list_display = ["order_label", "day", "units", "amount", "reason"]
    list_filter = ["day"]
    list_select_related = ["order__account"]
    account_path = "order__account"
    found_by = ("external_id", "order__external_id", "order__number")
    fieldsets = [(None, {"fields": ["order", "line", "day", "units", "amount", "reason"]}), ORIGIN]

    @admin.display(description=_("order"))
    def order_label(self, row: Return) -> str:
        return of_order(row.order)


def of_order(order: Order) -> str:
    return f"{order.account} · {order.number or order}"


@admin.register(Payment)
class PaymentAdmin(FactAdmin):
    list_display = [
        "account",
        "day",
        amount("amount", Payment),
        amount("tax", Payment),
        "income",
        "channel",
        "refund_of",
    ]
    list_filter = ["day", Direction]
    list_select_related = ["account", "refund_of"]
    naming = ("account", "day", "amount")
    fieldsets = [
        (None, {"fields": ["account", "day", ("amount", "tax", "currency")]}),
        (_("What it was for"), {"fields": ["income", "channel", "subscription", "order", "refund_of"]}),
        ORIGIN,
    ]


@admin.register(Expense)
class ExpenseAdmin(EntryAdmin):
    list_display = ["month", "kind", amount("amount", Expense), "channel", "campaign"]
    list_filter = ["kind", "currency"]
    date_hierarchy = "month"
    ordering = ["-month", "-id"]
    found_by = ("external_id",)
    search_help_text = _("The id at the source, the channel or the campaign.")
    fieldsets = [
        (None, {"fields": ["month", "kind", ("amount", "currency"), "channel", "campaign"]}),
        ORIGIN,
    ]

    def ways(self, text: str) -> list[Q]:
        return [Q(channel__icontains=text), Q(campaign__icontains=text), *super().ways(text)]


@admin.register(ExchangeRate)
class ExchangeRateAdmin(EntryAdmin):
    list_display = ["day", "currency", "base", "rate", "source"]
    list_filter = ["currency", "base"]
    date_hierarchy = "day"
    ordering = ["-day", "currency"]
    fields = ["base", "currency", "day", "rate", "source", "recorded_at"]

    def get_search_fields(self, request: Any) -> list[str]:
        """A rate is found by its currency and day, which are filters."""
        return []

    def get_changeform_initial_data(self, request: Any) -> dict[str, Any]:
        given = super().get_changeform_initial_data(request)
        return {"base": given.pop("currency", ""), **given}


def named_in_any_language(model: type[Model], text: str) -> QuerySet[Any]:
    """Rows whose name has the words in either language, in any spelling: their ids."""
    names = Concat(KT("name__en"), KT("name__ar"), output_field=TextField())
    words = Q(*(("key__contains", word) for word in search_key(text).split(" ")))
    return model._base_manager.alias(key=SearchKey(names)).filter(words).values("pk")


class CatalogueAdmin(EntryAdmin):
    """What is sold, found by a name in either language and any spelling."""

    def ways(self, text: str) -> list[Q]:
        codes = [Q(**{f"{name}__icontains": text}) for name in self.found_by]
        return [Q(pk__in=named_in_any_language(self.model, text)), *codes]


class PlanFeatureInline(PartsInline):
    model = PlanFeature
    fields = ["feature", "starts", "ends"]


@admin.register(Plan)
class PlanAdmin(CatalogueAdmin):
    inlines = [PlanFeatureInline]
    list_display = [code("code", Plan), "name"]
    ordering = ["code"]
    found_by = ("code",)
    search_help_text = _("The code, or the name in any spelling.")


@admin.register(Product)
class ProductAdmin(CatalogueAdmin):
    list_display = [code("sku", Product), "name", "category"]
    ordering = ["sku"]
    found_by = ("sku",)
    naming = ("name", "sku")
    search_help_text = _("The code, or the name in any spelling.")
