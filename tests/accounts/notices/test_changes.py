"""Accounts with another owner or stage: who is told, and of how many."""

from datetime import date

import pytest

from accounts import actions
from accounts.actions import Change
from accounts.audit import acting
from accounts.models import Account, Notice
from accounts.notices import changes
from accounts.notices.kinds import BOOK_CHANGED, OWNER_CHANGED, STAGE_CHANGED, says
from accounts.services import apply_dated_values, change_account
from tests.factories import account

pytestmark = pytest.mark.django_db
DAY = date(2026, 1, 10)


def told(user):
    return [(notice.kind, says(notice), notice.account) for notice in Notice.objects.filter(recipient=user)]


def test_owners_before_and_after_are_told(alice, bob, charlie, administrator):
    najm = account("Najm", owner=alice)

    with acting(user=administrator):
        change_account(najm, by=administrator, day=DAY, owner=charlie)

    said = "Najm has another owner: Charlie"
    assert told(charlie) == [(OWNER_CHANGED, said, najm)]
    # She sees it no longer: nothing leads there.
    assert told(alice) == [(OWNER_CHANGED, said, None)]
    assert told(bob) == told(administrator) == []
    happened = Notice.objects.happened().get()
    assert (happened.account, happened.payload["before"]) == (najm, "Alice")


def test_nobody_is_told_of_what_they_did_themselves(alice, bob, team):
    najm = account("Najm", owner=alice, team=team)

    with acting(user=alice):
        change_account(najm, by=alice, day=DAY, owner=bob, stage="live")

    assert told(alice) == []
    assert {kind for kind, _said, _account in told(bob)} == {OWNER_CHANGED, STAGE_CHANGED}


def test_stage_is_told_to_the_owner(alice, bob):
    najm = account("Najm", owner=alice)

    change_account(najm, by=bob, day=DAY, stage="churned")

    assert told(alice) == [(STAGE_CHANGED, "Najm is at another stage: Churned", najm)]


def test_other_attributes_and_what_stays_are_not_told(alice):
    najm = account("Najm", owner=alice)

    change_account(najm, by=None, day=DAY, segment="large", stage=najm.stage, owner=alice)

    assert not Notice.objects.exists()


def test_who_gets_many_at_once_is_told_how_many(alice, bob, administrator):
    for number in range(changes.MOST + 1):
        account(f"Customer {number}", owner=alice)
    book = Account.objects.filter(owner=alice)

    job = actions.begin([(book, Change("owner", str(bob.pk), DAY))], by=administrator)
    actions.work_on(job)

    said = "21 accounts of yours have another owner or stage."
    assert told(bob) == told(alice) == [(BOOK_CHANGED, said, None)]
    assert Notice.objects.happened().filter(kind=OWNER_CHANGED).count() == 21


def test_of_all_at_once_nobody_is_told(alice):
    najm = account("Najm", owner=alice)
    najm.changes.create(field="stage", value="live", from_day=DAY)

    assert apply_dated_values(date(2026, 2, 1)) == 1

    assert not Notice.objects.exists()
