"""What an address of results is made with."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from metrics.forms import DayField
from metrics.survey_forms import DAY, OF_RESULTS, USUAL
from surveys.models import ReportLink

DAYS_OPEN = 90


class ReportForm(forms.ModelForm):
    window = forms.ChoiceField(
        label=_("Window"),
        choices=list(OF_RESULTS.items()),
        initial=USUAL,
        widget=forms.Select({"class": "form-select"}),
        help_text=_("Up to the day on which it is read. Where nobody is named, the whole time."),
    )
    last_day = DayField(
        label=_("Last day"), required=False, widget=DAY, help_text=_("Empty: until it is revoked.")
    )

    class Meta:
        model = ReportLink
        fields = ("name", "kind", "language", "with_comments")
        help_texts = {"name": _("Who reads it, such as the board.")}
        widgets = {
            "name": forms.TextInput({"class": "form-control", "dir": "auto"}),
            "kind": forms.Select({"class": "form-select"}),
            "language": forms.Select({"class": "form-select"}),
            "with_comments": forms.CheckboxInput({"class": "form-check-input"}),
        }

    def __init__(self, *args: Any, today: date, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.initial["last_day"] = today + timedelta(days=DAYS_OPEN)
        self.initial["language"] = language

    def clean_last_day(self) -> date | None:
        day: date | None = self.cleaned_data["last_day"]
        if day and day < self.today:
            raise forms.ValidationError(_("This day is over."))
        return day
