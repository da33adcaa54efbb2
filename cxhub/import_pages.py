"""Import with a preview: upload a file, say what its columns mean, see every row's fate, then have it taken."""

import tempfile
from dataclasses import replace
from http import HTTPStatus
from itertools import chain
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.files.base import File
from django.core.paginator import Paginator
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _

from accounts.imports import FieldsDoNotFit, Resource, Unreadable, guessing, undo, uploads, work, workbooks
from accounts.imports.uploads import Look, Manner
from accounts.models import AccountKey, ColumnMapping, Import, Job, RowFate, Upload
from accounts.requests import Request, organisation_of, was_too_large
from cxhub import fates, runs
from cxhub import import_forms as forms
from cxhub.forms import PageForm
from cxhub.resources import RESOURCES, importable_by, label_of, resource_of
from cxhub.tasks import work_on_import
from metrics.exports import csv_file

IMPORTS_A_PAGE, ROWS_A_PAGE = 25, 50
# Of a column of a source so many words are remembered.
KEPT_VALUES = 200
FIRST_SOURCE = "csv"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def list_imports(request: Request) -> HttpResponse:
    form = PageForm(request.GET)
    if not form.is_valid():
        return render(request, "cxhub/imports.html", {"form": form}, status=HTTPStatus.BAD_REQUEST)
    page = Paginator(_visible(request).with_jobs(), IMPORTS_A_PAGE).get_page(form.cleaned_data["page"] or 1)
    undos = undo.undone([one.job for one in page if one.job])
    listed = [
        {"import": one, "label": label_of(one.resource), "job": one.current, "undo": undos.get(one.job_id)}
        for one in page
    ]
    return render(request, "cxhub/imports.html", {"form": form, "page": page, "listed": listed})


def new_import(request: Request) -> HttpResponse:
    is_sent, resources = request.method == "POST", _resources(request)
    asked = forms.KindForm(request.GET, resources=resources)
    chosen = asked.cleaned_data["resource"] if asked.is_valid() else ""
    form = forms.UploadForm(
        request.POST if is_sent else None,
        request.FILES if is_sent else None,
        resources=resources,
        is_too_large=was_too_large(request),
        initial={"source": _last_source(request), "resource": chosen},
    )
    if form.is_valid():
        planned = _planned(
            form, request, resource=form.cleaned_data["resource"], source=form.cleaned_data["source"]
        )
        if planned:
            return redirect("map-import", planned.pk)
    context = {"form": form, "asked": asked, "sources": _sources(), "limit": settings.UPLOAD_LIMIT}
    is_wrong = form.errors or asked.errors
    return render(
        request, "cxhub/import_new.html", context, status=HTTPStatus.BAD_REQUEST if is_wrong else 200
    )


def map_columns(request: Request, pk: int) -> HttpResponse:
    planned = get_object_or_404(_visible(request).with_jobs(), pk=pk)
    resource = _resources(request).get(planned.resource)
    if resource is None or not _may_change(request, planned):
        return render(request, "403.html", status=HTTPStatus.FORBIDDEN)
    if planned.job or not planned.upload.file:
        return redirect("import", planned.pk)
    if request.method == "POST" and request.POST.get("action") == "read":
        return _read_otherwise(request, planned)
    try:
        look = _look(planned.upload, work.manner_of(planned))
    except Unreadable as unreadable:
        context = {"planned": planned, "label": label_of(planned.resource), "unreadable": str(unreadable)}
        context["manner"] = _manner_form(planned, [])
        return render(request, "cxhub/import_columns.html", context, status=HTTPStatus.BAD_REQUEST)
    return _map(request, planned, resource, look)


def _map(request: Request, planned: Import, resource: Resource, look: Look) -> HttpResponse:
    form = _mapping_form(request, planned, resource, look)
    if request.method == "POST" and form.is_valid() and _choose(form, planned, resource, request):
        work.begin_preview(planned, by=request.user)
        _soon(planned)
        return redirect("import", planned.pk)
    context = {
        "planned": planned,
        "label": label_of(planned.resource),
        "form": form,
        "look": look,
        "manner": _manner_form(planned, look.sheets),
        "is_known": bool(planned.choices.get("columns")) or bool(_known(planned)),
        "is_proposed": work.manner_of(planned).encoding not in {"", "utf-8-sig"},
    }
    return render(
        request, "cxhub/import_columns.html", context, status=HTTPStatus.BAD_REQUEST if form.errors else 200
    )


