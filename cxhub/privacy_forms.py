"""For how long what is kept, and whose address is let in again."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import ErasedAddress, Retention


class RetentionForm(forms.ModelForm):
    class Meta:
        model = Retention
        fields = Retention.RULES

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs |= {"class": "form-control", "min": 1, "placeholder": _("kept")}
        days = settings.UPLOADS_KEPT.days
        said = ngettext("%(count)s day", "%(count)s days", days)
        self.fields["uploads"].widget.attrs["placeholder"] = said % {"count": days}


class LetInForm(forms.Form):
    address = forms.EmailField(
        label=_("E-mail address of a person who came back of their own"),
        widget=forms.EmailInput(attrs={"class": "form-control", "autocomplete": "off", "dir": "ltr"}),
    )

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"])
        if not ErasedAddress.objects.of(address).exists():
            raise forms.ValidationError(_("Nobody with this address was erased."))
        return address
