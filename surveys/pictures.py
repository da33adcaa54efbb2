"""Pictures of surveys, logos too: kept with the files of people, and shown to whoever answers.

Their address is signed, so that it names nothing else that is kept there, and nobody finds one by counting.
"""

import hashlib
from datetime import datetime, timedelta
from typing import BinaryIO, cast

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.signing import Signer
from django.db import connection
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.filetypes import type_of
from accounts.models.imports import kept_files

FOLDER = "surveys"
MOST_BYTES = 1 << 20
ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
# An upload is kept before the form that it came with is saved.
AWAITED = timedelta(days=1)
USED = """
SELECT logo FROM surveys_survey UNION
SELECT jsonb_path_query(draft, '$.questions[*].options[*].picture') #>> '{}' FROM surveys_survey UNION
SELECT jsonb_path_query(asked, '$.questions[*].options[*].picture') #>> '{}' FROM surveys_surveyversion"""
_SIGNER = Signer(salt="surveys.picture")


def check(file: File) -> str:
    """Its media type, by its bytes. Raises ValidationError."""
    if file.size > MOST_BYTES:
        raise ValidationError(
            _("The picture is larger than %(limit)s.") % {"limit": filesizeformat(MOST_BYTES)}
        )
    found = type_of(cast("BinaryIO", file))
    file.seek(0)
    if found not in ENDINGS:
        raise ValidationError(_("This is no picture. Give a PNG, JPEG, GIF or WebP file."))
    return found


def keep(file: File) -> str:
    """Its name, which is of its bytes: the same picture is kept once."""
    found = check(file)
    name = f"{FOLDER}/{hashlib.sha256(file.read()).hexdigest()}.{ENDINGS[found]}"
    file.seek(0)
    storage = kept_files()
    return name if storage.exists(name) else storage.save(name, file)


def address_of(name: str) -> str:
    return reverse("surveys:picture", args=[_SIGNER.sign(name)]) if name else ""


def opened(signed: str) -> tuple[File, str]:
    """With its media type. Raises BadSignature, and FileNotFoundError where it is gone."""
    name = _SIGNER.unsign(signed)
    file = kept_files().open(name)
    found = type_of(cast("BinaryIO", file))
    file.seek(0)
    return file, found


def forget_unused(now: datetime) -> int:
    """Deletes what no draft, no version and no logo shows; returns how many files went."""
    storage = kept_files()
    # What is used is asked for last, so that nothing that somebody takes up meanwhile is missed.
    try:
        kept = {f"{FOLDER}/{name}" for name in storage.listdir(FOLDER)[1]}
    except FileNotFoundError:
        return 0
    old = {name for name in kept if storage.get_modified_time(name) < now - AWAITED}
    unused = old - _used()
    for name in unused:
        storage.delete(name)
    return len(unused)


def _used() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(USED)
        return {name for (name,) in cursor.fetchall()}
