"""Any list of metrics for any set of accounts on any day, in one statement.

Every source is one `SELECT … GROUP BY account` whose columns are all that the metrics read of it; a closing select
joins them and makes the sums of each metric. However many metrics and accounts, it is one statement beside the two
that fetch the settings row and the exchange rates.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Coalesce

from accounts.models import Account
from metrics.definitions import Estimate, Metric, counts_people_once
from metrics.kept import built
from metrics.populations import (
    By,
    Part,
    Population,
    Sql,
    affected,
    among,
    is_of_account,
    may_be_several,
    on_day,
    ultimate_parents,
)
from metrics.sources import Clock, Rates, Reach, Source, Span
from metrics.statistics import Sums
from metrics.terms import SIZE, START, Asked, Parameters, Reading
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
    def is_of_people(self) -> bool:
        return counts_people_once(self.parameters)

    @property
    def membership_day(self) -> date:
        return self.window.start if self.metric.membership is START else self.as_of


Drawn = tuple[Sequence[float], Sequence[float]] | None


def _drawn_together(one: Drawn, other: Drawn) -> Drawn:
    if one is None or other is None or len(one[0]) + len(other[0]) > BOOTSTRAP_ACCOUNTS:
        return None
    return [*one[0], *other[0]], [*one[1], *other[1]]


Squares = tuple[Decimal, Decimal] | None


def _together(one: Squares, other: Squares) -> Squares:
    return None if one is None or other is None else (one[0] + other[0], one[1] + other[1])


@dataclass(frozen=True)
class PopulationSums:
    """What a population's answer is made of: the sums, and what its interval needs. Money without a rate is NaN.

    `attributed` are the sums over accounts, with their squares; `…_without` is what has no account. `times` are the
    durations that were watched, and `reached` whether they came to their end. `squares` are those of the metric, of
    all and of what has no account; None: it has none.
    """

    numerator: Decimal
    denominator: Decimal
    attributed: Sums = field(default_factory=Sums)
    numerator_without: Decimal = Decimal(0)
    denominator_without: Decimal = Decimal(0)
    drawn: Drawn = None
    times: tuple[float, ...] = ()
    reached: tuple[bool, ...] = ()
    squares: Squares = None

    @property
    def accounts(self) -> int:
        return self.attributed.accounts

    @property
    def unattributed(self) -> Decimal:
        return self.denominator_without or self.numerator_without

    def __add__(self, other: "PopulationSums") -> "PopulationSums":
        return PopulationSums(
            self.numerator + other.numerator,
            self.denominator + other.denominator,
            self.attributed + other.attributed,
            self.numerator_without + other.numerator_without,
            self.denominator_without + other.denominator_without,
            _drawn_together(self.drawn, other.drawn),
            (*self.times, *other.times),
            (*self.reached, *other.reached),
            _together(self.squares, other.squares),
        )

    def of_units(self) -> Sums:
        """Where units are counted, each one without an account stands for itself."""
        squares = self.numerator_without if self.squares is None else self.squares[1]
        without = Sums.of_units(
            float(self.numerator_without), int(self.denominator_without), squares=float(squares)
        )
        return self.attributed + without

    def of_accounts(self) -> Sums:
        """Where amounts are averaged, what has no account weighs as one account: its single units are not kept."""
        return self.attributed + Sums.of_account(
            float(self.numerator_without), float(self.denominator_without)
        )


def per_account(
    questions: Sequence[Question], population: Population, clock: Clock, day: date, *, by: By = ()
) -> Sql:
    """Rows of (member, split, question, numerator, denominator), where either is not 0.

    Filters and splits by what accounts are, are read on the membership day; splits by what facts are, where they say
    so (`Source.dimensions`). Member 0 is everything without an account; it is there when the population is everybody.
    """
    return _of_members(questions, population, clock, day, by, _sums_of, NUMBER)


Terms = Callable[[Question, "Columns"], tuple[str, str]]
# What a member has of a question, and what that is where it has nothing.
NUMBER, SET = ("numeric", "0"), ("int8multirange", "'{}'::int8multirange")


def _of_members(
    questions: Sequence[Question],
    population: Population,
    clock: Clock,
    day: date,
    by: By,
    terms: Terms,
    kind: tuple[str, str],
) -> Sql:
    sql_type, nothing = kind
    of_accounts = tuple(name for name in by if is_of_account(name))
    try:
        members = members_of(population, clock, day, of_accounts)
    except EmptyResultSet:
        return OF_NOBODY
    columns = Columns(clock.organisation.minor_unit, population.counts_groups_once)
    sums = [terms(question, columns) for question in questions]
    of_facts = columns.split(by)
    numerators, denominators = (", ".join(column) for column in zip(*sums, strict=True))
    accounts = few_accounts(population)
    rates = Rates.into(clock, max(columns.last_day(), day))
    sources = [columns.select(source, clock, rates, accounts) for source in columns.sources]
    ctes = "".join(f", s{i} AS ({source.text})" for i, source in enumerate(sources))
    text = (
        f"WITH {members.text}{ctes}"
        # Arrays and not VALUES, which PostgreSQL would prepare anew for every account.
        f" SELECT * FROM (SELECT p.member, {split_of(of_accounts, of_facts, by)} AS split,"
        f" generate_series(0, {len(sums) - 1}) AS question,"
        f" unnest(ARRAY[{numerators}]::{sql_type}[]) AS numerator,"
        f" unnest(ARRAY[{denominators}]::{sql_type}[]) AS denominator"
        f" FROM {in_parts(of_accounts)} p{_joins(len(sources), len(of_facts))}) q"
        f" WHERE numerator <> {nothing} OR denominator <> {nothing}"
    )
    parameters = members.parameters + tuple(value for source in sources for value in source.parameters)
    return Sql(text, parameters)


# Of a text with a value a line; of an empty one the empty value.
VALUES = "unnest(coalesce(nullif(string_to_array(split[{0}], E'\\n'), '{{}}'), '{{\"\"}}')) v{0}(value)"


def in_parts(of_accounts: By) -> str:
    """The population; who has several values of what is split by stands in a part for each of them."""
    several = [i for i, name in enumerate(of_accounts, start=1) if may_be_several(name)]
    if not several:
        return "population"
    places = range(1, len(of_accounts) + 1)
    split = ", ".join(f"v{i}.value" if i in several else f"split[{i}]" for i in places)
    values = "".join(f" CROSS JOIN LATERAL {VALUES.format(i)}" for i in several)
    return f"(SELECT member, ARRAY[{split}] AS split FROM population{values})"


def split_of(of_accounts: By, of_facts: By, by: By) -> str:
    """The values of all that is split by, in the order asked for.

    Where what has no account says itself what accounts are split by, it is in that part.
    """
    places = {name: f"p.split[{i}]" for i, name in enumerate(of_accounts, start=1)}
    for i, name in enumerate(of_facts):
        own = f"parts.d{i}"
        places[name] = f"CASE WHEN p.member = 0 THEN {own} ELSE {places[name]} END" if name in places else own
    return f"ARRAY[{', '.join(places[name] for name in by)}]::text[]" if of_facts else "p.split"


def _joins(sources: int, of_facts: int) -> str:
    """By member, and where facts are split, by their part: all that the member has in any of the sources."""
    parts = [f"d{i}" for i in range(of_facts)]
    same = "".join(f" AND s{{0}}.{part} = parts.{part}" for part in parts)
    joins = "".join(f" LEFT JOIN s{i} ON s{i}.member = p.member{same.format(i)}" for i in range(sources))
    if not parts:
        return joins
    known = " UNION ".join(f"SELECT member, {', '.join(parts)} FROM s{i}" for i in range(sources))
    return f" JOIN ({known}) parts ON parts.member = p.member{joins}"


# Django knows without asking that no account can be in the population, and makes no statement of it.
OF_NOBODY = Sql(
    "SELECT 0 AS member, '{}'::text[] AS split, 0 AS question, 0::numeric AS numerator, 0::numeric AS denominator"
    " WHERE false"
)

# Whoever lost a merge brings its facts to the survivor; what has no account is account 0.
MEMBERS = (
    "SELECT a.id AS account, p.member FROM accounts_account a"
    " JOIN population p ON p.member = coalesce(a.merged_into_id, a.id)"
    " UNION ALL SELECT 0, 0 FROM population WHERE member = 0"
)
# Where a group counts once, its ultimate parent stands for it, with the facts of all that were asked for.
MEMBERS_OF_GROUPS = (
    "SELECT a.id AS account, c.root AS member, c.member AS survivor FROM accounts_account a"
    " JOIN chosen c ON c.member = coalesce(a.merged_into_id, a.id)"
    " UNION ALL SELECT 0, 0, 0 FROM population WHERE member = 0"
)


class Columns:
    """The columns that the metrics ask of each source, each once, by the parts that facts are split into."""

    def __init__(self, minor_unit: int, of_groups: bool = False) -> None:
        self.minor_unit = minor_unit
        self.of_groups = of_groups
        self.dimensions: By = ()
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

    def split(self, by: By) -> By:
        """By those of the names that no account has, or that a source says of its rows."""
        said = {name for source in self.sources for name in source.dimensions}
        self.dimensions = tuple(name for name in by if not is_of_account(name) or name in said)
        return self.dimensions

    def last_day(self) -> date:
        return max((r.as_of for readings in self.readings.values() for r in readings), default=date.min)

    def select(self, source: Source, clock: Clock, rates: Rates, accounts: list[int] | None) -> Sql:
        readings = tuple(self.readings[source])
        if any(("hours", "working") in reading.parameters for reading in readings):
            # Which calendars there are is looked up while it is built.
            return self._build(source, clock, rates, accounts)
        key = (source, readings, self.dimensions, self.of_groups, clock.settings, rates.key)
        return built(key, lambda now, few: self._build(source, now, rates, few), clock, accounts)

    def _build(self, source: Source, clock: Clock, rates: Rates, accounts: list[int] | None) -> Sql:
        """Summed by account (and currency) first: joining the members and converting then meets few rows."""
        readings = self.readings[source]
        spans = [Span(reading, clock, rates) for reading in readings]
        names = {reading.counts: f"c{i}" for i, reading in reversed([*enumerate(readings)])}
        columns = [names[reading.counts] for reading in readings]
        counted = {c: r.measure.of_row(span) for c, r, span in zip(columns, readings, spans, strict=True)}
        reach = Reach(spans, accounts)
        parts = [f"d{i}" for i in range(len(self.dimensions))]
        keys = [
            "of_account",
            *parts,
            *(["currency"] if any(r.measure.sums_convert for r in readings) else []),
        ]
        rows = facts_of(source, reach, self.dimensions, counted, keys)
        inner, of_rows = rows.query.sql_with_params()
        sums = [f"{measure.of_rows(c)} AS {c}" for (measure, *_), c in names.items()]
        totals = [r.measure.of_account(c, span) for c, r, span in zip(columns, readings, spans, strict=True)]
        # Where a group of companies counts as one, each of them is rounded all the same.
        account = "survivor" if self.of_groups else "member"
        rounded = [
            f"{r.measure.rounded(f't{i}', self.minor_unit, account, parts)} AS c{i}"
            for i, r in enumerate(readings)
        ]
        of_account = ", ".join(dict.fromkeys(["member", account, *parts]))
        text = (
            f"SELECT {', '.join(['member', *parts, *rounded])} FROM"
            f" (SELECT {of_account}, {', '.join(f'{total} AS t{i}' for i, (total, _rates) in enumerate(totals))}"
            f" FROM (SELECT {', '.join([*keys, *sums])} FROM ({inner}) r GROUP BY {', '.join(keys)}) f"
            f" JOIN members m ON m.account = f.of_account GROUP BY {of_account}) t"
        )
        if self.of_groups:
            of_group = ", ".join(["member", *parts])
            together = ", ".join(f"{r.measure.aggregate}(c{i}) AS c{i}" for i, r in enumerate(readings))
            text = f"SELECT {of_group}, {together} FROM ({text}) a GROUP BY {of_group}"
        return Sql(text, (*(value for _total, values in totals for value in values), *of_rows))


def facts_of(source: Source, reach: Reach, by: By, counted: dict[str, Any], keys: list[str]) -> QuerySet:
    """Its facts with what is counted of them, each in every part of the split, `d0` and so on, that it falls into."""
    parts = {f"d{i}": source.part(name, reach) for i, name in enumerate(by)}
    rows = _rows(source, reach).annotate(**counted, **parts).values(*keys, *counted)
    if any(name in source.dimensions and source.dimensions[name].is_of_many for name in by):
        return rows.values("pk", *keys, *counted).distinct()
    return rows


def _rows(source: Source, reach: Reach) -> QuerySet:
    rows, accounts = source.facts(reach), reach.accounts
    if accounts is not None:
        without = Q(**{source.account: None}) if source.may_lack_account and 0 in accounts else Q()
        rows = rows.filter(among(source.account, accounts) | without)
    account = Coalesce(F(source.account), Value(0)) if source.may_lack_account else F(source.account)
    return rows.annotate(of_account=account)


def _sums_of(question: Question, columns: Columns) -> tuple[str, str]:
    metric = question.metric
    if metric.numerator is None:
        raise ValueError(f"{metric.key} is derived: it has no sums of its own.")
    numerator = metric.numerator.sql(question.asked, columns.read)
    denominator = metric.denominator.sql(question.asked, columns.read) if metric.denominator else "0"
    return numerator, denominator


def _people_of(question: Question, columns: Columns) -> tuple[str, str]:
    """The sets whose sizes numerator and denominator are."""
    above, below, *_rest = [*(of.sql(question.asked, columns.read) for of in question.metric.people), SET[1]]
    return above, below


def members_of(population: Population, clock: Clock, day: date, by: By) -> Sql:
    """Who counts (`population`), and whose facts each of them brings (`members`)."""
    split = Split.of(by, day, clock.known_until, population.compared)
    members = population.members(day, clock.known_until).order_by()
    nobody = (
        f" UNION ALL SELECT 0, array_fill(''::text, ARRAY[{len(by)}])" if population.has_unattributed else ""
    )
    if not population.counts_groups_once:
        text, parameters = members.values(member=F("pk"), split=split).query.sql_with_params()
        return Sql(f"population AS MATERIALIZED ({text}{nobody}), members AS ({MEMBERS})", parameters)
    roots = ultimate_parents(day, clock.known_until)
    chosen, of_members = members.values(member=F("pk")).query.sql_with_params()
    text, of_roots = Account.objects.order_by().values(member=F("pk"), split=split).query.sql_with_params()
    return Sql(
        f"{roots.text}, chosen AS MATERIALIZED (SELECT c.member, coalesce(r.root, c.member) AS root"
        f" FROM ({chosen}) c LEFT JOIN roots r ON r.account = c.member),"
        f" population AS MATERIALIZED (SELECT * FROM ({text}) a WHERE member IN (SELECT root FROM chosen){nobody}),"
        f" members AS ({MEMBERS_OF_GROUPS})",
        (*roots.parameters, *of_members, *of_roots),
    )


class Split(Func):
    """The values that an account has of what is split by, several one a line; empty for what it has none of."""

    template = "ARRAY[%(expressions)s]::text[]"
    output_field = ArrayField(TextField())

    @classmethod
    def of(
        cls, by: By, day: date, known_until: datetime | None = None, compared: Sequence[int] = ()
    ) -> "Split":
        return cls(*(Coalesce(on_day(name, day, known_until, compared), Value("")) for name in by))


def few_accounts(population: Population) -> list[int] | None:
    """Where the population is a handful of accounts, their facts are looked up instead of everybody's read."""
    if population.accounts is not None:
        return affected(population.accounts)
    return affected((population.account,)) if population.account is not None else None


