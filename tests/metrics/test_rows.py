"""What stands behind a figure adds up to it."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Campaign, CampaignDay, Goal, Organisation
from accounts.taxonomy import STANDARD
from metrics import catalogue, rows
from metrics.answers import ask
from metrics.definitions import in_every_language
from metrics.framing import question_of
from metrics.populations import Population
from metrics.questions import Question
from metrics.sources import Clock
from tests import factories
from tests.metrics.doing import act, consent, contact, identity, mail, plan_with, visit
from tests.sampling import some

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 17, 13, 30, tzinfo=UTC)
DAY = date(2026, 3, 17)


@pytest.fixture(scope="module")
def clock(lasting):
    return Clock(Organisation.current(), NOW)


@pytest.fixture(scope="module")
def book(lasting):
    accounts = [factories.account(f"Account {number}", segment="small") for number in range(5)]
    for number, account in enumerate(accounts):
        factories.subscription(account, 100 * number, "2026-01-01")
        for hour in range(number):
            factories.order(account, f"2026-03-10 {hour:02}:00", 10)
        factories.resolved_ticket(account, "2026-03-05 10:00", hours=number)
        factories.payment(account, 10 * number, "2026-03-05")
        factories.departure(account, "2026-03-05")
        factories.term(account, "2025-10-01", "2026-02-20", due_mrr=50)
        factories.lead("2025-12-01", account)
        factories.lead("2026-03-01", account)
    factories.resolved_ticket(None, "2026-03-06 10:00", hours=7)
    factories.lead("2026-03-02")
    factories.expense("2026-03-01", 31, "cost_of_revenue")
    factories.expense("2026-03-01", 62, "sales")
    goal = Goal.objects.create(code="told", target="Page", kind="event")
    spring = Campaign.objects.create(code="spring", starts=date(2026, 1, 1), goal=goal)
    CampaignDay.objects.create(campaign=spring, day=date(2026, 3, 10), reach=9, clicks=9, currency="USD")
    Campaign.objects.create(code="talk", kind="event", starts=date(2026, 3, 10))
    for account in accounts:
        do_something(account)
    return accounts


def do_something(account):
    somebody = contact(account)
    for name in STANDARD:
        act(somebody, "2026-03-10", name, "/")
    act(somebody, "2026-03-10", "Page", "/", campaign="spring")
    visit(somebody, "2026-03-10 10:00", 5)
    identity(somebody, str(account.pk))
    consent(somebody, "2026-01-10 10:00", "2026-03-10 10:00")
    act(somebody, "2026-03-10", "Feature Used", "export")
    for name in ("Event Registered", "Event Attended"):
        act(somebody, "2026-03-10", name, "talk")
    for number, on in enumerate(("2026-02-20", "2026-03-10")):
        known = {"opened_at": f"{on} 11:00", "clicked_at": f"{on} 11:00", "replied_at": f"{on} 12:00"}
        mail(somebody, f"{on} 10:00", f"{number}", unsubscribed_at=f"{on} 13:00", campaign="spring", **known)
    account.subscriptions.update(plan=plan_with("full", "export", "search"))


def question(key, clock, day=DAY):
    metric = catalogue.ALL[key]
    return question_of(metric, day, clock)


@pytest.mark.parametrize("key", [key for key, metric in catalogue.ALL.items() if not metric.of])
def test_accounts_add_up_to_the_figure(book, clock, key):
    metric = catalogue.ALL[key]
    chosen = {"page": "/", "campaign": "spring", "scale": "csat"}
    of_one = {metric.of_each: chosen[metric.of_each]} if metric.of_each else {}
    asked = question_of(metric, DAY, clock, parameters=of_one)

    page = rows.accounts(asked, Population(), clock, limit=None)

    answer = ask([key], Population(), clock, as_of=DAY, parameters=of_one)[key][()]
    assert sum(row.numerator for row in page.rows) == answer.numerator
    if answer.denominator is not None:
        assert sum(row.denominator for row in page.rows) == answer.denominator
    assert page.count == len(page.rows)


def test_what_was_spent_is_of_no_account_and_its_facts_are_listed(book, clock):
    """100 dollars of four accounts, less 17 days of March."""
    asked = question("profit", clock)

    page = rows.accounts(asked, Population(), clock)

    assert {row.numerator for row in page.rows} == {40, 30, 20, 10, -51}
    assert (page.rows[0], page.total.numerator) == (rows.AccountRow(0, Decimal(-51), None), 49)
    payments, expenses = rows.facts(asked, 0, clock)
    assert [row.counted for row in payments.rows] == []
    assert {(row.kind, row.counted) for row in expenses.rows} == {("cost_of_revenue", 17), ("sales", 34)}


def test_a_person_is_listed_with_the_first_interest(book, clock):
    factories.lead("2026-03-03", email="sara@example.com")
    late = factories.lead("2026-03-09", book[0], email="sara@example.com")
    asked = question("leads", clock)

    (found,) = rows.facts(asked, book[0].pk, clock)

    assert [(row.pk, row.first) for row in found.rows][0] == (late.pk, date(2026, 3, 3))


def test_accounts_come_by_weight_page_by_page(book, clock):
    asked = question("mrr", clock)

    first = rows.accounts(asked, Population(), clock, limit=2)
    second = rows.accounts(asked, Population(), clock, limit=2, offset=2)

    assert [row.numerator for row in first.rows] == [400, 300]
    assert [row.numerator for row in second.rows] == [200, 100]
    assert first.count == second.count == 4
    assert {row.denominator for row in first.rows} == {None}


def test_a_page_behind_the_last_is_empty_and_knows_the_count(book, clock):
    page = rows.accounts(question("mrr", clock), Population(), clock, offset=50)

    assert (page.rows, page.count) == ([], 4)


def test_nobody_behind_a_figure_is_an_empty_page(book, clock):
    page = rows.accounts(question("mrr", clock), Population((("segment", "large"),)), clock)

    assert (page.rows, page.count) == ([], 0)


def test_what_has_no_account_is_account_0(book, clock):
    page = rows.accounts(question("time_to_resolution", clock), Population(), clock)

    assert page.rows[0] == rows.AccountRow(0, Decimal(7), Decimal(1))


def test_an_amount_without_a_rate_comes_first_as_unknown(book, clock):
    factories.subscription(book[1], 1, "2026-01-01", currency="EUR")

    page = rows.accounts(question("mrr", clock), Population(), clock)

    assert page.rows[0] == rows.AccountRow(book[1].pk, None, None)


def test_accounts_of_a_population_only(book, clock):
    other = factories.account("Other", segment="large")
    factories.subscription(other, 9, "2026-01-01")

    page = rows.accounts(question("mrr", clock), Population((("segment", "large"),)), clock)

    assert page.rows == [rows.AccountRow(other.pk, Decimal(9), None)]


def test_facts_add_up_to_the_accounts_measures(book, clock):
    asked = question("average_order_value", clock)

    found = rows.facts(asked, book[3].pk, clock)

    sums = {facts.measure.key: sum(row.counted for row in facts.rows) for facts in found}
    assert sums == {"order_amount": 30, "orders": 3}


@pytest.mark.parametrize(
    "key", some([key for key, metric in catalogue.ALL.items() if not metric.of], every=8)
)
def test_facts_of_every_metric_can_be_listed(book, clock, key):
    asked = question(key, clock)

    for facts in rows.facts(asked, book[3].pk, clock):
        list(facts.rows)


@pytest.mark.parametrize("key", [key for key, metric in catalogue.ALL.items() if not metric.of])
def test_every_measure_that_a_metric_reads_has_a_name_in_both_languages(clock, key):
    names = [in_every_language(facts.measure.name) for facts in rows.facts(question(key, clock), 0, clock)]

    assert names
    assert all(name["en"] and name["en"] != name["ar"] for name in names)


OF_EACH_SHAPE = (
    "mrr_expansion",
    "customers",
    "average_order_value",
    "time_to_resolution_net",
    "renewal_rate_net",
)
OTHERS = [key for key, metric in catalogue.ALL.items() if not metric.of and key not in OF_EACH_SHAPE]


@pytest.mark.parametrize(
    "key", [*OF_EACH_SHAPE, *(pytest.param(key, marks=pytest.mark.long) for key in OTHERS)]
)
def test_every_reading_is_shown_with_its_total(book, clock, key):
    metric, account = catalogue.ALL[key], book[3].pk
    asked = Question(metric, Population(), clock, DAY, "12m" if metric.window else None)

    shown = {
        (str(counted.name), listed.first if listed.days == [listed.last] else day, day, listed.total)
        for counted in asked.facts(account)
        for listed in counted.listed
        for day in listed.days
    } | {
        (str(counted.name), first, last, None)
        for counted in asked.facts(account)
        for first, last in counted.nothing
    }

    assert shown == {
        (
            str(facts.measure.name),
            facts.first,
            facts.reading.until,
            sum(row.counted for row in facts.rows)
            if facts.rows and facts.measure.aggregate == "sum"
            else None,
        )
        for facts in rows.facts(asked.counted, account, clock)
    }


def test_facts_are_only_those_that_count_newest_first(book, clock):
    mine = book[3]
    factories.order(mine, "2026-03-11 10:00", cancelled="2026-03-12 10:00")
    factories.order(mine, "2026-02-11 10:00")
    asked = question("orders", clock)

    (found,) = rows.facts(asked, mine.pk, clock)

    assert [row.ordered_at.hour for row in found.rows] == [2, 1, 0]


def test_an_amount_without_a_rate_is_among_the_facts(book, clock):
    factories.order(book[0], "2026-03-11 10:00", currency="EUR")
    asked = question("average_order_value", clock)

    amounts = rows.facts(asked, book[0].pk, clock)[0]

    assert amounts.measure.key == "order_amount"
    assert [row.counted for row in amounts.rows] == [None]


def test_stages_are_listed_as_1_for_a_customers_and_0_for_another(clock):
    account = factories.account(stage="lead", since="2026-01-01")
    for since, stage in (("2026-02-01", "onboarding"), ("2026-03-01", "churned")):
        factories.dated(account, since, stage=stage)

    found = {
        facts.measure.key: facts for facts in rows.facts(question("customers", clock), account.pk, clock)
    }

    assert [(row.value, row.counted) for row in found["latest_stage"].rows] == [
        ("churned", 0),
        ("onboarding", 1),
        ("lead", 0),
    ]


def test_facts_of_a_merged_account_are_the_survivors(book, clock):
    loser = factories.account("Loser", merged_into=book[0])
    order = factories.order(loser, "2026-03-11 10:00")
    asked = question("orders", clock)

    (found,) = rows.facts(asked, book[0].pk, clock)

    assert list(found.rows) == [order]


def test_facts_without_an_account_can_be_listed(book, clock):
    asked = question("tickets", clock)

    (found,) = rows.facts(asked, 0, clock)

    assert [row.account_id for row in found.rows] == [None]


def test_listing_facts_costs_the_same_for_one_and_many(book, clock):
    def queries(account):
        asked = question("average_order_value", clock)
        with CaptureQueriesContext(connection) as captured:
            for facts in rows.facts(asked, account.pk, clock):
                list(facts.rows)
        return len(captured)

    assert queries(book[1]) == queries(book[4])
