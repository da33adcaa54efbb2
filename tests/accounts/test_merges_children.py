"""Whose parent was merged is a child of the survivor, until they are parted; nobody stands above themselves."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Account, AccountChange, Job
from accounts.models.rules import IN_A_CIRCLE
from accounts.services import change_account
from accounts.unmerging import NotUndoable, why_not
from tests import factories
from tests.accounts.merging import NOW, TODAY, merge, parted
from tests.accounts.undoing import contents

pytestmark = pytest.mark.django_db


@pytest.fixture
def child(loser):
    account = factories.account("Najm Egypt")
    change_account(account, by=None, day=date(2025, 6, 1), now=NOW, parent=loser)
    return account


def parents(account):
    account.refresh_from_db()
    return account.parent, list(account.changes.filter(field="parent").values_list("value", flat=True))


def test_children_go_to_the_survivor_and_come_back(loser, survivor, child):
    undated = Account.objects.create(name="Najm Iraq", parent=loser)
    change_account(survivor, by=None, day=date(2025, 1, 1), now=NOW, parent=loser)
    before = contents()

    job = merge(loser, survivor)

    assert parents(child) == (survivor, [str(survivor.pk)])
    assert parents(undated) == (survivor, [])
    assert parents(survivor) == (None, [""])
    parted(job)
    assert contents() == before


def test_a_parent_named_in_between_stays(loser, survivor, child):
    other = factories.account("Another")
    job = merge(loser, survivor)
    change_account(child, by=None, day=TODAY, now=NOW, parent=other)

    parted(job)

    assert parents(child) == (other, [str(loser.pk), str(other.pk)])


def test_a_survivor_that_would_stand_above_itself_is_refused_in_words(loser, survivor, child):
    change_account(survivor, by=None, day=date(2025, 6, 1), now=NOW, parent=child)

    with pytest.raises(ValidationError) as refused:
        merge(loser, survivor)

    assert refused.value.messages == [str(IN_A_CIRCLE)]
    assert not Job.objects.exists()
    assert merge(loser, survivor, taking=["parent"])


def test_an_undo_that_would_put_somebody_above_themselves_is_refused_in_words(loser, survivor, child):
    other = factories.account("Another")
    change_account(other, by=None, day=date(2025, 6, 1), now=NOW, parent=child)
    job = merge(loser, survivor)
    change_account(child, by=None, day=date(2025, 6, 1), now=NOW, parent=None)
    AccountChange.objects.filter(account=child).update(value=str(survivor.pk))
    Account.objects.filter(pk=loser.pk).update(parent=other)

    with pytest.raises(NotUndoable, match="circle"):
        parted(job)

    assert why_not(job) == ""
