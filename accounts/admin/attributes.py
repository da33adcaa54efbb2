"""What attributes and tags there are, and their inputs in the form of an account."""

import re
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Func, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin.entry import EntryAdmin, EntryForm
from accounts.attributes import KEY, NO, YES, is_declared, kept_of, tags_in
from accounts.declared import LONGEST, reader_of
from accounts.imports.columns import ARABIC_SCRIPT, Conventions, Refused
from accounts.models import Account, AttributeDefinition, Contact, Tag, User, named_like, tagged
from accounts.tags import remove_tag, rename_tag
from accounts.texts import search_key

Type = AttributeDefinition.Type
WIDGETS: dict[str, dict[str, str]] = {
    Type.WHOLE: {"dir": "ltr", "inputmode": "numeric", "autocomplete": "off"},
    Type.DECIMAL: {"dir": "ltr", "inputmode": "decimal", "autocomplete": "off"},
    Type.DAY: {"type": "date"},
}


# In the form of an account


class DeclaredInput(forms.CharField):
    """What is typed, read as files are."""

    def __init__(self, definition: AttributeDefinition, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs=WIDGETS.get(definition.type, {}))
        super().__init__(max_length=LONGEST, widget=widget, **kwargs)
        self.read = reader_of(definition)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return self.read(text, Conventions(decimal=".")) if text else ""
        except Refused as refused:
            raise ValidationError(str(refused)) from None


def declared_fields(account: Account | None) -> dict[str, forms.Field]:
    """An input for each attribute, by its name, filled with what the account has."""
    kept = account.attributes if account else {}
    return {
        definition.field: declared_input(definition, kept.get(definition.key, []))
        for definition in AttributeDefinition.objects.in_use()
    }


def declared_input(definition: AttributeDefinition, lines: list[str]) -> forms.Field:
    initial: Any = lines if definition.has_several else kept_of(lines)
    about: dict[str, Any] = {
        "label": str(definition),
        "help_text": str(definition.help),
        "required": definition.required,
        "initial": initial,
    }
    if definition.type == Type.YES_NO:
        answers = [(answer, definition.words([answer])) for answer in (YES, NO)]
        return forms.ChoiceField(choices=[("", "—"), *answers], **about)
    if definition.type not in definition.OF_CHOICES:
        return DeclaredInput(definition, **about)
    # What was chosen before it was removed may stay.
    keys = dict.fromkeys([*definition.offered, *lines])
    choices = [(key, definition.words([key])) for key in keys]
    if definition.has_several:
        return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **about)
    return forms.ChoiceField(choices=[("", "—"), *choices], **about)


def declared_values(form: Any) -> dict[str, Any]:
    """What was changed, as `change_account` takes it."""
    return {name: form.cleaned_data[name] for name in form.changed_data if is_declared(name)}


# Which attributes there are


class ChoicesInput(forms.CharField):
    """A line for each choice: its key, and its name in English and in Arabic."""

    widget = forms.Textarea(attrs={"rows": 8, "dir": "auto", "placeholder": "gold = Gold = ذهبي"})

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join(
            " = ".join([choice["key"], *filter(None, (choice["name"].get(code) for code in ("en", "ar")))])
            for choice in value
            if not choice.get("removed")
        )

    def to_python(self, value: Any) -> Any:
        lines = [line.strip() for line in str(super().to_python(value)).splitlines()]
        choices = [self._choice(line) for line in lines if line]
        if len({choice["key"] for choice in choices}) < len(choices):
            raise ValidationError(_("A key stands in several lines."))
        return choices

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != data)

    @staticmethod
    def _choice(line: str) -> dict[str, Any]:
        key, *names = (part.strip() for part in line.split("="))
        if not re.fullmatch(KEY, key) or not 1 <= len(list(filter(None, names))) <= 2:
            raise ValidationError(
                _("“%(line)s” is not written as key = English name = Arabic name."), params={"line": line}
            )
        return {
            "key": key,
            "name": {"ar" if ARABIC_SCRIPT.search(name) else "en": name for name in names if name},
        }


