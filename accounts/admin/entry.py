"""How facts are entered by hand: what every list, form and history of the admin does alike."""

from collections.abc import Iterable
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import IntegrityError, models, transaction
from django.db.models import Q, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, Resolver404, path, resolve, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import trail
from accounts.admin import inputs, meanwhile
from accounts.admin.cells import written_amount
from accounts.fields import MoneyField
from accounts.imports.columns import with_latin_digits
from accounts.models import Account, Organisation, User, named_like
from accounts.models.rules import reasons
from accounts.removal import NAMED, removal_of
from accounts.resources import RESOURCES
from accounts.texts import Text

# What lists count before they say "more than".
COUNTED = 10_000
# Parts of a row that a form shows: the latest. The others are in their own list.
PARTS = 30
HISTORY = 50

ORIGIN: Any = (gettext_lazy("Where it came from"), {"fields": ["source", "external_id", "recorded_at"]})
IMPORTED: dict[Any, str] = {}
for one in RESOURCES:
    IMPORTED.setdefault(one.model, one.name)


def user_of(request: HttpRequest) -> User:
    return cast("User", request.user)


def visible(rows: QuerySet[Any], user: User) -> QuerySet[Any]:
    return cast("Any", rows).visible_to(user) if hasattr(rows, "visible_to") else rows


class BoundedPaginator(Paginator):
    """Counting millions of rows takes seconds and helps nobody."""

    @cached_property
    def count(self) -> int:
        return int(cast("QuerySet[Any]", self.object_list).order_by()[: COUNTED + 1].count())


class EntryForm(forms.ModelForm):
    """Set on the class that each request makes: what the last attempt was refused for, as (field, words)."""

    refused: ClassVar[tuple[str | None, Any] | None] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if isinstance(field, forms.ModelChoiceField):
                self._keep_choice(name, field)

    def _keep_choice(self, name: str, field: Any) -> None:
        """What the row points to stays a choice, also where the reader may not see it."""
        model_field: Any = meanwhile.column_of(self.instance, name)
        pk = getattr(self.instance, model_field.attname) if model_field is not None else None
        if pk in {None, ""}:
            return
        field.queryset = field.queryset | field.queryset.model._base_manager.filter(pk=pk)
        widget = getattr(field.widget, "widget", field.widget)
        is_read = model_field is not None and model_field.is_relation and model_field.is_cached(self.instance)
        if isinstance(widget, inputs.Chooser) and is_read:
            widget.chosen = getattr(self.instance, name)

    def clean(self) -> dict[str, Any] | None:
        given = super().clean()
        for name, field in self.fields.items():
            # The clock of a browser knows no split seconds: what was not touched keeps its own.
            if isinstance(field, forms.DateTimeField) and self.instance.pk and name not in self.changed_data:
                self.cleaned_data[name] = getattr(self.instance, name)
        if self.refused:
            about, words = self.refused
            self.add_error(about if about in self.fields else None, words)
        return given


class Entry(BaseModelAdmin):
    """What forms and their inlines share: each reference is searched for, among what the user may see."""

    form: Any = EntryForm

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        return [
            field.name
            for field in self.model._meta.fields
            if field.is_relation and self.admin_site.is_registered(field.related_model)
        ]

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> QuerySet[Any]:
        return visible(db_field.related_model._default_manager.all(), user_of(request))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = inputs.Chooser(db_field, self.admin_site)
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        of = self.admin_site._registry.get(db_field.related_model)  # noqa: SLF001  it is the one way to ask
        if isinstance(of, EntryAdmin) and field is not None:
            field.label_from_instance = of.label
        return field

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if not db_field.is_relation and not db_field.choices:
            kwargs = {**self._input(db_field), **kwargs}
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            # Django asks for it where a default is a function; whether somebody was faster is told by `_seen`.
            field.show_hidden_initial = False
        if isinstance(field, forms.CharField) and isinstance(field.widget, forms.TextInput | forms.Textarea):
            default = "ltr" if db_field.name in inputs.CODES else "auto"
            field.widget.attrs.setdefault("dir", default)
        return field

    def _input(self, db_field: models.Field) -> dict[str, Any]:
        if named := inputs.NAMED.get(db_field.name):
            return named
        kinds = (inputs.INPUTS[kind] for kind in type(db_field).mro() if kind in inputs.INPUTS)
        return next(kinds, {})


