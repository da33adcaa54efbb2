"""By which channel people answer, for whoever is about to choose one."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.requests import Request, only_for, organisation_of
from metrics import answers
from metrics.populations import Population
from metrics.scopes import Scope
from metrics.sources import Clock
from surveys.models.asking import Channel

RATE, YEAR = "survey_response_rate", "12m"
# By these nobody is invited, so that nobody knows who did not answer.
WITHOUT_INVITATIONS = (Channel.LINK, Channel.QR, Channel.WIDGET)


@only_for("surveys.view_distribution")
@require_safe
def show_rates(request: Request) -> HttpResponse:
    """Of the accounts that the reader may see, over a year; below the least sample no rate is said."""
    limit = None if request.user.has_perm("accounts.view_all_accounts") else request.user
    clock = Clock(organisation_of(request), timezone.now())
    scope = Scope(Population(user=limit), clock, YEAR)
    asked = answers.ask([RATE], scope.population, clock, as_of=scope.day, window=YEAR, by=("channel",))
    found = {part: answer for (part,), answer in asked[RATE].items()}
    channels = [
        (one.label, found.get(one.value), one in WITHOUT_INVITATIONS)
        for one in Channel
        if one != Channel.IMPORT
    ]
    name = "metrics/_survey_channels.html" if request.htmx else "metrics/survey_channels.html"
    return render(request, name, {"channels": channels})
