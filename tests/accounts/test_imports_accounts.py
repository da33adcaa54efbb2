"""Accounts: known by the id of each source, their dated values with the day from which they count."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from accounts import resources
from accounts.imports import service
from accounts.merges import merge_accounts
from accounts.models import Account, AccountChange, AccountKey, AuditEntry, Subscription, Touched
from tests.accounts.importing import BACKFILL, CREATING, OPTIONS, Imported, subscription, trails

pytestmark = pytest.mark.django_db


def imported(*rows, options=OPTIONS):
    return Imported(resources.ACCOUNTS, list(rows), options)


def changes():
    return [
        (change.account.name, change.field, change.value, change.from_day.isoformat())
        for change in AccountChange.objects.select_related("account").order_by(
            "account__name", "field", "from_day"
        )
    ]


def test_account_is_created_under_the_id_of_its_source(alice, team):
    counts = imported(
        {
            "id": "n1",
            "name": "Najm",
            "country": "sa",
            "segment": "SMB",
            "owner": "alice@example.com",
            "team": "North",
        }
    ).counts

    assert counts == {"read": 1, "created": 1}
    account = Account.objects.get()
    assert (account.name, account.country, account.segment, account.stage) == ("Najm", "SA", "SMB", "lead")
    assert (account.owner, account.team) == (alice, team)
    assert list(AccountKey.objects.values_list("source", "value")) == [("crm", "n1")]
    assert changes() == [
        ("Najm", "owner", str(alice.pk), "2026-03-15"),
        ("Najm", "segment", "SMB", "2026-03-15"),
        ("Najm", "team", str(team.pk), "2026-03-15"),
    ]


ROWS = [
    {"id": "n1", "name": "Najm", "segment": "SMB", "stage": "live", "parent": ""},
    {"id": "n2", "name": "Najm Egypt", "segment": "", "stage": "", "parent": "n1"},
]


@pytest.mark.parametrize("options", [OPTIONS, BACKFILL], ids=["now", "backfill"])
def test_accounts_again_change_nothing(options):
    imported(*ROWS, options=options)
    before = trails()

    assert imported(*ROWS, options=options).counts == {"read": 2, "unchanged": 2}
    assert imported(*ROWS, options=replace(options, today=date(2026, 4, 1))).counts == {
        "read": 2,
        "unchanged": 2,
    }
    assert trails() == before


def test_changed_accounts_say_what_changes_in_words(alice, bob):
    imported({"id": "n1", "name": "Najm", "owner": alice.email, "tier": "A", "tags": "big"})

    second = imported(
        {
            "id": "n1",
            "name": "Najma",
            "owner": bob.email,
            "tier": "B",
            "tags": "big;new",
            "from_day": "2026-03-15",
        },
        {"id": "n1", "name": "Najma", "owner": "", "tier": "B", "tags": "big;new", "from_day": "2026-04-01"},
    )

    assert second.keys == {2: "n1 · 2026-03-15", 3: "n1 · 2026-04-01"}
    assert second.changes == {
        2: [
            ("name", "Najm", "Najma"),
            ("owner", alice.email, bob.email),
            ("tier", "A", "B"),
            ("tags", "big", "big, new"),
        ],
        3: [("owner", alice.email, ""), ("tier", "A", "B")],
    }


def test_all_that_is_wrong_with_a_row_is_said_at_once(alice):
    rows = [
        {"id": "n1", "name": "Najm", "country": "Nowhere", "owner": "nobody@example.com"},
        {"id": "n2", "name": "Nakheel", "country": "Nowhere", "owner": "ALICE@example.com"},
        {"id": "n3", "name": "Rimal", "country": "Nowhere", "owner": ""},
    ]

    refused = imported(*rows)

    assert [(line, column) for line, column, _reason in sorted(refused.refused)] == [
        (2, "country"),
        (2, "owner"),
        (3, "country"),
        (4, "country"),
    ]
    assert refused.counts == {"read": 3, "rejected": 3}


def test_known_accounts_get_an_owner_from_a_file_that_does_not_name_them(alice):
    imported({"id": "n1", "name": "Najm", "industry": "Retail"})

    second = imported({"id": "n1", "owner": alice.email}, {"id": "n2", "owner": alice.email})

    assert second.refused == [(3, "id", "Nothing has this id yet; a new row needs: Name.")]
    account = Account.objects.get()
    assert (account.name, account.industry, account.owner) == ("Najm", "Retail", alice)


def test_a_new_value_counts_from_today_and_the_old_one_stays_in_the_history():
    imported(ROWS[0])

    counts = imported(
        ROWS[0] | {"segment": "Enterprise"}, options=replace(OPTIONS, today=date(2026, 4, 1))
    ).counts

    assert counts == {"read": 1, "changed": 1}
    assert Account.objects.get().segment == "Enterprise"
    assert changes() == [
        ("Najm", "segment", "SMB", "2026-03-15"),
        ("Najm", "segment", "Enterprise", "2026-04-01"),
        ("Najm", "stage", "live", "2026-03-15"),
    ]


def test_a_new_name_is_no_dated_value():
    imported(ROWS[0])

    assert imported(ROWS[0] | {"name": "Najm LLC"}).counts == {"read": 1, "changed": 1}
    assert Account.objects.get().name == "Najm LLC"


def test_an_empty_stage_says_nothing():
    imported(ROWS[0])

    assert imported(ROWS[0] | {"stage": ""}).counts == {"read": 1, "unchanged": 1}


def test_days_of_their_own_make_a_history():
    rows = [
        {"id": "n1", "name": "Najm", "segment": "SMB", "from_day": "2024-01-01"},
        {"id": "n1", "name": "Najm", "segment": "Enterprise", "from_day": "2027-01-01"},
        {"id": "n1", "name": "Najm", "segment": "Mid", "from_day": "2025-01-01"},
        {"id": "n2", "name": "Ahead", "segment": "SMB", "from_day": "2027-01-01"},
    ]

    counts = imported(*rows).counts

    assert counts == {"read": 4, "created": 4}
    assert dict(Account.objects.values_list("name", "segment")) == {"Najm": "Mid", "Ahead": ""}
    assert changes() == [
        ("Ahead", "segment", "SMB", "2027-01-01"),
        ("Najm", "segment", "SMB", "2024-01-01"),
        ("Najm", "segment", "Mid", "2025-01-01"),
        ("Najm", "segment", "Enterprise", "2027-01-01"),
    ]
    before = trails()
    assert imported(*rows).counts == {"read": 4, "unchanged": 4}
    assert trails() == before


def test_a_backfill_without_days_says_how_it_always_was():
    imported(ROWS[0], options=BACKFILL)

    assert changes() == [("Najm", "segment", "SMB", "1900-01-01"), ("Najm", "stage", "live", "1900-01-01")]
    assert Account.objects.get().recorded_at < datetime(1901, 1, 1, tzinfo=UTC)


def test_a_backfill_with_days_is_learned_on_them():
    imported(ROWS[0] | {"from_day": "2025-01-01"}, options=BACKFILL)

    learned = {change.recorded_at for change in AccountChange.objects.all()}
    assert learned == {Account.objects.get().recorded_at} == {datetime(2024, 12, 31, 21, tzinfo=UTC)}


def test_current_values_are_written_at_once():
    """Not created first and changed afterwards: the audit would show a change that nobody made."""
    imported(ROWS[0])

    assert list(AuditEntry.objects.filter(table="accounts_account").values_list("action", flat=True)) == [
        "insert"
    ]


def test_parent_may_stand_anywhere_in_a_batch():
    imported(ROWS[1], ROWS[0])

    assert Account.objects.get(name="Najm Egypt").parent.name == "Najm"


def test_parent_of_a_later_batch_can_be_created_ahead(monkeypatch):
    monkeypatch.setattr(service, "BATCH", 1)

    assert imported(ROWS[1], ROWS[0]).refused[0][1] == "parent"
    assert imported(ROWS[1], ROWS[0], options=CREATING).counts == {"read": 2, "created": 1, "unchanged": 1}
    assert dict(Account.objects.values_list("name", "parent__name")) == {"Najm": None, "Najm Egypt": "Najm"}


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({"name": ""}, "name"),
        ({"owner": "nobody@example.com"}, "owner"),
        ({"team": "West"}, "team"),
        ({"parent": "unknown"}, "parent"),
        ({"stage": "gone"}, "stage"),
        ({"country": "Atlantis"}, "country"),
        ({"from_day": "1/2/2026"}, "from_day"),
    ],
)
def test_bad_account_is_refused_and_good_ones_are_kept(row, column):
    good = {"id": "n1", "name": "Najm"} | dict.fromkeys(row, "") | ({"name": "Najm"} if "name" in row else {})

    run = imported(good, good | row | {"id": "n2"})

    assert [(line, name) for line, name, _reason in run.refused] == [(3, column)]
    assert run.counts == {"read": 2, "created": 1, "rejected": 1}


def test_an_account_that_becomes_its_own_parent_is_refused():
    imported(ROWS[0])

    run = imported(
        ROWS[0] | {"parent": "n1"}, {"id": "n3", "name": "Other", "parent": "", "segment": "", "stage": ""}
    )

    assert run.refused == [(2, "parent", "An account cannot be its own parent.")]
    assert run.counts == {"read": 2, "created": 1, "rejected": 1}


def test_a_new_account_that_is_its_own_parent_is_refused():
    run = imported({"id": "n1", "name": "Najm", "parent": "n1"}, {"id": "n2", "name": "Other", "parent": ""})

    assert run.refused == [(2, "parent", "An account cannot be its own parent.")]
    assert run.counts == {"read": 2, "created": 1, "rejected": 1}


def test_accounts_that_would_stand_above_themselves_are_refused():
    """Among new ones and with those that there are, on whichever day."""
    imported({"id": "old", "name": "Old", "parent": ""}, {"id": "below", "name": "Below", "parent": "old"})
    words = "Parents would stand in a circle: the parent is below this account itself."

    fresh = imported(
        {"id": "a", "name": "A", "parent": "b"},
        {"id": "b", "name": "B", "parent": "c"},
        {"id": "c", "name": "C", "parent": "a"},
        {"id": "d", "name": "D", "parent": "old"},
    )
    mixed = imported({"id": "old", "name": "Old", "parent": "e"}, {"id": "e", "name": "E", "parent": "below"})
    ahead = {"name": "Old", "parent": "below", "from_day": "2030-01-01"}
    later = imported({"id": "old", **ahead}, {"id": "f", **ahead})

    assert fresh.refused == [(line, "parent", words) for line in (2, 3, 4)]
    assert fresh.counts == {"read": 4, "created": 1, "rejected": 3}
    assert mixed.refused == later.refused == [(2, "parent", words)]
    assert mixed.counts == later.counts == {"read": 2, "created": 1, "rejected": 1}


def test_new_accounts_may_change_places():
    """Each above the other, but never on one day."""
    days = [
        ("a", "b", "2020-01-01"),
        ("b", "", "2020-01-01"),
        ("a", "", "2021-01-01"),
        ("b", "a", "2021-01-01"),
    ]

    run = imported(*({"id": one, "name": one, "parent": above, "from_day": day} for one, above, day in days))

    assert run.refused == []
    assert dict(Account.objects.values_list("name", "parent__name")) == {"a": None, "b": "a"}


def test_facts_of_a_loser_go_to_the_survivor(alice):
    imported(*[row | {"parent": ""} for row in ROWS])
    loser, survivor = Account.objects.get(name="Najm Egypt"), Account.objects.get(name="Najm")
    merge_accounts(loser, survivor, by=alice)

    Imported(resources.SUBSCRIPTIONS, [subscription("s1", account="n2")])

    assert Subscription.objects.get().account == survivor


def test_two_ids_of_one_account_in_one_file_do_not_break_it(alice):
    imported(*[row | {"parent": ""} for row in ROWS])
    merge_accounts(Account.objects.get(name="Najm Egypt"), Account.objects.get(name="Najm"), by=alice)

    run = imported(*[row | {"parent": "", "segment": f"S{n}"} for n, row in enumerate(ROWS)])

    assert run.counts == {"read": 2, "changed": 2}


def test_segment_is_touched_from_its_day():
    imported(ROWS[0] | {"from_day": "2025-01-01"})

    assert date(2025, 1, 1) in set(Touched.objects.values_list("earliest_day", flat=True))
