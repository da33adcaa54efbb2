"""Attachments in the admin: found and deleted with their files, never written."""

import pytest
from django.core.files.base import ContentFile

from accounts import attachments
from accounts.models import Attachment
from tests import factories
from tests.accounts.admin.pages import address, listed, results

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract():
    return attachments.add(factories.account("Najm"), ContentFile(b"%PDF-", "contract.pdf"), by=None)


def test_attachments_are_found_by_their_account(page, contract):
    assert results(page.get(listed(Attachment, q="najm"))) == [contract]
    assert results(page.get(listed(Attachment, q="other"))) == []


def test_attachments_are_not_written_here(page, contract):
    assert page.get(listed(Attachment, "add")).status_code == 403
    assert page.post(address("change", contract), {"name": "other.pdf"}).status_code == 403


def test_files_are_deleted_with_their_rows(page, contract, django_capture_on_commit_callbacks):
    storage, paths = contract.file.storage, [contract.file.name]
    other = attachments.add(contract.account, ContentFile(b"x", "x.txt"), by=None)
    paths.append(other.file.name)

    with django_capture_on_commit_callbacks(execute=True):
        page.post(address("delete", contract), {"post": "yes"})
    with django_capture_on_commit_callbacks(execute=True):
        chosen = {"action": "delete_selected", "_selected_action": [other.pk], "post": "yes"}
        page.post(listed(Attachment), chosen)

    assert not Attachment.objects.exists()
    assert [storage.exists(path) for path in paths] == [False, False]
