"""The pages on which old responses of a survey are imported from a file, and taken back."""

import tempfile
from collections.abc import Iterator
from http import HTTPStatus
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language_bidi, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.imports import Unreadable, uploads, workbooks
from accounts.requests import Request, only_for, was_too_large
from surveys import importing
from surveys.import_forms import DaysForm, ResponsesForm
from surveys.import_plan import MOST_ROWS, Plan
from surveys.models import ResponseImport, Survey

FIRST_SOURCE = "csv"
SHOWN_REJECTIONS = 100
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
reads = only_for("surveys.view_survey")
adds = permission_required("surveys.add_response", raise_exception=True)


@reads
@adds
@require_http_methods(["GET", "POST"])
def upload(request: Request, pk: int) -> HttpResponse:
    survey = get_object_or_404(Survey, pk=pk)
    known = ResponseImport.objects.visible_to(request.user)
    rows = known.filter(survey=survey, done_at__isnull=False).select_related("upload", "made_by")
    sources = list(known.order_by("-made_at").values_list("source", flat=True)[:SHOWN_REJECTIONS])
    refused = importing.why_not(survey)
    form = ResponsesForm(
        request.POST or None,
        request.FILES or None,
        is_too_large=was_too_large(request),
        initial={"source": sources[0] if sources else FIRST_SOURCE},
    )
    if request.method == "POST" and not refused and form.is_valid():
        file = form.cleaned_data["file"]
        kept = uploads.keep(file, file.name)
        made = ResponseImport.objects.create(
            survey=survey, upload=kept, source=form.cleaned_data["source"], made_by=request.user
        )
        return redirect("surveys:response-import", made.pk)
    context = {
        "survey": survey,
        "form": form,
        "refused": refused,
        "imports": rows,
        "sources": list(dict.fromkeys(sources)),
        "most": MOST_ROWS,
        "size": settings.UPLOAD_LIMIT,
    }
    status = HTTPStatus.BAD_REQUEST if request.method == "POST" else HTTPStatus.OK
    return render(request, "surveys/import.html", context, status=status)


@reads
@adds
@require_http_methods(["GET", "POST"])
def show(request: Request, pk: int) -> HttpResponse:
    """What would become of the rows, or became; of a file that is gone, how many. Days can be read in another way."""
    imported = _import_of(request, pk)
    plan, unreadable = _planned(request, imported)
    days = DaysForm(
        request.POST or None,
        formats=plan.formats if plan else [],
        initial={"date_format": plan.date_format if plan else ""},
    )
    if days.is_valid() and not imported.done_at:
        imported.date_format = days.cleaned_data["date_format"]
        imported.save(update_fields=["date_format"])
        return redirect("surveys:response-import", pk)
    context = {
        "imported": imported,
        "survey": imported.survey,
        "plan": plan,
        "counts": _counts(imported, plan),
        "rejections": plan.rejections[:SHOWN_REJECTIONS] if plan else [],
        "days": days,
        "unreadable": unreadable,
    }
    status = HTTPStatus.BAD_REQUEST if days.is_bound else HTTPStatus.OK
    return render(request, "surveys/response_import.html", context, status=status)


@reads
@adds
@require_POST
def run(request: Request, pk: int) -> HttpResponse:
    try:
        importing.run(_import_of(request, pk), request.user, timezone.now())
    except Unreadable as unreadable:
        messages.error(request, str(unreadable))
    return redirect("surveys:response-import", pk)


@reads
@adds
@require_safe
def rejected(request: Request, pk: int) -> HttpResponseBase:
    """The rejected rows as they stand in the file, to be mended and uploaded again."""
    plan, _unreadable = _planned(request, _import_of(request, pk))
    # The response closes it.
    book = tempfile.TemporaryFile()  # noqa: SIM115
    workbooks.write(book, _rejected_rows(plan or Plan()), from_right=get_language_bidi())
    book.seek(0)
    answer = FileResponse(
        book, as_attachment=True, filename=f"rejected-responses-{pk}.xlsx", content_type=WORKBOOK
    )
    answer["Cache-Control"] = "no-store"
    return answer


def _rejected_rows(plan: Plan) -> Iterator[list[str]]:
    yield [_("What is wrong"), _("Line"), *plan.names.values()]
    for line, wrong in groupby(plan.rejections, key=attrgetter("line")):
        said = (f"{one.column}: {one.reason}" if one.column else one.reason for one in wrong)
        cells = plan.rejected[line]
        yield ["; ".join(said), str(line), *(cells.get(name, "") for name in plan.names)]


@reads
@adds
@require_http_methods(["GET", "POST"])
def take_back(request: Request, pk: int) -> HttpResponse:
    found = ResponseImport.objects.visible_to(request.user).select_related("survey", "upload")
    imported = get_object_or_404(found, pk=pk, done_at__isnull=False, taken_back_at=None)
    if request.method == "POST":
        gone = importing.take_back(imported, timezone.now())
        said = ngettext(
            "%(count)s response is deleted; the import is taken back.",
            "%(count)s responses are deleted; the import is taken back.",
            gone,
        )
        messages.success(request, said % {"count": gone})
        return redirect("surveys:import-responses", imported.survey_id)
    context = {"imported": imported, "survey": imported.survey, "count": imported.responses.count()}
    return render(request, "surveys/take_import_back.html", context)


def _import_of(request: Request, pk: int) -> ResponseImport:
    found = ResponseImport.objects.visible_to(request.user)
    return get_object_or_404(found.select_related("survey", "upload", "made_by"), pk=pk)


def _planned(request: Request, imported: ResponseImport) -> tuple[Plan | None, str]:
    """And why the file as a whole cannot be read."""
    if not imported.upload.file or imported.taken_back_at:
        return None, ""
    try:
        return importing.plan(imported, request.user, timezone.now()), ""
    except Unreadable as unreadable:
        return None, str(unreadable)


def _counts(imported: ResponseImport, plan: Plan | None) -> list[tuple[str, Any, int]]:
    found = plan.counts if plan and not imported.done_at else vars(imported)
    labels = {
        "created": _("New"),
        "replaced": _("Replaced"),
        "unchanged": _("Unchanged"),
        "rejected": _("Rejected"),
    }
    return [(name, label, found[name]) for name, label in labels.items()]
