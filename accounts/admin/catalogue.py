from typing import ClassVar

from django.contrib import admin

from accounts.models import ExchangeRate, Expense, Plan, Product, WorkingCalendar


@admin.register(Plan)
class PlanAdmin(admin.ModelAdmin):
    list_display: ClassVar = ["code", "name"]
    search_fields: ClassVar = ["code", "name"]


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display: ClassVar = ["sku", "name", "category"]
    search_fields: ClassVar = ["sku", "name"]


@admin.register(ExchangeRate)
class ExchangeRateAdmin(admin.ModelAdmin):
    list_display: ClassVar = ["day", "currency", "base", "rate", "source"]
    list_filter: ClassVar = ["currency", "base"]
    date_hierarchy = "day"


@admin.register(Expense)
class ExpenseAdmin(admin.ModelAdmin):
    list_display: ClassVar = ["month", "kind", "amount", "currency", "channel", "campaign"]
    list_filter: ClassVar = ["kind", "currency"]
    date_hierarchy = "month"


@admin.register(WorkingCalendar)
class WorkingCalendarAdmin(admin.ModelAdmin):
    list_display: ClassVar = ["name", "team", "country", "opens", "closes"]
    list_select_related: ClassVar = ["team"]
    autocomplete_fields: ClassVar = ["team"]
