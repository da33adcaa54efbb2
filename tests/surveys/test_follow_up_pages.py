"""The pages of follow-ups."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import Contact, Message
from surveys.models import FollowUp
from tests.factories import account
from tests.surveys import rows

pytestmark = pytest.mark.django_db


def in_role(user, role="CSM"):
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def case(alice):
    najm = account("Najm", owner=alice)
    sara = Contact.objects.create(account=najm, name="Sara", email="sara@najm.example", language="ar")
    response = rows.response(account=najm, contact=sara, band="low")
    rows.answer(response, 3)
    now = timezone.now()
    return FollowUp.objects.create(
        response=response, account=najm, owner=alice, opened_at=now, due_at=now + timedelta(days=2)
    )


def test_case_shows_what_was_answered_and_is_closed(sign_in, alice, case):
    client, page = sign_in(in_role(alice)), f"/follow-ups/{case.pk}/"

    shown = client.get(page).content.decode()
    assert all(words in shown for words in ("Sara", "Najm", "How likely?", "Relationship"))
    wrong = client.post(f"{page}close/", {"outcome": "", "note": "Called"})
    assert (wrong.status_code, list(wrong.context["outcome"].errors)) == (400, ["outcome"])
    assert "Called" in wrong.content.decode()

    client.post(f"{page}close/", {"outcome": "solved", "note": "Called her"})
    late = client.post(f"{page}close/", {"outcome": "not_reached"}, follow=True)

    case.refresh_from_db()
    assert (case.outcome, case.note) == ("solved", "Called her")
    assert "Somebody else closed it meanwhile: Solved." in late.content.decode()
    client.post(f"{page}open/")
    case.refresh_from_db()
    assert case.done_at is None


@pytest.mark.parametrize(
    ("asked", "fields", "is_listed"),
    [
        ("", {}, True),
        ("", {"done_at": timezone.now(), "outcome": "solved"}, False),
        ("?which=done", {"done_at": timezone.now(), "outcome": "solved"}, True),
        ("?which=overdue", {}, False),
        ("?which=overdue", {"due_at": timezone.now() - timedelta(hours=1)}, True),
        ("?mine=on", {}, True),
        ("?mine=on", {"owner": None}, False),
    ],
    ids=["open", "done", "of-done", "due-later", "overdue", "mine", "nobody-s"],
)
def test_which_are_listed(sign_in, alice, case, asked, fields, is_listed):
    FollowUp.objects.update(**fields)

    page = sign_in(in_role(alice)).get(f"/follow-ups/{asked}").content.decode()

    assert (f'href="/follow-ups/{case.pk}/"' in page) is is_listed
    assert ("Nothing to follow up here" in page) is not is_listed


def test_wrong_address_is_told(sign_in, alice):
    assert sign_in(in_role(alice)).get("/follow-ups/?which=some").status_code == 400


def test_it_is_handed_over_to_who_sees_the_account(sign_in, alice, bob, charlie, case):
    in_role(bob, "CS manager")
    in_role(charlie)
    client, where = sign_in(in_role(alice)), f"/follow-ups/{case.pk}/owner/"

    refused = client.post(where, {"owner": charlie.pk})
    client.post(where, {"owner": bob.pk})

    assert (refused.status_code, list(refused.context["owner"].errors)) == (400, ["owner"])
    case.refresh_from_db()
    assert case.owner == bob


def test_whoever_answered_is_written_to(sign_in, alice, case):
    client, page = sign_in(in_role(alice)), f"/follow-ups/{case.pk}/"

    wrong = client.post(f"{page}mail/", {"subject": "Thanks", "body": "Dear {{ name }}"})
    client.post(f"{page}mail/", {"subject": "شكرًا", "body": "سنصلح ذلك."})

    assert (wrong.status_code, list(wrong.context["mail"].errors)) == (400, ["body"])
    assert Message.objects.get().address == "sara@najm.example"
    assert "شكرًا" in client.get(page).content.decode()


def test_without_an_address_there_is_no_form(sign_in, alice, case):
    Contact.objects.update(email="")

    assert "there is no address" in sign_in(in_role(alice)).get(f"/follow-ups/{case.pk}/").content.decode()


@pytest.mark.parametrize("step", ["", "close/", "open/", "owner/", "mail/"])
def test_of_others_accounts_there_is_no_such_case(sign_in, charlie, case, step):
    client, where = sign_in(in_role(charlie)), f"/follow-ups/{case.pk}/{step}"

    assert (client.post(where) if step else client.get(where)).status_code == 404
    assert f'href="/follow-ups/{case.pk}/"' not in client.get("/follow-ups/").content.decode()


def test_who_reads_no_follow_ups_has_no_such_page(sign_in, bob, case):
    client = sign_in(in_role(bob, "Marketing"))

    assert {client.get(where).status_code for where in ("/follow-ups/", f"/follow-ups/{case.pk}/")} == {404}
    assert 'href="/follow-ups/"' not in client.get("/").content.decode()


def test_page_in_arabic(sign_in, alice, case):
    alice.language = "ar"
    alice.save()

    page = sign_in(in_role(alice)).get(f"/follow-ups/{case.pk}/").content.decode()

    assert 'dir="rtl"' in page
    assert "المتابعات" in page
