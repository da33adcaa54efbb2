"""What is to become of many accounts: chosen in the list, or all that match its filters."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.actions import Change
from accounts.attributes import LONGEST_TAG, tags_in
from accounts.models import Account, Team, User
from accounts.services import THE_PAST_IS_OTHERS, may_change_the_past
from metrics.forms import AccountListForm, DayField

SELECT = {"class": "form-select"}
# What is done -> the field that says to what.
GIVEN_BY = {
    "owner": "new_owner",
    "team": "new_team",
    "stage": "new_stage",
    "tag": "new_tag",
    "untag": "old_tag",
}
LABELS = {
    "owner": _("Give them to"),
    "team": _("Put them into the team"),
    "stage": _("Set their stage to"),
    "tag": _("Add the tag"),
    "untag": _("Take away the tag"),
}


class ChangeForm(AccountListForm):
    """The address of the list, and `&do=owner&new_owner=3&day=2026-03-31`."""

    do = forms.ChoiceField(label=_("What changes"), required=False, choices=list(LABELS.items()))
    new_owner = forms.ModelChoiceField(
        User.objects.none(),
        label=_("New owner"),
        required=False,
        empty_label="–",
        widget=forms.Select(attrs=SELECT),
    )
    new_team = forms.ModelChoiceField(
        Team.objects.none(),
        label=_("New team"),
        required=False,
        empty_label="–",
        widget=forms.Select(attrs=SELECT),
    )
    new_stage = forms.ChoiceField(
        label=_("New stage"),
        required=False,
        choices=[("", "–"), *Account.Stage.choices],
        widget=forms.Select(attrs=SELECT),
    )
    new_tag = forms.CharField(
        label=_("New tag"),
        required=False,
        max_length=LONGEST_TAG,
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
    old_tag = forms.ChoiceField(
        label=_("Tag to take away"), required=False, widget=forms.Select(attrs=SELECT)
    )
    day = DayField(
        label=_("Owner, team and stage count from"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"class": "form-control", "type": "date"}),
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["of"].required = True
        self.fields["new_owner"].queryset = User.objects.filter(is_active=True)  # type: ignore[attr-defined]
        self.fields["new_team"].queryset = Team.objects.all()  # type: ignore[attr-defined]
        tags = self.fields["tag"].choices[1:]  # type: ignore[attr-defined]
        self.fields["old_tag"].choices = [("", "–"), *tags]  # type: ignore[attr-defined]
        self.fields["day"].initial = today

    def clean_new_tag(self) -> str:
        names = tags_in(self.cleaned_data["new_tag"])
        if len(names) > 1:
            raise forms.ValidationError(_("Give one tag. Others can be added after it."))
        return "".join(names)

    def clean_day(self) -> date:
        day = self.cleaned_data["day"] or self.today
        if day < self.today and not may_change_the_past(self.reader):
            raise forms.ValidationError(THE_PAST_IS_OTHERS)
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        given = GIVEN_BY.get(cleaned.get("do", ""))
        if given and given not in self.errors and not cleaned.get(given):
            self.add_error(given, _("Say which."))
        return cleaned

    @property
    def says_which(self) -> bool:
        """Which accounts it is about, whatever is wrong with what becomes of them."""
        return not set(self.errors) - {"do", "day", *GIVEN_BY.values()}

    @property
    def options(self) -> list[dict[str, Any]]:
        """For the page: each thing that can be done, with the field that says to what."""
        chosen = self["do"].value()
        return [
            {"do": do, "label": label, "field": self[GIVEN_BY[do]], "is_chosen": do == chosen}
            for do, label in LABELS.items()
        ]

    @property
    def change(self) -> Change | None:
        """None before it was said."""
        do = self.cleaned_data.get("do")
        if not do:
            return None
        value = self.cleaned_data[GIVEN_BY[do]]
        return Change(do, str(getattr(value, "pk", value)), self.cleaned_data["day"])

    @property
    def said(self) -> str:
        """The new value in words."""
        value = self.cleaned_data[GIVEN_BY[self.cleaned_data["do"]]]
        return str(Account.Stage(value).label) if self.cleaned_data["do"] == "stage" else str(value)


class ConfirmForm(forms.Form):
    """How many were said to change; where it is another number by now, one looks again."""

    changing = forms.IntegerField(min_value=1)
