"""From stored batches to events: what waits is claimed, taken and deleted in one transaction.

Killed at any moment, a worker has lost nothing and doubled nothing. A batch in which something is wrong is tried
alone, then without what the database refuses, which is kept as a rejected event.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts.intake import meanings, partitions, people
from accounts.intake.lines import COLUMNS
from accounts.intake.reasons import Reason
from accounts.intake.said import Rejection
from accounts.intake.staging import Stage
from accounts.models import IntakeBatch, Organisation, RejectedEvent
from accounts.models.work import TRIES

# So many events are enough for a transaction; so many batches are claimed at once.
ENOUGH, AT_ONCE = 10_000, 8
# Bad data, a broken promise, more than there may be: another time it would be no better.
REFUSALS = ("22", "23", "54")
# Two workers in one another's way, or one that was told to stop: another time it is.
PASSING = ("40", "55", "57")
T = TypeVar("T")
COUNTED = """
INSERT INTO accounts_intakeminute (minute, source, key_id, batches, accepted, duplicates, rejected)
SELECT date_trunc('minute', received_at), source, key_id, count(*), sum(accepted), sum(duplicates), sum(rejected)
FROM unnest(%s::timestamptz[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
     AS taken (received_at, source, key_id, accepted, duplicates, rejected)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
ON CONFLICT (minute, source, key_id) DO UPDATE SET
  batches = accounts_intakeminute.batches + EXCLUDED.batches,
  accepted = accounts_intakeminute.accepted + EXCLUDED.accepted,
  duplicates = accounts_intakeminute.duplicates + EXCLUDED.duplicates,
  rejected = accounts_intakeminute.rejected + EXCLUDED.rejected"""


class NoPartition(Exception):
    def __init__(self, months: list[datetime]) -> None:
        super().__init__(months)
        self.months = months


def turn(until: datetime, clock: Callable[[], datetime] = timezone.now) -> int:
    """Makes events of what waits until nothing does, or the time is over; how many batches were taken."""
    taken = 0
    while (now := clock()) < until and (some := _take_some(now)) is not None:
        taken += some
    return taken


@transaction.atomic
def came_back(received_by: datetime) -> bool:
    """Waits for the batches that other workers have now; whether one of them was not taken after all."""
    theirs = IntakeBatch.objects.select_for_update().filter(received_at__lte=received_by, tries=0)
    return bool(theirs.order_by("pk").values_list("pk"))


def _take_some(now: datetime) -> int | None:
    """Some that nobody else has. None: there are none, or other workers have them."""
    claimed: list[IntakeBatch] = []
    try:
        with transaction.atomic():
            claimed = _claim()
            if claimed:
                _take(claimed, now)
    except NoPartition as missing:
        # In a transaction of its own, for it locks the table.
        partitions.make(missing.months)
        return 0
    except Exception as error:
        if _state(error).startswith(PASSING):
            return 0
        IntakeBatch.objects.filter(pk__in=[batch.pk for batch in claimed]).update(tries=F("tries") + 1)
        if not _is_refusal(error):
            raise
        return 0
    return len(claimed) or None


def _claim() -> list[IntakeBatch]:
    claimed: list[IntakeBatch] = []
    waiting = IntakeBatch.objects.select_for_update(skip_locked=True, of=("self",)).order_by("pk")
    fresh = waiting.select_related("key").filter(tries=0)
    while sum(batch.events for batch in claimed) < ENOUGH:
        last = claimed[-1].pk if claimed else 0
        some = fresh.filter(pk__gt=last)[:AT_ONCE]
        if not (more := list(some)):
            break
        claimed += more
    return claimed or list(waiting.select_related("key").filter(tries__lt=TRIES)[:1])


def _take(batches: Sequence[IntakeBatch], now: datetime) -> None:
    meanings.hold()
    if batches[0].tries:
        _mend(batches[0], now)
    taken = _events(batches)
    _people(batches, now)
    _count(batches, taken)
    IntakeBatch.objects.filter(pk__in=[batch.pk for batch in batches]).delete()


def _events(batches: Sequence[IntakeBatch]) -> list[int]:
    """How many of each were new."""
    stage = Stage([bytes(batch.lines) for batch in batches])
    if missing := stage.months_missing():
        raise NoPartition(missing)
    version = meanings.version()
    if old := [number for number, batch in enumerate(batches) if batch.taxonomy < version]:
        stage.read_anew(old, meanings.mapping())
    return stage.take(Organisation.current().time_zone)


def _people(batches: Iterable[IntakeBatch], now: datetime) -> None:
    """In the order in which they were received, each sender's at once."""
    said: dict[tuple[str, str, int | None], list[dict[str, Any]]] = {}
    for batch in batches:
        if batch.calls:
            companies = batch.key.companies_source if batch.key else batch.source
            said.setdefault((batch.source, companies, batch.key_id), []).extend(batch.calls)
    people.lock({source for sources in said for source in sources[:2]})
    rejected = [
        _rejected_said(source, key, rejection, now)
        for (source, companies, key), calls in said.items()
        for rejection in people.apply(calls, source=source, companies_source=companies, now=now)
    ]
    RejectedEvent.objects.bulk_create(rejected)


def _rejected_said(source: str, key: int | None, rejection: Rejection, now: datetime) -> RejectedEvent:
    """With its key: sent again, a server is believed as before."""
    call = rejection.sent
    return RejectedEvent(
        source=source,
        key_id=key,
        received_at=now,
        reason=rejection.reason,
        field=rejection.field[:120],
        name=call["type"],
        content=json.dumps(call, ensure_ascii=False),
    )


def _count(batches: Sequence[IntakeBatch], taken: Sequence[int]) -> None:
    rows = [
        (batch.received_at, batch.source, batch.key_id, new, _lines(batch) - new, batch.rejected)
        for batch, new in zip(batches, taken, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, [list(column) for column in zip(*rows, strict=True)])


def _lines(batch: IntakeBatch) -> int:
    return bytes(batch.lines).count(b"\n")


# What the database refuses


def _state(error: BaseException) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""


def _is_refusal(error: BaseException) -> bool:
    return isinstance(error, DatabaseError) and _state(error).startswith(REFUSALS)


def _mend(batch: IntakeBatch, now: datetime) -> None:
    """Takes out of it what is refused."""
    lines = [line + b"\n" for line in bytes(batch.lines).split(b"\n")[:-1]]
    bad_lines = _refused(lines, lambda some: _events([_with(batch, some, [])]))
    good = [line for number, line in enumerate(lines) if number not in bad_lines]
    bad_calls = _refused(batch.calls, lambda some: _people([_with(batch, [], some)], now))
    rejected = [_rejected_line(batch, lines[number]) for number in sorted(bad_lines)]
    rejected += [_rejected_call(batch, batch.calls[number]) for number in sorted(bad_calls)]
    RejectedEvent.objects.bulk_create(rejected)
    batch.lines = b"".join(good)
    batch.calls = [call for number, call in enumerate(batch.calls) if number not in bad_calls]
    batch.rejected += len(rejected)


def _with(batch: IntakeBatch, lines: Sequence[bytes], calls: Sequence[dict[str, Any]]) -> IntakeBatch:
    return IntakeBatch(
        key=batch.key,
        source=batch.source,
        received_at=batch.received_at,
        taxonomy=batch.taxonomy,
        lines=b"".join(lines),
        calls=list(calls),
    )


def _refused(rows: Sequence[T], attempt: Callable[[Sequence[T]], object], first: int = 0) -> set[int]:
    """Their numbers: halved until each is alone."""
    if not rows or _goes(lambda: attempt(rows)):
        return set()
    if len(rows) == 1:
        return {first}
    half = len(rows) // 2
    return _refused(rows[:half], attempt, first) | _refused(rows[half:], attempt, first + half)


def _goes(attempt: Callable[[], object]) -> bool:
    """What it did is undone."""
    try:
        with transaction.atomic():
            attempt()
            transaction.set_rollback(True)
    except DatabaseError as error:
        if not _is_refusal(error):
            raise
        return False
    return True


def _rejected_line(batch: IntakeBatch, line: bytes) -> RejectedEvent:
    """As it was read: of who it was, only a digest is left."""
    text = line.decode(errors="replace").replace("\0", "\ufffd").rstrip("\n")
    cells = text.split("\t")
    name = cells[COLUMNS.index("name")] if len(cells) == len(COLUMNS) else ""
    return _rejected(batch, Reason.REFUSED_EVENT, text, name[:200])


def _rejected_call(batch: IntakeBatch, call: dict[str, Any]) -> RejectedEvent:
    sent = Rejection(call, Reason.REFUSED).sent
    return _rejected(
        batch, Reason.REFUSED, json.dumps(sent, ensure_ascii=False), str(call.get("type", ""))[:200]
    )


def _rejected(batch: IntakeBatch, reason: Reason, content: str, name: str) -> RejectedEvent:
    return RejectedEvent(
        key_id=batch.key_id,
        source=batch.source,
        received_at=batch.received_at,
        reason=reason,
        name=name,
        content=content,
    )
