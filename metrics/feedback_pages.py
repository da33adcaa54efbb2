"""The pages of feedback: the board, a theme with what was said of it, and where things that are said come in."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import trail
from accounts.models import Account, Mailing
from accounts.requests import Request, only_for, organisation_of
from metrics import feedback
from metrics.feedback_forms import (
    AnswerForm,
    BoardForm,
    CommentForm,
    ItemForm,
    NamedForm,
    PageForm,
    ThemeForm,
)
from metrics.sources import Clock
from metrics.survey_answers import Comments, Questions
from metrics.survey_pages import asked
from surveys import feedback as themes
from surveys import telling
from surveys.models import FeedbackItem, Survey, Theme

ROWS, SUGGESTED, STEPS, MOST_AT_ONCE = 50, 10, 20, 500
reads = only_for("surveys.view_response", "surveys.view_theme")
tags = permission_required("surveys.add_feedbackitem", raise_exception=True)
untags = permission_required("surveys.delete_feedbackitem", raise_exception=True)
changes = permission_required("surveys.change_theme", raise_exception=True)
writes_mailings = permission_required(
    ["accounts.add_mailing", "accounts.add_population"], raise_exception=True
)


def clock_of(request: Request) -> Clock:
    return Clock(organisation_of(request), timezone.now())


# The board


@reads
@require_http_methods(["GET", "HEAD", "POST"])
def show_board(request: Request) -> HttpResponse:
    if request.method == "POST":
        return _named(request)
    form = BoardForm(request.GET, sorts=tuple(feedback.SORTS))
    if not form.is_valid():
        return render(request, "metrics/feedback.html", {"form": form}, status=HTTPStatus.BAD_REQUEST)
    sort = form.cleaned_data["sort"] or "-mrr"
    rows = sorted(
        feedback.board(request.user, clock_of(request), **form.filters),
        key=feedback.SORTS[sort.removeprefix("-")],
        reverse=sort.startswith("-"),
    )
    context = {
        "form": form,
        "page": Paginator(rows, ROWS).get_page(form.cleaned_data["page"] or 1),
        "sort": sort,
        "currency": organisation_of(request).currency,
        "is_filtered": any(form.filters.values()),
        "is_limited": not request.user.has_perm("accounts.view_all_accounts"),
        "new": NamedForm(),
    }
    return render(request, "metrics/feedback.html", context)


@tags
def _named(request: Request) -> HttpResponse:
    form = NamedForm(request.POST)
    if not form.is_valid():
        return redirect("metrics:feedback")
    return redirect("metrics:theme", themes.theme_named(form.cleaned_data["theme"], request.user).pk)


# A theme


@reads
@require_http_methods(["GET", "HEAD", "POST"])
def show_theme(request: Request, pk: int) -> HttpResponse:
    theme = get_object_or_404(Theme.objects.select_related("feature"), pk=pk)
    if request.method == "POST":
        return _changed(request, theme)
    return _theme(request, theme, ThemeForm(theme=theme))


@changes
def _changed(request: Request, theme: Theme) -> HttpResponse:
    form = ThemeForm(request.POST, theme=theme)
    if not form.is_valid():
        return _theme(request, theme, form)
    themes.change(form.written(), request.user)
    messages.success(request, _("Saved."))
    return redirect("metrics:theme", theme.pk)


def _theme(request: Request, theme: Theme, form: ThemeForm) -> HttpResponse:
    reader, asked_page = request.user, PageForm(request.GET)
    items = FeedbackItem.objects.visible_to(reader).of_people().filter(theme=theme).with_comments()
    items = items.select_related("account", "contact", "ticket", "response__survey")
    number = asked_page.cleaned_data["page"] if asked_page.is_valid() else 1
    may_tag = reader.has_perm("surveys.add_feedbackitem")
    context = {
        "theme": theme,
        "form": form,
        "currency": organisation_of(request).currency,
        "row": feedback.row_of(theme, reader, clock_of(request)),
        "page": Paginator(items, ROWS).get_page(number or 1),
        "suggested": themes.untagged(theme, reader)[:SUGGESTED] if may_tag and theme.words else [],
        "steps": trail.told(trail.entries_of(theme).order_by("-pk")[:STEPS], reader),
        "people": telling.behind(theme, reader).count(),
        "mailing": Mailing.objects.visible_to(reader).filter(themes=theme).first(),
    }
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render(request, "metrics/theme.html", context, status=status)


@reads
@tags
@require_POST
def add_suggested(request: Request, pk: int) -> HttpResponse:
    """One comment that the theme's words find, or all of them."""
    theme, form = get_object_or_404(Theme, pk=pk), AnswerForm(request.POST)
    if not form.is_valid():
        raise Http404
    found = themes.untagged(theme, request.user)
    if one := form.cleaned_data["answer"]:
        found = found.filter(pk=one)
    themes.tag(found[:MOST_AT_ONCE], theme, request.user)
    return redirect("metrics:theme", pk)


