"""The pages on which surveys are listed, begun, set up, published, and looked at as they were asked."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_POST

from accounts.mailing_forms import direction_of
from accounts.requests import Request, View, only_for, organisation_of
from surveys import drafting, publishing
from surveys.content import Content, Kind, written
from surveys.models import GradedScale, Survey
from surveys.previews import preview_of, reviewed
from surveys.publishing import NotReady
from surveys.question_forms import AddForm
from surveys.survey_forms import LookForm, NewForm, SettingsForm, SurveysForm, TextsForm
from surveys.templates import TEMPLATES

ROWS = 25
reads = only_for("surveys.view_survey")
writes = permission_required("surveys.change_survey", raise_exception=True)
adds = permission_required("surveys.add_survey", raise_exception=True)


def survey_of(request: Request, pk: int) -> Survey:
    today = organisation_of(request).today(timezone.now())
    return get_object_or_404(Survey.objects.with_state(today).select_related("made_by"), pk=pk)


def status_of(
    request: Request, *, is_wrong: bool, otherwise: HTTPStatus = HTTPStatus.BAD_REQUEST
) -> HTTPStatus:
    """What htmx is to put into the page has to be well."""
    return otherwise if is_wrong and not request.htmx else HTTPStatus.OK


@reads
def list_surveys(request: Request) -> HttpResponse:
    form = SurveysForm(request.GET)
    if not form.is_valid():
        return render(request, "surveys/surveys.html", {"form": form}, status=HTTPStatus.BAD_REQUEST)
    state = form.cleaned_data["state"]
    rows = Survey.objects.with_state(organisation_of(request).today(timezone.now())).select_related("made_by")
    rows = rows.in_state(state) if state else rows.in_use()
    page = Paginator(rows, ROWS).get_page(form.cleaned_data["page"] or 1)
    languages = dict(settings.LANGUAGES)
    context = {
        "form": form,
        "page": page,
        "listed": [(one, [languages.get(code, code) for code in one.drafted.languages()]) for one in page],
        "states": Survey.State.choices,
        "chosen": state,
    }
    return render(request, "surveys/surveys.html", context)


@reads
@adds
@require_http_methods(["GET", "POST"])
def add(request: Request) -> HttpResponse:
    """Blank, or from a template."""
    form = NewForm(request.POST or None)
    if form.is_valid():
        template = TEMPLATES.get(form.cleaned_data["template"])
        touchpoints = Survey.Touchpoint
        key = template.key if template else ""
        survey = Survey.objects.create(
            name=form.cleaned_data["name"],
            draft=written(template.content if template else Content()),
            touchpoint=key if key in touchpoints.values else touchpoints.RELATIONSHIP,
            made_by=request.user,
        )
        return redirect("surveys:survey", survey.pk)
    context = {"form": form, "templates": TEMPLATES.values(), "organisation_name": _asker(request)}
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render(request, "surveys/survey_new.html", context, status=status)


def _asker(request: Request) -> str:
    return str(organisation_of(request).name)


# One of them


@reads
def show(request: Request, pk: int) -> HttpResponse:
    """All of a survey: its questions, what is to be said of them, and how it looks to whoever answers."""
    survey, form = survey_of(request, pk), LookForm(request.GET)
    if not form.is_valid():
        raise Http404
    content, scales, current = survey.drafted, GradedScale.objects.by_key(), survey.current
    review = reviewed(survey, content, scales)
    context = {
        "survey": survey,
        "content": content,
        "current": current,
        "is_new": not current or current.asked != written(content),
        "review": review,
        "add": AddForm(initial={"kind": Kind.SCALE}),
        "kinds": dict(Kind.choices),
        **_previewed(request, survey, content, form.cleaned_data["language"]),
    }
    return render(request, "surveys/survey.html", context)


def _previewed(request: Request, survey: Survey, content: Content, language: str) -> dict[str, Any]:
    """The survey in one of its languages; `shown`: its questions as somebody answers them."""
    names, codes = dict(settings.LANGUAGES), content.languages() or [request.LANGUAGE_CODE]
    own = request.LANGUAGE_CODE if request.LANGUAGE_CODE in codes else codes[0]
    chosen = language or own
    return {
        "preview": preview_of(survey, content, chosen, _asker(request)),
        "written_in": chosen,
        "direction": direction_of(chosen),
        "languages": [(code, names.get(code, code)) for code in codes],
    }


@reads
def preview(request: Request, pk: int) -> HttpResponse:
    """As a page of its own: what a telephone shows."""
    survey, form = survey_of(request, pk), LookForm(request.GET)
    if not form.is_valid():
        raise Http404
    context = _previewed(request, survey, survey.drafted, form.cleaned_data["language"])
    with override(context["written_in"]):
        return render(request, "surveys/preview.html", {"survey": survey, **context})


@reads
def list_versions(request: Request, pk: int) -> HttpResponse:
    survey = survey_of(request, pk)
    versions = survey.versions.select_related("published_by").order_by("-number")
    context = {"survey": survey, "versions": versions, "scales": GradedScale.objects.by_key()}
    return render(request, "surveys/versions.html", context)


# What it says and how it is open


@reads
@writes
@require_http_methods(["GET", "POST"])
def edit_settings(request: Request, pk: int) -> HttpResponse:
    survey = survey_of(request, pk)
    if request.method == "POST":
        get_object_or_404(Survey.objects.select_for_update(no_key=True), pk=pk)
        survey = survey_of(request, pk)
    form = SettingsForm(request.POST or None, request.FILES or None, instance=survey)
    is_late, seen = form.is_late, form.was
    if request.method == "POST" and form.is_valid() and not is_late:
        form.save()
        return redirect("surveys:survey", pk)
    context = {"survey": survey, "form": form, "is_late": is_late, "seen": seen}
    status = HTTPStatus.CONFLICT if is_late else HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render(request, "surveys/survey_settings.html", context, status=status)


@reads
@writes
@require_http_methods(["GET", "POST"])
def edit_texts(request: Request, pk: int) -> HttpResponse:
    survey = survey_of(request, pk)
    form, is_late = _texts_form(request, survey), False
    if request.method == "POST" and form.is_valid():
        was = form.cleaned_data["seen"]

        def edited(content: Content) -> Content:
            if drafting.texts_seen(content) != was:
                raise drafting.ChangedMeanwhile
            return form.into(content)

        try:
            drafting.change(survey, request.user, edited)
        except drafting.ChangedMeanwhile:
            survey, is_late = survey_of(request, pk), True
        else:
            return redirect("surveys:survey", pk)
    context = {
        "survey": survey,
        "form": form,
        "is_late": is_late,
        "seen": drafting.texts_seen(survey.drafted) if is_late else form["seen"].value(),
    }
    status = HTTPStatus.CONFLICT if is_late else HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render(request, "surveys/survey_texts.html", context, status=status)


def _texts_form(request: Request, survey: Survey) -> TextsForm:
    content = survey.drafted
    return TextsForm(request.POST or None, content=content, was=drafting.texts_seen(content))


# Its way


@reads
@writes
@require_POST
def publish(request: Request, pk: int) -> HttpResponse:
    survey = survey_of(request, pk)
    try:
        version = publishing.publish(survey, request.user)
    except NotReady:
        messages.error(request, _("It cannot be published yet: what is in the way stands at its place."))
        return redirect("surveys:survey", pk)
    messages.success(request, _("Version %(number)s is published.") % {"number": version.number})
    return redirect("surveys:survey", pk)


@reads
@adds
@require_POST
def duplicate(request: Request, pk: int) -> HttpResponse:
    made = publishing.duplicate(survey_of(request, pk), request.user)
    return redirect("surveys:survey", made.pk)


def _archiving(is_away: bool) -> View:
    def step(request: Request, pk: int) -> HttpResponse:
        survey = survey_of(request, pk)
        if bool(survey.archived_at) != is_away:
            survey.archived_at = timezone.now() if is_away else None
            survey.save(update_fields=["archived_at"])
        return redirect("surveys:survey", pk)

    return reads(writes(require_POST(step)))


archive, take_back = _archiving(is_away=True), _archiving(is_away=False)
