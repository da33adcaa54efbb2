"""Results of a survey at an address of their own: a page to read, and a table that a spreadsheet fetches."""

from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required, permission_required
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Organisation
from accounts.requests import Request, only_for, organisation_of
from metrics import exports, survey_answers
from metrics.report_forms import ReportForm
from metrics.sources import Clock
from metrics.survey_answers import Comments, Questions
from metrics.survey_pages import scores
from metrics.survey_results import Results
from metrics.survey_unnamed import results_of
from surveys import reporting
from surveys.models import ReportLink, Survey

# Reads of one address in a minute, in seconds.
MOST_READS, WHILE = 30, 60
MOST_COMMENTS = 200
# Segments and owners are nobody else's business.
SPLITS = ("language", "channel")
PLACES = {ReportLink.Kind.PAGE: "metrics:report", ReportLink.Kind.TABLE: "metrics:report-table"}
reads = only_for("surveys.view_response", "surveys.view_reportlink")
revokes = permission_required("surveys.change_reportlink", raise_exception=True)


# Those who make them


@reads
@never_cache
@require_http_methods(["GET", "POST"])
def list_reports(request: Request, pk: int) -> HttpResponse:
    """The address that was made is shown once, in the answer to its form."""
    survey = get_object_or_404(Survey, pk=pk)
    if request.method == "POST" and not request.user.has_perm("surveys.add_reportlink"):
        return render(request, "403.html", status=HTTPStatus.FORBIDDEN)
    today, language = organisation_of(request).today(timezone.now()), translation.get_language()
    form, made = ReportForm(request.POST or None, today=today, language=language), ""
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    if form.is_valid():
        made, status = _make(request, survey, form), HTTPStatus.CREATED
        form = ReportForm(today=today, language=language)
    context = {
        "survey": survey,
        "links": ReportLink.objects.filter(survey=survey).select_related("made_by"),
        "form": form if request.user.has_perm("surveys.add_reportlink") else None,
        "made": made,
        "now": timezone.now(),
    }
    return render(request, "metrics/reports.html", context, status=status)


def _make(request: Request, survey: Survey, form: ReportForm) -> str:
    """Open to the end of its last day, in the organisation's time."""
    link, day = form.save(commit=False), form.cleaned_data["last_day"]
    link.survey, link.made_by, link.window = survey, request.user, form.cleaned_data["window"]
    link.expires_at = organisation_of(request).start_of(day + timedelta(days=1)) if day else None
    key = reporting.new_key(link)
    link.save()
    return settings.URL + reverse(PLACES[ReportLink.Kind(link.kind)], args=[key])


@reads
@revokes
@require_POST
def revoke(request: Request, pk: int) -> HttpResponse:
    link = get_object_or_404(ReportLink, pk=pk, revoked_at=None)
    link.revoked_at = timezone.now()
    link.save(update_fields=["revoked_at"])
    messages.success(request, _("The address is revoked. It leads nowhere any more."))
    return redirect("metrics:reports", link.survey_id)


# Those who read them


def _public(kind: ReportLink.Kind) -> Callable[..., Any]:
    """Whoever has the address sees what its maker may, now."""

    def wrapped(view: Callable[[HttpRequest, ReportLink, Results], HttpResponseBase]) -> Callable[..., Any]:
        def answered(request: HttpRequest, key: str) -> HttpResponseBase:
            now = timezone.now()
            link = reporting.found(key, kind, now)
            if link is None:
                raise Http404
            if _comes_too_often(link, now):
                busy = render(request, "429.html", status=HTTPStatus.TOO_MANY_REQUESTS)
                busy["Retry-After"] = str(WHILE)
                return busy
            if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
                translation.activate(link.language)
                request.LANGUAGE_CODE = translation.get_language()
            clock = Clock(Organisation.current(), now)
            answer = view(request, link, results_of(link.survey, link.made_by, clock, link.window))
            answer["X-Robots-Tag"], answer["Referrer-Policy"] = "noindex, nofollow", "no-referrer"
            return answer

        return never_cache(login_not_required(require_safe(answered)))

    return wrapped


def _comes_too_often(link: ReportLink, now: datetime) -> bool:
    key = f"report-{link.pk}-{int(now.timestamp()) // WHILE}"
    cache.add(key, 0, 2 * WHILE)
    return cache.incr(key) > MOST_READS


@_public(ReportLink.Kind.PAGE)
def show_report(request: HttpRequest, link: ReportLink, results: Results) -> HttpResponse:
    known = Questions.of(results)
    context: dict[str, Any] = {
        "link": link,
        "survey": link.survey,
        "results": results,
        "window": results.scope.window,
        "is_report": True,
    }
    if not results.is_hidden:
        splits = [name for name in results.splits if name in SPLITS]
        context |= scores(results, link.made_by, splits) | {"told": known.all_told(results)}
        if link.with_comments:
            texts = {key: str(question.text) for key, question in known.open.items()}
            found = Comments(results, known).found()[:MOST_COMMENTS]
            context["written"] = [(texts[answer.question], answer) for answer in found]
    return render(request, "metrics/report.html", context)


@_public(ReportLink.Kind.TABLE)
def show_table(_request: HttpRequest, link: ReportLink, results: Results) -> HttpResponseBase:
    lines = survey_answers.lines(results, Questions.of(results))
    return exports.csv_file(f"survey-{link.survey_id}", results.scope.clock.today, lines)
