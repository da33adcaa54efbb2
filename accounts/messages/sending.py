"""What is due goes out, in batches over one connection, each message once.

Whoever is killed leaves a batch whose messages are sent by the next (they never left), or are answered, or, at most one
of them, unknown: that one is listed and sent by nobody again.
"""

import logging
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import Any, NamedTuple, Protocol

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.messages import backends, events, sms, sms_lines, suppressed
from accounts.messages.events import Happening
from accounts.messages.outcomes import LONGEST_ANSWER, Fate, Outcome, Reason, Unreachable, lost
from accounts.messages.wire import Leaving, Wire, alone, orphans
from accounts.models import Mailing, Message, Outbox
from accounts.models.outboxes import Medium
from accounts.notices import bounces
from accounts.notices.kinds import OUTBOX_PAUSED
from accounts.notices.telling import tell

# Of SMS so few that ten seconds for each are less than a task may take.
AT_ONCE = {Medium.EMAIL: 200, Medium.SMS: 10}
# Minutes until it is tried again, from the first time on.
AGAIN = (1, 5, 15, 60, 240, 720, 1440)
PATIENCE = 60
# Seconds: so much of a pace is claimed, and so often it is looked whether somebody paused it.
SECONDS_OF_A_BATCH, LOOK = 10, 1
ALL = range(0)
logger = logging.getLogger(__name__)
# Of a message that is about to be sent; to read what is not needed took a third of a claim.
UNREAD = ("key", "reason", "answer", "provider_id", "tries", "queued_at", "due_at", "sent_at")
STATES = {
    Fate.SENT: Message.State.SENT,
    Fate.LATER: Message.State.WAITING,
    Fate.FAILED: Message.State.FAILED,
    Fate.BOUNCED: Message.State.BOUNCED,
    Fate.LOST: Message.State.UNKNOWN,
}
CLAIM = """
WITH due AS (
  SELECT m.id FROM accounts_message m LEFT JOIN accounts_mailing g ON g.id = m.mailing_id
  WHERE m.state = 'waiting' AND m.medium = %(medium)s AND m.due_at <= %(now)s
    AND g.paused_at IS NULL AND g.stopped_at IS NULL
  ORDER BY m.due_at, m.id LIMIT %(most)s FOR UPDATE OF m SKIP LOCKED)
UPDATE accounts_message m SET state = 'sending', batch = %(batch)s, tries = tries + 1, changed_at = %(now)s
FROM due WHERE m.id = due.id"""
# Who unsubscribed since it was queued; also before they were erased, when a digest is left of the address. And
# reminders of what was answered.
SKIP = f"""
UPDATE accounts_message m SET state = 'skipped', reason = w.reason, batch = NULL
FROM (
  SELECT o.id, CASE
    WHEN EXISTS ({suppressed.standing("o.address", "o.medium", "o.purpose")}) THEN 'suppressed'
    WHEN o.reminds_of_id IS NOT NULL AND EXISTS (
      SELECT FROM accounts_reply r JOIN accounts_message a ON a.id = r.message_id
      WHERE NOT r.automatic AND o.reminds_of_id IN (a.id, a.reminds_of_id)) THEN 'answered' END AS reason
  FROM accounts_message o WHERE o.batch = %(batch)s AND o.state = 'sending') w
WHERE m.id = w.id AND w.reason IS NOT NULL"""
ANSWERED = """
UPDATE accounts_message m SET state = a.state, reason = a.reason, answer = a.answer, provider_id = a.provider_id,
  due_at = a.due_at, sent_at = CASE WHEN a.state IN ('sent', 'unknown') THEN a.sent_at END, changed_at = %(now)s,
  tries = tries - CASE WHEN a.tried THEN 0 ELSE 1 END, batch = CASE WHEN a.state = 'unknown' THEN batch END
FROM unnest(%(ids)s::bigint[], %(states)s::text[], %(reasons)s::text[], %(answers)s::text[], %(providers)s::text[],
            %(dues)s::timestamptz[], %(tried)s::boolean[], %(sent)s::timestamptz[])
     AS a (id, state, reason, answer, provider_id, due_at, tried, sent_at)
WHERE m.id = a.id AND m.batch = %(batch)s AND m.state IN ('sending', 'unknown')"""

