"""CDNOW's 69,659 purchases: repeat purchase, order value, ordering accounts and customers by month."""

import calendar
from datetime import date
from decimal import Decimal

import pytest

from tests.oracles.conftest import ORACLES

ORACLE = ORACLES["cdnow"]
DAY = ORACLE["D"]
MONTHS = sorted(ORACLE["by_month"])
COLUMNS = ["customer_id=account", "date=ordered_at", "dollar_value=amount"]


@pytest.fixture(scope="module", autouse=True)
def _orders(read_in, real):
    path = real("cdnow/CDNOW_master.txt")
    layout = ["--delimiter", "whitespace", "--id-from", "line", "--set", "currency=USD", "--create-accounts"]
    read_in("orders", path, "--map", *COLUMNS, *layout)


def last_of(month):
    year, number = map(int, month.split("-"))
    return date(year, number, calendar.monthrange(year, number)[1])


def test_orders_and_accounts(api):
    assert api("metrics/orders/", as_of=DAY, window="all")["value"] == str(ORACLE["orders"])
    assert api("metrics/ordering_accounts/", as_of=DAY, window="all")["value"] == str(
        ORACLE["ordering_accounts"]
    )


def test_repeat_purchase_rate_and_its_interval(api):
    oracle = ORACLE["repeat_purchase_rate"]

    answer = api("metrics/repeat_purchase_rate/", as_of=DAY, window="all")

    assert (answer["numerator"], answer["denominator"]) == (str(oracle["k"]), str(oracle["n"]))
    assert round(Decimal(answer["value"]), 8) == oracle["pct"]
    interval = answer["interval"]
    assert [round(interval[end], 8) for end in ("low", "high")] == [
        float(limit) for limit in oracle["wilson95_pct"]
    ]


@pytest.mark.parametrize("window", ORACLE["repeat_purchase_rate_other_windows_k_n_pct"])
def test_repeat_purchase_rate_of_other_windows(api, window):
    k, n, percent = ORACLE["repeat_purchase_rate_other_windows_k_n_pct"][window]

    answer = api("metrics/repeat_purchase_rate/", as_of=DAY, window=window)

    assert (answer["numerator"], answer["denominator"]) == (str(k), str(n))
    assert round(Decimal(answer["value"]), 6) == percent


def test_order_value(api):
    answer = api("metrics/average_order_value/", as_of=DAY, window="all")

    assert Decimal(answer["numerator"]) == ORACLE["order_amount"]
    assert answer["denominator"] == str(ORACLE["orders"])
    assert round(Decimal(answer["value"]), 8) == ORACLE["average_order_value"]


@pytest.mark.parametrize("month", MONTHS)
def test_a_month(api, month):
    oracle, day = ORACLE["by_month"][month], last_of(month)

    for key in ("ordering_accounts", "orders"):
        assert api(f"metrics/{key}/", as_of=day, window="month")["value"] == str(oracle[key]), key
    assert api("metrics/customers/", as_of=day)["value"] == str(oracle["customers"])


def test_cohorts_by_activity(api):
    oracle = {month: cohort for month, cohort in ORACLE["cohorts"].items() if month != "_how"}

    answer = api("cohorts/retention/", measure="activity", months=len(MONTHS), as_of=DAY)

    joined = {cohort["month"]: cohort for cohort in answer["cohorts"] if cohort["size"]}
    assert {
        month: {"size": c["size"], "active_by_month_offset": [int(cell["value"]) for cell in c["cells"]]}
        for month, c in joined.items()
    } == oracle
