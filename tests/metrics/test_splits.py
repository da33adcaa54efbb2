"""Parts of an answer: by what accounts are, by what the facts themselves say, and by two of these at once."""

from collections import defaultdict
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.merges import merge_accounts
from accounts.models import Account, Order, OrderLine, Organisation, Payment, Product, Ticket
from metrics import catalogue
from metrics.answers import ask, overlapping
from metrics.definitions import Level
from metrics.populations import DIMENSIONS, Population
from metrics.sources import Clock
from tests.factories import (
    account,
    accounts,
    attribute,
    dated,
    day,
    departure,
    expense,
    lead,
    order,
    payment,
    rate,
    subscription,
    ticket,
)
from tests.metrics.asking import answer, clock, parts, value
from tests.metrics.books import CROWDED, Writer

pytestmark = pytest.mark.django_db

JUNE_30 = "2026-06-30"
NOW = datetime(2026, 3, 17, 13, 30, tzinfo=UTC)
OF_FACTS = [(key, name) for key, metric in catalogue.ALL.items() for name in catalogue.dimensions(metric)]


def test_tickets_are_split_by_what_they_are():
    helped, product = account(), Product.objects.create(sku="A-1")
    ticket(helped, [("opened", "2026-06-02 09:00")], type="problem", priority="high", channel="mail")
    ticket(helped, [("opened", "2026-06-03 09:00")], type="problem", product=product)
    ticket(None, [("opened", "2026-06-04 09:00")], type="request")

    assert parts("tickets", JUNE_30, by="type") == {"problem": 2, "request": 1}
    assert parts("tickets", JUNE_30, by="priority") == {"high": 1, "normal": 2}
    assert parts("tickets", JUNE_30, by="channel") == {"mail": 1, "": 2}
    assert parts("tickets", JUNE_30, by="product") == {"A-1": 1, "": 2}


def test_what_a_new_customer_costs_is_split_by_the_channel_that_expenses_and_accounts_name():
    for channel in ("fair", "fair", "web", ""):
        subscription(account(acquired_channel=channel), 10, "2026-06-10")
    loser, survivor = account(acquired_channel="fair"), account(acquired_channel="web")
    subscription(loser, 10, "2026-06-11")
    merge_accounts(loser, survivor, by=None)
    for amount, channel in ((300, "fair"), (100, "web"), (50, ""), (8, "radio")):
        expense("2026-06-01", amount, "marketing", channel=channel)
    expense("2026-06-01", 1000, "support", channel="fair")

    def by_channel(key):
        return ask([key], Population(), clock(), as_of=day(JUNE_30), by=("acquired_channel",))[key]

    found = by_channel("customer_acquisition_cost")
    assert {split[0]: (part.numerator, part.denominator, part.value) for split, part in found.items()} == {
        "fair": (300, 2, 150),
        "web": (100, 2, 50),
        "": (50, 1, 50),
        "radio": (8, 0, None),
    }
    assert found[("radio",)].reason == "no_denominator"
    for key in ("profit", "cac_payback_months"):
        assert [part.reason for part in by_channel(key).values()] == ["not_by_acquired_channel"]


def test_open_tickets_are_split_by_how_long_they_have_been_open():
    for opened in (
        "06-30 09:00",
        "06-30 00:00",
        "06-29 23:59",
        "06-24 00:00",
        "06-23 23:59",
        "06-01 00:00",
        "05-31",
    ):
        ticket(account(), opened=f"2026-{opened}")

    assert parts("open_tickets", JUNE_30, by="age") == {"1d": 2, "7d": 2, "30d": 2, "over_30d": 1}
    assert parts("open_tickets", "2026-06-24", by="age") == {"1d": 1, "7d": 1, "30d": 2}


def test_departures_and_leads_are_split_by_what_was_recorded_of_them():
    aster, birch = accounts(2)
    for customer, reason, competitor in ((aster, "price", "Acme"), (birch, "", "")):
        subscription(customer, 10, "2025-01-01", "2026-06-20")
        departure(customer, "2026-06-20", reason=reason, competitor=competitor)
    lead("2026-06-01", channel="fair", campaign="Spring")
    lead("2026-06-02")

    assert parts("churn_by_reason", JUNE_30, by="reason") == {"price": 1, "": 1}
    assert parts("churn_by_reason_mrr", JUNE_30, by="competitor") == {"Acme": 10, "": 10}
    assert parts("leads", JUNE_30, by="channel") == {"fair": 1, "": 1}
    assert parts("leads", JUNE_30, by="campaign") == {"Spring": 1, "": 1}


