"""What a program that keeps a copy asks for: rows that were created, changed, deleted or merged since a moment."""

import threading
from contextlib import closing
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.utils import timezone

from accounts import api_urls
from accounts.changes import seen_until
from accounts.merges import merge_accounts, merge_contacts
from accounts.models import Account, AccountKey, AttributeDefinition, AuditEntry, Contact, Order, Ticket
from tests import factories
from tests.accounts.reading import one_of_each, problem
from tests.accounts.writing import Program, new_rows, pointers
from tests.sampling import some

RESOURCES = [prefix for prefix, _view, _name in api_urls.router.registry]


@pytest.fixture
def shop(administrator):
    return Program(administrator)


def long_ago():
    """Nothing that was written until now was written lately."""
    AuditEntry.objects.update(at=timezone.now() - timedelta(days=2))


def since(program, resource, moment=None, **query):
    moment = moment or timezone.now() - timedelta(days=1)
    text = moment if isinstance(moment, str) else moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    more = "".join(f"&{name}={value}" for name, value in query.items())
    answer = program.get(f"{resource}/?updated_since={text}{more}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def ids(page):
    return [row["id"] for row in page["results"]]


@pytest.mark.django_db
@pytest.mark.parametrize("resource", some(RESOURCES, every=6))
def test_what_was_created_changed_and_deleted_since(shop, alice, resource):
    one_of_each(alice, 1)
    rows = one_of_each(alice, 2)
    given, change = new_rows(rows)[resource]
    long_ago()
    made = shop.post(f"{resource}/", given).json()
    changed = shop.patch(f"{resource}/{rows[resource].pk}/", change).json()
    gone = shop.post(f"{resource}/", {**given, **other(resource)}).json()
    shop.delete(f"{resource}/{gone['id']}/")

    page = since(shop, resource)

    found = {row["id"]: row for row in page["results"]}
    assert found[made["id"]] == made
    assert found[changed["id"]] == changed
    assert set(found[gone["id"]]) == {"id", "deleted", "deleted_at"}
    assert found[gone["id"]]["deleted"] is True
    assert set(found) == {made["id"], changed["id"], gone["id"]}
    assert [int(row) for row in ids(page)] == sorted(int(row) for row in found)


def other(resource):
    """What must differ in a second row of the kind."""
    return {
        "products": {"sku": "P-10"},
        "plans": {"code": "max"},
        "pauses": {"starts": "2025-01-05", "ends": "2025-01-07"},
        "departures": {"churn_day": "2026-04-02"},
        "exchange-rates": {"day": "2026-02-02"},
        "working-calendars": {"name": "Jeddah"},
        "features": {"code": "max"},
        "plan-features": {"starts": "2025-06-01", "ends": "2025-07-01"},
        "learning-resources": {"code": "max"},
        "goals": {"code": "max"},
        "campaigns": {"code": "max"},
        "campaign-days": {"day": "2026-03-03"},
        "identities": {"value": "a-10"},
        "consents": {"given_at": "2026-02-02T10:00:00Z"},
        "event-names": {"sent_as": "max"},
    }.get(resource, {})


@pytest.mark.django_db
def test_nothing_is_missed_between_two_times(shop, alice):
    rows = one_of_each(alice)
    first = since(shop, "orders")

    shop.patch(f"orders/{rows['orders'].pk}/", {"number": "R-1"})
    second = since(shop, "orders", first["synchronised_until"])

    assert [row["number"] for row in second["results"]] == ["R-1"]
    assert second["synchronised_until"] >= first["synchronised_until"]


@pytest.mark.django_db
def test_deletion_says_when(shop, alice):
    order = one_of_each(alice)["orders"]
    before = timezone.now() - timedelta(seconds=1)

    shop.delete(f"orders/{order.pk}/")

    (row,) = since(shop, "orders")["results"]
    assert before < datetime.fromisoformat(row["deleted_at"]) <= timezone.now()


@pytest.mark.django_db
def test_a_merge_tells_of_both_accounts(shop, alice):
    loser, survivor = one_of_each(alice)["accounts"], factories.account("Survivor")
    long_ago()

    merge_accounts(loser, survivor, by=None)

    rows = {row["id"]: row for row in since(shop, "accounts")["results"]}
    assert rows[str(loser.pk)]["merged_into"] == str(survivor.pk)
    assert rows[str(loser.pk)]["keys"] == []
    assert rows[str(survivor.pk)]["keys"] == [{"source": "stripe", "value": "cus_1"}]


@pytest.mark.django_db
@pytest.mark.parametrize("resource", some(RESOURCES, every=6))
def test_rows_that_were_merged_or_are_of_a_merged_account_are_told_until_they_are_gone(shop, alice, resource):
    """A merge leaves the facts where they are: copies follow the `merged_into` of the account."""
    rows, others = one_of_each(alice), one_of_each(alice, 2)
    long_ago()
    merge_accounts(rows["accounts"], others["accounts"], by=None)
    sara, survivor = (Contact.objects.get(pk=one["contacts"].pk) for one in (rows, others))
    merge_contacts(sara, survivor, by=None)
    Ticket.objects.filter(pk=rows["tickets"].pk).update(merged_into=others["tickets"])
    row, other = rows[resource], others[resource]

    told = {one["id"]: one for one in since(shop, resource)["results"]}
    if resource in {"accounts", "contacts", "tickets"}:
        assert told[str(row.pk)]["merged_into"] == str(other.pk)
    elif resource in {"consents", "identities"}:
        # They are the survivor's from now on.
        assert {one["contact"] for one in told.values()} == {str(survivor.pk)}
    else:
        assert told == {}
    key = str(row.pk)
    type(row).objects.get(pk=row.pk).delete()
    gone = {one["id"]: one for one in since(shop, resource)["results"]}[key]
    assert (set(gone), gone["deleted"]) == ({"id", "deleted", "deleted_at"}, True)


CHANGES = ["key made", "key changed", "key gone", "owner renamed", "team renamed", "attribute archived"]


@pytest.mark.django_db
@pytest.mark.parametrize("change", CHANGES)
def test_what_an_account_is_shown_with_changes_it(shop, alice, team, change):
    account = one_of_each(alice)["accounts"]
    Account.objects.filter(pk=account.pk).update(team=team)
    factories.account("Untouched")
    modules = AttributeDefinition.objects.create(key="modules", name={"en": "Modules"}, type="text")
    Account.objects.filter(pk=account.pk).update(attributes={"modules": ["crm"]})
    long_ago()
    key = AccountKey.objects.get()

    if change == "key made":
        AccountKey.objects.create(account=account, source="crm", value="7")
    elif change == "key changed":
        AccountKey.objects.filter(pk=key.pk).update(value="cus_2")
    elif change == "key gone":
        key.delete()
    elif change == "attribute archived":
        AttributeDefinition.objects.filter(pk=modules.pk).update(archived=True)
    else:
        person = alice if change == "owner renamed" else team
        type(person).objects.filter(pk=person.pk).update(name="Other")

    assert ids(since(shop, "accounts")) == [str(account.pk)]


@pytest.mark.django_db(transaction=True)
def test_pages_follow_one_another_and_keep_the_first_moment(shop, alice):
    account = one_of_each(alice)["accounts"]
    for number in range(4):
        factories.order(account, f"2026-01-0{number + 1} 10:00")
    deleted = Order.objects.order_by("id")[2]
    key = str(deleted.pk)
    deleted.delete()
    pages = [since(shop, "orders", page_size=2)]

    while following := pages[-1]["next"]:
        pages.append(shop.client.get(following).json())

    assert [len(page["results"]) for page in pages] == [2, 2, 1]
    assert key in ids(pages[1])
    assert len({page["synchronised_until"] for page in pages}) == 1
    assert sum((ids(page) for page in pages), []) == sorted(sum((ids(page) for page in pages), []), key=int)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("updated_since=yesterday", "#/updated_since"),
        ("updated_since=2026-01-01", "#/updated_since"),
        ("updated_since=", "#/updated_since"),
        ("updated_since=2026-01-01T00:00:00Z&account=1", "#/account"),
        ("updated_since=2026-01-01T00:00:00Z&page_size=0", "#/page_size"),
        ("updated_since=2026-01-01T00:00:00Z&cursor=x", "#/cursor"),
        ("updated_since=2026-01-01T00:00:00Z&cursor=cD1uYWpt", "#/cursor"),
        ("updated_since=2026-01-01T00:00:00Z&cursor=cD0xJnU9eA%3D%3D", "#/cursor"),
    ],
)
def test_a_question_that_is_not_right_is_refused(shop, query, pointer):
    assert pointers(problem(shop.get(f"orders/?{query}"), 400)) == [pointer]


