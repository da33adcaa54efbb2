"""Statements that were built before: where accounts are few, building one takes longer than running it.

Between two evaluations of the same readings on one day only two things differ, the moment at which today ends and whose
facts are read. Both are told apart among the parameters of what is kept, and replaced; all else is the key.
"""

from collections.abc import Callable, Hashable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from metrics.populations import Sql
from metrics.sources import Clock

MOST = 500


class Now(datetime):
    """The moment of evaluation, which stays one of its kind when days are added to it."""


class Ids(list[int]):
    """The accounts that are asked for."""


Build = Callable[[Clock, list[int] | None], Sql]
_built: dict[Hashable, tuple[Sql, datetime]] = {}


def built(key: Hashable, build: Build, clock: Clock, accounts: list[int] | None) -> Sql:
    """What `build` makes of the moment and the accounts; `key` is all that it depends on besides."""
    key = (key, clock.today, clock.known_by, None if accounts is None else 0 in accounts)
    kept = _built.get(key)
    if kept is None:
        moment = clock.now.astimezone(UTC)
        now = Now.combine(moment.date(), moment.timetz())
        sql = build(replace(clock, now=now), None if accounts is None else Ids(accounts))
        if any(type(value) is datetime and value == now for value in sql.parameters):
            # A midnight just now: nobody could tell it from the moment of evaluation.
            return build(clock, accounts)
        if len(_built) >= MOST:
            _built.clear()
        kept = _built[key] = sql, clock.now
    sql, then = kept
    later = clock.now - then
    return Sql(sql.text, tuple(_put(value, later, accounts) for value in sql.parameters))


def _put(value: Any, later: timedelta, accounts: list[int] | None) -> Any:
    if isinstance(value, Now):
        moment = value + later
        return datetime.combine(moment.date(), moment.timetz())
    return accounts if isinstance(value, Ids) else value
