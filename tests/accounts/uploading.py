"""How tests upload a file, try it out and have it taken, as the pages and the workers do."""

from datetime import timedelta

from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.imports import uploads, work
from accounts.models import Import, Job, RowFate

HOUR = timedelta(hours=1)


def planned(content, resource, mapping, *, by=None, name="file.csv", **choices):
    """As the mapping page leaves it. `mapping`: column -> field."""
    upload = uploads.keep(ContentFile(content), name)
    with uploads.opened(upload.file) as file:
        manner = vars(uploads.proposed(file)) | choices.pop("manner", {})
    return Import.objects.create(
        upload=upload,
        resource=resource.name,
        source="crm",
        created_by=by,
        choices={"manner": manner, "columns": [list(pair) for pair in mapping.items()], **choices},
    )


def previewed(found, resource, by=None, **more):
    work.begin_preview(found, by=by)
    return worked(found, resource, **more)


def imported(found, resource, by=None, **more):
    assert work.begin_import(found, by=by)
    return worked(found, resource, **more)


def worked(found, resource, until=None, **more):
    """A worker takes up what waits; the job as it is then."""
    known = Import.objects.with_jobs().get(pk=found.pk)
    work.work_on(known, resource, until=until or timezone.now() + HOUR, **more)
    return Job.objects.get(pk=(known.job or known.preview).pk)


def fates(job):
    """line -> created, changed, unchanged; or the (column, value, reason) of each of its bad cells."""
    found = {}
    for row in RowFate.objects.filter(job=job).order_by("line", "pk"):
        if row.fate == RowFate.Fate.REJECTED:
            found.setdefault(row.line, []).append((row.column, row.value, row.reason))
        else:
            found[row.line] = row.fate
    return found
