"""Where facts are, and how a fact finds its account and its moment.

A `Source` yields one row per fact, by forward keys only, so that no join can multiply rows; a `Measure` says what to
add up of them. The figure and the rows behind it are made from the same declaration.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from operator import itemgetter
from typing import Any

from django.contrib.postgres.fields import ArrayField, BigIntegerRangeField, DateRangeField
from django.db.models import (
    Case,
    DateField,
    DecimalField,
    F,
    Func,
    IntegerField,
    Model,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import Exact
from django.utils.functional import Promise

from accounts.models import ExchangeRate, Organisation
from accounts.models.facts import heard
from metrics.terms import Reading

EXACT = DecimalField(max_digits=40, decimal_places=12)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Clock:
    """Days of the organisation as instants; today ends at the moment of evaluation.

    With `known_by` only what was recorded by the end of that day counts.
    """

    organisation: Organisation
    now: datetime
    known_by: date | None = None

    @property
    def known_until(self) -> datetime | None:
        """Facts recorded from this moment on do not count. None: all that is known counts."""
        return self.organisation.end_of(self.known_by) if self.known_by else None

    @property
    def settings(self) -> tuple[str, ...]:
        """Of the organisation, all that there are: equal where these are."""
        fields = self.organisation._meta.concrete_fields
        return tuple(str(getattr(self.organisation, field.attname)) for field in fields)

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
    def into(cls, clock: Clock, until: date) -> "Rates":
        """All that are known until the day, by currency, in order of their days."""
        currency = clock.organisation.currency
        rates = ExchangeRate.objects.filter(heard("recorded_at", clock.known_until), base=currency)
        rates = rates.filter(day__lte=until).order_by("currency", "day")
        known: dict[str, list[tuple[date, Decimal]]] = {}
        for foreign, day, rate in rates.values_list("currency", "day", "rate"):
            known.setdefault(foreign, []).append((day, rate))
        return cls(currency, known)

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal where all rates are."""
        return self.currency, tuple((foreign, tuple(rates)) for foreign, rates in self.known.items())

    def of(self, foreign: str, day: date) -> Decimal | None:
        """The last one on or before the day."""
        index = bisect_right(self.known[foreign], day, key=itemgetter(0))
        return self.known[foreign][index - 1][1] if index else None

    def converted(self, amount: Combinable, rate: Callable[[str], Combinable]) -> Combinable:
        """A row's amount; without a rate null, never as if it were 1. An amount of 0 needs none."""
        return Coalesce(
            Case(
                When(currency=self.currency, then=amount),
                *(When(currency=foreign, then=amount * rate(foreign)) for foreign in self.known),
                default=Value(None),
                output_field=EXACT,
            ),
            Case(When(Exact(amount, Decimal(0)), then=Value(Decimal(0)))),
            output_field=EXACT,
        )

    def at(self, amount: Combinable, day: date) -> Combinable:
        """At the rate of the day."""
        return self.converted(amount, lambda foreign: Value(self.of(foreign, day), output_field=EXACT))

    def at_own(self, amount: Combinable, day: str | Combinable, first: date) -> Combinable:
        """At the rate of the row's own day (a field, annotation or expression), which is not before `first`."""
        return self.converted(amount, lambda foreign: self._on_own_day(foreign, day, first))

    def on_own_day(self, day: str, first: date) -> Case:
        """What one unit of the row's currency is worth then; null: no rate is known."""
        foreign = (When(currency=name, then=self._on_own_day(name, day, first)) for name in self.known)
        own = When(currency=self.currency, then=Value(Decimal(1)))
        return Case(own, *foreign, default=Value(None), output_field=EXACT)

    def of_sum(self, column: str, day: date) -> tuple[str, list[Decimal | str]]:
        """SQL of what a sum in the currency beside it is worth on the day, and its parameters; NaN without a rate."""
        rates = [(foreign, rate) for foreign in self.known if (rate := self.of(foreign, day)) is not None]
        foreign = f" WHEN %s THEN {column} * %s" * len(rates)
        unknown = f"CASE WHEN {column} = 0 THEN 0 ELSE numeric 'NaN' END"
        text = f"CASE currency WHEN %s THEN {column}{foreign} ELSE {unknown} END"
        return text, [self.currency, *(value for pair in rates for value in pair)]

    def _on_own_day(self, foreign: str, day: str | Combinable, first: date) -> "Element":
        """Found in an array of the days on which the rate changed; a join would cost every row, foreign or not."""
        rates = self.known[foreign]
        since = max(bisect_right(rates, first, key=itemgetter(0)) - 1, 0)
        days, of_days = zip(*rates[since:], strict=True)
        place = Func(
            F(day) if isinstance(day, str) else day,
            Value([*days], ArrayField(DateField())),
            function="width_bucket",
            output_field=IntegerField(),
        )
        return Element(Value([*of_days], ArrayField(EXACT)), place)


