from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.intake_pages import watches, writes_keys
from accounts.requests import Request
from cxhub import tasks


@watches
@writes_keys
@require_POST
def take_in(request: Request) -> HttpResponse:
    """At once instead of with the timetable."""
    tasks.take_in.delay_on_commit()
    messages.info(request, _("A worker takes in what waits now."))
    return redirect("accounts:intake")
