from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import BaseUserCreationForm, UserChangeForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import AuditEntry, Job, Organisation, Team, User


class InviteForm(BaseUserCreationForm):
    """Without a password: whoever is invited sets one by the reset mail, or signs in with the company's provider."""

    class Meta:
        model = User
        fields = ["email", "name", "language"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].required = self.fields["password2"].required = False

    def save(self, commit: bool = True) -> User:
        user = forms.ModelForm.save(self, commit=False)
        user.set_password(self.cleaned_data.get("password1") or None)
        if commit:
            user.save()
            self.save_m2m()
        return user


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    form = UserChangeForm
    add_form = InviteForm
    ordering = ["name", "email"]
    list_display = ["email", "name", "language", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "groups", "teams"]
    search_fields = ["email", "name"]
    filter_horizontal = ["groups", "teams"]
    readonly_fields = ["last_login", "joined_at"]
    fieldsets = [
        (None, {"fields": ["email", "password", "name", "language", "time_zone"]}),
        (_("Access"), {"fields": ["is_active", "is_staff", "is_superuser", "groups", "teams"]}),
        (_("Dates"), {"fields": ["last_login", "joined_at"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "name", "language", "password1", "password2"]})]


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):
    search_fields = ["name"]


@admin.register(Organisation)
class OrganisationAdmin(admin.ModelAdmin):
    list_display = ["__str__", "time_zone", "currency"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not Organisation.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Organisation | None = None) -> bool:
        return False


class ReadOnly(admin.ModelAdmin):
    """What machines write and people only read."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    list_display = ["at", "actor", "action", "table", "row", "job"]
    list_filter = ["action"]
    list_select_related = ["actor", "job"]
    search_fields = ["table", "=row"]
    show_full_result_count = False


@admin.register(Job)
class JobAdmin(ReadOnly):
    list_display = ["kind", "state", "done", "total", "created_by", "created_at", "finished_at"]
    list_filter = ["state", "kind"]
    list_select_related = ["created_by"]
