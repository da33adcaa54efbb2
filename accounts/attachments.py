"""Files that people put to an account: kept where only our pages find them, and gone with their row."""

import hashlib
from datetime import datetime, timedelta
from typing import BinaryIO, cast

from django.core.files.base import File
from django.core.files.storage import Storage
from django.db import transaction

from accounts.filetypes import type_of
from accounts.models import Account, Attachment, Contact, Ticket, User

MOST_BYTES = 25 << 20
FOLDER = "attachments"
# A file whose row is not written yet is being uploaded.
ON_ITS_WAY = timedelta(days=1)
LONGEST_NAME = 255


def add(
    account: Account,
    file: File,
    *,
    by: User | None,
    contact: Contact | None = None,
    ticket: Ticket | None = None,
) -> Attachment:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    added = Attachment(
        account=account,
        contact=contact,
        ticket=ticket,
        name=readable(file.name or ""),
        size=file.size,
        type=type_of(cast("BinaryIO", file)),
        sha256=digest.hexdigest(),
        added_by=by,
    )
    file.seek(0)
    # The name that people gave it says nothing safe, and perhaps somebody's name.
    added.file.save(digest.hexdigest(), file, save=True)
    return added


def readable(name: str) -> str:
    """Without what cannot be seen: some of it turns the end of a name around."""
    kept = "".join(letter for letter in name if letter.isprintable()).strip()
    return kept[-LONGEST_NAME:] or "file"


def may_remove(attachment: Attachment, user: User) -> bool:
    """Whoever put it there, and who may delete any."""
    return attachment.added_by_id == user.pk or user.has_perm("accounts.delete_attachment")


def remove(attachment: Attachment) -> None:
    kept, storage = str(attachment.file.name), attachment.file.storage
    with transaction.atomic():
        attachment.delete()
        transaction.on_commit(lambda: storage.delete(kept))


def prune(now: datetime) -> int:
    """Deletes the files that no row names: with an account or a contact the rows go, in whatever way."""
    storage = Attachment._meta.get_field("file").storage
    old = [path for path in _files(storage, FOLDER) if storage.get_modified_time(path) < now - ON_ITS_WAY]
    named = set(Attachment.objects.filter(file__in=old).values_list("file", flat=True))
    forsaken = [path for path in old if path not in named]
    for path in forsaken:
        storage.delete(path)
    return len(forsaken)


def _files(storage: Storage, folder: str) -> list[str]:
    if not storage.exists(folder):
        return []
    folders, files = storage.listdir(folder)
    found = [f"{folder}/{name}" for name in files]
    return found + [path for name in folders for path in _files(storage, f"{folder}/{name}")]
