"""What one says before a person is erased."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Contact, User
from accounts.texts import search_key


class ErasureForm(forms.Form):
    """Who it is must be typed: a click alone would be too little for what cannot be undone."""

    with_businesses = forms.BooleanField(
        label=_("Also empty the name and the website of the accounts that are named after the person"),
        required=False,
    )
    confirmation = forms.CharField(
        label=_("To confirm, type the name or the e-mail address of the person"),
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, subject: Contact | User, has_businesses: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subject = subject
        if not has_businesses:
            del self.fields["with_businesses"]

    def clean_confirmation(self) -> str:
        typed = search_key(self.cleaned_data["confirmation"])
        if typed not in {search_key(self.subject.name), search_key(self.subject.email)} - {""}:
            raise forms.ValidationError(_("This is not the name or the address of this person."))
        return ""