def evaluate(
    questions: Iterable[Question], population: Population, clock: Clock, *, by: By = ()
) -> dict[Question, dict[Part, PopulationSums]]:
    """The sums of every question, by the values of the split."""
    answers: dict[Question, dict[Part, PopulationSums]] = {question: {} for question in questions}
    for day in sorted({question.membership_day for question in answers}):
        for is_of_people, rows in (False, _population_rows), (True, _people_rows):
            asked = [q for q in answers if q.membership_day == day and q.is_of_people == is_of_people]
            for index, split, sums in rows(asked, population, clock, by) if asked else ():
                answers[asked[index]][split] = sums
    return answers


def _population_rows(
    questions: list[Question], population: Population, clock: Clock, by: By
) -> Iterable[tuple[int, Part, PopulationSums]]:
    sql = per_account(questions, population, clock, questions[0].membership_day, by=by)
    drawn = [i for i, question in enumerate(questions) if question.metric.estimate is Estimate.BOOTSTRAP]
    return add_up(sql, drawn)


def _people_rows(
    questions: list[Question], population: Population, clock: Clock, by: By
) -> Iterable[tuple[int, Part, PopulationSums]]:
    day = questions[0].membership_day
    rows = _of_members(questions, population, clock, day, by, _people_of, SET)
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE.format(rows=rows.text), rows.parameters)
        for index, split, k, n, accounts in cursor.fetchall():
            # Whoever does it without being active is left out, as in `per_account`.
            above = min(k, n) if questions[index].metric.denominator else k
            yield index, tuple(split), PopulationSums(above, n, Sums(float(above), float(n), accounts))


def add_up(rows: Sql, drawn: list[int]) -> Iterable[tuple[int, Part, PopulationSums]]:
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
            yield index, tuple(split), PopulationSums(k, n, attributed, k_without, n_without, drawable)


# One more than may be drawn tells that there are too many.
DRAWABLE = BOOTSTRAP_ACCOUNTS + 1

PEOPLE = f"""
SELECT question, split, {SIZE.format("above")}, {SIZE.format("below")}, accounts
FROM (SELECT question, split, range_agg(numerator) AS above, range_agg(denominator) AS below, count(*) AS accounts
      FROM ({{rows}}) sets GROUP BY 1, 2) united
"""

POPULATION = f"""
SELECT question, split, sum(numerator), sum(denominator),
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
