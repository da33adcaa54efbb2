"""What counts, and from which day on: subscriptions, customers, movements, renewals, leads, orders, tickets."""

from decimal import Decimal

import pytest

from accounts.models import Account, Departure, Expense, Lead, Order, Subscription, Term
from metrics.answers import month_ends, series
from metrics.populations import Population
from tests.factories import (
    account,
    at,
    dated,
    day,
    departure,
    expense,
    lead,
    order,
    organisation,
    pause,
    payment,
    rate,
    subscription,
    term,
    ticket,
)
from tests.metrics.asking import answer, clock, parts, value, values

pytestmark = pytest.mark.django_db

MOVEMENTS = ("mrr_new", "mrr_reactivated", "mrr_expansion", "mrr_contraction", "mrr_churned", "mrr_fx")


def moved(on, **question):
    """The movements that are not 0."""
    return {key: found for key, found in values(MOVEMENTS, on, **question).items() if found}


# MRR


@pytest.mark.parametrize(
    ("interval", "count", "monthly"),
    [
        ("month", 1, "120.00"),
        ("month", 6, "20.00"),
        ("quarter", 1, "40.00"),
        ("year", 1, "10.00"),
        ("year", 2, "5.00"),
        ("week", 1, "520.00"),  # × 52 / 12
        ("week", 2, "260.00"),
        ("day", 1, "3650.00"),  # × 365 / 12
        ("day", 30, "121.67"),
    ],
)
def test_mrr_is_a_bill_as_a_month(interval, count, monthly):
    subscription(account(), 120, "2026-01-01", interval=interval, interval_count=count)

    assert value("mrr", "2026-06-30") == Decimal(monthly)


def test_mrr_is_price_times_quantity():
    subscription(account(), "9.90", "2026-01-01", quantity=7)

    assert value("mrr", "2026-06-30") == Decimal("69.30")


def test_mrr_counts_from_the_first_day_in_service_to_the_last():
    subscription(account(), 100, "2026-02-10", "2026-02-20")

    days = ["2026-02-09", "2026-02-10", "2026-02-19", "2026-02-20"]
    assert [value("mrr", on) for on in days] == [0, 100, 100, 0]


def test_mrr_is_less_the_discount_until_it_ends():
    subscription(
        account(),
        100,
        "2026-01-01",
        quantity=2,
        discount_percent=25,
        discount_amount=30,
        discount_ends="2026-04-01",
    )

    assert [value("mrr", on) for on in ("2026-03-31", "2026-04-01")] == [120, 200]


def test_mrr_with_a_discount_of_more_than_the_bill_is_nothing():
    subscription(account(), 100, "2026-01-01", discount_amount=150)

    assert value("mrr", "2026-06-30") == 0


def test_discount_on_a_yearly_bill_is_spread_over_the_year():
    subscription(account(), 1200, "2026-01-01", interval="year", discount_amount=600)

    assert value("mrr", "2026-06-30") == 50


def test_mrr_is_nothing_in_a_pause():
    pause(subscription(account(), 100, "2026-01-01"), "2026-03-01", "2026-04-01")

    days = ["2026-02-28", "2026-03-01", "2026-03-31", "2026-04-01"]
    assert [value("mrr", on) for on in days] == [100, 0, 0, 100]
    assert [value("customers", on) for on in days] == [1, 1, 1, 1]
    assert [value("paying_customers", on) for on in days] == [1, 0, 0, 1]


@pytest.mark.parametrize("kind", ["trial", "free"])
def test_trials_and_free_plans_make_neither_mrr_nor_customers(kind):
    subscription(account(), 100, "2026-01-01", kind=kind)

    assert values(["mrr", "customers"], "2026-06-30") == {"mrr": 0, "customers": 0}


def test_mrr_stays_while_past_due_and_after_the_notice():
    subscription(
        account(), 100, "2026-01-01", past_due_since=day("2026-02-01"), cancelled_on=day("2026-03-01")
    )

    assert values(["mrr", "customers"], "2026-06-30") == {"mrr": 100, "customers": 1}


# Movements


def test_expansion_out_of_a_pause_and_contraction_into_it():
    pause(subscription(account(), 100, "2026-01-01"), "2026-03-10", "2026-05-10")

    assert moved("2026-03-31") == {"mrr_contraction": 100}
    assert moved("2026-04-30") == {}
    assert moved("2026-05-31") == {"mrr_expansion": 100}


def test_new_is_once_and_coming_back_is_reactivation():
    customer = account()
    subscription(customer, 100, "2026-01-10", "2026-02-10")
    subscription(customer, 80, "2026-04-10")

    assert moved("2026-01-31") == {"mrr_new": 100}
    assert moved("2026-02-28") == {"mrr_churned": 100}
    assert moved("2026-04-30") == {"mrr_reactivated": 80}


def test_what_comes_and_goes_inside_a_month_is_no_movement():
    subscription(account(), 100, "2026-03-05", "2026-03-20")

    assert moved("2026-03-31") == {}
    assert moved("2026-03-31", window="10d") == {}
    assert moved("2026-03-10") == {"mrr_new": 100}


def test_first_bill_after_a_free_beginning_is_new():
    subscription(account(), 100, "2026-01-01", discount_percent=100, discount_ends="2026-03-01")

    assert moved("2026-02-28") == {}
    assert moved("2026-03-31") == {"mrr_new": 100}
    assert value("customers", "2026-02-28") == 1


def test_customer_that_went_to_nothing_and_rises_again_expands():
    customer = account()
    subscription(customer, 100, "2026-01-01", "2026-03-01")
    subscription(customer, 0, "2026-03-01", "2026-05-01")
    subscription(customer, 100, "2026-05-01")

    assert moved("2026-03-31") == {"mrr_contraction": 100}
    assert moved("2026-05-31") == {"mrr_expansion": 100}


def test_gap_between_two_periods_is_churn_and_return():
    customer = account()
    subscription(customer, 100, "2026-01-01", "2026-03-15")
    subscription(customer, 100, "2026-04-15")

    assert moved("2026-03-31") == {"mrr_churned": 100}
    assert moved("2026-04-30") == {"mrr_reactivated": 100}
    assert value("customer_churn_rate", "2026-03-31", window="month") == 1


def test_period_that_follows_on_the_day_is_no_churn():
    customer = account()
    subscription(customer, 100, "2026-01-01", "2026-03-15")
    subscription(customer, 100, "2026-03-15")

    assert moved("2026-03-31", window="month") == {}
    assert value("customer_churn_rate", "2026-03-31", window="month") == 0


def test_longer_windows_add_up_their_months():
    customer = account()
    subscription(customer, 100, "2026-01-10", "2026-02-10")
    subscription(customer, 150, "2026-02-10", "2026-03-10")
    subscription(customer, 100, "2026-03-10")

    assert moved("2026-03-31", window="quarter") == {
        "mrr_new": 100,
        "mrr_expansion": 50,
        "mrr_contraction": 50,
    }


def test_falling_currency_is_no_contraction():
    rate("EUR", "2026-01-01", "1.20")
    rate("EUR", "2026-03-10", "1.00")
    subscription(account(), 100, "2026-01-01", currency="EUR")

    assert moved("2026-03-31") == {"mrr_fx": -20}
    assert value("net_revenue_retention", "2026-03-31", window="month") == 1
    assert [value("mrr", on) for on in ("2026-03-09", "2026-03-10")] == [120, 100]


def test_retention_of_one_that_left_and_came_back_counts_what_it_has_now():
    customer = account()
    subscription(customer, 100, "2025-01-01", "2025-09-01")
    subscription(customer, 60, "2026-02-01")

    assert value("net_revenue_retention", "2026-03-31") == Decimal("0.6")


