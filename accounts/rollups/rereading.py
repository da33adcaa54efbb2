"""Events that were sent under names that mean something else now."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db.backends.utils import CursorWrapper

from accounts.intake import meanings
from accounts.rollups.statements import MARGIN
from accounts.taxonomy import Mapped

AT_ONCE = 5_000
KEPT_OF_ERASED = {"channel"}
SENT = f"""
DECLARE rollup_sent NO SCROLL CURSOR FOR
SELECT id, happened_at, person, coalesce(nullif(sent_as, ''), name), properties, name, sent_as, object, value, campaign
FROM accounts_event
WHERE happened_at >= (%(first)s::timestamp AT TIME ZONE %(zone)s) - {MARGIN}
  AND happened_at < (%(next)s::timestamp AT TIME ZONE %(zone)s) + {MARGIN}
  AND (name = ANY(%(names)s) OR sent_as = ANY(%(names)s))"""
WRITE = """
UPDATE accounts_event e
SET name = r.name, sent_as = r.sent_as, object = r.object, value = r.value, campaign = r.campaign
FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::numeric[], %s::text[])
     AS r (id, happened_at, name, sent_as, object, value, campaign)
WHERE e.id = r.id AND e.happened_at = r.happened_at AND e.happened_at BETWEEN %s AND %s"""
MARK = """
INSERT INTO accounts_eventmark (person, day)
SELECT DISTINCT person, (happened_at AT TIME ZONE %s)::date
FROM unnest(%s::uuid[], %s::timestamptz[]) AS changed (person, happened_at)"""


def read_anew(
    cursor: CursorWrapper, names: Sequence[str], first: date, after: date, zone: str, *, marked: bool
) -> int:
    """How many changed of those of the days; `marked`: their days are rolled up anew."""
    mapping = meanings.mapping()
    changed = 0
    cursor.execute(SENT, {"names": list(names), "first": first, "next": after, "zone": zone})
    while rows := _fetched(cursor):
        differing = []
        for pk, happened_at, person, sent_as, properties, *before in rows:
            now = _read(sent_as, json.loads(properties), before, mapping)
            if now != tuple(before):
                differing.append((pk, happened_at, person, *now))
        _write(cursor, differing, zone if marked else None)
        changed += len(differing)
    cursor.execute("CLOSE rollup_sent")
    return changed


def _read(
    sent_as: str, properties: dict[str, Any], before: Sequence[Any], mapping: Mapping[str, Mapped]
) -> tuple[Any, ...]:
    """Of a person who was erased nothing is left to read the object and the value from: they stay."""
    name, sent, object_, value, campaign = meanings.read(sent_as, properties, before[-1], mapping)
    if properties.keys() <= KEPT_OF_ERASED:
        object_, value = object_ or before[2], before[3] if value is None else value
    return name, sent, object_, value, campaign


def _fetched(cursor: CursorWrapper) -> list[tuple[Any, ...]]:
    cursor.execute(f"FETCH {AT_ONCE} FROM rollup_sent")
    return cursor.fetchall()


def _write(cursor: CursorWrapper, rows: list[tuple[Any, ...]], zone: str | None) -> None:
    if not rows:
        return
    ids, moments, persons, *read = (list(column) for column in zip(*rows, strict=True))
    cursor.execute(WRITE, [ids, moments, *read, min(moments), max(moments)])
    if zone:
        cursor.execute(MARK, [zone, persons, moments])
