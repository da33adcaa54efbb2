from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import Account
from accounts.services import change_account
from accounts.tokens import issue
from metrics import catalogue
from metrics.api import days_between
from metrics.models import AccountSnapshot, Definition, StoredDay
from tests import factories


def client_of(user):
    _row, token = issue(user, name="Warehouse", scopes=["read"], lifetime=None)
    client = Client(headers={"Authorization": f"Bearer {token}"})

    def get(path, **query):
        return client.get(f"/api/v1/{path}", query)

    return get


@pytest.fixture(autouse=True)
def _today(time_machine):
    time_machine.move_to(datetime(2026, 3, 31, 12, 0, tzinfo=UTC), tick=False)


@pytest.fixture
def get(administrator):
    return client_of(administrator)


@pytest.fixture
def book(alice):
    """Alice's account pays 100, another one paid 60 and left in March, the third came in March with 40."""
    mine = factories.account("Mine", segment="enterprise", industry="retail", owner=alice)
    gone = factories.account("Gone", segment="small")
    new = factories.account("New", segment="small")
    factories.subscription(mine, 100, "2025-01-01")
    factories.subscription(gone, 60, "2025-01-01", "2026-03-10")
    factories.subscription(new, 40, "2026-03-05")
    return {"mine": mine, "gone": gone, "new": new}


def problem(response, status, pointer=None):
    body = response.json()
    assert response.status_code == status, body
    assert response.headers["Content-Type"] == "application/problem+json"
    if pointer:
        assert [error["pointer"] for error in body["errors"]] == [pointer]
    return body


def ok(response):
    assert response.status_code == 200, response.content
    return response.json()


# One metric


def test_a_share_is_said_in_percent_with_its_interval(get, book):
    answer = ok(get("metrics/customer_churn_rate/", window="month"))

    interval = answer.pop("interval")
    assert answer == {
        "key": "customer_churn_rate",
        "value": "50.0",
        "unit": "%",
        "currency": None,
        "numerator": "1",
        "denominator": "2",
        "n": 2,
        "interval_reason": "",
        "as_of": "2026-03-31",
        "known_by": None,
        "window": {"from": "2026-03-01", "to": "2026-03-31"},
        "membership_day": "2026-02-28",
        "definition_version": 1,
        "low_sample": True,
        "unattributed": "0",
        "reason": "",
        "basis": "",
        "evaluated_at": "2026-03-31T12:00:00Z",
        "undated": False,
        "overlapping": False,
        "parameters": {"filters": {}, "by": [], "population": "all", "values": {}},
        "before": None,
        "splits": None,
    }
    assert (interval["level"], interval["method"]) == (0.95, "wilson")
    assert round(interval["low"], 4) == 9.4531
    assert round(interval["high"], 4) == 90.5469


def test_money_carries_its_currency_and_all_its_decimals(get, book):
    answer = ok(get("metrics/mrr/"))

    assert (answer["value"], answer["unit"], answer["currency"]) == ("140.00", "money", "USD")
    assert answer["interval"] is None
    assert answer["interval_reason"] == "not_defined"
    assert answer["denominator"] is None


def test_no_denominator_no_value(get, db):
    answer = ok(get("metrics/arpa/"))

    assert answer["value"] is None
    assert answer["reason"] == "no_denominator"
    assert answer["interval_reason"] == "no_value"


def test_no_rate_no_value(get):
    factories.subscription(factories.account(), 100, "2026-01-01", currency="SAR")

    answer = ok(get("metrics/mrr/"))

    assert (answer["value"], answer["numerator"], answer["reason"]) == (None, None, "no_rate")


def test_a_derived_metric_answers_too(get, book):
    answer = ok(get("metrics/arr/"))

    assert (answer["value"], answer["numerator"]) == ("1680.00", None)


@pytest.mark.parametrize("key", catalogue.ALL)
def test_every_metric_answers(get, book, key):
    answer = ok(get(f"metrics/{key}/", by="segment"))

    assert answer["key"] == key
    found = {part["members"][0]: part["reason"] for part in answer["splits"]}
    assert {"enterprise", "small"} >= found.keys() or found == {"": "not_by_segment"}


def test_a_figure_of_the_organisation_is_null_for_some_accounts_and_names_the_filter(get, book):
    book["mine"].payments.create(amount=100, day="2026-03-10", currency="USD")

    whole = ok(get("metrics/profit/"))
    part = ok(get("metrics/profit/", segment="enterprise"))
    own = ok(get("metrics/profit/", account=book["mine"].pk))

    assert (whole["value"], whole["reason"]) == ("100.00", "")
    assert (part["value"], part["reason"]) == (None, "not_by_segment")
    assert (own["value"], own["reason"]) == (None, "not_by_account")


