"""Retention settings and erased addresses, as administrators see them."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group

from accounts.models import ErasedAddress, Notice, Retention
from accounts.models.people import digest_of
from tests.factories import at

pytestmark = pytest.mark.django_db


def test_months_are_set_and_the_next_run_is_foreseen(sign_in, administrator):
    made = Notice.objects.create(kind="x", happened_at=at("2001-01-01"))
    Notice.objects.filter(pk=made.pk).update(recorded_at=at("2001-01-01"))
    client = sign_in(administrator)

    empty = client.get("/privacy/").content.decode()
    answer = client.post(
        "/privacy/", {"notices": "3", "uploads": "", "history": "", "left_contacts": ""}, follow=True
    )

    assert "Nothing: no months are set." in empty
    assert answer.context["going"] == [("Notices", 1)]
    assert Retention.current().notices == 3
    assert Notice.objects.exists()


def test_uploads_go_when_the_installation_says_so_whatever_stands_there(sign_in, administrator, settings):
    settings.UPLOADS_KEPT = timedelta(days=45)

    answer = sign_in(administrator).get("/privacy/")

    assert "Uploaded files go after 45 days whatever stands here" in answer.content.decode()
    assert 'placeholder="45 days"' in str(answer.context["form"]["uploads"])
    assert 'placeholder="kept"' in str(answer.context["form"]["history"])


@pytest.mark.parametrize("months", ["0", "-1", "many", "1.5", "40000"])
def test_months_that_are_none_are_refused(sign_in, administrator, months):
    answer = sign_in(administrator).post("/privacy/", {"history": months})

    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == ["history"]
    assert Retention.current().history is None


def test_an_address_is_let_in_again(sign_in, administrator):
    ErasedAddress.objects.create(digest=digest_of("sara@example.com"))
    client = sign_in(administrator)

    refused = client.post("/privacy/", {"address": "omar@example.com"})
    client.post("/privacy/", {"address": "Sara@Example.com"})

    assert refused.status_code == 400
    assert "Nobody with this address was erased." in refused.content.decode()
    assert not ErasedAddress.objects.exists()


def test_only_administrators_set_it(sign_in, alice, administrator):
    alice.groups.add(Group.objects.get(name="Operations"))

    assert sign_in(alice).get("/privacy/").status_code == 403
    assert sign_in(alice).post("/privacy/", {"history": "1"}).status_code == 403
    assert 'href="/privacy/"' not in sign_in(alice).get("/runs/").content.decode()
    assert 'href="/privacy/"' in sign_in(administrator).get("/runs/").content.decode()
