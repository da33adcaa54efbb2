"""Which accounts a figure is about: filters, splits and merges, read on the membership day."""

import pytest

from accounts.merges import merge_accounts
from accounts.models import Account, Plan, Team
from metrics.catalogue import ALL
from metrics.evaluate import Question, evaluate
from metrics.populations import Population, PopulationError, of
from metrics.windows import Window
from tests.factories import account, accounts, dated, day, order, subscription, ticket
from tests.metrics.asking import answer, ask, clock, parts, value, values

pytestmark = pytest.mark.django_db

SUPPORT = ("tickets", "time_to_first_response_mean", "time_to_resolution", "ticket_reopen_rate")


def names(population, on):
    return sorted(population.members(day(on)).values_list("name", flat=True))


# Filters


@pytest.mark.parametrize("field", ["segment", "tier", "stage", "region"])
def test_dated_attributes_are_read_as_they_were(field):
    one = account("One")
    first, second = ("live", "churned") if field == "stage" else ("small", "large")
    dated(one, "2026-02-01", **{field: first})
    dated(one, "2026-03-01", **{field: second})

    was, became = of({field: first}), of({field: second})
    assert [names(was, on) for on in ("2026-02-01", "2026-02-28", "2026-03-01")] == [["One"], ["One"], []]
    assert [names(became, on) for on in ("2026-02-01", "2026-02-28", "2026-03-01")] == [[], [], ["One"]]


def test_account_younger_than_the_day_has_its_first_values():
    one = account("One", since="2026-02-01", segment="small")
    dated(one, "2026-03-01", segment="large")

    assert names(of({"segment": "small"}), "2020-01-01") == ["One"]


def test_value_that_was_taken_away_is_none():
    one = account("One", since="2026-02-01", segment="small")
    dated(one, "2026-03-01", segment="")

    assert names(of({"segment": "small"}), "2026-03-01") == []


@pytest.mark.parametrize("field", ["owner", "team", "parent"])
def test_owner_team_and_parent_are_named_by_their_id(field, alice, team):
    given = {"owner": alice, "team": team, "parent": account("Parent")}[field]
    account("One", **{field: given})

    assert names(of({field: str(given.pk)}), "2026-03-01") == ["One"]


@pytest.mark.parametrize("field", ["industry", "country"])
def test_undated_attributes_are_read_as_they_are(field):
    account("One", **{field: "SA"})

    population = of({field: "SA"})
    assert names(population, "2020-01-01") == ["One"]
    assert population.undated == [field]


def test_filters_narrow_one_another():
    account("One", segment="small", tier="gold")
    account("Two", segment="small", tier="silver")

    assert names(of({"segment": "small", "tier": "gold"}), "2026-03-01") == ["One"]


def test_empty_filter_is_none():
    account("One", segment="small")

    assert of({"segment": "", "account": None}).is_everybody


@pytest.mark.parametrize("parameters", [{"shoe_size": "46"}, {"account": "abc"}, {"account": "1.5"}])
def test_filter_that_there_is_not_is_refused(parameters):
    with pytest.raises(PopulationError):
        of(parameters)


@pytest.mark.parametrize(
    "population", [Population(account=999), Population(accounts=()), of({"account": "9" * 30})]
)
def test_population_without_members_has_no_figures(population):
    subscription(account(), 100, "2026-01-01")

    on = day("2026-06-30")
    question = Question(ALL["mrr"], Window(on, on), on)
    assert evaluate([question], population, clock()) == {question: {}}


def test_account_alone_counts_only_its_own_facts():
    one, two = account("One"), account("Two")
    for each in (one, two):
        subscription(each, 100, "2026-01-01")
        order(each, "2026-06-01 12:00")
        ticket(each, [("opened", "2026-06-10 09:00")])
    ticket(None, [("opened", "2026-06-10 09:00")])

    keys = ["mrr", "orders", "tickets", "customers"]
    assert values(keys, "2026-06-30", account=one.pk) == {
        "mrr": 100,
        "orders": 1,
        "tickets": 1,
        "customers": 1,
    }


def test_user_sees_figures_of_the_accounts_that_he_may_see(alice, bob, charlie, team):
    subscription(account("Alice's", owner=alice), 1, "2026-01-01")
    subscription(account("Team's", team=team), 10, "2026-01-01")
    subscription(account("South's", team=Team.objects.get(name="South")), 100, "2026-01-01")
    ticket(None, [("opened", "2026-06-10 09:00")])

    assert [value("mrr", "2026-06-30", user=user) for user in (alice, bob, charlie)] == [11, 10, 100]
    assert value("tickets", "2026-06-30", user=alice) == 0


