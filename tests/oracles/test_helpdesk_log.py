"""A real help desk's event log: tickets, first response, resolution, reopened tickets."""

from decimal import Decimal

import pytest

from tests.oracles.conftest import ORACLES

ORACLE = ORACLES["helpdesk_log"]
QUERY = {"as_of": str(ORACLE["last"]).split()[0], "window": "all"}
COLUMNS = ["Case ID=ticket", "Activity=kind", "Complete Timestamp=happened_at", "customer=account"]
ACTIVITIES = [
    "Activity:Take in charge ticket=replied",
    "Activity:Resolve ticket=resolved",
    "Activity:Closed=closed",
]


@pytest.fixture(scope="module", autouse=True)
def _tickets(read_in, real):
    path = real("helpdesk_log/finale.csv")
    read_in(
        "helpdesk_log",
        path,
        "--map",
        *COLUMNS,
        "--values",
        *ACTIVITIES,
        "--time-zone",
        "UTC",
        "--create-accounts",
    )


def hours(answer):
    return round(Decimal(answer["value"]), 8)


def test_tickets(api):
    answer = api("metrics/tickets/", **QUERY)

    assert answer["value"] == str(ORACLE["tickets"])
    assert answer["unattributed"] == "0"


def test_mean_first_response_of_the_answered(api):
    oracle = ORACLE["first_response"]

    answer = api("metrics/time_to_first_response_mean/", **QUERY)

    assert answer["denominator"] == str(oracle["n"])
    assert hours(answer) == oracle["mean_hours"]


def test_mean_time_to_resolution(api):
    oracle = ORACLE["time_to_resolution"]

    answer = api("metrics/time_to_resolution/", **QUERY)

    assert answer["denominator"] == str(oracle["n"])
    assert hours(answer) == oracle["mean_hours"]


def test_reopen_rate_and_its_interval(api):
    oracle = ORACLE["ticket_reopen_rate"]

    answer = api("metrics/ticket_reopen_rate/", **QUERY)

    assert (answer["numerator"], answer["denominator"]) == (str(oracle["k"]), str(oracle["n"]))
    assert round(Decimal(answer["value"]), 7) == oracle["pct"]
    limits = [answer["interval"][end] for end in ("low", "high")]
    assert [round(limit, 8) for limit in limits] == [float(limit) for limit in oracle["wilson95_n_star_pct"]]


def test_accounts_that_count_in_the_reopen_rate(api):
    assert (
        api("metrics/ticket_reopen_rate/rows/", **QUERY)["count"] == ORACLE["ticket_reopen_rate"]["accounts"]
    )
