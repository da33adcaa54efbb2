from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import BaseUserCreationForm, UserChangeForm
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.cells import code
from accounts.admin.entry import EntryAdmin, EntryForm
from accounts.models import Organisation, SearchKey, Team, User
from accounts.texts import search_key


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


class UserForm(EntryForm, UserChangeForm):
    pass


@admin.register(User)
class UserAdmin(EntryAdmin, DjangoUserAdmin):
    form = UserForm
    add_form = InviteForm
    ordering = ["name", "email"]
    list_display = [
        "__str__",
        code("email", User),
        "language",
        "is_active",
        "is_staff",
        "last_login",
    ]
    list_filter = ["is_active", "is_staff", "groups", "teams"]
    found_by = ("email",)
    search_help_text = _("The name in any spelling, or the e-mail address.")
    filter_horizontal = ["groups", "teams"]
    readonly_fields = ["last_login", "joined_at"]
    fieldsets = [
        (None, {"fields": ["email", "password", "name", "language", "time_zone"]}),
        (_("Access"), {"fields": ["is_active", "is_staff", "is_superuser", "groups", "teams"]}),
        (_("Dates"), {"fields": ["last_login", "joined_at"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "name", "language", "password1", "password2"]})]

    def ways(self, text: str) -> list[Q]:
        rows = User.objects.alias(key=SearchKey("name"))
        words = Q(*(("key__contains", word) for word in search_key(text).split(" ")))
        return [Q(pk__in=rows.filter(words).values("pk")), Q(email__icontains=text)]

    def parts(self) -> list[tuple[Any, str]]:
        """Teams, roles and rights of their own."""
        memberships = (User.teams, User.groups, User.user_permissions)
        return [(membership.through, "user") for membership in memberships]


@admin.register(Team)
class TeamAdmin(EntryAdmin):
    ordering = ["name"]
    found_by = ("name",)

    def ways(self, text: str) -> list[Q]:
        return [Q(name__icontains=text)]


@admin.register(Organisation)
class OrganisationAdmin(EntryAdmin):
    list_display = ["__str__", "time_zone", "currency"]
    fieldsets = [
        (None, {"fields": ["name", "digits"]}),
        (_("Days and months"), {"fields": ["time_zone", "weekend", "fiscal_year_start"]}),
        (_("Money"), {"fields": ["currency", "gross_margin", "inactive_days"]}),
    ]

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return []

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Organisation.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Organisation | None = None) -> bool:
        return False
