"""What evaluation gives, kept: current values, snapshots, values of populations. Set-based, and only what changed."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from metrics import answers, catalogue, durations, framing, windows
from metrics.answers import Answer
from metrics.definitions import Estimate, Level, Metric
from metrics.evaluate import PopulationSums, Question, Split, add_up, per_account
from metrics.models import Definition, PopulationValue
from metrics.populations import Part, Population, Sql
from metrics.sources import Clock
from metrics.squares import with_squares
from metrics.versions import taxonomy, version_of

# The fixed populations whose values are kept for every metric, beside everybody.
DIMENSIONS = ("segment", "tier", "team", "owner")


def stored_metrics() -> list[Metric]:
    """Derived metrics have no sums of their own; what is of one thing at a time has no value of all."""
    return [metric for metric in catalogue.ALL.values() if not metric.of and not metric.of_each]


def is_of_whole(metric: Metric) -> bool:
    """An organisation's figure has sums of accounts, which mean something only all together."""
    return metric.level is Level.ORGANISATION


def headlines() -> list[Metric]:
    """Those whose values per account are kept for past days."""
    return [catalogue.ALL[key] for key in catalogue.HEADLINES]


def definitions() -> dict[str, int]:
    """Row ids by key; a metric that is new, or whose version changed, gets its row here."""
    known = {definition.key: definition for definition in Definition.objects.all()}
    changes = taxonomy()
    versions = {metric.key: version_of(metric, changes) for metric in catalogue.ALL.values()}
    new = [
        Definition(key=key, version=version, since=Now())
        for key, version in versions.items()
        if key not in known or known[key].version != version
    ]
    if new:
        Definition.objects.bulk_create(
            new, update_conflicts=True, unique_fields=["key"], update_fields=["version", "since"]
        )
    return {definition.key: definition.pk for definition in (*known.values(), *new)}


def store_current(accounts: Collection[int], clock: Clock) -> int:
    """Brings today's values of these accounts up to date; says how many rows that changed."""
    if not accounts:
        return 0
    _evaluate_into_fresh(stored_metrics(), accounts, clock, clock.today)
    return _replace("metrics_currentvalue", accounts)


def store_snapshot(accounts: Collection[int], clock: Clock, day: date) -> int:
    """Likewise the headline metrics as of a past day."""
    if not accounts:
        return 0
    _evaluate_into_fresh(headlines(), accounts, clock, day)
    return _replace("metrics_accountsnapshot", accounts, day)


def store_night(accounts: Collection[int], clock: Clock, day: date) -> list[tuple[int, str]]:
    """Likewise, from an evaluation of all metrics; says which current values are not what that gives: (account, key).

    Should be none. Accounts that are touched, and so known to be behind, are not compared.
    """
    if not accounts:
        return []
    _evaluate_into_fresh(stored_metrics(), accounts, clock, day)
    ids = definitions()
    with connection.cursor() as cursor:
        cursor.execute(DIFFERENCES, [list(accounts)])
        found = cursor.fetchall()
        cursor.execute(
            "DELETE FROM fresh WHERE definition_id <> ALL(%s)", [[ids[metric.key] for metric in headlines()]]
        )
    _replace("metrics_accountsnapshot", accounts, day)
    return found


def _evaluate_into_fresh(
    metrics: Sequence[Metric], accounts: Collection[int], clock: Clock, day: date
) -> None:
    ids = definitions()
    questions = [framing.question_of(metric, day, clock) for metric in metrics]
    rows = per_account(questions, Population(accounts=tuple(accounts)), clock, day)
    reached = durations.per_account(questions, Population(accounts=tuple(accounts)), clock, day)
    keys = [ids[metric.key] for metric in metrics]
    kinds = [metric.roll_up for metric in metrics]
    with connection.cursor() as cursor:
        cursor.execute(
            FRESH.format(rows=rows.text, reached=reached.text),
            [*rows.parameters, *reached.parameters, keys, kinds],
        )


FRESH = """
CREATE TEMPORARY TABLE fresh ON COMMIT DROP AS
WITH sums AS ({rows}), reached AS ({reached})
SELECT member AS account_id, (%s::bigint[])[question + 1] AS definition_id,
       nullif(numerator, 'NaN')::numeric(30, 6) AS numerator, nullif(denominator, 'NaN')::numeric(30, 6) AS denominator,
       CASE (%s::text[])[question + 1]
         WHEN 'holistic' THEN reached.value
         WHEN 'algebraic' THEN (nullif(numerator, 'NaN') / nullif(nullif(denominator, 'NaN'), 0))::float8
         ELSE nullif(numerator, 'NaN')::float8 END AS value
FROM sums LEFT JOIN reached USING (member, question)
"""

