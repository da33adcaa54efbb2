"""The pages on which a survey is sent, and on which one sees who was asked and who answered."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import Request, View, only_for
from surveys import reminders, sending
from surveys.distribution_forms import DistributionForm, PageForm
from surveys.models import Distribution, Invitation, Survey

ROWS = 25
reads = only_for("surveys.view_distribution")
writes = permission_required("surveys.change_distribution", raise_exception=True)
adds = permission_required("surveys.add_distribution", raise_exception=True)


def distribution_of(request: Request, pk: int) -> Distribution:
    known = Distribution.objects.visible_to(request.user).with_progress()
    return get_object_or_404(known.select_related("survey", "mailing", "population", "letter"), pk=pk)


@reads
def list_distributions(request: Request, pk: int) -> HttpResponse:
    survey = get_object_or_404(Survey, pk=pk)
    rows = Distribution.objects.visible_to(request.user).filter(survey=survey).with_progress()
    rows = rows.order_by("-made_at", "-id")
    page = _page(request, rows.select_related("survey", "mailing__population", "population", "made_by"))
    return render(request, "surveys/distributions.html", {"survey": survey, "page": page})


def _page(request: Request, rows: Any) -> Any:
    form = PageForm(request.GET)
    return Paginator(rows, ROWS).get_page(form.cleaned_data["page"] if form.is_valid() else 1)


@reads
@adds
@require_http_methods(["GET", "POST"])
def add(request: Request, pk: int) -> HttpResponse:
    """Once: the rest is done on the pages of its mailing."""
    survey = get_object_or_404(Survey.objects.in_use(), pk=pk)
    if survey.current is None:
        messages.warning(request, _("Publish the survey first: nobody could answer it yet."))
        return redirect("surveys:distributions", pk)
    form = DistributionForm(
        request.POST or None,
        instance=Distribution(survey=survey),
        initial={"name": survey.name},
        reader=request.user,
    )
    if form.is_valid():
        return _made(request, form)
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render(request, "surveys/distribution_new.html", {"survey": survey, "form": form}, status=status)


def _made(request: Request, form: DistributionForm) -> HttpResponse:
    distribution, medium = form.save(commit=False), form.medium_chosen
    if distribution.trigger:
        sending.distribute_when(distribution, medium, request.user, timezone.now())
        return redirect("surveys:distribution", distribution.pk)
    population, name = distribution.population, form.cleaned_data["name"]
    distribution.population = None
    sending.distribute(distribution, name, population, medium, request.user)
    return redirect("accounts:mailing", distribution.mailing.pk)


@reads
def show(request: Request, pk: int) -> HttpResponse:
    distribution = distribution_of(request, pk)
    rows = Invitation.objects.visible_to(request.user).filter(distribution=distribution)
    page = _page(request, rows.select_related("contact", "account"))
    context = {
        "distribution": distribution,
        "page": page,
        "may_remind": distribution.survey.identity != Survey.Identity.ANONYMOUS,
    }
    return render(request, "surveys/distribution.html", context)


@reads
@writes
@require_POST
def remind(request: Request, pk: int) -> HttpResponse:
    """Of an anonymous survey nobody is told who answered, by no refusal either."""
    known = Invitation.objects.visible_to(request.user).exclude(survey__identity=Survey.Identity.ANONYMOUS)
    known = known.filter(distribution__in=Distribution.objects.visible_to(request.user))
    invitation = get_object_or_404(known.select_related("distribution"), pk=pk)
    if reminders.remind(invitation, timezone.now()):
        messages.success(request, _("A reminder is on its way."))
    else:
        messages.warning(
            request,
            _(
                "No reminder goes out: it was answered or replied to, did not arrive, is over, or the last message"
                " is less than a day old."
            ),
        )
    return redirect("surveys:distribution", invitation.distribution_id)


def _stepping(*, is_paused: bool) -> View:
    def step(request: Request, pk: int) -> HttpResponse:
        """Of what happens by itself; what was missed meanwhile is not caught up with."""
        distribution, now = distribution_of(request, pk), timezone.now()
        going = Distribution.objects.filter(pk=distribution.pk, mailing=None, paused_at__isnull=is_paused)
        going.update(**{"paused_at": now} if is_paused else {"paused_at": None, "looked_until": now})
        return redirect("surveys:distribution", pk)

    return reads(writes(require_POST(step)))


pause, resume = _stepping(is_paused=True), _stepping(is_paused=False)
