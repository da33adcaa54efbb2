"""Merged accounts are parted again to the last column; what came in between stays and is said."""

from datetime import date

import pytest

from accounts import resources
from accounts.merges import ACCOUNT_FIELDS
from accounts.models import Account, AccountKey, AuditEntry, Job
from accounts.services import change_account
from accounts.unmerging import NotUndoable, entered_since, told, undone, why_not
from tests import factories
from tests.accounts.merging import NOW, TODAY, merge, parted
from tests.accounts.undoing import contents, imported
from tests.accounts.undoing import undone as import_undone

pytestmark = pytest.mark.django_db

EVERYTHING = [*ACCOUNT_FIELDS, "segment", "stage", "tier", "parent", "attribute.seats"]
OTHERS = {
    "name": "Najm Holding",
    "industry": "Freight",
    "country": "SA",
    "website": "https://najm.sa",
    "acquired_channel": "fair",
    "acquired_campaign": "spring",
    "internal": True,
    "tags": ["VIP"],
}


@pytest.mark.parametrize(
    "taking", [[], ["name"], ["segment"], EVERYTHING], ids=["nothing", "name", "segment", "all"]
)
def test_undo_leaves_everything_as_before(loser, survivor, alice, taking):
    factories.attribute("seats", "whole")
    change_account(loser, by=None, day=TODAY, now=NOW, **{"attribute.seats": "9"})
    change_account(survivor, by=None, day=date(2026, 2, 1), now=NOW, segment="Mid", tier="Gold")
    Account.objects.filter(pk=loser.pk).update(parent=survivor, **OTHERS)
    AccountKey.objects.create(account=survivor, source="crm", value="najm")
    merge(factories.account("Najm"), loser)
    merge(factories.account("Najm Oman"), survivor)
    before = contents()

    job = merge(loser, survivor, taking=taking)
    assert contents() != before
    undo = parted(job, by=alice)

    assert contents() == before
    assert (undo.result["left"], undo.created_by) == (0, alice)


def test_undo_is_put_down_to_who_did_it(loser, survivor, alice):
    factories.organisation()

    undo = parted(merge(loser, survivor), by=alice)

    entries = AuditEntry.objects.filter(job=undo)
    assert {(entry.actor, entry.table, entry.row) for entry in entries} == {
        (alice, "accounts_account", loser.pk),
        (alice, "accounts_accountkey", AccountKey.objects.get().pk),
    }


def test_undo_happens_once(loser, survivor):
    job = merge(loser, survivor)
    undo = parted(job)

    with pytest.raises(NotUndoable, match="undone before"):
        parted(job)
    assert undone([job]) == {job.pk: undo}


def test_what_is_no_longer_kept_as_it_was_cannot_be_undone(loser, survivor):
    job = merge(loser, survivor, taking=["name"])
    AuditEntry.objects.filter(job=job).update(before={}, after={})

    assert why_not(job) == "What was merged is no longer kept as it was before."


def test_merged_again_after_an_undo_it_can_be_undone_again(loser, survivor):
    parted(merge(loser, survivor))
    before = contents()
    job = merge(loser, survivor)

    parted(job)

    assert contents() == before


def test_a_later_merge_is_undone_first(loser, survivor):
    last = factories.account("Najm Group")
    first = merge(loser, survivor)
    second = merge(survivor, last)

    with pytest.raises(NotUndoable, match="merged into Najm Group afterwards"):
        parted(first)
    parted(second)
    parted(first)

    assert Account.objects.filter(merged_into=None).count() == 3
    assert AccountKey.objects.get().account == loser


def test_merges_into_one_survivor_are_undone_in_any_order(loser, survivor):
    other = factories.account("Najm")
    before = contents()
    first, second = merge(loser, survivor), merge(other, survivor)

    parted(first)
    parted(second)

    assert contents() == before


def test_of_what_was_deleted_no_merge_is_undone(loser, survivor):
    job = merge(loser, survivor)
    loser.delete()

    assert "no longer there" in why_not(job)


