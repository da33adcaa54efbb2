"""What rows of the API are found by, and queries that are not right."""

import pytest

from accounts.models import AccountKey
from tests import factories
from tests.accounts.reading import ids, problem


def test_facts_are_found_by_account_segment_source_and_id(ada):
    mine = factories.account("Mine", segment="enterprise")
    other = factories.account("Other", segment="small")
    wanted = factories.order(mine, "2026-01-01 00:00", source="shop", external_id="1")
    factories.order(other, "2026-01-01 00:00", source="shop", external_id="2")

    for query in (f"account={mine.pk}", "segment=enterprise", "external_id=1", "source=shop&external_id=1"):
        assert ids(ada.get(f"/api/v1/orders/?{query}")) == [str(wanted.pk)], query


def test_spans_are_half_open(ada):
    account = factories.account()
    before, first, last = (
        factories.order(account, when)
        for when in ("2025-12-31 23:59", "2026-01-01 00:00", "2026-02-01 00:00")
    )

    january = ada.get(
        "/api/v1/orders/?ordered_at__gte=2026-01-01T00:00:00Z&ordered_at__lt=2026-02-01T00:00:00Z"
    )
    local = ada.get("/api/v1/orders/?ordered_at__lt=2026-01-01T03:00:00%2B03:00")
    unescaped = ada.get("/api/v1/orders/?ordered_at__lt=2026-01-01T03:00:00+03:00")

    assert ids(january) == [str(first.pk)]
    assert ids(local) == ids(unescaped) == [str(before.pk)]
    assert str(last.pk) not in ids(january)


def test_offsets_that_only_python_knows_are_understood(ada):
    order = factories.order(factories.account(), "2026-01-01 00:00")

    assert ids(ada.get("/api/v1/orders/?ordered_at__gte=2026-01-01T21:00:00%2B21:00")) == [str(order.pk)]
    assert ids(ada.get("/api/v1/orders/?ordered_at__gte=2026-01-01T21:00:01%2B21:00")) == []


def test_days_are_filtered_by_days(ada):
    account = factories.account()
    subscription = factories.subscription(account, 10, "2026-01-31")
    factories.subscription(account, 10, "2026-02-01")

    found = ada.get("/api/v1/subscriptions/?starts__gte=2026-01-31&starts__lt=2026-02-01")

    assert ids(found) == [str(subscription.pk)]


def test_accounts_are_found_by_name_in_any_spelling(ada):
    account = factories.account("شركة الأمل")
    factories.account("Najm")

    assert ids(ada.get("/api/v1/accounts/", {"name": "الامل"})) == [str(account.pk)]


def test_accounts_that_were_merged_find_their_survivor(ada):
    survivor = factories.account("Najm")
    loser = factories.account("Falak", merged_into=survivor)
    factories.account("Other")

    assert ids(ada.get("/api/v1/accounts/?name=falak")) == [str(survivor.pk), str(loser.pk)]
    assert ids(ada.get("/api/v1/accounts/?name=najm")) == [str(survivor.pk)]


def test_accounts_are_found_by_one_key_not_by_parts_of_two(ada):
    account, other = factories.account("Najm"), factories.account("Other")
    AccountKey.objects.create(account=account, source="stripe", value="7")
    AccountKey.objects.create(account=account, source="crm", value="8")
    AccountKey.objects.create(account=other, source="crm", value="7")

    assert ids(ada.get("/api/v1/accounts/?source=stripe&external_id=7")) == [str(account.pk)]
    assert ids(ada.get("/api/v1/accounts/?source=stripe&external_id=8")) == []
    assert ids(ada.get("/api/v1/accounts/?external_id=7")) == [str(account.pk), str(other.pk)]
    assert ids(ada.get("/api/v1/accounts/?source=crm")) == [str(account.pk), str(other.pk)]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("segmnet=enterprise", "#/segmnet"),
        ("account=najm", "#/account"),
        ("account=-1", "#/account"),
        (f"account={2**63}", "#/account"),
        ("account=1&account=2", "#/account"),
        ("ordered_at__gte=2026-01-31", "#/ordered_at__gte"),
        ("ordered_at__gte=2026-02-31T00:00:00Z", "#/ordered_at__gte"),
        ("recorded_at__lt=yesterday", "#/recorded_at__lt"),
        ("recorded_at__lt=0001-01-01T00:00:00%2B14:00", "#/recorded_at__lt"),
        ("page_size=501", "#/page_size"),
        ("page_size=0", "#/page_size"),
        ("page_size=many", "#/page_size"),
        ("page_size=", "#/page_size"),
        ("cursor=nonsense", "#/cursor"),
        ("cursor=cD1uYWpt", "#/cursor"),
        ("cursor=cj0xJnA9OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "#/cursor"),
        ("ordering=-id", "#/ordering"),
        ("format=xml", "#/format"),
        ("source=%00", "#/source"),
    ],
)
def test_a_query_that_is_not_right_is_refused_with_a_pointer(ada, query, pointer):
    refused = problem(ada.get(f"/api/v1/orders/?{query}"), 400)

    assert [error["pointer"] for error in refused["errors"]] == [pointer]
    assert refused["errors"][0]["detail"]
    assert refused["code"] == "invalid"


def test_a_choice_that_does_not_exist_is_refused(ada):
    assert problem(ada.get("/api/v1/tickets/?priority=huge"), 400)["errors"][0]["pointer"] == "#/priority"
    assert problem(ada.get("/api/v1/tickets/?spam=perhaps"), 400)["errors"][0]["pointer"] == "#/spam"


def test_a_single_row_takes_no_parameters(ada):
    account = factories.account()

    refused = problem(ada.get(f"/api/v1/accounts/{account.pk}/?segment=enterprise"), 400)

    assert "takes none" in refused["errors"][0]["detail"]


def test_yes_and_no_filter(ada):
    account = factories.account()
    spam = factories.ticket(account, [("opened", "2026-01-01 00:00")], spam=True)
    real = factories.ticket(account, [("opened", "2026-01-01 00:00")])

    assert ids(ada.get("/api/v1/tickets/?spam=true")) == [str(spam.pk)]
    assert ids(ada.get("/api/v1/tickets/?spam=false")) == [str(real.pk)]


@pytest.mark.parametrize(
    "query", ["owner=", "segment=", "name=%20", "recorded_at__gte=", "internal=", "page_size="]
)
def test_an_empty_filter_is_refused(ada, query):
    refused = problem(ada.get(f"/api/v1/accounts/?{query}"), 400)

    assert [error["pointer"] for error in refused["errors"]] == [f"#/{query.split('=')[0]}"]
    assert "empty" in refused["errors"][0]["detail"]
