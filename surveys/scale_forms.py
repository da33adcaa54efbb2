"""A scale of one's own, point by point."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.mailing_forms import LANGUAGES
from accounts.texts import Text
from surveys.models import GradedScale
from surveys.problems import LONGEST_OPTION
from surveys.scales import LEAST_POINTS, MOST_POINTS, Measure
from surveys.survey_forms import CONTROL, SELECT, Sides, sides_of, text_field, text_of

USUAL_POINTS = 5
# NPS is of 0 to 10 alone, and that scale comes with the house.
MEASURES = [(one.value, one.label) for one in (Measure.NONE, Measure.CSAT, Measure.CES)]


class ScaleForm(forms.ModelForm):
    measure = forms.ChoiceField(
        label=gettext_lazy("Counts in"),
        choices=MEASURES,
        required=False,
        widget=forms.Select(SELECT),
        help_text=gettext_lazy("The figure that its answers are part of."),
    )
    points = forms.IntegerField(
        label=gettext_lazy("Points"),
        min_value=LEAST_POINTS,
        max_value=MOST_POINTS,
        initial=USUAL_POINTS,
        widget=forms.NumberInput(CONTROL),
    )

    class Meta:
        model = GradedScale
        fields: ClassVar = ["measure", "first", "low_to", "high_from"]
        widgets: ClassVar = {name: forms.NumberInput(CONTROL) for name in ("first", "low_to", "high_from")}
        help_texts: ClassVar = {
            "low_to": gettext_lazy("Answers up to this one are low: they can be followed up."),
            "high_from": gettext_lazy("Answers from this one on are high."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for language in LANGUAGES:
            self.fields[f"name_{language}"] = text_field(language, longest=LONGEST_OPTION)
            for place in range(1, MOST_POINTS + 1):
                self.fields[f"label{place}_{language}"] = text_field(language, longest=LONGEST_OPTION)

    @property
    def about(self) -> list[forms.BoundField]:
        return [self[name] for name in ("points", "first", "low_to", "high_from", "measure")]

    @property
    def name_sides(self) -> Sides:
        return sides_of(self, "name", _("Name"))

    @property
    def label_sides(self) -> Iterator[Sides]:
        for place in range(1, MOST_POINTS + 1):
            yield sides_of(self, f"label{place}", _("Point %(place)s") % {"place": place})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        scale: GradedScale = self.instance
        scale.name = text_of(cleaned, "name", Text())
        labels = [text_of(cleaned, f"label{place}", Text()) for place in range(1, MOST_POINTS + 1)]
        count = cleaned.get("points") or MOST_POINTS
        scale.labels = [dict(label) for label in labels[:count]]
        if not scale.name:
            self.add_error(f"name_{LANGUAGES[0]}", _("This must not be empty."))
        if any(labels[count:]):
            self.add_error("points", _("More points have words than that."))
        for place in (1, count):
            if not labels[place - 1]:
                self.add_error(
                    f"label{place}_{LANGUAGES[0]}", _("Say what the lowest and the highest point mean.")
                )
        self._check_bands(cleaned, count)
        return cleaned

    def _check_bands(self, cleaned: dict[str, Any], count: int) -> None:
        first = cleaned.get("first")
        if first is None:
            return
        for name in ("low_to", "high_from"):
            value = cleaned.get(name)
            if value is not None and not first <= value < first + count:
                self.add_error(name, _("This is no point of the scale."))

    def _post_clean(self) -> None:
        """The model says the rest, where nothing is said yet."""
        if not self.errors:
            super()._post_clean()  # type: ignore[misc]
