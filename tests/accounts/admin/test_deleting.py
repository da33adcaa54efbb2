import pytest

from accounts.models import Account, Contact, Order, OrderLine, Payment, Plan, Product, Return
from accounts.removal import removal_of
from tests import factories
from tests.accounts.admin.pages import address, listed

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    account = factories.account("Falak")
    order = factories.order(account, "2026-01-01 10:00")
    line = OrderLine.objects.create(order=order, amount=1)
    Return.objects.create(order=order, line=line, day="2026-01-02", units=1)
    return account


def test_removal_counts_what_goes_along_each_row_once(account):
    going = removal_of(Account.objects.filter(pk=account.pk)).going

    assert {model.__name__: count for model, count in going.items()} == {
        "Account": 1,
        "Order": 1,
        "OrderLine": 1,
        "Return": 1,
    }


def test_removal_costs_the_same_for_one_row_and_three(account, django_assert_num_queries):
    contacts = Contact.objects.filter(account=account)
    factories.plain(Contact, account=account)
    costs = len_of_queries(lambda: removal_of(contacts))
    factories.plain(Contact, account=account)
    factories.plain(Contact, account=account)

    assert len_of_queries(lambda: removal_of(contacts)) == costs


def len_of_queries(call):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as found:
        call()
    return len(found)


def test_deleting_says_what_goes_along_and_then_it_is_gone(page, account):
    asked = page.get(address("delete", account))
    assert dict(asked.context["model_count"])["Order lines"] == 1
    assert Account.objects.exists()

    page.post(address("delete", account), {"post": "yes"})

    assert not Account.objects.exists()
    assert not OrderLine.objects.exists()


@pytest.mark.parametrize("made", ["subscription", "child", "refund", "line"])
def test_what_stands_in_the_way_is_named_and_nothing_is_deleted(page, made):
    account = factories.account("Falak")
    if made == "subscription":
        kept = Plan.objects.create(code="gold")
        obstacle = factories.subscription(account, 1, "2026-01-01", plan=kept, external_id="S-1")
    elif made == "child":
        kept, obstacle = account, factories.account("Child", parent=account)
    elif made == "refund":
        kept = factories.payment(account, 10, "2026-01-01")
        obstacle = factories.payment(account, -10, "2026-01-02", refund_of=kept, external_id="R-1")
    else:
        kept = Product.objects.create(sku="A-1")
        obstacle = factories.plain(OrderLine, product=kept, external_id="L-1")

    asked = page.get(address("delete", kept)).content.decode()
    page.post(address("delete", kept), {"post": "yes"})

    assert "This cannot be deleted while these refer to it." in asked
    assert address("change", obstacle) in asked
    assert str(obstacle) in asked
    assert type(kept).objects.filter(pk=kept.pk).exists()


def test_what_one_may_not_delete_along_is_said(as_role, alice):
    account = factories.account("Falak", owner=alice)
    factories.plain(Contact, account=account)
    client = as_role(alice, "CS manager")
    from django.contrib.auth.models import Permission

    alice.user_permissions.set(Permission.objects.filter(codename="delete_account"))
    factories.plain(Order, account=account)

    asked = client.get(address("delete", account)).content.decode()
    refused = client.post(address("delete", account), {"post": "yes"})

    assert "which you may not delete" in asked
    assert refused.status_code == 403
    assert Account.objects.exists()


def test_several_are_deleted_at_once(page):
    rows = [factories.plain(Payment) for _number in range(3)]
    chosen = {"action": "delete_selected", "_selected_action": [row.pk for row in rows[:2]]}

    asked = page.post(listed(Payment), chosen)
    page.post(listed(Payment), chosen | {"post": "yes"})

    assert dict(asked.context["model_count"]) == {"Payments": 2}
    assert list(Payment.objects.all()) == [rows[2]]
