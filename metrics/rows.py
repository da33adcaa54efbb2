"""What stands behind a figure, from the declaration that makes it: first the accounts, then the facts of each.

Adding up the accounts' sums gives the figure; adding up what the facts counted gives an account's measure.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_

from django.db import connection
from django.db.models import (
    Case,
    Count,
    DateField,
    DateTimeField,
    ExpressionWrapper,
    F,
    Func,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.lookups import Exact, GreaterThan

from accounts.models import Account
from metrics.evaluate import Columns, Question, per_account
from metrics.populations import Population, affected
from metrics.sources import Clock, Measure, Rates, Reach, Source, Span
from metrics.terms import Flow, Reading, start_day_after


@dataclass(frozen=True)
class AccountRow:
    """An account's share in a figure; account 0 is what has no account. An amount without a rate is None."""

    account: int
    numerator: Decimal | None
    denominator: Decimal | None


@dataclass(frozen=True)
class Page:
    """Some of the accounts, how many there are, and what all of them are together.

    One of them may be what has no account.
    """

    rows: list[AccountRow]
    count: int
    total: AccountRow
    has_unattributed: bool = False


def accounts(
    question: Question, population: Population, clock: Clock, *, offset: int = 0, limit: int | None = 50
) -> Page:
    """The accounts that count in the figure, those that weigh most first."""
    rows = per_account([question], population, clock, question.membership_day)
    with connection.cursor() as cursor:
        cursor.execute(BY_WEIGHT.format(rows=rows.text), [*rows.parameters, limit, offset])
        found = cursor.fetchall()
        if not found and offset:
            return replace(accounts(question, population, clock, limit=1), rows=[])
    has_denominator = question.metric.denominator is not None
    listed = [_account_row(member, k, n, has_denominator) for member, k, n, *_whole in found]
    count, above, below, without = found[0][3:] if found else (0, Decimal(0), Decimal(0), False)
    return Page(listed, count, _account_row(0, above, below, has_denominator), without)


# NaN, an amount without a rate, sorts first: it is what keeps the figure from having a value.
BY_WEIGHT = """
SELECT member, numerator, denominator, count(*) OVER (), sum(numerator) OVER (), sum(denominator) OVER (),
    bool_or(member = 0) OVER ()
FROM ({rows}) sums
ORDER BY abs(numerator) DESC, denominator DESC, member LIMIT %s OFFSET %s
"""


def _account_row(account: int, numerator: Decimal, denominator: Decimal, has_denominator: bool) -> AccountRow:
    return AccountRow(
        account,
        None if numerator.is_nan() else numerator,
        None if denominator.is_nan() or not has_denominator else denominator,
    )


@dataclass(frozen=True)
class Facts:
    """The rows of a source that one measure counted, newest first, each with `counted`: None without a rate."""

    measure: Measure
    reading: Reading
    rows: QuerySet

    @property
    def first(self) -> date:
        """The first day whose facts were counted; the last one where it is a day that is read, not a window."""
        since, until = self.reading.since, self.reading.until
        return min(start_day_after(since), until)


def facts(question: Question, account: int, clock: Clock) -> list[Facts]:
    """For every measure that the question reads of the account (0: of none): the facts that it counted."""
    rates = Rates.into(clock, question.as_of)
    mine = affected((account,))
    return [
        Facts(r.measure, r, _counted(r, mine, clock, rates))
        for readings in _readings(question, clock).values()
        for r in readings
    ]


def _readings(question: Question, clock: Clock) -> dict[Source, list[Reading]]:
    """What is read of each source."""
    columns = Columns(clock.organisation.minor_unit)
    for term in (question.metric.numerator, question.metric.denominator):
        if term is not None:
            term.sql(question.asked, columns.read)
    if durations := question.metric.durations:
        columns.read(Flow(durations.time).reading(question.asked))
    return columns.readings


@dataclass(frozen=True)
class Recorded:
    """Of the facts counted, how many were recorded more than a day after they happened.

    Of those `backfilled` nobody knows when that was: they were imported as known since they happened.
    """

    late: int
    backfilled: int


def recorded(question: Question, population: Population, clock: Clock) -> Recorded:
    members = population.members(question.membership_day, clock.known_until).order_by().values("pk")
    own = Account.objects.filter(Q(pk__in=members) | Q(merged_into__in=members)).order_by().values("pk")
    rates = Rates.into(clock, question.as_of)
    found = [
        _recorded(source, [Span(reading, clock, rates) for reading in readings], own, population)
        for source, readings in _readings(question, clock).items()
    ]
    return Recorded(sum(of.late for of in found), sum(of.backfilled for of in found))


def _recorded(source: Source, spans: list[Span], accounts: QuerySet, population: Population) -> Recorded:
    counted = reduce(or_, (span.reading.measure.where(span) for span in spans))
    whose = Q(**{f"{source.account}__in": accounts})
    if source.may_lack_account and population.has_unattributed:
        whose |= Q(**{source.account: None})
    happened, a_day_later = _happened(source, spans[0].clock)
    is_counted, at = Case(When(counted, then=1), default=0), F("recorded_at")
    rows = source.facts(Reach(spans)).filter(whose).annotate(is_counted=is_counted).filter(is_counted=1)
    found = rows.annotate(
        is_late=Case(When(GreaterThan(at, a_day_later), then=1)),
        is_backfilled=Case(When(Exact(at, happened), then=1)),
    ).aggregate(late=Count("is_late"), backfilled=Count("is_backfilled"))
    return Recorded(**found)


def _happened(source: Source, clock: Clock) -> tuple[Combinable, Combinable]:
    """The instant; a day later. Of what happened on a day, its beginning; the end of the next."""
    fields = {field.name: field for field in source.model._meta.get_fields()}
    path = F(source.happened or source.moment)
    if source.happened or isinstance(fields.get(source.moment), DateTimeField):
        return path, ExpressionWrapper(path + timedelta(days=1), DateTimeField())
    zone = Value(clock.organisation.time_zone)
    return Midnight(path, zone), Midnight(ExpressionWrapper(path + 2, DateField()), zone)


class Midnight(Func):
    """With which a day begins in the zone."""

    template = "((%(expressions)s)"
    arg_joiner = ")::timestamp AT TIME ZONE "
    output_field = DateTimeField()


def _counted(reading: Reading, mine: list[int], clock: Clock, rates: Rates) -> QuerySet:
    source, measure = reading.measure.source, reading.measure
    span = Span(reading, clock, rates)
    value = measure.counted(span)
    # Not by `counted`: what has no rate counts, and is why the figure has no value.
    is_counted = Case(When(measure.where(span), then=1), default=0)
    rows = (
        source.facts(Reach([span], mine))
        .filter(_is_of(source, mine))
        .annotate(is_counted=is_counted, counted=value)
    )
    return rows.filter(is_counted=1).order_by(f"-{source.moment}", f"-{source.tie}", "-pk")


def _is_of(source: Source, accounts: list[int]) -> Q:
    without = Q(**{source.account: None}) if source.may_lack_account and 0 in accounts else Q()
    return Q(**{f"{source.account}__in": accounts}) | without