def test_gross_retention_is_account_by_account():
    one, other = account("One"), account("Other")
    subscription(one, 100, "2026-01-01", "2026-03-10")
    subscription(one, 200, "2026-03-10")
    subscription(other, 100, "2026-01-01", "2026-03-10")

    found = values(["net_revenue_retention", "gross_revenue_retention"], "2026-03-31", window="month")
    assert found == {"net_revenue_retention": 1, "gross_revenue_retention": Decimal("0.5")}


# Customers


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


# Orders


def test_orders_count_until_they_are_cancelled():
    order(account(), "2026-03-30 10:00", cancelled="2026-04-02 10:00")

    asked = {"window": "2026-03-01..2026-03-31"}
    assert value("orders", "2026-03-31", **asked) == 1
    assert value("orders", "2026-04-02", window="7d") == 0


def test_order_cancelled_at_midnight_still_stood_at_the_end_of_the_day():
    order(account(), "2026-03-30 10:00", cancelled="2026-04-01 00:00")

    assert value("orders", "2026-03-31", window="month") == 1
    assert value("orders", "2026-04-01", window="7d") == 0


def test_two_orders_of_a_day_are_two():
    customer = account()
    order(customer, "2026-03-30 10:00")
    order(customer, "2026-03-30 10:00")

    assert value("repeat_purchase_rate", "2026-03-31") == 1


def test_order_amounts_are_converted_at_the_rate_of_their_own_day():
    rate("EUR", "2026-01-01", "1.10")
    rate("EUR", "2026-03-10", "1.50")
    customer = account()
    order(customer, "2026-03-09 23:59", 100, currency="EUR")
    order(customer, "2026-03-10 00:00", 100, currency="EUR")

    assert value("average_order_value", "2026-03-31") == 130


# Tickets


def resolved(*log, **fields):
    return ticket(account(), [("opened", "2026-03-01 09:00"), *log], **fields)


@pytest.mark.parametrize(
    ("key", "facts"),
    [
        ("tickets", lambda midnight: ticket(account(), [("opened", midnight)])),
        (
            "ticket_reopen_rate",
            lambda midnight: ticket(account(), [("opened", "2026-01-01"), ("resolved", midnight)]),
        ),
        (
            "time_to_resolution",
            lambda midnight: ticket(account(), [("opened", "2026-01-01"), ("resolved", midnight)]),
        ),
        ("orders", lambda midnight: order(account(), midnight, 10)),
    ],
)
def test_midnight_belongs_to_the_day_that_begins(key, facts):
    facts("2026-03-10 00:00")

    def numbers(window):
        found = answer(key, "2026-06-30", window=window)
        return found.numerator, found.denominator

    assert any(numbers("2026-03-10..2026-03-10"))
    assert not any(numbers("2026-03-09..2026-03-09"))


def test_unanswered_tickets_are_in_no_mean():
    resolved(("replied", "2026-03-01 10:00"))
    resolved(("replied", "2026-03-01 10:00", "machine"), ("replied", "2026-03-01 10:00", "customer"))
    resolved(("replied", "2026-03-01 10:00", "staff", False))

    found = answer("time_to_first_response_mean", "2026-03-30")
    assert (found.numerator, found.denominator) == (1, 1)


def test_answer_of_the_next_day_comes_into_the_figure_the_next_day():
    resolved(("replied", "2026-03-03 09:00"))

    assert [value("time_to_first_response_mean", on) for on in ("2026-03-02", "2026-03-03")] == [None, 48]


def test_resolution_counts_in_the_window_of_the_last_one():
    resolved(
        ("resolved", "2026-03-02 09:00"), ("reopened", "2026-04-05 09:00"), ("resolved", "2026-04-10 09:00")
    )

    months = [
        answer("time_to_resolution", on, window="month") for on in ("2026-03-31", "2026-04-09", "2026-04-30")
    ]
    assert [found.value for found in months] == [24, None, 40 * 24]


