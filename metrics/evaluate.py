"""Any list of metrics for any set of accounts on any day, in one statement.

Every source is one `SELECT … GROUP BY account` whose columns are all that the metrics read of it; a closing select
joins them and makes the sums of each metric. However many metrics and accounts, it is one statement beside the two
that fetch the settings row and the exchange rates.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from metrics.definitions import Estimate, Metric
from metrics.populations import Population, affected, on_day
from metrics.sources import Clock, Rates, Source, Span
from metrics.statistics import Sums
from metrics.terms import Reading
from metrics.windows import Window

# Below it, the interval of a money ratio is made by drawing the accounts themselves; above it the sums do as well.
BOOTSTRAP_ACCOUNTS = 1000


@dataclass(frozen=True)
class Question:
    """One metric over one window; a metric without a window reads the end of its last day only."""

    metric: Metric
    window: Window

    @property
    def membership_day(self) -> date:
        return self.metric.membership.of(self.window)


@dataclass(frozen=True)
class PopulationSums:
    """What a population's answer is made of: the sums, and what its interval needs. Money without a rate is NaN."""

    sums: Sums
    numerator: Any
    denominator: Any
    accounts: int
    unattributed: Any
    drawn: tuple[Sequence[float], Sequence[float]] | None = None


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
    columns = Columns(clock.organisation.minor_unit)
    sums = [_sums_of(question, columns, index) for index, question in enumerate(questions)]
    accounts = _few_accounts(population)
    rates = Rates.of(columns.rate_days() or {day}, clock.organisation.currency)
    members = _members(population, day, by, with_unattributed=population.has_unattributed)
    sources = [columns.select(source, clock, rates, accounts) for source in columns.sources]
    joins = "".join(f" LEFT JOIN s{i} ON s{i}.member = p.member" for i in range(len(sources)))
    ctes = "".join(f", s{i} AS ({source.text})" for i, source in enumerate(sources))
    text = (
        f"WITH population AS MATERIALIZED ({members.text}), members AS ({MEMBERS}){ctes}"
        f" SELECT p.member, p.split, q.question, q.numerator, q.denominator FROM population p{joins}"
        f" CROSS JOIN LATERAL (VALUES {', '.join(sums)}) q (question, numerator, denominator)"
        " WHERE q.numerator <> 0 OR q.denominator <> 0"
    )
    parameters = members.parameters + tuple(value for source in sources for value in source.parameters)
    return Sql(text, parameters)


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
        return f"coalesce(s{self.sources.index(source)}.c{self.readings[source].index(reading)}, 0)"

    def rate_days(self) -> set[date]:
        return {reading.rates for readings in self.readings.values() for reading in readings}

    def select(self, source: Source, clock: Clock, rates: Rates, accounts: list[int] | None) -> Sql:
        """Summed by account first: where nobody was merged, joining the members then multiplies nothing by anything."""
        spans = {r: Span(r.since, r.until, clock, rates, r.rates) for r in self.readings[source]}
        rows = _rows(source, list(spans.values()), accounts)
        annotated = rows.annotate(**{f"c{i}": r.measure.of_row(span) for i, (r, span) in enumerate(spans.items())})
        inner, parameters = annotated.values("account", *(f"c{i}" for i in range(len(spans)))).query.sql_with_params()
        sums = ", ".join(f"{r.measure.of_rows(f'c{i}')} AS c{i}" for i, r in enumerate(spans))
        totals = ", ".join(f"{r.measure.of_account(f'c{i}', self.minor_unit)} AS c{i}" for i, r in enumerate(spans))
        text = (
            f"SELECT m.member, {totals} FROM (SELECT account, {sums} FROM ({inner}) r GROUP BY account) f"
            " JOIN members m ON m.account = f.account GROUP BY m.member"
        )
        return Sql(text, parameters)


def _rows(source: Source, spans: list[Span], accounts: list[int] | None) -> QuerySet:
    rows = source.rows(spans).order_by()
    if accounts is not None:
        without = Q(**{source.account: None}) if source.may_lack_account and 0 in accounts else Q()
        rows = rows.filter(Q(**{f"{source.account}__in": accounts}) | without)
    account = Coalesce(F(source.account), Value(0)) if source.may_lack_account else F(source.account)
    return rows.values("pk").annotate(account=account)


def _sums_of(question: Question, columns: Columns, index: int) -> str:
    metric = question.metric
    numerator = metric.numerator.sql(question.window, columns.read)
    denominator = metric.denominator.sql(question.window, columns.read) if metric.denominator else "0"
    return f"({index}, ({numerator})::numeric, ({denominator})::numeric)"


def _members(population: Population, day: date, by: str | None, *, with_unattributed: bool) -> Sql:
    split = on_day(by, day) if by else Value("")
    members = population.members(day).order_by().values(member=F("pk"), split=split)
    text, parameters = members.query.sql_with_params()
    if with_unattributed:
        text += " UNION ALL SELECT 0, ''"
    return Sql(text, parameters)


def _few_accounts(population: Population) -> list[int] | None:
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
        cursor.execute(POPULATION.format(rows=rows.text, drawn=", ".join(map(str, drawn)) or "-1"), rows.parameters)
        for index, split, numerator, denominator, unattributed, accounts, kk, kn, nn, ks, ns in cursor.fetchall():
            sums = Sums(float(numerator), float(denominator), accounts, kk, kn, nn)
            drawable = (ks, ns) if ks and len(ks) <= BOOTSTRAP_ACCOUNTS else None
            yield index, split, PopulationSums(sums, numerator, denominator, accounts, unattributed, drawable)


POPULATION = f"""
SELECT question, coalesce(split, ''), sum(numerator), sum(denominator),
       coalesce(sum(CASE WHEN denominator = 0 THEN numerator ELSE denominator END) FILTER (WHERE member = 0), 0),
       count(*) FILTER (WHERE member <> 0),
       sum(numerator::float8 * numerator::float8), sum(numerator::float8 * denominator::float8),
       sum(denominator::float8 * denominator::float8),
       (array_agg(numerator::float8 ORDER BY member) FILTER (WHERE question IN ({{drawn}})))[1:{BOOTSTRAP_ACCOUNTS + 1}],
       (array_agg(denominator::float8 ORDER BY member) FILTER (WHERE question IN ({{drawn}})))[1:{BOOTSTRAP_ACCOUNTS + 1}]
FROM ({{rows}}) sums
GROUP BY 1, 2
"""
