"""Files of an account on its page: put there, fetched, deleted."""

import pytest
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts import attachments
from accounts.models import Attachment, Contact
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def csm(alice):
    alice.groups.add(Group.objects.get(name="CSM"))
    return alice


@pytest.fixture
def najm(csm, team):
    return factories.account("Najm", owner=csm, team=team)


@pytest.fixture
def contract(najm, csm):
    return attachments.add(najm, ContentFile(b"%PDF-1.7 terms", "العقد.pdf"), by=csm)


def uploaded(client, account, content=b"%PDF-1.7", name="terms.pdf", **more):
    return client.post(
        f"/accounts/{account.pk}/attachments/", {"file": SimpleUploadedFile(name, content), **more}
    )


def test_file_is_put_to_the_account_and_listed_on_its_page(sign_in, csm, najm):
    client = sign_in(csm)

    answer = uploaded(client, najm)

    assert answer["Location"] == f"/accounts/{najm.pk}/#panel-attachments"
    added = Attachment.objects.get()
    assert (added.account, added.name, added.added_by) == (najm, "terms.pdf", csm)
    for address in (f"/accounts/{najm.pk}/", f"/accounts/{najm.pk}/attachments/"):
        page = client.get(address).content.decode()
        assert f'href="/attachments/{added.pk}/"' in page
        assert "terms.pdf" in page
        assert 'enctype="multipart/form-data"' in page


def test_file_can_be_about_one_of_its_people_and_of_no_others(sign_in, csm, najm):
    sara = Contact.objects.create(account=najm, name="Sara")
    stranger = Contact.objects.create(account=factories.account("Other"), name="Omar")
    client = sign_in(csm)

    uploaded(client, najm, contact=sara.pk)
    uploaded(client, najm, contact=stranger.pk)

    assert [added.contact for added in Attachment.objects.all()] == [sara]
    page = client.get(f"/accounts/{najm.pk}/attachments/").content.decode()
    assert f'<option value="{sara.pk}">Sara</option>' in page
    assert "· <bdi>Sara</bdi>" in page
    assert "Omar" not in page


def test_file_is_of_a_contact_or_of_a_ticket(sign_in, csm, najm):
    sara = Contact.objects.create(account=najm, name="Sara")
    ticket = factories.ticket(najm, [("opened", "2026-01-05 10:00")], subject="Broken")
    client = sign_in(csm)

    uploaded(client, najm, contact=sara.pk, ticket=ticket.pk)
    page = client.get(f"/accounts/{najm.pk}/").content.decode()
    uploaded(client, najm, ticket=ticket.pk)

    assert "not to both" in page
    assert [added.ticket for added in Attachment.objects.all()] == [ticket]


def test_files_of_accounts_merged_into_it_are_listed(sign_in, csm, najm):
    loser = factories.account("Loser", merged_into=najm)
    attachments.add(loser, ContentFile(b"x", "old.txt"), by=None)

    assert "old.txt" in sign_in(csm).get(f"/accounts/{najm.pk}/attachments/").content.decode()


def test_what_is_too_large_or_empty_is_refused_in_words(sign_in, csm, najm, monkeypatch):
    monkeypatch.setattr(attachments, "MOST_BYTES", 10)
    client = sign_in(csm)

    uploaded(client, najm, content=b"x" * 11)
    page = client.get(f"/accounts/{najm.pk}/").content.decode()
    uploaded(client, najm, content=b"")

    assert "The file is larger than 10" in page
    assert "The submitted file is empty." in client.get(f"/accounts/{najm.pk}/").content.decode()
    assert not Attachment.objects.exists()


def test_download_is_a_file_and_never_a_page(sign_in, csm, contract):
    answer = sign_in(csm).get(f"/attachments/{contract.pk}/")

    assert b"".join(answer.streaming_content) == b"%PDF-1.7 terms"
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''%D8")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize("content", [b"<html><script>alert(1)</script>", b"<svg onload='alert(1)'>"])
def test_what_a_browser_would_run_is_bytes(sign_in, csm, najm, content):
    uploaded(sign_in(csm), najm, content=content, name="picture.png")

    answer = sign_in(csm).get(f"/attachments/{Attachment.objects.get().pk}/")

    assert b"".join(answer.streaming_content) == content
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")


def test_who_added_it_deletes_it(sign_in, csm, contract):
    answer = sign_in(csm).post(f"/attachments/{contract.pk}/")

    assert answer["Location"] == f"/accounts/{contract.account_id}/#panel-attachments"
    assert not Attachment.objects.exists()


def test_timeline_tells_who_added_and_who_removed_it(sign_in, csm, contract, administrator):
    sign_in(administrator).post(f"/attachments/{contract.pk}/")
    uploaded(sign_in(csm), contract.account, name="minutes.pdf")

    answer = sign_in(csm).get(f"/accounts/{contract.account_id}/timeline/")

    told = [(one.kind, one.label, one.detail) for one in answer.context["entries"]]
    assert told[:2] == [
        ("attachment", "minutes.pdf", str(csm)),
        ("attachment-removed", "العقد.pdf", str(administrator)),
    ]
    assert "File removed: <bdi>العقد.pdf</bdi>" in answer.content.decode()


def test_others_delete_it_with_the_right_alone(sign_in, bob, contract):
    client = sign_in(bob)

    assert client.post(f"/attachments/{contract.pk}/").status_code == 403
    assert Attachment.objects.exists()
    bob.groups.add(Group.objects.get(name="CS manager"))
    assert client.post(f"/attachments/{contract.pk}/").status_code == 302
    assert not Attachment.objects.exists()


def test_who_may_not_add_is_offered_nothing(sign_in, bob, najm):
    client = sign_in(bob)

    assert "multipart" not in client.get(f"/accounts/{najm.pk}/").content.decode()
    assert uploaded(client, najm).status_code == 403


def test_strangers_find_nothing(sign_in, charlie, najm, contract):
    charlie.groups.add(Group.objects.get(name="CSM"))
    client = sign_in(charlie)

    assert client.get(f"/attachments/{contract.pk}/").status_code == 404
    assert client.post(f"/attachments/{contract.pk}/").status_code == 404
    assert uploaded(client, najm).status_code == 404
    assert Attachment.objects.count() == 1


def test_list_costs_the_same_for_one_and_three(sign_in, csm, najm, contract, django_assert_num_queries):
    client = sign_in(csm)
    client.get(f"/accounts/{najm.pk}/attachments/")

    with django_assert_num_queries(12):
        client.get(f"/accounts/{najm.pk}/attachments/")
    for number in range(2):
        attachments.add(najm, ContentFile(b"x", f"{number}.txt"), by=csm)
    with django_assert_num_queries(12):
        client.get(f"/accounts/{najm.pk}/attachments/")
