"""The arithmetic of metrics: numbers per account, made of measures at moments and in windows.

A `Term` renders to SQL over the columns that its readings ask for. Nothing here knows a table.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any, Union

from metrics.windows import Window, ends_of_months

if TYPE_CHECKING:
    from metrics.sources import Measure


class Moment(Enum):
    START = "start"
    END = "end"

    def of(self, window: Window) -> date:
        return window.start if self is Moment.START else window.end


START, END = Moment.START, Moment.END


Parameters = tuple[tuple[str, int | str], ...]


@dataclass(frozen=True)
class Asked:
    """Over which window, by which day (the window of what ripens ends before it), and the parameters' values."""

    window: Window
    as_of: date
    parameters: Parameters = ()

    def over(self, window: Window) -> "Asked":
        return Asked(window, window.end, self.parameters)


@dataclass(frozen=True)
class Reading:
    """One measure over one stretch of days: the column that a source must give.

    Level measures read the end of `until` only; flows read (end of since, end of until], those that ripen with what
    followed by the end of `as_of`. Money is turned into the organisation's currency at the rates of `rates`, flows at
    those of their own day.
    """

    measure: "Measure"
    since: date
    until: date
    rates: date
    as_of: date
    parameters: Parameters = ()

    @property
    def counts(self) -> tuple[Any, ...]:
        """What it adds up: readings that differ in their rates alone add up the same."""
        return self.measure, self.since, self.until, self.as_of, self.parameters


PLUS, MINUS = "({} + {})", "({} - {})"
Read = Callable[[Reading], str]
Number = Union["Term", int]


class Term(ABC):
    """A number per account. Truth is 1 or 0."""

    @abstractmethod
    def sql(self, asked: Asked, read: Read) -> str: ...

    @abstractmethod
    def measures(self) -> "set[Measure]": ...

    @property
    @abstractmethod
    def unit(self) -> str:
        """What its numbers are: money, hours or counts."""

    @property
    def adds_up(self) -> bool:
        """Whether it is the sum of what it is of an account's facts, part by part."""
        return False

    def __add__(self, other: Number) -> "Term":
        return Formula(PLUS, self, other)

    def __sub__(self, other: Number) -> "Term":
        return Formula(MINUS, self, other)

    def __mul__(self, other: Number) -> "Term":
        return Formula("({} * {})", self, other)

    def __gt__(self, other: Number) -> "Condition":
        return Condition("({} > {})", self, other)

    def is_zero(self) -> "Condition":
        return Condition("({} = 0)", self)


@dataclass(frozen=True)
class OfMeasure(Term):
    measure: "Measure"

    def measures(self) -> "set[Measure]":
        return {self.measure}

    @property
    def unit(self) -> str:
        return self.measure.unit

    @property
    def adds_up(self) -> bool:
        return self.measure.aggregate == "sum"

    def parameters(self, asked: Asked) -> Parameters:
        """Those of the question that the measure takes."""
        return tuple(pair for pair in asked.parameters if pair[0] in self.measure.parameters)


@dataclass(frozen=True)
class Level(OfMeasure):
    """A measure at the end of a day."""

    moment: Moment
    rates: Moment

    def sql(self, asked: Asked, read: Read) -> str:
        day, rates = self.moment.of(asked.window), self.rates.of(asked.window)
        return read(Reading(self.measure, day, day, rates, as_of=day, parameters=self.parameters(asked)))


@dataclass(frozen=True)
class Flow(OfMeasure):
    """A measure over the window."""

    def sql(self, asked: Asked, read: Read) -> str:
        return read(self.reading(asked))

    def reading(self, asked: Asked) -> Reading:
        window, measure = asked.window, self.measure
        by = asked.as_of if measure.ripens else window.end
        return Reading(measure, window.start, window.end, window.end, by, self.parameters(asked))


class Formula(Term):
    def __init__(self, template: str, *parts: Number) -> None:
        self.template = template
        self.parts = parts

    def sql(self, asked: Asked, read: Read) -> str:
        rendered = [part.sql(asked, read) if isinstance(part, Term) else str(part) for part in self.parts]
        return self.template.format(*rendered)

    def measures(self) -> "set[Measure]":
        return set().union(*(part.measures() for part in self.parts if isinstance(part, Term)))

    @property
    def unit(self) -> str:
        """Of what is reckoned with; what it depends on counts only whether it is so."""
        amounts = (part for part in self.parts if isinstance(part, Term) and not isinstance(part, Condition))
        return next((part.unit for part in amounts), "count")

    @property
    def adds_up(self) -> bool:
        known = (isinstance(part, Term) and part.adds_up for part in self.parts)
        return self.template in {PLUS, MINUS} and all(known)


