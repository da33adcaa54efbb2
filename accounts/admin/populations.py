from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.entry import user_of
from accounts.admin.traces import ReadOnly
from accounts.models import Population


@admin.register(Population)
class PopulationAdmin(ReadOnly):
    """To look at: they are written on pages of their own, which find the members at once."""

    list_display = ["name", "kind", "shared", "archived", "made_by", "kept_since"]
    list_filter = ["kind", "shared", "archived"]
    list_select_related = ["made_by"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return Population.objects.visible_to(user_of(request))
