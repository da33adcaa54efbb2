"""From whom, to whom, which part of the book, from which day; and, where it is divided by hand, who gets what."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, User
from cxhub.action_forms import SELECT
from metrics.forms import DayField, FilterForm

EVENLY, BY_HAND = "evenly", "hand"
LONGEST_REASON = 500


class HandoverForm(FilterForm):
    """`?from=3&to=4&to=5&how=evenly&segment=enterprise&day=2026-03-31`"""

    to = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label=_("To"),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
    )
    how = forms.ChoiceField(
        label=_("Divided"),
        required=False,
        choices=[(EVENLY, _("evenly, in turn by name")), (BY_HAND, _("by hand"))],
        widget=forms.Select(attrs=SELECT),
    )
    others = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Other open tickets go to"),
        required=False,
        empty_label=_("nobody: they stay"),
        widget=forms.Select(attrs=SELECT),
    )
    day = DayField(label=_("From which day"), required=False)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        active = User.objects.filter(is_active=True)
        if str(self.data.get("from", "")).isdecimal():
            active = active.exclude(pk=int(self.data["from"]))
        self.fields["from"] = forms.ModelChoiceField(
            User.objects.all(),
            label=_("From whom"),
            required=False,
            empty_label="–",
            widget=forms.Select(attrs=SELECT),
        )
        self.fields["to"].queryset = active  # type: ignore[attr-defined]
        self.fields["others"].queryset = active  # type: ignore[attr-defined]

    def clean_day(self) -> date:
        return self.cleaned_data["day"] or self.today

    def clean_how(self) -> str:
        return self.cleaned_data["how"] or EVENLY

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        leaver = cleaned.get("from")
        for name in ("to", "others"):
            chosen = cleaned.get(name)
            if leaver and chosen and leaver in (chosen if name == "to" else [chosen]):
                self.add_error(name, _("Choose somebody else than who hands over."))
        return cleaned

    @property
    def parts(self) -> list[forms.BoundField]:
        """By what the book can be divided."""
        names = ("segment", "tier", "region", "country", "industry", "stage", "team", "tag")
        return [*(self[name] for name in names), *self.attribute_fields]

    @property
    def known_parts(self) -> int:
        return sum(1 for field in self.parts if field.value())


class SharesForm(forms.Form):
    """Who gets which account, how many there were said to be, and why."""

    accounts = forms.IntegerField(min_value=0)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        widget=forms.TextInput(attrs={"class": "form-control"}),
        help_text=_("It stands beside the run."),
    )

    def __init__(
        self, *args: Any, book: list[Account], to: list[User], shares: dict[int, int], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("nobody: it stays")), *((str(user.pk), str(user)) for user in to)]
        self.names = {account.pk: f"to-{account.pk}" for account in book}
        for pk, name in self.names.items():
            self.fields[name] = forms.ChoiceField(
                choices=choices, required=False, initial=str(shares[pk]), widget=forms.Select(attrs=SELECT)
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.names and not any(cleaned.get(name) for name in self.names.values()):
            self.add_error(None, _("Nobody gets anything. Choose somebody beside an account."))
        return cleaned

    @property
    def shares(self) -> dict[int, int]:
        said = {pk: self.cleaned_data[name] for pk, name in self.names.items()}
        return {pk: int(to) for pk, to in said.items() if to}