SUPPRESS = """
INSERT INTO accounts_suppression (medium, address, purpose, reason, message_id, since)
SELECT medium, address, '', CASE reason WHEN 'stopped' THEN 'stopped' ELSE 'bounced' END, id, statement_timestamp()
FROM accounts_message WHERE id = ANY(%(ids)s) AND address <> ''
ON CONFLICT DO NOTHING"""


class Line(Protocol):
    """Over which messages of a medium go, as long as it is open."""

    @property
    def is_open(self) -> bool: ...

    def open(self) -> None:
        """Raises Unreachable."""

    def close(self) -> None: ...

    def send(self, message: Message, leaving: Leaving) -> Outcome:
        """`leaving` is called right before it cannot be called back. Raises Unreachable."""


LINES: dict[str, Callable[[], Line]] = {Medium.EMAIL: backends.line, Medium.SMS: sms_lines.line}


def turn(
    until: datetime,
    clock: Callable[[], datetime] = timezone.now,
    media: Iterable[str] = tuple(Medium.values),
) -> int:
    """Sends what is due until nothing is, or the time is over; how many were sent."""
    for wire in orphans(clock):
        _bury(wire, clock())
    return sum(_send_all(medium, until, clock) for medium in media if _has_line(medium))


def _has_line(medium: str) -> bool:
    return medium != Medium.SMS or sms.is_possible()


def _send_all(medium: str, until: datetime, clock: Callable[[], datetime]) -> int:
    sent = 0
    while (now := clock()) < until and (outbox := Outbox.of(medium)).is_open(now):
        with alone(f"pace of {medium}") if outbox.a_second else nullcontext(enter_result=True) as may_send:
            if not may_send:
                break
            wire = Wire(clock)
            wire.hold()
            try:
                batch = _claim(outbox, wire, now)
                if batch is None:
                    break
                sent += _send(outbox, wire, batch, clock)
            finally:
                wire.let_go()
    return sent


@transaction.atomic
def _claim(outbox: Outbox, wire: Wire, now: datetime) -> list[Message] | None:
    """None where nothing is due."""
    medium, most = outbox.medium, AT_ONCE[Medium(outbox.medium)]
    paced = min(most, outbox.a_second * SECONDS_OF_A_BATCH) if outbox.a_second else most
    given: dict[str, Any] = {"medium": medium, "now": now, "batch": wire.batch, "most": paced}
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, given)
        if not cursor.rowcount:
            return None
        if medium == Medium.SMS:
            sms.write_numbers_in_full(wire.batch)
        cursor.execute(SKIP, given)
    claimed = Message.objects.filter(batch=wire.batch, state=Message.State.SENDING)
    of_mailings = claimed.prefetch_related("letter", "mailing__campaign")
    batch = list(of_mailings.defer(*UNREAD).order_by("due_at", "pk"))
    if batch:
        wire.begin()
    return batch


def _send(outbox: Outbox, wire: Wire, batch: list[Message], clock: Callable[[], datetime]) -> int:
    """How many were sent. Where the database goes away, what is known is written once it is back."""
    if not batch:
        return 0
    try:
        _hand_over(outbox, wire, batch)
    except Unreachable as unreachable:
        outbox.is_unreachable(str(unreachable), clock())
    except DatabaseError:
        _wait_for_database()
    _settle(wire, batch, clock())
    _keep_standing(outbox, clock())
    return sum(answer.fate == Fate.SENT for answer in wire.answers.values())


@transaction.atomic
def _keep_standing(outbox: Outbox, now: datetime) -> None:
    if outbox.keep_standing(now):
        payload = {"medium": outbox.medium, "because": outbox.heard}
        tell(OUTBOX_PAUSED, payload, now, key=f"{outbox.medium}-{now.isoformat()}")


def _hand_over(outbox: Outbox, wire: Wire, batch: list[Message]) -> None:
    """Raises Unreachable. Who is paused or stopped meanwhile goes no further."""
    looked_at = monotonic()
    held_up: Container[int | None] = ()
    with closing(LINES[outbox.medium]()) as line:
        for message in batch:
            if outbox.a_second:
                sleep(1 / outbox.a_second)
            if monotonic() - looked_at > LOOK:
                looked_at, held_up = monotonic(), _held_up(outbox, batch)
            if held_up is ALL:
                break
            if message.mailing_id in held_up:
                continue
            answer = _hand_over_one(line, wire, message)
            wire.answers[message.pk] = answer
            outbox.hears(answer.answer, well=not answer.is_trouble)
            if outbox.has_heard_enough:
                break