def test_a_margin_of_the_settings_is_said(get, book):
    factories.organisation(gross_margin=70)

    answer = ok(get("metrics/gross_margin/"))

    assert (answer["value"], answer["unit"], answer["basis"]) == ("70.00", "%", "setting")


def test_the_past_is_answered_as_of_its_day(get, book):
    assert ok(get("metrics/mrr/", as_of="2026-02-28"))["value"] == "160.00"
    assert ok(get("metrics/mrr/", as_of="2024-12-31"))["value"] == "0"


def test_another_window_gives_another_answer(get, book):
    month = ok(get("metrics/mrr_new/", window="month"))
    years = ok(get("metrics/mrr_new/", window="2024-12-01..2026-02-28"))

    assert (month["value"], years["value"]) == ("40.00", "160.00")
    assert years["window"] == {"from": "2024-12-01", "to": "2026-02-28"}
    assert years["as_of"] == "2026-02-28"


def test_filters_choose_accounts_and_are_repeated_in_the_answer(get, book):
    answer = ok(get("metrics/mrr/", segment="small"))

    assert answer["value"] == "40.00"
    assert answer["parameters"]["filters"] == {"segment": "small"}
    assert ok(get("metrics/mrr/", account=book["mine"].pk))["value"] == "100.00"
    assert ok(get("metrics/mrr/", owner=book["mine"].owner_id))["value"] == "100.00"


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


def test_a_filter_may_name_what_an_account_once_had(get, book):
    change_account(book["mine"], by=None, day=date(2026, 3, 1), segment="renamed")

    assert ok(get("metrics/mrr/", segment="enterprise", as_of="2026-02-28"))["value"] == "100.00"
    assert Decimal(ok(get("metrics/mrr/", stage="churned"))["value"]) == 0


def test_an_owner_of_accounts_that_one_may_not_see_is_refused(book, alice, charlie):
    factories.account("Charlie's", owner=charlie)

    problem(client_of(alice)("metrics/mrr/", owner=charlie.pk), 400, "#/owner")
    assert ok(client_of(alice)("metrics/mrr/", owner=alice.pk))


def test_a_filter_without_history_says_so(get, book):
    assert ok(get("metrics/mrr/", industry="retail"))["undated"] is True
    assert ok(get("metrics/mrr/", segment="small"))["undated"] is False
    assert ok(get("metrics/mrr/", by="industry"))["undated"] is True


def test_the_parts_of_a_split_add_up(get, book):
    answer = ok(get("metrics/customer_churn_rate/", window="month", by="segment"))

    parts = {part["members"][0]: (part["numerator"], part["denominator"]) for part in answer["splits"]}
    assert parts == {"enterprise": ("0", "1"), "small": ("1", "1")}
    assert (answer["numerator"], answer["denominator"]) == ("1", "2")
    assert answer["parameters"]["by"] == ["segment"]
    assert set(answer["splits"][0]) == set(answer) - {
        "splits",
        "evaluated_at",
        "undated",
        "before",
        "overlapping",
        "parameters",
    } | {"members", "against_others"}


def test_facts_without_an_account_are_said(get, book):
    factories.ticket(None, [("opened", "2026-03-30 10:00")])
    factories.ticket(book["mine"], [("opened", "2026-03-30 10:00")])

    everybody, few = ok(get("metrics/tickets/")), ok(get("metrics/tickets/", segment="enterprise"))

    assert (everybody["value"], everybody["unattributed"]) == ("2", "1")
    assert (few["value"], few["unattributed"]) == ("1", "0")


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


# Whose figures


def test_who_may_not_see_all_gets_the_figures_of_what_they_see(book, alice, charlie):
    mine = ok(client_of(alice)("metrics/mrr/", by="segment"))
    nothing = ok(client_of(charlie)("metrics/mrr/"))

    assert mine["value"] == "100.00"
    assert [part["members"] for part in mine["splits"]] == [["enterprise"]]
    assert mine["parameters"]["population"] == "visible"
    assert Decimal(nothing["value"]) == 0


def test_an_account_of_others_does_not_exist(book, alice):
    get = client_of(alice)

    for path in ("metrics/mrr/", "metrics/mrr/series/", "metrics/mrr/rows/"):
        assert ok(get(path, account=book["mine"].pk))
        problem(get(path, account=book["new"].pk), 404)
    problem(get(f"accounts/{book['new'].pk}/metrics/"), 404)
    assert ok(get(f"accounts/{book['mine'].pk}/metrics/"))


