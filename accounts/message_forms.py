"""What the pages of messages ask for."""

from typing import Any

from django import forms
from django.core.validators import validate_email
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.messages import mails
from accounts.messages.numbers import BadNumber, in_full
from accounts.models import ErasedAddress, FrequencyRule, Outbox, Suppression
from accounts.models.outboxes import Medium, Topic
from accounts.models.suppressions import digested


def dressed(fields: dict[str, forms.Field]) -> None:
    for field in fields.values():
        is_select = isinstance(field.widget, forms.Select)
        field.widget.attrs["class"] = "form-select" if is_select else "form-control"


class OutboxForm(forms.ModelForm):
    class Meta:
        model = Outbox
        fields = (
            "sender",
            "a_second",
            "errors_allowed",
            "budget_days",
            "person_budget",
            "account_budget",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self.fields)
        self.fields["sender"].widget.attrs |= {"dir": "ltr", "spellcheck": "false"}

    def clean_sender(self) -> str:
        sender = str(self.cleaned_data["sender"]).strip()
        if sender and self.instance.medium == Medium.EMAIL and not mails.is_mailbox(sender):
            raise forms.ValidationError(
                _("Write an address, or a name and an address: News <news@example.com>.")
            )
        return sender


class FrequencyRuleForm(forms.ModelForm):
    class Meta:
        model = FrequencyRule
        fields = ("topic", "days", "to_person", "to_account")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self.fields)
        topics: Any = self.fields["topic"]
        topics.choices = [("", capfirst(_("all surveys together"))), *Topic.choices]


class MediumForm(forms.Form):
    """Which messages are listed."""

    medium = forms.ChoiceField(label=_("Medium"), choices=[("", _("All")), *Medium.choices], required=False)
    page = forms.IntegerField(required=False, min_value=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self.fields)


class RepliesForm(forms.Form):
    """Which answers are listed."""

    NOBODY = "nobody"
    of = forms.ChoiceField(
        label=_("Of whom"), choices=[("", _("All")), (NOBODY, _("Of no account"))], required=False
    )
    page = forms.IntegerField(required=False, min_value=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self.fields)


class SuppressionsForm(MediumForm):
    """Which addresses are listed; those that were lifted only where that is asked for."""

    q = forms.CharField(
        label=_("Address"),
        max_length=254,
        required=False,
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off", "spellcheck": "false"}),
    )
    which = forms.ChoiceField(
        label=_("Which"),
        choices=[("", _("Suppressed now")), ("lifted", _("Lifted"))],
        required=False,
    )
    field_order = ("q", "medium", "which", "page")


class SuppressionForm(forms.ModelForm):
    class Meta:
        model = Suppression
        fields = ("medium", "address", "purpose")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self.fields)
        self.fields["address"].widget.attrs |= {"dir": "ltr", "autocomplete": "off", "spellcheck": "false"}
        purposes: Any = self.fields["purpose"]
        purposes.choices = [("", capfirst(_("everything"))), *list(purposes.choices)[1:]]
        purposes.help_text = ""

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        medium, address = given.get("medium"), str(given.get("address") or "").strip()
        if not medium or not address:
            return given
        if medium == Medium.EMAIL:
            self._check_mail(address)
        else:
            address = self._in_full(address)
        same = Suppression.objects.standing().of(medium, address)
        if same.filter(purpose=given.get("purpose", "")).exists():
            self.add_error("address", _("This address is suppressed already."))
        is_erased = ErasedAddress.objects.of(address).exists()
        given["address"] = digested(address) if is_erased else address
        return given

    def _check_mail(self, address: str) -> None:
        try:
            validate_email(address)
        except forms.ValidationError as error:
            self.add_error("address", error)

    def _in_full(self, number: str) -> str:
        """As SMS are sent there; a number of some country or other would be that of nobody."""
        try:
            return in_full(number)
        except BadNumber:
            self.add_error(
                "address", _("This is no telephone number. Write it with its country, like +966501234567.")
            )
            return number
