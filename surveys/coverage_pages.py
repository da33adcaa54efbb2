"""The page on which one sees at which stages customers are asked."""

from http import HTTPStatus

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.requests import Request, only_for
from surveys.coverage import coverage_of

USUAL, DAYS = 180, (90, 180, 365)


class DaysForm(forms.Form):
    days = forms.TypedChoiceField(choices=[(days, days) for days in DAYS], coerce=int, required=False)


@only_for("surveys.change_survey")
@require_safe
def show(request: Request) -> HttpResponse:
    form = DaysForm(request.GET)
    if not form.is_valid():
        return render(request, "surveys/coverage.html", {"form": form}, status=HTTPStatus.BAD_REQUEST)
    days = form.cleaned_data["days"] or USUAL
    found = coverage_of(request.user, days, timezone.now())
    context = {
        "form": form,
        "coverage": found,
        "days": days,
        "choices": DAYS,
        "is_limited": not request.user.has_perm("accounts.view_all_accounts"),
    }
    return render(request, "surveys/coverage.html", context)