DIFFERENCES = """
SELECT account_id, d.key
FROM fresh FULL JOIN (SELECT * FROM metrics_currentvalue WHERE account_id = ANY(%s)) c USING (account_id, definition_id)
JOIN metrics_definition d ON d.id = definition_id
WHERE (fresh.numerator, fresh.denominator) IS DISTINCT FROM (c.numerator, c.denominator)
AND NOT EXISTS (SELECT FROM accounts_touched t LEFT JOIN accounts_account a ON a.id = t.account_id
                WHERE t.account_id IS NULL OR coalesce(a.merged_into_id, t.account_id) = fresh.account_id
                   OR coalesce(a.merged_into_id, t.account_id) = c.account_id)
ORDER BY 1, 2 LIMIT 100
"""


def _replace(table: str, accounts: Collection[int], day: date | None = None) -> int:
    """The accounts' rows (of the day) become those of `fresh`; equal rows are not written again."""
    of_day, columns, values = (
        ("", "", "") if day is None else (f" AND old.day = '{day}'", ", day", f", '{day}'::date")
    )
    key = f"account_id, definition_id{columns}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} old WHERE account_id = ANY(%s){of_day} AND NOT EXISTS (SELECT FROM fresh"
            " WHERE fresh.account_id = old.account_id AND fresh.definition_id = old.definition_id)",
            [list(accounts)],
        )
        changed = cursor.rowcount
        cursor.execute(
            f"INSERT INTO {table} AS old ({key}, numerator, denominator, value)"
            f" SELECT account_id, definition_id{values}, numerator, denominator, value FROM fresh"
            f" ORDER BY account_id, definition_id ON CONFLICT ({key}) DO UPDATE"
            " SET numerator = excluded.numerator, denominator = excluded.denominator, value = excluded.value"
            " WHERE (old.numerator, old.denominator, old.value)"
            " IS DISTINCT FROM (excluded.numerator, excluded.denominator, excluded.value)"
        )
        changed += cursor.rowcount
        cursor.execute("DROP TABLE fresh")
    return changed


def partition_for(day: date) -> None:
    """Snapshots are partitioned by month; a new month needs its partition before its first row."""
    name = f"metrics_accountsnapshot_{day:%Y_%m}"
    first = day.replace(day=1)
    after = windows.add_months(first, 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('metrics_accountsnapshot'))")
        cursor.execute("SELECT to_regclass(%s)", [name])
        if cursor.fetchone() == (None,):
            cursor.execute(
                f"CREATE TABLE {name} PARTITION OF metrics_accountsnapshot FOR VALUES FROM ('{first}') TO ('{after}')"
            )


def store_everybody(clock: Clock) -> None:
    """Today's answers for everybody, added up from the current values."""
    ids = definitions()
    metrics = stored_metrics()
    questions = [framing.question_of(metric, clock.today, clock) for metric in metrics]
    rest = per_account(questions, Population(accounts=(0,)), clock, clock.today)
    kept = (
        "SELECT account_id AS member, '{}'::text[] AS split,"
        " array_position(%s::bigint[], definition_id) - 1 AS question,"
        " coalesce(numerator, 'NaN') AS numerator, coalesce(denominator, 'NaN') AS denominator"
        " FROM metrics_currentvalue"
    )
    rows = Sql(f"{kept} UNION ALL ({rest.text})", ([ids[metric.key] for metric in metrics], *rest.parameters))
    added = add_up(rows, _drawn(questions))
    sums: dict[Question, dict[Part, PopulationSums]] = {
        questions[index]: {(): of_index} for index, _split, of_index in added if index is not None
    }
    found = with_squares(durations.with_durations(sums, Population(), clock), Population(), clock)
    everybody: dict[str, dict[Part, PopulationSums]] = {
        question.metric.key: found.get(question, {(): answers.NOTHING}) for question in questions
    }
    _write(clock.today, "", _answers(questions, everybody, clock))


def store_populations(clock: Clock, day: date, keys: Collection[str] | None = None) -> None:
    """The answers for everybody and for every fixed population, as of a past day, from one evaluation.

    `keys` are the metrics; None: all.
    """
    metrics = [metric for metric in stored_metrics() if keys is None or metric.key in keys]
    questions = [framing.question_of(metric, day, clock) for metric in metrics]
    rows = per_account(questions, Population(), clock, day)
    facts = durations.per_fact(questions, Population(), clock, day)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE of_all ON COMMIT DROP AS {rows.text}", rows.parameters)
        cursor.execute(f"CREATE TEMPORARY TABLE waited ON COMMIT DROP AS {facts.text}", facts.parameters)
        cursor.execute("ANALYZE of_all, waited")
        for dimension in ("", *DIMENSIONS):
            found = _answers(questions, _sums_by(dimension, questions, clock), clock)
            of_parts = [answer for answer in found if not (dimension and is_of_whole(answer.metric))]
            _write(day, dimension, of_parts, keys)
        cursor.execute("DROP TABLE of_all, waited")


