"""Lines as they came, in a temporary table of this connection; those that are new become events."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import accumulate

from django.db import connection
from django.db.backends.utils import CursorWrapper

from accounts.intake.lines import COLUMNS
from accounts.intake.meanings import read
from accounts.taxonomy import Mapped

STAGED = ", ".join(COLUMNS)
KEPT = ", ".join(COLUMNS[1:])
# In the order in which they came, so that a number says of which batch a line is.
TABLES = """
CREATE TEMPORARY TABLE IF NOT EXISTS intake_staged (
    digest uuid NOT NULL, happened_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL,
    source varchar(60) NOT NULL, message_id varchar(200) NOT NULL, name varchar(200) NOT NULL,
    sent_as varchar(200) NOT NULL, object varchar(300) NOT NULL, value numeric(20, 4), campaign varchar(120) NOT NULL,
    person uuid NOT NULL, company uuid, session varchar(200) NOT NULL, machine boolean NOT NULL,
    properties jsonb NOT NULL, number bigint GENERATED ALWAYS AS IDENTITY (CACHE 1000)
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS intake_new (digest uuid NOT NULL) ON COMMIT DELETE ROWS"""
# Sorted: two workers that take the same messages wait for one another in one order.
KEYS = """
WITH new AS (
  INSERT INTO accounts_eventkey (digest, day)
  SELECT DISTINCT ON (digest) digest, (happened_at AT TIME ZONE 'UTC')::date FROM intake_staged
  ORDER BY digest, recorded_at, number
  ON CONFLICT DO NOTHING RETURNING digest)
INSERT INTO intake_new SELECT digest FROM new"""
# Of the same message twice, the one received first.
DUPLICATES = """
DELETE FROM intake_staged WHERE number NOT IN (
  SELECT DISTINCT ON (digest) number FROM intake_staged WHERE digest IN (SELECT digest FROM intake_new)
  ORDER BY digest, recorded_at, number)"""
EVENTS = f"INSERT INTO accounts_event ({KEPT}) SELECT {KEPT} FROM intake_staged"
MARKS = """
INSERT INTO accounts_eventmark (person, day)
SELECT DISTINCT person, (happened_at AT TIME ZONE %s)::date FROM intake_staged"""
MISSING = """
SELECT month AT TIME ZONE 'UTC' FROM (
  SELECT DISTINCT date_trunc('month', happened_at AT TIME ZONE 'UTC') AS month FROM intake_staged) months
WHERE to_regclass('accounts_event_' || to_char(month, 'YYYY_MM')) IS NULL"""
PER_BATCH = """
SELECT width_bucket(number, %s::bigint[]), count(*) FROM intake_staged GROUP BY 1"""
SENT = """
SELECT number, coalesce(nullif(sent_as, ''), name), properties, campaign FROM intake_staged
WHERE width_bucket(number, %s::bigint[]) = ANY(%s)"""
READ_ANEW = """
UPDATE intake_staged s SET name = r.name, sent_as = r.sent_as, object = r.object, value = r.value, campaign = r.campaign
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::numeric[], %s::text[])
     AS r (number, name, sent_as, object, value, campaign) WHERE r.number = s.number"""


class Stage:
    """The lines of some batches. Empty at the end of the transaction."""

    def __init__(self, batches: Sequence[bytes]) -> None:
        self.counts = [lines.count(b"\n") for lines in batches]
        self.total = sum(self.counts)
        with connection.cursor() as cursor:
            cursor.execute(TABLES)
            # Empty already, but for others in a larger transaction.
            cursor.execute("DELETE FROM intake_staged; DELETE FROM intake_new")
            with (
                connection.wrap_database_errors,
                cursor.copy(f"COPY intake_staged ({STAGED}) FROM STDIN") as copy,
            ):
                for lines in batches:
                    copy.write(lines)

    def _firsts(self, cursor: CursorWrapper) -> list[int]:
        """The number of the first line of each batch, while all are there."""
        cursor.execute("SELECT min(number) FROM intake_staged")
        return list(accumulate(self.counts[:-1], initial=cursor.fetchone()[0]))

    def months_missing(self) -> list[datetime]:
        with connection.cursor() as cursor:
            cursor.execute(MISSING)
            return [month for (month,) in cursor.fetchall()]

    def read_anew(self, batches: Iterable[int], mapping: Mapping[str, Mapped]) -> None:
        """By what names mean now: those batches were read when they meant something else."""
        with connection.cursor() as cursor:
            cursor.execute(SENT, [self._firsts(cursor), [batch + 1 for batch in batches]])
            found = [
                (number, *read(sent_as, json.loads(properties), campaign, mapping))
                for number, sent_as, properties, campaign in cursor.fetchall()
            ]
            if found:
                cursor.execute(READ_ANEW, [list(column) for column in zip(*found, strict=True)])

    def take(self, zone: str) -> list[int]:
        """Makes events of those that are new; how many of each batch."""
        with connection.cursor() as cursor:
            cursor.execute(KEYS)
            taken = self.counts
            if cursor.rowcount < self.total:
                firsts = self._firsts(cursor)
                cursor.execute(DUPLICATES)
                taken = self._left(cursor, firsts)
            cursor.execute(EVENTS)
            cursor.execute(MARKS, [zone])
        return taken

    def _left(self, cursor: CursorWrapper, firsts: list[int]) -> list[int]:
        cursor.execute(PER_BATCH, [firsts])
        left = dict(cursor.fetchall())
        return [left.get(number + 1, 0) for number in range(len(self.counts))]
