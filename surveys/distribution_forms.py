"""What the pages of sending surveys ask for: to whom, when, and how often."""

from typing import Any, ClassVar

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.messages import sms
from accounts.models import Letter, Mailing, Population, User
from accounts.models.outboxes import Medium
from surveys.models import Distribution

MOST_REMINDERS, LONGEST_WAIT = 5, 365
DRESS = {"Select": "form-select", "CheckboxInput": "form-check-input"}


class DistributionForm(forms.ModelForm):
    """Once, or by what happens."""

    name = forms.CharField(
        label=capfirst(Mailing._meta.get_field("name").verbose_name),
        max_length=120,
        widget=forms.TextInput({"dir": "auto"}),
    )
    medium = forms.ChoiceField(
        label=capfirst(Letter._meta.get_field("medium").verbose_name),
        choices=Medium.choices,
        initial=Medium.EMAIL,
    )
    reminders = SimpleArrayField(
        forms.IntegerField(min_value=1, max_value=LONGEST_WAIT),
        label=gettext_lazy("Reminders after days"),
        max_length=MOST_REMINDERS,
        required=False,
        widget=forms.TextInput({"dir": "ltr", "placeholder": "3, 7", "inputmode": "numeric"}),
        help_text=gettext_lazy(
            "Days after it arrived, for those who have not answered. Empty: nobody is reminded."
        ),
    )

    class Meta:
        model = Distribution
        fields: ClassVar = [
            "trigger",
            "event",
            "days",
            "population",
            "reminders",
            "days_valid",
            "working_hours",
            "per_hour",
        ]

    field_order = ("name", "medium", "population", "trigger", "event", "days")

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        populations: Any = self.fields["population"]
        populations.queryset = Population.objects.visible_to(reader).in_use().order_by("id")
        populations.empty_label = _("everybody")
        triggers: Any = self.fields["trigger"]
        triggers.choices = [("", _("Once, now or at a time")), *Distribution.Trigger.choices]
        self.fields["event"].help_text = _("Its name, where an event decides.")
        self.fields["days"].help_text = _("Where it goes out after, or every, so many days.")
        if not sms.is_possible():
            del self.fields["medium"]
        for field in self.fields.values():
            field.widget.attrs["class"] = DRESS.get(type(field.widget).__name__, "form-control")

    @property
    def medium_chosen(self) -> str:
        return str(self.cleaned_data.get("medium") or Medium.EMAIL)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        trigger = given.get("trigger")
        if not trigger and "trigger" in given and not given.get("population"):
            self.add_error("population", _("Choose to whom it goes."))
        if trigger == Distribution.Trigger.EVENT and not given.get("event"):
            self.add_error("event", _("This must not be empty."))
        if trigger in (Distribution.Trigger.CUSTOMER, Distribution.Trigger.EVERY) and not given.get("days"):
            self.add_error("days", _("Say after how many days."))
        return given


class PageForm(forms.Form):
    page = forms.IntegerField(required=False, min_value=1)