def test_rows_name_only_accounts_that_one_may_see(book, alice):
    from django.contrib.auth.models import Permission

    alice.user_permissions.add(Permission.objects.get(codename="view_company_figures"))
    get = client_of(alice)

    assert ok(get("metrics/mrr/"))["value"] == "140.00"
    assert [row["name"] for row in ok(get("metrics/mrr/rows/"))["results"]] == ["Mine"]


# Series


def test_a_series_has_the_ends_of_months_and_the_last_day(get, book):
    answer = ok(get("metrics/mrr/series/", **{"from": "2025-12-15", "to": "2026-03-15"}))

    assert [(point["as_of"], point["value"]) for point in answer["points"]] == [
        ("2025-12-31", "160.00"),
        ("2026-01-31", "160.00"),
        ("2026-02-28", "160.00"),
        ("2026-03-15", "140.00"),
    ]
    assert (answer["key"], answer["unit"], answer["step"]) == ("mrr", "money", "month")


def test_a_series_is_of_the_last_year_unless_told(get, book):
    points = ok(get("metrics/customers/series/"))["points"]

    assert (len(points), points[0]["as_of"], points[-1]["as_of"]) == (13, "2025-03-31", "2026-03-31")


def test_a_series_takes_filters_and_windows(get, book):
    query = {"from": "2026-02-01", "segment": "small", "window": "month"}

    points = ok(get("metrics/mrr_churned/series/", **query))["points"]

    assert [Decimal(point["value"]) for point in points] == [0, 60]


@pytest.mark.parametrize(
    ("first", "last", "step", "days"),
    [
        ("2026-03-29", "2026-03-31", "day", ["2026-03-29", "2026-03-30", "2026-03-31"]),
        ("2026-03-16", "2026-03-31", "week", ["2026-03-17", "2026-03-24", "2026-03-31"]),
        ("2026-03-31", "2026-03-31", "week", ["2026-03-31"]),
        ("2026-01-31", "2026-03-31", "month", ["2026-01-31", "2026-02-28", "2026-03-31"]),
        ("2026-02-01", "2026-03-01", "month", ["2026-02-28", "2026-03-01"]),
        ("2026-03-02", "2026-03-30", "month", ["2026-03-30"]),
    ],
)
def test_points_of_a_series(first, last, step, days):
    found = days_between(date.fromisoformat(first), date.fromisoformat(last), step)

    assert [str(day) for day in found] == days


# Rows


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
    assert amounts["rows"][0]["id"] == str(order.pk)
    assert Decimal(amounts["rows"][0]["counted"]) == 70


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


@pytest.mark.parametrize("key", catalogue.ALL)
def test_every_metric_has_rows_and_facts(get, book, key):
    factories.resolved_ticket(book["mine"], "2026-03-30 10:00")
    factories.order(book["mine"], "2026-03-30 10:00")

    assert ok(get(f"metrics/{key}/rows/"))["facts"] is None
    assert ok(get(f"metrics/{key}/rows/", account=book["mine"].pk))["facts"]


# One account


def test_an_account_has_all_metrics_and_the_history_of_the_headlines(get, book):
    february = date(2026, 2, 28)
    StoredDay.objects.create(day=february)
    definition, _new = Definition.objects.get_or_create(key="mrr")
    AccountSnapshot.objects.create(
        day=february, account=book["mine"], definition=definition, numerator=90, denominator=0, value=90
    )

    answer = ok(get(f"accounts/{book['mine'].pk}/metrics/"))

    results = {result["key"]: result for result in answer["results"]}
    assert list(results) == list(catalogue.ALL)
    assert (results["mrr"]["value"], results["customers"]["value"]) == ("100.00", "1")
    assert {point["day"]: point["value"] for point in results["mrr"]["trend"]}["2026-02-28"] == "90.0"
    assert results["arpa"]["trend"] == []
    assert (answer["account"], answer["left_out"]) == (str(book["mine"].pk), "")


def test_an_account_that_is_left_out_says_why(get, book):
    Account.objects.filter(pk=book["new"].pk).update(internal=True)
    Account.objects.filter(pk=book["gone"].pk).update(merged_into=book["mine"])

    assert ok(get(f"accounts/{book['new'].pk}/metrics/"))["left_out"] == "internal"
    assert ok(get(f"accounts/{book['gone'].pk}/metrics/"))["left_out"] == "merged"


