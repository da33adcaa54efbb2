"""Declared attributes: what they are called, how values are read and kept, and that what is used stays."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import translation

from accounts import timeline
from accounts.declared import NotRead, read, reader_of
from accounts.histories import in_words, told
from accounts.imports.columns import Conventions, Refused
from accounts.models import Account, AccountChange, AttributeDefinition, Organisation, Touched
from accounts.services import apply_dated_values, change_account
from tests import factories
from tests.factories import attribute, dated

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
MARCH_1 = date(2026, 3, 1)


@pytest.fixture
def account():
    return Account.objects.create(name="Najm Logistics")


def change(account, day=MARCH_1, by=None, **values):
    given = {f"attribute.{key}": value for key, value in values.items()}
    change_account(account, by=by, day=day, now=NOW, **given)


def history():
    return list(AccountChange.objects.values_list("field", "value", "from_day"))


# Kept with their history


def test_change_account_dates_a_declared_attribute(account, alice):
    attribute("seats", "whole")

    change(account, by=alice, seats="250")

    assert account.attributes == {"seats": ["250"]}
    assert history() == [("attribute.seats", "250", MARCH_1)]
    assert AccountChange.objects.get().by == alice


def test_several_choices_are_kept_one_a_line(account):
    attribute("modules", "choices", choices=["crm", "erp", "pos"])

    change(account, modules=["crm", "pos"])

    assert account.attributes == {"modules": ["crm", "pos"]}
    assert history() == [("attribute.modules", "crm\npos", MARCH_1)]


def test_a_value_that_is_taken_away_leaves_the_others(account):
    attribute("seats", "whole"), attribute("city")
    change(account, seats="250", city="Jeddah")

    change(account, date(2026, 3, 2), seats="")

    assert account.attributes == {"city": ["Jeddah"]}


def test_a_value_of_a_day_ahead_waits_and_a_past_one_undoes_no_later_one(account):
    attribute("seats", "whole")
    change(account, seats="250")

    change(account, date(2026, 4, 1), seats="300")
    change(account, date(2026, 1, 1), seats="200")

    assert account.attributes == {"seats": ["250"]}
    assert apply_dated_values(date(2026, 4, 1)) == 1
    account.refresh_from_db()
    assert account.attributes == {"seats": ["300"]}


def test_other_dated_values_and_other_accounts_are_left_alone(account):
    attribute("seats", "whole")
    other = factories.account("Other")
    change(account, seats="250")

    change_account(account, by=None, day=MARCH_1, now=NOW, segment="SMB")

    other.refresh_from_db()
    assert (account.segment, account.attributes, other.attributes) == ("SMB", {"seats": ["250"]}, {})


def test_nothing_is_written_again(account):
    attribute("modules", "choices", choices=["crm", "erp"])
    change(account, modules=["crm", "erp"])

    assert apply_dated_values(MARCH_1, [account.pk]) == 0


def test_an_attribute_that_nobody_declared_is_refused(account):
    with pytest.raises(ValueError, match="attribute.shoe_size"):
        change(account, shoe_size="46")


def test_accounts_are_found_by_what_they_have_now(account):
    attribute("modules", "choices", choices=["crm", "erp"])
    change(account, modules=["crm", "erp"])
    factories.account("Other")

    found = Account.objects.with_attribute("attribute.modules", "erp")

    assert list(found) == [account]


# Definitions


def test_a_used_attribute_keeps_its_key_and_its_type_and_is_not_deleted(account):
    definition = attribute("seats", "whole")
    change(account, seats="250")

    for field, value in (("type", "text"), ("key", "chairs")):
        with pytest.raises(ValidationError, match="Archive it"):
            changed(definition, **{field: value}).clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        AttributeDefinition.objects.all().delete()
    changed(definition, archived=True, order=3).save()
    assert list(AttributeDefinition.objects.in_use()) == []


def changed(definition, **values):
    again = AttributeDefinition.objects.get(pk=definition.pk)
    for name, value in values.items():
        setattr(again, name, value)
    return again


def test_an_attribute_that_nobody_has_may_change_and_go():
    definition = attribute("seats", "whole")

    changed(definition, type="text", key="chairs").clean()
    AttributeDefinition.objects.filter(pk=definition.pk).update(type="text")

    assert definition.delete()[0] == 1


@pytest.mark.parametrize("fields", [{"key": "Größe"}, {"key": "1st"}, {"key": "a b"}, {"type": "choice"}])
def test_a_definition_that_cannot_be_is_refused(fields):
    with pytest.raises(ValidationError):
        AttributeDefinition(**{"key": "size", "name": {"en": "Size"}} | fields).full_clean()


def test_a_removed_choice_can_still_be_read_but_not_chosen():
    definition = attribute("tier", "choice", choices=["gold", "silver"])
    definition.choices[1]["removed"] = True

    assert definition.words(["silver"]) == "Silver"
    assert list(definition.offered) == ["gold"]
    with pytest.raises(Refused, match="gold / Gold / ·gold·"):
        reader_of(definition)("silver", Conventions())


@pytest.mark.parametrize(
    ("kind", "lines", "value", "english", "arabic"),
    [
        ("text", ["Jeddah"], "Jeddah", "Jeddah", "Jeddah"),
        ("whole", ["250"], 250, "250", "250"),
        ("decimal", ["12.5"], Decimal("12.5"), "12.5", "12.5"),
        ("yes_no", ["true"], True, "yes", "نعم"),
        ("yes_no", ["false"], False, "no", "لا"),
        ("day", ["2026-03-01"], MARCH_1, "1 Mar 2026", "1 مارس 2026"),
        ("choice", ["crm"], "crm", "Crm", "·crm·"),
        ("choices", ["crm", "erp"], ["crm", "erp"], "Crm, Erp", "·crm·، ·erp·"),
        ("whole", [], None, "", ""),
        ("choices", [], [], "", ""),
    ],
)
def test_values_are_told_to_programs_and_to_people(kind, lines, value, english, arabic):
    definition = attribute("it", kind, choices=["crm", "erp"])

    assert definition.value(lines) == value
    assert definition.words(lines) == english
    with translation.override("ar"):
        assert definition.words(lines) == arabic


def test_names_are_asked_for_only_where_there_is_a_declared_one(django_assert_num_queries):
    definition = attribute("seats", "whole")

    with django_assert_num_queries(0):
        assert AttributeDefinition.objects.named(["stage", "owner"]) == {}
    with django_assert_num_queries(1):
        assert AttributeDefinition.objects.named(["stage", "attribute.seats"]) == {
            "attribute.seats": definition
        }


# Values as files and programs give them


@pytest.mark.parametrize(
    ("kind", "cell", "kept"),
    [
        ("text", "Two\nlines", "Two lines"),
        ("whole", "١٬٢٥٠", "1250"),
        ("decimal", "12.50", "12.5"),
        ("decimal", "0.00", "0"),
        ("decimal", "1200", "1200"),
        ("yes_no", "نعم", "true"),
        ("yes_no", "No", "false"),
        ("day", "2026/03/01", "2026-03-01"),
        ("choice", "CRM", "crm"),
        ("choice", "·crm·", "crm"),
        ("choices", "erp،crm", "crm\nerp"),
        ("choices", "Erp; crm ;ERP", "crm\nerp"),
    ],
)
def test_a_cell_is_kept_in_one_way_however_it_is_written(kind, cell, kept):
    definition = attribute("it", kind, choices=["crm", "erp"])

    assert reader_of(definition)(cell, Conventions()) == kept


@pytest.mark.parametrize(
    ("kind", "cell", "reason"),
    [
        ("text", "x" * 201, "Too long"),
        ("whole", "12.5", "whole number"),
        ("whole", "1e400", "not a number"),
        ("decimal", "1.1234567", "Too many decimals"),
        ("yes_no", "perhaps", "neither yes nor no"),
        ("day", "1/2/2026", "Only dates written as"),
        ("choice", "pos", "none of: crm / Crm / ·crm·, erp"),
        ("choices", "crm; pos", "none of: crm"),
    ],
)
def test_a_cell_that_does_not_fit_is_refused(kind, cell, reason):
    definition = attribute("it", kind, choices=["crm", "erp"])

    with pytest.raises(Refused, match=reason):
        reader_of(definition)(cell, Conventions())


def test_programs_give_values_as_json_has_them():
    definitions = [
        attribute("seats", "whole"), attribute("pilot", "yes_no"), attribute("city"), attribute("rate", "decimal"),
        attribute("modules", "choices", choices=["crm", "erp"]),
    ]  # fmt: skip
    given = {"seats": 250, "pilot": False, "city": None, "rate": "12.50", "modules": ["erp", "crm"]}

    assert read(given, definitions) == {
        "attribute.seats": "250",
        "attribute.pilot": "false",
        "attribute.city": "",
        "attribute.rate": "12.5",
        "attribute.modules": "crm\nerp",
    }


def test_programs_are_told_of_every_value_that_does_not_fit():
    definitions = [attribute("seats", "whole"), attribute("city", required=True)]

    with pytest.raises(NotRead) as refused:
        read({"seats": {"many": 1}, "city": "", "shoe_size": 46}, definitions)

    assert {key: reason[:22] for key, reason in refused.value.reasons.items()} == {
        "seats": "This is neither a text",
        "city": "This must not be empty",
        "shoe_size": "There is no attribute ",
    }


def test_the_first_value_was_always_so_and_touches_what_it_bears_on(account):
    """As of a segment: the trigger of dated values knows no names."""
    attribute("seats", "whole")
    factories.order(account, "2025-05-05 12:00")
    Touched.objects.all().delete()

    dated(account, "2026-01-10", **{"attribute.seats": "250"})

    assert list(Touched.objects.values_list("earliest_day", flat=True)) == [date(2025, 5, 5)]


def test_history_and_timeline_tell_declared_values_in_words(account):
    definition = attribute("modules", "choices", choices=["crm", "erp"])
    change(account, modules=["crm", "erp"])
    rows = in_words(AccountChange.objects.select_related("account", "by"))

    (told_row,) = told(rows)
    (entry,) = timeline.entries([account.pk], Organisation.current(), NOW)

    assert (told_row.attribute, told_row.said) == ("Modules", "Crm, Erp")
    assert (entry.label, entry.detail) == ("Modules", "Crm, Erp")
    definition.choices[0]["removed"] = True
    AttributeDefinition.objects.update(archived=True, choices=definition.choices)
    with translation.override("ar"):
        assert [(row.attribute, row.said) for row in told(rows.all())] == [("·modules·", "·crm·، ·erp·")]


def test_history_asks_for_the_names_once(account, django_assert_num_queries):
    for key in ("one", "two", "three"):
        attribute(key)
    rows = in_words(AccountChange.objects.select_related("account", "by"))
    change(account, one="1")
    with django_assert_num_queries(2):
        assert len(told(rows.all())) == 1
    change(account, two="2", three="3")

    with django_assert_num_queries(2):
        assert len(told(rows.all())) == 3
