from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.timeline import Cursor


class PanelForm(forms.Form):
    """`?q=sara&page=2` of one panel of an account."""

    q = forms.CharField(label=_("Search"), required=False, max_length=200, strip=True)
    page = forms.IntegerField(label=_("Page"), required=False, min_value=1)


class TimelineForm(forms.Form):
    before = forms.CharField(label=_("Before"), required=False, max_length=120)

    def clean_before(self) -> Cursor | None:
        text = self.cleaned_data["before"]
        try:
            return Cursor.parse(text) if text else None
        except ValueError:
            raise forms.ValidationError(
                _("This is no place in the timeline. Open the account again.")
            ) from None

    @property
    def cursor(self) -> Any:
        return self.cleaned_data["before"]
