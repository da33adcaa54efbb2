"""What senders say of persons and companies becomes what contacts and accounts say."""

from datetime import date

import pytest

from accounts.intake.people import apply
from accounts.models import Account, CompanyProfile, Contact, Profile, TraitField
from accounts.services import change_account
from tests import factories
from tests.accounts.intake.knowing import SARA, contact_of, known, only
from tests.accounts.intake.saying import NOW, group, identify, said

pytestmark = pytest.mark.django_db


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


def test_text_that_turns_direction_is_left_out_and_said():
    said(identify("u1", name="Sara"), group("najm", "u1", name="Najm"))

    rejected = said(
        identify("u1", minute=1, name="\u2067Eve", phone="7", motto="\u202eanything"),
        group("najm", minute=1, name="\u202eevil co", industry="\u200fنقل\u200e"),
    )

    assert rejected == [("trait", "name"), ("trait", "name")]
    assert only(name=0, phone=0) == {"name": "Sara", "phone": "7"}
    assert (Account.objects.get().name, Account.objects.get().industry) == ("Najm", "\u200fنقل\u200e")


def test_an_address_that_is_a_list_costs_nothing_else():
    assert said(identify("u1", name="Sara", email=["x@y.example"]), group("najm", "u1")) == [
        ("trait", "email")
    ]

    assert only(name=0, email=0) == {"name": "Sara", "email": ""}


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
