"""What an import did, as rows of a temporary table: which of it can be taken back, and which must stay.

An import's own transactions are its steps. They are taken back in reverse, the last one first: so the database stands
again where it stood after each of them, and whatever its rules ask for holds on the way.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast

from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from accounts.merges import UNDO as UNDO_OF_A_MERGE
from accounts.models import Account, AccountChange, AccountKey, Job, Tag, TicketEvent
from accounts.services import CURRENT_VALUES
from accounts.tags import HOLDERS

# Why a row stays.
CHANGED, NAMED, PART, ORPHAN, DELETED = "changed", "named", "part", "orphan", "deleted"
REFUSED = "refused:"

# The kind of the job that takes another one's changes back.
UNDO = "import.undo"
# Whatever one of these took back, nobody changed.
UNDOS = f"('{UNDO}', '{UNDO_OF_A_MERGE}')"

PLAN = """
CREATE TEMP TABLE undo_plan AS
SELECT "table", "row", created, at, before, NULL::text AS why, min(entry) OVER its AS since,
       created OR NOT bool_or(created) OVER its AS counts
FROM (
  SELECT "table", "row", true AS created, min(at) AS at, min(id) AS entry, NULL::jsonb AS before
  FROM accounts_auditentry WHERE job_id = %(job)s AND action = 'insert' GROUP BY 1, 2
  UNION ALL
  SELECT "table", "row", false, max(at), min(id), jsonb_object_agg(b.key, b.value ORDER BY id DESC)
  FROM accounts_auditentry, jsonb_each(before) b WHERE job_id = %(job)s AND action = 'update' GROUP BY 1, 2) u