# The catalogue


def test_the_catalogue_says_what_every_metric_means_in_both_languages(get, db):
    results = {metric["key"]: metric for metric in ok(get("metrics/"))["results"]}

    assert list(results) == list(catalogue.ALL)
    churn = results["customer_churn_rate"]
    assert churn["name"]["en"] == "Customer churn"
    assert churn["formula"]["en"].startswith("Of the customers")
    assert (churn["unit"], churn["better"], churn["window"], churn["estimate"]) == (
        "%",
        "down",
        "30d",
        "wilson",
    )
    assert results["arr"]["derived_from"] == ["mrr"]
    assert results["mrr"]["window"] is None
    assert "segment" in churn["filters"]


def test_the_catalogue_is_searched_by_alias_in_either_language(get, db):
    def found(text):
        return [metric["key"] for metric in ok(get("metrics/", q=text))["results"]]

    assert "customer_churn_rate" in found("attrition")
    assert "customer_churn_rate" in found("معدل الزبد")
    assert found("no such thing") == []


# Cost


@pytest.mark.parametrize(
    ("path", "query", "statements"),
    [
        ("metrics/mrr/", {}, 4),
        ("metrics/mrr/", {"by": "segment"}, 6),
        ("metrics/mrr/rows/", {}, 5),
    ],
)
def test_questions_cost_the_same_for_one_account_and_for_many(
    get, book, django_assert_num_queries, path, query, statements
):
    """Token, settings row, rates, the one statement (and with a split once more, with rows the names)."""
    ok(get(path, **query))

    with django_assert_num_queries(statements):
        ok(get(path, **query))
    for number in range(5):
        factories.subscription(factories.account(f"More {number}", segment=f"s{number}"), 10, "2026-01-01")
    with django_assert_num_queries(statements):
        ok(get(path, **query))


# Parameters


def test_a_metric_s_parameters_are_taken_and_said(get, book):
    answer = ok(get("metrics/renewal_rate/", as_of="2026-03-30", grace_days=30))

    assert answer["parameters"]["values"] == {"grace_days": 30, "min_term": 90}
    assert answer["window"]["to"] == "2026-02-28"
    assert (answer["as_of"], answer["membership_day"]) == ("2026-03-30", "2026-03-30")


@pytest.mark.parametrize(("name", "value"), [("grace_days", 0), ("grace_days", "x"), ("return_days", 30)])
def test_a_parameter_that_is_not_right_is_refused_with_a_pointer(get, book, name, value):
    problem(get("metrics/renewal_rate/", **{name: value}), 400, f"#/{name}")


def test_rows_and_series_take_the_parameters_too(get, book):
    rows = ok(get("metrics/renewal_rate/rows/", grace_days=30))
    series = ok(get("metrics/renewal_rate/series/", min_term=30))

    assert rows["parameters"]["values"]["grace_days"] == 30
    assert series["parameters"]["values"]["min_term"] == 30


def test_hours_are_those_of_the_calendar_or_of_work(get, book):
    factories.ticket(None, [("opened", "2026-03-06 12:00"), ("replied", "2026-03-09 12:00")])

    usual, working = (
        ok(get("metrics/time_to_first_response/", as_of="2026-03-30", **asked))
        for asked in ({}, {"hours": "working"})
    )

    assert (usual["parameters"]["values"], working["parameters"]["values"]) == (
        {"hours": "calendar"},
        {"hours": "working"},
    )
    assert Decimal(usual["value"]) - Decimal(working["value"]) == 48
    problem(get("metrics/time_to_first_response/", hours="office"), 400, "#/hours")


def test_half_have_not_reached_it_is_null_with_the_reason(get, book):
    factories.ticket(None, opened="2026-03-06 12:00")

    answer = ok(get("metrics/time_to_first_response/", as_of="2026-03-30"))

    assert (answer["value"], answer["reason"]) == (None, "not_reached")
    assert (answer["numerator"], answer["denominator"], answer["n"]) == ("0", "1", 0)


# Cohorts


