"""What is wrong with the data, check by check, and the rows that each of them found."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import feeds
from accounts.models import Feed
from accounts.quality import Check, Grade, Looking, may_close, of_kinds_seen
from accounts.requests import Request, organisation_of
from cxhub import quality
from cxhub.forms import PageForm
from metrics.exports import csv_file

ROWS = 50


def show(request: Request) -> HttpResponse:
    found = quality.overview(request.user, looking_now(request))
    context: dict[str, Any] = {
        "grades": [
            (
                grade,
                [(one, quality.remedy_of(one.check, request.user)) for one in found if one.grade is grade],
            )
            for grade in Grade
        ],
        "is_empty": not found,
        "is_fine": all(one.grade is Grade.FINE for one in found),
        "looked_at": min((one.looked_at for one in found), default=None),
        "may_look": may_look(request),
        "now": timezone.now(),
    }
    return render(request, "cxhub/quality.html", context)


@require_POST
def look(request: Request) -> HttpResponse:
    """Counts again: whoever has just mended something wants to see it."""
    if not may_look(request):
        return render(request, "403.html", status=HTTPStatus.FORBIDDEN)
    quality.look(looking_now(request))
    return redirect("quality")


def show_check(request: Request, key: str) -> HttpResponse:
    check, form = check_of(request, key), PageForm(request.GET)
    context = {"check": check, "form": form, "remedy": quality.remedy_of(check, request.user)}
    if not form.is_valid():
        return render(request, "cxhub/quality_check.html", context, status=HTTPStatus.BAD_REQUEST)
    looking = looking_now(request)
    rows = check.rows_for(request.user, looking)
    past = quality.history(check, request.user, looking)
    page = Paginator(quality.ordered(rows), ROWS).get_page(form.cleaned_data["page"] or 1)
    if check.key == "silent_sources":
        closed = of_kinds_seen(Feed.objects.closed(), request.user).select_related("closed_by")
        context["closed"] = [(feed, quality.title_of(feed), may_close(feed, request.user)) for feed in closed]
    context |= {"page": page, "lines": quality.lines(check, list(page), request.user), "now": looking.now}
    context["days"] = [finding.day for finding in past]
    context["series"] = [{"name": _("Found"), "values": [finding.found for finding in past]}]
    return render(request, "cxhub/quality_check.html", context)


def export_check(request: Request, key: str) -> HttpResponseBase:
    check, looking = check_of(request, key), looking_now(request)
    rows = quality.ordered(check.rows_for(request.user, looking))
    return csv_file(check.key, looking.today, quality.table(check, rows, request.user))


def close_source(request: Request, pk: int) -> HttpResponse:
    """Says that nothing more is to come from there, so that no metric waits for it."""
    feed = feed_of(request, pk)
    return turned(request, feed, partial(feeds.close, feed, by=request.user, now=timezone.now()))


def expect_source(request: Request, pk: int) -> HttpResponse:
    feed = feed_of(request, pk)
    return turned(request, feed, partial(feeds.expect, feed))


def feed_of(request: Request, pk: int) -> Feed:
    return get_object_or_404(of_kinds_seen(Feed.objects.all(), request.user), pk=pk)


def turned(request: Request, feed: Feed, turn: Callable[[], None]) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not may_close(feed, request.user):
        return render(request, "403.html", status=HTTPStatus.FORBIDDEN)
    turn()
    return redirect("quality-check", "silent_sources")


def check_of(request: Request, key: str) -> Check:
    check = quality.CHECKS.get(key)
    if check is None or not check.is_for(request.user):
        raise Http404
    return check


def looking_now(request: Request) -> Looking:
    return Looking(organisation_of(request), timezone.now())


def may_look(request: Request) -> bool:
    return request.user.has_perm("accounts.view_all_accounts") and bool(quality.checks_for(request.user))
