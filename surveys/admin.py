"""Surveys are written on their own pages; here they are found, with who changed what."""

from django.contrib import admin

from accounts.admin.traces import ReadOnly
from surveys.models import GradedScale, Survey, SurveyVersion


@admin.register(Survey)
class SurveyAdmin(ReadOnly):
    list_display = ["name", "touchpoint", "identity", "opens", "closes", "made_by", "made_at", "archived_at"]
    list_filter = ["touchpoint", "identity"]
    list_select_related = ["made_by"]
    search_fields = ["name"]
    fields = [
        "name",
        "touchpoint",
        "identity",
        "opens",
        "closes",
        "quota",
        "hours_to_edit",
        "colour",
        "made_by",
        "made_at",
        "archived_at",
        "draft",
    ]


@admin.register(SurveyVersion)
class SurveyVersionAdmin(ReadOnly):
    list_display = ["survey", "number", "published_by", "published_at"]
    list_select_related = ["survey", "published_by"]
    ordering = ["-id"]
    fields = ["survey", "number", "published_by", "published_at", "asked"]


@admin.register(GradedScale)
class GradedScaleAdmin(ReadOnly):
    list_display = ["name", "measure", "first", "low_to", "high_from", "made_by", "made_at", "archived"]
    list_filter = ["measure", "archived"]
    list_select_related = ["made_by"]
    fields = ["name", "measure", "first", "low_to", "high_from", "labels", "made_by", "made_at", "archived"]
