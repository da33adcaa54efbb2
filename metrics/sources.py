"""Where facts are, and how a fact finds its account and its moment.

A `Source` yields one row per fact, by forward keys only, so that no join can multiply rows; a `Measure` says what to
add up of them. The figure and the rows behind it are made from the same declaration.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from operator import itemgetter

from django.db.models import Case, DecimalField, Model, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from accounts.models import ExchangeRate, Organisation

EXACT = DecimalField(max_digits=40, decimal_places=12)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Clock:
    """Days of the organisation as instants; today ends at the moment of evaluation."""

    organisation: Organisation
    now: datetime

    def end_of(self, day: date) -> datetime:
        return min(self.organisation.end_of(day), self.now)

    @property
    def today(self) -> date:
        return self.organisation.today(self.now)


@dataclass(frozen=True)
class Rates:
    """Exchange rates into the organisation's currency, fetched before the statement is built."""

    currency: str
    known: dict[str, list[tuple[date, Decimal]]]

    @classmethod
    def into(cls, currency: str, until: date) -> "Rates":
        """All that are known until the day, by currency, in order of their days."""
        rates = ExchangeRate.objects.filter(base=currency, day__lte=until).order_by("currency", "day")
        known: dict[str, list[tuple[date, Decimal]]] = {}
        for foreign, day, rate in rates.values_list("currency", "day", "rate"):
            known.setdefault(foreign, []).append((day, rate))
        return cls(currency, known)

    def of(self, foreign: str, day: date) -> Decimal | None:
        """The last one on or before the day."""
        index = bisect_right(self.known[foreign], day, key=itemgetter(0))
        return self.known[foreign][index - 1][1] if index else None

    def spread(self, first: date, last: date) -> tuple[list[str], list[date], list[Decimal]]:
        """The rate of every currency on every day between, where there is one: currencies, days, rates."""
        found = []
        for foreign, rates in self.known.items():
            nexts = [day for day, _rate in rates[1:]] + [last + ONE_DAY]
            for (since, rate), until in zip(rates, nexts, strict=True):
                start = max(since, first).toordinal()
                found += [(foreign, date.fromordinal(day), rate) for day in range(start, min(until, last + ONE_DAY).toordinal())]
        currencies, days, of_days = zip(*found, strict=True) if found else ((), (), ())
        return list(currencies), list(days), list(of_days)

    def on(self, day: date) -> Case:
        """The rate of a row's currency on the day; no rate is null, never 1."""
        return Case(
            When(currency=self.currency, then=Value(Decimal(1))),
            *(When(currency=foreign, then=Value(self.of(foreign, day))) for foreign in self.known),
            default=Value(None),
            output_field=EXACT,
        )

    def of_row(self, day: str) -> Case:
        """The rate of a row's currency on the row's own day, which is the field or annotation named."""
        known = ExchangeRate.objects.filter(base=self.currency, currency=OuterRef("currency"), day__lte=OuterRef(day))
        return Case(
            When(currency=self.currency, then=Value(Decimal(1))),
            default=Subquery(known.order_by("-day").values("rate")[:1]),
            output_field=EXACT,
        )


def converted(amount: Combinable, rate: Combinable) -> Combinable:
    """Nothing is nothing in every currency: an amount of 0 needs no rate."""
    return Coalesce(amount * rate, Case(When(Exact(amount, Decimal(0)), then=Value(Decimal(0)))), output_field=EXACT)


@dataclass(frozen=True)
class Span:
    """What a measure may know of the stretch it is read over: (after, until) in instants, since and day in days."""

    since: date
    day: date
    clock: Clock
    rates: Rates
    rates_day: date

    @property
    def after(self) -> datetime:
        return self.clock.end_of(self.since)

    @property
    def until(self) -> datetime:
        return self.clock.end_of(self.day)

    @property
    def rate(self) -> Case:
        return self.rates.on(self.rates_day)

    def holds(self, moment: str) -> Q:
        """The instant lies in the window. Half-open: its first midnight belongs to it, its last does not."""
        return Q(**{f"{moment}__gte": self.after, f"{moment}__lt": self.until})


@dataclass(frozen=True)
class Source:
    """`rows(spans)` are the facts that any of the spans could count, each with what the measures name.

    `account` is the path to the account of a row; `moment` the field by which a drill-down lists them.
    """

    key: str
    model: type[Model]
    rows: Callable[[list[Span]], QuerySet]
    moment: str
    account: str = "account_id"
    may_lack_account: bool = False

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True)
class Measure:
    """What to add up: `value` of the rows for which `where` holds.

    `aggregate` "sum" counts and adds (nothing: 0), "max" takes the greatest (nothing: 0). Money is rounded, per
    account, to the minor unit of the organisation's currency; a row without an exchange rate makes it NaN. The value
    of a level is in the organisation's currency already; that of a flow (`at_own_day`) is in the row's, and the rate
    of the row's `day` is joined.
    """

    key: str
    source: Source
    where: Callable[[Span], Q]
    value: Callable[[Span], Combinable] = field(default=lambda span: Value(1))
    aggregate: str = "sum"
    money: bool = False
    at_own_day: bool = False

    def __hash__(self) -> int:
        return hash(self.key)

    def of_row(self, span: Span) -> Case:
        nothing = Value(None) if self.aggregate == "max" else Value(0)
        return Case(When(self.where(span), then=self.value(span)), default=nothing, output_field=EXACT)

    def of_rows(self, column: str, currency: str) -> str:
        """Of the rows r, with the rates x of their days beside them where the measure asks for them."""
        if self.at_own_day:
            rate = f"CASE WHEN currency = '{currency}' THEN 1 ELSE x.rate END"
            return f"sum(CASE WHEN {column} = 0 THEN 0 ELSE coalesce({column} * ({rate}), 'NaN') END)"
        return f"sum(coalesce({column}, 'NaN'))" if self.money else f"{self.aggregate}({column})"

    def of_account(self, column: str, minor_unit: int) -> str:
        return f"round(sum({column}), {minor_unit})" if self.money else f"{self.aggregate}({column})"
