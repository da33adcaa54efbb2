"""What the pages of follow-ups ask for."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.message_forms import dressed
from accounts.messages.letters import LONGEST_SUBJECT
from accounts.models import User
from surveys.models import FollowUp

LONGEST_NOTE, LONGEST_MAIL = 5000, 10_000


class CasesForm(forms.Form):
    """Which are listed."""

    OPEN, OVERDUE, DONE = "", "overdue", "done"
    which = forms.ChoiceField(
        label=_("Which"),
        choices=[(OPEN, _("Open")), (OVERDUE, _("Overdue")), (DONE, _("Done"))],
        required=False,
    )
    mine = forms.BooleanField(label=_("Mine alone"), required=False)
    page = forms.IntegerField(required=False, min_value=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed({"which": self.fields["which"]})
        self.fields["mine"].widget.attrs["class"] = "form-check-input"


class OutcomeForm(forms.Form):
    outcome = forms.ChoiceField(label=_("What came of it"), choices=[("", "—"), *FollowUp.Outcome.choices])
    note = forms.CharField(
        label=_("Note"),
        max_length=LONGEST_NOTE,
        required=False,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self.fields)


class OwnerForm(forms.Form):
    owner = forms.ModelChoiceField(label=_("Owner"), queryset=User.objects.none())

    def __init__(self, *args: Any, candidates: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self.fields)
        owners: Any = self.fields["owner"]
        owners.queryset = candidates


class MailForm(forms.Form):
    subject = forms.CharField(
        label=_("Subject"), max_length=LONGEST_SUBJECT, widget=forms.TextInput({"dir": "auto"})
    )
    body = forms.CharField(
        label=_("Text"), max_length=LONGEST_MAIL, widget=forms.Textarea({"rows": 6, "dir": "auto"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self.fields)
