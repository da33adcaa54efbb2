"""The API's read side: every resource, for whom, what a row says, and its pages."""

from decimal import Decimal

import pytest

from accounts import api_urls
from accounts.models import Account, AccountKey
from tests import factories
from tests.accounts.reading import OF_FEW, OF_NOBODY, as_csm, client_of, ids, one_of_each, problem
from tests.sampling import some

RESOURCES = [prefix for prefix, _view, _name in api_urls.router.registry]


# What there is, and for whom


def test_every_resource_lists_its_rows_and_shows_one(ada, alice):
    rows = one_of_each(alice)

    assert set(rows) == set(RESOURCES)
    for resource, row in rows.items():
        listed = ada.get(f"/api/v1/{resource}/").json()["results"]
        shown = ada.get(f"/api/v1/{resource}/{row.pk}/").json()
        assert shown in listed
        assert shown["id"] == str(row.pk)


def test_strangers_find_nothing(alice, charlie):
    stranger = as_csm(charlie)

    for resource, row in one_of_each(alice).items():
        if resource in OF_NOBODY - OF_FEW:
            assert str(row.pk) in ids(stranger.get(f"/api/v1/{resource}/"))
            continue
        problem(stranger.get(f"/api/v1/{resource}/{row.pk}/"), 404)
        if resource in OF_FEW:
            assert "roles" in problem(stranger.get(f"/api/v1/{resource}/"), 403)["detail"]
        else:
            assert ids(stranger.get(f"/api/v1/{resource}/")) == [], resource


def test_the_owner_and_the_team_find_their_rows(alice, bob, team):
    rows = one_of_each(alice)
    Account.objects.update(team=team)
    other = factories.account("Of somebody else")
    factories.order(other, "2026-01-01 00:00")

    for reader in (as_csm(alice), as_csm(bob)):
        for resource in set(RESOURCES) - OF_NOBODY:
            row = rows[resource]
            assert str(row.pk) in ids(reader.get(f"/api/v1/{resource}/"))
            assert reader.get(f"/api/v1/{resource}/{row.pk}/").status_code == 200
    assert str(other.pk) not in ids(as_csm(bob).get("/api/v1/accounts/"))


def test_without_a_role_nothing_can_be_read(alice):
    order = one_of_each(alice)["orders"]
    reader = client_of(alice)

    problem(reader.get("/api/v1/orders/"), 403)
    problem(reader.get(f"/api/v1/orders/{order.pk}/"), 404)


@pytest.mark.parametrize("resource", some(RESOURCES, every=6))
def test_lists_cost_the_same_for_one_row_and_for_three(ada, alice, django_assert_num_queries, resource):
    """Token, list; with the accounts their keys."""
    expected = 3 if resource == "accounts" else 2
    one_of_each(alice)
    ada.get("/api/v1/plans/")

    with django_assert_num_queries(expected):
        assert len(ids(ada.get(f"/api/v1/{resource}/"))) == 1
    one_of_each(alice, 2)
    one_of_each(alice, 3)
    with django_assert_num_queries(expected):
        assert len(ids(ada.get(f"/api/v1/{resource}/"))) == 3


def test_an_account_carries_its_keys_its_people_and_strings_for_ids(ada, alice, team):
    parent = factories.account("Holding")
    account = factories.account("Najm", owner=alice, team=team, parent=parent, stage="live")
    AccountKey.objects.create(account=account, source="stripe", value="cus_1")

    shown = ada.get(f"/api/v1/accounts/{account.pk}/").json()

    assert shown["parent"] == str(parent.pk)
    assert shown["owner"] == {"id": str(alice.pk), "name": "Alice", "email": "alice@example.com"}
    assert shown["team"] == {"id": str(team.pk), "name": "North"}
    assert shown["keys"] == [{"source": "stripe", "value": "cus_1"}]
    assert shown["merged_into"] is None


def test_amounts_are_decimals_in_strings_and_instants_are_in_utc(ada, alice):
    order = factories.order(factories.account(owner=alice), "2026-01-31 10:00", Decimal("12.5"))

    shown = ada.get(f"/api/v1/orders/{order.pk}/").json()

    assert shown["amount"] == "12.5000"
    assert shown["ordered_at"] == "2026-01-31T10:00:00Z"


def test_instants_are_in_utc_for_people_of_other_time_zones_too(sign_in, administrator):
    administrator.time_zone = "Asia/Riyadh"
    administrator.save()
    order = factories.order(factories.account(), "2026-01-31 10:00")

    shown = sign_in(administrator).get(f"/api/v1/orders/{order.pk}/").json()

    assert shown["ordered_at"] == "2026-01-31T10:00:00Z"


def test_texts_come_in_all_their_languages(ada, alice):
    product = one_of_each(alice)["products"]

    assert ada.get(f"/api/v1/products/{product.pk}/").json()["name"] == {"en": "Paper", "ar": "ورق"}


# Pages


def test_pages_follow_one_another_and_show_each_row_once(ada):
    account = factories.account()
    orders = [str(factories.order(account, "2026-01-01 00:00").pk) for _number in range(5)]
    seen, address = [], "/api/v1/orders/?page_size=2"

    while address:
        page = ada.get(address).json()
        seen.append([row["id"] for row in page["results"]])
        address = page["next"]

    assert seen == [orders[:2], orders[2:4], orders[4:]]
    assert ids(ada.get(page["previous"])) == orders[2:4]


def test_a_row_that_comes_in_meanwhile_moves_no_page(ada):
    account = factories.account()
    orders = [factories.order(account, "2026-01-01 00:00") for _number in range(3)]
    first = ada.get("/api/v1/orders/?page_size=2").json()

    orders[0].delete()
    newest = factories.order(account, "2025-01-01 00:00")

    assert ids(ada.get(first["next"])) == [str(orders[2].pk), str(newest.pk)]