def test_facts_that_came_in_between_stay_with_the_survivor_and_are_said(loser, survivor):
    factories.payment(survivor, 5, "2026-01-01", recorded_at=factories.at("2026-01-01"))
    job = merge(loser, survivor)
    Job.objects.filter(pk=job.pk).update(created_at=NOW)
    job.refresh_from_db()
    late = factories.payment(survivor, 7, "2026-03-01", recorded_at=factories.at("2026-03-16"))

    assert entered_since(job) == [("Payments", 1)]
    parted(job)

    late.refresh_from_db()
    assert late.account == survivor


def test_keys_that_came_in_between_stay(loser, survivor):
    job = merge(loser, survivor)
    AccountKey.objects.create(account=survivor, source="zendesk", value="1")

    parted(job)

    assert dict(AccountKey.objects.values_list("source", "account")) == {
        "stripe": loser.pk,
        "zendesk": survivor.pk,
    }


def test_values_changed_in_between_stay_and_are_said(loser, survivor):
    job = merge(loser, survivor, taking=["name", "industry"])
    Account.objects.filter(pk=survivor.pk).update(name="Najm Holding")

    undo = parted(job)

    survivor.refresh_from_db()
    assert survivor.name == "Najm Holding"
    assert told(undo) == ["name was changed in between and stays as it is."]


@pytest.mark.parametrize("name", ACCOUNT_FIELDS)
def test_a_value_of_any_field_changed_in_between_stays(loser, survivor, name):
    Account.objects.filter(pk=loser.pk).update(**{name: OTHERS[name]})
    job = merge(loser, survivor, taking=[name])
    last = {"internal": False, "tags": ["Last"], "website": "https://last.sa", "country": "AE"}.get(
        name, "Last"
    )
    Account.objects.filter(pk=survivor.pk).update(**{name: last})

    undo = parted(job)

    survivor.refresh_from_db()
    assert getattr(survivor, name) == last
    assert undo.result["left"] == 1


def test_an_attribute_that_came_in_between_and_was_never_dated_stays(loser, survivor):
    factories.attribute("seats", "whole")
    factories.attribute("floor")
    Account.objects.filter(pk=loser.pk).update(attributes={"seats": ["9"]})
    job = merge(loser, survivor, taking=["attribute.seats"])
    Account.objects.filter(pk=survivor.pk).update(attributes={"seats": ["9"], "floor": ["2"]})

    parted(job)

    survivor.refresh_from_db()
    assert survivor.attributes == {"floor": ["2"]}


def test_a_key_deleted_in_between_is_said(loser, survivor):
    job = merge(loser, survivor)
    AccountKey.objects.all().delete()

    undo = parted(job)

    assert undo.result["left"] == 1
    assert not AccountKey.objects.exists()


def test_a_dated_value_of_in_between_stays_among_those_of_before(loser, survivor):
    job = merge(loser, survivor, taking=["segment"])
    change_account(survivor, by=None, day=date(2026, 3, 10), now=NOW, segment="Public")

    undo = parted(job)

    survivor.refresh_from_db()
    assert survivor.segment == "Public"
    history = survivor.changes.filter(field="segment").order_by("from_day")
    assert list(history.values_list("value", "from_day")) == [
        ("SMB", date(2026, 1, 1)),
        ("Public", date(2026, 3, 10)),
    ]
    assert undo.result["left"] == 0


def test_a_dated_value_in_the_place_of_one_of_before_stays_and_is_said(loser, survivor):
    job = merge(loser, survivor, taking=["segment"])
    change_account(survivor, by=None, day=date(2026, 1, 1), now=NOW, segment="Public")

    undo = parted(job)

    survivor.refresh_from_db()
    assert survivor.segment == "Public"
    assert told(undo) == ["segment was changed in between and stays as it is."]


def test_a_merge_that_was_undone_stands_in_the_way_of_no_undo_of_an_import(alice):
    before = contents()
    job = imported(resources.ACCOUNTS, [{"id": "s", "name": "Survivor"}, {"id": "l", "name": "Loser"}])
    loser, survivor = Account.objects.order_by("name")
    parted(merge(loser, survivor, taking=["name"]))

    begun = import_undone(job)

    assert begun.result["left"] == 0
    assert contents() == before
