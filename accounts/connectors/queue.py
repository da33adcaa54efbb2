"""What waits is acted on in the order in which each provider sent it, each call in a transaction of its own.

Killed at any moment, a worker has changed nothing of the call that it was at.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

import psycopg
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import timezone
from psycopg.types.json import Jsonb

from accounts.connectors.reasons import Reason, Rejected
from accounts.models import ProviderCall
from accounts.models.calls import ProviderCallQuerySet

logger = logging.getLogger(__name__)
# A call that ends badly so often is put aside; the others behind it go on.
TRIES = 3
# What was taken is known for so long when it comes again, and what it said is known for good.
KNOWN_FOR = timedelta(days=90)
REFUSALS = ("22", "23", "54")
# Two workers in one another's way, or one that was told to stop: another time it goes.
PASSING = ("40", "55", "57", "08")
State = ProviderCall.State


class Done(NamedTuple):
    """`read`: how many events or objects were understood. `reason`: why it changed nothing, or not all."""

    read: int
    reason: str = ""
    detail: str = ""


class NotYet(Exception):
    """What it is about is still under way here: the provider's calls wait for the next turn."""


Act = Callable[[ProviderCall], Done]
KEEP = """
INSERT INTO accounts_providercall AS kept
  (provider, kind, headers, body, size, digest, received_at, state, tries, read, reason, field, detail)
VALUES (%(provider)s, %(kind)s, %(headers)s, %(body)b, %(size)s, %(digest)s, %(now)s, 'waiting', 0, 0, '', '', '')
ON CONFLICT (provider, kind, digest) DO UPDATE SET state = 'waiting', tries = 0, done_at = NULL
WHERE kept.state = 'rejected'"""


def keep(provider: str, kind: str, headers: Mapping[str, str], body: bytes, *, now: datetime) -> None:
    """The same again changes nothing, but that what was rejected is tried again.

    Values go beside the statement: as a literal within it, ten megabytes would be twenty to read.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(
            KEEP,
            {
                "provider": provider,
                "kind": kind,
                "headers": Jsonb(dict(headers)),
                "body": body,
                "size": len(body),
                "digest": sha256(body).hexdigest(),
                "now": now,
            },
        )


def turn(acts: Mapping[str, Act], until: datetime, clock: Callable[[], datetime] = timezone.now) -> int:
    """Acts on what waits until nothing does, or the time is over; how many calls are done with."""
    done = 0
    waiting = ProviderCall.objects.waiting().order_by("provider").distinct("provider")
    for provider in list(waiting.values_list("provider", flat=True)):
        while clock() < until and _next(provider, acts, clock):
            done += 1
    return done


def _next(provider: str, acts: Mapping[str, Act], clock: Callable[[], datetime]) -> bool:
    """The first of the provider that waits; not where there is none, or another worker is at one of them."""
    pk = _begin(provider)
    if pk is None:
        return False
    try:
        with transaction.atomic():
            return _act(pk, acts, clock())
    except Exception as error:
        if isinstance(error, NotYet) or _state(error).startswith(PASSING):
            ProviderCall.objects.filter(pk=pk).update(tries=F("tries") - 1)
            return False
        logger.exception("Call %s of %s failed", pk, provider)
        return _fail(pk, error, clock())


def _begin(provider: str) -> int | None:
    """Counted before it is tried: what kills its workers is put aside too."""
    with transaction.atomic():
        if not _is_ours(provider):
            return None
        waiting = ProviderCall.objects.waiting().filter(provider=provider).order_by("pk")
        call = waiting.select_for_update(skip_locked=True).only("pk", "tries").first()
        if call is None:
            return None
        ProviderCall.objects.filter(pk=call.pk).update(tries=F("tries") + 1)
        return call.pk


def _is_ours(provider: str) -> bool:
    """Until the transaction ends nobody else acts on calls of the provider: they go in turn."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtext('accounts_providercall'), hashtext(%s))", [provider]
        )
        return bool(cursor.fetchone()[0])


def lock(provider: str) -> None:
    """Waits for whoever acts on calls of the provider; until the transaction ends nobody else does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('accounts_providercall'), hashtext(%s))", [provider]
        )


def _act(pk: int, acts: Mapping[str, Act], now: datetime) -> bool:
    call = ProviderCall.objects.select_for_update(skip_locked=True).filter(pk=pk, state=State.WAITING).first()
    if call is None or not _is_ours(call.provider):
        return False
    if call.tries > TRIES:
        _reject(pk, Rejected(Reason.FAILED), now)
        return True
    try:
        with transaction.atomic():
            done = acts[call.kind](call)
    except Rejected as rejected:
        _reject(pk, rejected, now)
    except DatabaseError as error:
        if not _state(error).startswith(REFUSALS):
            raise
        _reject(pk, Rejected(Reason.REFUSED, detail=_first_line(error)), now)
    else:
        detail = {"reason": done.reason, "detail": done.detail[:500], "field": ""}
        _done(pk, State.TAKEN, now, read=done.read, body=b"", **detail)
    return True


def _fail(pk: int, error: Exception, now: datetime) -> bool:
    """Whether the next one may be looked at."""
    call = ProviderCall.objects.filter(pk=pk, state=State.WAITING).first()
    if call and call.tries >= TRIES:
        _reject(pk, Rejected(Reason.FAILED, detail=type(error).__name__), now)
    return True


def _reject(pk: int, rejected: Rejected, now: datetime) -> None:
    said = {"reason": rejected.reason, "field": rejected.field[:120], "detail": rejected.detail[:500]}
    _done(pk, State.REJECTED, now, **said)


def _done(pk: int, state: str, now: datetime, **said: object) -> None:
    ProviderCall.objects.filter(pk=pk).update(state=state, done_at=now, **said)


def _state(error: BaseException) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]


def send_again(calls: ProviderCallQuerySet) -> int:
    """Of these the rejected ones: a worker acts on them once more."""
    return calls.rejected().update(state=State.WAITING, tries=0, done_at=None, reason="", field="", detail="")


def forget(now: datetime) -> int:
    """Of those that were taken; what was rejected stays until it is sent again."""
    return ProviderCall.objects.filter(state=State.TAKEN, done_at__lt=now - KNOWN_FOR).delete()[0]
