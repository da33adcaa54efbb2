"""Of whom senders speak becomes a contact of an account, or is one who is there already; of many as of one."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.intake.people import settle_users
from accounts.models import Account, AuditEntry, Contact, EventMark, Identity, Profile
from tests.accounts.intake.knowing import SARA, contact_of, ids, known, only
from tests.accounts.intake.saying import NOW, at, group, identify, said

pytestmark = pytest.mark.django_db


# From nothing


def test_a_person_at_a_company_becomes_a_contact_of_an_account():
    said(
        identify("u1", **SARA, phone="+٩٦٦ ٥٥ ١٢٣", locale="ar_SA", createdAt="2026-01-31"),
        group("najm", "u1", name="Najm", industry="Freight", address={"country": "KSA"}),
    )

    account = Account.objects.get()
    assert (account.name, account.industry, account.country) == ("Najm", "Freight", "SA")
    assert list(account.keys.values_list("source", "value")) == [("crm", "najm")]
    contact = Contact.objects.get()
    assert (contact.account, contact.source, contact.external_id) == (account, "web", "u1")
    assert (contact.name, contact.email) == ("سارة أحمد", "Sara@Najm.sa")
    assert (contact.phone, contact.language) == ("+966 55 123", "ar")
    assert contact.joined == date(2026, 1, 31)
    assert ids(contact) == {("user", "u1", True)}


def test_who_is_at_no_company_is_a_profile_alone():
    said(identify("u1", **SARA, age=30))

    profile = Profile.objects.get()
    assert (profile.source, profile.value, profile.email) == ("web", "u1", "sara@najm.sa")
    assert profile.traits == {**SARA, "age": 30}
    assert not Contact.objects.exists()
    assert not Account.objects.exists()


def test_who_has_neither_name_nor_address_is_nobody_yet():
    said(identify("u1", age=30), group("najm", "u1"))
    assert not Contact.objects.exists()

    said(identify("u1", minute=1, name="Sara"))

    assert only(name=0, email=0) == {"name": "Sara", "email": ""}


def test_a_company_without_a_name_is_called_by_its_id_until_it_has_one():
    said(group("najm", "u1"))
    assert Account.objects.get().name == "najm"

    said(group("najm", minute=1, name="شركة نجم"))

    assert Account.objects.get().name == "شركة نجم"


def test_a_person_at_two_companies_is_a_contact_at_each():
    said(identify("u1", anonymous="a1", **SARA), group("najm", "u1"), group("falak", "u1"))

    contacts = Contact.objects.order_by("account__name")
    assert [(one.account.name, one.external_id) for one in contacts] == [("falak", "u1"), ("najm", None)]
    for one in contacts:
        assert ids(one) == {("user", "u1", True), ("anonymous", "a1", True)}


def test_two_users_of_one_address_are_one_contact():
    said(identify("u1", **SARA), group("najm", "u1"))
    said(identify("u2", email="SARA@NAJM.SA"), group("najm", "u2"))

    assert ids(Contact.objects.get()) == {("user", "u1", True), ("user", "u2", True)}


def test_two_users_of_one_address_come_at_once():
    said(identify("u1", **SARA), identify("u2", **SARA), group("najm", "u1"), group("najm", "u2"))

    assert ids(Contact.objects.get()) == {("user", "u1", True), ("user", "u2", True)}


def test_who_shared_an_address_and_has_another_one_parts():
    said(identify("u1", **SARA), identify("u2", **SARA), group("najm", "u1"), group("najm", "u2"))

    said(identify("u1", minute=1, email="new@najm.sa"))

    assert {(one.email, *ids(one)) for one in Contact.objects.all()} == {
        ("new@najm.sa", ("user", "u1", True)),
        ("Sara@Najm.sa", ("user", "u2", True)),
    }


def test_who_still_has_the_address_keeps_the_contact():
    said(identify("u1", **SARA), identify("u2", **SARA), group("najm", "u1"))
    said(group("falak", "u1"), group("falak", "u2"))
    shared = Contact.objects.get(account__name="falak")
    assert (shared.external_id, len(ids(shared))) == (None, 2)

    said(identify("u1", minute=1, email="new@najm.sa"))

    shared.refresh_from_db()
    assert (shared.email, ids(shared)) == ("Sara@Najm.sa", {("user", "u2", True)})
    assert Contact.objects.filter(account__name="falak", email="new@najm.sa").count() == 1


# Who is there already


@pytest.mark.parametrize(
    "fields",
    [{"email": "sara@NAJM.sa"}, {"source": "web", "external_id": "u1", "name": "S."}],
    ids=["address", "id"],
)
def test_a_contact_who_is_there_is_taken(fields):
    contact = contact_of(known(), phone="7", **fields)

    said(identify("u1", **SARA, phone="8", language="ar"), group("najm", "u1"))

    assert Contact.objects.get() == contact
    contact.refresh_from_db()
    assert (contact.name, contact.phone, contact.language) == (
        fields.get("name", SARA["name"]),
        "7",
        "ar",
    )
    assert ids(contact) == {("user", "u1", True)}


def test_a_contact_of_the_same_address_at_another_account_is_another_one():
    contact_of(known("Falak", "falak"), email="sara@najm.sa")

    said(identify("u1", **SARA), group("najm", "u1"))

    assert Contact.objects.count() == 2
    assert set(Identity.objects.values_list("contact__account__name", flat=True)) == {"najm"}


def test_without_a_company_the_only_one_with_the_address_is_meant():
    contact = contact_of(known(), email="SARA@najm.sa")

    said(identify("u1", anonymous="a1", **SARA))

    assert ids(contact) == {("user", "u1", True), ("anonymous", "a1", True)}
    contact.refresh_from_db()
    assert contact.name == ""


def test_without_a_company_nobody_is_meant_who_is_at_two_accounts():
    contact_of(known(), email="sara@najm.sa")
    contact_of(known("Falak", "falak"), email="sara@najm.sa")

    said(identify("u1", **SARA))

    assert not Identity.objects.exists()


def test_who_was_meant_is_no_more_once_there_is_another_one():
    contact = contact_of(known(), email="sara@najm.sa")
    said(identify("u1", **SARA))
    assert ids(contact)

    said(identify("u2", **SARA), group("falak", "u2"))

    assert set(Identity.objects.values_list("value", flat=True)) == {"u2"}


def test_who_is_meant_follows_when_a_contact_comes_to_have_the_address():
    said(identify("u1", **SARA))

    said(identify("u2", email="old@najm.sa"), group("najm", "u2"))
    said(identify("u2", minute=1, email="sara@najm.sa"))

    assert ids(Contact.objects.get()) == {("user", "u1", True), ("user", "u2", True)}


def test_contacts_imported_later_are_found_with_all_earlier_ids():
    said(identify("u1", anonymous="a1"))
    EventMark.objects.all().delete()
    contact = contact_of(known(), name="Sara", source="web", external_id="u1")
    assert EventMark.objects.filter(person=Profile.objects.get().digest).exists()

    settle_users(["u1"], source="web", companies_source="crm", now=NOW)

    assert ids(contact) == {("user", "u1", True), ("anonymous", "a1", True)}


def test_what_people_entered_stays_and_counts():
    account = known()
    colleague = contact_of(known("Falak", "falak"), name="Sara")
    entered = Identity.objects.create(contact=colleague, source="web", value="u1")
    strange = Identity.objects.create(contact=contact_of(account, name="X"), source="web", value="other")

    said(identify("u1", anonymous="a1", **SARA), group("najm", "u1"))
    said(identify("u1", minute=1, phone="7"))

    assert set(Identity.objects.filter(derived=False)) == {entered, strange}
    assert ids(colleague) == {("user", "u1", False), ("anonymous", "a1", True)}
    assert {one.account.name for one in Contact.objects.filter(identities__value="u1")} == {"Najm", "Falak"}


def test_an_id_that_is_theirs_no_more_leads_nowhere():
    contact = contact_of(known(), name="Sara")
    Identity.objects.create(contact=contact, source="web", value="u1", until="2026-03-01")

    said(identify("u1", name="Huda"), group("najm", "u1"))

    assert Contact.objects.exclude(pk=contact.pk).get().name == "Huda"


# Many


def many(count, minute=0):
    calls = [
        identify(f"u{number}", minute=minute, anonymous=f"a{number}", email=f"u{number}@najm.sa", name="Sara")
        for number in range(count)
    ]
    return calls + [group(f"c{number % 10}", f"u{number}", minute=minute) for number in range(count)]


def test_what_is_repeated_costs_the_same_for_one_and_for_many():
    said(*many(20))
    costs = []

    for count in (1, 3, 20):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            said(*many(count, minute=count))
        costs.append(len(asked))

    assert len(set(costs)) == 1
    assert costs[0] <= 30


def test_what_is_repeated_changes_no_row_but_when_it_was_said():
    said(*many(5))
    AuditEntry.objects.all().delete()
    EventMark.objects.all().delete()

    said(*many(5, minute=1))

    assert not AuditEntry.objects.exists()
    assert not EventMark.objects.exists()
    assert Profile.objects.first().told_at.isoformat() == at(1)


def test_new_people_cost_the_same_for_few_and_for_many():
    costs = []
    for first, count in ((0, 2), (100, 20)):
        calls = [
            call
            for number in range(first, first + count)
            for call in (
                identify(f"u{number}", **{**SARA, "email": f"{number}@najm.sa"}),
                group("c", f"u{number}"),
            )
        ]
        said(group("c"))
        with CaptureQueriesContext(connection) as asked:
            said(*calls)
        costs.append(len(asked))

    assert costs[0] == costs[1]
    assert Contact.objects.count() == 22


def test_nothing_said_is_nothing_done():
    assert said() == []
