"""What the pages of the intake ask for."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.intake import keys
from accounts.intake.bodies import loaded
from accounts.intake.reasons import Reason, Rejected
from accounts.models import RejectedEvent, WriteKey


class WriteKeyForm(forms.ModelForm):
    origins = forms.CharField(
        label=capfirst(WriteKey._meta.get_field("origins").verbose_name),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "ltr"}),
        help_text=_("Of a browser's key: pages that may send with it, one a line. Empty: all."),
    )

    class Meta:
        model = WriteKey
        fields = ("name", "kind", "source", "account_source")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("name", "source", "account_source"):
            self.fields[name].widget.attrs["class"] = "form-control"
        for name in ("source", "account_source"):
            self.fields[name].widget.attrs |= {"list": "sources", "dir": "auto"}
        self.fields["origins"].widget.attrs["class"] = "form-control"
        self.fields["kind"].widget.attrs["class"] = "form-select"

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if WriteKey.objects.valid().filter(name=name).exists():
            raise forms.ValidationError(
                _("A key in use has this name already. Give another one, or revoke that key first.")
            )
        return name

    def clean_origins(self) -> list[str]:
        """As browsers name them: scheme, host and port."""
        origins = [keys.origin_of(line) for line in self.cleaned_data["origins"].splitlines()]
        for origin in filter(None, origins):
            if not _is_origin(origin):
                raise forms.ValidationError(
                    _("“%(origin)s” is no origin. Write it like https://shop.example."),
                    params={"origin": origin},
                )
        return [origin for origin in origins if origin]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("origins") and given.get("kind") != WriteKey.Kind.BROWSER:
            self.add_error("origins", _("Only the key of a browser has origins."))
        return given


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        is_named = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        return is_named and not (parts.path or parts.query)
    except ValueError:
        return False


class RejectedForm(forms.Form):
    """Which rejected events are listed."""

    reason = forms.CharField(required=False, max_length=40)
    key = forms.ModelChoiceField(WriteKey.objects.all(), required=False)
    page = forms.IntegerField(required=False, min_value=1)

    def clean_reason(self) -> str:
        """Also one of earlier, for which something still waits."""
        reason = str(self.cleaned_data["reason"])
        is_known = not reason or reason in set(Reason)
        if not is_known and not RejectedEvent.objects.waiting().filter(reason=reason).exists():
            raise forms.ValidationError(_("There is no such reason."))
        return reason


class MendForm(forms.Form):
    """What was sent, mended by hand."""

    content = forms.CharField(
        label=capfirst(RejectedEvent._meta.get_field("content").verbose_name),
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 18, "dir": "ltr", "class": "form-control font-monospace", "spellcheck": "false"}
        ),
    )

    def clean_content(self) -> str:
        """Read as far as to see that it is a call at all."""
        text = str(self.cleaned_data["content"]).replace("\r\n", "\n")
        try:
            call = loaded(text.encode())
        except Rejected as rejected:
            raise forms.ValidationError(rejected.reason.sentence) from None
        if not isinstance(call, dict):
            raise forms.ValidationError(Reason.NO_OBJECT.sentence)
        return text
