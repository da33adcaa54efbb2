"""The pages on which low answers are followed up: whose turn it is, what was answered, and what came of it."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.notices.telling import holders_of, who_sees
from accounts.requests import Request, only_for
from surveys import follow_ups
from surveys.follow_up_forms import CasesForm, MailForm, OutcomeForm, OwnerForm
from surveys.models import FollowUp
from surveys.reading import answers_of

ROWS = 50
reads = only_for("surveys.view_followup")
changes = permission_required("surveys.change_followup", raise_exception=True)


def case_of(request: Request, pk: int) -> FollowUp:
    known = FollowUp.objects.visible_to(request.user).select_related(
        "response__survey",
        "response__version",
        "response__contact__merged_into",
        "account",
        "owner",
    )
    return get_object_or_404(known, pk=pk)


@reads
@require_safe
def list_cases(request: Request) -> HttpResponse:
    form = CasesForm(request.GET)
    if not form.is_valid():
        return render(request, "surveys/follow_ups.html", {"form": form}, status=HTTPStatus.BAD_REQUEST)
    asked, now = form.cleaned_data, timezone.now()
    rows = FollowUp.objects.visible_to(request.user).filter(done_at__isnull=asked["which"] != CasesForm.DONE)
    if asked["which"] == CasesForm.OVERDUE:
        rows = rows.filter(due_at__lt=now)
    if asked["mine"]:
        rows = rows.filter(owner=request.user)
    rows = rows.select_related("response__survey", "response__contact", "account", "owner")
    page = Paginator(rows, ROWS).get_page(asked["page"] or 1)
    return render(request, "surveys/follow_ups.html", {"form": form, "page": page, "now": now})


@reads
@require_safe
def show_case(request: Request, pk: int) -> HttpResponse:
    return _shown(request, case_of(request, pk))


@reads
@changes
@require_POST
def close_case(request: Request, pk: int) -> HttpResponse:
    case, form = case_of(request, pk), OutcomeForm(request.POST)
    if not form.is_valid():
        return _shown(request, case, outcome=form)
    if not follow_ups.close(case, form.cleaned_data["outcome"], form.cleaned_data["note"], timezone.now()):
        messages.warning(request, _("Somebody else closed it meanwhile: %(outcome)s.") % _outcome_of(case))
    return redirect("surveys:follow-up", case.pk)


def _outcome_of(case: FollowUp) -> dict[str, str]:
    return {"outcome": str(case.get_outcome_display())}


@reads
@changes
@require_POST
def reopen_case(request: Request, pk: int) -> HttpResponse:
    case = case_of(request, pk)
    follow_ups.reopen(case)
    return redirect("surveys:follow-up", case.pk)


@reads
@changes
@require_POST
def hand_over_case(request: Request, pk: int) -> HttpResponse:
    case = case_of(request, pk)
    form = OwnerForm(request.POST, candidates=_candidates(case))
    if not form.is_valid():
        return _shown(request, case, owner=form)
    follow_ups.hand_over(case, form.cleaned_data["owner"], timezone.now())
    return redirect("surveys:follow-up", case.pk)


@reads
@changes
@require_POST
def write_mail(request: Request, pk: int) -> HttpResponse:
    case, form = case_of(request, pk), MailForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            follow_ups.write(case, given["subject"], given["body"], request.user, timezone.now())
        except follow_ups.NotWritable as error:
            for field, problem in error.problems.items():
                form.add_error(field, problem)
        else:
            messages.success(request, _("The mail is on its way."))
            return redirect("surveys:follow-up", case.pk)
    return _shown(request, case, mail=form)


def _shown(request: Request, case: FollowUp, **forms: Any) -> HttpResponse:
    """`forms`: those in which something is wrong."""
    response = case.response
    shown = {
        "case": case,
        "response": response,
        "answers": answers_of(response),
        "conversation": follow_ups.conversation(case),
        "reader": follow_ups.reader_of(case),
        "written_in": follow_ups.language_of(case),
        "is_overdue": case.done_at is None and case.due_at < timezone.now(),
        "outcome": OutcomeForm(initial={"note": case.note}),
        "owner": OwnerForm(initial={"owner": case.owner_id}, candidates=_candidates(case)),
        "mail": MailForm(),
    }
    status = HTTPStatus.BAD_REQUEST if forms else HTTPStatus.OK
    return render(request, "surveys/follow_up.html", shown | forms, status=status)


def _candidates(case: FollowUp) -> Any:
    """Who may have it: whoever may change it and sees the account."""
    able = holders_of("surveys.change_followup")
    if case.account_id:
        able = {user for _account, user in who_sees({case.account_id}, able)}
    return User.objects.filter(pk__in=able).order_by("name", "email")
