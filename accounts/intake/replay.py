"""What was rejected, read again once it, or what we know, is mended. It counts as received when it first was."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.intake.bodies import loaded
from accounts.intake.calls import read
from accounts.intake.reasons import Rejected
from accounts.intake.service import Batch, Sender, Standing, receipt_of, sender_of, standing
from accounts.models import RejectedEvent
from accounts.models.intake import RejectedEventQuerySet

AT_ONCE = 1000


@dataclass
class Replayed:
    taken: int = 0
    rejected: int = 0


def replay(rows: RejectedEventQuerySet, *, now: datetime) -> Replayed:
    """Those of these that can be: each is taken, or keeps waiting with the reason why it was not, this time."""
    done = Replayed()
    waiting = list(rows.to_send_again().order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(waiting), AT_ONCE):
        _replay_some(waiting[start : start + AT_ONCE], done, now)
    return done


@transaction.atomic
def _replay_some(pks: list[int], done: Replayed, now: datetime) -> None:
    """Whoever else is at some of them does these."""
    some = RejectedEvent.objects.select_for_update(skip_locked=True, of=("self",)).select_related("key")
    rows = list(some.filter(pk__in=pks, replayed_at=None).order_by("pk"))
    holds = standing()
    batches: dict[tuple[int | None, str], Batch] = {}
    for row in rows:
        batch = batches.setdefault((row.key_id, row.source), Batch(_sender_of(row), now, holds.taxonomy))
        _try_again(row, batch, holds, now)
    for batch in batches.values():
        if batch.lines or batch.calls:
            batch.save()
    RejectedEvent.objects.bulk_update(rows, ["reason", "field", "replayed_at"])
    taken = _count(rows)
    done.taken += taken
    done.rejected += len(rows) - taken


def _count(rows: Iterable[RejectedEvent]) -> int:
    return sum(row.replayed_at is not None for row in rows)


def _try_again(row: RejectedEvent, batch: Batch, holds: Standing, now: datetime) -> None:
    sent_at = row.sent_at and row.sent_at.isoformat()
    receipt = receipt_of(batch.sender, holds, row.received_at, sent_at, now)
    try:
        batch.add(read(loaded(row.text.encode()), receipt, position=row.pk))
    except Rejected as rejected:
        row.reason, row.field = rejected.reason, rejected.field[:120]
    else:
        row.replayed_at = now


def _sender_of(row: RejectedEvent) -> Sender:
    """Without the key nobody knows whether it was a server's, which alone is believed."""
    if row.key:
        return sender_of(row.key)
    return Sender(row.source, row.source, verified=False)
