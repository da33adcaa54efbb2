"""How the intake goes: how much comes in, what waits, what came last, what was rejected, and by whose keys."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.models import (
    Account,
    AuditEntry,
    Contact,
    Event,
    EventMark,
    IntakeBatch,
    IntakeMinute,
    RejectedEvent,
    User,
    WriteKey,
)
from accounts.models.intake import RejectedEventQuerySet

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LATEST = 20
# Marks beyond so many need not be counted to say that there are many.
MANY = 100_000


@dataclass(frozen=True)
class Came:
    """In some stretch of time: taken, sent twice, rejected."""

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0


@dataclass(frozen=True)
class Rate:
    """`minutes` are the last sixty that are over, the oldest first, each with what was taken in it."""

    minutes: list[int]
    hour: Came
    day: Came

    @property
    def last_minute(self) -> int:
        return self.minutes[-1]


@dataclass(frozen=True)
class Backlog:
    """What waits to be made events of, since when, and how many days of persons wait to be rolled up."""

    events: int
    since: datetime | None
    marks: int

    @property
    def is_empty(self) -> bool:
        return not self.since and not self.marks


@dataclass(frozen=True)
class Latest:
    """An event, and whom it is known to be of."""

    event: Event
    contact: Contact | None
    account: Account | None


@dataclass(frozen=True)
class Revoked:
    """`by` is None where a program did it."""

    key: WriteKey
    by: User | None


def rate(now: datetime) -> Rate:
    this_minute = now.replace(second=0, microsecond=0)
    minutes = IntakeMinute.objects.filter(minute__gte=this_minute - HOUR, minute__lt=this_minute)
    by_minute = dict(minutes.order_by().values_list("minute").annotate(Sum("accepted")))
    of_minutes = [by_minute.get(this_minute - HOUR + step * MINUTE, 0) for step in range(60)]
    return Rate(of_minutes, _came(now - HOUR), _came(now - DAY))


def _came(since: datetime) -> Came:
    columns = ("accepted", "duplicates", "rejected")
    came = IntakeMinute.objects.filter(minute__gte=since).aggregate(
        **{column: Coalesce(Sum(column), 0) for column in columns}
    )
    return Came(**came)


def backlog() -> Backlog:
    waiting = IntakeBatch.objects.aggregate(events=Coalesce(Sum("events"), 0), since=Min("received_at"))
    marks = EventMark.objects.order_by()[:MANY].count()
    return Backlog(waiting["events"], waiting["since"], marks)


def keys(now: datetime) -> QuerySet[WriteKey]:
    """Those in use, with what came in by each within a day."""
    return _counted(WriteKey.objects.valid(), now).order_by("name", "pk")


def _counted(keys: QuerySet[WriteKey], now: datetime) -> QuerySet[WriteKey]:
    minutes = IntakeMinute.objects.filter(key=OuterRef("pk"), minute__gte=now - DAY).order_by()

    def summed(column: str) -> Coalesce:
        return Coalesce(Subquery(minutes.values("key").annotate(total=Sum(column)).values("total")), 0)

    return keys.annotate(accepted=summed("accepted"), rejected=summed("rejected"))


def revoked(now: datetime) -> list[Revoked]:
    """The latest first, with what still came by each within a day; by whom, the audit knows."""
    rows = list(_counted(WriteKey.objects.exclude(revoked_at=None), now).order_by("-revoked_at", "pk"))
    entries = AuditEntry.objects.filter(table=WriteKey._meta.db_table, row__in=[row.pk for row in rows])
    done = entries.filter(before__revoked_at=None, after__revoked_at__isnull=False).select_related("actor")
    by = {entry.row: entry.actor for entry in done}
    return [Revoked(row, by.get(row.pk)) for row in rows]


def reasons() -> list[dict[str, Any]]:
    """Why events wait to be mended, and how many for each reason, the most frequent first."""
    counted = RejectedEvent.objects.waiting().order_by().values("reason")
    found: Iterable[Any] = counted.annotate(events=Count("pk"), last_at=Max("received_at"))
    return sorted(found, key=lambda one: (-one["events"], one["reason"]))


def latest() -> list[Latest]:
    events = list(Event.objects.order_by("-id")[:LATEST])
    contacts = _contacts({event.person for event in events})
    accounts = _accounts({event.company for event in events if event.company})
    found = []
    for event in events:
        contact = contacts.get(event.person)
        account = accounts.get(event.company) if event.company else None
        found.append(Latest(event, contact, account or (contact.account if contact else None)))
    return found


def _contacts(digests: Iterable[UUID]) -> dict[UUID, Contact]:
    known = _known("SELECT digest, min(contact_id) FROM accounts_knownperson", digests)
    rows = Contact.objects.select_related("account").in_bulk(known.values())
    return {digest: rows[pk] for digest, pk in known.items()}


def _accounts(digests: Iterable[UUID]) -> dict[UUID, Account]:
    known = _known("SELECT digest, min(account_id) FROM accounts_knowncompany", digests)
    rows = Account.objects.in_bulk(known.values())
    return {digest: rows[pk] for digest, pk in known.items()}


def _known(select: str, digests: Iterable[UUID]) -> dict[UUID, int]:
    with connection.cursor() as cursor:
        cursor.execute(f"{select} WHERE digest = ANY(%s) GROUP BY digest", [list(digests)])
        return dict(cursor.fetchall())


def rejected(reason: str, key: WriteKey | None) -> RejectedEventQuerySet:
    """Those that wait, the latest first."""
    found = RejectedEvent.objects.waiting().select_related("key")
    return found.filter(Q(reason=reason) if reason else Q(), Q(key=key) if key else Q())
