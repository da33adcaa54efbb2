"""Every metric once on paper: three small books whose figures anybody can add up."""

from decimal import Decimal
from fractions import Fraction

import pytest
from django.utils import translation

from accounts.models import OrderLine, Return, Term, WorkingCalendar
from metrics import catalogue
from metrics.definitions import Estimate, Level, RollUp
from metrics.terms import START
from tests.factories import (
    account,
    accounts,
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
from tests.metrics.asking import answer, ask

JUNE_30 = "2026-06-30"


def revenue():
    """Seven customers, and what June 2026 did to them. In dollars: 800 on 31 May, 660 on 30 June."""
    rate("EUR", "2024-01-01", "1.10")
    rate("EUR", "2026-06-15", "1.20")
    aster, birch, cedar, dahlia, elm, fir, ginkgo = accounts(7)
    subscription(aster, 100, "2025-01-01", "2026-06-10")
    subscription(aster, 150, "2026-06-10")  # 50 more
    subscription(birch, 200, "2025-01-01", "2026-06-20")  # gone: 200
    subscription(cedar, 300, "2025-01-01", "2026-06-15")
    subscription(cedar, 240, "2026-06-15")  # 60 less
    subscription(dahlia, 80, "2026-06-05")  # new: 80
    subscription(elm, 50, "2024-01-01", "2024-12-01")
    subscription(elm, 70, "2026-06-07")  # back: 70
    subscription(fir, 100, "2025-01-01", currency="EUR")  # 110 dollars, then 120
    pause(subscription(ginkgo, 90, "2025-01-01"), "2026-06-12", "2026-09-01")  # pays nothing, but stays


def ups_and_downs():
    """April to June 2026: what comes and goes in between is seen month by month only. 610 dollars, then 580."""
    for since, euro in (("2024-01-01", "1.10"), ("2026-04-15", "1.20"), ("2026-06-15", "1.30")):
        rate("EUR", since, euro)
    aster, birch, cedar, dahlia, elm = accounts(5)
    subscription(aster, 100, "2026-04-10", "2026-05-10")  # new in April
    subscription(aster, 60, "2026-05-10", "2026-06-10")  # 40 less in May, and gone in June
    subscription(birch, 50, "2024-01-01", "2024-12-01")
    subscription(birch, 70, "2026-05-05", "2026-06-05")  # back in May, gone in June
    subscription(cedar, 300, "2025-01-01", "2026-04-15")
    subscription(cedar, 350, "2026-04-15", "2026-06-15")  # 50 more in April
    subscription(cedar, 320, "2026-06-15")  # 30 less in June
    subscription(dahlia, 200, "2025-01-01", "2026-06-20")
    subscription(elm, 100, "2025-01-01", "2026-05-10", currency="EUR")
    subscription(elm, 200, "2026-05-10", currency="EUR")  # 100 euros more in May


def coming_and_going():
    """Aster came and went inside June, Birch came in June and is there, Cedar came in May and went in June."""
    aster, birch, cedar = accounts(3)
    subscription(aster, 100, "2026-06-02", "2026-06-20")
    subscription(birch, 100, "2026-06-02")
    subscription(cedar, 100, "2026-05-31", "2026-06-20")


def payments():
    """100 dollars on the first of June, 100 euros on the tenth; 30 go back at the rate of the twentieth."""
    rate("EUR", "2026-01-01", "1.10")
    rate("EUR", "2026-06-15", "1.20")
    aster, birch = accounts(2)
    payment(aster, 50, "2026-05-31")
    payment(aster, 100, "2026-06-01", tax=15)
    paid = payment(birch, 100, "2026-06-10", currency="EUR")
    payment(birch, -30, "2026-06-20", currency="EUR", refund_of=paid)


def returning():
    """Ripe on 30 June: orders up to 31 May. Ten units of 1,000 in two orders, and what came back within 30 days."""
    aster, birch = accounts(2)
    first, second = order(aster, "2026-05-10 12:00", 600), order(birch, "2026-05-31 12:00", 400)
    line = OrderLine.objects.create(order=first, quantity=6, amount=600)
    OrderLine.objects.create(order=second, quantity=4, amount=400)
    Return.objects.create(order=first, line=line, day=day("2026-06-09"), units=2, amount=200)
    Return.objects.create(order=first, day=day("2026-06-10"), units=1, amount=100)  # on the 31st day
    Return.objects.create(order=second, day=day("2026-06-05"), amount=40)  # a discount afterwards, no unit
    order(birch, "2026-06-02 12:00", 500)


def ending():
    """Ripe on 30 June: terms and trials that ended up to 16 June."""
    aster, birch, cedar, dahlia = accounts(4)
    for customer, starts in ((aster, "2025-06-10"), (birch, "2025-06-16"), (cedar, "2025-05-01")):
        Term.objects.create(
            account=customer, starts=day(starts), ends=day("2026" + starts[4:]), currency="USD"
        )
    Term.objects.create(
        account=dahlia, starts=day("2026-05-01"), ends=day("2026-05-31"), currency="USD"
    )  # short
    subscription(aster, 10, "2025-06-10")  # goes on
    subscription(birch, 10, "2025-06-16", "2026-06-16")
    subscription(birch, 10, "2026-06-30")  # on the last day of grace
    subscription(cedar, 10, "2025-05-01", "2026-04-20")
    subscription(cedar, 10, "2026-05-16")  # a day too late
    subscription(dahlia, 0, "2026-05-01", "2026-06-01", kind="trial")
    subscription(dahlia, 10, "2026-06-15")
    subscription(cedar, 0, "2026-06-01", "2026-06-17", kind="trial")  # still has its chance


def renewing():
    """Ripe on 30 June: terms of 100, 200 and 300 that ended up to 16 June, and a short one of 50."""
    aster, birch, cedar, dahlia = accounts(4)
    term(aster, "2025-06-10", "2026-06-10")
    subscription(aster, 100, "2025-06-10", "2026-06-10")
    subscription(aster, 120, "2026-06-10")  # 20 more
    said = {"due_mrr": 200, "renewed_mrr": 150, "outcome": "renewed", "decided_on": "2026-06-20"}
    term(birch, "2025-06-16", "2026-06-16", **said)
    subscription(birch, 10, "2025-06-16")  # the term says something else
    term(cedar, "2025-05-01", "2026-05-01")
    subscription(cedar, 300, "2025-05-01", "2026-04-20")  # ended early
    subscription(cedar, 330, "2026-05-16")  # a day too late
    term(dahlia, "2026-05-01", "2026-05-31")
    subscription(dahlia, 50, "2026-05-01", "2026-05-31")


def leaving():
    """Twelve months: Aster leaves with 200 dollars, Birch on their first day with 100 euros of the day before."""
    rate("EUR", "2024-01-01", "1.10")
    rate("EUR", "2025-07-01", "1.20")
    aster, birch, cedar = accounts(3)
    for customer, price, left, currency in (
        (aster, 200, "2026-06-20", "USD"),
        (birch, 100, "2025-07-01", "EUR"),
        (cedar, 300, "2025-06-30", "USD"),
    ):
        subscription(customer, price, "2025-01-01", left, currency=currency)
        departure(customer, left)


def interest():
    """In June Sara, twice, and a person without an address; Omar came in May already."""
    aster = account()
    lead("2026-06-01", email="sara@example.com")
    lead("2026-06-20", aster, email="SARA@example.com")
    lead("2026-06-10")
    lead("2026-05-31", email="omar@example.com")
    lead("2026-06-05", aster, email="omar@example.com")


def winning():
    """Ripe on 30 June: leads up to 1 April."""
    aster, birch, cedar = accounts(3)
    lead("2026-04-01", aster)
    subscription(aster, 10, "2026-06-30")  # on the 90th day
    lead("2026-03-01", birch)
    subscription(birch, 10, "2026-05-31")  # a day too late
    lead("2026-03-10", cedar)
    subscription(cedar, 10, "2025-01-01")  # a customer all along
    lead("2026-02-01")


def converting():
    """Won after 10 and 30 days; two are waited for, since 20 and 60 days."""
    aster, birch, cedar = accounts(3)
    lead("2026-01-01", aster)
    subscription(aster, 10, "2026-01-11")
    lead("2026-02-01", birch)
    subscription(birch, 10, "2026-03-03")
    lead("2026-06-10")
    lead("2026-05-01", cedar)


def spending():
    """June brings 1,000 dollars in and costs 250 to deliver; sales and marketing cost 249 in 90 days."""
    rate("EUR", "2024-01-01", "1.10")
    rate("EUR", "2026-06-30", "1.20")
    aster, birch, cedar, dahlia = accounts(4)
    payment(aster, 1000, "2026-06-10")
    expense("2026-06-01", 250, "cost_of_revenue")
    expense("2026-06-01", 100, "sales")
    expense("2026-06-01", 100, "marketing", currency="EUR")  # 120 dollars
    expense("2026-04-01", 30, "marketing")  # its first day lies before the 90
    expense("2026-05-01", 500, "other")
    subscription(aster, 40, "2026-04-01")
    subscription(birch, 40, "2026-04-02")
    subscription(cedar, 43, "2026-05-01")
    subscription(dahlia, 43, "2026-06-30")


def commerce():
    """Four orders of three accounts in June 2026; a fifth was cancelled, a sixth was May's."""
    aster, birch, cedar, dahlia = accounts(4)
    order(aster, "2026-06-01 00:00", 100)
    order(aster, "2026-06-30 19:00", 50)
    order(birch, "2026-06-15 12:00", 300, discount=30, tax=45, shipping=10)
    order(birch, "2026-06-16 12:00", 777, cancelled="2026-06-20 12:00")
    order(cedar, "2026-06-10 12:00", 0)
    order(dahlia, "2026-05-31 23:59", 999)


def short_days():
    """Where working hours are asked for: from Monday to Friday, 10 to 12."""
    WorkingCalendar.objects.create(name="Everywhere", opens="10:00", closes="12:00")


def support():
    """Three tickets opened in June 2026, and one of May that June resolved."""
    short_days()
    aster, birch = accounts(2)
    ticket(
        aster,
        [("opened", "2026-06-02 09:00"), ("replied", "2026-06-02 11:00"), ("resolved", "2026-06-03 09:00")],
    )
    ticket(
        aster,
        [
            ("opened", "2026-06-10 09:00"),
            ("replied", "2026-06-10 09:01", "machine"),
            ("replied", "2026-06-10 09:30", "staff", False),
            ("replied", "2026-06-10 10:00", "customer"),
            ("replied", "2026-06-10 13:00"),
            ("resolved", "2026-06-10 15:00"),
            ("reopened", "2026-06-10 16:00", "customer"),
            ("resolved", "2026-06-11 09:00"),
            ("closed", "2026-06-18 09:00", "machine"),
        ],
    )
    ticket(birch, [("opened", "2026-06-20 09:00")])
    ticket(birch, [("opened", "2026-05-01 09:00"), ("resolved", "2026-06-05 09:00")])


def waiting():
    """Opened on a Monday at 9, resolved on the Friday at 12; less two waits, of 24 hours and of 50."""
    log = [
        ("opened", "2026-06-01 09:00"),
        ("waiting", "2026-06-01 10:00"),
        ("replied", "2026-06-02 10:00", "customer"),
        ("waiting", "2026-06-02 10:00"),
        ("waiting", "2026-06-03 10:00"),
        ("worked", "2026-06-04 12:00"),
        ("resolved", "2026-06-05 12:00"),
        ("closed", "2026-06-15 12:00", "machine"),
    ]
    short_days()
    ticket(account(), log)


def answers():
    """Ten tickets, answered after one hour, two hours, …, ten hours."""
    short_days()
    asker = account()
    for hours in range(1, 11):
        ticket(asker, [("opened", "2026-06-10 09:00"), ("replied", f"2026-06-10 {9 + hours}:00")])


def contacts():
    """Aster was a customer on all thirty days of June 2026, Birch on ten, Cedar on five, Dahlia on none."""
    organisation(inactive_days=5)
    aster, birch, cedar, dahlia = accounts(4)
    subscription(aster, 10, "2025-01-01")
    dated(birch, "2026-06-01", stage="live")
    dated(birch, "2026-06-11", stage="churned")
    order(cedar, "2026-06-10 12:00", 10)
    for asker, count in ((aster, 2), (birch, 3), (cedar, 1), (dahlia, 7), (None, 5)):
        for _ in range(count):
            ticket(asker, opened="2026-06-20 09:00")


# key -> (book, window, what comes out), all on 30 June 2026
PAPER = {
    "customers": (revenue, None, 6),  # all seven but Birch
    "paying_customers": (revenue, None, 5),  # Ginkgo is paused
    "new_customers": (revenue, "month", 1),  # Dahlia
    "customers_returned": (revenue, "month", 1),  # Elm
    "customers_lost": (revenue, "month", 1),  # Birch
    "customers_joined_and_left": (coming_and_going, "month", 1),
    "customer_retention_rate": (revenue, "month", Fraction(4, 5)),
    "quick_ratio": (revenue, "month", Fraction(80 + 70 + 50, 60 + 90 + 200)),
    "renewal_rate": (ending, "90d", Fraction(2, 3)),
    "trial_conversion_rate": (ending, "90d", 1),
    "renewal_rate_by_value": (renewing, "90d", Fraction(100 + 150 + 0, 100 + 200 + 300)),
    "renewal_rate_net": (renewing, "90d", Fraction(120 + 150 + 0, 100 + 200 + 300)),
    "churn_by_reason": (leaving, "12m", 2),
    "churn_by_reason_mrr": (leaving, "12m", 200 + 110),
    "profit": (spending, "month", 1000 - 250 - 100 - 120),
    "gross_margin": (spending, "month", Fraction(1000 - 250, 1000)),
    "customer_acquisition_cost": (spending, "90d", Fraction(100 + 120 + 29, 3)),
    "cac_payback_months": (spending, None, Fraction(83) / (Fraction(166, 4) * Fraction(3, 4))),
    "leads": (interest, "month", 2),
    "lead_conversion_rate": (winning, "90d", Fraction(1, 4)),
    "time_to_convert": (converting, "365d", 30),  # 3 of 4 wait after 10 days, half of those after 30
    "total_revenue": (payments, "month", 100 + 110 - 36),
    "customer_churn_rate": (revenue, "month", Fraction(1, 5)),  # Birch of the five that were there on 31 May
    "mrr": (revenue, None, 150 + 240 + 80 + 70 + 120),
    "arr": (revenue, None, 12 * 660),
    "mrr_new": (revenue, "month", 80),
    "mrr_reactivated": (revenue, "month", 70),
    "mrr_expansion": (revenue, "month", 50),
    "mrr_contraction": (revenue, "month", 60 + 90),
    "mrr_churned": (revenue, "month", 200),
    "mrr_fx": (revenue, "month", 10),
    "arpa": (revenue, None, 132),  # 660 / 5
    "net_revenue_retention": (revenue, "month", Fraction(150 + 0 + 240 + 110 + 0, 800)),
    "gross_revenue_retention": (revenue, "month", Fraction(100 + 0 + 240 + 110 + 0, 800)),
    "revenue_churn_rate": (revenue, "month", Fraction(350, 800)),
    "net_revenue_churn_rate": (revenue, "month", Fraction(300, 800)),
    "orders": (commerce, "month", 4),
    "ordering_accounts": (commerce, "month", 3),
    "average_order_value": (commerce, "month", Fraction(100 + 50 + 300 + 0, 4)),
    "purchase_frequency": (commerce, "month", Fraction(4, 3)),
    "repeat_purchase_rate": (commerce, "month", Fraction(1, 3)),  # Aster of three
    "product_return_rate": (returning, "month", Fraction(2, 10)),
    "product_return_rate_by_order": (returning, "month", Fraction(1, 2)),
    "product_return_rate_by_value": (returning, "month", Fraction(240, 1000)),
    "product_return_rate_by_processing_day": (returning, "month", Fraction(340, 500)),
    "tickets": (support, "30d", 3),
    "tickets_per_customer": (contacts, "30d", Fraction(2 + 3 + 1) / Fraction(30 + 10 + 5, 30)),
    "open_tickets": (support, None, 1),  # Birch's second
    # Answered after 2 hours and after 4, the third not in 255 hours: two thirds wait, then one third.
    "time_to_first_response": (support, "30d", 4),
    "time_to_first_response_p90": (answers, "30d", 9),
    "time_to_resolution_median": (support, "30d", 24),  # after 24 hours and 24 hours; the third is open
    "time_to_resolution_net": (waiting, "30d", 25),
    "time_to_first_response_mean": (support, "30d", 3),  # 2 hours and 4 hours; the third has no answer
    "time_to_resolution": (support, "30d", 296),  # (24 + 24 + 35 days) / 3
    "ticket_reopen_rate": (support, "30d", Fraction(1, 3)),  # the second of the three that were resolved
}


@pytest.mark.django_db
@pytest.mark.parametrize("key", PAPER)
def test_metric_on_paper(key):
    book, window, expected = PAPER[key]
    book()

    found = answer(key, JUNE_30, window=window)

    assert found.reason == ""
    assert abs(found.value - Decimal(expected.numerator) / expected.denominator) < Decimal("1e-12")


# (key, parameter, value) -> what comes out instead, of the same books and windows
OTHERWISE = {
    # One day more: the unit of 10 June comes in time, and the orders of June stay unripe.
    ("product_return_rate", "return_days", 31): Fraction(3, 6),
    ("product_return_rate_by_order", "return_days", 31): 1,
    ("product_return_rate_by_value", "return_days", 31): Fraction(300, 600),
    ("renewal_rate", "grace_days", 15): Fraction(2, 2),  # Cedar in time; Birch's end is not ripe
    ("renewal_rate", "min_term", 30): Fraction(2, 4),  # with the short one of Dahlia, who pays a day too late
    ("renewal_rate_by_value", "grace_days", 15): Fraction(100 + 300, 100 + 300),
    ("renewal_rate_by_value", "min_term", 30): Fraction(250, 650),
    ("renewal_rate_net", "grace_days", 15): Fraction(120 + 330, 100 + 300),
    ("renewal_rate_net", "min_term", 30): Fraction(270, 650),
    ("lead_conversion_rate", "conversion_days", 91): Fraction(1, 3),  # Birch in time; Aster is not ripe
    # Dahlia a day too late; Cedar's trial is ripe, who pays already.
    ("trial_conversion_rate", "conversion_days", 13): Fraction(1, 2),
    ("mrr_new", "movements", "ends"): 0,
    ("mrr_reactivated", "movements", "ends"): 0,
    ("mrr_expansion", "movements", "ends"): 20 + 110,
    ("mrr_contraction", "movements", "ends"): 0,
    ("mrr_churned", "movements", "ends"): 200,
    ("mrr_fx", "movements", "ends"): 40,
    ("quick_ratio", "movements", "ends"): Fraction(130, 200),
    # Two hours of every working day.
    ("time_to_first_response", "hours", "working"): 2,  # 1 hour, 2 hours, and the third has none
    ("time_to_first_response_p90", "hours", "working"): 2,
    ("time_to_first_response_mean", "hours", "working"): Fraction(1 + 2, 2),
    ("time_to_resolution", "hours", "working"): Fraction(2 + 2 + 25 * 2, 3),
    ("time_to_resolution_median", "hours", "working"): 2,
    ("time_to_resolution_net", "hours", "working"): 5 * 2 - 4 * 2,
}


# Of the months added up; all of ups_and_downs.
BY_MONTHS = {
    "mrr_new": 100,
    "mrr_reactivated": 70,
    "mrr_expansion": 50 + 120,
    "mrr_contraction": 40 + 30,
    "mrr_churned": 60 + 70 + 200,
    "mrr_fx": 10 + 20,
    "quick_ratio": Fraction(100 + 70 + 170, 70 + 330),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("key", "name", "chosen"), OTHERWISE)
def test_parameter_on_paper(key, name, chosen):
    of_months = (ups_and_downs, "2026-04-01..2026-06-30", BY_MONTHS.get(key))
    book, window, usual = of_months if name == "movements" else PAPER[key]
    book()

    assert abs(
        answer(key, JUNE_30, window=window).value - Decimal(usual.numerator) / usual.denominator
    ) < Decimal("1e-12")
    found = answer(key, JUNE_30, window=window, parameters={name: chosen})

    expected = OTHERWISE[key, name, chosen]
    assert dict(found.parameters)[name] == chosen
    assert abs(found.value - Decimal(expected.numerator) / expected.denominator) < Decimal("1e-12")
    assert expected != usual


def test_every_parameter_is_on_paper():
    asked = {(key, name) for key, name, _value in OTHERWISE}

    assert asked == {(m.key, p.name) for m in catalogue.ALL.values() for p in m.parameters}


def test_every_metric_is_on_paper():
    assert set(PAPER) == set(catalogue.ALL)


@pytest.mark.django_db
def test_start_and_movements_lead_to_the_end_on_paper():
    revenue()

    start = answer("mrr", "2026-05-31").value
    found = {key: splits[()].value for key, splits in ask(catalogue.ALL, JUNE_30).items()}

    assert start == 800
    rises = found["mrr_new"] + found["mrr_reactivated"] + found["mrr_expansion"]
    assert start + rises - found["mrr_contraction"] - found["mrr_churned"] + found["mrr_fx"] == found["mrr"]


# The catalogue's own windows: (key, window, unit, better).
DECLARED = [
    ("customers", None, "count", "up"),
    ("paying_customers", None, "count", "up"),
    ("new_customers", "month", "count", "up"),
    ("customers_returned", "month", "count", "up"),
    ("customers_lost", "month", "count", "down"),
    ("customers_joined_and_left", "month", "count", "down"),
    ("customer_churn_rate", "30d", "%", "down"),
    ("customer_retention_rate", "30d", "%", "up"),
    ("churn_by_reason", "12m", "count", "down"),
    ("churn_by_reason_mrr", "12m", "money", "down"),
    ("mrr", None, "money", "up"),
    ("arr", None, "money", "up"),
    ("mrr_new", "month", "money", "up"),
    ("mrr_reactivated", "month", "money", "up"),
    ("mrr_expansion", "month", "money", "up"),
    ("mrr_contraction", "month", "money", "down"),
    ("mrr_churned", "month", "money", "down"),
    ("mrr_fx", "month", "money", "none"),
    ("arpa", None, "money", "up"),
    ("net_revenue_retention", "12m", "%", "up"),
    ("gross_revenue_retention", "12m", "%", "up"),
    ("revenue_churn_rate", "30d", "%", "down"),
    ("net_revenue_churn_rate", "30d", "%", "down"),
    ("quick_ratio", "3m", "ratio", "up"),
    ("renewal_rate", "90d", "%", "up"),
    ("renewal_rate_by_value", "90d", "%", "up"),
    ("renewal_rate_net", "90d", "%", "up"),
    ("trial_conversion_rate", "90d", "%", "up"),
    ("total_revenue", "month", "money", "up"),
    ("profit", "month", "money", "up"),
    ("gross_margin", "month", "%", "up"),
    ("customer_acquisition_cost", "90d", "money", "down"),
    ("cac_payback_months", None, "months", "down"),
    ("leads", "month", "count", "up"),
    ("lead_conversion_rate", "90d", "%", "up"),
    ("time_to_convert", "365d", "days", "down"),
    ("orders", "month", "count", "up"),
    ("ordering_accounts", "month", "count", "up"),
    ("average_order_value", "365d", "money", "up"),
    ("purchase_frequency", "365d", "count", "up"),
    ("repeat_purchase_rate", "365d", "%", "up"),
    ("product_return_rate", "365d", "%", "down"),
    ("product_return_rate_by_order", "365d", "%", "down"),
    ("product_return_rate_by_value", "365d", "%", "down"),
    ("product_return_rate_by_processing_day", "365d", "%", "down"),
    ("tickets", "30d", "count", "none"),
    ("tickets_per_customer", "30d", "ratio", "down"),
    ("open_tickets", None, "count", "down"),
    ("time_to_first_response", "30d", "hours", "down"),
    ("time_to_first_response_p90", "30d", "hours", "down"),
    ("time_to_first_response_mean", "30d", "hours", "down"),
    ("time_to_resolution", "30d", "hours", "down"),
    ("time_to_resolution_median", "30d", "hours", "down"),
    ("time_to_resolution_net", "30d", "hours", "down"),
    ("ticket_reopen_rate", "90d", "%", "down"),
]


def test_metrics_are_declared_as_the_catalogue_has_them():
    declared = [(m.key, m.window, m.unit, m.better) for m in catalogue.ALL.values()]

    assert sorted(declared, key=str) == sorted(DECLARED, key=str)


# Filters and splits are read on the first day of these, and on the last of all others.
OF_THE_START = {
    "new_customers",
    "customers_returned",
    "customers_lost",
    "customers_joined_and_left",
    "customer_retention_rate",
    "quick_ratio",
    "customer_churn_rate",
    "mrr_new",
    "mrr_reactivated",
    "mrr_expansion",
    "mrr_contraction",
    "mrr_churned",
    "mrr_fx",
    "net_revenue_retention",
    "gross_revenue_retention",
    "revenue_churn_rate",
    "net_revenue_churn_rate",
}


def test_cohorts_and_movements_take_their_members_from_the_start():
    assert {m.key for m in catalogue.ALL.values() if m.membership is START} == OF_THE_START


@pytest.mark.parametrize("metric", catalogue.ALL.values(), ids=lambda metric: metric.key)
def test_metric_says_what_it_is(metric):
    assert str(metric.name)
    assert str(metric.formula).endswith(".")
    assert bool(metric.of) == bool(metric.combine)
    assert bool(metric.of) != bool(metric.numerator)
    is_ratio_of_accounts = metric.roll_up is RollUp.ALGEBRAIC and metric.level is not Level.ORGANISATION
    is_estimate = is_ratio_of_accounts or metric.roll_up is RollUp.HOLISTIC
    assert is_estimate == (metric.estimate is not Estimate.NONE)
    assert (metric.roll_up is RollUp.HOLISTIC) == (metric.estimate is Estimate.KAPLAN_MEIER)
    assert (metric.minimum > 0) == (metric.estimate is not Estimate.NONE)


def test_reads_names_the_facts():
    assert catalogue.ALL["mrr"].reads == ["Subscription"]
    assert catalogue.ALL["customers"].reads == ["AccountChange", "Order", "Subscription"]
    assert catalogue.ALL["ticket_reopen_rate"].reads == ["Ticket"]
    assert catalogue.ALL["profit"].reads == ["Expense", "Payment"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("mrr", "mrr"),
        ("REPEAT purchase", "repeat_purchase_rate"),
        ("repeat_purchase", "repeat_purchase_rate"),
        ("logo churn", "customer_churn_rate"),
        ("معدل زبد العملاء", "customer_churn_rate"),
        ("معدّل زَبَد العملاء", "customer_churn_rate"),  # with the vowels written
        ("السله", "average_order_value"),  # with the other letter at the end
    ],
)
def test_metric_is_found_by_its_names_in_both_languages(text, key):
    with translation.override("en"):
        assert key in {metric.key for metric in catalogue.ALL.values() if metric.is_found_by(text)}


