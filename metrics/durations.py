"""How long things took, in the middle: Kaplan–Meier estimates, from the facts themselves.

Sums do not make them, so that the facts are read once more: in one statement, however many metrics, populations and
accounts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from operator import add
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, Case, FloatField, Value, When
from django.db.models.functions import Cast

from metrics.definitions import Durations, Estimate
from metrics.evaluate import PopulationSums, Question, facts_of, few_accounts, in_parts, members_of, split_of
from metrics.populations import By, Part, Population, Sql, is_of_account
from metrics.sources import Clock, Rates, Reach, Source, Span
from metrics.terms import Flow

OF_NOBODY = Sql(
    "SELECT 0 AS member, '{}'::text[] AS split, 0 AS question, 0::float8 AS time, true AS reached WHERE false"
)


def with_durations(
    evaluated: dict[Question, dict[Part, PopulationSums]],
    population: Population,
    clock: Clock,
    *,
    by: By = (),
) -> dict[Question, dict[Part, PopulationSums]]:
    """The sums, and beside them the durations that the questions are about."""
    questions = [question for question in evaluated if question.metric.durations]
    found = {question: dict(splits) for question, splits in evaluated.items()}
    for day in sorted({question.membership_day for question in questions}):
        asked = [question for question in questions if question.membership_day == day]
        for index, split, waits in of_populations(per_fact(asked, population, clock, day, by=by)):
            sums = found[asked[index]]
            # What came in between the two statements waits for the next question.
            if split in sums:
                sums[split] = replace(sums[split], **waits)
    return found


def per_fact(
    questions: Sequence[Question], population: Population, clock: Clock, day: date, *, by: By = ()
) -> Sql:
    """Rows of (member, split, question, time, reached): every fact that is watched. Member 0 is what has no account.

    Questions without durations have none.
    """
    by_source: dict[Source, dict[int, Durations]] = {}
    for index, question in enumerate(questions):
        if durations := question.metric.durations:
            by_source.setdefault(durations.time.source, {})[index] = durations
    if not by_source:
        return OF_NOBODY
    of_accounts = tuple(name for name in by if is_of_account(name))
    of_facts = tuple(name for name in by if not is_of_account(name))
    try:
        members = members_of(population, clock, day, of_accounts)
    except EmptyResultSet:
        return OF_NOBODY
    accounts = few_accounts(population)
    facts = [
        _facts(source, {i: (questions[i], asked[i]) for i in asked}, clock, accounts, of_facts)
        for source, asked in by_source.items()
    ]
    text = (
        f"WITH {members.text}"
        f" SELECT p.member, {split_of(of_accounts, of_facts, by)} AS split, parts.question, parts.time, parts.reached"
        f" FROM ({' UNION ALL '.join(one.text for one in facts)}) parts"
        " JOIN members m ON m.account = parts.of_account"
        f" JOIN {in_parts(of_accounts)} p ON p.member = m.member"
    )
    return Sql(text, members.parameters + tuple(value for one in facts for value in one.parameters))


def _facts(
    source: Source,
    asked: dict[int, tuple[Question, Durations]],
    clock: Clock,
    accounts: list[int] | None,
    by: By,
) -> Sql:
    """Rows of (of_account, d0 …, question, time, reached)."""
    # Times are no money: no rate is asked for.
    rates = Rates(clock.organisation.currency, {})
    spans, columns = [], {}
    for index, (question, durations) in asked.items():
        span = Span(Flow(durations.time).reading(question.asked), clock, rates)
        time = Cast(durations.time.value(span), FloatField())
        spans.append(span)
        columns[f"t{index}"] = Case(When(durations.time.where(span), then=time), output_field=FloatField())
        columns[f"r{index}"] = Case(
            When(durations.reached.where(span), then=Value(True)),
            default=Value(False),
            output_field=BooleanField(),
        )
    keys = ["of_account", *(f"d{i}" for i in range(len(by)))]
    rows = facts_of(source, Reach(spans, accounts), by, columns, keys)
    text, parameters = rows.query.sql_with_params()
    times_of, reached_by = (", ".join(f"{kind}{index}" for index in asked) for kind in "tr")
    return Sql(
        f"SELECT {', '.join(keys)}, d.question, d.time, d.reached FROM ({text}) r, LATERAL unnest("
        f"ARRAY{[*asked]}, ARRAY[{times_of}], ARRAY[{reached_by}]) d(question, time, reached)"
        " WHERE d.time IS NOT NULL",
        parameters,
    )


def of_populations(rows: Sql) -> Iterable[tuple[int, Part, dict[str, Any]]]:
    """The times of each part of the questions, and whether they are those to the end."""
    if rows is OF_NOBODY:
        return
    with connection.cursor() as cursor:
        cursor.execute(OF_POPULATIONS.format(rows=rows.text), rows.parameters)
        for index, split, times, reached in cursor.fetchall():
            yield index, tuple(split), {"times": tuple(times), "reached": tuple(reached)}


OF_POPULATIONS = """
SELECT question, split, array_agg(time), array_agg(reached) FROM ({rows}) watched GROUP BY 1, 2
"""


def per_account(questions: Sequence[Question], population: Population, clock: Clock, day: date) -> Sql:
    """Rows of (member, question, value): what each account's own durations come to, null where that is not reached.

    The same estimate as in `metrics.statistics`, for all accounts at once and without limits.
    """
    rows = per_fact(questions, population, clock, day)
    waiting = [1 - q.metric.durations.share if q.metric.durations else 1.0 for q in questions]
    # Of a median between two values the second is the first at which fewer than half are left.
    hairs = [-HAIR if q.metric.estimate is Estimate.ORDER_STATISTICS else HAIR for q in questions]
    first, second = [[left + HAIR for left in waiting], [*map(add, waiting, hairs)]]
    return Sql(OF_ACCOUNTS.format(rows=rows.text), (first, second, *rows.parameters))


# As in `Survival`: 23/24 · 22/23 · … · 12/13 is a hair above a half in floats.
HAIR = 1e-12


OF_ACCOUNTS = """
SELECT member, question, (min(time) FILTER (WHERE exp(waiting) <= (%s::float8[])[question + 1])
                          + min(time) FILTER (WHERE exp(waiting) <= (%s::float8[])[question + 1])) / 2 AS value
FROM (SELECT member, question, time,
             sum(CASE WHEN events = 0 THEN 0 WHEN events = at_risk THEN '-Infinity' ELSE ln(1 - events / at_risk) END)
               OVER (PARTITION BY member, question ORDER BY time) AS waiting
      FROM (SELECT member, question, time, (count(*) FILTER (WHERE reached))::float8 AS events,
                   (sum(count(*)) OVER (PARTITION BY member, question ORDER BY time DESC))::float8 AS at_risk
            FROM ({rows}) watched GROUP BY 1, 2, 3) times) curve
GROUP BY 1, 2
"""