def test_ticket_that_is_open_again_is_not_resolved():
    resolved(("resolved", "2026-03-02 09:00"), ("reopened", "2026-03-03 09:00"))

    assert answer("time_to_resolution", "2026-03-30").denominator == 0
    assert value("ticket_reopen_rate", "2026-03-30") == 1


def test_closing_and_a_repeated_resolution_are_no_work():
    resolved(
        ("resolved", "2026-03-02 09:00"), ("resolved", "2026-03-03 09:00"), ("closed", "2026-03-04 09:00")
    )

    assert value("ticket_reopen_rate", "2026-03-30") == 0
    assert value("time_to_resolution", "2026-03-30") == 48


def test_events_of_one_moment_keep_the_order_in_which_they_came():
    moment = "2026-03-02 09:00"
    resolved(("worked", moment), ("resolved", moment))
    resolved(("resolved", moment), ("worked", moment))

    found = answer("ticket_reopen_rate", "2026-03-30")
    assert (found.numerator, found.denominator) == (1, 2)
    assert answer("time_to_resolution", "2026-03-30").denominator == 1


def test_work_before_the_window_s_resolution_is_no_reopening():
    ticket(
        account(),
        [
            ("opened", "2026-01-01 09:00"),
            ("resolved", "2026-01-15 09:00"),
            ("reopened", "2026-01-20 09:00"),
            ("resolved", "2026-03-02 09:00"),
        ],
    )

    assert value("ticket_reopen_rate", "2026-03-30", window="month") == 0
    assert value("ticket_reopen_rate", "2026-03-30", window="90d") == 1


@pytest.mark.parametrize("left_out", ["spam", "opened_by_staff", "merged_into"])
def test_spam_staff_s_own_and_merged_tickets_are_left_out(left_out):
    log = [("replied", "2026-03-01 10:00"), ("resolved", "2026-03-01 12:00"), ("worked", "2026-03-01 13:00")]
    kept = resolved(*log)
    resolved(*log, **{left_out: kept if left_out == "merged_into" else True})

    keys = ["tickets", "time_to_first_response_mean", "time_to_resolution", "ticket_reopen_rate"]
    found = [answer(key, "2026-03-30") for key in keys]
    assert [one.denominator if one.metric.denominator else one.value for one in found] == [1, 1, 0, 1]


# What terms renew


def renewal(on="2026-06-30"):
    """What was renewed and what was due."""
    found = answer("renewal_rate_net", on)
    return found.numerator, found.denominator


def test_term_of_a_paused_subscription_has_its_first_day_s_mrr_due():
    customer = account()
    term(customer, "2025-06-10", "2026-06-10")
    pause(subscription(customer, 90, "2025-06-10"), "2026-06-01", "2026-06-20")

    assert renewal() == (90, 90)


def test_term_counts_the_subscription_that_it_names():
    customer = account()
    term(customer, "2025-06-10", "2026-06-10", reference="crm")
    subscription(customer, 90, "2025-06-10", "2026-06-10", reference="crm")
    subscription(customer, 70, "2026-06-10", reference="crm")
    subscription(customer, 1000, "2025-01-01", reference="shop")

    assert renewal() == (70, 90)


def test_renewal_is_at_the_rate_of_the_term_s_last_day():
    for since, worth in (("2025-01-01", 1), ("2026-06-10", 2), ("2026-06-11", 3)):
        rate("EUR", since, worth)
    customer = account()
    term(customer, "2025-06-10", "2026-06-10", currency="EUR", due_mrr=50)
    subscription(customer, 60, "2025-06-10", currency="EUR")

    assert renewal() == (120, 100)


def test_renewal_without_a_rate_is_unknown():
    customer = account()
    term(customer, "2025-06-10", "2026-06-10", due_mrr=50)
    subscription(customer, 60, "2025-06-10", currency="EUR")

    assert [answer(key, "2026-06-30").reason for key in ("renewal_rate_by_value", "renewal_rate_net")] == [
        "no_rate",
        "no_rate",
    ]