# What people call them: the words of the catalogue's own table, for the metrics that there are.
ALIASES = {
    "activation_rate": "activation; معدل التنشيط",
    "time_to_first_value": "TTV; TTFV; time to value; الوقت اللازم لتحقيق القيمة الأولى; حان الوقت للقيمة",
    "time_to_onboard": "go-live; الوقت حتى الإعداد; حان الوقت على متن الطائرة",
    "onboarding_drop_off_rate": "abandonment; معدلات التسرب",
    "onboarding_csat support_csat": "تقييمات الرضا",
    "new_customer_retention": "early retention; معدل الاحتفاظ",
    "feature_adoption_rate": ("product adoption; معدل اعتماد المنتج; معدل تبني المنتج; معدل تبني الميزات"),
    "mrr arr": "run rate; الإيراد الشهري المتكرر; الإيراد السنوي المتكرر",
    "arpa arpu": "متوسط العائد لكل عميل",
    "net_revenue_retention gross_revenue_retention": "NDR; net dollar retention; GDR",
    "customer_churn_rate revenue_churn_rate": (
        "churn; attrition; logo churn; معدل الفقد في العملاء; معدل زبد العملاء; معدل الزبد; التخبط; التراجع; "
        "معدلات ترك الخدمة"
    ),
    "renewal_rate": "معدل عودة العملاء",
    "total_revenue profit": "income; earnings; الإيرادات الشهرية الكلية; نقاط الدخل",
    "customer_lifetime_value": "LTV; CLV; CLTV; قيمة عمر العميل; القيمة العمرية للعميل",
    "customer_acquisition_cost": "CAC; كاك; تكلفة الاستحواذ على العميل",
    "leads": "prospects; حجم العملاء المحتملين",
    "average_order_value": "AOV; basket; متوسط قيمة الطلبات; السلة",
    "product_return_rate": "refunds; معدل إرجاع المنتجات المشتراة",
    "daily_active_users monthly_active_users": "DAU; MAU; نسبة العملاء النشطين شهريًا",
    "licence_utilisation": "license utilization; استخدام الترخيص",
    "session_duration time_in_product": "time on site; معدل الوقت المستغرق في التصفح",
    "goal_conversion_rate campaign_conversion_rate": "conversion rate; CVR; معدل التحويل",
    "email_open_rate email_click_rate": "CTR; نسبة النقر إلى الظهور",
    "resource_rating resource_views": "knowledge base; تصنيفات موارد التعليم; الموارد التعليمية",
    "engagement_score": "engagement index; درجة تفاعل العملاء",
    "tickets_per_customer": "contact rate; تذاكر / زبون",
    "time_to_resolution": "MTTR; متوسط وقت حل المشكلات",
    "nps": "صافي نقاط الترويج",
    "csat": "customer satisfaction; رضا العملاء",
    "ces": "effort score; درجة جهد العملاء",
    "health_score": "customer health; نقاط صحة العميل; نتيجة صحة العملاء",
    "outcomes_achieved value_realised": "ROI; النتائج; القيمة المحققة; العائد على الاستثمار",
    "advocates referrals": "champions; word of mouth; الإحالات الشفوية; سفراء العلامة",
    "expansion_pipeline expansion_ready": (
        "upsell; cross-sell; البيع الإضافي; البيع العابر; البيع المتقاطع; زيادة البيع"
    ),
}
CALLED = [
    (key, word) for keys, words in ALIASES.items() for key in keys.split() for word in words.split("; ")
]