class Parts(BaseInlineFormSet):
    """The latest rows, where there may be thousands; of a form that comes back, those that it showed."""

    def get_queryset(self) -> QuerySet[Any]:
        if not hasattr(self, "_latest"):
            rows = super().get_queryset().order_by("-pk")
            if self.is_bound:
                count = meanwhile.number(self.data.get(f"{self.prefix}-INITIAL_FORMS"))
                shown = [self.data.get(f"{self.prefix}-{index}-id") for index in range(count)]
                rows = rows.filter(pk__in=[pk for pk in shown if pk and pk.isdigit()])
            found = list(rows[: PARTS + 1])
            self.has_more = len(found) > PARTS
            self._latest = sorted(found[:PARTS], key=lambda row: row.pk)
        return cast("QuerySet[Any]", self._latest)

    def add_fields(self, form: Any, index: int | None) -> None:
        """In a table the head of the column names a field for eyes only."""
        super().add_fields(form, index)
        for field in form.fields.values():
            widget = getattr(field.widget, "widget", field.widget)
            widget.attrs.setdefault("aria-label", capfirst(str(field.label or "")))


class PartsInline(Entry, admin.TabularInline):
    formset = Parts
    extra = 0
    show_change_link = True
    template = "admin/accounts/parts.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        related = [field.name for field in self.model._meta.fields if field.is_relation]
        return super().get_queryset(request).select_related(*related)

    @property
    def listed_at(self) -> str:
        """The list of all of them, but for the row that they belong to."""
        reference = next(
            field.name for field in self.model._meta.fields if field.related_model is self.parent_model
        )
        return (
            f"{reverse(f'admin:accounts_{self.model._meta.model_name}_changelist')}?{reference}__id__exact="
        )


