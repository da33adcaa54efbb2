from django.contrib import admin

from accounts.models import ExchangeRate, Expense, Plan, Product, WorkingCalendar


@admin.register(Plan)
class PlanAdmin(admin.ModelAdmin):
    list_display = ["code", "name"]
    search_fields = ["code", "name"]


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = ["sku", "name", "category"]
    search_fields = ["sku", "name"]


@admin.register(ExchangeRate)
class ExchangeRateAdmin(admin.ModelAdmin):
    list_display = ["day", "currency", "base", "rate", "source"]
    list_filter = ["currency", "base"]
    date_hierarchy = "day"


@admin.register(Expense)
class ExpenseAdmin(admin.ModelAdmin):
    list_display = ["month", "kind", "amount", "currency", "channel", "campaign"]
    list_filter = ["kind", "currency"]
    date_hierarchy = "month"


@admin.register(WorkingCalendar)
class WorkingCalendarAdmin(admin.ModelAdmin):
    list_display = ["name", "team", "country", "opens", "closes"]
    list_select_related = ["team"]
    autocomplete_fields = ["team"]
