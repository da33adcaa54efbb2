from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin.attributes import TagFilter, declared_fields, declared_input, declared_values
from accounts.admin.cells import code
from accounts.admin.entry import (
    ORIGIN,
    EntryAdmin,
    EntryForm,
    FactAdmin,
    PartsInline,
    user_of,
)
from accounts.admin.filters import Belonging, Conversion, Ownership, Presence
from accounts.admin.identities import ConsentInline, IdentityInline
from accounts.admin.inputs import DayInput
from accounts.admin.tagging import change_tags
from accounts.attributes import is_declared, lines_of
from accounts.histories import attribute, in_words, said
from accounts.models import Account, AccountChange, AccountKey, AttributeDefinition, Contact, Lead, named_like
from accounts.requests import organisation_of
from accounts.services import as_dated_text, change_account, correct_dated_value, remove_dated_values


class AccountKeyInline(PartsInline):
    model = AccountKey


class AccountChangeInline(PartsInline):
    """The history of what is dated, in words. It grows by changing the account, and is corrected row by row."""

    model = AccountChange
    verbose_name_plural = _("History of dated values")
    fields = ["attribute", "words", "from_day", "by", "recorded_at"]
    readonly_fields = ["attribute", "words", "from_day", "by", "recorded_at"]
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccountChange]:
        return in_words(super().get_queryset(request))

    def has_add_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        return False

    @admin.display(description=_("attribute"))
    def attribute(self, change: AccountChange) -> str:
        return attribute(change.field)

    @admin.display(description=_("value"))
    def words(self, change: Any) -> str:
        return said(change.field, change.words)


class AccountForm(EntryForm):
    from_day = DayInput(
        label=_("Holds from"),
        required=False,
        help_text=_("From which day on the values below hold. Empty: from today."),
    )


