"""Forms that say what would come of it, and save once somebody has ticked that it shall."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.entry import EntryAdmin, EntryForm


class AskingForm(EntryForm):
    """The tick is shown once there is something to ask."""

    sure = forms.BooleanField(label=_("Save it as it is"), required=False, widget=forms.HiddenInput)

    def ask(self, words: Any) -> None:
        self.fields["sure"].widget = forms.CheckboxInput()
        if not self.cleaned_data.get("sure"):
            self.add_error("sure", words)


class AskingAdmin(EntryAdmin):
    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whoever only reads is asked nothing."""
        given = super().get_fieldsets(request, obj)
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return [*given, (None, {"fields": ["sure"]})] if may else given
