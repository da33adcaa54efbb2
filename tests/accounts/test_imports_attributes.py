"""Declared attributes and tags in files: columns of accounts, dated like segment, and names in any spelling."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from accounts import resources
from accounts.models import Account, AccountChange, AuditEntry, Contact, Tag
from tests.accounts.importing import BACKFILL, OPTIONS, Imported, trails
from tests.factories import attribute

pytestmark = pytest.mark.django_db

ROW = {"id": "n1", "name": "Najm", "attribute.seats": "250", "attribute.modules": "erp; CRM"}


@pytest.fixture(autouse=True)
def _declared(db):
    attribute("seats", "whole")
    attribute("modules", "choices", choices=["crm", "erp"])


def imported(*rows, options=OPTIONS):
    return Imported(resources.with_declared(resources.ACCOUNTS), list(rows), options)


def changes():
    rows = AccountChange.objects.order_by("field", "from_day").values_list("field", "value", "from_day")
    return [(field, value, day.isoformat()) for field, value, day in rows]


def attributes():
    return Account.objects.get().attributes


def test_values_are_dated_and_current_at_once():
    assert imported(ROW).counts == {"read": 1, "created": 1}

    assert attributes() == {"seats": ["250"], "modules": ["crm", "erp"]}
    assert changes() == [
        ("attribute.modules", "crm\nerp", "2026-03-15"),
        ("attribute.seats", "250", "2026-03-15"),
    ]
    written = AuditEntry.objects.filter(table="accounts_account").values_list("action", flat=True)
    assert list(written) == ["insert"]


@pytest.mark.parametrize("options", [OPTIONS, BACKFILL], ids=["now", "backfill"])
def test_the_same_file_again_changes_nothing_in_any_spelling(options):
    imported(ROW | {"tags": "VIP; مهمّة"}, options=options)
    before = trails()

    again = ROW | {"attribute.seats": "٢٥٠", "attribute.modules": "·crm·، Erp", "tags": "مهمه; vip"}
    assert imported(again, options=options).counts == {"read": 1, "unchanged": 1}
    assert trails() == before


def test_days_of_their_own_make_a_history():
    days = {"2024-01-01": "100", "2027-01-01": "300", "2025-01-01": "200"}

    imported(
        *[
            {"id": "n1", "name": "Najm", "attribute.seats": seats, "from_day": day}
            for day, seats in days.items()
        ]
    )

    assert attributes() == {"seats": ["200"]}
    assert [(value, day) for _field, value, day in changes()] == [
        ("100", "2024-01-01"), ("200", "2025-01-01"), ("300", "2027-01-01")
    ]  # fmt: skip


def test_a_new_value_counts_from_today_and_an_empty_cell_takes_it_away():
    imported(ROW)
    april = replace(OPTIONS, today=date(2026, 4, 1))

    assert imported(ROW | {"attribute.seats": "", "attribute.modules": "crm"}, options=april).counts == {
        "read": 1, "changed": 1
    }  # fmt: skip
    assert attributes() == {"modules": ["crm"]}
    assert changes() == [
        ("attribute.modules", "crm\nerp", "2026-03-15"),
        ("attribute.modules", "crm", "2026-04-01"),
        ("attribute.seats", "250", "2026-03-15"),
        ("attribute.seats", "", "2026-04-01"),
    ]


def test_of_what_is_required_an_empty_cell_says_nothing():
    attribute("city", required=True)
    imported({"id": "n1", "name": "Najm", "attribute.city": "Jeddah"})

    again = imported({"id": "n1", "name": "Najm", "attribute.city": ""})

    assert again.counts == {"read": 1, "unchanged": 1}
    assert attributes() == {"city": ["Jeddah"]}


def test_a_file_without_the_columns_leaves_them_alone():
    imported(ROW | {"tags": "VIP"})

    imported({"id": "n1", "name": "Najm LLC"})

    account = Account.objects.get()
    assert (account.name, account.tags) == ("Najm LLC", ["VIP"])
    assert account.attributes == {"seats": ["250"], "modules": ["crm", "erp"]}


def test_an_unknown_choice_is_refused_with_the_list_and_good_rows_are_kept():
    run = imported(ROW, ROW | {"id": "n2", "attribute.modules": "crm; pos"})

    assert run.counts == {"read": 2, "created": 1, "rejected": 1}
    assert run.refused == [(3, "attribute.modules", "This is none of: crm / Crm / ·crm·, erp / Erp / ·erp·.")]


def test_what_is_archived_or_was_never_declared_is_no_column():
    attribute("old", archived=True)

    columns = resources.with_declared(resources.ACCOUNTS).columns

    assert [name for name in columns if name.startswith("attribute.")] == [
        "attribute.seats",
        "attribute.modules",
    ]
    assert resources.with_declared(resources.CONTACTS) is resources.CONTACTS


def test_tags_of_a_file_are_one_in_any_spelling():
    counts = imported(
        {"id": "n1", "name": "One", "tags": 'VIP; "Quoted", with \\ signs'},
        {"id": "n2", "name": "Two", "tags": "vip"},
    ).counts

    assert counts == {"read": 2, "created": 2}
    assert dict(Account.objects.values_list("name", "tags")) == {
        "One": ['"Quoted", with \\ signs', "VIP"], "Two": ["VIP"]
    }  # fmt: skip
    assert Tag.objects.count() == 2


def test_contacts_have_tags_too(najm):
    row = {"id": "c1", "account": "najm", "name": "Sara", "tags": "Champion"}
    Imported(resources.CONTACTS, [row])

    assert Imported(resources.CONTACTS, [row | {"tags": "champion"}]).counts == {"read": 1, "unchanged": 1}
    assert Contact.objects.get().tags == ["Champion"]


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ("x" * 41, "A tag has at most 40 characters."),
        (";".join(map(str, range(31))), "There are at most 30 tags."),
    ],
)
def test_too_many_tags_or_too_long_ones_are_refused(tags, reason):
    assert imported({"id": "n1", "name": "One", "tags": tags}).refused == [(2, "tags", reason)]


def test_the_guide_tells_of_them():
    guide = (Path(__file__).parents[2] / "docs" / "importing.md").read_text()

    assert "attribute.<key>" in guide
