"""Accounts and people written on the pages of the product."""

from datetime import date

import pytest
from django.contrib.auth.models import Group, Permission

from accounts.merges import merge_accounts
from accounts.models import Account, AccountChange, AuditEntry, Contact
from accounts.services import change_account
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def csm(alice):
    alice.groups.add(Group.objects.get(name="CSM"))
    return alice


@pytest.fixture
def najm(csm):
    return factories.account("Najm", owner=csm, stage="live", segment="small")


def sent(form, **changes):
    """What a browser would send of the form."""
    fields = {bound.html_name: bound.value() for bound in form}
    return {name: value for name, value in (fields | changes).items() if value is not None}


def posted(client, address, **changes):
    page = client.get(address)
    return client.post(address, sent(page.context["form"], **{"_seen": str(page.context["seen"]), **changes}))


def test_a_csm_adds_a_person(sign_in, csm, najm):
    client = sign_in(csm)
    address = f"/accounts/{najm.pk}/contacts/add/"

    assert f'href="{address}"' in client.get(f"/accounts/{najm.pk}/").content.decode()
    answer = posted(client, address, name="Sara", email="sara@example.com", role="champion", tags="vip; سفير")

    assert answer["Location"] == f"/accounts/{najm.pk}/#panel-contacts"
    sara = Contact.objects.get()
    assert (sara.account, sara.name, sara.role, sorted(sara.tags)) == (
        najm, "Sara", "champion", ["vip", "سفير"],
    )  # fmt: skip
    assert AuditEntry.objects.get(table="accounts_contact", row=sara.pk).actor == csm
    assert f'href="/contacts/{sara.pk}/edit/"' in client.get(f"/accounts/{najm.pk}/").content.decode()


def test_a_person_is_corrected_and_nobody_else_is_named(sign_in, csm, najm):
    sara = najm.contacts.create(name="Sara", email="sara@example.com", source="crm", external_id="7")
    client = sign_in(csm)

    refused = posted(client, f"/contacts/{sara.pk}/edit/", name="", email="")
    answer = posted(client, f"/contacts/{sara.pk}/edit/", phone="+966 55 123 4567", left="٢٠٢٦-٠٣-٣١")

    assert refused.status_code == 400
    assert "Give a name or an e-mail address." in refused.content.decode()
    assert answer.status_code == 302
    sara.refresh_from_db()
    assert (sara.name, sara.phone, sara.left, sara.external_id) == (
        "Sara", "+966 55 123 4567", date(2026, 3, 31), "7",
    )  # fmt: skip


def test_an_account_is_edited_from_a_day_on(sign_in, csm, najm):
    factories.attribute("seats", "whole")
    csm.user_permissions.add(Permission.objects.get(codename="change_accountchange"))
    client = sign_in(csm)
    address = f"/accounts/{najm.pk}/edit/"

    assert f'href="{address}"' in client.get(f"/accounts/{najm.pk}/").content.decode()
    changes = {"attribute.seats": "٢٥٠", "segment": "large", "from_day": "2026-02-01"}
    answer = posted(client, address, name="Najm Co", country="SA", **changes)

    assert answer["Location"] == f"/accounts/{najm.pk}/"
    najm.refresh_from_db()
    assert (najm.name, najm.country, najm.segment, najm.attributes) == (
        "Najm Co", "SA", "large", {"seats": ["250"]},
    )  # fmt: skip
    dated = AccountChange.objects.filter(account=najm, from_day="2026-02-01").order_by("field")
    assert [(one.field, one.value, one.by) for one in dated] == [
        ("attribute.seats", "250", csm),
        ("segment", "large", csm),
    ]


def test_what_held_is_for_those_who_correct_dated_values(sign_in, csm, najm):
    address = f"/accounts/{najm.pk}/edit/"

    answer = posted(sign_in(csm), address, segment="large", from_day="2026-02-01")

    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == ["from_day"]
    assert not AccountChange.objects.filter(account=najm, value="large").exists()


def test_a_day_alone_says_nothing(sign_in, csm, najm):
    answer = posted(sign_in(csm), f"/accounts/{najm.pk}/edit/", name="Other", from_day="2026-02-01")

    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == ["from_day"]
    assert "<bdi>Najm</bdi>" in answer.content.decode()
    assert Account.objects.get().name == "Najm"


def test_whoever_gives_an_account_away_is_led_to_what_is_left(sign_in, csm, najm, charlie):
    answer = posted(sign_in(csm), f"/accounts/{najm.pk}/edit/", owner=charlie.pk)

    assert answer["Location"] == "/accounts/"
    assert Account.objects.get().owner == charlie


def test_who_saves_second_is_told_and_takes_over_what_they_did_not_touch(sign_in, csm, najm, bob):
    factories.attribute("seats", "whole")
    client, address = sign_in(csm), f"/accounts/{najm.pk}/edit/"
    opened = client.get(address)
    change_account(najm, by=bob, day=date(2026, 1, 1), **{"segment": "large", "attribute.seats": "10"})
    given = sent(opened.context["form"], _seen=str(opened.context["seen"]), industry="Logistics")

    answer = client.post(address, given)

    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Somebody else changed this while you were writing" in page
    assert "<ins><bdi>large</bdi></ins>" in page
    form = answer.context["form"]
    assert [form[name].value() for name in ("industry", "segment", "attribute.seats")] == [
        "Logistics", "large", "10",
    ]  # fmt: skip
    assert Account.objects.get().industry == ""
    client.post(address, sent(form, _seen=str(answer.context["seen"])))
    najm.refresh_from_db()
    assert (najm.industry, najm.segment, najm.attributes) == ("Logistics", "large", {"seats": ["10"]})


def test_what_one_may_not_see_does_not_exist_and_what_one_may_not_write_is_refused(sign_in, alice, najm, bob):
    sara = najm.contacts.create(name="Sara")
    alien = factories.account("Alien")
    other = alien.contacts.create(name="Other")
    pages = "/accounts/{}/edit/", "/accounts/{}/contacts/add/", "/contacts/{}/edit/"

    client = sign_in(alice)
    hidden = [
        client.get(page.format(of)).status_code
        for page, of in zip(pages, (alien.pk, alien.pk, other.pk), strict=True)
    ]
    Account.objects.filter(pk=najm.pk).update(owner=bob)
    client = sign_in(bob)
    refused = [
        client.post(page.format(of), {"name": "X"}).status_code
        for page, of in zip(pages, (najm.pk, najm.pk, sara.pk), strict=True)
    ]

    assert (hidden, refused) == ([404] * 3, [403] * 3)
    page = client.get(f"/accounts/{najm.pk}/").content.decode()
    assert "/edit/" not in page
    assert "contacts/add/" not in page


def test_a_merged_account_leads_to_its_survivor(sign_in, csm, najm):
    loser = factories.account("Najm (old)", owner=csm)
    merge_accounts(loser, najm, by=csm)
    client = sign_in(csm)

    assert client.get(f"/accounts/{loser.pk}/edit/")["Location"] == f"/accounts/{najm.pk}/"
    assert (
        client.get(f"/accounts/{loser.pk}/contacts/add/")["Location"] == f"/accounts/{najm.pk}/contacts/add/"
    )
