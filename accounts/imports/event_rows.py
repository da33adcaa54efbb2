"""Rows of a file as events: they go the way of all events, through the intake, and no other."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.imports.columns import Refused, moment
from accounts.imports.resource import FieldsDoNotFit, Resource, refuse_missing
from accounts.imports.taken import CREATED, UNCHANGED, Options, Rejection, Rows, Taken
from accounts.intake import plain
from accounts.intake.calls import Read, Receipt
from accounts.intake.digests import OURS
from accounts.intake.lines import Event
from accounts.intake.reasons import Reason, Rejected
from accounts.intake.service import Batch, Sender, receipt_of, standing

PROPERTIES = "properties."
KNOWN = "SELECT replace(digest::text, '-', '') FROM accounts_eventkey WHERE digest = ANY(%s::uuid[])"
# What is the matter stands under the name that the file has for it.
ABOUT = {"properties": "", "context.groupId": "account"}


class EventStage:
    """Lines for the worker instead of a table: what comes twice it knows by its message, or by what it says."""

    def __init__(self, resource: Resource, fields: Sequence[str], options: Options) -> None:
        refuse_missing(resource, fields)
        if options.source == OURS:
            raise FieldsDoNotFit(Reason.NOT_YOURS.sentence)
        self.options = options
        self.sender = Sender(options.source, options.source, verified=True)

    def create(self) -> None:
        pass

    def drop(self) -> None:
        pass

    def remember(self, rows: Rows) -> None:
        pass

    def take(self, rows: Rows) -> Taken:
        now, holds, taken = timezone.now(), standing(), Taken()
        receipt = receipt_of(self.sender, holds, now, None)
        batch = Batch(self.sender, now, holds.taxonomy)
        read = dict(self._read(rows, receipt, taken))
        known = _known([found.event.digest for found in read.values() if found.event])
        for line, found in read.items():
            event = found.event
            assert event is not None  # every row is a track call
            taken.keys[line] = event.message_id
            taken.fates[line] = UNCHANGED if event.digest in known else CREATED
            if event.digest not in known:
                batch.add(Read(self._dated(event), found.said))
                known.add(event.digest)
        if batch.lines:
            batch.save()
        return taken

    def _read(self, rows: Rows, receipt: Receipt, taken: Taken) -> Iterator[tuple[int, Read]]:
        for line, row in rows:
            column = "happened_at"
            try:
                happened_at = moment(row[column], self.options.conventions) if row.get(column) else None
                yield line, plain.read_row(_in_our_words(row, happened_at), receipt, position=line)
                continue
            except Refused as refused:
                reason = str(refused)
            except Rejected as rejected:
                reason, column = plain.sentence_of(rejected.reason), ABOUT.get(rejected.field, rejected.field)
            taken.rejections.append(Rejection(line, column, row.get(column, ""), reason))

    def _dated(self, event: Event) -> Event:
        return event._replace(recorded_at=event.happened_at) if self.options.backfill else event


def _in_our_words(row: Mapping[str, str], happened_at: datetime | None) -> dict[str, Any]:
    """Empty cells say nothing; without a time the row is refused, or it would be another event each time."""
    if happened_at is None:
        raise Rejected(Reason.MISSING, "happened_at")
    said: dict[str, Any] = {
        name: cell for name, cell in row.items() if cell and not name.startswith(PROPERTIES)
    }
    properties = {
        name.removeprefix(PROPERTIES): cell
        for name, cell in row.items()
        if cell and name.startswith(PROPERTIES)
    }
    return (
        said | {"happened_at": happened_at.isoformat()} | ({"properties": properties} if properties else {})
    )


def _known(digests: Sequence[str]) -> set[str]:
    """Those of messages that are events already."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT replace(digest::text, '-', '') FROM accounts_eventkey WHERE digest = ANY(%s::uuid[])",
            [list(digests)],
        )
        return {digest for (digest,) in cursor.fetchall()}