class DaysAfter(Func):
    """So many days the first day lies after the second."""

    template = "(%(expressions)s)"
    arg_joiner = " - "
    output_field = IntegerField()


class Element(Func):
    """Of an array; null before its first."""

    template = "(%(expressions)s]"
    arg_joiner = ")["
    output_field = EXACT


class Only(Func):
    """The set that holds one number."""

    template = "int8range(%(expressions)s, '[]')"
    output_field = BigIntegerRangeField()

    def __init__(self, number: Combinable) -> None:
        super().__init__(number, number)


class DaysIn(Func):
    """How many days, or numbers, a range has."""

    template = "(upper(%(expressions)s))"
    arg_joiner = ") - lower("
    output_field = IntegerField()

    def __init__(self, days: Combinable) -> None:
        super().__init__(days, days)


@dataclass(frozen=True)
class Span:
    """What a measure may know of the stretch it is read over: (after, until) in instants, since and day in days."""

    reading: Reading
    clock: Clock
    rates: Rates

    @property
    def since(self) -> date:
        return self.reading.since

    @property
    def day(self) -> date:
        return self.reading.until

    @property
    def rates_day(self) -> date:
        return self.reading.rates

    def parameter(self, name: str) -> Any:
        return dict(self.reading.parameters)[name]

    @property
    def after(self) -> datetime:
        return self.clock.end_of(self.since)

    @property
    def until(self) -> datetime:
        return self.clock.end_of(self.day)

    @property
    def by_day(self) -> date:
        """Up to when what ripens is looked at."""
        return self.reading.as_of

    @property
    def by(self) -> datetime:
        return self.clock.end_of(self.by_day)

    @property
    def known_until(self) -> datetime | None:
        return self.clock.known_until

    def at_own_day(self, amount: Combinable) -> Combinable:
        """The amount of a flow, whose rows have a `day`, in the organisation's currency."""
        return self.rates.at_own(amount, "day", self.since)

    def holds(self, moment: str) -> Q:
        """The instant lies in the window. Half-open: its first midnight belongs to it, its last does not."""
        return Q(**{f"{moment}__gte": self.after, f"{moment}__lt": self.until})

    def holds_day(self, day: str) -> Q:
        return Q(**{f"{day}__gt": self.since, f"{day}__lte": self.day})


@dataclass(frozen=True)
class Reach:
    """All the stretches together over which the measures of a source are read.

    `accounts` are those asked for where they are few; None: everybody.
    """

    spans: list[Span]
    accounts: list[int] | None = None

    @property
    def clock(self) -> Clock:
        return self.spans[0].clock

    @property
    def known_until(self) -> datetime | None:
        return self.clock.known_until

    @property
    def earliest_day(self) -> date:
        """The first of the days at whose end a stretch ends."""
        return min(span.day for span in self.spans)

    @property
    def first_day(self) -> date:
        """The first day of all windows."""
        return min(span.since for span in self.spans) + ONE_DAY

    @property
    def day(self) -> date:
        return max(span.day for span in self.spans)

    @property
    def until(self) -> datetime:
        return max(span.until for span in self.spans)

    def holds(self, moment: str) -> Q:
        """The instant lies between the first and the last of all windows."""
        after = min(span.after for span in self.spans)
        return Q(**{f"{moment}__gte": after, f"{moment}__lt": self.until})

    def holds_day(self, day: str) -> Q:
        since = min(span.since for span in self.spans)
        return Q(**{f"{day}__gt": since, f"{day}__lte": self.day})


@dataclass(frozen=True)
class Dimension:
    """By what a source's own rows can be split; `is_of_many`: a row may be in several parts, in each of them once."""

    of: Callable[[Reach], Combinable]
    is_of_many: bool = False

    @classmethod
    def field(cls, path: str, *, is_of_many: bool = False) -> "Dimension":
        return cls(lambda _reach: F(path), is_of_many)


