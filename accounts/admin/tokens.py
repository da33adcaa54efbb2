from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiToken
from accounts.tokens import issue


class ApiTokenForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        label=_("scopes"),
        choices=ApiToken.Scope.choices,
        initial=[ApiToken.Scope.READ],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.IntegerField(label=_("days until it expires"), min_value=1, max_value=3650, initial=365)

    class Meta:
        model = ApiToken
        fields = ["user", "name", "scopes"]


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """Tokens are made and revoked, never changed. The token itself is shown once, when it is made."""

    form = ApiTokenForm
    fields = ["user", "name", "scopes", "days"]
    list_display = ["name", "user", "scopes", "created", "expiry", "last_used_at"]
    list_select_related = ["user"]
    search_fields = ["name", "user__email"]
    autocomplete_fields = []

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        given = form.cleaned_data
        row, token = issue(
            given["user"], name=given["name"], scopes=given["scopes"], lifetime=timedelta(days=given["days"])
        )
        obj.pk = row.pk
        request.new_token = token  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Copy the token now"),
            "token": request.new_token,  # type: ignore[attr-defined]
            "name": obj.name,
        }
        response = TemplateResponse(request, "admin/accounts/apitoken/made.html", context)
        response["Cache-Control"] = "no-store"
        return response