def show_import(request: Request, pk: int) -> HttpResponse:
    planned = get_object_or_404(_visible(request).with_jobs(), pk=pk)
    if request.method == "POST":
        return _act(request, planned)
    if not planned.current:
        return redirect("map-import", planned.pk) if planned.upload.file else redirect("imports")
    form = forms.FatesForm(request.GET)
    context = {"form": form, **_told(planned, request)}
    if not form.is_valid():
        return render(request, "cxhub/import.html", context, status=HTTPStatus.BAD_REQUEST)
    chosen = form.cleaned_data["fate"]
    if "fate" not in request.GET and planned.current.result.get("rejected"):
        chosen = RowFate.Fate.REJECTED
    rows = RowFate.objects.filter(job=planned.current, **({"fate": chosen} if chosen else {}))
    is_going = context["is_going"]
    page = None if is_going else Paginator(rows, ROWS_A_PAGE).get_page(form.cleaned_data["page"] or 1)
    listed = fates.with_records(page, _resource(planned)) if page else []
    context |= {"page": page, "rows": listed, "chosen": chosen}
    return render(request, "cxhub/_import.html" if request.htmx else "cxhub/import.html", context)


def report(request: Request, pk: int) -> HttpResponseBase:
    """Every row's fate as a file."""
    planned = get_object_or_404(_visible(request).with_jobs(), pk=pk)
    if not planned.current:
        raise Http404
    resource = _resource(planned)
    head = [_("Line"), _("Id"), _("What became of it"), _("Column"), _("Value"), _("Reason"), _("Changes")]
    words = dict(RowFate.Fate.choices)
    rows = RowFate.objects.filter(job=planned.current).values_list(
        "line", "key", "fate", "column", "value", "reason", "changes"
    )
    lines = (
        [line, key, str(words[fate]), *rest, fates.sentence(changes, resource)]
        for line, key, fate, *rest, changes in rows.iterator()
    )
    today = organisation_of(request).today(timezone.now())
    return csv_file(f"import-{planned.pk}", today, chain([head], lines))


def rejected(request: Request, pk: int) -> HttpResponseBase:
    """The rejected rows as they stand in the file, to be mended and uploaded again."""
    planned = get_object_or_404(_visible(request).with_jobs(), pk=pk)
    if not planned.current or not planned.upload.file:
        raise Http404
    # The response closes it.
    book = tempfile.TemporaryFile()  # noqa: SIM115
    workbooks.write(book, work.rejected_rows(planned, planned.current), from_right=get_language_bidi())
    book.seek(0)
    name = f"rejected-{planned.pk}.xlsx"
    answer = FileResponse(book, as_attachment=True, filename=name, content_type=WORKBOOK)
    answer["Cache-Control"] = "no-store"
    return answer


# Who may


def _resources(request: Request) -> dict[str, Resource]:
    if found := importable_by(request.user):
        return {name: resource_of(name) for name in found}
    raise Http404


def _visible(request: Request) -> Any:
    if not importable_by(request.user):
        raise Http404
    return Import.objects.visible_to(request.user)


def _resource(planned: Import) -> Resource | None:
    """None of what can no longer be imported."""
    return resource_of(planned.resource) if planned.resource in RESOURCES else None


def _may_change(request: Request, planned: Import) -> bool:
    return planned.created_by_id == request.user.pk or request.user.has_perm("accounts.change_job")


# The file


def _planned(form: Any, request: Request, *, resource: str, source: str, **more: Any) -> Import | None:
    """None where the file cannot be read; the form says why, and nothing is kept."""
    file = form.cleaned_data["file"]
    try:
        manner = _proposed(file, set(_known_columns(source, resource)))
    except Unreadable as unreadable:
        form.add_error("file", str(unreadable))
        return None
    with transaction.atomic():
        upload = uploads.keep(file, file.name)
        return _import_of(upload, manner, request, resource=resource, source=source, **more)


def _import_of(
    upload: Upload, manner: Manner, request: Request, *, choices: Any = None, **more: Any
) -> Import:
    """`more`: resource, source and, where it mends another one, that."""
    return Import.objects.create(
        **more,
        upload=upload,
        choices={**(choices or {}), "manner": vars(manner)},
        created_by=request.user,
    )


def _proposed(file: File, known: set[str]) -> Manner:
    with tempfile.TemporaryFile() as copy:
        for chunk in file.chunks():
            copy.write(chunk)
        copy.seek(0)
        manner = uploads.proposed(copy, known)
        uploads.look(copy, manner)
    return manner


def _look(upload: Upload, manner: Manner) -> Look:
    with uploads.opened(upload.file) as file:
        return uploads.look(file, manner)


