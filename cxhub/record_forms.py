"""An account, or a person at it, as people write them on the pages of the product."""

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.attributes import declared_fields
from accounts.admin.inputs import CODES, INPUTS, NAMED, DayInput
from accounts.models import Account, Contact, Organisation, Team, User
from accounts.services import THE_PAST_IS_OTHERS, change_account, may_change_the_past


def input_of(field: models.Field, **given: Any) -> Any:
    """As the admin asks for it, by its name or by its kind."""
    if not field.is_relation and not field.choices:
        kinds = (INPUTS[kind] for kind in type(field).mro() if kind in INPUTS)
        given = {**NAMED.get(field.name, next(kinds, {})), **given}
    return field.formfield(**given)


class RecordForm(forms.ModelForm):
    """`parts` are its fields as they stand on the page, under a title each."""

    parts: ClassVar[tuple[tuple[Any, str], ...]]
    dated: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reader = reader
        self.fields |= self.more_fields()
        for name, field in self.fields.items():
            if type(field.widget) is forms.Select:
                field.widget.attrs["class"] = "form-select"
            elif isinstance(field.widget, forms.TextInput):
                direction = field.widget.attrs.setdefault("dir", "ltr" if name in CODES else "auto")
                field.widget.attrs["class"] = "ltr" if direction == "ltr" else ""

    def more_fields(self) -> dict[str, forms.Field]:
        return {}

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names.split()]) for title, names in self.parts]

    def write(self) -> None:
        """Only what was changed here, so that nothing else is written back."""
        own = {field.name for field in self.instance._meta.concrete_fields} - set(self.dated)
        self.instance.save(update_fields=own & set(self.changed_data) if self.instance.pk else None)


class ContactForm(RecordForm):
    parts = (
        ("", "name role joined left tags"),
        (
            gettext_lazy("How to reach them"),
            "email phone language time_zone preferred_channel preferred_hour",
        ),
    )

    class Meta:
        model = Contact
        formfield_callback = input_of
        fields: ClassVar = [
            "name", "role", "email", "phone", "language", "time_zone", "preferred_channel", "preferred_hour",
            "joined", "left", "tags",
        ]  # fmt: skip


class AccountForm(RecordForm):
    """What is dated holds from a day on; it is not saved here, but through the service that keeps its history."""

    from_day = DayInput(
        label=gettext_lazy("Holds from"),
        required=False,
        help_text=gettext_lazy("From which day on the values below hold. Empty: from today."),
    )

    parts = (
        ("", "name industry country website tags"),
        (gettext_lazy("Dated values"), "from_day stage segment tier region owner team"),
    )
    dated = Account.DATED

    class Meta:
        model = Account
        formfield_callback = input_of
        fields: ClassVar = [
            "name", "industry", "country", "website", "tags",
            "stage", "segment", "tier", "region", "owner", "team",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Who has it stays a choice, also after leaving.
        there = models.Q(is_active=True) | models.Q(pk=self.instance.owner_id)
        self.fields["owner"].queryset = User.objects.filter(there)  # type: ignore[attr-defined]
        self.fields["team"].queryset = Team.objects.all()  # type: ignore[attr-defined]

    def more_fields(self) -> dict[str, forms.Field]:
        self.declared = declared_fields(self.instance)
        return self.declared

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        *before, (title, dated) = super().groups
        return [*before, (title, [*dated, *(self[name] for name in self.declared)])]

    def clean_from_day(self) -> date | None:
        day: date | None = self.cleaned_data["from_day"]
        if day and day < self.today and not may_change_the_past(self.reader):
            raise forms.ValidationError(THE_PAST_IS_OTHERS)
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("from_day") and not self.changed_values:
            self.add_error("from_day", _("Nothing is given that counts from a day on."))
        return cleaned

    def write(self) -> None:
        super().write()
        if values := self.changed_values:
            day = self.cleaned_data["from_day"] or self.today
            change_account(self.instance, by=self.reader, day=day, **values)

    @property
    def today(self) -> date:
        return Organisation.current().today(timezone.now())

    @property
    def changed_values(self) -> dict[str, Any]:
        """As `change_account` takes them."""
        dated = [name for name in Account.DATED if name in self.changed_data]
        known = {name: self.cleaned_data[name] for name in dated if name in self.cleaned_data}
        return known | {
            name: self.cleaned_data[name]
            for name in self.changed_data
            if name in self.declared and name in self.cleaned_data
        }
