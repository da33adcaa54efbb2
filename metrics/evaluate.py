"""Any list of metrics for any set of accounts on any day, in one statement.

Every source is one `SELECT … GROUP BY account` whose columns are all that the metrics read of it; a closing select
joins them and makes the sums of each metric. However many metrics and accounts, it is one statement beside the two
that fetch the settings row and the exchange rates.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from metrics.definitions import Estimate, Metric
from metrics.populations import Population, affected, on_day
from metrics.sources import Clock, Rates, Reach, Source, Span
from metrics.statistics import Quantile, Sums
from metrics.terms import START, Asked, Parameters, Reading
from metrics.windows import Window

# Below it, the interval of a money ratio is made by drawing the accounts themselves; above it the sums do as well.
BOOTSTRAP_ACCOUNTS = 1000


@dataclass(frozen=True)
class Question:
    """One metric over one window; a metric without a window reads the end of its last day only.

    `as_of` is the day of the question: later than the window's end where the window is shifted back.
    """

    metric: Metric
    window: Window
    as_of: date
    parameters: Parameters = ()

    @property
    def asked(self) -> Asked:
        return Asked(self.window, self.as_of, self.parameters)

    @property
    def membership_day(self) -> date:
        return self.window.start if self.metric.membership is START else self.as_of


@dataclass(frozen=True)
class PopulationSums:
    """What a population's answer is made of: the sums, and what its interval needs. Money without a rate is NaN.

    `attributed` are the sums over accounts, with their squares; `…_without` is what has no account. `reached` is what
    durations come to.
    """

    numerator: Decimal
    denominator: Decimal
    attributed: Sums = field(default_factory=Sums)
    numerator_without: Decimal = Decimal(0)
    denominator_without: Decimal = Decimal(0)
    drawn: tuple[Sequence[float], Sequence[float]] | None = None
    reached: Quantile | None = None

    @property
    def accounts(self) -> int:
        return self.attributed.accounts

    @property
    def unattributed(self) -> Decimal:
        return self.denominator_without or self.numerator_without

    def of_units(self) -> Sums:
        """Where units are counted, each one without an account stands for itself."""
        return self.attributed + Sums.of_units(int(self.numerator_without), int(self.denominator_without))

    def of_accounts(self) -> Sums:
        """Where amounts are averaged, what has no account weighs as one account: its single units are not kept."""
        return self.attributed + Sums.of_account(
            float(self.numerator_without), float(self.denominator_without)
        )


@dataclass
class Sql:
    text: str
    parameters: tuple[Any, ...] = ()


def per_account(
    questions: Sequence[Question], population: Population, clock: Clock, day: date, *, by: str | None = None
) -> Sql:
    """Rows of (member, split, question, numerator, denominator), where either is not 0.

    Filters and the split are read on the membership day. Member 0 is everything without an account; it is there when
    the population is everybody.
    """
    try:
        members = members_of(population, day, by, with_unattributed=population.has_unattributed)
    except EmptyResultSet:
        return OF_NOBODY
    columns = Columns(clock.organisation.minor_unit)
    sums = [_sums_of(question, columns) for question in questions]
    numerators, denominators = (", ".join(column) for column in zip(*sums, strict=True))
    accounts = few_accounts(population)
    rates = Rates.into(clock, max(columns.last_day(), day))
    sources = [columns.select(source, clock, rates, accounts) for source in columns.sources]
    joins = "".join(f" LEFT JOIN s{i} ON s{i}.member = p.member" for i in range(len(sources)))
    ctes = "".join(f", s{i} AS ({source.text})" for i, source in enumerate(sources))
    text = (
        f"WITH population AS MATERIALIZED ({members.text}), members AS ({MEMBERS}){ctes}"
        # Arrays and not VALUES, which PostgreSQL would prepare anew for every account.
        f" SELECT * FROM (SELECT p.member, p.split, generate_series(0, {len(sums) - 1}) AS question,"
        f" unnest(ARRAY[{numerators}]::numeric[]) AS numerator,"
        f" unnest(ARRAY[{denominators}]::numeric[]) AS denominator FROM population p{joins}) q"
        " WHERE numerator <> 0 OR denominator <> 0"
    )
    parameters = members.parameters + tuple(value for source in sources for value in source.parameters)
    return Sql(text, parameters)


# Django knows without asking that no account can be in the population, and makes no statement of it.
OF_NOBODY = Sql(
    "SELECT 0 AS member, '' AS split, 0 AS question, 0::numeric AS numerator, 0::numeric AS denominator WHERE false"
)

# Whoever lost a merge brings its facts to the survivor; what has no account is account 0.
MEMBERS = (
    "SELECT a.id AS account, p.member FROM accounts_account a"
    " JOIN population p ON p.member = coalesce(a.merged_into_id, a.id)"
    " UNION ALL SELECT 0, 0 FROM population WHERE member = 0"
)


class Columns:
    """The columns that the metrics ask of each source, each once."""

    def __init__(self, minor_unit: int) -> None:
        self.minor_unit = minor_unit
        self.sources: list[Source] = []
        self.readings: dict[Source, list[Reading]] = {}

    def read(self, reading: Reading) -> str:
        source = reading.measure.source
        if source not in self.readings:
            self.sources.append(source)
            self.readings[source] = []
        if reading not in self.readings[source]:
            self.readings[source].append(reading)
        column = f"s{self.sources.index(source)}.c{self.readings[source].index(reading)}"
        return f"coalesce({column}, {reading.measure.nothing})"

    def last_day(self) -> date:
        return max((r.as_of for readings in self.readings.values() for r in readings), default=date.min)

    def select(self, source: Source, clock: Clock, rates: Rates, accounts: list[int] | None) -> Sql:
        """Summed by account (and currency) first: joining the members and converting then meets few rows."""
        readings = self.readings[source]
        spans = [Span(reading, clock, rates) for reading in readings]
        names = {reading.counts: f"c{i}" for i, reading in reversed([*enumerate(readings)])}
        columns = [names[reading.counts] for reading in readings]
        counted = {c: r.measure.of_row(span) for c, r, span in zip(columns, readings, spans, strict=True)}
        keys = ["of_account", *(["currency"] if any(r.measure.sums_convert for r in readings) else [])]
        rows = facts_of(source, Reach(spans, accounts)).annotate(**counted).values(*keys, *counted)
        inner, of_rows = rows.query.sql_with_params()
        sums = [f"{measure.of_rows(c)} AS {c}" for (measure, *_), c in names.items()]
        totals = [
            r.measure.of_account(c, span, self.minor_unit)
            for c, r, span in zip(columns, readings, spans, strict=True)
        ]
        text = (
            f"SELECT m.member, {', '.join(f'{total} AS c{i}' for i, (total, _rates) in enumerate(totals))}"
            f" FROM (SELECT {', '.join([*keys, *sums])} FROM ({inner}) r GROUP BY {', '.join(keys)}) f"
            " JOIN members m ON m.account = f.of_account GROUP BY m.member"
        )
        return Sql(text, (*(value for _total, values in totals for value in values), *of_rows))


def facts_of(source: Source, reach: Reach) -> QuerySet:
    rows, accounts = source.facts(reach), reach.accounts
    if accounts is not None:
        without = Q(**{source.account: None}) if source.may_lack_account and 0 in accounts else Q()
        rows = rows.filter(Q(**{f"{source.account}__in": accounts}) | without)
    account = Coalesce(F(source.account), Value(0)) if source.may_lack_account else F(source.account)
    return rows.annotate(of_account=account)


def _sums_of(question: Question, columns: Columns) -> tuple[str, str]:
    metric = question.metric
    if metric.numerator is None:
        raise ValueError(f"{metric.key} is derived: it has no sums of its own.")
    numerator = metric.numerator.sql(question.asked, columns.read)
    denominator = metric.denominator.sql(question.asked, columns.read) if metric.denominator else "0"
    return numerator, denominator


def members_of(population: Population, day: date, by: str | None, *, with_unattributed: bool) -> Sql:
    split = on_day(by, day) if by else Value("")
    members = population.members(day).order_by().values(member=F("pk"), split=split)
    text, parameters = members.query.sql_with_params()
    if with_unattributed:
        text += " UNION ALL SELECT 0, ''"
    return Sql(text, parameters)


def few_accounts(population: Population) -> list[int] | None:
    """Where the population is a handful of accounts, their facts are looked up instead of everybody's read."""
    if population.accounts is not None:
        return affected(population.accounts)
    return affected((population.account,)) if population.account is not None else None


