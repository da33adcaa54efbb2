"""Questions that are not right."""

from decimal import Decimal

import pytest

from tests import factories
from tests.metrics.api.calling import client_of, ok, problem


@pytest.mark.parametrize(
    ("path", "query", "pointer"),
    [
        ("mrr", {"as_of": "yesterday"}, "#/as_of"),
        ("mrr", {"as_of": "2026-04-01"}, "#/as_of"),
        ("mrr", {"as_of": "0001-01-01"}, "#/as_of"),
        ("mrr", {"as_of": "9999-12-31"}, "#/as_of"),
        ("mrr", {"window": "month"}, "#/window"),
        ("mrr_new", {"window": "fortnight"}, "#/window"),
        ("mrr_new", {"window": "0d"}, "#/window"),
        ("mrr_new", {"window": "2026-03-31..2026-03-01"}, "#/window"),
        ("mrr_new", {"window": "2026-03-01..2026-04-01"}, "#/window"),
        ("mrr_new", {"window": "2026-03-01..2026-03-31", "as_of": "2026-03-30"}, "#/as_of"),
        ("mrr_new", {"window": "120m", "as_of": "0005-01-31"}, "#/window"),
        ("mrr", {"known_by": "2030-01-01"}, "#/known_by"),
        ("mrr", {"by": "type"}, "#/by"),
        ("mrr", {"by": "segment,segment"}, "#/by"),
        ("mrr", {"by": "segment,tier,region"}, "#/by"),
        ("mrr", {"logos": "children"}, "#/logos"),
        ("mrr", {"by": "shoe_size"}, "#/by"),
        ("mrr", {"segmnet": "small"}, "#/segmnet"),
        ("mrr", {"account": "najm"}, "#/account"),
        ("mrr", {"owner": "alice"}, "#/owner"),
        ("mrr", {"segment": "a\0b"}, "#/segment"),
        ("mrr", {"from": "2026-01-01"}, "#/from"),
        ("mrr/series", {"step": "hour"}, "#/step"),
        ("mrr/series", {"from": "2020-01-01", "step": "day"}, "#/step"),
        ("mrr/series", {"from": "2026-03-02", "to": "2026-03-01"}, "#/from"),
        ("mrr/series", {"to": "2026-04-01"}, "#/to"),
        ("mrr/series", {"as_of": "2026-03-01"}, "#/as_of"),
        ("mrr/series", {"to": "0001-01-05"}, "#/to"),
        ("tickets/series", {"window": "2026-01-01..2026-03-31"}, "#/window"),
        ("mrr/rows", {"page": "0"}, "#/page"),
        ("mrr/rows", {"page_size": "501"}, "#/page_size"),
        ("", {"page": "2"}, "#/page"),
    ],
)
def test_a_question_that_is_not_right_is_refused_with_a_pointer(get, path, query, pointer):
    address = f"metrics/{path}/" if path else "metrics/"

    refused = problem(get(address, **query), 400, pointer)

    assert refused["errors"][0]["detail"]


def test_a_window_with_too_many_months_is_refused(get):
    factories.subscription(factories.account(), 10, "1950-01-01")

    problem(get("metrics/mrr_new/", window="all"), 400, "#/window")
    assert Decimal(ok(get("metrics/mrr_new/", window="2016-04-01..2026-03-31"))["value"]) == 0


@pytest.mark.parametrize(
    "path", ["metrics/happiness/", "metrics/happiness/series/", "metrics/happiness/rows/"]
)
def test_an_unknown_key_does_not_exist(get, path):
    assert "/api/v1/metrics/" in problem(get(path), 404)["detail"]


def test_nobody_asks_without_a_token(client, db):
    for path in ("", "mrr/", "mrr/series/", "mrr/rows/"):
        problem(client.get(f"/api/v1/metrics/{path}"), 401)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("segment", "nonsense"),
        ("stage", "nonsense"),
        ("country", "Atlantis"),
        ("owner", 10**15),
        ("parent", 10**15),
    ],
)
def test_a_filter_that_no_account_has_is_refused(get, book, name, value):
    for path in ("metrics/mrr/", "metrics/mrr/series/", "metrics/mrr/rows/"):
        problem(get(path, **{name: value}), 400, f"#/{name}")


def test_an_owner_of_accounts_that_one_may_not_see_is_refused(book, alice, charlie):
    factories.account("Charlie's", owner=charlie)

    problem(client_of(alice)("metrics/mrr/", owner=charlie.pk), 400, "#/owner")
    assert ok(client_of(alice)("metrics/mrr/", owner=alice.pk))
