"""Two years of subscriptions, month by month: who joins, grows, shrinks, pauses, leaves and comes back.

How much happens is set by budgets, so that any seed and any day tell the same story: growth, with one bad
quarter.
"""

import math
import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from cxhub.demo.book import MONTHS, Book, day_between
from cxhub.demo.contracts import BILLED_MONTHS, Contract, Pause, Period
from cxhub.demo.customers import ENTERPRISE, MID_MARKET, SMALL, SUBSCRIBER, TRIED, TRYING, Customer
from metrics.windows import add_months

# The months, counted from the beginning, in which everything went wrong.
BAD_QUARTER = (15, 16, 17)
# Share of the book's MRR that the others add and the shrinking lose in a month.
GROWTH, GROWTH_IN_BAD_TIMES = 0.0188, 0.003
SHRINKAGE, SHRINKAGE_IN_BAD_TIMES = 0.003, 0.008

E, M, S = ENTERPRISE, MID_MARKET, SMALL
LEAVING = [
    [S], [S], [M], [S], [], [S], [M], [S], [S], [], [S], [M],
    [S], [M], [S], [S, S, M], [S, S, M], [E, S], [S], [S], [M], [S], [M], [S],
]  # fmt: skip
# Small ones that joined in the second year and were gone before it was over.
LEAVING_SOON = {20, 22}
RETURNING = {7, 14, 18, 21}
PAUSING = {2, 6, 9, 13, 16, 19, 22}
QUIET_MONTHS_AFTER_A_CHANGE = 2

SEATS = {ENTERPRISE: (70, 150), MID_MARKET: (20, 62), SMALL: (4, 17)}
OFFERS_OF = {ENTERPRISE: (2, 3), MID_MARKET: (1, 2), SMALL: (0, 1)}
# month, quarter, year
INTERVALS = {ENTERPRISE: (1, 1, 18), MID_MARKET: (10, 3, 17), SMALL: (13, 1, 6)}
SMALL_DISCOUNT = {"USD": 60, "SAR": 225, "AED": 220, "EUR": 55, "KWD": 18}

# And how often each is given.
REASONS = {
    "Price": 6,
    "Missing features": 4,
    "Moved to a competitor": 5,
    "Low use": 4,
    "Champion left": 3,
    "Merger or takeover": 2,
    "Went out of business": 2,
    "Unhappy with support": 2,
}


@dataclass
class Subscriber:
    customer: Customer
    contract: Contract
    quiet_until: date = date.min


