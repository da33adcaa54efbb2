"""IBM's sample of a telephone company: churn with its interval, by contract, revenue lost and kept."""

import csv
from datetime import date, timedelta
from decimal import Decimal

import pytest

from metrics.windows import add_months
from tests.oracles.conftest import ORACLES

ORACLE = ORACLES["telco"]
CONTRACTS = list(ORACLE["by_contract"])
# A leap day's month and another: which month it is must make no difference.
DAYS = [date(2026, 10, 31), date(2024, 2, 29)]
OPTIONS = ["--source", "telco", "--set", "currency=USD"]


def dated(rows, day):
    """The file has tenure in months instead of days: who left, left two days before the day."""
    for row in rows:
        has_left = row["Churn"] == "Yes"
        last = day - timedelta(days=2 if has_left else 0)
        starts = add_months(day, -int(row["tenure"])) - (day - last)
        account = {"id": f"{row['customerID']} {day}", "name": row["customerID"], "from_day": starts}
        period = {"account": account["id"], "price": row["MonthlyCharges"], "starts": starts}
        yield (
            account | {"segment": row["Contract"]},
            period | {"id": account["id"], "ends": last if has_left else ""},
        )


def write(path, rows):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module", params=DAYS, ids=str)
def day(request, read_in, real, tmp_path_factory):
    from django.db import transaction

    folder = tmp_path_factory.mktemp("telco")
    with real("telco/WA_Fn-UseC_-Telco-Customer-Churn.csv").open() as file:
        accounts, periods = zip(*dated(csv.DictReader(file), request.param), strict=True)
    with transaction.atomic():
        read_in("accounts", write(folder / "accounts.csv", accounts), "--source", "telco")
        read_in("subscriptions", write(folder / "periods.csv", periods), *OPTIONS)
        yield request.param
        transaction.set_rollback(True)


@pytest.fixture
def ask(api, day):
    def of_month(key, **query):
        return api(f"metrics/{key}/", as_of=day, **query)

    return of_month


def percent(answer):
    return round(Decimal(answer["value"]), 8)


def limits(answer):
    return [round(answer["interval"][end], 8) for end in ("low", "high")]


def parts(answer):
    return {part["members"][0]: part for part in answer["splits"]}


def test_churn_and_its_interval(ask):
    answer = ask("customer_churn_rate", window="month")

    assert (answer["numerator"], answer["denominator"]) == (str(ORACLE["k"]), str(ORACLE["n"]))
    assert percent(answer) == ORACLE["customer_churn_pct"]
    assert limits(answer) == [float(limit) for limit in ORACLE["wilson95_pct"]]
    assert answer["n"] == ORACLE["n"]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_churn_by_contract(ask, contract):
    oracle = ORACLE["by_contract"][contract]

    part = parts(ask("customer_churn_rate", window="month", by="segment"))[contract]

    assert (part["numerator"], part["denominator"]) == (str(oracle["k"]), str(oracle["n"]))
    assert percent(part) == oracle["customer_churn_pct"]
    assert limits(part) == [float(limit) for limit in oracle["wilson95_pct"]]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_filter_gives_what_the_split_gives(ask, contract):
    split = parts(ask("customer_churn_rate", window="month", by="segment"))[contract]

    filtered = ask("customer_churn_rate", window="month", segment=contract)

    of_the_split = {"members", "against_others"}
    assert {name: filtered[name] for name in split.keys() - of_the_split} == {
        name: value for name, value in split.items() if name not in of_the_split
    }


@pytest.mark.parametrize("contract", ["", *CONTRACTS])
@pytest.mark.parametrize(
    ("key", "numerator", "oracle"),
    [
        ("revenue_churn_rate", "mrr_churned", "revenue_churn_pct"),
        ("gross_revenue_retention", "mrr_of_remaining", "grr_pct"),
        ("net_revenue_retention", "mrr_of_remaining", "nrr_pct"),
    ],
)
def test_money_kept_and_lost(ask, key, numerator, oracle, contract):
    expected = ORACLE["by_contract"][contract] if contract else ORACLE

    answer = ask(key, window="month", **({"segment": contract} if contract else {}))

    assert Decimal(answer["numerator"]) == expected[numerator]
    assert Decimal(answer["denominator"]) == expected["mrr_at_start"]
    assert percent(answer) == expected[oracle]


@pytest.mark.parametrize("contract", ["", *CONTRACTS])
def test_levels_on_the_day(ask, contract):
    expected = ORACLE["by_contract"][contract] if contract else ORACLE
    query = {"segment": contract} if contract else {}

    assert ask("customers", **query)["value"] == str(expected["customers_on_D"])
    assert Decimal(ask("mrr", **query)["value"]) == expected["mrr_on_D"]
    assert round(Decimal(ask("arpa", **query)["value"]), 8) == expected["arpa_on_D"]
    assert Decimal(ask("arr", **query)["value"]) == 12 * expected["mrr_on_D"]


def test_those_who_joined_in_the_window_are_its_new_revenue(ask):
    rows = ask("mrr_new/rows", window="month")

    assert rows["count"] == ORACLE["joined_in_window"]