# Splits


def test_parts_of_a_split_add_up_to_the_whole():
    for segment, price in [("small", 10), ("small", 20), ("large", 300), ("", 4000)]:
        subscription(account(segment=segment), price, "2026-01-01")

    assert parts("mrr", "2026-06-30", "segment") == {"small": 30, "large": 300, "": 4000}


def test_split_of_a_movement_is_by_the_segment_of_the_start():
    """Moving between segments is no churn: not inside the window, and in none of its months."""
    mover = account(since="2026-01-01", segment="small")
    dated(mover, "2026-02-15", segment="large")
    subscription(mover, 100, "2025-06-01", "2026-03-10")

    assert parts("mrr_churned", "2026-03-31", "segment", window="quarter") == {"small": 100}
    assert parts("customer_churn_rate", "2026-03-31", "segment", window="quarter") == {"small": 1}
    assert parts("net_revenue_retention", "2026-03-31", "segment", window="quarter") == {"small": 0}
    assert parts("customer_churn_rate", "2026-03-09", "segment", window="quarter") == {"small": 0}
    assert parts("mrr", "2026-03-09", "segment") == {"large": 100}


def test_split_of_a_flow_is_by_the_segment_of_the_day():
    mover = account(since="2026-01-01", segment="small")
    dated(mover, "2026-02-15", segment="large")
    order(mover, "2026-02-01 12:00")
    order(mover, "2026-02-20 12:00")

    assert parts("orders", "2026-02-28", "segment") == {"large": 2}
    assert parts("orders", "2026-02-14", "segment") == {"small": 1}


def test_answers_name_their_membership_day():
    assert str(answer("customer_churn_rate", "2026-03-31").membership_day) == "2026-03-01"
    assert str(answer("mrr_new", "2026-03-31").membership_day) == "2026-02-28"
    assert str(answer("orders", "2026-03-31").membership_day) == "2026-03-31"
    assert str(answer("mrr", "2026-03-31").membership_day) == "2026-03-31"


# Left out, and merged


def every_fact_of(customer):
    subscription(customer, 100, "2026-01-01")
    order(customer, "2026-06-10 12:00")
    ticket(
        customer,
        [("opened", "2026-06-10 09:00"), ("replied", "2026-06-10 10:00"), ("resolved", "2026-06-10 11:00")],
    )
    dated(customer, "2026-01-01", stage="live")


def test_internal_accounts_are_in_no_figure():
    every_fact_of(account("Test Ltd", internal=True))

    found = ask(ALL, "2026-06-30")
    assert {key: splits[()].value for key, splits in found.items() if splits[()].value} == {}
    assert all(splits[()].n == 0 for splits in found.values())


def test_facts_of_the_loser_of_a_merge_go_to_the_survivor():
    survivor, loser = account("Najm", segment="small"), account("Najm LLC", segment="large")
    every_fact_of(survivor)
    every_fact_of(loser)
    before = values(["mrr", "orders", "tickets"], "2026-06-30")

    merge_accounts(loser, survivor, by=None)

    assert values(["mrr", "orders", "tickets"], "2026-06-30") == before
    assert values(["mrr", "orders", "tickets"], "2026-06-30", account=survivor.pk) == before
    assert values(["mrr", "orders", "tickets"], "2026-06-30", account=loser.pk) == dict.fromkeys(before, 0)
    assert values(["customers", "ordering_accounts"], "2026-06-30") == {
        "customers": 1,
        "ordering_accounts": 1,
    }
    assert value("repeat_purchase_rate", "2026-06-30") == 1
    assert parts("mrr", "2026-06-30", "segment") == {"small": 200}


def test_merge_is_neither_churn_nor_news():
    survivor, loser = account("Najm"), account("Najm LLC")
    subscription(loser, 100, "2025-01-01", "2026-03-10")
    subscription(survivor, 100, "2026-03-10")
    merge_accounts(loser, survivor, by=None)

    keys = ["mrr_new", "mrr_churned", "mrr_expansion", "mrr_contraction", "customer_churn_rate"]
    assert set(values(keys, "2026-03-31", window="month").values()) == {0}
    assert value("customers", "2026-02-28") == 1


def test_survivor_keeps_its_own_stage():
    survivor, loser = account("Najm", stage="churned"), account("Najm LLC", since="2021-01-01", stage="live")
    merge_accounts(loser, survivor, by=None)

    assert value("customers", "2026-06-30") == 0


