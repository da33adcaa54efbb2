"""Accounts: found by the id that the source has for them, with what is dated written from its day on."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection, models

from accounts.attributes import is_declared, key_of
from accounts.imports.resource import Resource, field_of
from accounts.imports.staging import Stage
from accounts.imports.taken import CHANGED, UNCHANGED, Options
from accounts.models import Account, AccountChange
from accounts.services import apply_dated_values, write_changes

# From which day a value counts that a backfill gives without a day: it has always been so.
EVER = date(1900, 1, 1)

# Among the new accounts of a batch those in a circle, on whichever day that is.
CIRCLES = """
    WITH RECURSIVE parents AS (
      SELECT new_id, parent_id, CASE WHEN lag(from_day) OVER its IS NULL THEN '-infinity' ELSE from_day END AS since,
             coalesce(lead(from_day) OVER its, 'infinity') AS until
      FROM {table} WHERE id IS NULL WINDOW its AS (PARTITION BY new_id ORDER BY from_day)
    ), up AS (
      SELECT new_id, parent_id, since, until, ARRAY[new_id] AS path FROM parents WHERE parent_id IS NOT NULL
      UNION ALL
      SELECT u.new_id, p.parent_id, greatest(u.since, p.since), least(u.until, p.until), u.path || p.new_id
      FROM up u JOIN parents p ON p.new_id = u.parent_id
      WHERE p.parent_id IS NOT NULL AND p.new_id <> ALL (u.path)
        AND greatest(u.since, p.since) < least(u.until, p.until)
    )
    SELECT new_id FROM up WHERE parent_id = new_id AND cardinality(path) > 1"""


class AccountStage(Stage):
    def __init__(self, resource: Resource, fields: Sequence[str], options: Options) -> None:
        super().__init__(resource, fields, options)
        self.says_the_day = "from_day" in fields
        self.declared = {column.name: column for column in self.given if is_declared(column.name)}
        dated = (*Account.DATED, *self.declared)
        self.dated = {column.name: column.into for column in self.given if column.name in dated}
        undated = [name for name in self.written if name not in self.dated.values()]
        self.undated = [name for name in undated if name not in self.recorded]

    def extras(self) -> dict[str, models.Field]:
        external_id = self.resource.columns["id"].field
        declared = {column.into: column.field for column in self.declared.values()}
        return {"external_id": external_id, "from_day": field_of(AccountChange, "from_day"), **declared}

    def default_of(self, column: models.Field) -> Any:
        if column.name == "from_day":
            return EVER if self.options.backfill else self.options.today
        return super().default_of(column)

    def _find_existing(self) -> None:
        """One account may stand in several lines, one for each day from which its values count."""
        self._run(
            f"UPDATE {self.name} s SET new_id = first.new_id FROM (SELECT external_id, min(new_id) AS new_id"
            f" FROM {self.name} GROUP BY 1 HAVING count(*) > 1) first WHERE first.external_id = s.external_id"
        )
        given = {column.into for column in self.given}
        keep = "".join(f", {name} = t.{name}" for name in self.targets if name not in given)
        self._run(
            f"UPDATE {self.name} s SET id = t.id{keep} FROM accounts_accountkey k JOIN accounts_account t"
            " ON t.id = k.account_id WHERE k.source = %s AND k.value = s.external_id",
            [self.options.source],
        )

    def _refuse_orphans(self) -> None:
        """New accounts that would stand above themselves: whose parent is new, too, cannot be written one by one."""
        if "parent" in self.dated:
            self._refuse(
                f"s.new_id IN ({CIRCLES.format(table=self.name)}) AND s.parent_id IS NOT NULL",
                *self.resource.reason_of("account_parents_in_no_circle"),
            )
        super()._refuse_orphans()

    def _date_recording(self) -> None:
        if self.recorded:
            zone = str(self.options.zone)
            self._run(
                f"UPDATE {self.name} SET recorded_at = least(from_day::timestamp AT TIME ZONE %s, now())",
                [zone],
            )

    def _decide_fates(self) -> None:
        differs = self._differs(self.undated, "t", "s") if self.undated else "false"
        self._run(
            f"UPDATE {self.name} s SET fate = CASE WHEN ({differs} AND s.line IN (SELECT line FROM ({self._last()}) l))"
            f" OR EXISTS ({self._changes('c.line = s.line')}) THEN '{CHANGED}' ELSE '{UNCHANGED}' END"
            f" FROM accounts_account t WHERE t.id = s.id"
        )

    def _comparisons(self) -> list[str]:
        """What is dated against what was in force on the day."""
        parts = [
            f"{part} AND s.line IN (SELECT line FROM ({self._last()}) l)" for part in super()._comparisons()
        ]
        for place, column in enumerate(self.given):
            if column.name in self.dated:
                is_reference = column.field.is_relation
                value = f"coalesce(k.value, '{Account.Stage.LEAD}')" if column.name == "stage" else "k.value"
                before = self._shown(column, "nullif(k.value, '')::bigint" if is_reference else value)
                said = "" if is_reference else f" AND s.{column.into} IS NOT NULL"
                parts.append(
                    f"SELECT s.line, {place}, {before}, {self._shown(column, f's.{column.into}')} FROM {self.name} s"
                    " LEFT JOIN LATERAL (SELECT k.value FROM accounts_accountchange k WHERE k.account_id = s.id"
                    f" AND k.field = '{column.name}' AND k.from_day <= s.from_day ORDER BY k.from_day DESC LIMIT 1) k"
                    f" ON true WHERE s.line = ANY(%(lines)s){said}"
                )
        return parts

    def _compared(self) -> list[str]:
        return self.undated

    def _last(self) -> str:
        """Of an account's lines that which is in force now; where all lie ahead, the last of them."""
        today = f"date '{self.options.today:%Y-%m-%d}'"
        return (
            f"SELECT DISTINCT ON (coalesce(id, new_id)) *, from_day <= {today} AS in_force FROM {self.name}"
            f" ORDER BY coalesce(id, new_id), from_day <= {today} DESC, from_day DESC, line DESC"
        )

    def _changes(self, condition: str) -> str:
        """Dated values that are not so yet. A day that the file names is written down even if nothing changes on it:
        lines before it may still come."""
        if not self.dated:
            return "SELECT NULL::bigint, '', '', NULL::date, NULL::timestamptz WHERE false"
        values = ", ".join(
            f"('{name}', coalesce(c.{column}::text, ''))"
            if column.endswith("_id")
            else f"('{name}', c.{column})"
            for name, column in self.dated.items()
        )
        at = "k.from_day = c.from_day" if self.says_the_day else "k.from_day <= c.from_day"
        missing = "NULL" if self.says_the_day else "''"
        since = "c.recorded_at" if self.recorded else "NULL::timestamptz"
        return (
            f"SELECT DISTINCT ON (1, 2, 4) coalesce(c.id, c.new_id), d.field, d.value, c.from_day, {since}"
            f" FROM {self.name} c CROSS JOIN LATERAL (VALUES {values}) AS d(field, value)"
            f" WHERE {condition} AND d.value IS NOT NULL AND d.value IS DISTINCT FROM coalesce((SELECT k.value"
            " FROM accounts_accountchange k WHERE k.account_id = coalesce(c.id, c.new_id) AND k.field = d.field"
            f" AND {at} ORDER BY k.from_day DESC LIMIT 1), {missing}) ORDER BY 1, 2, 4, c.line DESC"
        )

    def _write(self, first: int, last: int) -> None:
        source, between = self.options.source, f"line BETWEEN {first} AND {last}"
        # Another part of the same batch may have made the account.
        self._run(
            f"UPDATE {self.name} s SET id = k.account_id FROM accounts_accountkey k"
            " WHERE s.id IS NULL AND k.source = %s AND k.value = s.external_id",
            [source],
        )
        chosen = f"SELECT * FROM ({self._last()}) l WHERE {between}"
        columns = ", ".join(self.targets)
        values = ", ".join(self._value_when_new(name) for name in self.targets)
        self._run(
            f"INSERT INTO accounts_account (id, {columns}) SELECT new_id, {values} FROM ({chosen}) s"
            f" WHERE id IS NULL ORDER BY line"
        )
        self._run(
            f"INSERT INTO accounts_accountkey (account_id, source, value)"
            f" SELECT new_id, %s, external_id FROM ({chosen}) s WHERE id IS NULL ORDER BY line",
            [source],
        )
        if self.undated:
            self._run(
                f"UPDATE accounts_account t SET {', '.join(f'{name} = s.{name}' for name in self.undated)}"
                f" FROM ({chosen}) s WHERE t.id = s.id AND {self._differs(self.undated, 't', 's')}"
            )
        with connection.cursor() as cursor:
            write_changes(
                cursor, self._changes(f"c.fate <> '{UNCHANGED}' AND c.{between}"), [], by=self.options.by
            )
        touched = self._run(
            f"SELECT DISTINCT coalesce(id, new_id) FROM {self.name} WHERE fate <> '{UNCHANGED}' AND {between}"
        )
        apply_dated_values(self.options.today, [account for (account,) in touched])

    def _value_when_new(self, name: str) -> str:
        if name == "stage":
            return f"CASE WHEN in_force THEN coalesce(stage, '{Account.Stage.LEAD}') ELSE '{Account.Stage.LEAD}' END"
        if name == "attributes":
            return f"CASE WHEN in_force THEN {self._declared_when_new()} ELSE '{{}}' END"
        if name in self.dated.values():
            otherwise = "NULL" if name.endswith("_id") else "''"
            return f"CASE WHEN in_force THEN {name} ELSE {otherwise} END"
        return name

    def _declared_when_new(self) -> str:
        """As `apply_dated_values` would write them."""
        pairs = ", ".join(
            f"'{key_of(name)}', nullif(string_to_array({column.into}, E'\\n'), '{{}}')"
            for name, column in self.declared.items()
        )
        return f"jsonb_strip_nulls(jsonb_build_object({pairs}))"
