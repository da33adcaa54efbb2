"""The contracts as rows: periods, pauses, terms that come up for renewal, departures, and their payments."""

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import Departure, Pause, Payment, Subscription, Term
from accounts.money import minor_unit
from cxhub.demo.book import Book, midnight
from cxhub.demo.contracts import MONTHS_OF, Contract, Period
from cxhub.demo.customers import ENTERPRISE, INTERNAL, Customer
from metrics.windows import add_months

COMPETITORS = ["Stockwise", "Invento360", "Qafila", "Shelfmark"]
NOTES = [
    "Their new head of operations brought the tool she knows.",
    "أغلقوا ثلاثة فروع هذا العام ولم تعد الميزانية تسمح.",
    "Asked for serial numbers on returns; we had no date for it.",
    "لم يتجاوز الاستخدام فرعين من أصل تسعة منذ البداية.",
    "Bought by a group that runs its own system.",
    "تأخر الدعم عليهم في شهر الجرد مرتين.",
]
WITH_A_NOTE, REFUNDED = 0.7, 0.01


def add_bookings(book: Book, customers: list[Customer]) -> None:
    dice = book.dice("bookings")
    for customer in customers:
        for index, contract in enumerate(customer.contracts):
            add_periods(book, customer, contract)
            if contract.kind == "paid":
                if contract.interval == "year":
                    add_terms(book, customer, contract, dice)
                add_departure(book, customer, index, dice)
                add_payments(book, customer, contract, dice)


def add_periods(book: Book, customer: Customer, contract: Contract) -> None:
    if contract.trial_days:
        starts = contract.starts - timedelta(days=contract.trial_days)
        trial = Period(starts, contract.periods[0].offer, contract.periods[0].seats, ends=contract.starts)
        add_period(book, customer, contract, trial, kind="trial", reference=f"TRIAL-{contract.reference}")
    for period in contract.periods:
        period.number = add_period(
            book, customer, contract, period, kind=contract.kind, reference=contract.reference
        )
        for pause in period.pauses:
            book.add(
                Pause,
                subscription=period.number,
                starts=pause.starts,
                ends=pause.ends,
                ends_recorded_at=pause.ends and midnight(pause.ends),
                recorded_at=midnight(pause.starts),
            )


def add_period(
    book: Book, customer: Customer, contract: Contract, period: Period, *, kind: str, reference: str
) -> int:
    was_cancelled = kind == "paid" and contract.notice is not None and period is contract.current
    learned = contract.notice if was_cancelled else period.ends
    if kind == "trial":
        learned = period.starts
    return book.add(
        Subscription,
        account=customer.number,
        reference=reference,
        plan=period.offer + 1,
        kind=kind,
        price=contract.price(period.offer),
        interval=contract.interval if kind == "paid" else "month",
        quantity=period.seats,
        discount_percent=period.discount_percent,
        discount_amount=period.discount_amount,
        discount_ends=period.discount_ends,
        currency=contract.currency,
        starts=period.starts,
        ends=period.ends,
        ends_recorded_at=learned and period.ends and midnight(max(learned, period.starts)),
        cancelled_on=contract.notice if was_cancelled else None,
        cancelled_recorded_at=midnight(max(contract.notice, period.starts))
        if was_cancelled and contract.notice
        else None,
        cancel_reason=contract.reason if was_cancelled else "",
        past_due_since=contract.past_due_since if period is contract.current else None,
        recorded_at=midnight(period.starts),
    )


def add_terms(book: Book, customer: Customer, contract: Contract, dice: random.Random) -> None:
    starts, year = contract.starts, 1
    while starts <= book.today and (contract.ends is None or starts < contract.ends):
        ends = add_months(contract.starts, 12 * year)
        book.add(
            Term,
            account=customer.number,
            reference=contract.reference,
            starts=starts,
            ends=ends,
            notice_by=ends - timedelta(days=60 if customer.segment == ENTERPRISE else 30),
            due_mrr=rounded(contract.mrr(min(ends, book.today) - timedelta(days=1)), contract.currency),
            currency=contract.currency,
            recorded_at=midnight(starts),
            **outcome(contract, starts, ends, book.today, dice),
        )
        starts, year = ends, year + 1


