"""The books on paper: facts so few that anybody can add up their figures."""

from accounts.models import OrderLine, Return, Term, WorkingCalendar
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
