"""Writers at the same instant: one is done, the others are told what stands in the way; no error is ours."""

import threading
from contextlib import closing

import pytest
from django.db import connection

from accounts import api
from accounts.models import Account, Order, OrderLine, Subscription
from tests import factories
from tests.accounts.reading import problem
from tests.accounts.writing import Program, pointers

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS = 4


def at_once(administrator, write):
    """What each of them is answered, with a connection of its own; all begin together."""
    programs = [Program(administrator) for _number in range(WRITERS)]
    start, answers = threading.Barrier(WRITERS), []

    def send(program):
        with closing(connection):
            start.wait(20)
            answers.append(write(program))

    threads = [threading.Thread(target=send, args=(program,)) for program in programs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def taken(model):
    money = {"currency": "SAR"}
    return {
        Order: ("orders", {"ordered_at": "2026-01-01T10:00:00Z", "amount": "5", "external_id": "1", **money}),
        Subscription: ("subscriptions", {"starts": "2026-01-01", "price": "5", "reference": "S1", **money}),
        Account: ("accounts", {"name": "Falak", "keys": [{"source": "crm", "value": "7"}]}),
    }[model]


@pytest.mark.parametrize(
    ("model", "pointer"), [(Order, "#/external_id"), (Subscription, "#/starts"), (Account, "#/keys")]
)
def test_what_can_be_only_once_is_made_once(administrator, model, pointer):
    account = factories.account()
    resource, given = taken(model)
    if model is not Account:
        given["account"] = str(account.pk)

    answers = at_once(administrator, lambda program: program.post(f"{resource}/", given))

    assert sorted(answer.status_code for answer in answers) == [201, *[409] * (WRITERS - 1)]
    refused = [problem(answer, 409) for answer in answers if answer.status_code == 409]
    assert {pointer for one in refused for pointer in pointers(one)} == {pointer}
    assert model.objects.exclude(pk=account.pk if model is Account else 0).count() == 1


def test_what_is_pointed_to_may_go_meanwhile(administrator, monkeypatch):
    order = factories.order(factories.account(), "2026-01-01 10:00")
    found_again = api.OrderLineView._found_again

    def delete():
        with closing(connection):
            Order.objects.filter(pk=order.pk).delete()

    def meanwhile(view, row):
        found = found_again(view, row)
        other = threading.Thread(target=delete)
        other.start()
        other.join(20)
        return found

    monkeypatch.setattr(api.OrderLineView, "_found_again", meanwhile)

    refused = problem(
        Program(administrator).post("order-lines/", {"order": str(order.pk), "amount": "5"}), 409
    )

    assert "points to is gone" in refused["detail"]
    assert not OrderLine.objects.exists()


def test_everybody_who_deletes_the_same_row_is_answered(administrator):
    order = factories.order(factories.account(), "2026-01-01 10:00")

    answers = at_once(administrator, lambda program: program.delete(f"orders/{order.pk}/"))

    assert sorted(answer.status_code for answer in answers) == [204, *[404] * (WRITERS - 1)]


def test_two_who_wait_for_each_other_are_told_to_come_again(administrator, monkeypatch):
    """A deadlock: each has what the other wants."""
    account = factories.account()
    first, second = (factories.order(account, f"2026-01-0{day} 10:00") for day in (1, 2))
    pairs = {first.pk: second.pk, second.pk: first.pk}
    both, locked = threading.Barrier(2), api.OrderView._locked

    def and_the_other(view):
        row = locked(view)
        both.wait(20)
        list(Order.objects.select_for_update().filter(pk=pairs[row.pk]))
        return row

    monkeypatch.setattr(api.OrderView, "_locked", and_the_other)
    answers = []

    def write(key):
        with closing(connection):
            answers.append(Program(administrator).patch(f"orders/{key}/", {"number": "R-1"}))

    threads = [threading.Thread(target=write, args=(key,)) for key in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    by_status = {answer.status_code: answer for answer in answers}
    assert set(by_status) == {200, 409}
    assert problem(by_status[409], 409)["code"] == "busy"