def _read_otherwise(request: Request, planned: Import) -> HttpResponse:
    """What was said of the columns holds no longer."""
    with uploads.opened(planned.upload.file) as file:
        sheets = workbooks.sheets(file) if workbooks.is_workbook(file) else []
    form = forms.MannerForm(request.POST, sheets=sheets)
    if not form.is_valid():
        context = {"planned": planned, "label": label_of(planned.resource), "manner": form}
        return render(request, "cxhub/import_columns.html", context, status=HTTPStatus.BAD_REQUEST)
    manner, before = form.manner, work.manner_of(planned)
    if manner.sheet != before.sheet and manner.header_row == before.header_row:
        with uploads.opened(planned.upload.file) as file:
            manner = replace(manner, header_row=uploads.row_of_names(file, manner.sheet))
    planned.choices = {"manner": vars(manner)}
    planned.save(update_fields=["choices"])
    return redirect("map-import", planned.pk)


def _manner_form(planned: Import, sheets: list[str]) -> forms.MannerForm:
    manner = work.manner_of(planned)
    initial = {**vars(manner), "header_row": manner.header_row or None}
    return forms.MannerForm(initial=initial, sheets=sheets or ([manner.sheet] if manner.sheet else []))


# Its columns


def _mapping_form(request: Request, planned: Import, resource: Resource, look: Look) -> forms.MappingForm:
    chosen = planned.choices
    mapping = (
        dict(chosen["columns"]) if "columns" in chosen else forms.guessed(look, resource, _known(planned))
    )
    initial = {
        name: value
        for name, value in chosen.items()
        if name not in {"manner", "columns", "constants", "language"}
    }
    initial |= {f"constant-{name}": cell for name, cell in chosen.get("constants", {}).items()}
    initial.setdefault("time_zone", str(organisation_of(request).zone))
    form = forms.MappingForm(
        request.POST if request.method == "POST" else None,
        look=look,
        resource=resource,
        mapping=mapping,
        may_create=request.user.has_perm("accounts.add_account"),
        initial=initial,
    )
    translated = {(guessing.plain(name), value): new for name, value, new in chosen.get("translations", ())}
    if "columns" not in chosen:
        translated = _known_values(planned) | translated
    for key, (name, value) in form.values.items():
        form.fields[key].initial = translated.get((guessing.plain(name), value), "")
    return form


def _known(planned: Import) -> dict[str, str]:
    return _known_columns(planned.source, planned.resource)


def _known_values(planned: Import) -> dict[tuple[str, str], str]:
    """What words of the source's columns were read as, by column and word."""
    known = ColumnMapping.objects.filter(source=planned.source, resource=planned.resource)
    return {
        (column, value): new
        for column, values in known.exclude(values=[]).values_list("column", "values")
        for value, new in values
    }


def _known_columns(source: str, resource: str) -> dict[str, str]:
    known = ColumnMapping.objects.filter(source=source, resource=resource)
    return dict(known.values_list("column", "field"))


def _choose(form: forms.MappingForm, planned: Import, resource: Resource, request: Request) -> bool:
    """Keeps the answers, for this file and for the next ones of the source. False where no row could be taken."""
    manner = planned.choices.get("manner", {})
    planned.choices = {**form.choices, "manner": manner, "language": get_language()}
    try:
        work.check_choices(planned, resource, timezone.now())
    except (Unreadable, FieldsDoNotFit) as misfit:
        form.add_error(None, str(misfit))
        return False
    planned.save(update_fields=["choices"])
    _remember(form, planned)
    return True


def _remember(form: forms.MappingForm, planned: Import) -> None:
    """For the next files of the source. Words that are not in this one mean what they did."""
    remembered = {guessing.plain(column): field for column, field in form.mapping.items()}
    asked = {
        (guessing.plain(name), value): form.cleaned_data[key] for key, (name, value) in form.values.items()
    }
    meant = {one: new for one, new in (_known_values(planned) | asked).items() if new}
    values = {
        column: [[value, new] for (of, value), new in meant.items() if of == column] for column in remembered
    }
    ColumnMapping.objects.bulk_create(
        [
            ColumnMapping(
                source=planned.source,
                resource=planned.resource,
                column=column,
                field=field,
                values=values[column][-KEPT_VALUES:],
            )
            for column, field in remembered.items()
        ],
        update_conflicts=True,
        unique_fields=["source", "resource", "column"],
        update_fields=["field", "values"],
    )


def _last_source(request: Request) -> str:
    mine = Import.objects.filter(created_by=request.user).order_by("-pk")
    return mine.values_list("source", flat=True).first() or FIRST_SOURCE


def _sources() -> list[str]:
    return list(AccountKey.objects.order_by("source").values_list("source", flat=True).distinct())


# What was tried, and what was done


