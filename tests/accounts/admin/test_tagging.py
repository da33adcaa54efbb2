"""Tags of many contacts in their list, and the columns of any list as a file."""

import csv
import io

import pytest

from accounts.imports import undo
from accounts.models import Contact, Job, User
from accounts.tasks import undo_imports
from tests import factories
from tests.accounts.admin.pages import listed

pytestmark = pytest.mark.django_db

LIST = listed(Contact)


@pytest.fixture
def people():
    account = factories.account("Najm")
    return [Contact.objects.create(account=account, name=name, email=f"{name}@x.example") for name in "abc"]


def acted(page, *rows, address=LIST, action="change_tags", **more):
    return page.post(address, {"action": action, "_selected_action": [row.pk for row in rows], **more})


def tags():
    return [contact.tags for contact in Contact.objects.order_by("name")]


def test_tag_is_asked_for_then_foreseen_then_given_and_can_be_undone(page, people):
    first, second, third = people
    Contact.objects.filter(pk=second.pk).update(tags=["VIP"])

    asked = acted(page, first, second)
    foreseen = acted(page, first, second, do="contact.tag", tag="vip")
    assert tags() == [[], ["VIP"], []]
    done = acted(page, first, second, do="contact.tag", tag="vip", changing=1)

    assert asked.context["rows"] == 2
    assert foreseen.context["foreseen"].changing == 1
    assert f'name="_selected_action" value="{first.pk}"' in foreseen.content.decode()
    assert done.status_code == 302
    assert tags() == [["VIP"], ["VIP"], []]
    undo.begin(Job.objects.get(), by=None, now=Job.objects.get().finished_at)
    undo_imports()
    assert tags() == [[], ["VIP"], []]


def test_all_that_match_are_tagged_not_only_those_of_the_page(page, people):
    address = f"{LIST}?role__exact=user&q=Najm"
    Contact.objects.filter(name="c").update(role="admin")

    acted(page, people[0], address=address, select_across=1, do="contact.tag", tag="VIP", changing=2)

    assert tags() == [["VIP"], ["VIP"], []]


def test_tag_is_taken_away(page, people):
    Contact.objects.update(tags=["VIP", "early"])

    acted(page, *people[:2], do="contact.untag", tag="vip", changing=2)

    assert tags() == [["early"], ["early"], ["early", "VIP"]]


def test_two_tags_at_once_are_refused(page, people):
    assert "Give one tag." in acted(page, people[0], do="contact.tag", tag="a; b").content.decode()


def test_who_may_not_change_contacts_is_not_offered_it(as_role, bob, people):
    page = as_role(bob, "Executive")

    acted(page, *people, do="contact.tag", tag="VIP", changing=3)

    assert tags() == [[], [], []]
    assert "change_tags" not in page.get(LIST).content.decode()


def test_contacts_of_others_are_not_tagged(as_role, alice, charlie, people):
    Contact.objects.filter(name="a").update(account=factories.account("Alice's", owner=alice))
    page = as_role(alice, "CSM")

    acted(page, *people, do="contact.tag", tag="VIP", changing=1)

    assert tags() == [["VIP"], [], []]


def test_chosen_rows_are_exported_as_the_list_shows_them(page, people):
    Contact.objects.filter(name="a").update(name="=1+1")

    answer = acted(page, people[0], people[2], action="export_chosen")

    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert rows[0][:3] == ["id", "name", "E-mail address"]
    assert [row[1:5] for row in rows[1:]] == [
        ["'=1+1", "a@x.example", "", "Najm"],
        ["c", "c@x.example", "", "Najm"],
    ]


def test_who_is_deactivated_and_still_owns_accounts_leads_to_the_handover(page, alice):
    factories.account("Najm", owner=alice)
    address = f"/admin/accounts/user/{alice.pk}/change/"
    fields = {"email": alice.email, "name": "Alice", "language": "en", "time_zone": ""}

    answer = page.post(address, fields)

    assert not User.objects.get(pk=alice.pk).is_active
    assert answer["Location"] == f"/handover/?from={alice.pk}"
    assert "still has accounts or open tickets" in page.get(answer["Location"]).content.decode()


def test_who_is_deactivated_and_owns_nothing_is_just_saved(page, alice):
    fields = {"email": alice.email, "name": "Alice", "language": "en", "time_zone": ""}

    answer = page.post(f"/admin/accounts/user/{alice.pk}/change/", fields)

    assert answer["Location"] == "/admin/accounts/user/"
