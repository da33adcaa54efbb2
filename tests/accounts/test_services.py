from datetime import UTC, date, datetime

import pytest

from accounts.models import Account, AccountChange, AuditEntry, Organisation, Touched
from accounts.services import apply_dated_values, apply_values_that_came_due, change_account

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
