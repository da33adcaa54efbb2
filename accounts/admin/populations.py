from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.traces import ReadOnly
from accounts.models import Population, User


@admin.register(Population)
class PopulationAdmin(ReadOnly):
    """They are written on pages of their own, which find the members at once."""

    list_display = ["name", "kind", "shared", "archived", "made_by", "kept_since"]
    list_filter = ["kind", "shared", "archived"]
    list_select_related = ["made_by"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Population]:
        rows = cast("Any", super().get_queryset(request))
        return cast("QuerySet[Population]", rows.visible_to(cast("User", request.user)))
