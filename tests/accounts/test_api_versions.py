"""ETag, If-None-Match, If-Match: nobody overwrites what they have not seen."""

import threading
from contextlib import closing

import pytest
from django.db import connection, transaction

from accounts import api_urls
from accounts.models import AccountKey, AuditEntry, Order
from tests import factories
from tests.accounts.reading import one_of_each, problem
from tests.accounts.writing import Program, new_rows
from tests.sampling import some

RESOURCES = [prefix for prefix, _view, _name in api_urls.router.registry]


@pytest.fixture
def shop(administrator):
    return Program(administrator)


@pytest.mark.parametrize("resource", some(RESOURCES, every=6))
def test_the_version_is_the_same_until_the_row_changes(shop, alice, resource):
    rows = one_of_each(alice)
    path = f"{resource}/{rows[resource].pk}/"
    _given, change = new_rows(rows)[resource]

    first, again = shop.get(path).headers["ETag"], shop.get(path).headers["ETag"]
    changed = shop.patch(path, change, If_Match=first)

    assert first == again
    assert first.startswith('"')
    assert changed.status_code == 200
    assert changed.headers["ETag"] == shop.get(path).headers["ETag"] != first


def test_parts_of_the_representation_are_parts_of_the_version(shop, alice):
    account = one_of_each(alice)["accounts"]
    path = f"accounts/{account.pk}/"
    tags = [shop.get(path).headers["ETag"]]

    AccountKey.objects.create(account=account, source="crm", value="7")
    tags.append(shop.get(path).headers["ETag"])
    alice.name = "Alice Cooper"
    alice.save()
    tags.append(shop.get(path).headers["ETag"])

    assert len(set(tags)) == 3


def test_keys_stand_in_their_order(shop, alice):
    account = one_of_each(alice)["accounts"]
    later = AccountKey.objects.create(account=account, source="crm", value="7")
    AccountKey.objects.exclude(pk=later.pk).update(value="cus_2")

    assert [key["source"] for key in shop.get(f"accounts/{account.pk}/").json()["keys"]] == ["stripe", "crm"]


def test_what_the_reader_has_is_not_sent_again(shop, alice):
    order = one_of_each(alice)["orders"]
    path = f"orders/{order.pk}/"
    tag = shop.get(path).headers["ETag"]

    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = shop.get(path, If_None_Match=known)
        assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag), known
    for other in ('"other"', "nonsense", ""):
        assert shop.get(path, If_None_Match=other).status_code == 200, other


@pytest.mark.parametrize("meant", ['"other"', "nonsense", "weak", ""])
def test_another_version_is_not_written_to(shop, alice, meant):
    order = one_of_each(alice)["orders"]
    path = f"orders/{order.pk}/"
    if meant == "weak":
        meant = f"W/{shop.get(path).headers['ETag']}"

    refused = shop.patch(path, {"number": "R-1"}, If_Match=meant), shop.delete(path, If_Match=meant)

    assert [problem(one, 412)["code"] for one in refused] == ["precondition_failed"] * 2
    assert Order.objects.get(pk=order.pk).number == ""


def test_the_version_that_is_meant_is_written_to(shop, alice):
    order = one_of_each(alice)["orders"]
    path = f"orders/{order.pk}/"

    assert shop.patch(path, {"number": "R-1"}, If_Match="*").status_code == 200
    tag = shop.get(path).headers["ETag"]
    assert shop.patch(path, {"number": "R-2"}, If_Match=f'"other", {tag}').status_code == 200
    assert shop.delete(path, If_Match=shop.get(path).headers["ETag"]).status_code == 204


def test_a_row_that_is_gone_has_no_version(shop):
    problem(shop.patch("orders/1/", {}, If_Match="*"), 404)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_mean_the_same_version_one_writes(administrator):
    """The second waits for the first, and then sees that it came too late."""
    order = factories.order(factories.account(), "2026-01-01 10:00")
    shop, path = Program(administrator), f"orders/{order.pk}/"
    tag = shop.get(path).headers["ETag"]
    answers = []

    def write(number):
        with closing(connection):
            answers.append(Program(administrator).patch(path, {"number": number}, If_Match=tag).status_code)

    writers = [threading.Thread(target=write, args=(f"R-{number}",)) for number in range(4)]
    with transaction.atomic():
        Order.objects.select_for_update().get(pk=order.pk)
        for writer in writers:
            writer.start()
    for writer in writers:
        writer.join(20)

    assert sorted(answers) == [200, 412, 412, 412]
    assert AuditEntry.objects.filter(table="accounts_order", action="update").count() == 1