@pytest.mark.parametrize(("key", "word"), [(key, word) for key, word in CALLED if key in catalogue.ALL])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_metric_is_found_by_what_others_call_it(key, word, language):
    with translation.override(language):
        assert catalogue.ALL[key] in catalogue.found_by(word)


def test_metric_is_found_by_either_name_whatever_is_being_read():
    for language in ("en", "ar"):
        with translation.override(language):
            assert catalogue.ALL["tickets"] in catalogue.found_by("التذاكر")
            assert catalogue.ALL["tickets"] in catalogue.found_by("tickets")


def test_headlines_are_metrics_with_sums_of_their_own():
    assert all(not catalogue.ALL[key].of for key in catalogue.HEADLINES)


def test_with_parts_names_each_metric_once_and_no_derived_one():
    assert [metric.key for metric in catalogue.with_parts(("arr", "mrr", "arpa"))] == ["mrr", "arpa"]


@pytest.mark.django_db
def test_one_customer_is_enough_for_every_figure_of_its_own():
    only = account()
    subscription(only, 100, "2025-01-01")
    order(only, "2026-06-10 12:00", 40)
    ticket(
        only,
        [("opened", "2026-06-10 09:00"), ("replied", "2026-06-10 10:00"), ("resolved", "2026-06-10 12:00")],
    )

    found = {key: splits[()] for key, splits in ask(catalogue.ALL, JUNE_30).items()}

    assert {key: answer.value for key, answer in found.items()} == {
        "customers": 1,
        "paying_customers": 1,
        **dict.fromkeys(("new_customers", "customers_returned"), 0),
        **dict.fromkeys(("customers_lost", "customers_joined_and_left"), 0),
        "customer_churn_rate": 0,
        "customer_retention_rate": 1,
        "mrr": 100,
        "arr": 1200,
        **dict.fromkeys(("mrr_new", "mrr_reactivated", "mrr_expansion"), 0),
        **dict.fromkeys(("mrr_contraction", "mrr_churned", "mrr_fx"), 0),
        "arpa": 100,
        "net_revenue_retention": 1,
        "gross_revenue_retention": 1,
        "revenue_churn_rate": 0,
        "net_revenue_churn_rate": 0,
        **dict.fromkeys(("churn_by_reason", "churn_by_reason_mrr"), 0),
        "quick_ratio": None,  # nothing was lost
        **dict.fromkeys(("total_revenue", "leads"), 0),
        **dict.fromkeys(
            ("renewal_rate_by_value", "renewal_rate_net", "lead_conversion_rate", "time_to_convert"), None
        ),
        "profit": 0,
        **dict.fromkeys(("gross_margin", "customer_acquisition_cost", "cac_payback_months"), None),
        "orders": 1,
        "ordering_accounts": 1,
        "average_order_value": 40,
        "purchase_frequency": 1,
        "repeat_purchase_rate": 0,
        **dict.fromkeys(("renewal_rate", "trial_conversion_rate", "product_return_rate"), None),
        # The order is not ripe yet.
        **dict.fromkeys(("product_return_rate_by_order", "product_return_rate_by_value"), None),
        "product_return_rate_by_processing_day": 0,
        **dict.fromkeys(("tickets", "tickets_per_customer"), 1),
        "open_tickets": 0,
        **dict.fromkeys(("time_to_first_response", "time_to_first_response_p90"), 1),
        "time_to_first_response_mean": 1,
        **dict.fromkeys(("time_to_resolution", "time_to_resolution_median", "time_to_resolution_net"), 3),
        "ticket_reopen_rate": 0,
    }
    with_value = [answer for answer in found.values() if answer.value is not None]
    assert all(answer.low_sample for answer in with_value if answer.metric.minimum)