def evaluate(
    questions: Iterable[Question], population: Population, clock: Clock, *, by: str | None = None
) -> dict[Question, dict[str, PopulationSums]]:
    """The sums of every question, by value of the split ("" without one)."""
    answers: dict[Question, dict[str, PopulationSums]] = {question: {} for question in questions}
    for day in sorted({question.membership_day for question in answers}):
        asked = [question for question in answers if question.membership_day == day]
        for index, split, sums in _population_rows(asked, population, clock, by):
            answers[asked[index]][split] = sums
    return answers


def _population_rows(
    questions: list[Question], population: Population, clock: Clock, by: str | None
) -> Iterable[tuple[int, str, PopulationSums]]:
    sql = per_account(questions, population, clock, questions[0].membership_day, by=by)
    drawn = [i for i, question in enumerate(questions) if question.metric.estimate is Estimate.BOOTSTRAP]
    return add_up(sql, drawn)


def add_up(rows: Sql, drawn: list[int]) -> Iterable[tuple[int, str, PopulationSums]]:
    """Populations' sums from rows as `per_account` gives them; those of `drawn` with the accounts' own pairs."""
    with connection.cursor() as cursor:
        cursor.execute(
            POPULATION.format(rows=rows.text, drawn=", ".join(map(str, drawn)) or "-1"), rows.parameters
        )
        for index, split, k, n, k_without, n_without, accounts, kk, kn, nn, ks, ns in cursor.fetchall():
            attributed = Sums(
                float(k - k_without), float(n - n_without), accounts, kk or 0.0, kn or 0.0, nn or 0.0
            )
            drawable = (ks, ns) if ks and len(ks) <= BOOTSTRAP_ACCOUNTS else None
            yield index, split, PopulationSums(k, n, attributed, k_without, n_without, drawable)


# One more than may be drawn tells that there are too many.
DRAWABLE = BOOTSTRAP_ACCOUNTS + 1

POPULATION = f"""
SELECT question, coalesce(split, ''), sum(numerator), sum(denominator),
       coalesce(sum(numerator) FILTER (WHERE member = 0), 0), coalesce(sum(denominator) FILTER (WHERE member = 0), 0),
       count(*) FILTER (WHERE member <> 0),
       sum(numerator::float8 * numerator::float8) FILTER (WHERE member <> 0),
       sum(numerator::float8 * denominator::float8) FILTER (WHERE member <> 0),
       sum(denominator::float8 * denominator::float8) FILTER (WHERE member <> 0),
       (array_agg(numerator::float8 ORDER BY member) FILTER (WHERE question IN ({{drawn}})))[1:{DRAWABLE}],
       (array_agg(denominator::float8 ORDER BY member) FILTER (WHERE question IN ({{drawn}})))[1:{DRAWABLE}]
FROM ({{rows}}) sums
GROUP BY 1, 2
"""
