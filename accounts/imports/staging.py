"""A batch of rows on its way into the database: COPY into a temporary table, set-based checks, one upsert.

Whatever the database would refuse is looked for in the staging table beforehand and listed; what only the database
itself can find is found by halving the batch. So no bad row costs a good one its place.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, cast

from django.contrib.postgres.fields import ArrayField
from django.db import DataError, IntegrityError, connection, models, transaction
from django.utils.translation import gettext as _
from psycopg import sql

from accounts.imports.resource import Column, Conflict, Resource, RowReader, as_staged, field_of, nothing_in
from accounts.imports.taken import CHANGED, CREATED, UNCHANGED, Options, Rejection, Rows, Taken
from accounts.models import Account, RowFate

# Of so many changed rows of a run is kept what changed; more than that nobody reads, and the import would wait for it.
TOLD = 1000
# Between the parts of a key.
BETWEEN = " · "


def literal(value: Any) -> str:
    return sql.Literal(value).as_string(connection.connection)


def defaults_of(model: type[models.Model], *, besides: set[str]) -> tuple[str, str]:
    """Column list and values of a row of which nothing else is known."""
    fields = [
        f
        for f in model._meta.concrete_fields
        if not (f.primary_key or f.generated or f.null or f.name in besides)
    ]
    return ", ".join(str(f.column) for f in fields), ", ".join(
        literal(as_staged(f, nothing_in(f))) for f in fields
    )


class Stage:
    """The staging table `s` of one resource, and the way of a batch through it."""

    def __init__(self, resource: Resource, fields: Sequence[str], options: Options) -> None:
        self.resource, self.options = resource, options
        self.table = resource.model._meta.db_table
        self.name = f"import_{resource.name}"
        self.reader = RowReader(resource, fields, options.conventions)
        self.given = list({resource.columns[name].staged: resource.columns[name] for name in fields}.values())
        self.references = [column for column in self.given if column.field.is_relation]
        self.needed_when_new = resource.needed_when_new(fields)
        self.recorded = dict(resource.recorded) if options.backfill else {}
        kept = {"recorded_at", *resource.recorded} - {*self.recorded}
        self.targets = {
            str(column.column): column
            for column in resource.model._meta.concrete_fields
            if not (column.primary_key or column.generated or column.name in kept)
        }
        self.written = [
            *dict.fromkeys(c.into for c in self.given if c.into in self.targets),
            *self.recorded,
        ]
        of_key = {
            column.field.name: column for column in self.given if column.field.name in resource.key_columns
        }
        in_order = [of_key[name] for name in resource.key if name in of_key]
        self.key_names = [column.name for column in in_order]
        self.key_places = [self.reader.staged.index(column.staged) for column in in_order]
        self.rows: Mapping[int, Mapping[str, str]] = {}
        self.told = 0
        self.brought: set[type[models.Model]] = {resource.model}
        self.taken = Taken()

    # The tables

    def create(self) -> None:
        self.drop()
        columns = [
            f"{self._quoted(name)} {self._type_and_default(column)}" for name, column in self.targets.items()
        ]
        columns += [f"{column.staged} text" for column in self.references]
        columns += [f"{name} {self._type_and_default(column)}" for name, column in self.extras().items()]
        ((sequence,),) = self._run("SELECT pg_get_serial_sequence(%s, 'id')", [self.table])
        # New ids in the order of the lines, so that what ties in time keeps the order of the file.
        self._run(
            f"CREATE TEMP TABLE {self.name} (line bigint, key text, fingerprint bigint,"
            f" new_id bigint DEFAULT nextval({literal(sequence)}), id bigint,"
            f" fate text DEFAULT '{CREATED}', {', '.join(columns)})"
        )
        # Where the table was empty when it was last analysed, its rows are taken for few and the batch read for each.
        self._run(f"CREATE INDEX ON {self.name} (id)")
        self._run(
            f"CREATE TEMP TABLE {self.name}_seen (key text PRIMARY KEY, line bigint, fingerprint bigint)"
        )
        self._note_what_is_mended()
        self.constraints = self._run(
            "SELECT conname, replace(pg_get_expr(conbin, conrelid), '%%', '%%%%') FROM pg_constraint"
            " WHERE conrelid = %s::regclass AND contype = 'c' ORDER BY conname",
            [self.table],
        )

    def drop(self) -> None:
        names = ", ".join(f"pg_temp.{self.name}{part}" for part in ("", "_seen", "_mended"))
        self._run(f"DROP TABLE IF EXISTS {names}")

    def _note_what_is_mended(self) -> None:
        """The ids that the mended file brought itself."""
        if self.options.mends:
            self._run(f"CREATE TEMP TABLE {self.name}_mended (key text PRIMARY KEY, line bigint)")
            self._run(
                f"INSERT INTO {self.name}_mended SELECT DISTINCT ON (key) key, line FROM {RowFate._meta.db_table}"
                " WHERE job_id = ANY(%s) AND fate <> %s AND key <> '' ORDER BY key, job_id, line",
                [list(self.options.mends), RowFate.Fate.REJECTED],
            )

    def extras(self) -> dict[str, models.Field]:
        """Staged columns that are no columns of the table."""
        return {}

    def default_of(self, column: models.Field) -> Any:
        if column.column == "source":
            return self.options.source
        return nothing_in(column)

    def _type_and_default(self, column: models.Field) -> str:
        return f"{column.db_type(connection)} DEFAULT {literal(as_staged(column, self.default_of(column)))}"

    # A batch

    def take(self, rows: Rows) -> Taken:
        """Within a transaction of the caller's."""
        self.taken, self.rows = Taken(), dict(rows)
        # Imports into one table go one after another: two that bring the same rows would deadlock.
        self._run("SELECT pg_advisory_xact_lock(hashtext(%s))", [self.table])
        if self.options.create_accounts:
            self._run("SELECT pg_advisory_xact_lock(hashtext(%s))", [Account._meta.db_table])
        self._run("SET CONSTRAINTS ALL IMMEDIATE")
        waiting = rows
        while waiting:
            self.repeated: list[tuple[int, int, bool, str]] = []
            self._pass_through(waiting)
            waiting = [(line, self.rows[line]) for line in self._settle_repetitions()]
        return self.taken

    def _pass_through(self, rows: Rows) -> None:
        self._run(f"TRUNCATE {self.name}")
        self._copy(self._read(rows))
        self._check_references_of_the_unread()
        self._analyse(
            ["line", "key", *self.resource.key_into, *(column.staged for column in self.references)]
        )
        self._find_existing()
        self._refuse_incomplete()
        if "tags" in self.written:
            # In the spelling that there is, so that another one is no change.
            self._run(f"UPDATE {self.name} SET tags = cxhub_tags(tags) WHERE tags <> '{{}}'")
        self._resolve_references()
        self._check_constraints()
        self._check_rules()
        self._set_repetitions_aside()
        self._date_recording()
        if self.options.create_accounts:
            self._create_accounts()
        self._refuse_conflicts()
        self._refuse_orphans()
        self._decide_fates()
        self._refuse_what_came_before()
        self._tell_changes()
        self._analyse(["line", "id", "new_id", "fate"])
        self._write_all()
        took = self._run(f"SELECT line, fate, coalesce(id, new_id), key FROM {self.name}")
        for line, fate, row, key in took:
            self.taken.fates[line], self.taken.ids[line], self.taken.keys[line] = fate, row, key

    def _analyse(self, columns: Iterable[str]) -> None:
        """Nobody else does so for a temporary table, and what is guessed to be one row is joined by reading all."""
        self._run(f"ANALYZE {self.name} ({', '.join(map(self._quoted, dict.fromkeys(columns)))})")

    def remember(self, rows: Rows) -> None:
        """Rows of an earlier part of the run: not taken again, but their ids are known to have occurred."""
        read = list(self._read(rows))
        self._run(
            f"INSERT INTO {self.name}_seen SELECT * FROM unnest(%s::text[], %s::bigint[], %s::bigint[])"
            " ON CONFLICT DO NOTHING",
            [
                [key for _line, key, *_rest in read],
                [line for line, *_rest in read],
                [mark for _l, _k, mark, *_r in read],
            ],
        )

    def _read(self, rows: Iterable[tuple[int, Mapping[str, str]]]) -> Iterator[tuple[Any, ...]]:
        self.unread: list[tuple[int, set[str]]] = []
        for line, row in rows:
            values, wrong = self.reader.read(row)
            for name, reason in wrong:
                self._reject(line, name, reason)
            if wrong:
                self.unread.append((line, {name for name, _reason in wrong}))
            else:
                key = BETWEEN.join(str(values[place]) for place in self.key_places)
                yield line, key, hash(tuple(values)), *values

    def _copy(self, read: Iterable[tuple[Any, ...]]) -> None:
        columns = ", ".join(["line", "key", "fingerprint", *map(self._quoted, self.reader.staged)])
        with connection.cursor() as cursor, cursor.copy(f"COPY {self.name} ({columns}) FROM STDIN") as copy:
            for row in read:
                copy.write_row(row)

    def _find_existing(self) -> None:
        """Existing rows keep what the file does not give; so the checks see rows as they will be."""
        for column in self.references:
            if column.name in self.resource.key:
                self._look_up(column)
        key = self.resource.key_into
        given = {column.into for column in self.given}
        keep = [self._quoted(name) for name in self.targets if name not in given and name not in key]
        # Whether they change is said below of those that do not.
        sets = ["id = t.id", f"fate = '{CHANGED}'", *(f"{name} = t.{name}" for name in keep)]
        sets += [f"{name} = t.{name} || s.{name}" for name in given if self._is_json(name)]
        match = " AND ".join(
            f"t.{name} {'IS NOT DISTINCT FROM' if may_be_empty else '='} s.{name}"
            for name, may_be_empty in key.items()
        )
        self._run(f"UPDATE {self.name} s SET {', '.join(sets)} FROM {self.table} t WHERE {match}")

    def _refuse_incomplete(self) -> None:
        """A row that is known may say as little as it likes, a new one not."""
        if self.needed_when_new:
            needed = ", ".join(column.label for column in self.needed_when_new)
            reason = _("Nothing has this id yet; a new row needs: %(names)s.") % {"names": needed}
            self._refuse("s.id IS NULL", self.resource.id_field, reason)

    def _is_json(self, name: str) -> bool:
        return name in self.targets and self.targets[name].db_type(connection) == "jsonb"

    def _resolve_references(self) -> None:
        for column in self.references:
            self._look_up(column)
            related = column.related
            if not (related is Account and self.options.create_accounts):
                unresolved = f"{column.staged} IS NOT NULL AND {column.into} IS NULL"
                self._refuse(unresolved, column.name, column.unknown)

    def _check_references_of_the_unread(self) -> None:
        """So that all that is wrong with a row is said at once. What points to rows that the file itself brings is left
        out: what comes of these is not known yet."""
        for column in self.references if self.unread else ():
            related = column.related
            if related in self.brought or (related is Account and self.options.create_accounts):
                continue
            cells = {
                line: read
                for line, wrong in self.unread
                if column.name not in wrong and (read := self._cell(line, column))
            }
            known, key = column.lookup
            missing = self._run(
                f"SELECT line FROM unnest(%(lines)s::bigint[], %(cells)s::text[]) c(line, cell)"
                f" WHERE NOT EXISTS (SELECT FROM ({known}) r(key, id) WHERE r.key = {key.format('c.cell')})",
                {"lines": [*cells], "cells": [*cells.values()], "source": self.options.source},
            )
            for (line,) in missing:
                self._reject(line, column.name, column.unknown)

    def _cell(self, line: int, column: Column) -> str:
        cell = self.rows[line].get(column.name, "")
        return str(column.parse(cell, self.options.conventions)) if cell else ""

    def _look_up(self, column: Column) -> None:
        known, key = column.lookup
        if column.related is self.resource.model:
            known += f" UNION ALL SELECT s.external_id, coalesce(s.id, s.new_id) FROM {self.name} s"
        self._run(
            f"UPDATE {self.name} s SET {column.into} = r.id FROM ({known}) r(key, id)"
            f" WHERE r.key = {key.format(f's.{column.staged}')}",
            {"source": self.options.source},
        )

    def _check_constraints(self) -> None:
        if not self.constraints:
            return
        broken = " ".join(f"WHEN NOT ({expression}) THEN %s" for _name, expression in self.constraints)
        kept = " AND ".join(f"({expression})" for _name, expression in self.constraints)
        names = [name for name, _expression in self.constraints]
        for line, name in self._run(
            f"DELETE FROM {self.name} WHERE NOT ({kept}) RETURNING line, CASE {broken} END", names
        ):
            self._reject(line, *self.resource.reason_of(name))

    def _check_rules(self) -> None:
        for rule in self.resource.rules:
            self._refuse(rule.bad.format(staged=self.name), rule.column, str(rule.reason))

    def _set_repetitions_aside(self) -> None:
        """Rows whose id came before in this run."""
        self._run(
            f"INSERT INTO {self.name}_seen SELECT key, line, fingerprint FROM {self.name} ORDER BY line"
            " ON CONFLICT DO NOTHING"
        )
        self.repeated = self._run(
            f"DELETE FROM {self.name} s USING {self.name}_seen e WHERE e.key = s.key AND e.line <> s.line"
            " RETURNING s.line, e.line, e.fingerprint = s.fingerprint, s.key"
        )

    def _settle_repetitions(self) -> list[int]:
        """The same row again changes nothing, with other values it is refused: else the two would overwrite one another
        in every run. Returns the rows whose turn it is because the one before them was refused."""
        refused: dict[int, list[Rejection]] = {}
        for rejection in self.taken.rejections:
            refused.setdefault(rejection.line, []).append(rejection)
        if refused:
            self._run(f"DELETE FROM {self.name}_seen WHERE line = ANY(%s)", [list(refused)])
        turn = []
        for line, earlier, same, key in self.repeated:
            self.taken.keys[line] = key
            if earlier in refused and not same:
                turn.append(line)
            elif earlier in refused:
                self.taken.rejections += [replace(rejection, line=line) for rejection in refused[earlier]]
            elif same:
                self.taken.fates[line] = UNCHANGED
                self.taken.ids |= {line: self.taken.ids[earlier]} if earlier in self.taken.ids else {}
            else:
                reason = _("Line %(line)s has this id already, with other values.") % {"line": earlier}
                self._reject(line, self.resource.id_field or self.resource.key[-1], reason, repeats=earlier)
        return sorted(turn)

    def _create_accounts(self) -> None:
        """For ids that no account has yet, with the id as the name."""
        for column in self.references:
            if column.related is not Account:
                continue
            since = "min(s.recorded_at)" if "recorded_at" in self.recorded else "now()"
            columns, defaults = defaults_of(Account, besides={"name", "recorded_at"})
            self._run(
                f"""
                WITH fresh AS (
                  SELECT nextval(pg_get_serial_sequence('accounts_account', 'id')) AS id, value, since FROM (
                    SELECT s.{column.staged} AS value, coalesce({since}, now()) AS since FROM {self.name} s
                    WHERE s.{column.into} IS NULL AND s.{column.staged} IS NOT NULL GROUP BY 1 ORDER BY 1) x
                ), account AS (
                  INSERT INTO accounts_account (id, name, recorded_at, {columns})
                  SELECT id, left(value, 200), since, {defaults} FROM fresh
                )
                INSERT INTO accounts_accountkey (account_id, source, value) SELECT id, %s, value FROM fresh""",
                [self.options.source],
            )
            # Not by a join with `fresh`: the planner knows nothing about it and would loop over the batch for each row.
            self._look_up(column)

    def _refuse_conflicts(self) -> None:
        for conflict in self.resource.conflicts:
            column, reason = conflict.column, str(conflict.reason)
            overlap = (
                " AND daterange(t.starts, t.ends) && daterange(s.starts, s.ends)" if conflict.period else ""
            )
            equal = " AND ".join(f"t.{name} = s.{name}" for name in conflict.equal)
            # A row that this batch changes is judged as it will be, not as it is.
            self._refuse(
                f"({conflict.only}) AND EXISTS (SELECT FROM {self.table} t WHERE {equal}{overlap}"
                f" AND NOT EXISTS (SELECT FROM {self.name} x WHERE x.id = t.id))",
                column,
                reason,
            )
            losers = list(self._losers(conflict, f"{equal}{overlap}"))
            if losers:
                self._run(f"DELETE FROM {self.name} WHERE line = ANY(%s)", [losers])
            for line in losers:
                self._reject(line, column, reason)

    def _losers(self, conflict: Conflict, excludes: str) -> Iterator[int]:
        """Of the batch's own rows that exclude one another, the first comes in and is held against the next."""
        # As text, for `infinity` is no date in Python; days in ISO form sort as they should.
        period = (
            "coalesce(s.starts::text, ''), coalesce(s.ends::text, 'infinity')"
            if conflict.period
            else "'', ''"
        )
        equal = ", ".join(f"s.{name}" for name in conflict.equal)
        contested = self._run(
            f"SELECT ROW({equal})::text, s.line, {period}"
            f" FROM {self.name} s WHERE ({conflict.only}) AND EXISTS (SELECT FROM {self.name} t"
            f" WHERE t.line <> s.line AND {excludes}) ORDER BY 1, s.line"
        )
        for _group, rows in groupby(contested, key=lambda row: row[0]):
            accepted: list[tuple[str, str]] = []
            for _key, line, starts, ends in rows:
                if any(not conflict.period or (starts < end and start < ends) for start, end in accepted):
                    yield line
                else:
                    accepted.append((starts, ends))

    def _refuse_orphans(self) -> None:
        """Rows that point to a row of the batch which did not come this far."""
        for column in self.references:
            if column.related is not self.resource.model:
                continue
            orphan = (
                f"{column.into} IS NOT NULL"
                f" AND NOT EXISTS (SELECT FROM {self.table} t WHERE t.id = s.{column.into})"
                f" AND NOT EXISTS (SELECT FROM {self.name} x WHERE x.new_id = s.{column.into})"
            )
            while self._refuse(orphan, column.name, column.unknown):
                pass

    def _date_recording(self) -> None:
        """For a backfill: learned when it happened, unless it was known earlier than that."""
        for recorded, deciding in self.recorded.items():
            happened, same = self._happened(deciding)
            self._run(
                f"UPDATE {self.name} s SET {recorded} = CASE WHEN {happened} IS NULL THEN NULL"
                f" ELSE least({happened}, now()) END"
            )
            self._run(
                f"UPDATE {self.name} s SET {recorded} = least({happened}, t.{recorded}) FROM {self.table} t"
                f" WHERE t.id = s.id AND {same} AND t.{recorded} IS NOT NULL"
            )
            if recorded == "recorded_at":
                self._run(f"UPDATE {self.name} SET recorded_at = now() WHERE recorded_at IS NULL")

    def _happened(self, deciding: str) -> tuple[str, str]:
        """The moment as SQL, and the condition under which it is still about the same."""
        name, _reference, further = deciding.partition("__")
        own = field_of(self.resource.model, name)
        day_or_moment, value, same = own, f"s.{name}", f"t.{name} IS NOT DISTINCT FROM s.{name}"
        if further:
            related = cast("type[models.Model]", own.related_model)
            day_or_moment = field_of(related, further)
            value = f"(SELECT r.{further} FROM {related._meta.db_table} r WHERE r.id = s.{own.column})"
            same = f"t.{own.column} = s.{own.column}"
        if isinstance(day_or_moment, models.DateTimeField):
            return value, same
        return f"({value}::timestamp AT TIME ZONE {literal(str(self.options.zone))})", same

    def _decide_fates(self) -> None:
        self._run(
            f"UPDATE {self.name} s SET fate = '{UNCHANGED}' FROM {self.table} t"
            f" WHERE t.id = s.id AND NOT ({self._differs(self.written, 't', 's')})"
        )

    def _refuse_what_came_before(self) -> None:
        """A row that was rejected because another one of its file has its id would now overwrite that one."""
        if not self.options.mends:
            return
        for line, earlier in self._run(
            f"DELETE FROM {self.name} s USING {self.name}_mended m WHERE m.key = s.key AND s.fate <> '{UNCHANGED}'"
            " RETURNING s.line, m.line"
        ):
            reason = _(
                "Line %(line)s of the file that this one mends has this id already, with other values."
            )
            self._reject(line, self.resource.id_field or self.resource.key[-1], reason % {"line": earlier})

    def _tell_changes(self) -> None:
        changed = f"SELECT line FROM {self.name} WHERE fate = '{CHANGED}' ORDER BY line LIMIT %s"
        lines = [line for (line,) in self._run(changed, [max(TOLD - self.told, 0)])]
        self.told += len(lines)
        parts = self._comparisons() if lines else []
        if parts:
            for line, place, before, after in self._run(
                "SELECT * FROM (SELECT line, place, coalesce(before, '') AS before, coalesce(after, '') AS after"
                f" FROM ({' UNION ALL '.join(parts)}) AS part(line, place, before, after)) AS compared"
                " WHERE before <> after ORDER BY line, place",
                {"lines": lines, "source": self.options.source},
            ):
                column = self.given[place]
                name = str(column.field.name) if column.language else column.name
                self.taken.changes.setdefault(line, []).append((name, before, after))

    def _comparisons(self) -> list[str]:
        """SELECTs of (line, place among `given`, before, after) with a WHERE."""
        return [
            f"SELECT s.line, {place}, {self._shown(column, f't.{self._quoted(column.into)}')},"
            f" {self._shown(column, f's.{self._quoted(column.into)}')}"
            f" FROM {self.name} s JOIN {self.table} t ON t.id = s.id WHERE s.line = ANY(%(lines)s)"
            for place, column in enumerate(self.given)
            if column.into in self._compared()
        ]

    def _compared(self) -> list[str]:
        return self.written

    def _shown(self, column: Column, value: str) -> str:
        """As a text; a reference as the source calls it."""
        if column.field.is_relation:
            known, _form = column.lookup
            return f"(SELECT min(r.key) FROM ({known}) r(key, id) WHERE r.id = {value})"
        if isinstance(column.field, ArrayField):
            return f"array_to_string({value}, ', ')"
        return f"{f'trim_scale({value})' if isinstance(column.field, models.DecimalField) else value}::text"

    def _write_all(self) -> None:
        lines = [
            line
            for (line,) in self._run(
                f"SELECT line FROM {self.name} WHERE fate <> '{UNCHANGED}' ORDER BY line"
            )
        ]
        refused = self._try(lines) if lines else {}
        # What stood in the way of a row may have moved since: a period that was ended further down.
        before = 0
        while refused and len(refused) != before:
            before = len(refused)
            refused = {line: why for one in refused for line, why in self._try([one]).items()}
        for line, (column, reason) in refused.items():
            self._reject(line, column, reason)
        if refused:
            self._run(f"DELETE FROM {self.name} WHERE line = ANY(%s)", [list(refused)])

    def _try(self, lines: Sequence[int]) -> dict[int, tuple[str, str]]:
        """Writes the lines, all but those that the database refuses: these are returned with the reason."""
        try:
            with transaction.atomic():
                self._write(lines[0], lines[-1])
        except (IntegrityError, DataError) as error:
            if len(lines) == 1:
                diagnosis = getattr(error.__cause__, "diag", None)
                return {
                    lines[0]: self.resource.reason_of(
                        getattr(diagnosis, "constraint_name", None) or str(error)
                    )
                }
            half = len(lines) // 2
            return self._try(lines[:half]) | self._try(lines[half:])
        return {}

    def _write(self, first: int, last: int) -> None:
        quoted = [self._quoted(name) for name in self.written]
        between = "s.line BETWEEN %s AND %s"
        self._run(
            f"UPDATE {self.table} t SET {', '.join(f'{name} = s.{name}' for name in quoted)} FROM {self.name} s"
            f" WHERE t.id = s.id AND s.fate = '{CHANGED}' AND {between}",
            [first, last],
        )
        columns = ", ".join(map(self._quoted, self.targets))
        self._run(
            f"INSERT INTO {self.table} AS t (id, {columns}) SELECT new_id, {columns} FROM {self.name} s"
            f" WHERE fate = '{CREATED}' AND {between} ORDER BY line"
            f" ON CONFLICT ({', '.join(self.resource.key_into)}) DO UPDATE"
            f" SET {', '.join(f'{name} = excluded.{name}' for name in quoted)}"
            f" WHERE {self._differs(self.written, 't', 'excluded')}",
            [first, last],
        )

    # Small things

    def _differs(self, names: Iterable[str], left: str, right: str) -> str:
        rows = (", ".join(f"{side}.{self._quoted(name)}" for name in names) for side in (left, right))
        return " IS DISTINCT FROM ".join(f"ROW({row})" for row in rows)

    def _refuse(self, bad: str, column: str, reason: str) -> int:
        lines = self._run(f"DELETE FROM {self.name} s WHERE {bad} RETURNING s.line")
        for (line,) in lines:
            self._reject(line, column, reason)
        return len(lines)

    def _reject(self, line: int, column: str, reason: str, *, repeats: int | None = None) -> None:
        row = self.rows.get(line, {})
        self.taken.keys[line] = BETWEEN.join(filter(None, (row.get(name) for name in self.key_names)))
        self.taken.rejections.append(Rejection(line, column, row.get(column, ""), reason, repeats))

    @staticmethod
    def _quoted(name: str) -> str:
        return connection.ops.quote_name(name)

    @staticmethod
    def _run(statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []
