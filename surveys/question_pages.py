"""The pages on which the questions of a draft are written: in their place by htmx, or each on a page of its own."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import Request
from surveys import checker, drafting
from surveys.content import Content, Kind, Question
from surveys.library import LIBRARY
from surveys.models import GradedScale, Survey
from surveys.question_forms import AddForm, QuestionForm, StepForm, WordingForm, options_form
from surveys.survey_pages import reads, status_of, survey_of, writes

KINDS = dict(Kind.choices)


def _back(survey: Survey, key: str = "") -> HttpResponse:
    """To the survey, and there to the question."""
    anchor = f"#asked-{key}" if key else "#questions"
    return redirect(f"{reverse('surveys:survey', args=[survey.pk])}{anchor}")


@reads
@writes
def show_library(request: Request, pk: int) -> HttpResponse:
    survey = survey_of(request, pk)
    scales = GradedScale.objects.by_key()
    entries = [(one, KINDS[one.question.kind], scales.get(one.question.scale)) for one in LIBRARY]
    return render(request, "surveys/library.html", {"survey": survey, "entries": entries})


@reads
@writes
@require_POST
def add(request: Request, pk: int) -> HttpResponse:
    """Of the library: as it is; of a kind: to be written next."""
    survey, form = survey_of(request, pk), AddForm(request.POST)
    if not form.is_valid():
        raise Http404
    try:
        content = drafting.change(
            survey, request.user, lambda content: drafting.add(content, form.question(content))
        )
    except ValidationError as refused:
        messages.error(request, refused.message)
        return _back(survey)
    key = content.questions[-1].key
    if form.cleaned_data["validated"]:
        return _back(survey, key)
    return redirect("surveys:question", survey.pk, key)


@reads
@writes
@require_http_methods(["GET", "POST"])
def edit(request: Request, pk: int, key: str) -> HttpResponse:
    """Whoever comes second is told what the first one wrote, and keeps what they typed."""
    survey = survey_of(request, pk)
    question = _question(survey, key)
    if question is None:
        return _gone(request, survey)
    form, options = _forms(request, survey, question)
    theirs = None
    if request.method == "POST" and form.is_valid() and (options is None or options.is_valid()):
        mine = form.written(options.options(question.options) if options else question.options)
        try:
            drafting.change(
                survey, request.user, lambda content: drafting.put(content, mine, form.cleaned_data["seen"])
            )
            return _back(survey, key)
        except drafting.ChangedMeanwhile:
            survey = survey_of(request, pk)
            theirs = _question(survey, key)
            if theirs is None:
                return _gone(request, survey)
    return _form(request, survey, (form, options), question, theirs)


def _question(survey: Survey, key: str) -> Question | None:
    return drafting.of_key(survey.drafted, key)


def _forms(request: Request, survey: Survey, question: Question) -> tuple[QuestionForm, Any]:
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    form = QuestionForm(
        *given,
        question=question,
        content=survey.drafted,
        scales=GradedScale.objects.by_key(),
        was=drafting.question_seen(question),
    )
    return form, options_form(question, *given)


def _form(
    request: Request,
    survey: Survey,
    both: tuple[QuestionForm, Any],
    question: Question,
    theirs: Question | None,
) -> HttpResponse:
    form, options = both
    is_wrong = bool(form.errors or (options and options.is_bound and not options.is_valid()))
    context = {
        "survey": survey,
        "question": question,
        "kind": KINDS[question.kind],
        "form": form,
        "options": options,
        "theirs": theirs,
        "seen": drafting.question_seen(theirs) if theirs else form["seen"].value(),
        "keys": [one.key for one in survey.drafted.questions],
        "is_wrong": is_wrong,
    }
    template = "surveys/_question_form.html" if request.htmx else "surveys/question.html"
    otherwise = HTTPStatus.CONFLICT if theirs else HTTPStatus.BAD_REQUEST
    status = status_of(request, is_wrong=is_wrong or bool(theirs), otherwise=otherwise)
    return render(request, template, context, status=status)


def _gone(request: Request, survey: Survey) -> HttpResponse:
    messages.warning(request, _("Somebody removed this question meanwhile."))
    return _back(survey)


@reads
@writes
@require_POST
def step(request: Request, pk: int, key: str) -> HttpResponse:
    """Up, down, once more, or away."""
    survey, form = survey_of(request, pk), StepForm(request.POST)
    if not form.is_valid():
        raise Http404
    asked, seen = form.cleaned_data["do"], form.cleaned_data["seen"]
    copy = drafting.new_key("copy")

    def stepped(content: Content) -> Content:
        match asked:
            case StepForm.UP | StepForm.DOWN:
                return drafting.moved(content, key, -1 if asked == StepForm.UP else 1)
            case "duplicate":
                return drafting.duplicated(content, key, copy)
        return drafting.removed(content, key, seen)

    try:
        drafting.change(survey, request.user, stepped)
    except drafting.ChangedMeanwhile:
        messages.warning(
            request, _("Somebody else changed this question meanwhile. Look at it, then remove it.")
        )
    except ValidationError as refused:
        messages.error(request, refused.message)
    return _back(survey, copy if asked == "duplicate" else "" if asked == "remove" else key)


@reads
@writes
@require_POST
def take_wording(request: Request, pk: int, key: str) -> HttpResponse:
    """Only what the checker offers for the question as it is now."""
    survey, form = survey_of(request, pk), WordingForm(request.POST)
    scales, is_identified = GradedScale.objects.by_key(), survey.identity == Survey.Identity.IDENTIFIED
    if not form.is_valid():
        raise Http404
    language, wording = form.cleaned_data["language"], form.cleaned_data["wording"]

    def worded(content: Content) -> Content:
        found = checker.check(content, scales, is_identified=is_identified)
        if (key, language, wording) not in {(one.question, one.language, one.wording) for one in found}:
            raise drafting.ChangedMeanwhile
        return drafting.reworded(content, key, language, wording)

    try:
        drafting.change(survey, request.user, worded)
    except drafting.ChangedMeanwhile:
        messages.warning(request, _("The question is another one by now. Nothing was changed."))
    return _back(survey, key)