@dataclass
class Story:
    today: date
    dice: random.Random
    edges: list[date]
    active: list[Subscriber] = field(default_factory=list)
    gone: list[Subscriber] = field(default_factory=list)
    overdue: list[str] = field(default_factory=list)
    # What is left of the budgets, or was taken from those of the months to come.
    to_grow: float = 0
    to_shrink: float = 0
    references: int = 0

    # Beginning

    def subscribe(self, customer: Customer, starts: date) -> None:
        self.references += 1
        contract = Contract(
            reference=f"SUB-{self.references:04}",
            currency=customer.country.currency,
            interval=self.dice.choices(list(BILLED_MONTHS), INTERVALS[customer.segment])[0],
            periods=[self.first_period(customer, starts)],
        )
        self.add_discount(customer, contract)
        if customer.segment != ENTERPRISE and not customer.contracts and self.dice.random() < 0.25:
            contract.trial_days = self.dice.choice([14, 30])
        customer.contracts.append(contract)
        self.active.append(Subscriber(customer, contract))

    def first_period(self, customer: Customer, starts: date) -> Period:
        fewest, most = SEATS[customer.segment]
        # Most are near the fewest.
        seats = int(fewest + (most - fewest) * self.dice.betavariate(1.6, 2.2))
        return Period(starts, self.dice.choice(OFFERS_OF[customer.segment]), seats)

    def add_discount(self, customer: Customer, contract: Contract) -> None:
        first, roll = contract.current, self.dice.random()
        if customer.segment == ENTERPRISE:
            first.discount_percent = self.dice.choice([5, 8, 10, 12, 15, 18])
        elif roll < 0.18:
            first.discount_percent = self.dice.choice([10, 15, 20, 25])
            first.discount_ends = add_months(first.starts, self.dice.choice([3, 3, 6, 12]))
        elif roll < 0.25 and customer.segment == MID_MARKET:
            first.discount_amount = Decimal(
                SMALL_DISCOUNT[contract.currency] * BILLED_MONTHS[contract.interval]
            )
            first.discount_ends = add_months(first.starts, 6)

    # A month

    def live(self, month: int) -> None:
        after, until = self.edges[month], self.edges[month + 1]
        self.lose(month, after, until)
        is_bad = month in BAD_QUARTER
        self.shrink(after, until, SHRINKAGE_IN_BAD_TIMES if is_bad else SHRINKAGE)
        self.grow(after, until, GROWTH_IN_BAD_TIMES if is_bad else GROWTH)
        if month in PAUSING:
            self.pause(after, until)
        if month in RETURNING:
            self.win_back(after, until)

    def quiet(self, until: date) -> list[Subscriber]:
        """Those to whom nothing has happened for a while, in no order."""
        found = [
            s for s in self.active if max(s.quiet_until, s.contract.starts + timedelta(days=60)) <= until
        ]
        self.dice.shuffle(found)
        return found

    def worth(self, day: date) -> float:
        return sum(subscriber.contract.worth(day) for subscriber in self.active)

    def lose(self, month: int, after: date, until: date) -> None:
        """Who owes a loss that found nobody whose contract ended pays it in a later month."""
        second_year = self.edges[MONTHS // 2]
        self.overdue += LEAVING[month]
        for segment in [*self.overdue]:
            if self.lose_one(
                segment, after, until, newcomer=False, line=second_year if month >= 12 else after
            ):
                self.overdue.remove(segment)
        if month in LEAVING_SOON:
            self.lose_one(SMALL, after, until, newcomer=True, line=second_year)

    def lose_one(self, segment: str, after: date, until: date, *, newcomer: bool, line: date) -> bool:
        candidates = [
            s
            for s in self.quiet(after)
            if s.customer.segment == segment
            and (s.contract.starts > line) == newcomer
            and s.contract.next_start(after, until)
        ]
        if not candidates:
            return False
        # Nobody loses the largest one and still tells of growth.
        self.leave(min(candidates[:3], key=lambda s: s.contract.worth(after)), after, until)
        return True

    def leave(self, subscriber: Subscriber, after: date, until: date) -> None:
        contract = subscriber.contract
        ends = contract.next_start(after, until)
        assert ends is not None
        notice = ends - timedelta(
            days=self.dice.randint(5, 28) if contract.interval == "month" else self.dice.randint(30, 75)
        )
        contract.cancel(notice, ends, self.a_reason())
        self.active.remove(subscriber)
        self.gone.append(subscriber)

    def a_reason(self) -> str:
        return self.dice.choices(list(REASONS), list(REASONS.values()))[0]

    def grow(self, after: date, until: date, share: float) -> None:
        self.to_grow += self.worth(after) * share
        for subscriber in self.quiet(after):
            if self.to_grow <= 0:
                return
            day = day_between(self.dice, after + timedelta(days=1), until)
            current = subscriber.contract.current
            seats = current.seats + math.ceil(current.seats * self.dice.uniform(0.08, 0.3))
            offer = min(
                current.offer + (self.dice.random() < 0.15), OFFERS_OF[subscriber.customer.segment][1]
            )
            self.to_grow -= self.change(subscriber, day, seats, offer)

    def shrink(self, after: date, until: date, share: float) -> None:
        self.to_shrink += self.worth(after) * share
        for subscriber in self.quiet(after):
            if self.to_shrink <= 0:
                return
            day = subscriber.contract.next_start(after, until)
            current = subscriber.contract.current
            seats = int(current.seats * self.dice.uniform(0.62, 0.9))
            if day and seats > 2 and subscriber.contract.worth(after) < self.to_shrink * 4:
                self.to_shrink += self.change(subscriber, day, seats, current.offer)

    def change(self, subscriber: Subscriber, day: date, seats: int, offer: int) -> float:
        """How much MRR it brings, in US dollars."""
        before = subscriber.contract.worth(day)
        subscriber.contract.change(day, seats=seats, offer=offer)
        subscriber.quiet_until = add_months(day, QUIET_MONTHS_AFTER_A_CHANGE)
        return subscriber.contract.worth(day) - before

    def pause(self, after: date, until: date) -> None:
        for subscriber in self.quiet(after):
            if subscriber.customer.segment == SMALL and subscriber.contract.interval == "month":
                starts = day_between(self.dice, after + timedelta(days=1), until)
                ends = starts + timedelta(days=self.dice.randint(30, 75))
                subscriber.contract.current.pauses.append(Pause(starts, ends if ends <= self.today else None))
                subscriber.quiet_until = ends + timedelta(days=1)
                return

    def win_back(self, after: date, until: date) -> None:
        ready = [s for s in self.gone if (s.contract.ends or until) + timedelta(days=45) <= after]
        ready = [
            s for s in ready if s.contract is s.customer.contracts[-1] and s.customer.segment != ENTERPRISE
        ]
        if ready:
            self.subscribe(
                self.dice.choice(ready).customer, day_between(self.dice, after + timedelta(days=1), until)
            )

    # What is known of the days to come

    def give_notice(self) -> None:
        """Three have told us that they will go, and some owe us money."""
        soon = self.today + timedelta(days=75)
        leavers = [
            s
            for s in self.quiet(self.today)
            if s.customer.segment != ENTERPRISE and not s.contract.is_paused(self.today)
        ]
        leavers = [s for s in leavers if s.contract.next_start(self.today + timedelta(days=5), soon)]
        for subscriber in leavers[:3]:
            ends = subscriber.contract.next_start(self.today + timedelta(days=5), soon)
            assert ends is not None
            notice = self.today - timedelta(days=self.dice.randint(1, 20))
            subscriber.contract.cancel(notice, ends, self.a_reason())
        for subscriber in leavers[3:6]:
            subscriber.contract.past_due_since = self.today - timedelta(days=self.dice.randint(8, 50))


def live_through(book: Book, customers: list[Customer]) -> None:
    """Gives every customer that subscribes its contracts."""
    dice = book.dice("story")
    story = Story(book.today, dice, [book.edge(month) for month in range(MONTHS + 1)])
    subscribers = [customer for customer in customers if customer.part == SUBSCRIBER]
    for customer in subscribers:
        if customer.was_there:
            story.subscribe(customer, day_between(dice, book.edge(-30), book.edge(0) - timedelta(days=61)))
    joining = [customer for customer in subscribers if not customer.was_there]
    dice.shuffle(joining)
    for month in range(MONTHS):
        story.live(month)
        for _ in range(newcomers(month, len(joining), MONTHS - month)):
            customer = joining.pop()
            story.subscribe(
                customer, day_between(dice, book.edge(month) + timedelta(days=1), book.edge(month + 1))
            )
    story.give_notice()
    let_try(book, customers)


def newcomers(month: int, waiting: int, months_left: int) -> int:
    if month in BAD_QUARTER:
        return min(1, waiting)
    bad_ones_left = sum(month < bad for bad in BAD_QUARTER)
    return waiting if months_left == 1 else (waiting - bad_ones_left) // (months_left - bad_ones_left)


def let_try(book: Book, customers: list[Customer]) -> None:
    """Trials that nobody bought, and some that still run: contracts without a paid period."""
    dice = book.dice("trials")
    for number, customer in enumerate(c for c in customers if c.part in {TRIED, TRYING}):
        days = dice.choice([14, 30])
        last = book.today if customer.part == TRYING else add_months(book.today, -1)
        first = book.today - timedelta(days=days - 2) if customer.part == TRYING else book.edge(4)
        period = Period(day_between(dice, first, last), 1, dice.randint(3, 12))
        period.ends = period.starts + timedelta(days=days)
        trial = Contract(f"TRIAL-{number + 1:03}", customer.country.currency, "month", [period], kind="trial")
        customer.contracts.append(trial)
