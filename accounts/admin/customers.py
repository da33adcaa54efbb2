from typing import Any, cast

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin.attributes import TagFilter, declared_fields, declared_values
from accounts.attributes import is_declared
from accounts.models import Account, AccountChange, AccountKey, Contact, Lead, Organisation, User
from accounts.services import change_account


class NamedAdmin(admin.ModelAdmin):
    """Names are found in any spelling, and only what one may see is listed."""

    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return self.model.objects.visible_to(request.user)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[QuerySet, bool]:
        return (queryset.named_like(search_term) if search_term else queryset), False


class AccountKeyInline(admin.TabularInline):
    model = AccountKey
    extra = 0


class AccountChangeInline(admin.TabularInline):
    """The history of what is dated. It grows by changing the account."""

    model = AccountChange
    extra = 0
    fields = ["field", "value", "from_day", "by", "recorded_at"]
    readonly_fields = ["field", "value", "from_day", "by", "recorded_at"]
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("by")

    def has_add_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        return False


@admin.register(Account)
class AccountAdmin(NamedAdmin):
    list_display = ["name", "stage", "segment", "tier", "owner", "team", "country", "internal"]
    list_filter = ["stage", "team", "internal", TagFilter]
    list_select_related = ["owner", "team"]
    search_fields = ["name_key"]
    autocomplete_fields = ["owner", "team", "parent"]
    exclude = ["merged_into"]
    inlines = [AccountKeyInline, AccountChangeInline]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def get_form(
        self, request: HttpRequest, obj: Account | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        kwargs["form"] = type("AccountForm", (self.form,), declared_fields(obj))
        return super().get_form(request, obj, change=change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        """What is dated goes through the service that keeps its history."""
        dated = {
            name: form.cleaned_data[name] for name in Account.DATED if name in form.changed_data or not change
        }
        obj.save(
            update_fields=[
                name for name in form.changed_data if name not in Account.DATED and not is_declared(name)
            ]
            if change
            else None
        )
        given = {name: value for name, value in dated.items() if change or value not in ("", None)}
        given |= declared_values(form)
        if given:
            today = Organisation.current().today(timezone.now())
            change_account(obj, by=cast("User", request.user), day=today, **given)


@admin.register(Contact)
class ContactAdmin(NamedAdmin):
    list_display = ["name", "email", "account", "role", "language", "left"]
    list_filter = ["role", "language", TagFilter]
    list_select_related = ["account"]
    search_fields = ["name_key"]
    autocomplete_fields = ["account"]
    exclude = ["merged_into"]


@admin.register(Lead)
class LeadAdmin(admin.ModelAdmin):
    list_display = [
        "name",
        "email",
        "company",
        "first_interest",
        "channel",
        "campaign",
        "converted",
    ]
    list_filter = ["channel"]
    search_fields = ["name", "email", "company"]
    autocomplete_fields = ["account"]
    date_hierarchy = "first_interest"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return self.model.objects.visible_to(request.user)
