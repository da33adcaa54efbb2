"""What senders say of persons and companies becomes contacts, accounts and identities."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.intake.people import apply, settle_users
from accounts.merges import merge_accounts, merge_contacts
from accounts.models import (
    Account,
    AccountKey,
    AuditEntry,
    CompanyProfile,
    Contact,
    ErasedAddress,
    EventMark,
    Identity,
    OtherId,
    Profile,
    TraitField,
)
from accounts.models.people import NOBODY, digest_of
from accounts.services import change_account
from tests import factories
from tests.accounts.intake.saying import NOW, alias, at, group, identify, said

pytestmark = pytest.mark.django_db

SARA = {"email": "Sara@Najm.sa", "name": "سارة أحمد"}


def ids(contact, **of):
    return set(Identity.objects.filter(contact=contact, **of).values_list("kind", "value", "verified"))


def others():
    return set(OtherId.objects.values_list("kind", "value", "user", "verified"))


def known(name="Najm", value="najm", **fields):
    """An account that the source of companies knows."""
    account = Account.objects.create(name=name, **fields)
    AccountKey.objects.create(account=account, source="crm", value=value)
    return account


def contact_of(account, **fields):
    return Contact.objects.create(account=account, **fields)


def only(**fields):
    """The values of the only contact."""
    return {name: getattr(Contact.objects.get(), name) for name in fields}


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


# What contacts say


def test_a_trait_that_changed_is_written():
    said(identify("u1", **SARA, phone="7"), group("najm", "u1"))

    said(identify("u1", minute=1, phone="8", name="Sara"))

    assert only(phone=0, name=0) == {"phone": "8", "name": "Sara"}


def test_a_repeated_trait_does_not_undo_what_people_corrected():
    said(identify("u1", **SARA, phone="7"), group("najm", "u1", name="Najm", industry="Freight"))
    Contact.objects.update(name="Sara", phone="")
    Account.objects.update(name="Najm Logistics", industry="")

    said(
        identify("u1", minute=1, **SARA, phone="7"),
        group("najm", "u1", minute=1, name="Najm", industry="Freight"),
    )

    assert only(name=0, phone=0) == {"name": "Sara", "phone": ""}
    assert (Account.objects.get().name, Account.objects.get().industry) == ("Najm Logistics", "")


def test_a_trait_said_earlier_that_comes_later_changes_nothing():
    said(identify("u1", minute=5, **SARA), group("najm", "u1", minute=5, name="Najm"))

    said(
        identify("u1", minute=4, name="Old", phone="7"),
        group("najm", minute=4, name="Old", industry="Freight"),
    )

    assert only(name=0, phone=0) == {"name": "سارة أحمد", "phone": "7"}
    assert (Account.objects.get().name, Account.objects.get().industry) == ("Najm", "Freight")


def test_what_was_said_again_in_between_counts_from_then():
    said(identify("u1", minute=1, name="Sara"), group("najm", "u1"))
    said(identify("u1", minute=3, name="Sara"))

    said(identify("u1", minute=2, name="Huda"))

    assert only(name=0) == {"name": "Sara"}


def test_values_that_do_not_fit_are_left_out_and_said():
    rejected = said(
        identify("u1", name="Sara", email="nobody", phone="1" * 41, timezone="Mars"),
        group("najm", "u1", name="Najm", country="Atlantis"),
    )

    assert rejected == [("trait", "email"), ("trait", "phone"), ("trait", "timezone"), ("trait", "country")]
    assert only(name=0, email=0, phone=0) == {"name": "Sara", "email": "", "phone": ""}
    assert Account.objects.get().country == ""
    assert Profile.objects.get().traits == {"name": "Sara"}


def test_a_value_that_does_not_fit_does_not_replace_one_that_did():
    said(identify("u1", **SARA), group("najm", "u1"))

    said(identify("u1", minute=1, email="nobody"), identify("u1", minute=2, email="nobody"))

    assert only(email=0) == {"email": "Sara@Najm.sa"}


def test_a_call_that_is_rejected_is_named_once_in_a_batch():
    bad = identify("u1", email="nobody")

    assert said(bad, bad, bad) == [("trait", "email")]
    assert apply([bad], source="web", companies_source="crm", now=NOW)[0].call == bad


def test_who_joined_after_leaving_did_not():
    contact = contact_of(known(), email="sara@najm.sa", left="2025-01-01")

    said(identify("u1", **SARA, createdAt="2026-01-31"), group("najm", "u1"))

    contact.refresh_from_db()
    assert (contact.name, contact.joined) == (SARA["name"], None)


def test_fields_of_the_organisation_s_own_traits():
    factories.attribute("seats", "whole")
    for about, trait, field in [
        ("account", "employees", "attribute.seats"),
        ("account", "size", "segment"),
        ("person", "mail", "email"),
    ]:
        TraitField.objects.create(about=about, trait=trait, field=field)

    said(identify("u1", mail="sara@najm.sa"), group("najm", "u1", employees=250, size="SMB"))

    account = Account.objects.get()
    assert (account.segment, account.attributes) == ("SMB", {"seats": ["250"]})
    changes = account.changes.order_by("field").values_list("field", "value", "from_day")
    assert list(changes) == [
        ("attribute.seats", "250", NOW.date()),
        ("segment", "SMB", NOW.date()),
    ]
    assert only(email=0) == {"email": "sara@najm.sa"}


def test_a_dated_field_is_changed_from_today_on():
    TraitField.objects.create(about="account", trait="size", field="segment")
    account = known()
    change_account(account, by=None, day=date(2026, 1, 1), now=NOW, segment="Mid")

    said(group("najm", size="SMB"))
    account.refresh_from_db()
    assert account.segment == "Mid"
    said(group("najm", minute=1, size="Public"))

    account.refresh_from_db()
    assert account.segment == "Public"
    history = account.changes.order_by("from_day").values_list("value", "from_day")
    assert list(history) == [("Mid", date(2026, 1, 1)), ("Public", NOW.date())]


def test_an_account_that_is_there_keeps_what_it_has():
    account = known(industry="Shipping")

    said(group("najm", name="najm llc", industry="Freight", website="najm.sa"))

    account.refresh_from_db()
    assert (account.name, account.industry, account.website) == ("Najm", "Shipping", "https://najm.sa")
    assert CompanyProfile.objects.get().traits["industry"] == "Freight"


# Who is who


def test_an_anonymous_id_is_whose_it_was_said_of_first():
    said(identify("u2", minute=5, anonymous="a1"))
    said(identify("u1", minute=4, anonymous="a1"))
    said(identify("u3", minute=6, anonymous="a1"))

    assert others() == {("anonymous", "a1", "u1", True)}


def test_an_id_that_is_somebody_else_s_after_all_leads_to_them():
    said(identify("u2", minute=5, anonymous="a1", name="Huda"), group("najm", "u2"))
    said(identify("u1", minute=6, name="Sara"), group("najm", "u1"))

    said(identify("u1", minute=4, anonymous="a1"))

    assert ids(Contact.objects.get(name="Sara")) == {("user", "u1", True), ("anonymous", "a1", True)}
    assert ids(Contact.objects.get(name="Huda")) == {("user", "u2", True)}


def test_an_alias_brings_its_companies_and_traits_along():
    said(identify("old", email="sara@najm.sa", anonymous="a1"), group("najm", "old"))

    said(alias("old", "new", minute=1), identify("new", minute=2, name="Sara"))

    contact = Contact.objects.get()
    assert (contact.external_id, contact.email, contact.name) == ("old", "sara@najm.sa", "Sara")
    assert ids(contact) == {("user", "old", True), ("user", "new", True), ("anonymous", "a1", True)} | {
        ("anonymous", "old", True)
    }


def test_aliases_of_aliases_are_one():
    said(identify("c", **SARA), group("najm", "c"), alias("b", "c", minute=2), alias("a", "b", minute=1))

    assert {value for _kind, value, _verified in ids(Contact.objects.get())} == {"a", "b", "c"}


def test_a_circle_of_aliases_is_refused():
    said(alias("a", "b", minute=1), alias("b", "c", minute=2), identify("c", **SARA), group("najm", "c"))

    assert said(alias("c", "a", minute=3)) == [("circle", "previousId")]
    assert said(alias("a", "a", minute=4)) == [("circle", "previousId")]

    assert {value for _kind, value, _verified in ids(Contact.objects.get())} == {"a", "b", "c"}


# Browsers


def test_a_browser_joins_an_anonymous_id_and_nothing_else():
    said(identify("u1", anonymous="a1", **SARA), group("najm", "u1"))
    contact = Contact.objects.get()
    before = list(Profile.objects.values()), list(Account.objects.values()), list(Contact.objects.values())
    identities = set(Identity.objects.filter(verified=True))
    AuditEntry.objects.all().delete()

    said(
        identify("u1", minute=1, anonymous="a2", verified=False, name="Eve", email="eve@evil.test"),
        identify("u2", minute=1, anonymous="a1", verified=False, name="Eve"),
        group("evil", "u1", minute=1, verified=False, name="Evil"),
        group("najm", "u2", minute=1, verified=False, name="Evil"),
        alias("u1", "u2", minute=1, verified=False),
    )

    assert before == (
        list(Profile.objects.values()),
        list(Account.objects.values()),
        list(Contact.objects.values()),
    )
    assert set(Identity.objects.filter(verified=True)) == identities
    assert ids(contact, verified=False) == {("anonymous", "a2", False)}
    assert set(AuditEntry.objects.values_list("table", flat=True)) == {"accounts_identity"}
    assert others() == {
        ("anonymous", "a1", "u1", True),
        ("anonymous", "a2", "u1", False),
        ("anonymous", "u1", "u2", False),
    }


def test_what_a_server_says_outranks_what_a_browser_said_before():
    said(identify("u1", **SARA), group("najm", "u1"))
    said(identify("eve", minute=1, anonymous="a1", verified=False))

    said(identify("u1", minute=2, anonymous="a1"))

    assert others() == {("anonymous", "a1", "u1", True)}
    assert ("anonymous", "a1", True) in ids(Contact.objects.get())


def test_a_join_of_a_browser_is_verified_once_a_server_says_so():
    said(identify("u1", **SARA), group("najm", "u1"))
    said(identify("u1", minute=1, anonymous="a1", verified=False))
    contact = Contact.objects.get()
    assert ("anonymous", "a1", False) in ids(contact)

    said(identify("u1", minute=2, anonymous="a1"))

    assert ids(contact) == {("user", "u1", True), ("anonymous", "a1", True)}


def test_a_browser_s_user_is_found_by_the_id_of_an_imported_contact():
    contact = contact_of(known(), name="Sara", source="web", external_id="u1")

    said(identify("u1", anonymous="a1", verified=False, name="Eve"))

    assert ids(contact) == {("anonymous", "a1", False)}
    assert not Profile.objects.exists()


# Merged


def test_who_was_merged_is_the_survivor():
    said(identify("u1", name="Sara"), identify("u2", **SARA), group("najm", "u1"), group("najm", "u2"))
    loser, survivor = Contact.objects.get(external_id="u1"), Contact.objects.get(external_id="u2")
    merge_contacts(loser, survivor, by=None, now=NOW)

    said(identify("u1", minute=1, anonymous="a1", phone="7"))

    assert ids(survivor) == {("user", "u1", True), ("user", "u2", True), ("anonymous", "a1", True)}
    assert not ids(loser)
    survivor.refresh_from_db()
    assert (Contact.objects.count(), survivor.phone) == (2, "7")


def test_accounts_that_were_merged_are_one():
    said(identify("u1", **SARA), group("najm", "u1"), group("falak", "u2"))
    loser, survivor = Account.objects.get(name="najm"), Account.objects.get(name="falak")
    merge_accounts(loser, survivor, by=None, now=NOW)

    said(identify("u1", minute=1, phone="7"), group("falak", "u1"), group("najm", "u1", minute=1, name="New"))
    said(identify("u3", name="Huda"), group("najm", "u3"))

    assert Contact.objects.get(external_id="u1").phone == "7"
    assert Contact.objects.get(external_id="u3").account == survivor
    assert Contact.objects.count() == 2


# Erased


def erased(contact):
    """As an erasure leaves the row."""
    ErasedAddress.objects.create(digest=digest_of(contact.email))
    Contact.objects.filter(pk=contact.pk).update(
        name="", phone="", email=NOBODY.format(number=1), erased_at=NOW
    )


def test_an_erased_address_stays_away():
    ErasedAddress.objects.create(digest=digest_of("sara@najm.sa"))

    rejected = apply(
        [identify("u1", **SARA), group("najm", "u1")], source="web", companies_source="crm", now=NOW
    )

    assert [(one.reason, one.call["traits"]) for one in rejected] == [("erased", {})]
    assert not Contact.objects.exists()
    assert Profile.objects.get().traits == {}


def test_nothing_is_kept_of_an_erased_person_by_the_same_id():
    said(identify("u1", **SARA), group("najm", "u1"))
    contact = Contact.objects.get()
    erased(contact)
    Profile.objects.update(traits={}, times={}, email="")

    assert said(identify("u1", minute=1, anonymous="a1", name="Sara")) == [("erased", "")]
    assert said(group("falak", "u1", minute=1)) == []

    contact.refresh_from_db()
    assert (contact.name, Contact.objects.count(), Profile.objects.get().traits) == ("", 1, {})
    assert not OtherId.objects.exists()


def test_an_address_erased_after_it_was_said_is_made_a_contact_no_more():
    said(identify("u1", **SARA))
    ErasedAddress.objects.create(digest=digest_of("sara@najm.sa"))

    said(group("najm", "u1", minute=1))

    assert not Contact.objects.exists()


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