class EntryAdmin(Entry, admin.ModelAdmin):
    """`found_by`: columns that hold exactly what is searched for. `naming`: what tells a row to people."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    list_per_page = 50
    list_max_show_all = 200
    # The latest entry first: the one order that has its index in every table.
    ordering = ["-id"]
    found_by: tuple[str, ...] = ()
    naming: tuple[str, ...] = ()
    account_path: str = ""

    # Lists

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return visible(self.model._default_manager.all(), user_of(request))

    def get_search_fields(self, request: HttpRequest) -> Any:
        return self.found_by or ["id"]

    def ways(self, text: str) -> list[Q]:
        """The ways in which a row is found by a text."""
        found = [Q(**{name: with_latin_digits(text)}) for name in self.found_by]
        if self.account_path:
            found.append(Q(**{f"{self.account_path}__in": Account.objects.filter(named_like(text))}))
        return found

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Each way uses its own index, which an OR would keep from it."""
        ways = self.ways(search_term.strip()) if search_term.strip() else []
        if not ways:
            return queryset, False
        first, *others = (self.model._base_manager.filter(way).order_by().values("pk") for way in ways)
        return queryset.filter(pk__in=first.union(*others)), False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        more = {
            "title": capfirst(self.opts.verbose_name_plural),
            "import_url": self.import_url(request),
            "deleted_url": reverse(self._named("deleted")),
            "counted": COUNTED,
        }
        context = {**more, **(extra_context or {})}
        if request.method != "POST":
            return super().changelist_view(request, context)
        try:
            with transaction.atomic():
                return super().changelist_view(request, context)
        except IntegrityError as error:
            return self._refused(request, error)

    def import_url(self, request: HttpRequest) -> str:
        """Empty where there is no such page, nothing to import into, or no right to."""
        name = IMPORTED.get(self.model)
        may = self.has_add_permission(request) and self.has_change_permission(request)
        if not name or not may or not user_of(request).has_perm("accounts.view_all_accounts"):
            return ""
        try:
            resolve("/imports/new/")
        except Resolver404:
            return ""
        return f"/imports/new/?resource={name}"

    def label(self, row: Any) -> str:
        """What tells the row to whoever chooses among many."""
        parts = [part for part in (self._written(row, name) for name in self.naming) if part]
        # Each in its own direction: they stand in options and titles, where there is no <bdi>.
        return " · ".join(f"\u2068{part}\u2069" for part in parts) if parts else str(row)

    def _written(self, row: Any, name: str) -> str:
        value = getattr(row, name)
        field = row._meta.get_field(name)
        if isinstance(field, MoneyField) and value is not None and hasattr(row, "currency"):
            return written_amount(value, row.currency)
        if value is None or field.is_relation or isinstance(value, Text):
            return str(value or "")
        return trail.in_words(field, json_like(value))

    # Forms

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        given = list(super().get_readonly_fields(request, obj))
        return [*given, *(field.name for field in self.model._meta.fields if field.name == "recorded_at")]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """When it was recorded, the database says once it is."""
        given = super().get_fieldsets(request, obj)
        if obj is not None:
            return given
        return [
            (title, {**about, "fields": [name for name in about["fields"] if name != "recorded_at"]})
            for title, about in given
        ]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        given = super().get_changeform_initial_data(request)
        if any(field.name == "currency" for field in self.model._meta.fields):
            given.setdefault("currency", Organisation.current().currency)
        return cast("dict[str, Any]", given)

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        """The page of the account that the fact is about."""
        for name in self.account_path.split("__") if self.account_path else ():
            obj = getattr(obj, name, None)
        return obj.get_absolute_url() if isinstance(obj, Account) else None

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        cast("Any", form).refused = getattr(request, "refused", None)
        return form

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Whoever comes second to change the row waits here, and then sees what the first one did."""
        row = super().get_object(request, object_id, from_field)
        if row is None or request.method != "POST" or not transaction.get_connection().in_atomic_block:
            return row
        rows = self.model._base_manager.select_for_update(no_key=True)
        return super().get_object(request, object_id, from_field) if rows.filter(pk=row.pk).first() else None

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        try:
            with transaction.atomic():
                self.look_for_others(request, object_id)
                return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError as error:
            cast("Any", request).refused = reason_of(error)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def look_for_others(self, request: HttpRequest, object_id: str | None) -> None:
        """Refuses the form where somebody changed the row since it was opened; saving again is then an answer."""
        seen = request.POST.get("_seen", "")
        row = self.get_object(request, unquote(object_id)) if object_id and seen.isdecimal() else None
        newer = list(self.entries_of(row).filter(pk__gt=int(seen)).order_by("-pk")) if row else []
        if row is None or not newer or not self.has_change_permission(request, row):
            return
        cast("Any", request).meanwhile = trail.told(newer[:HISTORY], user_of(request))
        cast("Any", request).refused = (
            None,
            _(
                "Somebody else changed this while you were writing. Nothing was saved: look at it, then save again."
            ),
        )
        form = self.get_form(request, row, change=True)(instance=row)
        formsets = [
            kind(instance=row, prefix=kind.get_default_prefix(), queryset=inline.get_queryset(request))
            for kind, inline in self.get_formsets_with_inlines(request, row)
        ]
        request.POST = meanwhile.merged(request.POST, form, formsets, newer)  # type: ignore[assignment]

    def entries_of(self, row: Any) -> QuerySet[Any]:
        return trail.entries_of(row, self.parts())

    def parts(self) -> list[tuple[type[models.Model], str]]:
        """Rows whose changes are told with those of the row that they belong to."""
        return [
            (inline.model, field.name)
            for inline in self.inlines
            for field in inline.model._meta.fields
            if field.related_model is self.model and field.name != "line"
        ]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        row = kwargs.get("obj")
        if row is not None:
            context |= {"seen": trail.latest(self.entries_of(row)), "subtitle": self.label(row)}
        context["meanwhile"] = getattr(request, "meanwhile", [])
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Only what was changed here is written, so that nothing else is written back."""
        changed = {field.name for field in obj._meta.concrete_fields} & set(form.changed_data)
        obj.save(update_fields=changed if change else None)

    # What was, and what is gone: the audit knows, whichever door it came by. Django's own log stays empty.

    def log_addition(self, *_entry: Any) -> Any:
        pass

    def log_change(self, *_entry: Any) -> Any:
        pass

    def log_deletions(self, *_entries: Any) -> Any:
        pass

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.deleted_view)
        return [
            path("deleted/", view, name=self._named("deleted").removeprefix("admin:")),
            *super().get_urls(),
        ]

    def _named(self, page: str) -> str:
        return f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}"

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        title = {"title": _("History"), "subtitle": self.label(row), "object": row}
        return self.tell(request, self.entries_of(row), "object_history", {**title, **(extra_context or {})})

    def deleted_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        title = {"title": _("Recently deleted"), "subtitle": capfirst(self.opts.verbose_name_plural)}
        return self.tell(request, trail.deleted(self.model, user_of(request)), "deleted", title)

    def tell(self, request: HttpRequest, entries: QuerySet[Any], template: str, context: Any) -> HttpResponse:
        """A page of entries, from the cursor back."""
        before = request.GET.get("before", "")
        if before and not before.isdigit():
            raise Http404
        earlier = entries.filter(pk__lt=int(before)) if before else entries
        found = list(earlier.order_by("-pk")[: HISTORY + 1])
        cast("Any", request).current_app = self.admin_site.name
        known = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "steps": trail.told(found[:HISTORY], user_of(request)),
            "cursor": found[HISTORY - 1].pk if len(found) > HISTORY else "",
            "own": self.opts,
        }
        return TemplateResponse(request, f"admin/accounts/{template}.html", {**known, **context})

    # Deleting

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What was said before would hold again, and may contradict what came later."""
        try:
            with transaction.atomic():
                return super().delete_view(request, object_id, extra_context)
        except IntegrityError as error:
            return self._refused(request, error)

    def _refused(self, request: HttpRequest, error: IntegrityError) -> HttpResponse:
        self.message_user(request, str(reason_of(error)[1]), messages.ERROR)
        return redirect(request.get_full_path())

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Counted, not listed: an account may have a million orders."""
        rows = self.model._base_manager.filter(pk__in=[row.pk for row in objs])
        removal = removal_of(rows)
        names = [self.label(row) for row in objs[:NAMED]]
        counts = {capfirst(model._meta.verbose_name_plural): count for model, count in removal.going.items()}
        return names, counts, self._lacking(removal.going, request), self._linked(removal.in_the_way, request)

    def _lacking(self, going: Iterable[type[models.Model]], request: HttpRequest) -> set[str]:
        registered = self.admin_site._registry  # noqa: SLF001  it is the one way to ask
        return {
            str(model._meta.verbose_name)
            for model in going
            if model in registered and not registered[model].has_delete_permission(request)
        }

    def _linked(self, rows: Iterable[models.Model], request: HttpRequest) -> list[Any]:
        found: list[Any] = []
        for row in rows:
            name = f"{capfirst(row._meta.verbose_name)}: {row}"
            try:
                address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
                found.append(format_html('<a href="{}">{}</a>', address, name))
            except NoReverseMatch:
                found.append(name)
        return found


class FactAdmin(EntryAdmin):
    """Facts of the accounts that one may see."""

    account_path = "account"
    found_by: tuple[str, ...] = ("external_id",)
    list_select_related = ["account"]
    search_help_text = gettext_lazy("The name of the account in any spelling, or the id at the source.")


def reason_of(error: IntegrityError) -> tuple[str | None, Any]:
    """What the database refused where no form could know it: a rule over two rows, or somebody who was faster."""
    rule = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
    if found := reasons().get(rule):
        return found
    return None, _("This contradicts what is already there (%(rule)s).") % {"rule": rule}


def json_like(value: Any) -> Any:
    """A value as the audit holds it."""
    return value if isinstance(value, bool | int | str | list | dict) else str(value)
