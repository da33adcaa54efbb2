"""What the pages of webhooks ask for."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.models import WebhookDelivery, WebhookEndpoint
from accounts.webhooks import endpoints

SPANS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}


class EndpointForm(forms.ModelForm):
    kinds = forms.CharField(
        label=capfirst(WebhookEndpoint._meta.get_field("kinds").verbose_name),
        required=False,
        widget=forms.Textarea(
            attrs={"rows": 4, "dir": "ltr", "class": "form-control", "spellcheck": "false"}
        ),
        help_text=_("Of what it is told, one kind a line. Empty: of everything."),
    )

    class Meta:
        model = WebhookEndpoint
        fields = ("url", "description", "kinds")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["url"].widget.attrs |= {"class": "form-control", "dir": "ltr", "spellcheck": "false"}
        self.fields["url"].widget.attrs["placeholder"] = "https://"
        self.fields["description"].widget.attrs |= {"class": "form-control", "dir": "auto"}
        self.initial["kinds"] = "\n".join(self.instance.kinds)

    def clean_kinds(self) -> list[str]:
        lines = [line.strip() for line in str(self.cleaned_data["kinds"]).splitlines()]
        known = endpoints.kinds_for(self.instance)
        wrong = [
            _("Line %(line)s: there is no kind “%(kind)s”.") % {"line": number, "kind": line}
            for number, line in enumerate(lines, 1)
            if line and line not in known
        ]
        if wrong:
            raise forms.ValidationError(
                [*wrong, _("There are: %(kinds)s") % {"kinds": ", ".join(sorted(known))}]
            )
        return list(dict.fromkeys(filter(None, lines)))


class DeliveriesForm(forms.Form):
    """Which deliveries are listed."""

    state = forms.ChoiceField(
        choices=[("", _("All")), *WebhookDelivery.State.choices],
        required=False,
        label=capfirst(WebhookDelivery._meta.get_field("state").verbose_name),
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    page = forms.IntegerField(required=False, min_value=1)


class ReplayForm(forms.Form):
    """Since when those that failed are sent again."""

    since = forms.ChoiceField(
        label=_("Failed"),
        choices=[
            ("hour", _("in the last hour")),
            ("day", _("in the last 24 hours")),
            ("week", _("in the last 7 days")),
            ("", _("at any time")),
        ],
        initial="day",
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
