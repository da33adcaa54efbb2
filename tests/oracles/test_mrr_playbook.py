"""The playbook's book of subscriptions: every movement of every month, to the cent."""

import calendar
from datetime import date
from decimal import Decimal

import pytest

from tests.oracles.conftest import ORACLES

ORACLE = ORACLES["mrr_playbook"]
MONTHS = sorted(ORACLE["by_month"])
# How the playbook calls what the catalogue calls so; what it loses is negative there.
MOVEMENTS = {
    "mrr_new": "new",
    "mrr_reactivated": "reactivation",
    "mrr_expansion": "upgrade",
    "mrr_contraction": "downgrade",
    "mrr_churned": "churn",
}
COLUMNS = [
    "subscription_id=id",
    "customer_id=account",
    "start_date=starts",
    "end_date=ends",
    "monthly_amount=price",
]


@pytest.fixture(scope="module", autouse=True)
def _book(read_in, real):
    path = real("mrr_playbook/subscription_periods.csv")
    read_in("subscriptions", path, "--map", *COLUMNS, "--set", "currency=USD", "--create-accounts")


def last_of(month):
    day = date.fromisoformat(month)
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def test_every_period_was_read(api):
    listed = api("subscriptions/", page_size=500)["results"]

    assert len(listed) == ORACLE["periods"]
    assert len({row["account"] for row in listed}) == ORACLE["customers"]


@pytest.mark.parametrize("month", MONTHS)
def test_revenue_and_customers_at_the_end_of_a_month(api, month):
    oracle, day = ORACLE["by_month"][month], last_of(month)

    assert Decimal(api("metrics/mrr/", as_of=day)["value"]) == oracle["mrr"]
    assert api("metrics/customers/", as_of=day)["value"] == str(oracle["active_customers"])


@pytest.mark.parametrize("key", MOVEMENTS)
@pytest.mark.parametrize("month", MONTHS)
def test_movements_of_a_month(api, month, key):
    moved = ORACLE["by_month"][month].get(MOVEMENTS[key], {"mrr_change": 0, "customers": 0})
    query = {"as_of": last_of(month), "window": "month"}

    answer = api(f"metrics/{key}/", **query)

    assert Decimal(answer["value"]) == abs(moved["mrr_change"])
    assert api(f"metrics/{key}/rows/", **query)["count"] == moved["customers"]


@pytest.mark.parametrize("key", MOVEMENTS)
def test_a_longer_window_is_the_sum_of_its_months(api, key):
    window = f"{MONTHS[0]}..{last_of(MONTHS[-1])}"

    answer = api(f"metrics/{key}/", window=window)

    assert Decimal(answer["value"]) == abs(ORACLE["totals"][MOVEMENTS[key]]["mrr_change"])


@pytest.mark.parametrize("key", MOVEMENTS)
def test_a_series_has_a_point_for_each_month(api, key):
    query = {"from": last_of(MONTHS[0]), "to": last_of(MONTHS[-1]), "step": "month", "window": "month"}

    points = api(f"metrics/{key}/series/", **query)["points"]

    moved = {point["as_of"]: Decimal(point["value"]) for point in points if Decimal(point["value"])}
    assert moved == {
        str(last_of(month)): abs(oracle[MOVEMENTS[key]]["mrr_change"])
        for month, oracle in ORACLE["by_month"].items()
        if MOVEMENTS[key] in oracle
    }