WHERE %(before)s::timestamptz IS NULL OR at < %(before)s
WINDOW its AS (PARTITION BY "table", "row")"""

# What is nothing without the other: it stays with it, and the other with it.
PARTS = ((AccountKey, "account"), (AccountChange, "account"), (TicketEvent, "ticket"))


@dataclass(frozen=True)
class Left:
    """A row that stays as it is. `why` is one of the words above."""

    table: str
    row: int
    why: str


@dataclass(frozen=True)
class Taken:
    """How many rows one step, or all of them, took back; `deleted` had been created, `restored` had been changed."""

    deleted: int = 0
    restored: int = 0


@dataclass(frozen=True)
class Pointer:
    """Rows `c` of a table that name a row of another one; `matches` says which, `p` being a row of the plan."""

    child: type[models.Model]
    parent: type[models.Model]
    column: str
    matches: str


class Plan:
    """The temporary table `undo_plan`: a row for what was created, and one for what was changed of a row.

    `at` is the step (the moment of the import's transaction) with which it is taken back, `before` what it was before
    the import, `since` the first entry of the import about it. A row that has both is counted once: as created.
    """

    def __init__(self, of: Job, undo: Job | None = None) -> None:
        self.of, self.undo = of, undo

    def create(self, before: datetime | None = None) -> None:
        """Of the steps before the moment: those that are not taken back yet."""
        self.drop()
        _run(PLAN, {"job": self.of.pk, "before": before})
        _run('CREATE INDEX ON undo_plan ("table", "row")')
        _run("CREATE INDEX ON undo_plan (at)")
        _run("ANALYZE undo_plan")
        self.models = [model_of(table) for (table,) in _run('SELECT DISTINCT "table" FROM undo_plan')]
        self.models.sort(key=_children_first)
        self.pointers = [pointer for model in self.models for pointer in _pointers(model)]
        self.mark()

    def drop(self) -> None:
        _run("DROP TABLE IF EXISTS pg_temp.undo_plan")

    # What it says

    def steps(self) -> list[datetime]:
        """The last one first."""
        return [at for (at,) in _run("SELECT DISTINCT at FROM undo_plan ORDER BY 1 DESC")]

    def total(self) -> int:
        return int(_run("SELECT count(*) FROM undo_plan WHERE counts")[0][0])

    def taken(self, at: datetime | None = None) -> dict[str, Taken]:
        """By table."""
        return {
            table: Taken(deleted, restored)
            for table, deleted, restored in _run(
                'SELECT "table", count(*) FILTER (WHERE created), count(*) FILTER (WHERE NOT created) FROM undo_plan'
                f" WHERE counts AND why IS NULL {_of(at)} GROUP BY 1 ORDER BY 1",
                {"at": at},
            )
        }

    def left(self, at: datetime | None = None) -> list[Left]:
        """Those that were deleted meanwhile among them."""
        return [
            Left(*row)
            for row in _run(
                f'SELECT "table", "row", why FROM undo_plan WHERE counts AND why IS NOT NULL {_of(at)} ORDER BY 1, 2',
                {"at": at},
            )
        ]

    # What stays

    def mark(self, at: datetime | None = None) -> None:
        """Finds what must stay, of one step or of all: first what others did, then what follows from that."""
        for model in self.models:
            self._mark(DELETED, f"NOT EXISTS (SELECT FROM {_table(model)} t WHERE t.id = p.row)", model, at)
            for field in _foreign_keys(model):
                self._mark(
                    ORPHAN,
                    f"NOT created AND before ->> '{field.column}' IS NOT NULL AND NOT EXISTS (SELECT FROM"
                    f" {_table(field.related_model)} r WHERE r.id = (before ->> '{field.column}')::bigint)",
                    model,
                    at,
                )
            self._mark(CHANGED, self._changed_by_others(model), model, at)
        while any([self._spread_up(at), self._spread_among_parts(at), self._spread_to_twins()]):
            pass

    def _mark(self, why: str, condition: str, model: type[models.Model], at: datetime | None) -> int:
        parameters: dict[str, Any] = {
            "at": at,
            "table": _table(model),
            "job": self.of.pk,
            "undo": self.undo.pk if self.undo else 0,
        }
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE undo_plan p SET why = '{why}' WHERE p.\"table\" = %(table)s AND why IS NULL"
                f" {_of(at)} AND {condition}",
                parameters,
            )
            return int(cursor.rowcount)

    @staticmethod
    def _changed_by_others(model: type[models.Model]) -> str:
        """By somebody or another job, unless that was itself taken back. What of an account came due by itself,
        nobody changed."""
        came_due = "false"
        if model is Account:
            came_due = (
                "e.actor_id IS NULL AND e.job_id IS NULL AND e.action = 'update'"
                f" AND e.after - '{{{','.join(CURRENT_VALUES)},attributes}}'::text[] = '{{}}'"
            )
        return f"""EXISTS (
            SELECT FROM accounts_auditentry e LEFT JOIN accounts_job j ON j.id = e.job_id
            WHERE e."table" = p."table" AND e."row" = p."row" AND e.id > p.since
              AND e.job_id IS DISTINCT FROM %(job)s AND e.job_id IS DISTINCT FROM %(undo)s
              AND (j.kind IS NULL OR j.kind NOT IN {UNDOS}) AND NOT ({came_due})
              AND NOT EXISTS (SELECT FROM accounts_auditentry x JOIN accounts_job u ON u.id = x.job_id
                WHERE x."table" = p."table" AND x."row" = p."row" AND x.id > e.id
                  AND u.kind IN {UNDOS} AND (u.parameters ->> 'job')::bigint = e.job_id))"""

    def _spread_up(self, at: datetime | None) -> int:
        """What is named by a row that stays."""
        return sum(
            self._mark(
                NAMED,
                f"created AND EXISTS (SELECT FROM {_table(pointer.child)} c WHERE {pointer.matches}"
                f" AND NOT {_goes(pointer.child)})",
                pointer.parent,
                at,
            )
            for pointer in self.pointers
        )

    def _spread_among_parts(self, at: datetime | None) -> int:
        marked = 0
        for part, field in PARTS:
            key = cast("models.ForeignKey[Any, Any]", part._meta.get_field(field))
            whole, column = key.related_model, key.column
            if part not in self.models or whole not in self.models:
                continue
            stays = (
                '(SELECT FROM undo_plan r WHERE r."table" = \'{}\' AND r."row" = {} AND r.why IS NOT NULL)'
            )
            marked += self._mark(
                NAMED,
                f"EXISTS (SELECT FROM {_table(part)} c WHERE c.{column} = p.row"
                f" AND EXISTS {stays.format(_table(part), 'c.id')})",
                whole,
                at,
            )
            marked += self._mark(
                PART,
                f"EXISTS (SELECT FROM {_table(part)} c WHERE c.id = p.row"
                f" AND EXISTS {stays.format(_table(whole), f'c.{column}')})",
                part,
                at,
            )
        return marked

    @staticmethod
    def _spread_to_twins() -> int:
        """What was created and then changed stays with both."""
        with connection.cursor() as cursor:
            cursor.execute(
                'UPDATE undo_plan p SET why = r.why FROM undo_plan r WHERE r."table" = p."table" AND r."row" = p."row"'
                " AND p.why IS NULL AND r.why IS NOT NULL"
            )
            return int(cursor.rowcount)

    # Taking back

    def take_back(self, at: datetime) -> None:
        """One step, within a transaction of the caller's. What the database will not have stays, too."""
        self._lock(at)
        self.mark(at)
        while refused := self._try(at):
            for row, why in refused.items():
                _run(
                    'UPDATE undo_plan SET why = %s WHERE "table" = %s AND "row" = %s AND why IS NULL',
                    [why, *row],
                )
            self.mark(at)

    def _lock(self, at: datetime) -> None:
        """Imports into one table go one after another, accounts last; and who would name a row waits for its end."""
        for model in sorted(self.models, key=lambda model: (model is Account, _table(model))):
            _run("SELECT pg_advisory_xact_lock(hashtext(%s))", [_table(model)])
        for model in self.models:
            _run(
                f'SELECT FROM {_table(model)} t WHERE id IN (SELECT "row" FROM undo_plan WHERE {_planned(model)})'
                " ORDER BY id FOR UPDATE",
                {"at": at},
            )

    def _try(self, at: datetime) -> dict[tuple[str, int], str]:
        """All or nothing: the rows that stood in the way, and why."""
        refused: dict[tuple[str, int], str] = {}
        with transaction.atomic():
            for model in self.models:
                self._delete(model, at)
            for model in self.models:
                rows = [
                    row
                    for (row,) in _run(
                        f'SELECT "row" FROM undo_plan WHERE {_planned(model)} AND NOT created ORDER BY 1',
                        {"at": at},
                    )
                ]
                found = _refused(model, rows, at) if rows else {}
                refused |= {(_table(model), row): why for row, why in found.items()}
            if refused:
                transaction.set_rollback(True)
        return refused

    @staticmethod
    def _delete(model: type[models.Model], at: datetime) -> None:
        chosen = f'SELECT "row" FROM undo_plan WHERE {_planned(model)} AND created'
        for table, column in _derived(model):
            _run(f"DELETE FROM {table} WHERE {column} IN ({chosen})", {"at": at})
        _run(f"DELETE FROM {_table(model)} WHERE id IN ({chosen})", {"at": at})


@contextmanager
def planned(of: Job, undo: Job | None = None, before: datetime | None = None) -> Iterator[Plan]:
    plan = Plan(of, undo)
    plan.create(before)
    yield plan
    plan.drop()


def _refused(model: type[models.Model], rows: Sequence[int], at: datetime) -> dict[int, str]:
    """Restores the rows; those that the database will not have, and why, are found by halves."""
    refused = _restore_or_halve(model, rows, at)
    # What stood in the way of a row may have moved since: a period that gave its days back.
    while refused:
        again = {row: why for one in refused for row, why in _restore_or_halve(model, [one], at).items()}
        if len(again) == len(refused):
            break
        refused = again
    return refused


def _restore_or_halve(model: type[models.Model], rows: Sequence[int], at: datetime) -> dict[int, str]:
    try:
        with transaction.atomic():
            # Twice: what was learned later is stamped with the present by the first, and by its own time in the second.
            _restore(model, rows, at)
            _restore(model, rows, at)
    except IntegrityError as error:
        if len(rows) == 1:
            diagnosis = getattr(error.__cause__, "diag", None)
            return {rows[0]: f"{REFUSED}{getattr(diagnosis, 'constraint_name', None) or ''}"}
        half = len(rows) // 2
        return _restore_or_halve(model, rows[:half], at) | _restore_or_halve(model, rows[half:], at)
    return {}


def _restore(model: type[models.Model], rows: Sequence[int], at: datetime) -> None:
    table = _table(model)
    names = [
        connection.ops.quote_name(str(field.column))
        for field in model._meta.concrete_fields
        if not (field.primary_key or field.generated)
    ]
    columns, old, now = (", ".join(f"{side}{name}" for name in names) for side in ("", "r.", "t."))
    _run(
        f"UPDATE {table} t SET ({columns}) = ROW({old}) FROM ("
        f" SELECT r.* FROM undo_plan p JOIN {table} x ON x.id = p.row"
        "  CROSS JOIN LATERAL jsonb_populate_record(x, p.before) r"
        f" WHERE {_planned(model, 'p.')} AND NOT p.created AND p.row = ANY(%(rows)s)) r"
        f" WHERE t.id = r.id AND ROW({now}) IS DISTINCT FROM ROW({old})",
        {"at": at, "rows": list(rows)},
    )


def _planned(model: type[models.Model], of: str = "") -> str:
    """What is taken back of a table in the step %(at)s."""
    return f"{of}at = %(at)s AND {of}\"table\" = '{_table(model)}' AND {of}why IS NULL"


def _of(at: datetime | None) -> str:
    return "" if at is None else "AND at = %(at)s"


@cache
def _tables() -> Mapping[str, type[models.Model]]:
    return {model._meta.db_table: model for model in apps.get_app_config("accounts").get_models()}


def model_of(table: str) -> type[models.Model]:
    return _tables()[table]


def _table(model: Any) -> str:
    return str(model._meta.db_table)


def _children_first(model: type[models.Model]) -> tuple[int, str]:
    """Whose figures a line bears on is told by its order, so the order goes last."""
    return -_depth(model), _table(model)


def _depth(model: type[models.Model]) -> int:
    """How many references deep a table stands below those that refer to nothing."""
    above = {field.related_model for field in _foreign_keys(model)} - {model}
    return 1 + max((_depth(one) for one in above if one in _tables().values()), default=0)


def _foreign_keys(model: type[models.Model]) -> "list[models.ForeignKey[Any, Any]]":
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.remote_field.on_delete is not models.DO_NOTHING
    ]


