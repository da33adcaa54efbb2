"""One subscription through the years: its periods, pauses and bills."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from cxhub.demo.company import OFFERS
from metrics.windows import add_months

MONTHS_OF = {"month": 1, "quarter": 3, "year": 12}
# A year is paid for ten months.
BILLED_MONTHS = {"month": 1, "quarter": 3, "year": 10}


@dataclass
class Pause:
    starts: date
    ends: date | None


@dataclass
class Period:
    """[starts, ends) under unchanged terms."""

    starts: date
    offer: int
    seats: int
    discount_percent: int = 0
    discount_amount: Decimal = Decimal(0)
    discount_ends: date | None = None
    ends: date | None = None
    pauses: list[Pause] = field(default_factory=list)
    number: int = 0

    def holds(self, day: date) -> bool:
        return self.starts <= day and (self.ends is None or day < self.ends)

    def is_discounted(self, day: date) -> bool:
        return self.discount_ends is None or day < self.discount_ends


@dataclass
class Contract:
    reference: str
    currency: str
    interval: str
    periods: list[Period]
    kind: str = "paid"
    trial_days: int = 0
    notice: date | None = None
    reason: str = ""
    past_due_since: date | None = None

    @property
    def starts(self) -> date:
        return self.periods[0].starts

    @property
    def ends(self) -> date | None:
        return self.periods[-1].ends

    @property
    def current(self) -> Period:
        return self.periods[-1]

    @property
    def pauses(self) -> list[Pause]:
        return [pause for period in self.periods for pause in period.pauses]

    def change(self, day: date, *, seats: int, offer: int) -> None:
        """Ends the period and starts the next; discounts go on."""
        last = self.current
        following = Period(day, offer, seats, ends=last.ends)
        if last.is_discounted(day):
            following.discount_percent, following.discount_amount = (
                last.discount_percent,
                last.discount_amount,
            )
            following.discount_ends = last.discount_ends
        last.ends = day
        self.periods.append(following)

    def cancel(self, notice: date, ends: date, reason: str) -> None:
        self.notice, self.reason = max(notice, self.current.starts), reason
        self.current.ends = ends

    def price(self, offer: int) -> Decimal:
        """Of one seat for one interval."""
        return OFFERS[offer].prices[self.currency] * BILLED_MONTHS[self.interval]

    def period_on(self, day: date) -> Period | None:
        return next((period for period in self.periods if period.holds(day)), None)

    def is_paused(self, day: date) -> bool:
        return any(p.starts <= day and (p.ends is None or day < p.ends) for p in self.pauses)

    def bill(self, day: date) -> Decimal:
        """What one interval costs on the day; 0 out of service and in a pause."""
        period = self.period_on(day)
        if period is None or self.is_paused(day):
            return Decimal(0)
        gross = self.price(period.offer) * period.seats
        if not period.is_discounted(day):
            return gross
        return max(gross * (100 - period.discount_percent) / 100 - period.discount_amount, Decimal(0))

    def mrr(self, day: date) -> Decimal:
        return self.bill(day) / MONTHS_OF[self.interval]

    def worth(self, day: date) -> float:
        """MRR in US dollars at the rate of the price list, which no exchange market moves."""
        listed = OFFERS[0].prices
        return float(self.mrr(day) * listed["USD"] / listed[self.currency])

    def bill_days(self, after: date, until: date) -> list[date]:
        """Days in (after, until] on which an interval begins; the first one too."""
        step = MONTHS_OF[self.interval]
        n = max(((after.year - self.starts.year) * 12 + after.month - self.starts.month) // step - 1, 0)
        days = []
        while (day := add_months(self.starts, n * step)) <= until:
            if day > after:
                days.append(day)
            n += 1
        return days

    def next_start(self, after: date, until: date) -> date | None:
        """The first day in (after, until] on which it may end or shrink; not the day of its beginning."""
        return next((day for day in self.bill_days(after, until) if day > self.starts), None)