def _told(planned: Import, request: Request) -> dict[str, Any]:
    job = planned.current
    assert job is not None
    is_going = job.state in {Job.State.WAITING, Job.State.RUNNING}
    counts = {fate: int(job.result.get(fate, 0)) for fate in RowFate.Fate.values}
    is_done = job.state == Job.State.DONE
    mended_by = work.mended_by(planned) if planned.job and counts["rejected"] else []
    return {
        "planned": planned,
        "job": job,
        "label": label_of(planned.resource),
        "is_going": is_going,
        "is_preview": planned.job is None,
        "is_done": is_done,
        "counts": [(fate, label, counts[fate]) for fate, label in RowFate.Fate.choices],
        "read": int(job.result.get("read", 0)),
        "rejected": counts["rejected"],
        "to_write": counts["created"] + counts["changed"],
        "percent": round(100 * job.share_done) if job.share_done is not None else None,
        "run": runs.described(request.user, [job], timezone.now())[0],
        "may_change": _may_change(request, planned) and planned.resource in importable_by(request.user),
        "mended": forms.MendedForm(),
        "mended_by": mended_by,
        "is_mended": sum(one.job.result["read"] for one in mended_by if one.job) >= counts["rejected"],
        "further": _further(planned, request) if planned.job and is_done else [],
    }


def _further(planned: Import, request: Request) -> list[tuple[str, str]]:
    """Other kinds of rows that the same file seems to hold, and that were not taken from it yet."""
    if not planned.upload.file:
        return []
    try:
        look = _look(planned.upload, work.manner_of(planned))
    except Unreadable:
        return []
    taken = set(planned.upload.imports.exclude(job=None).values_list("resource", flat=True))
    known: dict[str, dict[str, str]] = {}
    rows = ColumnMapping.objects.filter(source=planned.source).values_list("resource", "column", "field")
    for resource, column, field in rows:
        known.setdefault(resource, {})[column] = field
    return [
        (name, label_of(name))
        for name, resource in _resources(request).items()
        if name not in taken and forms.fills(look, resource, known.get(name, {}))
    ]


def _act(request: Request, planned: Import) -> HttpResponse:
    if not _may_change(request, planned) or planned.resource not in importable_by(request.user):
        return render(request, "403.html", status=HTTPStatus.FORBIDDEN)
    acts = {"run": _run, "stop": _stop, "go-on": _go_on, "again": _again, "next": _next}
    act = acts.get(request.POST.get("action", ""))
    return act(request, planned) if act else redirect("import", planned.pk)


def _run(request: Request, planned: Import) -> HttpResponse:
    """Only what was tried to its end."""
    tried = planned.preview
    if tried and tried.state == Job.State.DONE and planned.upload.file and not planned.job:
        work.begin_import(planned, by=request.user)
        _soon(planned)
    return redirect("import", planned.pk)


def _stop(_request: Request, planned: Import) -> HttpResponse:
    if planned.current:
        work.stop(planned.current, timezone.now())
    return redirect("import", planned.pk)


def _go_on(_request: Request, planned: Import) -> HttpResponse:
    """Not what was undone: half of it would come back."""
    if planned.current and planned.upload.file and not undo.undone([planned.current]):
        work.go_on(planned.current)
        _soon(planned)
    return redirect("import", planned.pk)


def _again(request: Request, planned: Import) -> HttpResponse:
    """The mended file, with all that was chosen for the one before."""
    form = forms.MendedForm(request.POST, request.FILES, is_too_large=was_too_large(request))
    if form.is_valid():
        anew = {"manner", "columns", "id_from_line"}
        kept = {name: value for name, value in planned.choices.items() if name not in anew}
        mended = _planned(
            form, request, resource=planned.resource, source=planned.source, choices=kept, mends=planned
        )
        if mended:
            return redirect("map-import", mended.pk)
    for problem in form.errors.get("file", []):
        messages.error(request, str(problem))
    return redirect("import", planned.pk)


def _next(request: Request, planned: Import) -> HttpResponse:
    """The same file for another kind of rows, from the same source, so that what is known already is found."""
    form = forms.NextForm(request.POST, resources=_resources(request))
    if not form.is_valid() or not planned.upload.file:
        return redirect("import", planned.pk)
    manner, resource = work.manner_of(planned), form.cleaned_data["resource"]
    further = _import_of(planned.upload, manner, request, resource=resource, source=planned.source)
    return redirect("map-import", further.pk)


def _soon(planned: Import) -> None:
    """A broker that is away is no reason to fail: the next minute finds what waits."""
    transaction.on_commit(lambda: work_on_import.delay(planned=planned.pk), robust=True)