class Condition(Formula):
    """Something that is true of an account or not."""

    def __and__(self, other: "Condition") -> "Condition":
        return Condition("({} AND {})", self, other)

    def __or__(self, other: "Condition") -> "Condition":
        return Condition("({} OR {})", self, other)

    def __invert__(self) -> "Condition":
        return Condition("(NOT {})", self)


def when(condition: Condition, then: Number, otherwise: Number = 0) -> Term:
    return Formula("(CASE WHEN {} THEN {} ELSE {} END)", condition, then, otherwise)


def either(condition: Condition, then: Condition, otherwise: Condition) -> Condition:
    return Condition("(CASE WHEN {} THEN {} ELSE {} END)", condition, then, otherwise)


def count(condition: Condition) -> Term:
    """1 for the accounts of which it is true."""
    return Formula("({})::int", condition)


def least(one: Term, other: Term) -> Term:
    """NaN (an amount without an exchange rate) wins over every number: what is unknown stays unknown."""
    return Formula("(CASE WHEN {0} = 'NaN' OR {1} = 'NaN' THEN 'NaN' ELSE least({0}, {1}) END)", one, other)


def size(members: Term) -> Term:
    """How many days, people or other numbers a set has."""
    return Formula(SIZE, members)


SIZE = "(SELECT coalesce(sum(upper(r) - lower(r)), 0) FROM unnest({}) r)"


def days_after(days: Term, least: Term, most: Term) -> Term:
    """So many to so many days after the first of a set of days."""
    return Formula(
        "(SELECT datemultirange(daterange(day + {1}, day + {2}, '[]')) FROM lower({0}) day)",
        days,
        least,
        most,
    )


def common(one: Term, other: Term) -> Term:
    """What is in both sets."""
    return Formula("({} * {})", one, other)


@dataclass(frozen=True)
class Chosen(Term):
    """The number that a parameter of the question has."""

    name: str

    def sql(self, asked: Asked, _read: Read) -> str:
        return str(int(dict(asked.parameters)[self.name]))

    def measures(self) -> "set[Measure]":
        return set()

    @property
    def unit(self) -> str:
        return "count"


class DaysOfWindow(Term):
    def sql(self, asked: Asked, _read: Read) -> str:
        return f"{asked.window.days}::numeric"

    def measures(self) -> "set[Measure]":
        return set()

    @property
    def unit(self) -> str:
        return "count"


class EachMonth(Term):
    """The sum of a term over the months of the window, the first and the last cut where the window is.

    With `movements` "ends" the term of the whole window instead.
    """

    def __init__(self, term: Term) -> None:
        self.term = term

    def sql(self, asked: Asked, read: Read) -> str:
        if dict(asked.parameters).get("movements") == "ends":
            return self.term.sql(asked, read)
        months = [Window(first=start_day_after(start), last=end) for start, end in asked.window.months()]
        return "(" + " + ".join(self.term.sql(asked.over(month), read) for month in months) + ")"

    def measures(self) -> "set[Measure]":
        return self.term.measures()

    @property
    def unit(self) -> str:
        return self.term.unit


# A person has so many numbers in a set, one for each month that there can be.
MONTHS_APART = 2**17
# So many months back the greatest is looked for.
PEAK_MONTHS = 36


@dataclass(frozen=True)
class AtPeak(Term):
    """People, or with `is_below` what they are divided by, at the end of that month at which the quotient was greatest.

    Of the last months those from the first of `since` on, a set of days. `people` is a set of numbers, MONTHS_APART for
    each person.
    """

    people: Term
    below: Term
    since: Term
    is_below: bool = False

    def sql(self, asked: Asked, read: Read) -> str:
        ends = ends_of_months(asked.window.end, PEAK_MONTHS)
        return PEAK.format(
            wanted="below" if self.is_below else "coalesce(people, 0)",
            ends=", ".join(f"'{end}'" for end in ends),
            below=", ".join(self.below.sql(asked.over(Window(end, end)), read) for end in ends),
            people=self.people.sql(asked, read),
            since=self.since.sql(asked, read),
            months_apart=MONTHS_APART,
        )

    def measures(self) -> "set[Measure]":
        return self.people.measures() | self.below.measures() | self.since.measures()

    @property
    def unit(self) -> str:
        return "count"


PEAK = """(CASE WHEN isempty({since}) THEN 0 ELSE coalesce((
SELECT {wanted} FROM unnest(ARRAY[{ends}]::date[], ARRAY[{below}]::numeric[]) m(day, below)
LEFT JOIN (SELECT mod(n, {months_apart}) AS month, count(*)::numeric AS people
           FROM unnest({people}) r, generate_series(lower(r), upper(r) - 1) n GROUP BY 1) p
ON p.month = extract(year FROM m.day) * 12 + extract(month FROM m.day)
WHERE below > 0 AND m.day >= lower({since}) ORDER BY coalesce(people, 0) / below DESC, m.day DESC LIMIT 1), 0) END)"""


def start_day_after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)
