"""A request's calls, taken: one row holds those that can be, until a worker has made events of them; the others are
kept with the reason. Nothing is done per event in the database."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
import psycopg
from django.db import connection, transaction
from psycopg.types.json import Jsonb

from accounts.intake import meanings, partitions
from accounts.intake.bodies import Sending
from accounts.intake.calls import Read, Receipt, Said, correction, earliest, read
from accounts.intake.lines import line
from accounts.intake.reasons import Reason, Rejected
from accounts.models import Organisation, RejectedEvent, WriteKey
from accounts.taxonomy import Mapped

# Of a request that cannot be read as a whole, enough to see what it was.
LONGEST_UNREAD = 4000
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class Sender:
    """Who is believed what. `key` is None for programs that come with a token."""

    source: str
    companies_source: str
    verified: bool
    key: WriteKey | None = None
    stores: bool = True


def sender_of(key: WriteKey) -> Sender:
    return Sender(
        key.source,
        key.companies_source,
        verified=not key.is_public,
        key=key,
        stores=key.kind != WriteKey.Kind.SANDBOX,
    )


class Refused(NamedTuple):
    """One call that could not be taken, by its place in the request."""

    position: int
    reason: Reason
    field: str


@dataclass
class Taken:
    accepted: int = 0
    refused: list[Refused] = field(default_factory=list)


class Form(NamedTuple):
    """In which words calls come: how one is read, and what it is as a call of the Segment spec, in which it is kept."""

    read: Callable[..., Read]
    call_of: Callable[[Any], Any]


SEGMENT = Form(read, lambda call: call)


class Standing(NamedTuple):
    """What holds for all events at this moment. `whole_from`: days before that are no longer rolled up."""

    taxonomy: int
    mapped: Mapping[str, Mapped]
    months: int | None
    whole_from: datetime | None = None


# The number of versions too: of two changes at once, the one with the lower number may be seen later.
STANDING = """
SELECT coalesce(max(id), 0), count(*), (SELECT events FROM accounts_retention WHERE id = 1),
  (SELECT events_gone_before FROM accounts_retention WHERE id = 1),
  coalesce((SELECT time_zone FROM accounts_organisation WHERE id = 1), 'UTC')
FROM accounts_taxonomyversion
"""


def standing() -> Standing:
    with connection.cursor() as cursor:
        cursor.execute(STANDING)
        version, changes, months, gone, zone = cursor.fetchone()
    here = Organisation(time_zone=zone)
    whole_from = here.start_of(partitions.first_whole_day(here, gone)) if gone else None
    return Standing(version, _mapped(version, changes), months, whole_from)


@lru_cache(maxsize=2)
def _mapped(_version: int, _changes: int) -> Mapping[str, Mapped]:
    return meanings.mapping()


KEEP = """
INSERT INTO accounts_intakebatch (key_id, source, received_at, taxonomy, lines, calls, events, rejected, tries)
VALUES (%s, %s, %s, %s, %b, %s, %s, %s, 0)"""


@dataclass
class Batch:
    """Of one sender, on its way into one row."""

    sender: Sender
    received_at: datetime
    taxonomy: int = 0
    lines: list[bytes] = field(default_factory=list)
    calls: list[Said] = field(default_factory=list)
    said_in_passing: set[tuple[str, str, bytes]] = field(default_factory=set)
    rejected: int = 0

    def add(self, found: Read) -> None:
        event, said = found
        if event:
            self.lines.append(line(event))
        if said and not (event and self._is_known(said)):
            self.calls.append(said)

    def _is_known(self, said: Said) -> bool:
        """Whose an anonymous id is comes with every event: once in a batch is enough."""
        what = (said["user"], said["anonymous"], orjson.dumps(said["traits"]))
        known = what in self.said_in_passing
        self.said_in_passing.add(what)
        return known

    def save(self) -> None:
        """Its values beside the statement: as a literal within it, half a megabyte would be a whole one to read."""
        connection.ensure_connection()
        with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
            cursor.execute(
                KEEP,
                (
                    self.sender.key and self.sender.key.pk,
                    self.sender.source,
                    self.received_at,
                    self.taxonomy,
                    b"".join(self.lines),
                    Jsonb(self.calls),
                    len(self.lines),
                    self.rejected,
                ),
            )


def receipt_of(
    sender: Sender, holds: Standing, received_at: datetime, sent_at: Any, now: datetime | None = None
) -> Receipt:
    return Receipt(
        source=sender.source,
        companies_source=sender.companies_source,
        verified=sender.verified,
        received_at=received_at,
        earliest=earliest(now or received_at, holds.months, holds.whole_from),
        lag=correction(sent_at, received_at),
        mapped=holds.mapped,
    )


def take(sender: Sender, sent: Sending, *, now: datetime, form: Form = SEGMENT) -> Taken:
    holds = standing()
    receipt = receipt_of(sender, holds, now, sent.sent_at)
    batch = Batch(sender, now, holds.taxonomy)
    taken, kept = Taken(), []
    for position, call in enumerate(sent.calls):
        try:
            batch.add(form.read(call, receipt, kind=sent.kind, position=position))
        except Rejected as rejected:
            taken.refused.append(Refused(position, rejected.reason, rejected.field))
            kept.append(_kept(form.call_of(call), sent.kind, rejected, receipt))
    taken.accepted = len(sent.calls) - len(kept)
    _store(batch, kept)
    return taken


def refuse(sender: Sender, rejected: Rejected, content: bytes, *, now: datetime) -> None:
    """Of a request that nothing could be taken of: that it came, and what stands at its beginning."""
    text = content[:LONGEST_UNREAD].decode("utf-8", "replace")
    row = RejectedEvent(reason=rejected.reason.of_request, field=rejected.field, content=storable(text))
    _store(Batch(sender, now), [row])


def _store(batch: Batch, kept: Sequence[RejectedEvent]) -> None:
    sender = batch.sender
    if not sender.stores or not (batch.lines or batch.calls or kept):
        return
    batch.rejected = len(kept)
    for row in kept:
        row.key, row.source, row.received_at = sender.key, sender.source, batch.received_at
    with transaction.atomic():
        batch.save()
        RejectedEvent.objects.bulk_create(kept)


def _kept(call: Any, kind: str, rejected: Rejected, receipt: Receipt) -> RejectedEvent:
    sent_at = None if receipt.lag is None else receipt.received_at - receipt.lag
    return RejectedEvent(
        reason=rejected.reason,
        field=storable(rejected.field)[:120],
        name=storable(_name_of(call))[:200],
        sent_at=sent_at,
        content=written({**call, "type": kind} if kind and type(call) is dict else call),
    )


def _name_of(call: Any) -> str:
    name = call.get("event") if type(call) is dict else None
    return name if type(name) is str else ""


def written(call: Any) -> str:
    """So that reading it again finds the same: also half characters, and numbers that are none."""
    try:
        return json.dumps(call, ensure_ascii=_has_halves(call))
    except RecursionError:
        return ""


def _has_halves(call: Any) -> bool:
    try:
        orjson.dumps(call)
    except TypeError:
        return True
    return False


def storable(text: str) -> str:
    return _UNSTORABLE.sub("\ufffd", text)
