"""A real help desk's event log: tickets, first response, resolution, reopened tickets."""

import csv
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from operator import itemgetter

import pytest

from accounts.models import TicketEvent
from tests.metrics.naive import hours_between, reached_by
from tests.oracles.conftest import ORACLES

ORACLE = ORACLES["helpdesk_log"]
QUERY = {"as_of": str(ORACLE["last"]).split()[0], "window": "all"}
ORACLE_DAY = date.fromisoformat(QUERY["as_of"])
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


def test_every_entry_of_the_log_is_there(real):
    kinds = {"Take in charge ticket": "replied", "Resolve ticket": "resolved", "Closed": "closed"}
    logged = Counter(kinds.get(kind) for log in logs_in(real("helpdesk_log/finale.csv")) for _, kind in log)

    kept = Counter(TicketEvent.objects.values_list("kind", flat=True))

    assert {kind: kept[kind] for kind in kinds.values()} == {kind: logged[kind] for kind in kinds.values()}
    assert kept["opened"] == ORACLE["tickets"]


def test_mean_time_to_resolution(api):
    oracle = ORACLE["time_to_resolution"]

    answer = api("metrics/time_to_resolution/", **QUERY)

    assert answer["denominator"] == str(oracle["n"])
    assert hours(answer) == oracle["mean_hours"]


def test_open_tickets(api):
    assert api("metrics/open_tickets/", as_of=QUERY["as_of"])["value"] == str(
        ORACLE["open_tickets_at_the_end"]
    )


@pytest.mark.parametrize(
    ("key", "activity", "place", "share"),
    [
        ("time_to_first_response", "Take in charge ticket", 0, 0.5),
        ("time_to_first_response_p90", "Take in charge ticket", 0, 0.9),
        ("time_to_resolution_median", "Resolve ticket", -1, 0.5),
    ],
)
def test_durations_equal_an_estimate_from_the_file(api, real, key, activity, place, share):
    waits = [*waits_of(logs_in(real("helpdesk_log/finale.csv")), activity, place)]

    answer = api(f"metrics/{key}/", **QUERY)

    value, low, high = reached_by(waits, share)
    assert (answer["numerator"], answer["denominator"]) == (str(sum(r for _, r in waits)), str(len(waits)))
    assert hours(answer) == round(value, 8)
    limits = [answer["interval"][end] for end in ("low", "high")]
    assert [round(limit, 8) for limit in limits] == [round(float(limit), 8) for limit in (low, high)]


def logs_in(path):
    """Every ticket's entries in order of time, at one time in the order of the file."""
    logs = {}
    with path.open(newline="", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            happened = datetime.fromisoformat(row["Complete Timestamp"].replace("/", "-")).replace(tzinfo=UTC)
            logs.setdefault(row["Case ID"], []).append((happened, row["Activity"]))
    return [sorted(log, key=itemgetter(0)) for log in logs.values()]


def waits_of(logs, activity, place):
    """To the first such entry; to the last one, where nothing but the closing comes after it."""
    end = datetime.combine(ORACLE_DAY + timedelta(1), time(0), UTC)
    for log in logs:
        moments = [happened for happened, kind in log if kind == activity]
        is_open = place == -1 and log[-1][1] not in {activity, "Closed"}
        reached = bool(moments) and not is_open
        yield hours_between(log[0][0], moments[place] if reached else end), reached


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