def test_revenue_is_split_by_income_and_channel_in_the_own_currency_of_each_payment():
    customer = account()
    payment(customer, 100, "2026-06-01", income="licences", channel="web")
    payment(customer, 50, "2026-06-02", income="training")
    payment(customer, -20, "2026-06-03", income="licences")

    assert parts("total_revenue", JUNE_30, by="income") == {"licences": 80, "training": 50}
    assert parts("total_revenue", JUNE_30, by="channel") == {"web": 100, "": 30}


def test_parts_take_what_rounding_leaves_so_that_they_add_up_to_the_cent():
    rate("EUR", "2020-01-01", "1.005")
    for customer in accounts(2):
        for channel in ("", "shop", "web"):
            order(customer, "2026-06-10 12:00", 1, currency="EUR", channel=channel)
    whole = answer("average_order_value", JUNE_30).numerator

    found = ask(["average_order_value"], Population(), clock(), as_of=day(JUNE_30), by=("channel",))
    amounts = {split[0]: part.numerator for split, part in found["average_order_value"].items()}
    assert whole == Decimal("6.04")  # 3.015 of each, rounded half away from zero
    assert amounts == {"": Decimal("2.02"), "shop": Decimal("2.00"), "web": Decimal("2.02")}

    order(account(), "2026-06-10 12:00", 1, currency="GBP", channel="shop")
    assert parts("average_order_value", JUNE_30, by="channel") == {
        "": Decimal("1.01"),
        "shop": None,
        "web": Decimal("1.01"),
    }


def test_what_is_counted_or_subtracted_fact_by_fact_does_not_overlap():
    by = {
        key: overlapping(catalogue.ALL[key], ("type",)) for key in ("open_tickets", "time_to_resolution_net")
    }

    assert by == {"open_tickets": False, "time_to_resolution_net": False}
    assert overlapping(catalogue.ALL["ordering_accounts"], ("channel",))
    assert overlapping(catalogue.ALL["total_revenue"], ("product",))
    assert not overlapping(catalogue.ALL["total_revenue"], ("channel",))


def test_a_payment_is_split_by_what_its_order_sold():
    first, second = (Product.objects.create(sku=sku) for sku in ("A-1", "B-2"))
    sold = order(account(), "2026-06-10 12:00")
    for product in (first, first, second):
        OrderLine.objects.create(order=sold, product=product, amount=10)
    payment(sold.account, 30, "2026-06-11", order=sold)
    payment(sold.account, 5, "2026-06-11")

    assert parts("total_revenue", JUNE_30, by="product") == {"A-1": 30, "B-2": 30, "": 5}


def test_an_order_of_several_products_counts_once_in_each():
    first, second = (Product.objects.create(sku=sku) for sku in ("A-1", "B-2"))
    placed = order(account(), "2026-06-02 12:00", 90)
    for product in (first, first, second):
        OrderLine.objects.create(order=placed, product=product, amount=30)
    order(account("Other"), "2026-06-03 12:00", 10)

    assert parts("orders", JUNE_30, by="product") == {"A-1": 1, "B-2": 1, "": 1}
    assert value("orders", JUNE_30) == 2
    assert overlapping(catalogue.ALL["orders"], ("product",))
    assert not overlapping(catalogue.ALL["orders"], ("channel",))


def test_who_orders_by_two_channels_is_in_both_parts():
    customer = account()
    order(customer, "2026-06-02 12:00", channel="web")
    order(customer, "2026-06-03 12:00", channel="shop")

    assert parts("ordering_accounts", JUNE_30, by="channel") == {"web": 1, "shop": 1}
    assert parts("repeat_purchase_rate", JUNE_30, by="channel") == {"web": 0, "shop": 0}
    assert value("ordering_accounts", JUNE_30) == 1
    assert overlapping(catalogue.ALL["ordering_accounts"], ("channel",))


def test_two_dimensions_make_the_parts_of_both():
    one, other = accounts(2)
    dated(one, "2020-01-01", segment="small", region="gulf")
    dated(other, "2020-01-01", segment="small")
    subscription(one, 100, "2026-01-01")
    subscription(other, 10, "2026-01-01")

    assert parts("mrr", JUNE_30, by=("segment", "region")) == {("small", "gulf"): 100, ("small", ""): 10}
    assert parts("mrr", JUNE_30, by=("region", "segment")) == {("gulf", "small"): 100, ("", "small"): 10}


