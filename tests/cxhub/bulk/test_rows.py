"""Many rows at once, by programs: what becomes of each."""

import pytest

from accounts.models import Account, Contact, Lead, Order
from cxhub import bulk
from tests.cxhub.bulk.sending import errors, fates, order

pytestmark = pytest.mark.django_db


def test_rows_are_created_changed_and_left_as_they_are(send, najm):
    first = send("orders", [order("o1"), order("o2")])
    second = send("orders", [order("o1"), order("o2", amount=11), order("o3")])

    assert first.status_code == second.status_code == 200
    assert fates(second) == ["unchanged", "changed", "created"]
    assert second.json()["totals"] == {"read": 3, "created": 1, "changed": 1, "unchanged": 1, "rejected": 0}
    ours = {str(pk) for pk in Order.objects.values_list("pk", flat=True)}
    assert [r["id"] for r in first.json()["results"]] == [r["id"] for r in second.json()["results"]][:2]
    assert {r["id"] for r in second.json()["results"]} == ours


def test_an_id_without_a_source_is_the_same_by_both_doors(send, sign_in, operations):
    client, lead = sign_in(operations), {"name": "Huda", "first_interest": "2026-01-02"}

    def post():
        return client.post("/api/v1/leads/", lead | {"external_id": "17"}, content_type="application/json")

    assert post().json()["source"] == "api"
    assert fates(send("leads", [lead | {"id": "17"}])) == ["unchanged"]
    assert post().status_code == 409
    # As it was written before it had a source.
    Lead.objects.update(source="")
    assert post().status_code == 409


def test_some_are_rejected_and_the_others_kept(send, najm):
    answer = send(
        "orders", [order("o1", amount="ten", currency="dollars"), order("o2"), order("o3", colour="red"), 7]
    )

    assert answer.status_code == 200
    assert fates(answer) == ["rejected", "created", "rejected", "rejected"]
    assert [pointer for pointer, _detail in errors(answer)] == [
        "#/0/amount",
        "#/0/currency",
        "#/2/colour",
        "#/3",
    ]
    assert errors(answer)[0][1] == "This is not a number."
    assert answer.json()["results"][0]["id"] is None


def test_where_no_row_is_taken_the_answer_is_422(send, najm):
    answer = send("orders", [order("o1", account="nobody")])

    assert answer.status_code == 422
    assert errors(answer)[0][0] == "#/0/account"
    assert answer.json()["run"] is None


def test_nothing_sent_is_nothing_wrong(send):
    answer = send("orders", [])

    assert (answer.status_code, answer.json()["results"]) == (200, [])


def test_an_absent_key_keeps_and_null_empties(send, najm):
    send("orders", [order("o1", number="7", channel="web")])

    send("orders", [order("o1", number=None)])

    kept = Order.objects.get()
    assert (kept.number, kept.channel) == ("", "web")


def test_rows_may_say_different_things(send, najm):
    answer = send("orders", [order("o1", number="7"), order("o2", channel="web"), order("o3", number="8")])

    assert fates(answer) == ["created"] * 3
    assert list(Order.objects.order_by("external_id").values_list("number", "channel")) == [
        ("7", ""),
        ("", "web"),
        ("8", ""),
    ]


@pytest.mark.parametrize("second", [{"amount": 11}, {"number": "7"}])
def test_of_an_id_twice_the_first_counts(send, najm, second):
    """Also where the two say different things, and are taken at different times."""
    answer = send("orders", [order("o1"), order("o2", number="1"), order("o1", **second)])

    assert fates(answer) == ["created", "created", "rejected"]
    assert errors(answer) == [("#/2/id", "Row 0 has this id already, with other values.")]
    kept = Order.objects.get(external_id="o1")
    assert (str(kept.amount), kept.number) == ("10.2500", "")


def test_an_id_twice_with_the_same_values_is_one_row(send, najm):
    answer = send("orders", [order("o1"), order("o1")])

    assert fates(answer) == ["created", "unchanged"]
    assert len({result["id"] for result in answer.json()["results"]}) == 1


def test_a_refused_row_does_not_occupy_its_id(send, najm):
    answer = send("orders", [order("o1", amount="x"), order("o1", number="7")])

    assert fates(answer) == ["rejected", "created"]


def test_too_many_kinds_of_rows_are_refused(send, monkeypatch):
    monkeypatch.setattr(bulk, "KINDS_OF_ROWS", 1)

    answer = send("products", [{"sku": "1"}, {"sku": "2", "category": "x"}])

    assert answer.status_code == 400
    assert "different sets of keys" in answer.content.decode()


def test_missing_fields_are_an_error_of_each_row(send):
    answer = send("orders", [{"number": "1"}, {"number": "2"}])

    assert answer.status_code == 422
    assert [pointer for pointer, _detail in errors(answer)] == ["#/0", "#/1"]
    assert "Every row must give: id" in errors(answer)[0][1]


def test_known_rows_are_changed_by_what_changes_alone(send, najm):
    send("orders", [order("o1")])

    answer = send("orders", [{"id": "o1", "number": "A-1"}, {"id": "o2", "number": "A-2"}])

    assert fates(answer) == ["changed", "rejected"]
    needed = "Nothing has this id yet; a new row needs: Account, Ordered, Currency, Net amount."
    assert errors(answer) == [("#/1/id", needed)]
    assert Order.objects.get().number == "A-1"


def test_accounts_with_their_dated_values(send):
    rows = [
        {"id": "a", "name": "A", "stage": "live", "from_day": "2026-01-01"},
        {"id": "a", "name": "A", "stage": "churned", "from_day": "2026-02-01"},
    ]

    answer = send("accounts", rows, source="crm")

    account = Account.objects.get()
    assert (account.stage, account.changes.count(), account.keys.get().source) == ("churned", 2, "crm")
    assert [result["id"] for result in answer.json()["results"]] == [str(account.pk)] * 2


def test_help_desk_log(send, najm):
    rows = [
        {"ticket": "t1", "kind": kind, "happened_at": f"2026-01-05T1{hour}:00:00Z", "account": "najm"}
        for hour, kind in enumerate(["opened", "resolved"])
    ]

    assert fates(send("helpdesk-log", rows)) == ["created", "created"]
    assert send("helpdesk-log", [rows[0], {"ticket": "t1"}]).status_code == 400


def test_reasons_come_in_the_language_that_is_asked_for(send, najm):
    answer = send("orders", [order("o1", amount="ten")], headers={"Accept-Language": "ar"})

    assert errors(answer) == [("#/0/amount", "هذا ليس عددًا.")]


def test_the_number_of_statements_does_not_grow_with_the_rows(send, najm, django_assert_max_num_queries):
    send("contacts", [{"id": "warm", "account": "najm", "name": "Warm"}])
    with django_assert_max_num_queries(60) as few:
        send("contacts", [{"id": "1", "account": "najm", "name": "Sara"}])
    rows = [{"id": str(number), "account": "najm", "name": "Sara"} for number in range(2, 302)]
    with django_assert_max_num_queries(60) as many:
        send("contacts", rows)

    assert len(many) == len(few)
    assert Contact.objects.count() == 302
