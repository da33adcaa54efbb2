"""What the page of a survey's links asks for."""

from datetime import date
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from surveys.models import Channel, SurveyLink


class LinkForm(forms.ModelForm):
    last_day = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput({"type": "date", "class": "form-control"}),
        help_text=_("Empty: as long as the survey is open."),
    )

    class Meta:
        model = SurveyLink
        fields = ("name", "channel")
        help_texts = {"name": _("Where it is shown, such as the counter or the newsletter.")}
        widgets = {
            "name": forms.TextInput({"class": "form-control", "dir": "auto"}),
            "channel": forms.Select({"class": "form-select"}),
        }

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        # That of a web page needs the page, and is made where it is set up.
        shown = [(one.value, one.label) for one in (Channel.LINK, Channel.QR)]
        cast("forms.ChoiceField", self.fields["channel"]).choices = shown

    def clean_last_day(self) -> date | None:
        day = self.cleaned_data["last_day"]
        if day and day < self.today:
            raise forms.ValidationError(_("This day is over."))
        return day
