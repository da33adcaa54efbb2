from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Account, AccountChange, AccountKey, AuditEntry, Organisation, Touched
from accounts.services import apply_dated_values, apply_values_that_came_due, change_account, merge_accounts

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


@pytest.fixture
def account():
    return Account.objects.create(name="Najm Logistics")


def test_change_account_writes_the_history_and_the_current_value(account, alice):
    change_account(account, by=alice, day=date(2026, 3, 1), now=NOW, segment="Enterprise", owner=alice)

    assert (account.segment, account.owner) == ("Enterprise", alice)
    assert list(AccountChange.objects.values_list("field", "value", "from_day", "by")) == [
        ("owner", str(alice.pk), date(2026, 3, 1), alice.pk),
        ("segment", "Enterprise", date(2026, 3, 1), alice.pk),
    ]


def test_change_account_of_a_day_ahead_waits_for_the_day(account, alice):
    change_account(account, by=alice, day=date(2026, 4, 1), now=NOW, tier="Gold")

    assert account.tier == ""
    assert apply_dated_values(date(2026, 4, 1)) == 1
    account.refresh_from_db()
    assert account.tier == "Gold"


def test_values_come_into_force_when_the_day_begins_where_the_organisation_is(account, alice):
    Organisation.objects.update_or_create(pk=1, defaults={"time_zone": "Asia/Riyadh"})
    change_account(account, by=alice, day=date(2026, 3, 16), now=NOW, tier="Gold")

    assert apply_values_that_came_due(datetime(2026, 3, 15, 20, 59, tzinfo=UTC)) == 0
    assert apply_values_that_came_due(datetime(2026, 3, 15, 21, 1, tzinfo=UTC)) == 1
    assert apply_values_that_came_due(datetime(2026, 3, 15, 22, 1, tzinfo=UTC)) == 0
    account.refresh_from_db()
    assert account.tier == "Gold"


def test_change_account_of_a_past_day_does_not_undo_a_later_value(account, alice):
    change_account(account, by=alice, day=date(2026, 3, 1), now=NOW, tier="Gold")

    change_account(account, by=alice, day=date(2026, 1, 1), now=NOW, tier="Silver")

    assert account.tier == "Gold"


def test_change_account_takes_a_value_away(account, alice):
    change_account(account, by=alice, day=date(2026, 3, 1), now=NOW, owner=alice)

    change_account(account, by=alice, day=date(2026, 3, 2), now=NOW, owner=None)

    assert account.owner is None


def test_change_account_leaves_undated_attributes_alone(account, alice):
    Account.objects.update(stage="live", segment="SMB")

    change_account(account, by=alice, day=date(2026, 3, 1), now=NOW, tier="Gold")

    account.refresh_from_db()
    assert (account.stage, account.segment, account.tier) == ("live", "SMB", "Gold")


def test_change_account_twice_changes_nothing(account, alice):
    change_account(account, by=alice, day=date(2026, 3, 1), now=NOW, segment="SMB")
    before = (AuditEntry.objects.count(), Touched.objects.count())

    change_account(account, by=alice, day=date(2026, 3, 1), now=NOW, segment="SMB")

    assert (AuditEntry.objects.count(), Touched.objects.count()) == before


def test_change_account_refuses_what_is_not_dated(account, alice):
    with pytest.raises(ValueError, match="name"):
        change_account(account, by=alice, day=date(2026, 3, 1), name="Other")


def test_merge_points_all_earlier_losers_to_the_last_survivor(account, alice):
    first, second = Account.objects.create(name="Najm"), Account.objects.create(name="Najm LLC")
    AccountKey.objects.create(account=first, source="stripe", value="cus_1")

    merge_accounts(first, second, by=alice)
    merge_accounts(second, account, by=alice)

    assert set(Account.objects.filter(merged_into=account)) == {first, second}
    assert AccountKey.objects.get().account == account


def test_merge_into_a_loser_goes_to_its_survivor(account, alice):
    loser, other = Account.objects.create(name="Najm"), Account.objects.create(name="Najm LLC")
    merge_accounts(loser, account, by=alice)

    merge_accounts(other, loser, by=alice)

    assert other.merged_into == account


def test_merge_in_a_circle_is_refused(account, alice):
    loser = Account.objects.create(name="Najm")
    merge_accounts(loser, account, by=alice)

    with pytest.raises(ValidationError):
        merge_accounts(account, loser, by=alice)
    with pytest.raises(ValidationError):
        merge_accounts(account, account, by=alice)


def test_merge_is_put_down_to_who_did_it(account, alice):
    loser = Account.objects.create(name="Najm")

    merge_accounts(loser, account, by=alice)

    entry = AuditEntry.objects.filter(table="accounts_account", action="update").get()
    assert (entry.actor, entry.row, entry.after) == (alice, loser.pk, {"merged_into_id": account.pk})
