"""The answer about one metric."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.services import change_account
from metrics import catalogue
from tests import factories
from tests.metrics.api.calling import ok
from tests.sampling import some


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
        "data_complete_to": None,
        "data_held_back_by": None,
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


@pytest.mark.parametrize("key", some(catalogue.ALL, every=8))
def test_every_metric_answers(get, book, key):
    answer = ok(get(f"metrics/{key}/", by="segment"))

    assert answer["key"] == key
    found = {part["members"][0]: part["reason"] for part in answer["splits"]}
    refused = [{"": reason} for reason in ("not_by_segment", "which_page", "which_scale")]
    assert {"enterprise", "small"} >= found.keys() or found in refused


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


def test_a_filter_may_name_what_an_account_once_had(get, book):
    change_account(book["mine"], by=None, day=date(2026, 3, 1), segment="renamed")

    assert ok(get("metrics/mrr/", segment="enterprise", as_of="2026-02-28"))["value"] == "100.00"
    assert Decimal(ok(get("metrics/mrr/", stage="churned"))["value"]) == 0


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
        "data_complete_to",
        "data_held_back_by",
    } | {"members", "against_others"}


def test_facts_without_an_account_are_said(get, book):
    factories.ticket(None, [("opened", "2026-03-30 10:00")])
    factories.ticket(book["mine"], [("opened", "2026-03-30 10:00")])

    everybody, few = ok(get("metrics/tickets/")), ok(get("metrics/tickets/", segment="enterprise"))

    assert (everybody["value"], everybody["unattributed"]) == ("2", "1")
    assert (few["value"], few["unattributed"]) == ("1", "0")


def test_a_split_by_two_is_asked_with_a_comma(get, book):
    answer = ok(get("metrics/mrr/", by="segment,tier"))

    assert answer["parameters"]["by"] == ["segment", "tier"]
    assert {tuple(part["members"]) for part in answer["splits"]} == {("enterprise", ""), ("small", "")}


def test_overlapping_parts_are_said(get, book):
    assert ok(get("metrics/ordering_accounts/", by="channel"))["overlapping"] is True
    assert ok(get("metrics/orders/", by="channel"))["overlapping"] is False


def test_what_was_known_by_a_day_is_asked_and_said(get, book):
    answer = ok(get("metrics/mrr/", known_by="2020-01-01"))

    assert (answer["known_by"], answer["value"]) == ("2020-01-01", "0")


def test_the_period_before_is_asked_and_said_with_the_change(get, book):
    answer = ok(get("metrics/customer_churn_rate/", window="month", compare="before"))

    assert answer["before"]["window"] == {"from": "2026-02-01", "to": "2026-02-28"}
    assert answer["before"]["value"] == "0"
    assert (answer["before"]["change"]["value"], answer["before"]["change"]["real"]) == ("50.0", False)
    assert answer["before"]["change"]["interval"]["high"] > 50
    assert ok(get("metrics/orders/", window="all", compare="before"))["before"] is None
