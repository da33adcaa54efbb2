"""What became of the customers of each month: start month by month of life, as customers, as MRR, as ordering accounts.

An account belongs to the month of its first day as a customer ever. One statement finds these months, and one for each
of them counts its cells, however many accounts there are.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from metrics import catalogue
from metrics.answers import NO_DENOMINATOR, NO_RATE
from metrics.definitions import Metric, Unit
from metrics.evaluate import Question, add_up, per_account
from metrics.framing import month_ends
from metrics.measures.customers import ever_customer, mrr
from metrics.populations import Population
from metrics.sources import Clock
from metrics.terms import END, START, EachMonth, count
from metrics.windows import EARLIEST, Window

MONTHS, MOST_MONTHS = 12, 36
# Fewer accounts than this say little about those to come.
SMALL = 30

MEASURES: dict[str, Promise] = {
    "customers": _("Customers"),
    "mrr": _("MRR"),
    "activity": _("Accounts with an order"),
}
# What a cell counts.
CELLS = {"customers": "customers", "mrr": "mrr", "activity": "ordering_accounts"}
# The metrics that a cohort table takes apart.
OF_METRICS = {
    "customer_retention_rate": "customers",
    "customer_churn_rate": "customers",
    "net_revenue_retention": "mrr",
    "net_revenue_churn_rate": "mrr",
    "repeat_purchase_rate": "activity",
}

# At how many ends of the window's months it had been a customer, and whether at the window's start already.
MONTHS_SINCE = replace(
    catalogue.ALL["new_customers"],
    numerator=EachMonth(count(ever_customer(END))),
    denominator=count(ever_customer(START)),
)
SIZE = replace(catalogue.ALL["new_customers"], numerator=count(ever_customer(END)))
# At one rate all along, so that a falling currency does not look like churn.
MRR_AT_FIRST_RATES = replace(catalogue.ALL["mrr"], numerator=mrr(END, rates=START))


@dataclass(frozen=True)
class Cell:
    """A month of life, 0 the one of the start, at its end; `share` is a fraction of what the cohort began with."""

    month: int
    day: date
    is_complete: bool
    value: Decimal | None
    share: Decimal | None
    reason: str = ""

    @property
    def heat(self) -> int | None:
        """How dark it is drawn, 0 to 10."""
        return None if self.share is None else min(max(round(self.share * 10), 0), 10)


@dataclass(frozen=True)
class Cohort:
    """The accounts whose first day as a customer is in the month of `day`; there are cells as far as there are days.

    `day` is the end of that month, or the day of the question, on which filters are read. Shares are of `base`: of
    customers and activity the cohort's size, of MRR that of month 0.
    """

    day: date
    size: int
    base: Decimal | None
    cells: list[Cell]

    @property
    def first(self) -> date:
        return self.day.replace(day=1)

    @property
    def is_small(self) -> bool:
        return self.size < SMALL


def unit_of(measure: str) -> Unit:
    return Unit.MONEY if measure == "mrr" else Unit.COUNT


def metrics_of(measure: str) -> list[Metric]:
    """Whose facts a table reads: those by which somebody becomes a customer, and those of its cells."""
    return [catalogue.ALL["new_customers"], catalogue.ALL[CELLS[measure]]]


def retention(
    measure: str, population: Population, clock: Clock, *, as_of: date, months: int = MONTHS
) -> list[Cohort]:
    """Of the last so many months, the oldest first; without those before the first that has anybody."""
    ends = month_ends(as_of, months - 1)
    joined = _joined(ends, population, clock)
    cohorts = [
        _cohort(measure, ends[i:], replace(population, accounts=tuple(joined.get(len(ends) - i, ()))), clock)
        for i in range(len(ends))
    ]
    while cohorts and not cohorts[0].size:
        del cohorts[0]
    return cohorts


def _joined(ends: list[date], population: Population, clock: Clock) -> dict[int, list[int]]:
    """The accounts by the number of months that they have been customers for, the last one included."""
    question = Question(MONTHS_SINCE, Window(_first_of(ends[0]), ends[-1]), ends[-1])
    everybody = replace(population, filters=(), group=None)
    rows = per_account([question], everybody, clock, ends[-1])
    with connection.cursor() as cursor:
        cursor.execute(JOINED.format(rows=rows.text), rows.parameters)
        return dict(cursor.fetchall())


JOINED = "SELECT numerator::int, array_agg(member) FROM ({rows}) since WHERE denominator = 0 GROUP BY 1"


def _cohort(measure: str, days: list[date], population: Population, clock: Clock) -> Cohort:
    questions = [_on(SIZE, days[0]), *(_cell_question(measure, day, days[0]) for day in days)]
    size, *values = (
        _sums(questions, population, clock, days[0]) if population.accounts else [0] * len(questions)
    )
    base = _known(values[0] if measure == "mrr" else size)
    cells = [_cell(i, day, values[i], base, clock) for i, day in enumerate(days)]
    return Cohort(days[0], int(size), base, cells)


def _sums(
    questions: list[Question], population: Population, clock: Clock, day: date
) -> Iterable[Decimal | int]:
    rows = per_account(questions, population, clock, day)
    found = {index: sums.numerator for index, _split, sums in add_up(rows, [])}
    return [found.get(index, 0) for index in range(len(questions))]


def _cell_question(measure: str, day: date, first: date) -> Question:
    metric = catalogue.ALL[CELLS[measure]]
    if measure == "activity":
        return Question(metric, Window(_first_of(day), day), day)
    if measure == "customers" or day == first:
        return _on(metric, day)
    return Question(MRR_AT_FIRST_RATES, Window(first + timedelta(days=1), day), day)


def _on(metric: Metric, day: date) -> Question:
    return Question(metric, Window(day, day), day)


def _first_of(day: date) -> date:
    return max(day.replace(day=1), EARLIEST)


def _cell(month: int, day: date, value: Decimal | int, base: Decimal | None, clock: Clock) -> Cell:
    is_complete = day < clock.today and (day + timedelta(days=1)).day == 1
    known = _known(value)
    if known is None or base is None:
        return Cell(month, day, is_complete, known, None, NO_RATE)
    if not base:
        return Cell(month, day, is_complete, known, None, NO_DENOMINATOR)
    return Cell(month, day, is_complete, known, known / base)


def _known(value: Decimal | int) -> Decimal | None:
    """An amount without an exchange rate is not known."""
    number = Decimal(value)
    return None if number.is_nan() else number