@admin.register(Account)
class AccountAdmin(EntryAdmin):
    form = AccountForm
    list_display = ["name", "stage", "segment", "tier", "owner", "team", "country", "internal"]
    list_filter = ["stage", Ownership, "team", "internal", TagFilter]
    list_select_related = ["owner", "team"]
    ordering = ["name_key", "id"]
    found_by = ("keys__value",)
    search_help_text = _("The name in any spelling, or an id at a source.")
    readonly_fields = ["merged_into"]
    fieldsets = [
        (None, {"fields": ["name", "industry", "country", "website", "tags", "internal"]}),
        (
            _("Dated values"),
            {"fields": ["from_day", "stage", "segment", "tier", "region", "owner", "team", "parent"]},
        ),
        (
            _("Where it came from"),
            {"fields": ["acquired_channel", "acquired_campaign", "merged_into", "recorded_at"]},
        ),
    ]
    inlines = [AccountKeyInline, AccountChangeInline]

    def ways(self, text: str) -> list[Q]:
        return [named_like(text), *super().ways(text)]

    def get_fieldsets(self, request: HttpRequest, obj: Account | None = None) -> Any:
        """What is declared is dated, too."""
        given = super().get_fieldsets(request, obj)
        declared = list(declared_fields(obj))
        return [*given[:2], (_("Attributes"), {"fields": declared}), *given[2:]] if declared else given

    def get_view_on_site_url(self, obj: Account | None = None) -> str | None:
        return obj.get_absolute_url() if obj and obj.pk else None

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Whoever does not see every account would lose sight of one that is not theirs."""
        given = super().get_changeform_initial_data(request)
        if not user_of(request).has_perm("accounts.view_all_accounts"):
            given.setdefault("owner", user_of(request).pk)
        return given

    def get_form(
        self, request: HttpRequest, obj: Account | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        kwargs["form"] = type("AccountForm", (self.form,), declared_fields(obj))
        return super().get_form(request, obj, change=change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        """What is dated goes through the service that keeps its history."""
        names = [name for name in Account.DATED if name in form.fields]
        dated = {name: form.cleaned_data[name] for name in names if name in form.changed_data or not change}
        own = {field.name for field in obj._meta.concrete_fields} - set(Account.DATED)
        obj.save(update_fields=own & set(form.changed_data) if change else None)
        given = {name: value for name, value in dated.items() if change or value not in ("", None)}
        given |= declared_values(form)
        if given:
            day = form.cleaned_data.get("from_day") or organisation_of(request).today(timezone.now())
            change_account(obj, by=user_of(request), day=day, **given)


@admin.register(AccountKey)
class AccountKeyAdmin(EntryAdmin):
    list_display = [code("value", AccountKey), "source", "account"]
    list_filter = []
    list_select_related = ["account"]
    found_by = ("value",)
    account_path = "account"
    search_help_text = _("The id at the source, or the name of the account in any spelling.")
    fields = ["account", "source", "value"]


class DatedValueForm(EntryForm):
    """The value is chosen as its attribute asks for, and kept as text."""

    attribute = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            self.instance.field = self.attribute
        if isinstance(self.fields.get("value"), forms.MultipleChoiceField):
            self.initial["value"] = lines_of(self.instance.value)

    def clean_value(self) -> str:
        return as_dated_text(self.cleaned_data["value"])


@admin.register(AccountChange)
class AccountChangeAdmin(EntryAdmin):
    """Corrected through the services, so that the account's current values follow."""

    form = DatedValueForm
    list_display = ["account", "attribute", "words", "from_day", "by", "recorded_at"]
    list_filter = ["field"]
    list_select_related = ["account", "by"]
    account_path = "account"
    search_help_text = _("The name of the account in any spelling.")
    readonly_fields = ["attribute", "by"]
    fields = ["account", "attribute", "value", "from_day", "by", "recorded_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccountChange]:
        return in_words(super().get_queryset(request))

    @admin.display(description=_("attribute"), ordering="field")
    def attribute(self, change: AccountChange) -> str:
        return attribute(change.field)

    @admin.display(description=_("value"))
    def words(self, change: Any) -> str:
        return said(change.field, change.words)

    def label(self, row: AccountChange) -> str:
        return f"{row.account} · {attribute(row.field)} · {row.from_day}"

    def get_readonly_fields(self, request: HttpRequest, obj: AccountChange | None = None) -> list[str]:
        given = list(super().get_readonly_fields(request, obj))
        return [*given, "account"] if obj else given

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.attribute = obj.field if obj else request.GET.get("field", "")
        if form.attribute and "value" in form.base_fields:
            form.base_fields["value"] = self.value_input(form.attribute, obj, request)
        return form

    def value_input(self, name: str, obj: AccountChange | None, request: HttpRequest) -> Any:
        """As the account's own form asks for it."""
        if is_declared(name):
            definition = AttributeDefinition.objects.named([name])[name]
            return declared_input(definition, lines_of(obj.value) if obj else [])
        of_account = self.admin_site.get_model_admin(Account)
        field: Any = Account._meta.get_field(name)
        return of_account.formfield_for_dbfield(field, request=request)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        if object_id is None and request.GET.get("field") not in dict(self.attributes()):
            return self.ask_for_attribute(request)
        return super().changeform_view(request, object_id, form_url, extra_context)

    @staticmethod
    def attributes() -> list[tuple[str, str]]:
        declared = [(one.field, str(one)) for one in AttributeDefinition.objects.in_use()]
        return [*((name, attribute(name, {})) for name in Account.DATED), *declared]

    def ask_for_attribute(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        given = request.GET.copy()
        given.pop("field", None)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Which value?"),
            "opts": self.opts,
            "attributes": self.attributes(),
            "more": given.urlencode(),
        }
        return TemplateResponse(request, "admin/accounts/accountchange/attributes.html", context)

    def save_model(self, request: HttpRequest, obj: AccountChange, form: Any, change: bool) -> None:
        given = form.cleaned_data
        if change:
            correct_dated_value(
                obj, by=user_of(request), **{name: given[name] for name in form.changed_data if name in given}
            )
            return
        day = given["from_day"]
        change_account(obj.account, by=user_of(request), day=day, **{obj.field: given["value"]})
        obj.pk = AccountChange.objects.get(account=obj.account, field=obj.field, from_day=day).pk

    def delete_model(self, request: HttpRequest, obj: AccountChange) -> None:
        remove_dated_values(AccountChange.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[AccountChange]) -> None:
        remove_dated_values(AccountChange.objects.filter(pk__in=queryset.values("pk")))


@admin.register(Contact)
class ContactAdmin(FactAdmin):
    list_display = [
        "name",
        code("email", Contact),
        code("phone", Contact),
        "account",
        "role",
        "left",
    ]
    list_filter = ["role", Presence, TagFilter]
    actions = [change_tags]
    ordering = ["name_key", "id"]
    list_display_links = ["name"]
    found_by = ("external_id", "email", "phone")
    naming = ("name", "email", "account")
    search_help_text = _(
        "The name or that of the account in any spelling, the address, phone or id at the source."
    )
    fieldsets = [
        (None, {"fields": ["account", "name", "role", "tags", "joined", "left"]}),
        (
            _("How to reach them"),
            {"fields": ["email", "phone", "language", "time_zone", "preferred_channel", "preferred_hour"]},
        ),
        ORIGIN,
    ]
    inlines = [ConsentInline, IdentityInline]

    def ways(self, text: str) -> list[Q]:
        return [named_like(text), Q(email__istartswith=text), *super().ways(text)]


@admin.register(Lead)
class LeadAdmin(FactAdmin):
    list_display = [
        "__str__",
        code("email", Lead),
        "company",
        "account",
        "first_interest",
        "channel",
        "campaign",
        "converted",
    ]
    list_filter = [Conversion, Belonging]
    date_hierarchy = "first_interest"
    found_by = ("external_id", "email")
    naming = ("name", "email", "company")
    search_help_text = _(
        "The name in any spelling, the company, the e-mail address, or the id at the source."
    )
    fieldsets = [
        (None, {"fields": ["name", "email", "company", "account"]}),
        (_("Interest"), {"fields": ["first_interest", "channel", "campaign", "converted"]}),
        ORIGIN,
    ]

    def ways(self, text: str) -> list[Q]:
        return [
            named_like(text),
            Q(email__istartswith=text),
            Q(company__icontains=text),
            *super().ways(text),
        ]
