"""Who is who: ids that are one person's, by whose word, and whose they are when people are merged."""

import pytest

from accounts.intake.people import settle_users
from accounts.intake.said import MOST_USERS
from accounts.merges import merge_accounts, merge_contacts
from accounts.models import Account, AuditEntry, Contact, Identity, OtherId, Profile
from tests.accounts.intake.knowing import SARA, contact_of, ids, known
from tests.accounts.intake.saying import NOW, alias, group, identify, said

pytestmark = pytest.mark.django_db


def others():
    return set(OtherId.objects.values_list("kind", "value", "user", "verified"))


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


def test_an_alias_that_would_be_a_circle_leaves_nothing_behind():
    said(identify("r2u", **SARA), group("najm", "r2u"), alias("e1", "e2", minute=1))
    before = others(), set(Profile.objects.values_list("value", flat=True))

    assert said(alias("e2", "e1", minute=2)) == [("circle", "previousId")]
    assert said(alias("e2", "r2u", minute=3)) == []

    assert ids(Contact.objects.get()) == {
        (kind, value, True) for kind in ("user", "anonymous") for value in ("e1", "e2")
    } | {("user", "r2u", True)}
    assert others() - before[0] == {("user", "e2", "e1", True), ("user", "e2", "r2u", True)}
    assert set(Profile.objects.values_list("value", flat=True)) == before[1]


def test_an_anonymous_id_of_a_rejected_alias_is_whose_it_is_said_of_next():
    said(identify("r2u", **SARA), group("najm", "r2u"), alias("e1", "e2", minute=1))
    said(alias("e2", "e1", minute=2))

    said(identify("r2u", minute=3, anonymous="e2"))

    assert ids(Contact.objects.get()) == {("user", "r2u", True), ("anonymous", "e2", True)}


def test_of_aliases_at_one_moment_the_first_of_the_batch_counts():
    said(identify("r2u", **SARA), group("najm", "r2u"))

    assert said(alias("z", "a"), alias("a", "z")) == [("circle", "previousId")]
    assert said(alias("a", "r2u", minute=1)) == []

    assert {value for _kind, value, _verified in ids(Contact.objects.get())} == {"a", "z", "r2u"}


def test_an_alias_at_the_same_moment_that_came_in_an_earlier_batch_counts_first():
    said(alias("z", "a"))

    assert said(alias("a", "z")) == [("circle", "previousId")]
    assert said(alias("z", "a"), alias("a", "z")) == [("circle", "previousId")]


def test_an_alias_counts_once_what_made_it_a_circle_counts_no_more():
    said(identify("r2u", **SARA), group("najm", "r2u"), alias("e1", "e2", minute=2))
    assert said(alias("e2", "e1", minute=3)) == [("circle", "previousId")]

    said(alias("e1", "r2u", minute=1))

    assert {value for _kind, value, _verified in ids(Contact.objects.get())} == {"e1", "e2", "r2u"}


def test_each_alias_that_would_be_a_circle_is_named():
    said(alias("a", "c", minute=1), alias("b", "c", minute=1))

    assert said(alias("c", "a", minute=2), alias("c", "b", minute=2)) == [("circle", "previousId")] * 2


def test_an_id_that_everybody_was_called_by_is_the_first_one_s():
    said(*(alias("null", f"u{number}", minute=number) for number in range(MOST_USERS + 5)))
    said(alias("null", "u99", minute=30))

    assert OtherId.objects.count() == MOST_USERS
    assert set(OtherId.objects.values_list("user", flat=True)) == {f"u{n}" for n in range(MOST_USERS)}
    said(identify("u0", minute=40, **SARA), group("najm", "u0"))
    assert ids(Contact.objects.get(), kind="user") == {("user", "u0", True), ("user", "null", True)}


def test_an_earlier_id_that_another_signs_in_with_stays_whose_it_was():
    said(identify("u1", **SARA), group("najm", "u1"), alias("e1", "u1", minute=1))

    said(identify("u2", minute=2, anonymous="e1", name="Huda"), group("najm", "u2"))

    assert ("anonymous", "e1", True) in ids(Contact.objects.get(email=SARA["email"]))
    assert ids(Contact.objects.get(name="Huda")) == {("user", "u2", True)}


def test_what_a_server_says_of_an_earlier_id_stands_whatever_the_browser_s_user_says_next():
    said(identify("u1", anonymous="e1", verified=False))
    said(identify("u2", **SARA), group("najm", "u2"), alias("e1", "u2", minute=1))

    said(identify("u1", minute=2))

    assert ("anonymous", "e1", True) in ids(Contact.objects.get())


def test_an_id_that_turns_out_to_be_a_circle_s_is_nobody_s_any_more():
    said(identify("u1", **SARA), group("najm", "u1"), alias("u2", "u1", minute=2))
    assert ("anonymous", "u2", True) in ids(Contact.objects.get())

    said(alias("u1", "u2", minute=1))

    assert ids(Contact.objects.get(), kind="anonymous") == {("anonymous", "u1", True)}


def test_an_earlier_id_that_was_another_s_anonymous_one_stays_theirs():
    said(identify("u1", anonymous="e1", name="Huda", email="huda@najm.sa"), group("najm", "u1"))
    said(identify("u2", **SARA), group("najm", "u2"), alias("e1", "u2", minute=1))
    before = set(Identity.objects.all())

    settle_users(["u2"], source="web", companies_source="crm", now=NOW)

    assert set(Identity.objects.all()) == before
    assert ids(Contact.objects.get(name="Huda")) == {("user", "u1", True), ("anonymous", "e1", True)}


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
