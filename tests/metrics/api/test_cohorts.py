"""What is left of each start month."""

from datetime import date

import pytest

from accounts.services import change_account
from tests import factories
from tests.metrics.api.calling import client_of, ok, problem


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
        "data_complete_to": None,
        "data_held_back_by": None,
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
