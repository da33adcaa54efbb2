"""Who counts as a customer, and from which day on: those who stay, leave, and are won."""

import pytest

from tests.factories import account, dated, departure, lead, order, organisation, subscription
from tests.metrics.asking import answer, parts, value, values

pytestmark = pytest.mark.django_db


def test_customer_by_orders_leaves_when_the_inactive_days_are_over():
    organisation(inactive_days=30)
    order(account(), "2026-03-01 10:00")

    days = ["2026-02-28", "2026-03-01", "2026-03-30", "2026-03-31"]
    assert [value("customers", on) for on in days] == [0, 1, 1, 0]


def test_customer_by_orders_is_one_before_its_first_subscription():
    customer = account()
    order(customer, "2026-01-10 10:00")
    subscription(customer, 100, "2026-05-01", "2026-06-01")

    days = ["2026-01-09", "2026-01-10", "2026-04-30", "2026-05-31", "2026-06-01"]
    assert [value("customers", on) for on in days] == [0, 1, 1, 1, 0]
    assert value("customer_churn_rate", "2026-04-30", window="month") == 0


def test_cancelled_order_makes_a_customer_only_until_it_is_cancelled():
    order(account(), "2026-03-01 10:00", cancelled="2026-03-05 10:00")

    assert [value("customers", on) for on in ("2026-03-04", "2026-03-05")] == [1, 0]


def test_customer_by_stage_where_there_is_nothing_else():
    customer = account()
    for since, stage in [("2026-01-01", "lead"), ("2026-02-01", "onboarding"), ("2026-03-01", "churned")]:
        dated(customer, since, stage=stage)

    days = ["2026-01-31", "2026-02-01", "2026-02-28", "2026-03-01"]
    assert [value("customers", on) for on in days] == [0, 1, 1, 0]


def test_stage_typed_in_against_a_subscription_changes_nothing():
    customer = account(stage="churned")
    subscription(customer, 100, "2026-01-01")
    gone = account("Gone", stage="live")
    subscription(gone, 100, "2025-01-01", "2025-12-31")

    assert value("customers", "2026-06-30") == 1


def test_customer_that_joined_inside_the_window_is_in_no_churn_rate():
    subscription(account(), 100, "2026-03-05", "2026-03-20")

    found = answer("customer_churn_rate", "2026-03-31", window="month")
    assert (found.value, found.denominator, found.reason) == (None, 0, "no_denominator")


# Departures


def test_departure_of_a_merged_account_is_the_survivor_s_and_counts_once():
    survivor = account()
    loser = account(merged_into=survivor)
    subscription(survivor, 10, "2025-01-01", "2026-06-20")
    subscription(loser, 5, "2025-01-01", "2026-06-20")
    departure(survivor, "2026-06-20")
    departure(loser, "2026-06-20")

    assert values(["churn_by_reason", "churn_by_reason_mrr"], "2026-06-30") == {
        "churn_by_reason": 1,
        "churn_by_reason_mrr": 15,
    }


def test_departure_of_an_internal_account_is_none():
    departure(account(internal=True), "2026-06-20")

    assert value("churn_by_reason", "2026-06-30") == 0


def test_departure_without_a_rate_is_an_unknown_amount():
    customer = account()
    subscription(customer, 10, "2025-01-01", "2026-06-20", currency="EUR")
    departure(customer, "2026-06-20")

    assert answer("churn_by_reason_mrr", "2026-06-30").reason == "no_rate"


# Leads


def test_person_belongs_to_the_account_of_the_earliest_row_that_has_one():
    small, large = account(segment="small"), account(segment="large")
    lead("2026-06-01", email="sara@example.com")
    lead("2026-06-05", large, email="sara@example.com")
    lead("2026-06-03", small, email="sara@example.com")

    assert parts("leads", "2026-06-30", "segment") == {"small": 1}
    assert parts("leads", "2026-06-02", "segment") == {"": 1}  # nobody's yet


def test_leads_without_an_account_count_in_all_and_in_no_filtered_population():
    lead("2026-06-01")
    lead("2026-06-02", account(segment="small"))

    assert (value("leads", "2026-06-30"), value("leads", "2026-06-30", segment="small")) == (2, 1)
    assert answer("leads", "2026-06-30").unattributed == 1


@pytest.mark.parametrize(
    "win",
    [
        lambda customer: subscription(customer, 10, "2026-03-31"),
        lambda customer: order(customer, "2026-03-31 12:00"),
        lambda customer: dated(customer, "2026-03-31", stage="onboarding"),
    ],
)
def test_lead_is_converted_by_whatever_makes_a_customer(win):
    customer = account()
    lead("2026-03-01", customer)
    assert value("lead_conversion_rate", "2026-06-30") == 0

    win(customer)

    assert value("lead_conversion_rate", "2026-06-30") == 1


@pytest.mark.parametrize(
    "fact",
    [
        lambda customer: subscription(customer, 10, "2026-03-31", kind="trial"),
        lambda customer: order(customer, "2026-03-31 12:00", cancelled="2026-03-31 13:00"),
        lambda customer: dated(customer, "2026-03-31", stage="lead"),
    ],
)
def test_lead_is_not_converted_by_what_makes_no_customer(fact):
    customer = account()
    lead("2026-03-01", customer)

    fact(customer)

    assert value("lead_conversion_rate", "2026-06-30") == 0


def test_lead_of_an_account_that_had_been_a_customer_is_not_converted():
    customer = account()
    order(customer, "2026-02-27 12:00", cancelled="2026-02-28 12:00")  # for a day
    lead("2026-03-01", customer)
    subscription(customer, 10, "2026-03-31")

    assert value("lead_conversion_rate", "2026-06-30") == 0


def test_lead_of_a_merged_account_is_converted_by_the_survivor():
    survivor = account()
    lead("2026-03-01", account(merged_into=survivor))
    subscription(account(merged_into=survivor), 10, "2026-03-31")

    assert value("lead_conversion_rate", "2026-06-30") == 1
