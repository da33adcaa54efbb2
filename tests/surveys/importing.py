"""How tests bring old responses in."""

from django.core.files.base import ContentFile

from accounts.imports import uploads
from surveys import importing
from surveys.models import ResponseImport
from tests.factories import at

NOW = at("2026-03-15 12:00")


def uploaded(survey, by, *lines, source="old", name="old.csv", **fields):
    """`lines`: of a file, or its bytes."""
    content = lines[0] if isinstance(lines[0], bytes) else "\n".join(lines).encode()
    kept = uploads.keep(ContentFile(content), name)
    return ResponseImport.objects.create(survey=survey, upload=kept, source=source, made_by=by, **fields)


def taken(survey, by, *lines, **fields):
    """As the page takes it: tried out, and imported."""
    made = uploaded(survey, by, *lines, **fields)
    importing.run(made, by, NOW)
    return made


def planned(survey, by, *lines, **fields):
    return importing.plan(uploaded(survey, by, *lines, **fields), by, NOW)


def counts(found):
    """Those that are not zero."""
    said = found.counts if hasattr(found, "counts") else vars(found)
    return {name: said[name] for name in ("created", "replaced", "unchanged", "rejected") if said[name]}
