"""What the pages of engagement are asked for: `?window=90d&segment=enterprise&sort=-people&page=2`"""

from functools import cached_property
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from metrics.forms import FiguresForm, WindowField
from metrics.populations import Population
from metrics.scopes import Scope
from metrics.sources import Clock

WINDOWS = {
    "7d": _("7 days"),
    "30d": _("30 days"),
    "90d": _("90 days"),
    "365d": _("365 days"),
}
# For so many days somebody is a new customer.
NEW = 90


class EngagementForm(FiguresForm):
    """`sorts` are what a table can be sorted by, each also with a "-" in front."""

    window = WindowField(label=_("Window"), required=False, choices=list(WINDOWS.items()))
    sort = forms.ChoiceField(label=_("Sort"), required=False)
    page = forms.IntegerField(label=_("Page"), required=False, min_value=1, max_value=1_000_000)

    def __init__(
        self, *args: Any, clock: Clock, sorts: tuple[str, ...], usual: str = "30d", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.clock, self.sorts, self.usual = clock, sorts, usual
        self.fields["sort"].choices = [(f"{sign}{key}", key) for key in sorts for sign in ("", "-")]  # type: ignore[attr-defined]

    def limit(self) -> User | None:
        """Rows are shown beside the figures, and so both are of the accounts that the reader may open."""
        return None if self.reader.has_perm("accounts.view_all_accounts") else self.reader

    @property
    def asked_window(self) -> str:
        return self.cleaned_data["window"] or self.usual

    @property
    def asked_sort(self) -> str:
        """Without a choice the first of them, the greatest on top."""
        return self.cleaned_data["sort"] or (f"-{self.sorts[0]}" if self.sorts else "")

    @property
    def number(self) -> int:
        return self.cleaned_data["page"] or 1

    @cached_property
    def scope(self) -> Scope:
        return Scope(self.of_chosen(self.limit()), self.clock, self.asked_window)

    @property
    def of_metrics(self) -> QueryDict:
        """The same question to the page of a metric."""
        population, asked = self.scope.population, QueryDict(mutable=True)
        group = {"group": str(population.group)} if population.group else {}
        asked.update({"window": self.asked_window, **dict(population.filters), **group})
        return asked

    @property
    def shown_window(self) -> str:
        """Also where something else cannot be."""
        return self["window"].value() or self.usual


class AdoptionForm(EngagementForm):
    """`?new=on` asks for new customers only."""

    new = forms.BooleanField(label=_("New customers only"), required=False)

    def of_chosen(self, user: User | None) -> Population:
        if self.cleaned_data["new"]:
            self.cleaned_data["tenure"] = self.cleaned_data["tenure"] or NEW
        return super().of_chosen(user)
