"""What the pages of an import of responses ask for."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import FileForm, example_of, file_input
from accounts.imports.guessing import Format


class ResponsesForm(FileForm):
    file = forms.FileField(
        label=_("File"),
        widget=file_input(),
        help_text=_("CSV or Excel (.xlsx), with the names of the columns in the first row."),
    )
    source = forms.CharField(
        label=_("Where it comes from"),
        max_length=60,
        help_text=_(
            "The system or list that numbered the rows. The next file of the same name changes these rows instead of"
            " adding them again."
        ),
        widget=forms.TextInput({"class": "form-control", "list": "sources", "dir": "auto"}),
    )


class DaysForm(forms.Form):
    date_format = forms.ChoiceField(
        label=_("Days are written"), widget=forms.Select({"class": "form-select"}), required=False
    )

    def __init__(self, *args: Any, formats: list[Format], **kw: Any) -> None:
        super().__init__(*args, **kw)
        choices = [(one.pattern, example_of(one)) for one in formats if one.pattern]
        self.fields["date_format"].choices = [("", _("year first: 2026-03-31")), *choices]  # type: ignore[attr-defined]
