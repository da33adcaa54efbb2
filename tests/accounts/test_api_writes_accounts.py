"""Accounts through the API: what is dated, their keys, and what became of merged ones."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from accounts import api_urls
from accounts.merges import merge_accounts, merge_contacts
from accounts.models import (
    Account,
    AccountChange,
    AccountKey,
    Contact,
)
from tests import factories
from tests.accounts.reading import one_of_each, problem
from tests.accounts.writing import Program, pointers

pytestmark = pytest.mark.django_db

RESOURCES = [prefix for prefix, _view, _name in api_urls.router.registry]
EVERY = pytest.mark.parametrize("resource", RESOURCES)
VIEWS = {prefix: view for prefix, view, _name in api_urls.router.registry}


@pytest.fixture
def shop(administrator):
    return Program(administrator)


def test_what_is_dated_counts_from_its_day_on(shop, administrator):
    made = shop.post("accounts/", {"name": "Falak", "segment": "enterprise", "from_day": "2026-01-01"}).json()
    ahead = (timezone.now() + timedelta(days=30)).date()

    changed = shop.patch(f"accounts/{made['id']}/", {"segment": "small", "from_day": ahead.isoformat()})

    assert (made["segment"], changed.json()["segment"]) == ("enterprise", "enterprise")
    assert "from_day" not in made
    changes = AccountChange.objects.filter(account=made["id"]).values_list("field", "value", "from_day", "by")
    assert set(changes) == {
        ("stage", "lead", date(2026, 1, 1), administrator.pk),
        ("segment", "enterprise", date(2026, 1, 1), administrator.pk),
        ("segment", "small", ahead, administrator.pk),
    }


def test_without_a_day_it_counts_from_today(shop, time_machine):
    time_machine.move_to(datetime(2026, 3, 31, 23, 30, tzinfo=UTC), tick=False)
    factories.organisation(time_zone="Asia/Riyadh")

    made = shop.post("accounts/", {"name": "Falak", "tier": "gold"}).json()

    assert AccountChange.objects.get(account=made["id"], field="tier").from_day == date(2026, 4, 1)


def test_a_day_without_anything_dated_is_refused(shop):
    refused = problem(shop.post("accounts/", {"name": "Falak", "from_day": "2026-01-01"}), 400)

    assert pointers(refused) == ["#/from_day"]


def test_what_is_taken_away_is_dated_too(shop, alice):
    account = one_of_each(alice)["accounts"]

    changed = shop.patch(f"accounts/{account.pk}/", {"owner": None, "segment": ""}).json()

    assert (changed["owner"], changed["segment"]) == (None, "")
    assert AccountChange.objects.filter(account=account, field="owner", value="").exists()


def test_an_account_is_not_its_own_parent(shop, alice):
    account = one_of_each(alice)["accounts"]

    assert pointers(problem(shop.patch(f"accounts/{account.pk}/", {"parent": str(account.pk)}), 400)) == [
        "#/parent"
    ]


def test_parents_stand_in_no_circle_on_any_day(shop):
    upper, middle, lower = (factories.account(name) for name in ("Upper", "Middle", "Lower"))
    ahead = (timezone.now() + timedelta(days=30)).date().isoformat()
    path = "accounts/{}/".format
    assert shop.patch(path(middle.pk), {"parent": str(upper.pk), "from_day": "2026-01-01"}).status_code == 200
    assert shop.patch(path(lower.pk), {"parent": str(middle.pk), "from_day": ahead}).status_code == 200

    direct = shop.patch(path(upper.pk), {"parent": str(middle.pk)})
    longer = shop.patch(path(upper.pk), {"parent": str(lower.pk), "from_day": ahead})
    itself = shop.patch(path(upper.pk), {"parent": str(upper.pk), "from_day": ahead})

    for refused in (direct, longer):
        assert pointers(problem(refused, 409)) == ["#/parent"]
    assert pointers(problem(itself, 400)) == ["#/parent"]
    shop.patch(path(lower.pk), {"parent": None, "from_day": ahead})
    assert shop.patch(path(upper.pk), {"parent": str(lower.pk), "from_day": ahead}).status_code == 200


def test_nobody_is_above_themselves_through_who_was_merged(shop):
    holding, merged, child = (factories.account(name) for name in ("Holding", "Merged", "Child"))
    shop.patch(f"accounts/{child.pk}/", {"parent": str(merged.pk)})
    merge_accounts(merged, holding, by=None)

    refused = shop.patch(f"accounts/{holding.pk}/", {"parent": str(child.pk)})

    assert pointers(problem(refused, 409)) == ["#/parent"]


def test_keys_are_given_as_a_whole(shop, alice):
    account = one_of_each(alice)["accounts"]
    AccountKey.objects.create(account=account, source="crm", value="7")
    kept = AccountKey.objects.get(source="crm").pk
    path = f"accounts/{account.pk}/"

    changed = shop.patch(path, {"keys": [{"source": "crm", "value": "7"}, {"source": "erp", "value": "K1"}]})
    untouched = shop.patch(path, {"name": "Najm"})

    assert changed.json()["keys"] == untouched.json()["keys"]
    assert {(key["source"], key["value"]) for key in changed.json()["keys"]} == {("crm", "7"), ("erp", "K1")}
    assert AccountKey.objects.get(source="crm").pk == kept


def test_a_key_that_another_account_has_is_a_conflict_that_tells_no_more(shop, alice):
    rows = one_of_each(alice)

    refused = problem(
        shop.post("accounts/", {"name": "Falak", "keys": [{"source": "stripe", "value": "cus_1"}]}), 409
    )

    assert pointers(refused) == ["#/keys"]
    assert rows["accounts"].name not in str(refused)
    assert not Account.objects.filter(name="Falak").exists()


@pytest.mark.parametrize(
    ("keys", "pointer"),
    [
        ([{"source": "crm", "value": "1"}, {"source": "crm", "value": "1"}], "#/keys"),
        ([{"source": "crm"}], "#/keys/0/value"),
        ([{"source": "", "value": "1"}], "#/keys/0/source"),
        ("crm", "#/keys"),
    ],
)
def test_keys_that_are_none_are_refused(shop, keys, pointer):
    assert pointers(problem(shop.post("accounts/", {"name": "Falak", "keys": keys}), 400)) == [pointer]


def test_a_loser_of_a_merge_is_not_written_to_and_names_the_survivor(shop, alice):
    loser, survivor = one_of_each(alice)["accounts"], factories.account("Survivor")
    merge_accounts(loser, survivor, by=None)
    path = f"accounts/{loser.pk}/"
    given = {"account": str(loser.pk), "name": "Huda"}

    for response in (shop.patch(path, {"name": "x"}), shop.delete(path), shop.post("contacts/", given)):
        refused = problem(response, 409)
        assert (refused["code"], refused["merged_into"]) == ("merged", str(survivor.pk))
    assert Account.objects.get(pk=loser.pk).name == loser.name


def test_facts_of_a_loser_can_still_be_corrected(shop, alice):
    rows = one_of_each(alice)
    merge_accounts(rows["accounts"], factories.account("Survivor"), by=None)

    changed = shop.patch(
        f"orders/{rows['orders'].pk}/", {"account": str(rows["accounts"].pk), "number": "R-1"}
    )

    assert changed.json()["number"] == "R-1"


def test_a_merged_contact_is_not_written_to(shop):
    najm = factories.account("Najm")
    kept, double = (Contact.objects.create(account=najm, name=name) for name in ("Sara", "Sara A."))
    merge_contacts(double, kept, by=None)

    refused = problem(shop.patch(f"contacts/{double.pk}/", {"name": "S"}), 409)
    given = {"account": str(najm.pk), "requester": str(double.pk), "opened_at": "2026-01-10T12:00:00Z"}
    asked = shop.post("tickets/", given).json()

    assert (refused["code"], refused["merged_into"]) == ("merged", str(kept.pk))
    assert "contact" in refused["detail"]
    assert asked["requester"] == str(kept.pk)


def test_by_its_key_a_merged_account_is_its_survivor(shop, alice):
    rows = one_of_each(alice)
    survivor = factories.account("Survivor")
    merge_accounts(rows["accounts"], survivor, by=None)

    made = shop.post("contacts/", {"account": {"source": "stripe", "external_id": "cus_1"}, "name": "Huda"})

    assert made.json()["account"] == str(survivor.pk)


def test_whoever_has_left_gets_no_accounts(shop, alice, charlie):
    account = one_of_each(alice)["accounts"]
    charlie.is_active = False
    charlie.save()

    assert pointers(problem(shop.patch(f"accounts/{account.pk}/", {"owner": str(charlie.pk)}), 400)) == [
        "#/owner"
    ]
