from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.imports.columns import SERIAL
from accounts.imports.guessing import Format
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


def file_input() -> forms.ClearableFileInput:
    return forms.ClearableFileInput(attrs={"class": "form-control", "accept": ".csv,.tsv,.txt,.xlsx"})


class FileForm(forms.Form):
    """The browser is told how large the file may be. `is_too_large`: it was sent all the same, and not taken in."""

    def __init__(self, *args: Any, is_too_large: bool = False, **kw: Any) -> None:
        super().__init__(*args, **kw)
        limit = {"limit": filesizeformat(settings.UPLOAD_LIMIT)}
        said = gettext(
            "The file is larger than %(limit)s. Divide it, and import the parts one after another."
        )
        file = self.fields["file"]
        file.widget.attrs |= {"data-largest": settings.UPLOAD_LIMIT, "data-too-large": said % limit}
        if is_too_large:
            file.error_messages["required"] = said % limit


def example_of(one: Format) -> str:
    """How days are written, by one of the file."""
    meant = date_format(one.read, "j F Y") if one.read else ""
    said = gettext("%(written)s is %(day)s") % {"written": one.example, "day": meant}
    if one.pattern == SERIAL:
        said = gettext("Excel's number of the day: %(said)s") % {"said": said}
    if one.fits == one.total:
        return said
    return gettext("%(said)s (fits %(fits)s of %(total)s)") % {
        "said": said,
        "fits": one.fits,
        "total": one.total,
    }
