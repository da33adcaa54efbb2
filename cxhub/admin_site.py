"""The admin as a whole: sections by what people do, and what somebody changed last."""

from typing import Any, cast

from django.contrib.admin.sites import AdminSite
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import trail
from accounts.models import User

RECENT = 10


class Autocomplete(AutocompleteJsonView):
    def has_perm(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever writes a fact may choose what it points to, also where they may not open that."""
        if super().has_perm(request, obj):
            return True
        writer = cast("AdminSite", self.admin_site).get_model_admin(self.source_field.model)
        return bool(writer.has_add_permission(request) or writer.has_change_permission(request))

    def get_queryset(self) -> QuerySet[Any]:
        """With what its name needs, and without colleagues who have left."""
        rows = super().get_queryset()
        if any(field.name == "is_active" for field in rows.model._meta.fields):
            rows = rows.filter(is_active=True)
        related: Any = self.model_admin.list_select_related
        return rows.select_related(*related or [])

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        label = getattr(self.model_admin, "label", str)
        return {**super().serialize_result(obj, to_field_name), "text": label(obj)}


# What is not named stands in the last section.
SECTIONS = (
    (
        "customers",
        _("Customers"),
        "account contact lead accountchange accountkey identity consent attachment population",
    ),
    ("contracts", _("Contracts"), "subscription term pause departure"),
    ("sales", _("Sales"), "order orderline return"),
    ("money", _("Money"), "payment expense exchangerate"),
    ("support", _("Support"), "ticket ticketevent workingcalendar"),
    ("catalogue", _("What is sold"), "plan product feature planfeature"),
    ("campaigns", _("Campaigns and learning"), "campaign campaignday goal resource"),
    ("events", _("What events mean"), "eventname traitfield"),
    ("surveys", _("Surveys"), "survey surveyversion gradedscale"),
    ("traces", _("What happened"), "auditentry job providercall"),
    ("set-up", _("Set-up"), "organisation user team group apitoken"),
)


class Site(AdminSite):
    site_header = site_title = "cxhub"

    def autocomplete_view(self, request: HttpRequest) -> Any:
        return Autocomplete.as_view(admin_site=self)(request)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        apps = super().get_app_list(request, app_label)
        if app_label:
            return apps
        models = {model["model"]._meta.model_name: model for app in apps for model in app["models"]}
        sections = [
            section(key, name, [models.pop(one, None) for one in its.split()]) for key, name, its in SECTIONS
        ]
        sections[-1]["models"] += models.values()
        return [found for found in sections if found["models"]]

    def get_log_entries(self, request: HttpRequest) -> Any:
        """Django's own log stays empty: the audit knows more."""
        return []

    def index(self, request: HttpRequest, extra_context: Any = None) -> Any:
        user = cast("User", request.user)
        recent = trail.told(trail.by_hand(user)[:RECENT], user)
        return super().index(request, {"title": _("Admin"), "recent": recent, **(extra_context or {})})


def section(key: str, name: Any, models: list[Any]) -> dict[str, Any]:
    return {
        "name": name,
        "app_label": key,
        "app_url": f"#{key}",
        "models": [model for model in models if model],
    }
