"""What the customers order: scanners and printers first, then labels for ever; some of it comes back."""

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from accounts.models import Order, OrderLine, Payment, Return
from cxhub.demo.book import MONTHS, Book, day_between, midnight
from cxhub.demo.bookings import rounded
from cxhub.demo.company import CONSUMABLE, DURABLE, ITEMS, OFFERS
from cxhub.demo.customers import ENTERPRISE, MID_MARKET, SHOPPER, SMALL, Customer

DAYS_BETWEEN_ORDERS = {ENTERPRISE: 16, MID_MARKET: 27, SMALL: 46}
# Who is about to leave stops ordering some months before.
SILENT_DAYS_BEFORE_LEAVING = 110
CHANNELS = ["Web shop", "Web shop", "Sales", "Partner"]
REASONS = ["Faulty", "Wrong item", "Damaged in transit", "No longer needed"]
CANCELLED, RETURNED, RETURNED_CONSUMABLE = 0.02, 0.06, 0.015


@dataclass
class Line:
    item: int
    quantity: int
    amount: Decimal
    number: int = 0


def cast_shoppers(book: Book, customers: list[Customer]) -> None:
    """Those who only buy hardware began at any time; one has not ordered for longer than a year."""
    dice = book.dice("shoppers")
    for index, customer in enumerate(c for c in customers if c.part == SHOPPER):
        last = book.edge(MONTHS // 2 - 4 if index == 0 else MONTHS - 4)
        customer.first_order = day_between(dice, book.began, last if index else book.edge(4))
        customer.last_order = last if index == 0 else None


def add_orders(book: Book, customers: list[Customer]) -> None:
    dice = book.dice("orders")
    for customer in customers:
        if customer.buys_hardware:
            for index, day in enumerate(order_days(book, customer, dice)):
                add_order(book, customer, day, dice, is_first=index == 0)


def order_days(book: Book, customer: Customer, dice: random.Random) -> list[date]:
    assert customer.since is not None
    last = customer.last_order or book.today - timedelta(days=1)
    leaves = customer.churn_day
    if leaves:
        last = min(last, leaves - timedelta(days=SILENT_DAYS_BEFORE_LEAVING))
    days, day = [], max(customer.since, book.began) + timedelta(days=dice.randint(0, 30))
    while day <= last:
        if customer.part == SHOPPER or customer.is_served(day):
            days.append(day)
        fading = 2 if leaves and day > leaves - timedelta(days=2 * SILENT_DAYS_BEFORE_LEAVING) else 1
        day += timedelta(
            days=max(2, round(fading * dice.gammavariate(3, DAYS_BETWEEN_ORDERS[customer.segment] / 3)))
        )
    return days


def add_order(book: Book, customer: Customer, day: date, dice: random.Random, *, is_first: bool) -> None:
    currency, at = customer.country.currency, moment(day, customer, dice)
    off = dice.choice([0, 0, 0, 0, 5, 10]) if customer.segment != SMALL else 0
    lines = [line(number, currency, off, dice) for number in basket(dice, is_first=is_first)]
    amount = sum((each.amount for each in lines), Decimal(0))
    hours = timedelta(hours=dice.uniform(1, 48))
    cancelled = at + hours if dice.random() < CANCELLED and at + hours < book.now else None
    order = book.add(
        Order,
        account=customer.number,
        number=f"{at:%y}-{len(book.rows[Order]) + 1:05}",
        ordered_at=at,
        cancelled_at=cancelled,
        cancelled_recorded_at=cancelled,
        channel=dice.choice(CHANNELS),
        currency=currency,
        amount=amount,
        discount=rounded(amount * off / (100 - off), currency),
        tax=rounded(amount * customer.country.tax / 100, currency),
        shipping=rounded(price_in(currency, dice.choice([0, 15, 25, 40])), currency),
        recorded_at=at,
    )
    for each in lines:
        each.number = book.add(
            OrderLine,
            order=order,
            product=each.item + 1,
            quantity=each.quantity,
            amount=each.amount,
            recorded_at=at,
        )
    if cancelled is None:
        settle(book, customer, order, lines, day, dice)


def moment(day: date, customer: Customer, dice: random.Random) -> datetime:
    local = time(dice.randint(8, 17), dice.randint(0, 59), dice.randint(0, 59))
    return datetime.combine(day, local, ZoneInfo(customer.country.time_zone))


def basket(dice: random.Random, *, is_first: bool) -> list[int]:
    if is_first:
        return [*dice.sample(DURABLE, dice.randint(2, 3)), dice.choice(CONSUMABLE)]
    durable = dice.sample(DURABLE, dice.choice([0, 0, 0, 1, 1, 2]))
    return durable + dice.sample(CONSUMABLE, dice.randint(0 if durable else 1, 3))


def line(number: int, currency: str, off: int, dice: random.Random) -> Line:
    fewest, most = ITEMS[number].at_once
    quantity = int(dice.triangular(fewest, most + 1, fewest))
    return Line(
        number,
        quantity,
        rounded(price_in(currency, ITEMS[number].price) * quantity * (100 - off) / 100, currency),
    )


def price_in(currency: str, dollars: int) -> Decimal:
    """By the price list, which follows no exchange market."""
    listed = OFFERS[-1].prices
    return dollars * listed[currency] / listed["USD"]


def settle(
    book: Book, customer: Customer, order: int, lines: list[Line], day: date, dice: random.Random
) -> None:
    """The payment, what comes back, and the money for that."""
    paid_on = day + timedelta(days=dice.choice([0, 0, 0, 7, 14, 25]))
    paid = None
    if paid_on <= book.today:
        paid = pay(book, customer, order, paid_on, sum((each.amount for each in lines), Decimal(0)))
    for each in lines:
        back_on = day + timedelta(days=dice.randint(3, 29))
        share = RETURNED_CONSUMABLE if each.item in CONSUMABLE else RETURNED
        if dice.random() < share and back_on <= book.today:
            units = dice.randint(1, max(1, each.quantity // 2))
            amount = rounded(each.amount * units / each.quantity, customer.country.currency)
            book.add(
                Return, order=order, line=each.number, day=back_on, units=units, amount=amount,
                reason=dice.choice(REASONS), recorded_at=midnight(back_on),
            )  # fmt: skip
            refund_on = max(back_on, paid_on) + timedelta(days=2)
            if paid and refund_on <= book.today:
                pay(book, customer, order, refund_on, -amount, refund_of=paid)


def pay(
    book: Book, customer: Customer, order: int, day: date, amount: Decimal, refund_of: int | None = None
) -> int:
    currency = customer.country.currency
    return book.add(
        Payment,
        account=customer.number,
        day=day,
        amount=amount,
        tax=rounded(amount * customer.country.tax / 100, currency),
        currency=currency,
        order=order,
        refund_of=refund_of,
        income="Hardware",
        channel="Shop",
        recorded_at=midnight(day),
    )
