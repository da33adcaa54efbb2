"""A metric day by day."""

from datetime import date
from decimal import Decimal

import pytest

from metrics.api import days_between
from tests.metrics.api.calling import ok


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
