"""Files of an account: kept, and gone with their row."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from accounts import attachments
from accounts.models import Attachment, AuditEntry
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)


@pytest.fixture
def najm():
    return factories.account("Najm")


@pytest.fixture
def contract(najm, alice):
    return attachments.add(najm, ContentFile(b"%PDF-1.7 terms", "contract.doc"), by=alice)


def is_kept(path):
    return storages["uploads"].exists(path)


def test_file_is_kept_under_its_hash_with_what_it_is(contract, najm, alice):
    assert (contract.name, contract.size, contract.type) == ("contract.doc", 14, "application/pdf")
    assert (contract.account, contract.added_by) == (najm, alice)
    assert contract.kind == "PDF"
    assert contract.sha256 in contract.file.name
    assert "contract" not in contract.file.name
    with contract.file.open() as file:
        assert file.read() == b"%PDF-1.7 terms"


def test_same_file_twice_is_two_files(najm, contract):
    again = attachments.add(najm, ContentFile(b"%PDF-1.7 terms", "copy.pdf"), by=None)

    attachments.remove(again)

    assert is_kept(contract.file.name)


def test_name_hides_nothing():
    assert attachments.readable("invoice\u202efdp.exe\n") == "invoicefdp.exe"
    assert attachments.readable("عقد.pdf") == "عقد.pdf"
    assert attachments.readable("\n") == "file"
    assert len(attachments.readable("x" * 300)) == 255


def test_file_goes_with_its_row_once_that_is_certain(contract, django_capture_on_commit_callbacks):
    path = contract.file.name

    with django_capture_on_commit_callbacks() as certain:
        attachments.remove(contract)
    assert is_kept(path)
    for callback in certain:
        callback()

    assert not is_kept(path)
    assert not Attachment.objects.exists()
    assert AuditEntry.objects.filter(table="accounts_attachment", action="delete").exists()


def test_prune_deletes_the_files_of_rows_that_went_in_other_ways(najm, contract):
    other = attachments.add(factories.account("Other"), ContentFile(b"kept", "kept.txt"), by=None)
    path = contract.file.name
    najm.delete()

    assert attachments.prune(NOW) == 0
    assert is_kept(path)
    # Other tests leave files of theirs in the same folder.
    attachments.prune(NOW + timedelta(days=2))

    assert not is_kept(path)
    assert is_kept(other.file.name)


def test_prune_leaves_what_is_on_its_way(contract):
    storage = storages["uploads"]
    path = storage.save("attachments/2026/03/new", ContentFile(b"x"))
    old = storage.save("attachments/2026/03/old", ContentFile(b"x"))
    long_ago = (NOW - timedelta(days=3)).timestamp()
    os.utime(storage.path(old), (long_ago, long_ago))

    attachments.prune(NOW)

    assert is_kept(path)
    assert not is_kept(old)
