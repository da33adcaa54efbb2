"""What events are about: features and their plans, what is learned from, goals and campaigns."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.admin.asking import AskingAdmin, AskingForm
from accounts.admin.cells import amount, code
from accounts.admin.entry import ORIGIN, EntryAdmin, PartsInline
from accounts.admin.filters import InForce
from accounts.admin.sales import CatalogueAdmin, named_in_any_language
from accounts.models import Campaign, CampaignDay, Feature, Goal, Plan, PlanFeature, Resource
from accounts.taxonomy import path_of


class NamedAdmin(CatalogueAdmin):
    """Known by a code to programs and by a name in each language to people."""

    ordering = ["code"]
    found_by = ("code",)
    naming = ("name", "code")
    search_help_text = _("The code, or the name in any spelling.")


class FeaturePlanInline(PartsInline):
    model = PlanFeature
    fields = ["plan", "starts", "ends"]


@admin.register(Feature)
class FeatureAdmin(NamedAdmin):
    list_display = [code("code", Feature), "name"]
    fields = ["code", "name"]
    inlines = [FeaturePlanInline]


@admin.register(PlanFeature)
class PlanFeatureAdmin(EntryAdmin):
    list_display = ["plan", "feature", "starts", "ends"]
    list_filter = [InForce, "plan"]
    list_select_related = ["plan", "feature"]
    ordering = ["plan__code", "feature__code", "id"]
    naming = ("plan", "feature", "starts")
    fields = ["plan", "feature", ("starts", "ends")]
    found_by = ("plan__code", "feature__code")
    search_help_text = _("The plan or the feature: its code, or its name in any spelling.")

    def ways(self, text: str) -> list[Q]:
        return [
            *super().ways(text),
            Q(plan__in=named_in_any_language(Plan, text)),
            Q(feature__in=named_in_any_language(Feature, text)),
        ]


@admin.register(Resource)
class ResourceAdmin(NamedAdmin):
    list_display = [code("code", Resource), "name", "kind", "feature", "topic"]
    list_filter = ["kind"]
    list_select_related = ["feature"]
    fields = ["code", "name", "kind", "address", "feature", "topic"]


class GoalForm(AskingForm):
    def clean(self) -> dict[str, Any] | None:
        """Pages are known by their paths, and screens of apps by names, which may be anything."""
        given = super().clean() or self.cleaned_data
        target = given.get("target", "")
        if given.get("kind") != Goal.Kind.PAGE or not target:
            return given
        given["target"] = path = path_of(target)
        if not path.startswith("/") and {"kind", "target"} & set(self.changed_data):
            self.ask(
                _(
                    "The path of a page begins with “/”, as in /pricing. Save it as it is for a screen of an app."
                )
            )
        return given


@admin.register(Goal)
class GoalAdmin(AskingAdmin, NamedAdmin):
    form = GoalForm
    list_display = [code("code", Goal), "name", "kind", code("target", Goal)]
    list_filter = ["kind"]
    fields = ["code", "name", ("kind", "target")]


class CampaignDayInline(PartsInline):
    model = CampaignDay
    fields = ["day", "reach", "impressions", "clicks", "cost", "currency"]


@admin.register(Campaign)
class CampaignAdmin(NamedAdmin):
    list_display = [code("code", Campaign), "name", "kind", "channel", "starts", "ends", "goal"]
    list_filter = [InForce, "kind"]
    list_select_related = ["goal"]
    date_hierarchy = "starts"
    ordering = ["-starts", "code"]
    fieldsets = [
        (None, {"fields": ["code", "name", ("kind", "channel"), ("starts", "ends"), "goal"]}),
    ]
    inlines = [CampaignDayInline]


@admin.register(CampaignDay)
class CampaignDayAdmin(EntryAdmin):
    list_display = ["campaign", "day", "reach", "impressions", "clicks", amount("cost", CampaignDay)]
    list_filter = []
    list_select_related = ["campaign"]
    date_hierarchy = "day"
    ordering = ["-day", "-id"]
    naming = ("campaign", "day")
    found_by = ("external_id", "campaign__code")
    search_help_text = _("The campaign: its code, or its name in any spelling; or the id at the source.")
    fieldsets = [
        (None, {"fields": ["campaign", "day"]}),
        (_("Numbers"), {"fields": [("reach", "impressions", "clicks"), ("cost", "currency")]}),
        ORIGIN,
    ]

    def ways(self, text: str) -> list[Q]:
        return [*super().ways(text), Q(campaign__in=named_in_any_language(Campaign, text))]