def outcome(contract: Contract, starts: date, ends: date, today: date, dice: random.Random) -> dict[str, Any]:
    """Decided some weeks before the end; what is not decided yet is open."""
    if contract.ends == ends and contract.notice:
        decided = contract.notice
        found: dict[str, Any] = {"outcome": Term.Outcome.LOST, "lost_reason": contract.reason}
    else:
        decided = ends - timedelta(days=dice.randint(2, 45))
        # Whom nothing is known of after the end is taken to renew as they are.
        renewed = rounded(contract.mrr(min(ends, today)), contract.currency)
        found = {"outcome": Term.Outcome.RENEWED, "renewed_mrr": renewed}
    if decided > today:
        return {"outcome": Term.Outcome.OPEN}
    decided = max(decided, starts)
    return found | {"decided_on": decided, "outcome_recorded_at": midnight(decided)}


def add_departure(book: Book, customer: Customer, index: int, dice: random.Random) -> None:
    contract = customer.contracts[index]
    if contract.ends is None or contract.ends > book.today:
        return
    returned = customer.contracts[index + 1].starts if index + 1 < len(customer.contracts) else None
    book.add(
        Departure,
        account=customer.number,
        churn_day=contract.ends,
        reason=contract.reason,
        competitor=dice.choice(COMPETITORS) if contract.reason == "Moved to a competitor" else "",
        note=dice.choice(NOTES) if dice.random() < WITH_A_NOTE else "",
        recovered=returned,
        recorded_at=midnight(contract.ends),
    )


def add_payments(book: Book, customer: Customer, contract: Contract, dice: random.Random) -> None:
    """A bill on the first day of each interval, and at once for the seats that are added within one."""
    if customer.part == INTERNAL:
        return
    for day in contract.bill_days(book.began, book.today):
        pay(book, customer, contract, day, contract.bill(day), dice)
    for before, after in zip(contract.periods, contract.periods[1:], strict=False):
        if book.began < after.starts <= book.today and contract.interval != "month":
            day = after.starts
            rise = contract.bill(day) - contract.bill(day - timedelta(days=1))
            following = contract.bill_days(day, add_months(day, 13))[0]
            share = Decimal((following - day).days) / Decimal(MONTHS_OF[contract.interval] * 30.5)
            if rise > 0 and before.ends == day:
                pay(book, customer, contract, day, rise * min(share, Decimal(1)), dice)


def pay(
    book: Book, customer: Customer, contract: Contract, billed: date, amount: Decimal, dice: random.Random
) -> None:
    day = billed + timedelta(days=dice.choice([0, 0, 1, 2, 3, 5, 8, 13, 21]))
    period = contract.period_on(billed)
    amount = rounded(amount, contract.currency)
    is_owed = contract.past_due_since and billed >= contract.past_due_since
    if amount <= 0 or period is None or day > book.today or is_owed:
        return
    paid = add_payment(book, customer, contract, period, day, amount)
    refund_day = day + timedelta(days=dice.randint(3, 20))
    if dice.random() < REFUNDED and refund_day <= book.today:
        back = rounded(amount * dice.choice([10, 20, 25]) / 100, contract.currency)
        add_payment(book, customer, contract, period, refund_day, -back, refund_of=paid)


def add_payment(
    book: Book,
    customer: Customer,
    contract: Contract,
    period: Period,
    day: date,
    amount: Decimal,
    refund_of: int | None = None,
) -> int:
    return book.add(
        Payment,
        account=customer.number,
        subscription=period.number,
        day=day,
        amount=amount,
        tax=rounded(amount * customer.country.tax / 100, contract.currency),
        currency=contract.currency,
        refund_of=refund_of,
        income="Subscription",
        channel="Card" if contract.interval == "month" else "Invoice",
        recorded_at=midnight(day),
    )


def rounded(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-minor_unit(currency)))
