"""Two accounts that are one: merged with all facts, by whom and what of whom."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from accounts.merges import merged_into
from accounts.models import Account, AccountChange, AccountKey, AuditEntry, Job
from accounts.services import change_account
from tests import factories
from tests.accounts.merging import NOW, TODAY, merge

pytestmark = pytest.mark.django_db


def test_merge_points_all_earlier_losers_to_the_last_survivor(loser, survivor, alice):
    first = factories.account("Najm")

    merge(first, loser)
    merge(loser, survivor)

    assert set(Account.objects.filter(merged_into=survivor)) == {first, loser}
    assert AccountKey.objects.get().account == survivor


def test_merge_into_a_loser_goes_to_its_survivor(loser, survivor):
    other = factories.account("Najm")
    merge(loser, survivor)

    job = merge(other, loser)

    assert other.merged_into == survivor
    assert job.parameters["survivor"] == survivor.pk


def test_merge_in_a_circle_is_refused_and_leaves_no_job(loser, survivor):
    merge(loser, survivor)

    with pytest.raises(ValidationError):
        merge(survivor, loser)
    with pytest.raises(ValidationError):
        merge(survivor, survivor)
    assert Job.objects.count() == 1


def test_merge_is_put_down_to_who_did_it(loser, survivor, alice):
    job = merge(loser, survivor, by=alice)

    entry = AuditEntry.objects.filter(table="accounts_account", action="update").get()
    assert (entry.actor, entry.row, entry.after) == (alice, loser.pk, {"merged_into_id": survivor.pk})
    assert (job.created_by, job.state, entry.job) == (alice, Job.State.DONE, job)


def test_survivor_keeps_its_own_values_unless_others_are_chosen(loser, survivor):
    Account.objects.filter(pk=loser.pk).update(industry="Freight", country="SA")

    merge(loser, survivor, taking=["industry"])

    survivor.refresh_from_db()
    assert (survivor.name, survivor.industry, survivor.country) == ("Najm Logistics", "Freight", "")


def test_a_dated_value_is_taken_with_its_history(loser, survivor, alice):
    change_account(loser, by=alice, day=date(2026, 2, 1), now=NOW, segment="Strategic")

    merge(loser, survivor, taking=["segment"])

    survivor.refresh_from_db()
    assert (survivor.stage, survivor.segment) == ("live", "Strategic")
    history = survivor.changes.filter(field="segment").order_by("from_day")
    assert list(history.values_list("value", "from_day", "by")) == [
        ("Enterprise", date(2025, 1, 1), None),
        ("Strategic", date(2026, 2, 1), alice.pk),
    ]
    assert survivor.changes.filter(field="stage").get().value == "live"


def test_when_a_dated_value_was_learned_goes_with_it(loser, survivor):
    AccountChange.objects.filter(account=loser).update(recorded_at=factories.at("2025-01-02"))

    merge(loser, survivor, taking=["segment"])

    assert survivor.changes.get(field="segment").recorded_at == factories.at("2025-01-02")


def test_a_value_that_was_never_dated_is_taken_too(loser, survivor):
    Account.objects.filter(pk=loser.pk).update(tier="Gold")

    merge(loser, survivor, taking=["tier"])

    survivor.refresh_from_db()
    assert (survivor.tier, survivor.changes.filter(field="tier").exists()) == ("Gold", False)


def test_attributes_are_taken_one_by_one(loser, survivor):
    factories.attribute("seats", "whole")
    factories.attribute("city")
    change_account(
        survivor, by=None, day=TODAY, now=NOW, **{"attribute.seats": "5", "attribute.city": "Jeddah"}
    )
    change_account(loser, by=None, day=TODAY, now=NOW, **{"attribute.seats": "9", "attribute.city": "Riyadh"})

    merge(loser, survivor, taking=["attribute.seats"])

    survivor.refresh_from_db()
    assert survivor.attributes == {"seats": ["9"], "city": ["Jeddah"]}


def test_an_account_does_not_become_its_own_parent(loser, survivor):
    change_account(loser, by=None, day=TODAY, now=NOW, parent=survivor)

    merge(loser, survivor, taking=["parent"])

    survivor.refresh_from_db()
    assert survivor.parent is None
    assert survivor.changes.get(field="parent").value == ""


@pytest.mark.parametrize("name", ["recorded_at", "merged_into", "name_key"])
def test_what_is_no_value_is_not_taken(loser, survivor, name):
    with pytest.raises(ValueError, match=name):
        merge(loser, survivor, taking=[name])


def test_merged_tells_who_and_by_whom(loser, survivor, alice, django_assert_num_queries):
    first = factories.account("Najm")
    came_merged = factories.account("Najm Egypt", merged_into=survivor)
    earlier = merge(first, loser)
    job = merge(loser, survivor, by=alice)

    with django_assert_num_queries(2):
        told_of = [(one.loser, one.job) for one in merged_into(survivor)]

    assert told_of == [(came_merged, None), (first, earlier), (loser, job)]
    assert told_of[2][1].created_by == alice