@pytest.mark.django_db
def test_changes_are_for_those_who_see_every_account(alice):
    one_of_each(alice)
    alice.groups.add(Group.objects.get(name="CSM"))

    refused = Program(alice, "read").get("orders/?updated_since=2026-01-01T00:00:00Z")

    assert "right to see every account" in problem(refused, 403)["detail"]


@pytest.mark.django_db
def test_pages_cost_the_same_for_one_change_and_for_three(shop, alice, django_assert_num_queries):
    account = one_of_each(alice)["accounts"]
    since(shop, "accounts")
    with django_assert_num_queries(5):
        assert len(ids(since(shop, "accounts"))) == 1
    factories.account("Another", owner=account.owner)
    gone = factories.account("Gone")
    gone.delete()
    # Of what is gone it is asked when.
    with django_assert_num_queries(6):
        assert len(ids(since(shop, "accounts"))) == 3


@pytest.mark.django_db(transaction=True)
def test_what_is_written_by_a_transaction_that_ends_late_is_not_missed(administrator):
    """It carries the time of its beginning, which lies before the moment at which the first question was asked."""
    shop, account = Program(administrator), factories.account()
    written, end = threading.Event(), threading.Event()

    def write_slowly():
        with closing(connection), transaction.atomic():
            factories.order(account, "2026-01-01 10:00")
            written.set()
            end.wait(20)

    writer = threading.Thread(target=write_slowly)
    writer.start()
    assert written.wait(20)
    first = since(shop, "orders")
    end.set()
    writer.join(20)
    second = since(shop, "orders", first["synchronised_until"])

    assert (len(first["results"]), len(second["results"])) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_without_anybody_writing_the_moment_is_now():
    assert timezone.now() - timedelta(seconds=30) < seen_until() <= timezone.now()