def _sums_by(
    dimension: str, questions: Sequence[Question], clock: Clock
) -> dict[str, dict[Part, PopulationSums]]:
    """By metric and value of the dimension on the metric's day of membership, from `of_all` and `waited`."""
    sums: dict[str, dict[Part, PopulationSums]] = {question.metric.key: {} for question in questions}
    for day in sorted({question.membership_day for question in questions}):
        asked = [i for i, question in enumerate(questions) if question.membership_day == day]
        split_by = partial(_split_by, dimension=dimension, day=day, asked=asked)
        for index, split, of_split in add_up(split_by("of_all", "numerator, denominator"), _drawn(questions)):
            sums[questions[index].metric.key][split] = of_split
        for index, split, waits in durations.of_populations(split_by("waited", "time, reached")):
            of_key = sums[questions[index].metric.key]
            of_key[split] = replace(of_key[split], **waits)
    by = (dimension,) if dimension else ()
    squared = with_squares({q: sums[q.metric.key] for q in questions}, Population(), clock, by=by)
    sums = {question.metric.key: splits for question, splits in squared.items()}
    return sums if dimension else {key: splits or {(): answers.NOTHING} for key, splits in sums.items()}


def _split_by(table: str, columns: str, *, dimension: str, day: date, asked: list[int]) -> Sql:
    split = Split.of((dimension,) if dimension else (), day)
    members = Population().members(day).order_by().values(account=F("pk"), split=split)
    text, parameters = members.query.sql_with_params()
    nobody = '{""}' if dimension else "{}"
    return Sql(
        f"SELECT a.member, coalesce(m.split, '{nobody}') AS split, a.question, {columns} FROM {table} a"
        f" LEFT JOIN ({text}) m ON m.account = a.member WHERE a.question = ANY(%s)",
        (*parameters, asked),
    )


def _drawn(questions: Iterable[Question]) -> list[int]:
    """Those whose interval is made by drawing the accounts themselves."""
    return [i for i, question in enumerate(questions) if question.metric.estimate is Estimate.BOOTSTRAP]


def _answers(
    questions: Iterable[Question], sums: dict[str, dict[Part, PopulationSums]], clock: Clock
) -> list[Answer]:
    return [
        answers.answer(question, of_split, Population(), clock, split)
        for question in questions
        for split, of_split in sums[question.metric.key].items()
    ]


def without_history() -> list[str]:
    """Metrics that are new, or whose definition is: days are kept on which they have no value."""
    metrics, changes = stored_metrics(), taxonomy()
    versions = [version_of(metric, changes) for metric in metrics]
    with connection.cursor() as cursor:
        cursor.execute(WITHOUT_HISTORY, [[metric.key for metric in metrics], versions])
        return [key for (key,) in cursor.fetchall()]


# Of a day that has no values at all yet, all metrics are computed at once (refresh_stale_day).
WITHOUT_HISTORY = """
SELECT asked.key FROM unnest(%s::text[], %s::int[]) AS asked (key, version)
WHERE EXISTS (
  SELECT FROM metrics_storedday s WHERE EXISTS (SELECT FROM metrics_populationvalue v WHERE v.day = s.day)
  AND NOT EXISTS (
    SELECT FROM metrics_populationvalue v JOIN metrics_definition d ON d.id = v.definition_id
    WHERE d.key = asked.key AND v.version = asked.version AND v.dimension = '' AND v.member = '' AND v.day = s.day))
ORDER BY 1
"""


def _write(day: date, dimension: str, found: list[Answer], keys: Collection[str] | None = None) -> None:
    ids, changes = definitions(), taxonomy()
    written = [ids[key] for key in (ids if keys is None else keys)]
    rows = [_row(ids[one.key], version_of(one.metric, changes), day, dimension, one) for one in found]
    with connection.cursor() as cursor:
        members: list[Any] = [row.member for row in rows]
        cursor.execute(FORGET, [day, dimension, written, [row.definition_id for row in rows], members])
    columns = ["numerator", "denominator", "accounts", "value", "low", "high", "method", "low_sample"]
    columns += ["unattributed", "version"]
    PopulationValue.objects.bulk_create(
        rows,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["definition", "dimension", "member", "day"],
        update_fields=columns,
    )


FORGET = """
DELETE FROM metrics_populationvalue WHERE day = %s AND dimension = %s AND definition_id = ANY(%s)
AND (definition_id, member) NOT IN (SELECT * FROM unnest(%s::bigint[], %s::text[]))
"""


def _row(definition: int, version: int, day: date, dimension: str, answer: Answer) -> PopulationValue:
    interval = answer.interval
    return PopulationValue(
        definition_id=definition,
        day=day,
        dimension=dimension,
        member="".join(answer.split)[:200],
        numerator=answer.numerator,
        denominator=answer.denominator,
        accounts=answer.accounts,
        value=None if answer.value is None else float(answer.value),
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        method=interval.method if interval else "",
        low_sample=answer.low_sample,
        unattributed=answer.unattributed if answer.unattributed.is_finite() else 0,
        version=version,
    )