def test_an_account_s_dimension_and_a_fact_s_go_together_in_the_order_asked():
    helped = account()
    dated(helped, "2020-01-01", segment="small")
    ticket(helped, [("opened", "2026-06-02 09:00")], type="problem")
    ticket(helped, [("opened", "2026-06-02 10:00")], type="request")
    ticket(None, [("opened", "2026-06-02 11:00")], type="request")

    assert parts("tickets", JUNE_30, by=("segment", "type")) == {
        ("small", "problem"): 1,
        ("small", "request"): 1,
        ("", "request"): 1,
    }
    assert set(parts("tickets", JUNE_30, by=("type", "segment"))) == {
        ("problem", "small"),
        ("request", "small"),
        ("request", ""),
    }


def test_a_part_of_a_ratio_has_its_own_interval_and_sample():
    helped = account()
    for kind, minutes in (("problem", "09:30"), ("problem", "10:00"), ("request", "11:00")):
        ticket(helped, [("opened", "2026-06-02 09:00"), ("replied", f"2026-06-02 {minutes}")], type=kind)

    assert parts("time_to_first_response_mean", JUNE_30, by="type") == {
        "problem": Decimal("0.75"),
        "request": 2,
    }


@contextmanager
def written(seed):
    """A book at random, with every fact's own words at random too; and out of the database again."""
    with transaction.atomic():
        write(Random(seed))
        yield Clock(Organisation.current(), NOW)
        transaction.set_rollback(True)


def write(random):
    Writer(random).write()
    attribute("grade", "choice", choices=["high", "low"])
    for customer in Account.objects.order_by("pk"):
        dated(customer, random.choice(CROWDED), **{"attribute.grade": random.choice(["", "high", "low"])})
    products = [Product.objects.create(sku=sku) for sku in ("A-1", "B-2")]
    for model, words in WORDS.items():
        for row in model.objects.order_by("pk"):
            model.objects.filter(pk=row.pk).update(**{name: random.choice(of) for name, of in words.items()})
    for row in [*OrderLine.objects.order_by("pk"), *Ticket.objects.order_by("pk")]:
        row.product = random.choice([None, *products])
        row.save(update_fields=["product"])


WORDS = {
    Ticket: {"type": Ticket.Type.values, "priority": Ticket.Priority.values, "channel": ["", "mail"]},
    Order: {"channel": ["", "web", "shop"]},
    Payment: {"income": ["", "licences"], "channel": ["", "web"]},
}


ADDED_UP = [
    key for key, metric in catalogue.ALL.items() if not metric.of and metric.level is not Level.ORGANISATION
]
# By tags and populations, of which an account may be in several, they do not.
ADDING_UP = [name for name in (*DIMENSIONS, "attribute.grade") if name not in ("tag", "population")]
OF_ACCOUNTS = st.lists(st.sampled_from(ADDING_UP), min_size=1, max_size=2, unique=True).map(tuple)
DAYS = st.one_of(
    st.sampled_from(CROWDED), st.integers(0, 440).map(lambda days: date(2025, 1, 1) + timedelta(days))
)
WINDOWS = st.sampled_from([None, "month", "30d", "12m", "all", "2025-02-28..2026-03-01"])
ANY_BOOK = {"seed": st.integers(0, 10**6), "day": DAYS, "window": WINDOWS}
SOME = settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@SOME
@given(by=OF_ACCOUNTS, **ANY_BOOK)
def test_parts_by_what_accounts_are_add_up(seed, day, window, by):
    with written(seed) as clock:
        assert_add_up(ADDED_UP, by, clock, day, window)


@SOME
@given(account_too=st.booleans(), **ANY_BOOK)
def test_parts_by_what_facts_say_add_up_unless_they_overlap(seed, day, window, account_too):
    by_name = defaultdict(list)
    for key, name in OF_FACTS:
        if key in ADDED_UP and not overlapping(catalogue.ALL[key], (name,)):
            by_name[name].append(key)

    assert set(by_name) >= {"type", "priority", "channel", "product", "income"}
    with written(seed) as clock:
        for name, keys in by_name.items():
            assert_add_up(keys, ("segment", name) if account_too else (name,), clock, day, window)


@pytest.mark.long
@settings(SOME, max_examples=150)
@given(by=OF_ACCOUNTS, **ANY_BOOK)
def test_parts_of_many_books_add_up(seed, day, window, by):
    with written(seed) as clock:
        assert_add_up(ADDED_UP, by, clock, day, window)