def test_cohorts_say_what_is_left_of_each_month(get):
    factories.subscription(factories.account(), 100, "2026-02-01")
    factories.subscription(factories.account(), 60, "2026-02-05", "2026-03-10")

    answer = ok(get("cohorts/retention/", measure="mrr", months=3))

    assert answer == {
        "measure": "mrr",
        "unit": "money",
        "currency": "USD",
        "as_of": "2026-03-31",
        "evaluated_at": "2026-03-31T12:00:00Z",
        "undated": False,
        "overlapping": False,
        "parameters": {"filters": {}, "by": [], "population": "all", "values": {}},
        "cohorts": [
            {
                "month": "2026-02",
                "membership_day": "2026-02-28",
                "size": 2,
                "base": "160.00",
                "low_sample": True,
                "cells": [
                    cell(0, "2026-02-28", True, "160.00", "100"),
                    cell(1, "2026-03-31", False, "100.00", "62.500"),
                ],
            },
            {
                "month": "2026-03",
                "membership_day": "2026-03-31",
                "size": 0,
                "base": "0",
                "low_sample": True,
                "cells": [cell(0, "2026-03-31", False, "0", None, "no_denominator")],
            },
        ],
    }


def cell(month, day, complete, value, share, reason=""):
    return {
        "month": month,
        "day": day,
        "complete": complete,
        "value": value,
        "share": share,
        "reason": reason,
    }


def test_cohorts_take_filters_and_a_day(get, book):
    answer = ok(get("cohorts/retention/", segment="small", as_of="2026-03-15", months=15))

    assert answer["parameters"]["filters"] == {"segment": "small"}
    assert [c["month"] for c in answer["cohorts"] if c["size"]] == ["2025-01", "2026-03"]


def test_cohorts_of_a_group_are_of_those_that_belonged_to_it_at_the_end_of_the_start_month(get, book):
    change_account(book["gone"], by=None, day=date(2025, 1, 31), parent=book["mine"].pk)
    change_account(book["gone"], by=None, day=date(2025, 2, 1), parent=None)

    answer = ok(get("cohorts/retention/", group=book["mine"].pk, months=15))

    sizes = {c["month"]: c["size"] for c in answer["cohorts"]}
    assert (sizes["2025-01"], sizes["2026-03"]) == (2, 0)


def test_cohorts_are_of_the_accounts_that_one_may_see(book, alice, charlie):
    answer = ok(client_of(alice)("cohorts/retention/", months=36))

    assert answer["parameters"]["population"] == "visible"
    assert answer["cohorts"][0]["size"] == 1
    assert ok(client_of(charlie)("cohorts/retention/", months=36))["cohorts"] == []
    problem(client_of(charlie)("cohorts/retention/", segment="enterprise"), 400, "#/segment")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("measure", "happiness"),
        ("months", 0),
        ("months", 37),
        ("as_of", "2026-04-01"),
        ("as_of", "0001-01-20"),
        ("segment", "nonsense"),
        ("window", "30d"),
        ("logos", "parent"),
    ],
)
def test_cohorts_refuse_what_cannot_be(get, book, name, value):
    problem(get("cohorts/retention/", **{name: value}), 400, f"#/{name}")


def test_a_split_by_two_is_asked_with_a_comma(get, book):
    answer = ok(get("metrics/mrr/", by="segment,tier"))

    assert answer["parameters"]["by"] == ["segment", "tier"]
    assert {tuple(part["members"]) for part in answer["splits"]} == {("enterprise", ""), ("small", "")}


def test_a_metric_says_what_it_can_be_split_by(get, book):
    splits = {metric["key"]: metric["splits"] for metric in ok(get("metrics/"))["results"]}

    assert {"segment", "type", "priority", "channel", "product"} <= set(splits["tickets"])
    assert "type" not in splits["mrr"]


def test_overlapping_parts_are_said(get, book):
    assert ok(get("metrics/ordering_accounts/", by="channel"))["overlapping"] is True
    assert ok(get("metrics/orders/", by="channel"))["overlapping"] is False


def test_what_was_known_by_a_day_is_asked_and_said(get, book):
    answer = ok(get("metrics/mrr/", known_by="2020-01-01"))

    assert (answer["known_by"], answer["value"]) == ("2020-01-01", "0")


def test_a_group_that_one_may_not_see_does_not_exist(charlie, book):
    assert client_of(charlie)("metrics/mrr/", group=book["mine"].pk).status_code == 404


def test_the_period_before_is_asked_and_said_with_the_change(get, book):
    answer = ok(get("metrics/customer_churn_rate/", window="month", compare="before"))

    assert answer["before"]["window"] == {"from": "2026-02-01", "to": "2026-02-28"}
    assert answer["before"]["value"] == "0"
    assert (answer["before"]["change"]["value"], answer["before"]["change"]["real"]) == ("50.0", False)
    assert answer["before"]["change"]["interval"]["high"] > 50
    assert ok(get("metrics/orders/", window="all", compare="before"))["before"] is None