class DefinitionForm(EntryForm):
    choices = ChoicesInput(
        label=capfirst(AttributeDefinition._meta.get_field("choices").verbose_name),
        required=False,
        help_text=_(
            "A line for each: key = English name = Arabic name. A choice whose line goes can no longer be made;"
            " where it was made it can still be read."
        ),
    )

    def clean_choices(self) -> list[dict[str, Any]]:
        """What there was stays readable."""
        offered = self.cleaned_data["choices"]
        keys = {choice["key"] for choice in offered}
        gone = [choice | {"removed": True} for choice in self.instance.choices if choice["key"] not in keys]
        return [*offered, *gone]


@admin.register(AttributeDefinition)
class AttributeDefinitionAdmin(EntryAdmin):
    form = DefinitionForm
    ordering = ["order", "id"]
    found_by = ("key",)
    naming = ("name", "key")
    list_display = ["name_in_words", "key", "type", "required", "in_filters", "order", "archived"]
    list_filter = ["type", "archived"]
    fields = [
        "name", "key", "type", "choices", "help", "required", "in_filters", "order", "archived",
    ]  # fmt: skip

    @admin.display(description=_("name"), ordering="order")
    def name_in_words(self, definition: AttributeDefinition) -> str:
        return str(definition)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What values are kept of must stay what they were read as."""
        given = list(super().get_readonly_fields(request, obj))
        return [*given, "key", "type"] if obj and obj.is_used else given

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is used is archived instead."""
        return super().has_delete_permission(request, obj) and not (obj and obj.is_used)

    def get_actions(self, request: HttpRequest) -> Any:
        """One by one: of several at once some may be used."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions


# Tags


class TagFilter(admin.SimpleListFilter):
    title = _("tag")
    parameter_name = "tag"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> Any:
        return [(name, name) for name in Tag.objects.values_list("name", flat=True)]

    def queryset(self, _request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(tagged(self.value() or "")) if self.value() else rows


def holding(model: type[Account | Contact]) -> Subquery:
    """How many rows of the model have the tag."""
    having = model._default_manager.filter(tags__contains=[OuterRef("name")]).order_by()
    counted = having.annotate(all=Func("pk", function="count")).values("all")
    return Subquery(counted, output_field=IntegerField())


class TagForm(EntryForm):
    """A name that another tag has, in any spelling, is no mistake of who renames: the two are made one."""

    def _post_clean(self) -> None:
        self.instance.name = self.cleaned_data.get("name", self.instance.name)

    def clean_name(self) -> str:
        names = tags_in(self.cleaned_data["name"])
        if len(names) != 1:
            raise ValidationError(_("Give one name; a semicolon separates tags."))
        if self.instance.pk is None and Tag.objects.filter(name_key=search_key(names[0])).exists():
            raise ValidationError(_("There is this tag already."))
        return names[0]


@admin.register(Tag)
class TagAdmin(EntryAdmin):
    form = TagForm
    fields = ["name"]
    list_display = ["name", "accounts", "contacts"]
    ordering = ["name_key"]
    naming = ("name",)

    def ways(self, text: str) -> list[Q]:
        return [named_like(text)]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super().get_queryset(request).annotate(of_accounts=holding(Account), of_contacts=holding(Contact))
        )

    @admin.display(description=_("accounts"), ordering="of_accounts")
    def accounts(self, tag: Any) -> int:
        return int(tag.of_accounts)

    @admin.display(description=_("contacts"), ordering="of_contacts")
    def contacts(self, tag: Any) -> int:
        return int(tag.of_contacts)

    def save_model(self, request: HttpRequest, obj: Tag, form: Any, change: bool) -> None:
        """Renamed everywhere, or merged into the tag of that name."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        changed = rename_tag(Tag.objects.get(pk=obj.pk), obj.name, by=cast("User", request.user))
        text = ngettext("It was changed in %(count)s place.", "It was changed in %(count)s places.", changed)
        messages.info(request, text % {"count": changed})

    def delete_model(self, request: HttpRequest, obj: Tag) -> None:
        remove_tag(obj, by=cast("User", request.user))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Tag]) -> None:
        for tag in queryset:
            self.delete_model(request, tag)