def _hand_over_one(line: Line, wire: Wire, message: Message) -> Outcome:
    """What is wrong with one is no reason for others to wait. Raises Unreachable."""
    try:
        if not line.is_open:
            line.open()
        return line.send(message, wire.leaving(message.pk))
    except Unreachable:
        wire.stays(message.pk)
        raise
    except DatabaseError:
        raise
    except Exception as error:
        logger.exception("Message %s could not be handed over.", message.pk)
        line.close()
        if message.pk in wire.answers:
            return lost(str(error))
        return Outcome(Fate.LATER, Reason.BROKEN, f"{type(error).__name__}: {error}"[:LONGEST_ANSWER])


def _held_up(outbox: Outbox, batch: Iterable[Message]) -> Container[int | None]:
    """The mailings that somebody paused or stopped; all, where it is the outbox."""
    if not Outbox.objects.filter(pk=outbox.pk, paused_at=None).exists():
        return ALL
    mailings = Mailing.objects.filter(pk__in={message.mailing_id for message in batch if message.mailing_id})
    return set(mailings.exclude(paused_at=None, stopped_at=None).values_list("pk", flat=True))


def _bury(wire: Wire, now: datetime) -> None:
    """Of a worker that is no more."""
    try:
        messages = list(Message.objects.filter(batch=wire.batch).prefetch_related("mailing__campaign"))
        wire.read(message.pk for message in messages)
        _settle(wire, messages, now)
    finally:
        wire.let_go()


class Row(NamedTuple):
    """What becomes of a message: of each a column of the statement."""

    ids: int
    states: str
    reasons: str
    answers: str
    providers: str
    dues: datetime
    tried: bool
    sent: datetime


@transaction.atomic
def _settle(wire: Wire, messages: Sequence[Message], now: datetime) -> None:
    """Writes what was answered; those that have not left wait again, as if they had not been tried."""
    again = [pk for pk, answer in wire.answers.items() if answer.fate == Fate.LATER]
    tries = dict(Message.objects.filter(pk__in=again).values_list("pk", "tries")) if again else {}
    rows = [
        _row(
            message.pk,
            wire.answers.get(message.pk),
            tries.get(message.pk, 1),
            wire.left_at.get(message.pk, now),
            now,
        )
        for message in messages
    ]
    columns = zip(Row._fields, map(list, zip(*rows, strict=True)), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(ANSWERED, {"batch": wire.batch, "now": now, **dict(columns)})
        bounced = [row.ids for row in rows if row.states == Message.State.BOUNCED]
        stopped = [row.ids for row in rows if row.reasons == Reason.STOPPED]
        if bounced or stopped:
            cursor.execute(SUPPRESS, {"ids": bounced + stopped})
    events.write(_happenings(rows, messages), now)
    bounces.tell(bounced, now)
    wire.end()


def _happenings(rows: Iterable[Row], messages: Iterable[Message]) -> Iterator[Happening]:
    """Where nobody else will say that it was delivered, whoever takes a mail has delivered it."""
    names: dict[str, tuple[str, ...]] = {
        Message.State.SENT: (events.SENT,)
        if settings.MAIL_WEBHOOK_SECRETS
        else (events.SENT, events.DELIVERED),
        Message.State.BOUNCED: (events.SENT, events.BOUNCED),
    }
    for row, message in zip(rows, messages, strict=True):
        if message.medium == Medium.EMAIL:
            for name in names.get(row.states, ()):
                yield Happening(message, name, row.sent, f"{name.split()[1].lower()}-{row.ids}")


def _row(pk: int, answer: Outcome | None, tries: int, left_at: datetime, now: datetime) -> Row:
    if answer is None:
        return Row(pk, Message.State.WAITING, "", "", "", now, tried=False, sent=now)
    state, reason, due = STATES[answer.fate], answer.reason, now
    if answer.fate == Fate.LATER:
        if tries > len(AGAIN):
            state, reason = Message.State.FAILED, Reason.GAVE_UP
        else:
            due = now + timedelta(minutes=AGAIN[tries - 1])
    return Row(pk, state, reason, answer.answer, answer.provider_id, due, tried=True, sent=left_at)


def _wait_for_database() -> None:
    """Until it is back, or for as long as a task may take; then the next worker finds out what is known."""
    for _second in range(PATIENCE):
        connection.close()
        try:
            connection.ensure_connection()
        except DatabaseError:
            sleep(1)
        else:
            return
