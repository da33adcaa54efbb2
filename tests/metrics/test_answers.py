"""From sums to answers: value or reason, interval or reason, and what they rest on."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from metrics.answers import undated
from metrics.catalogue import ALL
from metrics.definitions import Estimate, Level
from metrics.framing import month_ends
from metrics.populations import of
from metrics.statistics import STUDENT, WILSON, WILSON_CLUSTERED, WILSON_WITHIN, wilson
from metrics.windows import WindowError
from tests.factories import (
    account,
    accounts,
    at,
    day,
    expense,
    order,
    organisation,
    payment,
    rate,
    resolved_ticket,
    subscription,
    ticket,
)
from tests.metrics.asking import answer, ask, clock, parts, value

pytestmark = pytest.mark.django_db

JUNE_30 = "2026-06-30"


def test_without_facts_sums_are_nothing_and_ratios_have_no_value():
    found = {key: splits[()] for key, splits in ask(ALL, JUNE_30).items()}

    sums = {key for key, metric in ALL.items() if metric.denominator is None} - {"cac_payback_months"}
    assert {key for key, one in found.items() if one.value == 0} == sums
    assert found.pop("gross_margin").reason == "no_cost_of_revenue"
    assert found.pop("exit_rate").reason == "which_page"
    for key in ("csat_mean", "ces_mean"):
        assert found.pop(key).reason == "which_scale"
    for key in ("campaign_conversion_rate", "campaign_conversion_rate_by_clicks"):
        assert found.pop(key).reason == "which_campaign"
    assert {(one.value, one.reason) for key, one in found.items() if key not in sums} == {
        (None, "no_denominator")
    }
    assert {one.interval for one in found.values()} == {None}
    assert {one.n for one in found.values()} == {0}
    assert not any(one.low_sample for one in found.values() if one.value is None)


def test_without_facts_a_split_has_no_parts():
    found = ask(ALL, JUNE_30, by="segment")

    refused = {key for key, metric in ALL.items() if metric.level is Level.ORGANISATION or metric.of_each}
    assert {key for key, splits in found.items() if splits} == refused
    reasons = {splits[("",)].reason for splits in found.values() if splits}
    assert reasons == {"not_by_segment", "which_page", "which_scale"}


def test_value_is_made_of_the_sums_of_all_accounts_and_not_of_their_ratios():
    large, small = accounts(2)
    for number in range(9):
        order(large, f"2026-06-{number + 1:02} 12:00", 10)
    order(small, "2026-06-10 12:00", 110)

    found = answer("average_order_value", JUNE_30)
    assert (found.value, found.numerator, found.denominator) == (20, 200, 10)


def test_derived_metric_follows_its_parts():
    subscription(account(segment="small"), 100, "2026-01-01")
    subscription(account(segment="large"), 10, "2026-01-01")

    assert value("arr", JUNE_30) == 1320
    assert parts("arr", JUNE_30, by="segment") == {
        "small": 1200,
        "large": 120,
    }
    assert answer("arr", JUNE_30).interval_reason == "not_defined"


def spending(sales=90):
    """100 dollars in, 25 of them for what was delivered; one new customer of 30 dollars a month."""
    subscription(account(), 30, "2026-06-01")
    payment(account(), 100, "2026-06-10")
    expense("2026-06-01", 25, "cost_of_revenue")
    expense("2026-06-01", sales, "sales")


def test_derived_metric_reads_each_part_in_its_own_window():
    spending()
    expense("2026-05-01", 45, "sales")  # in the 90 days of the one, not in the month of the other

    found = answer("cac_payback_months", JUNE_30)
    assert (found.value, found.reason) == (Decimal(135) / (30 * Decimal("0.75")), "")
    assert (found.low_sample, found.n, found.currency) == (True, 1, "")
    assert (str(found.window.first), found.membership_day) == (JUNE_30, day(JUNE_30))


def test_derived_metric_without_a_part_says_why():
    subscription(account(), 30, "2026-06-01")
    # A free customer is none that was won.
    assert answer("customer_acquisition_cost", JUNE_30).reason == "no_expenses"
    assert answer("cac_payback_months", JUNE_30).reason == "no_expenses"

    expense("2026-06-01", 48, "sales")
    assert answer("cac_payback_months", JUNE_30).reason == "no_cost_of_revenue"

    organisation(gross_margin=80)
    found = answer("cac_payback_months", JUNE_30)
    assert (found.value, found.basis) == (2, "setting")

    expense("2026-06-01", 90, "sales", currency="EUR")
    assert answer("cac_payback_months", JUNE_30).reason == "no_rate"


def test_derived_metric_divided_by_zero_has_no_value():
    spending()
    expense("2026-06-01", 75, "cost_of_revenue")  # nothing is left

    found = answer("cac_payback_months", JUNE_30)
    assert (found.value, found.reason) == (None, "no_denominator")


@pytest.mark.parametrize(
    ("combine", "values"),
    [
        (lambda one, other: one / other, (Decimal(0), Decimal(0))),
        (lambda one, other: one / other, (1.0, 0.0)),
        (lambda one, other: one * other, (1e308, 10.0)),
        (lambda one, other: one * other, (Decimal("1e999999"), Decimal("1e999999"))),
    ],
)
def test_derived_metric_is_a_number_or_nothing(combine, values):
    assert replace(ALL["arr"], combine=combine).combined(values) is None


# The organisation's figures

OF_THE_WHOLE = ["profit", "gross_margin", "customer_acquisition_cost", "cac_payback_months"]


@pytest.mark.parametrize("key", OF_THE_WHOLE)
def test_figure_of_the_organisation_has_no_value_for_some_accounts(key, alice):
    spending()

    assert answer(key, JUNE_30).value is not None
    assert (answer(key, JUNE_30, segment="large").value, answer(key, JUNE_30, segment="large").reason) == (
        None,
        "not_by_segment",
    )
    assert answer(key, JUNE_30, account="1").reason == "not_by_account"
    assert answer(key, JUNE_30, user=alice).reason == "company_only"
    assert answer(key, JUNE_30, group="1").reason == "not_by_group"
    ((split, part),) = ask([key], JUNE_30, by="tier")[key].items()
    assert (split, part.value, part.reason, part.interval_reason) == (
        ("",),
        None,
        "not_by_tier",
        "not_defined",
    )


def test_gross_margin_without_costs_is_that_of_the_settings_and_says_so():
    payment(account(), 100, "2026-06-10")
    organisation(gross_margin="62.5")

    found = answer("gross_margin", JUNE_30)
    assert (found.value, found.basis, found.reason) == (Decimal("0.625"), "setting", "")

    expense("2026-06-01", 30, "cost_of_revenue")
    found = answer("gross_margin", JUNE_30)
    assert (found.value, found.basis) == (Decimal("0.7"), "")


def test_gross_margin_without_revenue_but_with_costs_has_no_value():
    organisation(gross_margin=50)
    expense("2026-06-01", 30, "cost_of_revenue")

    assert answer("gross_margin", JUNE_30).reason == "no_denominator"


def test_expense_counts_by_the_days_of_its_month():
    expense("2026-06-01", 300, "other")
    expense("2026-02-01", 28, "other")

    def profit(on, **question):
        return value("profit", on, **question)

    assert [profit("2026-06-10"), profit(JUNE_30), profit("2026-07-01")] == [-100, -300, 0]
    assert profit("2026-07-15", window="30d") == -150  # from the 16th of June on
    assert profit(JUNE_30, window="2026-02-27..2026-06-01") == -12
    assert profit(JUNE_30, window="12m") == -328


def test_expense_is_worth_the_rate_of_the_month_s_last_day_or_of_the_question_s():
    for since, worth in (("2026-05-01", 1), ("2026-05-31", 2), ("2026-06-10", 3), ("2026-06-11", 4)):
        rate("EUR", since, worth)
    expense("2026-05-01", 31, "other", currency="EUR")
    expense("2026-06-01", 30, "other", currency="EUR")

    assert value("profit", "2026-06-10", window="quarter") == -(31 * 2 + 10 * 3)
    assert value("profit", "2026-06-10", window="2026-05-01..2026-05-30") == -30


def test_several_windows_in_one_question():
    found = ask(["customer_churn_rate", "net_revenue_retention", "mrr", "orders"], JUNE_30)

    assert {key: str(splits[()].window.first) for key, splits in found.items()} == {
        "customer_churn_rate": "2026-06-01",
        "net_revenue_retention": "2025-07-01",
        "mrr": JUNE_30,
        "orders": "2026-06-01",
    }


def test_window_replaces_the_metric_s_own_but_gives_none_to_a_level():
    found = ask(["orders", "mrr"], JUNE_30, window="7d")

    assert [str(found[key][()].window.first) for key in ("orders", "mrr")] == ["2026-06-24", JUNE_30]


def test_window_that_is_none_is_refused():
    with pytest.raises(WindowError):
        ask(["orders"], JUNE_30, window="fortnight")


# Intervals and samples


def churning(customers, lost):
    for number, each in enumerate(accounts(customers)):
        subscription(each, 10 + number, "2026-01-01", "2026-06-10" if number < lost else None)


def test_share_of_accounts_has_a_wilson_interval():
    churning(40, 8)

    found = answer("customer_churn_rate", JUNE_30)
    assert found.interval == wilson(8, 40)
    assert (found.n, found.low_sample, found.interval_reason) == (40, False, "")


@pytest.mark.parametrize(("customers", "low"), [(29, True), (30, False)])
def test_small_sample_has_a_value_and_is_marked(customers, low):
    churning(customers, 3)

    found = answer("customer_churn_rate", JUNE_30)
    assert (found.value, found.low_sample) == (Decimal(3) / customers, low)
    assert found.interval.method == WILSON


@pytest.mark.parametrize(
    "key", ["arpa", "net_revenue_retention", "gross_revenue_retention", "revenue_churn_rate"]
)
def test_money_ratio_has_an_interval_from_thirty_accounts_on(key):
    churning(29, 3)
    question = {} if key == "arpa" else {"window": "month"}
    few = answer(key, "2026-06-05", **question)

    subscription(account("Another"), 50, "2026-01-01")

    enough = answer(key, "2026-06-05", **question)
    assert (few.interval, few.interval_reason, few.low_sample) == (None, "too_few_accounts", True)
    assert enough.interval.low <= enough.value <= enough.interval.high
    assert (enough.n, enough.low_sample) == (30, False)
    assert answer(key, "2026-06-05", **question).interval == enough.interval


def test_interval_of_tickets_knows_that_those_of_an_account_resemble_each_other():
    """Thirty tickets, half reopened: of one account, of six, of nobody's."""
    log = [("resolved", 1), ("reopened", 2), ("resolved", 3)]

    def thirty(owners):
        begun = at("2026-06-01 09:00")
        for number in range(30):
            owner = owners[number * len(owners) // 30]
            work = log if number < 15 else log[:1]
            ticket(owner, [(kind, begun + timedelta(hours=hours)) for kind, hours in work], opened=begun)

    thirty([account("Only", segment="one")])
    thirty(accounts(6, segment="six"))
    thirty([None])

    def of_part(segment):
        return answer("ticket_reopen_rate", JUNE_30, segment=segment)

    one, six = of_part("one"), of_part("six")
    assert (one.value, one.n, one.interval.method) == (Decimal("0.5"), 30, WILSON_WITHIN)
    assert (six.value, six.n, six.interval.method) == (Decimal("0.5"), 30, WILSON_CLUSTERED)
    assert six.interval.low < one.interval.low
    everybody = answer("ticket_reopen_rate", JUNE_30)
    assert (everybody.n, everybody.unattributed, everybody.interval.method) == (90, 30, WILSON_CLUSTERED)


def test_tickets_without_an_account_are_units_of_their_own():
    log = [
        ("resolved", "2026-06-02 09:00"),
        ("reopened", "2026-06-03 09:00"),
        ("resolved", "2026-06-04 09:00"),
    ]
    for number in range(40):
        ticket(None, log if number < 10 else log[:1], opened="2026-06-01 09:00")

    found = answer("ticket_reopen_rate", JUNE_30)
    assert (found.value, found.n) == (Decimal("0.25"), 40)
    alone = wilson(10, 40)
    assert found.interval.low == pytest.approx(alone.low, abs=0.005)
    assert found.interval.high == pytest.approx(alone.high, abs=0.005)


def test_mean_of_hours_has_a_student_interval_over_accounts():
    for number, each in enumerate(accounts(4)):
        resolved_ticket(each, "2026-06-10 09:00", hours=number + 1)

    found = answer("time_to_resolution", JUNE_30)
    assert (found.value, found.n, found.low_sample) == (Decimal("2.5"), 4, True)
    assert found.interval.method == STUDENT
    assert found.interval.low < 2.5 < found.interval.high


def test_mean_of_one_account_has_no_interval():
    resolved_ticket(account(), "2026-06-10 09:00")

    found = answer("time_to_resolution", JUNE_30)
    assert (found.interval, found.interval_reason) == (None, "too_few_accounts")


def test_sums_have_no_interval():
    subscription(account(), 100, "2026-01-01")

    for key, metric in ALL.items():
        if metric.estimate is Estimate.NONE:
            assert answer(key, JUNE_30).interval_reason == "not_defined"


# Small things


def test_undated_filters_and_splits_are_said():
    assert undated(of({"industry": "Retail"}), (), day("2026-06-30"), clock())
    assert undated(of({}), ("segment", "country"), day("2026-06-30"), clock())
    assert not undated(of({"segment": "small"}), ("tier",), day("2026-06-30"), clock())


def test_month_ends_lead_up_to_the_day():
    assert list(map(str, month_ends(day("2024-03-15"), 2))) == ["2024-01-31", "2024-02-29", "2024-03-15"]
