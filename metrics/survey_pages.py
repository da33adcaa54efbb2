"""The results of a survey as a page and as a file, and whose response was a machine's."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.requests import Request, only_for, organisation_of
from metrics import catalogue, exports, questions, survey_answers, survey_silence
from metrics.answers import Answer
from metrics.sources import Clock
from metrics.survey_answers import Comments, Questions
from metrics.survey_forms import (
    CommentsForm,
    MachineForm,
    OtherPeriodForm,
    PeriodForm,
    ResultsForm,
    SilentForm,
)
from metrics.survey_results import Results, Row
from metrics.survey_unnamed import results_of
from surveys.models import Survey, Theme
from surveys.models.asking import Channel

ROWS, MACHINES = 25, 25
SPLIT_TITLES = {
    "segment": _lazy("By segment"),
    "owner": _lazy("By owner"),
    "language": _lazy("By language"),
    "channel": _lazy("By channel"),
}
reads = only_for("surveys.view_response")
judges = permission_required("surveys.change_response", raise_exception=True)


def asked(request: Request, pk: int) -> tuple[Results, ResultsForm]:
    """What is chosen counts only where the form is valid."""
    survey = get_object_or_404(Survey, pk=pk)
    clock = Clock(organisation_of(request), timezone.now())
    whole = results_of(survey, request.user, clock, PeriodForm(request.GET).asked_window)
    form = ResultsForm(request.GET, choices=whole.choices(), one_at_a_time=whole.is_protected)
    chosen = form.chosen if form.is_valid() else {}
    return whole.of(chosen), form


@reads
@require_safe
def show_results(request: Request, pk: int) -> HttpResponse:
    results, form = asked(request, pk)
    context: dict[str, Any] = {"survey": results.survey, "form": form, "results": results}
    if not form.is_valid():
        return render(request, "metrics/survey_results.html", context, status=HTTPStatus.BAD_REQUEST)
    context |= {"window": results.scope.window, "is_limited": results.scope.population.user is not None}
    if not results.is_hidden:
        context |= scores(results, request.user, results.splits)
        context |= _compared(request, results) | _told(request, results)
        context["coverage"] = survey_silence.coverage(results)
    return render(request, "metrics/survey_results.html", context)


def _compared(request: Request, results: Results) -> dict[str, Any]:
    other = OtherPeriodForm(request.GET, window=results.scope.window)
    return {"other": other, "compared": results.compared(other.asked)}


def scores(results: Results, reader: User, splits: Sequence[str]) -> dict[str, Any]:
    score, trend = results.score(), results.trend()
    split = [_split(name, results.by(name), reader) for name in splits] if score else []
    rates = results.rates()
    return {
        "score": score,
        "reason": questions.reason_in_words(score) if score else "",
        "no_interval": questions.no_interval_in_words(score) if score else "",
        "scale": questions.scale_for([score]) if score else None,
        "days": [point.as_of for point in trend],
        "series": _series(trend),
        "splits": [one for one in split if len(one["rows"]) > 1],
        "rates": [(_channel(part), answers) for part, answers in rates],
    }


def _channel(part: tuple[str, ...] | None) -> str:
    return _("All others") if part is None else str(dict(Channel.choices).get(part[0], part[0]))


def _split(name: str, rows: list[Row], reader: User) -> dict[str, Any]:
    names = questions.names_of_parts((name,), [part for part, _answer in rows if part], reader)
    labels = [_("All others") if part is None else names[part][0] for part, _answer in rows]
    found = [answer for _part, answer in rows]
    return {
        "name": name,
        "title": SPLIT_TITLES[name],
        "rows": list(zip(labels, found, strict=True)),
        "scale": questions.scale_for(found),
    }


def _series(trend: list[Answer]) -> list[dict[str, Any]]:
    """Nothing where there is no value to draw."""
    values = [None if point.value is None else float(point.value) for point in trend]
    if all(value is None for value in values):
        return []
    limits = [(p.interval.low, p.interval.high) if p.interval else (None, None) for p in trend]
    return [
        {"name": str(trend[0].metric.name), "values": values},
        {"name": _("lower limit"), "role": "low", "values": [low for low, _high in limits]},
        {"name": _("upper limit"), "role": "high", "values": [high for _low, high in limits]},
    ]


def _told(request: Request, results: Results) -> dict[str, Any]:
    known = Questions.of(results)
    comments = Comments(results, known)
    named = [(key, str(known.asked[key].text)) for key in comments.asked]
    form = CommentsForm(request.GET, questions=named, bands=comments.bands)
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = comments.found(wanted.get("q", ""), wanted.get("question", ""), wanted.get("band", ""))
    machines = survey_answers.by_machines(results)
    tagged = rows.prefetch_related("response__feedback_items__theme")
    page = Paginator(tagged, ROWS).get_page(wanted.get("page") or 1)
    texts = dict(named)
    return {
        "told": known.all_told(results),
        "comments": form,
        "has_comments": bool(comments.asked),
        "page": page,
        "written": [(texts[answer.question], answer) for answer in page],
        "themes": Theme.objects.all(),
        "machines": machines[:MACHINES],
        "machine_count": machines.count(),
    }


@reads
@require_safe
def export_answers(request: Request, pk: int) -> HttpResponseBase:
    results, lines = _lines(request, pk)
    return exports.csv_file(f"survey-{pk}", results.scope.clock.today, lines)


@reads
@require_safe
def export_workbook(request: Request, pk: int) -> HttpResponseBase:
    results, lines = _lines(request, pk)
    return exports.workbook(f"survey-{pk}", results.scope.clock.today, lines, from_right=get_language_bidi())


def _lines(request: Request, pk: int) -> tuple[Results, Iterator[list[Any]]]:
    results, form = asked(request, pk)
    if not form.is_valid():
        raise Http404
    return results, survey_answers.lines(results, Questions.of(results))


@reads
@require_safe
def list_silent(request: Request, pk: int) -> HttpResponse:
    survey = get_object_or_404(Survey, pk=pk, identity=Survey.Identity.IDENTIFIED)
    form, clock = SilentForm(request.GET), Clock(organisation_of(request), timezone.now())
    results = results_of(survey, request.user, clock, form.asked_window)
    asked = form.cleaned_data.get("page") or 1
    rows = survey_silence.silent(results).select_related("owner")
    context = {
        "survey": survey,
        "window": results.scope.window,
        "is_limited": results.scope.population.user is not None,
        "page": Paginator(rows, ROWS).get_page(asked),
        "mrr": catalogue.ALL["mrr"],
        "currency": clock.organisation.currency,
    }
    return render(request, "metrics/survey_silent.html", context)


@reads
@judges
@require_POST
def judge(request: Request, pk: int) -> HttpResponse:
    """Whether a person or a machine answered."""
    results, _form = asked(request, pk)
    form = MachineForm(request.POST)
    if not form.is_valid():
        raise Http404
    response = get_object_or_404(results.everything, pk=form.cleaned_data["response"])
    response.is_machine = form.cleaned_data["is_machine"]
    response.save(update_fields=["is_machine"])
    return redirect("metrics:survey-results", pk)
