"""Which trait goes into which field, and how it is read."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from accounts.admin.events import OF_ACCOUNTS, OF_PERSONS
from accounts.intake.traits import Rules, flat, of_accounts, of_persons, rules
from accounts.models import Account, Contact, TraitField
from tests import factories
from tests.accounts.intake.saying import group, identify, said

RIYADH = ZoneInfo("Asia/Riyadh")


@pytest.fixture
def ours(db):
    """As the organisation has them: a function, for rows may be added."""
    return lambda: rules(RIYADH)


def person(ours, **traits):
    return ours()[0].read(traits)


def company(ours, **traits):
    return ours()[1].read(flat(traits))


def maps(about, trait, field):
    return TraitField.objects.create(about=about, trait=trait, field=field)


# Persons


@pytest.mark.parametrize(
    ("traits", "fields"),
    [
        ({"email": " Sara@Najm.SA "}, {"email": "Sara@Najm.SA"}),
        ({"name": "\u200fسارة\u200e \u061cAli"}, {"name": "\u200fسارة\u200e \u061cAli"}),
        ({"firstName": "سارة", "lastName": "أحمد"}, {"name": "سارة أحمد"}),
        ({"first_name": "Sara"}, {"name": "Sara"}),
        ({"name": "Sara", "firstName": "S", "lastName": "A"}, {"name": "Sara"}),
        ({"phone": "+٩٦٦ ٥٥ ١٢٣"}, {"phone": "+966 55 123"}),
        ({"phone": 966551234567}, {"phone": "966551234567"}),
        ({"language": "ar"}, {"language": "ar"}),
        ({"locale": "ar_SA.UTF-8"}, {"language": "ar"}),
        ({"language": "en-GB", "locale": "ar"}, {"language": "en"}),
        ({"timezone": "Asia/Riyadh"}, {"time_zone": "Asia/Riyadh"}),
        ({"time_zone": "Asia/Dubai"}, {"time_zone": "Asia/Dubai"}),
        ({"createdAt": "2026-01-31"}, {"joined": date(2026, 1, 31)}),
        ({"createdAt": "2026-01-31T22:00:00Z"}, {"joined": date(2026, 2, 1)}),
        ({"created_at": 1769896800}, {"joined": date(2026, 2, 1)}),
        ({"created_at": "1769896800000"}, {"joined": date(2026, 2, 1)}),
        ({"title": "CFO", "plan": "pro", "age": 30}, {}),
    ],
)
def test_traits_of_persons_are_read(ours, traits, fields):
    assert person(ours, **traits) == fields


@pytest.mark.parametrize(
    ("trait", "value"),
    [
        ("email", "nobody"),
        ("email", ["sara@najm.sa"]),
        ("email", f"{'s' * 250}@najm.sa"),
        ("name", "س" * 201),
        ("name", "\u202eMoc"),
        ("name", "سارة \u202bأحمد\u202c Ali"),
        ("firstName", "Sara\u2066"),
        ("phone", "+966\u2069"),
        ("firstName", "S" * 100),
        ("phone", "1" * 41),
        ("locale", "العربية"),
        ("timezone", "Riyadh"),
        ("createdAt", "yesterday"),
        ("createdAt", "31/01/2026"),
        ("createdAt", True),
    ],
)
def test_what_does_not_fit_is_not_read(ours, trait, value):
    of_persons = ours()[0]

    assert not of_persons.fits(trait, value)
    assert of_persons.read({trait: value, "name" if trait != "name" else "phone": "7"}) in (
        {"name": "7"},
        {"phone": "7"},
    )


SAID_OF_PERSONS = {
    "name": ("سارة", "سارة"),
    "email": ("sara@najm.sa", "sara@najm.sa"),
    "phone": ("+٩٦٦", "+966"),
    "role": ("Champion", "champion"),
    "language": ("en-GB", "en"),
    "time_zone": ("Asia/Dubai", "Asia/Dubai"),
    "joined": ("2026-01-31", date(2026, 1, 31)),
    "left": ("2026-03-01", date(2026, 3, 1)),
    "preferred_channel": ("whatsapp", "whatsapp"),
    "preferred_hour": ("٩", 9),
}
SAID_OF_ACCOUNTS = {
    "name": ("Najm", "Najm"),
    "industry": ("Freight", "Freight"),
    "country": ("السعودية", "SA"),
    "website": ("najm.sa", "https://najm.sa"),
    "stage": ("Live", "live"),
    "segment": ("large", "large"),
    "tier": ("gold", "gold"),
    "region": ("GCC", "GCC"),
    "acquired_channel": ("ads", "ads"),
    "acquired_campaign": ("may", "may"),
}


@pytest.mark.parametrize("field", OF_PERSONS)
def test_each_field_of_persons_that_is_offered_is_read_and_written(ours, field):
    maps("person", "theirs", field)
    sent, means = SAID_OF_PERSONS[field]
    assert person(ours, theirs=sent) == {field: means}

    said(identify("u1", theirs=sent, **{"name": "Sara"} if field != "name" else {}), group("najm", "u1"))

    assert getattr(Contact.objects.get(), field) == means


@pytest.mark.parametrize("field", OF_ACCOUNTS)
def test_each_field_of_accounts_that_is_offered_is_read_and_written(ours, field):
    maps("account", "theirs", field)
    sent, means = SAID_OF_ACCOUNTS[field]
    assert company(ours, theirs=sent) == {field: means}

    said(group("najm", "u1", theirs=sent))

    assert getattr(Account.objects.get(), field) == means


def test_stage_said_anew_is_a_change_of_it(ours):
    maps("account", "status", "stage")
    said(group("najm", "u1", status="onboarding"))
    said(group("najm", "u1", minute=5, status="live"))

    assert Account.objects.get().stage == "live"


@pytest.mark.parametrize("hour", [24, -1, "7.5", "noon"])
def test_hours_are_those_of_a_day(ours, hour):
    maps("person", "best_time", "preferred_hour")

    assert not ours()[0].fits("best_time", hour)


def test_nobody_leaves_before_they_join(ours):
    maps("person", "until", "left")
    said(
        identify("u1", name="Sara", createdAt="2026-03-01", until="2026-02-01"),
        group("najm", "u1"),
        identify("u2", name="Omar", createdAt="2026-02-01", until="2026-03-01"),
        group("najm", "u2"),
    )
    said(identify("u2", minute=5, until="2026-01-15"), identify("u1", minute=5, until="2026-04-01"))

    days = dict(Contact.objects.values_list("name", "left"))
    assert days == {"Sara": date(2026, 4, 1), "Omar": date(2026, 3, 1)}


def test_what_goes_nowhere_always_fits(ours):
    assert ours()[0].fits("title", ["x"] * 1000)


def test_an_address_is_compared_in_small_letters(ours):
    assert ours()[0].email({"email": " Sara@Najm.SA "}) == "sara@najm.sa"
    assert ours()[0].email({"name": "Sara"}) == ""


@pytest.mark.parametrize("value", [["sara@najm.sa"], True, "nobody", "\u202esara@najm.sa"])
def test_what_is_no_address_is_none(ours, value):
    assert ours()[0].email({"email": value}) == ""


# Accounts


@pytest.mark.parametrize(
    ("traits", "fields"),
    [
        (
            {"name": "شركة نجم", "industry": "Freight", "website": "najm.sa"},
            {"name": "شركة نجم", "industry": "Freight", "website": "https://najm.sa"},
        ),
        ({"country": "السعودية"}, {"country": "SA"}),
        ({"address": {"country": "ae", "city": "Dubai"}}, {"country": "AE"}),
        ({"country": "SA", "address": {"country": "AE"}}, {"country": "SA"}),
        ({"country": "Atlantis", "address": {"country": "AE"}}, {"country": "AE"}),
        ({"createdAt": "2026-01-31", "plan": "pro", "employees": 7}, {}),
        ({"name": "\u202eevil co", "industry": "Freight\u202c", "website": "najm.sa\u2066"}, {}),
    ],
)
def test_traits_of_companies_are_read(ours, traits, fields):
    assert company(ours, **traits) == fields


def test_declared_attributes_are_read_as_everywhere_else(ours):
    factories.attribute("seats", "whole")
    factories.attribute("modules", "choices", choices=("crm", "erp"))
    maps("account", "employees", "attribute.seats")
    maps("account", "modules", "attribute.modules")

    read = company(ours, employees=250, modules=["erp", "crm"])

    assert read == {"attribute.seats": "250", "attribute.modules": "crm\nerp"}
    assert not ours()[1].fits("employees", "many")


@pytest.mark.parametrize("text", ["\u202e", "a\u202a", "\u2066b\u2069"])
def test_text_that_turns_direction_fits_no_declared_attribute(ours, text):
    factories.attribute("motto")
    factories.attribute("modules", "choices", choices=("crm", "erp"))
    maps("account", "motto", "attribute.motto")
    maps("account", "modules", "attribute.modules")

    assert not ours()[1].fits("motto", text)
    assert not ours()[1].fits("modules", ["erp", text])
    assert ours()[1].fits("motto", "نجم\u200f!")


def test_dated_fields_are_read(ours):
    maps("account", "size", "segment")
    maps("account", "plan", "tier")

    assert company(ours, size="SMB", plan="Gold") == {"segment": "SMB", "tier": "Gold"}


# What the organisation says


def test_the_organisation_s_traits_count_before_ours(ours):
    maps("person", "display_name", "name")
    maps("account", "name", "industry")

    assert person(ours, name="Sara", display_name="سارة") == {"name": "سارة"}
    assert company(ours, name="Freight") == {"industry": "Freight"}


def test_a_field_that_is_none_takes_a_trait_out(ours):
    maps("person", "phone", "-")
    maps("account", "x", "attribute.gone")

    assert person(ours, phone="+966") == {}
    assert company(ours, x="1") == {}


def test_rules_are_two_queries_at_most(ours, django_assert_num_queries):
    with django_assert_num_queries(1):
        ours()
    maps("account", "employees", "attribute.seats")

    with django_assert_num_queries(2):
        ours()


# What is said


def test_traits_within_traits_are_named_by_their_path():
    traits = {"a": {"b": {"c": 1, "d": {"too": "deep"}}}, "e": [], "f": None, "g": " ", "h": 0, "i": False}

    assert flat(traits) == {"a.b.c": 1, "h": 0, "i": False}


def test_a_name_of_a_trait_has_its_limit():
    assert flat({"x" * 121: 1, "y" * 120: 2}) == {"y" * 120: 2}


def test_what_a_half_of_a_character_is_part_of_fits_nowhere():
    assert not Rules({"name": "name"}, of_persons(RIYADH)).fits("name", "Sara \ud800")
    assert not Rules({"name": "name"}, of_accounts()).fits("name", "Na\x00jm")