def test_what_a_term_says_of_its_renewal_counts_from_its_decision_on():
    customer = account()
    said = {"renewed_mrr": 55, "outcome": "renewed", "decided_on": "2026-06-29"}
    term(customer, "2025-06-10", "2026-06-10", due_mrr=50, **said)
    subscription(customer, 60, "2025-06-10")

    assert [renewal("2026-06-28"), renewal("2026-06-29")] == [(60, 50), (55, 50)]


def test_what_a_term_says_counts_nothing_where_nothing_followed():
    said = {"renewed_mrr": 55, "outcome": "renewed", "decided_on": "2026-06-01"}
    term(account(), "2025-06-10", "2026-06-10", due_mrr=50, **said)

    assert renewal() == (0, 50)


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


# What was known


def known_by(on, key, window=None):
    Account.objects.update(recorded_at=at("2026-01-01 12:00"))
    return answer(key, "2026-06-30", window=window, known_by=on)


def recorded(rows, on, **when):
    rows.update(**{field: at(f"{moment} 12:00") for field, moment in ({"recorded_at": on} | when).items()})


def test_renewal_as_it_was_known():
    customer = account()
    said = {"due_mrr": 50, "renewed_mrr": 55, "outcome": "renewed", "decided_on": "2026-06-10"}
    term(customer, "2025-06-10", "2026-06-10", **said)
    subscription(customer, 60, "2025-06-10")
    recorded(Term.objects.all(), "2026-07-01", outcome_recorded_at="2026-07-03")
    recorded(Subscription.objects.all(), "2026-07-02")

    def known(on):
        found = known_by(on, "renewal_rate_net")
        return found.numerator, found.denominator

    days = ["2026-06-30", "2026-07-01", "2026-07-02", "2026-07-03"]
    assert [known(on) for on in days] == [(0, 0), (0, 50), (60, 50), (55, 50)]


def test_departures_as_they_were_known():
    survivor = account()
    loser = account(merged_into=survivor)
    subscription(survivor, 60, "2025-06-10", "2026-06-20")
    for each, on in ((survivor, "2026-07-02"), (loser, "2026-07-01")):
        departure(each, "2026-06-20")
        recorded(Departure.objects.filter(account=each), on)
    recorded(Subscription.objects.all(), "2026-07-02")

    days = ["2026-06-30", "2026-07-01", "2026-07-02"]
    assert [known_by(on, "churn_by_reason").value for on in days] == [0, 1, 1]
    assert [known_by(on, "churn_by_reason_mrr").value for on in days] == [0, 0, 60]


def test_leads_as_they_were_known():
    customer = account()
    for on, heard in (("2026-03-01", "2026-07-02"), ("2026-03-10", "2026-07-01")):
        lead(on, customer, email="sara@example.com")
        recorded(Lead.objects.filter(first_interest=day(on)), heard)
    order(customer, "2026-06-07 12:00")  # within 90 days of the 10th, not of the 1st
    recorded(Order.objects.all(), "2026-07-01")

    days = ["2026-06-30", "2026-07-01", "2026-07-02"]
    month = "2026-03-05..2026-03-31"
    assert [known_by(on, "leads", month).value for on in days] == [0, 1, 0]
    assert [known_by(on, "lead_conversion_rate").value for on in days] == [None, 1, 0]


def test_expenses_as_they_were_known():
    payment(account(), 0, "2026-06-10")
    expense("2026-06-01", 30, "other")
    recorded(Expense.objects.all(), "2026-07-01")

    assert [known_by(on, "profit").value for on in ("2026-06-30", "2026-07-01")] == [0, -30]


def test_series_is_the_figure_of_each_day():
    subscription(account(), 100, "2026-02-10", "2026-04-10")

    found = series("mrr", Population(), clock(), month_ends(day("2026-04-15"), 3))

    assert [(str(one.as_of), one.value) for one in found] == [
        ("2026-01-31", 0),
        ("2026-02-28", 100),
        ("2026-03-31", 100),
        ("2026-04-15", 0),
    ]
