"""Tags of many contacts at once: what would change first, then one run that can be undone."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import actions
from accounts.actions import Change
from accounts.admin.entry import user_of
from accounts.attributes import LONGEST_TAG, tags_in
from accounts.requests import organisation_of
from accounts.views import carry_out


class TagForm(forms.Form):
    do = forms.ChoiceField(
        label=gettext_lazy("What changes"),
        choices=[
            ("contact.tag", gettext_lazy("Add the tag")),
            ("contact.untag", gettext_lazy("Take away the tag")),
        ],
    )
    tag = forms.CharField(label=gettext_lazy("Tag"), max_length=LONGEST_TAG)
    # How many were said to change, once somebody has seen it.
    changing = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def clean_tag(self) -> str:
        names = tags_in(self.cleaned_data["tag"])
        if len(names) != 1:
            raise forms.ValidationError(_("Give one tag. Others can be added after it."))
        return names[0]


@admin.action(
    description=gettext_lazy("Add or take away a tag of the chosen contacts"), permissions=["change"]
)
def change_tags(of: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
    form = TagForm(request.POST if "do" in request.POST else None)
    # The list is joined with what it shows, and in its order.
    chosen = of.model._default_manager.filter(pk__in=queryset.order_by().values("pk"))
    context = {"form": form, "rows": chosen.count()}
    if form.is_valid():
        day = organisation_of(request).today(timezone.now())
        change = Change(form.cleaned_data["do"], form.cleaned_data["tag"], day)
        foreseen = actions.foresee(chosen, change)
        if foreseen.changing and form.cleaned_data["changing"] == foreseen.changing:
            said = {"do": change.action, "said": change.value}
            carry_out(request, actions.begin([(chosen, change)], by=user_of(request), parameters=said))
            return None
        context["foreseen"] = foreseen
    return TemplateResponse(request, "admin/accounts/change_tags.html", _page(of, request, context))


def _page(of: Any, request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the list sent is sent again with the answer."""
    sent = [(ACTION_CHECKBOX_NAME, pk) for pk in request.POST.getlist(ACTION_CHECKBOX_NAME)]
    sent += [(name, request.POST.get(name, "")) for name in ("action", "select_across", "index")]
    return {
        **of.admin_site.each_context(request),
        "title": _("Tags of contacts"),
        "opts": of.opts,
        "sent": [(name, value) for name, value in sent if value],
        **context,
    }