@reads
@untags
@require_POST
def remove_item(request: Request, pk: int) -> HttpResponse:
    item = get_object_or_404(FeedbackItem.objects.visible_to(request.user), pk=pk)
    themes.remove(item, request.user)
    return redirect("metrics:theme", item.theme_id)


# What was said


@reads
@tags
@require_POST
def tag_comment(request: Request, pk: int) -> HttpResponse:
    """One that the results of the survey show."""
    results, _form = asked(request, pk)
    form = CommentForm(request.POST)
    if not form.is_valid() or results.is_hidden:
        raise Http404
    given = form.cleaned_data
    shown = Comments(results, Questions.of(results)).found(question=given["question"])
    answer = get_object_or_404(shown, response=given["response"], question=given["question"])
    themes.tag([answer], themes.theme_named(given["theme"], request.user), request.user)
    if request.htmx:
        return render(request, "metrics/_comment_themes.html", {"survey": results.survey, "answer": answer})
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    return redirect(f"{reverse('metrics:survey-results', args=[pk])}{query}#comments")


@reads
@tags
@require_http_methods(["GET", "HEAD", "POST"])
def write_down(request: Request, pk: int) -> HttpResponse:
    """What somebody of an account said in a ticket, a conversation or a review."""
    account = get_object_or_404(Account.objects.visible_to(request.user).filter(merged_into=None), pk=pk)
    here, now = organisation_of(request), timezone.now()
    form = ItemForm(request.POST or None, account=account, here=here, now=now)
    if form.is_valid():
        item = form.item()
        item.theme = themes.theme_named(form.cleaned_data["theme"], request.user)
        if not FeedbackItem.objects.filter(theme=item.theme, ticket=item.ticket, ticket__isnull=False):
            themes.write_down(item, request.user)
        return redirect("metrics:theme", item.theme_id)
    context = {"account": account, "form": form, "themes": Theme.objects.all()}
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render(request, "metrics/feedback_new.html", context, status=status)


# You said, we did


@reads
@changes
@writes_mailings
@require_POST
def tell_theme(request: Request, pk: int) -> HttpResponse:
    theme = get_object_or_404(Theme, pk=pk)
    try:
        mailing = telling.tell_theme(theme, request.user, timezone.now())
    except (telling.NobodyToTell, telling.TooMany) as error:
        messages.warning(request, _why(error))
        return redirect("metrics:theme", pk)
    return redirect("accounts:edit-mailing", mailing.pk)


@reads
@writes_mailings
@require_POST
def tell_survey(request: Request, pk: int) -> HttpResponse:
    survey = get_object_or_404(Survey, pk=pk)
    try:
        mailing = telling.tell_survey(survey, request.user, timezone.now())
    except (telling.NobodyToTell, telling.TooMany) as error:
        messages.warning(request, _why(error))
        return redirect("metrics:survey-results", pk)
    return redirect("accounts:edit-mailing", mailing.pk)


def _why(error: Exception) -> str:
    if isinstance(error, telling.TooMany):
        return _("These are too many people for one list.")
    return _("Nobody is known who could be told.")
