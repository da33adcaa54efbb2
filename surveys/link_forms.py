"""What the page of a survey's links asks for."""

from datetime import date
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext_lazy as _

from surveys.models import Channel, SurveyLink
from surveys.models.asking import NO_ORIGIN

USUAL_PORTS = {"http": 80, "https": 443}


class LinkForm(forms.ModelForm):
    origin = forms.URLField(
        label=_("Web page"),
        assume_scheme="https",
        max_length=300,
        required=False,
        widget=forms.URLInput({"class": "form-control", "dir": "ltr", "placeholder": "https://shop.example"}),
        help_text=_("Where the survey shows itself; for a web page only. Other sites cannot show it."),
    )
    last_day = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput({"type": "date", "class": "form-control"}),
        help_text=_("Empty: as long as the survey is open."),
    )

    class Meta:
        model = SurveyLink
        fields = ("name", "channel", "origin")
        help_texts = {"name": _("Where it is shown, such as the counter or the newsletter.")}
        widgets = {
            "name": forms.TextInput({"class": "form-control", "dir": "auto"}),
            "channel": forms.Select({"class": "form-select"}),
        }

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_origin(self) -> str:
        if self.cleaned_data.get("channel") != Channel.WIDGET:
            return ""
        try:
            return origin_of(self.cleaned_data.get("origin", ""))
        except ValueError as wrong:
            raise forms.ValidationError(NO_ORIGIN) from wrong

    def clean_last_day(self) -> date | None:
        day = self.cleaned_data["last_day"]
        if day and day < self.today:
            raise forms.ValidationError(_("This day is over."))
        return day


def origin_of(address: str) -> str:
    """Scheme, host and port, as browsers say where a page is from. Raises ValueError."""
    parts = urlsplit(address)
    host = (parts.hostname or "").encode("idna").decode()
    is_usual = parts.port in {None, USUAL_PORTS.get(parts.scheme)}
    return f"{parts.scheme}://{host}" + ("" if is_usual else f":{parts.port}") if host else ""