def _relations(
    model: type[models.Model],
) -> "Iterator[tuple[type[models.Model], models.ForeignKey[Any, Any]]]":
    """Who refers to the model, in all rooms."""
    for other in apps.get_models(include_auto_created=True):
        for field in _foreign_keys(other):
            if field.related_model is model:
                yield other, field


def _is_derived(child: type[models.Model], field: "models.ForeignKey[Any, Any]") -> bool:
    """What no audit knows is no fact: it was made of facts, and goes with what it is about."""
    return _table(child) not in _audited() and field.remote_field.on_delete is models.CASCADE


@cache
def _audited() -> frozenset[str]:
    return frozenset(
        table
        for (table,) in _run(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'audit_on_delete'"
        )
    )


def _derived(model: type[models.Model]) -> list[tuple[str, str]]:
    return [
        (_table(child), str(field.column)) for child, field in _relations(model) if _is_derived(child, field)
    ]


def _pointers(model: type[models.Model]) -> list[Pointer]:
    found = [
        Pointer(child, model, str(field.column), f"c.{field.column} = p.row")
        for child, field in _relations(model)
        if not _is_derived(child, field)
    ]
    if model is Account:
        # A parent stands in the dated values as text.
        found.append(Pointer(AccountChange, Account, "value", "c.field = 'parent' AND c.value = p.row::text"))
    if model is Tag:
        # Its holders know it by name.
        its = "c.tags && ARRAY(SELECT t.name FROM accounts_tag t WHERE t.id = p.row)"
        found += [Pointer(holder, Tag, "tags", its) for holder in HOLDERS]
    return found


def _run(statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def _goes(child: type[models.Model]) -> str:
    """Whether a row `c` is taken back too. What has no number is written down by nobody, and so never."""
    if isinstance(child._meta.pk, models.UUIDField):
        return "false"
    return (
        f'EXISTS (SELECT FROM undo_plan r WHERE r."table" = \'{_table(child)}\' AND r."row" = c.id'
        " AND r.why IS NULL)"
    )
