"""What the results of a survey are asked for: `?window=90d&version=2&language=ar&q=price&page=2`"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from metrics import windows
from metrics.engagement_forms import WINDOWS
from metrics.forms import LONGEST_SEARCH, DayField, WindowField
from metrics.windows import Window
from surveys.models.asking import Channel
from surveys.scales import Band

USUAL = "365d"
DAY = forms.DateInput({"class": "form-control", "type": "date"})
OF_RESULTS = {name: label for name, label in WINDOWS.items() if name != "7d"} | {"1095d": _("3 years")}


class PeriodForm(forms.Form):
    """Before it is known what else can be asked for."""

    window = WindowField(label=_("Window"), required=False, choices=list(OF_RESULTS.items()))

    @property
    def asked_window(self) -> str:
        return (self.is_valid() and self.cleaned_data["window"]) or USUAL

    @property
    def shown_window(self) -> str:
        return self["window"].value() or USUAL


class ResultsForm(PeriodForm):
    """`choices`: by filter. With `one_at_a_time` two of them would say what a few answered."""

    version = forms.ChoiceField(label=_("Version"), required=False)
    language = forms.ChoiceField(label=_("Language"), required=False)
    channel = forms.ChoiceField(label=_("Channel"), required=False)

    def __init__(
        self, *args: Any, choices: Mapping[str, list[str]], one_at_a_time: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.one_at_a_time = one_at_a_time
        names = {"language": dict(settings.LANGUAGES), "channel": dict(Channel.choices)}
        every = {
            "version": _("Every version"),
            "language": _("Every language"),
            "channel": _("Every channel"),
        }
        for name, label in every.items():
            known = [(value, names.get(name, {}).get(value, value)) for value in choices[name]]
            self.fields[name].choices = [("", label), *known]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        if self.one_at_a_time and len(self.chosen) > 1:
            raise forms.ValidationError(
                _("Choose one of these filters at a time: both would tell of too few people.")
            )
        return super().clean() or {}

    @property
    def chosen(self) -> dict[str, str]:
        names = ("version", "language", "channel")
        return {name: value for name in names if (value := self.cleaned_data.get(name))}


class OtherPeriodForm(forms.Form):
    """Beside which it is compared: without days, the one before. `window`: of the results."""

    other_first = DayField(label=_("First day"), required=False, widget=DAY)
    other_last = DayField(label=_("Last day"), required=False, widget=DAY)

    def __init__(self, *args: Any, window: Window, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.window = window

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        first, last = said.get("other_first"), said.get("other_last")
        if not self.errors and bool(first) != bool(last):
            raise forms.ValidationError(_("Give both days of the other period, or none."))
        if first and last and (first > last or (last - first).days >= windows.MAX_DAYS):
            raise forms.ValidationError(_("The last day lies before the first one, or too far after it."))
        if first and last and last >= self.window.first and first <= self.window.last:
            raise forms.ValidationError(_("The two periods overlap. Choose days outside of this window."))
        return said

    @property
    def asked(self) -> str:
        """As a window; empty: the one before."""
        if not self.is_valid() or not self.cleaned_data["other_first"]:
            return ""
        return "{other_first}..{other_last}".format(**self.cleaned_data)


class CommentsForm(forms.Form):
    q = forms.CharField(label=_("Search"), required=False, max_length=LONGEST_SEARCH)
    question = forms.ChoiceField(label=_("Question"), required=False)
    band = forms.ChoiceField(label=_("Answer"), required=False)
    page = forms.IntegerField(required=False, min_value=1, max_value=1_000_000)

    def __init__(self, *args: Any, questions: list[tuple[str, str]], bands: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(band, label) for band, label in Band.choices if band in bands]
        self.fields["question"].choices = [("", _("Every question")), *questions]  # type: ignore[attr-defined]
        self.fields["band"].choices = [("", _("Every answer")), *known]  # type: ignore[attr-defined]


class SilentForm(PeriodForm):
    page = forms.IntegerField(required=False, min_value=1, max_value=1_000_000)


class MachineForm(forms.Form):
    response = forms.UUIDField()
    is_machine = forms.BooleanField(required=False)
