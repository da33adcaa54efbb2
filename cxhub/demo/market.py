"""Where customers come from: channels and campaigns, the people who showed interest, and what it cost."""

import random
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

from accounts.models import Account, Contact, Expense, Lead, Order
from cxhub.demo.book import MONTHS, Book, day_between, midnight
from cxhub.demo.company import CURRENCY, OFFERS
from cxhub.demo.customers import LEAD, SUBSCRIBER, TRIED, TRYING, Customer
from cxhub.demo.names import ARABIC_FAMILY, INDUSTRIES, LATIN_FAMILY
from cxhub.demo.people import invent
from metrics.windows import add_months

# Channel: its share of the leads, its share of the marketing money, its campaigns.
CHANNELS = {
    "Organic search": (22, 0, [""]),
    "Paid search": (20, 38, ["Stock counting", "Warehouse app", "Brand"]),
    "Referral": (12, 4, ["Customers bring customers"]),
    "Trade fair": (14, 30, ["Retail fair Riyadh", "Logistics days Dubai", "Health expo Cairo"]),
    "Partner": (12, 10, ["Till makers", "Consultants"]),
    "Webinar": (12, 8, ["Counting without closing", "Labels that last"]),
    "Outbound": (8, 10, [""]),
}
LEADS_A_MONTH = 24
# Shares of the month's MRR.
SPENDING = {
    Expense.Kind.COST_OF_REVENUE: 0.21,
    Expense.Kind.SALES: 0.17,
    Expense.Kind.ONBOARDING: 0.03,
    Expense.Kind.SUCCESS: 0.08,
    Expense.Kind.SUPPORT: 0.06,
    Expense.Kind.OTHER: 0.12,
}
MARKETING = 0.1
COST_OF_HARDWARE = 0.66


def origin(dice: random.Random) -> tuple[str, str]:
    """A channel and one of its campaigns."""
    channel = dice.choices(list(CHANNELS), [share for share, _money, _campaigns in CHANNELS.values()])[0]
    return channel, dice.choice(CHANNELS[channel][2])


def add_leads(book: Book, customers: list[Customer]) -> None:
    dice = book.dice("leads")
    for customer in customers:
        since = customer.since
        if customer.part in {SUBSCRIBER, LEAD, TRIED, TRYING} and (since is None or since > book.began):
            add_lead_of(customer, book, dice)
    for month in range(MONTHS):
        for _ in range(int(LEADS_A_MONTH * dice.uniform(0.8, 1.25) * (1 + month / MONTHS / 2))):
            day = day_between(dice, book.edge(month) + timedelta(days=1), book.edge(month + 1))
            add_stranger(day, book, dice)


def add_lead_of(customer: Customer, book: Book, dice: random.Random) -> None:
    """The person by whom we came to know the account; a paid subscription converts."""
    account, contact = book.row(Account, customer.number), book.row(Contact, customer.contacts[0])
    converted = customer.since if customer.part == SUBSCRIBER else None
    book.add(
        Lead,
        name=contact["name"],
        email=contact["email"],
        company=customer.name,
        account=customer.number,
        first_interest=customer.known_from - timedelta(days=dice.randint(0, 40)),
        channel=account["acquired_channel"],
        campaign=account["acquired_campaign"],
        converted=converted,
        recorded_at=midnight(customer.known_from),
    )


def add_stranger(day: date, book: Book, dice: random.Random) -> None:
    is_arab = dice.random() < 0.55
    person = invent(dice, is_arab=is_arab)
    channel, campaign = origin(dice)
    company = company_name(dice, is_arab=is_arab)
    book.add(
        Lead,
        name=person.name,
        email=f"{person.address}.{dice.randint(10, 99)}@prospect.example",
        company=company,
        first_interest=day,
        channel=channel,
        campaign=campaign,
        recorded_at=midnight(day),
    )


def company_name(dice: random.Random, *, is_arab: bool) -> str:
    _trade, words, endings = dice.choice(INDUSTRIES)
    if is_arab:
        return f"مؤسسة {dice.choice(ARABIC_FAMILY)[0]} {dice.choice(endings)}"
    return f"{dice.choice(LATIN_FAMILY)} {dice.choice(words)}"


def add_expenses(book: Book, customers: list[Customer]) -> None:
    """As shares of what the book was worth, and what the hardware cost that was sold."""
    dice = book.dice("expenses")
    hardware = hardware_sold(book)
    month = book.began.replace(day=1)
    while month <= book.today:
        worth = sum(
            c.worth(max(month, book.began))
            for customer in customers
            for c in customer.contracts
            if c.kind == "paid"
        )
        for kind, share in SPENDING.items():
            add_expense(book, month, kind, worth * share * dice.uniform(0.94, 1.08))
        if sold := hardware[month]:
            add_expense(
                book, month, Expense.Kind.COST_OF_REVENUE, float(sold) * COST_OF_HARDWARE, channel="Shop"
            )
        for channel, (_share, money, campaigns) in CHANNELS.items():
            for campaign in campaigns if money else []:
                spent = worth * MARKETING * money / 100 / len(campaigns) * dice.uniform(0.6, 1.4)
                add_expense(book, month, Expense.Kind.MARKETING, spent, channel=channel, campaign=campaign)
        month = add_months(month, 1)


def hardware_sold(book: Book) -> Counter[date]:
    """By month, in US dollars as the price list has it."""
    sold: Counter[date] = Counter()
    listed = OFFERS[-1].prices
    for order in book.rows[Order]:
        if order["cancelled_at"] is None:
            sold[order["ordered_at"].date().replace(day=1)] += (
                order["amount"] * listed["USD"] / listed[order["currency"]]
            )
    return sold


def add_expense(book: Book, month: date, kind: str, amount: float, **where: str) -> None:
    book.add(
        Expense,
        month=month,
        kind=kind,
        amount=Decimal(round(amount)),
        currency=CURRENCY,
        recorded_at=midnight(month),
        **where,
    )