@dataclass(frozen=True)
class Source:
    """`rows(reach)` are the facts that any of the spans could count, each with what the measures name.

    `account` is the path to the account of a row; `moment` the field by which a drill-down lists them, those of one
    moment by `tie`, `happened` the path to the instant where that is a day of it; `recorded` are the paths to when we
    learned of it; `dimensions` what its rows can be split by; `besides` are the models of other facts that its rows and
    measures look at.
    """

    key: str
    model: type[Model]
    rows: Callable[[Reach], QuerySet]
    moment: str
    account: str = "account_id"
    may_lack_account: bool = False
    recorded: tuple[str, ...] = ("recorded_at",)
    dimensions: dict[str, Dimension] = field(default_factory=dict)
    happened: str = ""
    tie: str = "pk"
    besides: tuple[type[Model], ...] = ()

    def part(self, dimension: str, reach: Reach) -> Combinable:
        """Into which part of a split by the dimension a row falls; that of none where rows do not say."""
        if dimension not in self.dimensions:
            return Value("", TextField())
        return Coalesce(
            Cast(self.dimensions[dimension].of(reach), TextField()), Value(""), output_field=TextField()
        )

    def facts(self, reach: Reach) -> QuerySet:
        """Those of the rows that had been recorded."""
        known = [heard(path, reach.known_until) for path in self.recorded]
        return self.rows(reach).filter(*known).order_by()

    def __hash__(self) -> int:
        return hash(self.key)


SETS = {"datemultirange": DateRangeField(), "int8multirange": BigIntegerRangeField()}


@dataclass(frozen=True)
class Measure:
    """What to add up: `value` of the rows for which `where` holds.

    `aggregate` "sum" counts and adds (nothing: 0), "max" takes the greatest (nothing: 0), "range_agg" unites sets of
    days or, with `set_of` "int8multirange", of numbers such as the ids of people (nothing: none). Money is rounded, per
    account, to the minor unit of the organisation's currency; a row without an exchange rate makes it NaN. Where
    `sums_convert`, values are in the row's currency and never below 0, and each currency's sum is converted, at the
    rate that the reading names; else they are in the organisation's. What `ripens` looks at what followed up to the day
    of the question, not to the window's end alone. Where a value says nothing to a reader, a row is listed as
    `listed_as`.
    """

    key: str
    name: Promise
    source: Source
    where: Callable[[Span], Q]
    value: Callable[[Span], Combinable] = field(default=lambda span: Value(1))
    aggregate: str = "sum"
    set_of: str = "datemultirange"
    unit: str = "count"
    sums_convert: bool = False
    ripens: bool = False
    parameters: tuple[str, ...] = ()
    listed_as: Callable[[Span], Combinable] | None = None

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def money(self) -> bool:
        return self.unit == "money"

    @property
    def nothing(self) -> str:
        """SQL of what no rows come to."""
        return f"'{{}}'::{self.set_of}" if self.is_set else "0"

    @property
    def is_set(self) -> bool:
        return self.aggregate == "range_agg"

    def counted(self, span: Span) -> Combinable:
        """What a row is listed as: what it adds, in the organisation's currency; of a set of days, how many."""
        if self.listed_as:
            return self.listed_as(span)
        if self.is_set:
            return DaysIn(self.value(span))
        return span.rates.at(self.value(span), span.rates_day) if self.sums_convert else self.value(span)

    def of_row(self, span: Span) -> Case:
        nothing = Value(0) if self.aggregate == "sum" else Value(None)
        kind = SETS[self.set_of] if self.is_set else EXACT
        return Case(When(self.where(span), then=self.value(span)), default=nothing, output_field=kind)

    def of_rows(self, column: str) -> str:
        return f"sum(coalesce({column}, 'NaN'))" if self.money else f"{self.aggregate}({column})"

    def of_account(self, column: str, span: Span) -> tuple[str, Sequence[Any]]:
        """SQL over the sums of rows, not rounded, and its parameters."""
        value, parameters = span.rates.of_sum(column, span.rates_day) if self.sums_convert else (column, [])
        return f"{self.aggregate}({value})", parameters

    def rounded(self, column: str, minor_unit: int, account: str, parts: Sequence[str]) -> str:
        """SQL over the totals of accounts, each named by the column `account`.

        Of an account's parts each takes what rounding left of those before it, so that they add up to the account's.
        """
        if not self.money:
            return column
        if not parts:
            return f"round({column}, {minor_unit})"
        so_far = f"sum(nullif({column}, 'NaN')) OVER (PARTITION BY {account} ORDER BY {', '.join(parts)})"
        before = f"({so_far} - {column})"
        difference = f"round({so_far}, {minor_unit}) - round({before}, {minor_unit})"
        return f"CASE WHEN {column} = 'NaN' THEN {column} ELSE {difference} END"