def assert_add_up(keys, by, clock, day, window):
    whole = ask(keys, Population(), clock, as_of=day, window=window)
    split = ask(keys, Population(), clock, as_of=day, window=window, by=by)
    for key in keys:
        for sum_of in ("numerator", "denominator"):
            found = [getattr(part, sum_of) for part in split[key].values()]
            total = getattr(whole[key][()], sum_of)
            if total is not None:
                assert abs(sum(found, Decimal(0)) - total) < Decimal("1e-9"), (key, by, sum_of)


# Groups


@pytest.fixture
def family():
    """A holding, two companies under it, one under one of them, and a company of its own; MRR of 1, 10, 100 …"""
    holding, east, west, branch, alone = accounts(5)
    for child, parent in ((east, holding), (west, holding), (branch, west)):
        dated(child, "2020-01-01", parent=parent)
    for number, member in enumerate((holding, east, west, branch, alone)):
        subscription(member, 10**number, "2026-01-01")
    return holding, east, west, branch, alone


def test_a_group_is_a_parent_with_its_descendants(family):
    holding, _east, west, branch, alone = family

    assert value("mrr", JUNE_30, group=holding.pk) == 1111
    assert value("mrr", JUNE_30, group=west.pk) == 1100
    assert value("mrr", JUNE_30, group=branch.pk) == 1000
    assert value("mrr", JUNE_30, group=alone.pk) == 10000


def test_a_group_is_that_of_the_day(family):
    holding, _east, _west, branch, _alone = family
    dated(branch, "2026-06-01", parent="")

    assert value("mrr", "2026-05-31", group=holding.pk) == 1111
    assert value("mrr", JUNE_30, group=holding.pk) == 111


def test_logos_count_an_ultimate_parent_once_with_what_its_group_has(family):
    assert value("customers", JUNE_30) == 5
    assert value("customers", JUNE_30, logos="parent") == 2
    assert value("mrr", JUNE_30, logos="parent") == 11111
    assert answer("arpa", JUNE_30, logos="parent").value == Decimal("5555.5")


def test_a_group_has_the_facts_of_who_was_merged_into_one_of_its_companies(family):
    _holding, _east, _west, branch, _alone = family
    loser = account()
    subscription(loser, 100_000, "2026-01-01")
    merge_accounts(loser, branch, by=None)

    assert value("mrr", JUNE_30, logos="parent") == 111_111
    assert value("customers", JUNE_30, logos="parent") == 2


def test_each_company_of_a_group_is_rounded_by_itself():
    rate("EUR", "2020-01-01", "1.005")
    parent = account()
    for customer in (parent, *accounts(2, parent=parent)):
        subscription(customer, 1, "2026-01-01", currency="EUR")
    order(parent, "2026-06-10 12:00")

    for once in ({}, {"logos": "parent"}):
        found = answer("mrr", JUNE_30, **once)
        assert (found.value, found.accounts) == (Decimal("3.03"), 1 if once else 3)
        assert value("customers", JUNE_30, **once) == found.accounts


def test_a_group_that_is_left_with_one_company_has_not_churned(family):
    _holding, east, _west, _branch, _alone = family
    east.subscriptions.update(ends="2026-06-10")

    assert value("customers_lost", JUNE_30) == 1
    assert value("customers_lost", JUNE_30, logos="parent") == 0
    assert value("mrr_churned", JUNE_30, logos="parent") == 0
    assert value("mrr_contraction", JUNE_30, logos="parent") == 10


def test_a_group_is_split_by_what_its_ultimate_parent_is(family):
    holding, east, *_others = family
    dated(holding, "2020-01-02", segment="large")
    dated(east, "2020-01-02", segment="small")

    assert parts("customers", JUNE_30, by="segment", logos="parent") == {"large": 1, "": 1}
    assert parts("mrr", JUNE_30, by="segment", logos="parent") == {"large": 1111, "": 10000}


@contextmanager
def without_triggers():
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield
        cursor.execute("SET session_replication_role = DEFAULT")


def test_parents_in_a_circle_are_one_group(family):
    """Such as stand in data from before there was a rule."""
    holding, east, *_others = family
    with without_triggers():
        dated(holding, "2020-01-02", parent=east)

    assert value("customers", JUNE_30, logos="parent") == 2
    assert value("mrr", JUNE_30, group=east.pk) == 1111
