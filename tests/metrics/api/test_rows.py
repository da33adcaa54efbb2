"""The accounts and the facts behind a figure."""

from decimal import Decimal

import pytest

from accounts.models import Order
from metrics import catalogue
from tests import factories
from tests.metrics.api.calling import ok
from tests.sampling import some


def test_the_accounts_behind_a_figure_add_up_to_it(get, book):
    answer = ok(get("metrics/customer_churn_rate/rows/", window="month"))

    assert answer["results"] == [
        {"account": str(book["gone"].pk), "name": "Gone", "numerator": "1", "denominator": "1"},
        {"account": str(book["mine"].pk), "name": "Mine", "numerator": "0", "denominator": "1"},
    ]
    assert (answer["count"], answer["facts"]) == (2, None)


def test_rows_come_in_pages(get, book):
    pages = [ok(get("metrics/mrr/rows/", page=page, page_size=1)) for page in (1, 2, 3)]

    assert [[row["name"] for row in page["results"]] for page in pages] == [["Mine"], ["New"], []]
    assert [page["count"] for page in pages] == [2, 2, 2]


def test_facts_behind_an_accounts_figure(get, book):
    order = factories.order(book["mine"], "2026-03-30 10:00", 70)
    factories.order(book["mine"], "2024-03-30 10:00", 70)

    answer = ok(get("metrics/average_order_value/rows/", account=book["mine"].pk))

    amounts = next(facts for facts in answer["facts"] if facts["measure"] == "order_amount")
    assert (amounts["facts"], amounts["count"]) == ("order", 1)
    assert amounts["name"] == {"en": "Amounts of orders", "ar": "مبالغ الطلبات"}
    assert amounts["rows"][0]["id"] == str(order.pk)
    assert Decimal(amounts["rows"][0]["counted"]) == 70


def test_a_stage_counts_for_1_or_0(get):
    account = factories.account(stage="live", since="2025-01-01")

    answer = ok(get("metrics/customers/rows/", account=account.pk))

    (stages,) = (facts for facts in answer["facts"] if facts["measure"] == "latest_stage")
    assert [row["counted"] for row in stages["rows"]] == ["1"]


def test_what_has_no_account_is_a_row_of_its_own(get, book):
    factories.ticket(None, [("opened", "2026-03-30 10:00")])

    assert ok(get("metrics/tickets/rows/"))["results"] == [
        {"account": None, "name": "", "numerator": "1", "denominator": None}
    ]


def test_the_rows_of_a_derived_metric_are_those_of_its_part(get, book):
    answer = ok(get("metrics/arr/rows/", account=book["mine"].pk))

    assert (answer["key"], answer["rows_of"]) == ("arr", "mrr")
    assert [row["numerator"] for row in answer["results"]] == ["100.00"]
    assert answer["total"] == {"numerator": "100.00", "denominator": None}
    assert answer["facts"][0]["measure"] == "mrr"


def test_facts_say_the_first_day_that_counts(get, book):
    query = {"account": book["mine"].pk, "window": "2026-03-01..2026-03-31"}

    answer = ok(get("metrics/orders/rows/", **query))

    assert (answer["facts"][0]["since"], answer["facts"][0]["until"]) == ("2026-03-01", "2026-03-31")
    of_a_day = ok(get("metrics/mrr/rows/", account=book["mine"].pk))["facts"][0]
    assert (of_a_day["since"], of_a_day["until"]) == ("2026-03-31", "2026-03-31")


@pytest.mark.parametrize("key", some(catalogue.ALL, every=12))
def test_every_metric_has_rows_and_facts(get, book, key):
    factories.resolved_ticket(book["mine"], "2026-03-30 10:00")
    factories.order(book["mine"], "2026-03-30 10:00")

    assert ok(get(f"metrics/{key}/rows/"))["facts"] is None
    assert ok(get(f"metrics/{key}/rows/", account=book["mine"].pk))["facts"]


def test_rows_say_when_the_facts_were_recorded(get, book):
    for when, recorded in (
        ("2026-03-30 10:00", "2026-03-31 10:01"),
        ("2026-03-29 10:00", "2026-03-29 10:00"),
    ):
        order = factories.order(book["mine"], when, 70)
        Order.objects.filter(pk=order.pk).update(recorded_at=factories.at(recorded))

    answer = ok(get("metrics/orders/rows/", account=book["mine"].pk))

    assert (answer["late"], answer["backfilled"]) == (1, 1)