def test_loser_of_an_internal_survivor_is_out_too():
    survivor, loser = account("Test Ltd", internal=True), account("Najm LLC")
    every_fact_of(loser)
    merge_accounts(loser, survivor, by=None)

    assert set(values(["mrr", "orders", "tickets", "customers"], "2026-06-30").values()) == {0}


# Without an account


def test_tickets_without_an_account_count_for_everybody_alone():
    log = [("opened", "2026-06-10 09:00"), ("replied", "2026-06-10 11:00"), ("resolved", "2026-06-10 12:00")]
    ticket(None, [*log, ("worked", "2026-06-10 13:00"), ("resolved", "2026-06-10 14:00")])
    ticket(account(segment="small"), log)

    everybody = {key: splits[()] for key, splits in ask(SUPPORT, "2026-06-30").items()}
    assert {key: found.value for key, found in everybody.items()} == {
        "tickets": 2,
        "time_to_first_response_mean": 2,
        "time_to_resolution": 4,
        "ticket_reopen_rate": pytest.approx(0.5),
    }
    assert {found.unattributed for found in everybody.values()} == {1}
    assert value("tickets", "2026-06-30", segment="small") == 1
    assert answer("tickets", "2026-06-30", segment="small").unattributed == 0
    assert parts("tickets", "2026-06-30", "segment") == {"small": 1, "": 1}


def test_tickets_of_internal_accounts_are_not_without_an_account():
    ticket(account(internal=True), [("opened", "2026-06-10 09:00")])

    found = answer("tickets", "2026-06-30")
    assert (found.value, found.unattributed) == (0, 0)


def test_deleted_account_takes_its_facts_along():
    customer = account()
    every_fact_of(customer)

    Account.objects.get(pk=customer.pk).delete()

    assert set(values(["mrr", "orders", "tickets", "customers"], "2026-06-30").values()) == {0}


# What facts say of an account


def test_the_plan_is_that_of_the_largest_subscription_in_service():
    basic, large = (Plan.objects.create(code=code, name={"en": code}) for code in ("basic", "large"))
    customer = account()
    subscription(customer, 10, "2026-01-01", plan=basic)
    subscription(customer, 90, "2026-02-01", "2026-05-01", plan=large)
    subscription(account("Other"), 5, "2026-01-01")

    assert parts("customers", "2026-03-31", by="plan") == {"large": 1, "": 1}
    assert parts("customers", "2026-06-30", by="plan") == {"basic": 1, "": 1}
    assert value("mrr", "2026-03-31", plan="large") == 100
    assert value("mrr", "2026-06-30", plan="large") == 0


def test_the_cohort_is_the_month_of_the_first_day_as_a_customer():
    first, second, third = accounts(3)
    subscription(first, 10, "2026-01-31", "2026-02-10")
    subscription(first, 10, "2026-05-01")
    order(second, "2026-03-01 00:00")
    dated(third, "2026-03-15", stage="live")
    order(account("Cancelled at once"), "2026-03-05 10:00", cancelled="2026-03-05 11:00")

    assert parts("customers", "2026-06-30", by="cohort") == {"2026-01": 1, "2026-03": 2}
    assert value("customers", "2026-06-30", cohort="2026-03") == 2


def test_tenure_is_of_those_who_became_customers_lately():
    old, young, young_of_all, future = accounts(4)
    subscription(old, 10, "2026-04-01")
    subscription(young, 10, "2026-04-02")
    subscription(young_of_all, 10, "2026-06-30")
    subscription(future, 10, "2026-07-01")

    assert value("customers", "2026-06-30", tenure=90) == 2
    assert value("customers", "2026-06-30", tenure=91) == 3
    assert value("customers", "0001-01-02", tenure=99_999) == 0  # before the calendar


def test_a_loser_s_first_day_is_the_survivor_s():
    loser, survivor = accounts(2)
    subscription(loser, 10, "2025-11-01")
    subscription(survivor, 10, "2026-03-01")
    merge_accounts(loser, survivor, by=None)

    assert parts("customers", "2026-06-30", by="cohort") == {"2025-11": 1}


def test_the_channel_by_which_it_was_acquired_is_a_filter():
    found = account(acquired_channel="fair")
    subscription(found, 10, "2026-01-01")
    subscription(account("Other"), 5, "2026-01-01")

    assert value("mrr", "2026-06-30", acquired_channel="fair") == 10
    assert parts("mrr", "2026-06-30", by="acquired_channel") == {"fair": 10, "": 5}
