"""How long things took, in the middle: Kaplan–Meier estimates, from the facts themselves.

Sums do not make them, so that the facts are read once more: in one statement, however many metrics, populations and
accounts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, Case, FloatField, Value, When
from django.db.models.functions import Cast

from metrics.definitions import Durations
from metrics.evaluate import MEMBERS, PopulationSums, Question, Sql, facts_of, few_accounts, members_of
from metrics.populations import Population
from metrics.sources import Clock, Rates, Reach, Source, Span
from metrics.statistics import Quantile, kaplan_meier
from metrics.terms import Flow

NOTHING = Sql(
    "SELECT 0 AS member, '' AS split, 0 AS question, 0::float8 AS hours, true AS reached WHERE false"
)


def with_durations(
    evaluated: dict[Question, dict[str, PopulationSums]],
    population: Population,
    clock: Clock,
    *,
    by: str | None = None,
) -> dict[Question, dict[str, PopulationSums]]:
    """The sums, and beside them what the durations come to."""
    questions = [question for question in evaluated if question.metric.durations]
    found = {question: dict(splits) for question, splits in evaluated.items()}
    for day in sorted({question.membership_day for question in questions}):
        asked = [question for question in questions if question.membership_day == day]
        for index, split, quantile in estimated(per_fact(asked, population, clock, day, by=by), asked):
            sums = found[asked[index]]
            if split in sums:
                sums[split] = replace(sums[split], reached=quantile)
    return found


def per_fact(
    questions: Sequence[Question], population: Population, clock: Clock, day: date, *, by: str | None = None
) -> Sql:
    """Rows of (member, split, question, hours, reached): every fact that is watched. Member 0 is what has no account.

    Questions without durations have none.
    """
    by_source: dict[Source, dict[int, Durations]] = {}
    for index, question in enumerate(questions):
        if durations := question.metric.durations:
            by_source.setdefault(durations.hours.source, {})[index] = durations
    if not by_source:
        return NOTHING
    try:
        members = members_of(population, day, by, with_unattributed=population.has_unattributed)
    except EmptyResultSet:
        return NOTHING
    accounts = few_accounts(population)
    facts = [_facts(source, asked, questions, clock, accounts) for source, asked in by_source.items()]
    text = (
        f"WITH population AS MATERIALIZED ({members.text}), members AS ({MEMBERS})"
        " SELECT p.member, p.split, f.question, f.hours, f.reached"
        f" FROM ({' UNION ALL '.join(one.text for one in facts)}) f"
        " JOIN members m ON m.account = f.of_account JOIN population p ON p.member = m.member"
    )
    return Sql(text, members.parameters + tuple(value for one in facts for value in one.parameters))


def _facts(
    source: Source,
    asked: dict[int, Durations],
    questions: Sequence[Question],
    clock: Clock,
    accounts: list[int] | None,
) -> Sql:
    """Rows of (of_account, question, hours, reached)."""
    # Hours are no money: no rate is asked for.
    rates = Rates(clock.organisation.currency, {})
    spans = {
        index: Span(Flow(durations.hours).reading(questions[index].asked), clock, rates)
        for index, durations in asked.items()
    }
    columns: dict[str, Any] = {}
    for index, durations in asked.items():
        span = spans[index]
        hours, reached = durations.hours, durations.reached
        columns[f"h{index}"] = Case(
            When(hours.where(span), then=Cast(hours.value(span), FloatField())), output_field=FloatField()
        )
        columns[f"r{index}"] = Case(
            When(reached.where(span), then=Value(True)), default=Value(False), output_field=BooleanField()
        )
    rows = facts_of(source, Reach([*spans.values()], accounts)).annotate(**columns)
    text, parameters = rows.values("of_account", *columns).query.sql_with_params()
    names = (", ".join(f"{kind}{index}" for index in asked) for kind in "hr")
    hours_of, reached_by = names
    return Sql(
        f"SELECT of_account, d.question, d.hours, d.reached FROM ({text}) r, LATERAL unnest(ARRAY{[*asked]},"
        f" ARRAY[{hours_of}], ARRAY[{reached_by}]) d(question, hours, reached) WHERE d.hours IS NOT NULL",
        parameters,
    )


def estimated(rows: Sql, questions: Sequence[Question]) -> Iterable[tuple[int, str, Quantile]]:
    """What a population's durations come to, with its limits, by question and split."""
    if rows is NOTHING:
        return
    with connection.cursor() as cursor:
        cursor.execute(OF_POPULATIONS.format(rows=rows.text), rows.parameters)
        for index, split, hours, reached in cursor.fetchall():
            durations = questions[index].metric.durations
            survival = kaplan_meier(hours, reached)
            if durations and survival:
                yield index, split, survival.quantile(durations.share)


OF_POPULATIONS = """
SELECT question, coalesce(split, ''), array_agg(hours), array_agg(reached) FROM ({rows}) watched GROUP BY 1, 2
"""


def per_account(questions: Sequence[Question], population: Population, clock: Clock, day: date) -> Sql:
    """Rows of (member, question, value): what each account's own durations come to, null where that is not reached.

    The same estimate as in `metrics.statistics`, for all accounts at once and without limits.
    """
    rows = per_fact(questions, population, clock, day)
    shares = [q.metric.durations.share if q.metric.durations else 0.0 for q in questions]
    return Sql(OF_ACCOUNTS.format(rows=rows.text), (shares, *rows.parameters))


OF_ACCOUNTS = """
SELECT member, question, min(hours) FILTER (WHERE exp(waiting) <= 1 - (%s::float8[])[question + 1] + 1e-12) AS value
FROM (SELECT member, question, hours,
             sum(CASE WHEN events = 0 THEN 0 WHEN events = at_risk THEN '-Infinity' ELSE ln(1 - events / at_risk) END)
               OVER (PARTITION BY member, question ORDER BY hours) AS waiting
      FROM (SELECT member, question, hours, (count(*) FILTER (WHERE reached))::float8 AS events,
                   (sum(count(*)) OVER (PARTITION BY member, question ORDER BY hours DESC))::float8 AS at_risk
            FROM ({rows}) watched GROUP BY 1, 2, 3) times) curve
GROUP BY 1, 2
"""
