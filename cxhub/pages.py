"""Pages that are composed of what several rooms know."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts import merges, panels, tasks, timeline, usage
from accounts.histories import Told, in_words, told
from accounts.imports import undo
from accounts.models import Account, AccountChange, AttributeDefinition, Departure, Job
from accounts.quality import Looking
from accounts.requests import Request, organisation_of
from cxhub import quality, runs
from cxhub.books import Book, books_of
from cxhub.forms import HomeForm, RunsForm
from metrics import attention, catalogue, stored
from metrics.completeness import Supplies
from metrics.framing import month_ends
from metrics.sources import Clock

ATTENTION, COMING, CHANGES, RUNS = 10, 6, 10, 4
CHANGED_DAYS = 7
RUNS_A_PAGE = 25
TREND_MONTHS = 12
ACCOUNT_FIGURES = (
    "mrr",
    "net_revenue_retention",
    "orders",
    "average_order_value",
    "tickets",
    "time_to_resolution",
    "nps",
    "csat",
)


def home(request: Request) -> HttpResponse:
    books = books_of(request.user)
    form = HomeForm(request.GET, books=books)
    if not form.is_valid():
        return render(
            request, "cxhub/home.html", {"form": form, "books": books}, status=HTTPStatus.BAD_REQUEST
        )
    context = {"form": form, "books": books, **told_of(form.cleaned_data["book"], request)}
    return render(request, "cxhub/home.html", context)


def told_of(book: Book, request: Request) -> dict[str, Any]:
    """All that the home page says of a book."""
    now = timezone.now()
    organisation = organisation_of(request)
    today = organisation.today(now)
    computed_at = stored.computed_at()
    newest, figures = book.figures(organisation, today, computed_at is not None)
    return {
        "book": book,
        "figures": figures,
        "newest": newest,
        "is_in_work": stored.are_in_work(month_ends(today, TREND_MONTHS)[:-1]),
        "has_changed": stored.have_changed(None if book.is_everybody else book.accounts()),
        "items": attention.needing(book.accounts(), today, ATTENTION),
        "terms": attention.coming_up(book.accounts(), today).select_related("account")[:COMING],
        "changes": changed(book, now),
        "jobs": runs.described(request.user, runs.listed(request.user)[:RUNS], now),
        "quality": quality.warning(request.user, Looking(organisation, now)),
        "currency": organisation.currency,
        "computed_at": computed_at,
        "now": now,
    }


def changed(book: Book, now: datetime) -> list[Told]:
    """What of the accounts' dated attributes was entered within a week, the newest first."""
    rows = AccountChange.objects.filter(recorded_at__gt=now - timedelta(days=CHANGED_DAYS))
    if not book.is_everybody:
        rows = rows.filter(account__in=book.accounts().values("pk"))
    return told(in_words(rows).select_related("account", "by").order_by("-recorded_at", "-pk")[:CHANGES])


def account(request: Request, pk: int) -> HttpResponse:
    known = Account.objects.visible_to(request.user).select_related("owner", "team", "parent")
    account = get_object_or_404(known, pk=pk)
    if account.merged_into_id:
        return redirect("account", account.merged_into_id)
    return render(request, "cxhub/account.html", known_of(account, request))


def known_of(account: Account, request: Request) -> dict[str, Any]:
    """All that the page of an account says of it."""
    now, organisation = timezone.now(), organisation_of(request)
    today = organisation.today(now)
    days = month_ends(today, TREND_MONTHS)[:-1]
    computed_at = stored.computed_at()
    facts = panels.with_merged(account)
    entries = timeline.entries(facts, organisation, now)
    return {
        "account": account,
        "attributes": account.told(AttributeDefinition.objects.in_use()),
        "figures": stored.of_account(
            account.pk, ACCOUNT_FIGURES, days, organisation.currency, computed_at is not None
        ),
        "completeness": Supplies.now(Clock(organisation, now)).of_all(
            catalogue.ALL[key] for key in ACCOUNT_FIGURES
        ),
        "history_begins": stored.history_begins(),
        "usage": usage.of_account(facts, today),
        "panels": panels.few(facts, today),
        "entries": entries[: timeline.PAGE],
        "has_more_entries": len(entries) > timeline.PAGE,
        "merged": merges.merged_into(account),
        "keys": account.keys.order_by("source", "value"),
        "children": Account.objects.visible_to(request.user).filter(parent=account.pk, merged_into=None)[:10],
        "departure": Departure.objects.filter(account__in=facts).first(),
        "computed_at": computed_at,
        "has_changed": stored.have_changed(facts),
        "now": now,
        "today": today,
    }


def list_runs(request: Request) -> HttpResponse:
    form = RunsForm(request.GET)
    if not form.is_valid():
        return render(request, "cxhub/runs.html", {"form": form}, status=HTTPStatus.BAD_REQUEST)
    programs = form.cleaned_data["of"] == "programs"
    listed = runs.listed(request.user, sent_by_programs=programs)
    page = Paginator(listed, RUNS_A_PAGE).get_page(form.cleaned_data["page"] or 1)
    jobs = runs.described(request.user, page, timezone.now())
    context = {
        "form": form,
        "page": page,
        "jobs": jobs,
        "is_going": any(job.is_going for job in jobs),
        "programs": programs,
        "now": timezone.now(),
    }
    return render(request, "cxhub/_runs.html" if request.htmx else "cxhub/runs.html", context)


@require_POST
def stop_run(request: Request, pk: int) -> HttpResponse:
    """Asks; the run stops between two pieces of its work."""
    job = get_object_or_404(runs.visible_to(request.user), pk=pk)
    if job.state in {Job.State.WAITING, Job.State.RUNNING} and not runs.may_stop(request.user, job):
        return render(request, "403.html", status=HTTPStatus.FORBIDDEN)
    if runs.may_stop(request.user, job):
        Job.objects.unfinished().filter(pk=job.pk).update(stop_requested_at=timezone.now())
    return redirect("runs")


@require_http_methods(["GET", "POST"])
def undo_run(request: Request, pk: int) -> HttpResponse:
    """Shows what would be taken back; a worker does it."""
    job = get_object_or_404(runs.visible_to(request.user), pk=pk)
    if job.kind not in undo.UNDOABLE:
        return redirect("runs")
    if not runs.may_undo(request.user, job):
        return render(request, "403.html", status=HTTPStatus.FORBIDDEN)
    refusal = undo.why_not(job, undo.undone([job]).get(pk), timezone.now())
    if request.method == "POST" and not refusal:
        undo.begin(job, by=request.user, now=timezone.now())
        tasks.undo_imports.delay_on_commit()
        return redirect("runs")
    context = {"run": runs.Run(job, can_stop=False), "refusal": refusal}
    if not refusal:
        context["foreseen"] = runs.foreseen(job, request.user)
    return render(
        request, "cxhub/undo_run.html", context, status=HTTPStatus.CONFLICT if refusal else HTTPStatus.OK
    )
