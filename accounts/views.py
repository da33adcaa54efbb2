from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import actions, panels, tasks, timeline, usage
from accounts.forms import PanelForm, TimelineForm
from accounts.models import Account, Job
from accounts.requests import Request, organisation_of


def panel(request: Request, pk: int, name: str, more: Mapping[str, Any] | None = None) -> HttpResponse:
    """All rows of one kind of an account: a page of its own, or the panel on the account's page.

    `more` is what another room adds to the page.
    """
    account = get_object_or_404(Account.objects.visible_to(request.user), pk=pk)
    if name not in panels.PANELS:
        raise Http404
    form = PanelForm(request.GET)
    search = form.cleaned_data["q"] if form.is_valid() else ""
    today = organisation_of(request).today(timezone.now())
    rows = panels.rows_of(name, panels.with_merged(account), today, search)
    size = panels.FEW if request.htmx else panels.MANY
    page = Paginator(rows, size).get_page(form.cleaned_data.get("page") or 1)
    context = {
        "account": account,
        "form": form,
        "page": page,
        "name": name,
        "panel": panels.PANELS[name],
        "rows": panels.readable(name, list(page)),
        "has_more": page.has_next(),
        "today": today,
        **(more or {}),
    }
    template = "accounts/_panel.html" if request.htmx else "accounts/panel.html"
    return render(request, template, context, status=200 if form.is_valid() else HTTPStatus.BAD_REQUEST)


def show_timeline(request: Request, pk: int) -> HttpResponse:
    """A page of what happened, from the cursor back."""
    account = get_object_or_404(Account.objects.visible_to(request.user), pk=pk)
    form = TimelineForm(request.GET)
    found = []
    if form.is_valid():
        facts = panels.with_merged(account)
        found = timeline.entries(facts, organisation_of(request), timezone.now(), form.cursor)
    context = {
        "account": account,
        "form": form,
        "entries": found[: timeline.PAGE],
        "has_more": len(found) > timeline.PAGE,
    }
    template = "accounts/_timeline_entries.html" if request.htmx else "accounts/timeline.html"
    return render(request, template, context, status=200 if form.is_valid() else HTTPStatus.BAD_REQUEST)


def show_usage(request: Request, pk: int) -> HttpResponse:
    account = get_object_or_404(Account.objects.visible_to(request.user), pk=pk)
    today = organisation_of(request).today(timezone.now())
    used = usage.of_account(panels.with_merged(account), today)
    context = {
        "account": account,
        "usage": used,
        "weeks": [week.until for week in used.weeks],
        "series": [{"name": _("Active people"), "values": used.people_by_week}],
    }
    return render(request, "accounts/usage.html", context)


def carry_out(request: HttpRequest, job: Job) -> bool:
    """Changes many rows at once where a page can wait for it, and says so; else leaves it to a worker. True: done."""
    if job.total and job.total > actions.BATCH:
        tasks.change_many.delay_on_commit()
        messages.info(request, _("They are many: a run changes them now."))
        return False
    actions.work_on(job)
    job.refresh_from_db()
    changed = int(job.result["changed"])
    sentence = ngettext("%(count)s row was changed.", "%(count)s rows were changed.", changed)
    undo = reverse("undo-run", args=[job.pk])
    text = format_html('{} <a href="{}">{}</a>', sentence % {"count": changed}, undo, _("Undo"))
    messages.success(request, text)
    return True
