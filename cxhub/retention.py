"""What goes when its time is over, every night, in small batches as a job."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.audit import acting
from accounts.imports import uploads
from accounts.intake import partitions
from accounts.models import (
    AuditEntry,
    Contact,
    Event,
    Job,
    Notice,
    Organisation,
    ProviderCall,
    RejectedEvent,
    Retention,
    Upload,
)
from cxhub.persons import erasing
from metrics.windows import add_months

KIND = "retention"
AT_ONCE = 1000
# Each erasure looks through all that is kept; the next night does the next ones.
PERSONS_A_NIGHT = 50


@dataclass(frozen=True)
class Rule:
    """`due`: what goes, of what is older than then. `take`: ids of a batch of it; returns how many rows went."""

    due: Callable[[datetime], QuerySet[Any]]
    take: Callable[[list[int], datetime], int]
    most: int | None = None


def cutoff(months: int, now: datetime) -> datetime:
    organisation = Organisation.current()
    return organisation.start_of(add_months(organisation.today(now), -months))


# What each rule is about


def _uploads(before: datetime) -> QuerySet[Upload]:
    return Upload.objects.filter(uploaded_at__lt=before).exclude(file="").exclude(pk__in=uploads.in_work())


def _prune(_ids: list[int], before: datetime) -> int:
    return uploads.prune(before)


def _history(before: datetime) -> QuerySet[AuditEntry]:
    said = Q(before__isnull=False) & ~Q(before={}) | Q(after__isnull=False) & ~Q(after={})
    return AuditEntry.objects.filter(said, at__lt=before)


def _empty(ids: list[int], _before: datetime) -> int:
    entries = AuditEntry.objects.filter(pk__in=ids)
    entries.filter(after__isnull=False).update(after={})
    entries.filter(before__isnull=False).update(before={})
    return len(ids)


def _notices(before: datetime) -> QuerySet[Notice]:
    return Notice.objects.filter(recorded_at__lt=before)


def _delete(ids: list[int], _before: datetime) -> int:
    return Notice.objects.filter(pk__in=ids).delete()[0]


def _left_contacts(before: datetime) -> QuerySet[Contact]:
    """But who is still a contact elsewhere."""
    day = Organisation.current().today(before)
    same = Contact.objects.exclude(email="").alias(address=Lower("email")).filter(address=OuterRef("address"))
    stays = same.filter(Q(left=None) | Q(left__gte=day))
    left = Contact.objects.filter(left__lt=day, erased_at=None).alias(address=Lower("email"))
    return left.filter(~Exists(stays))


def _erase(ids: list[int], _before: datetime) -> int:
    """A worker does it, each as a run with its own report."""
    for contact in Contact.objects.filter(pk__in=ids):
        erasing.begin(contact, by=None)
    return len(ids)


def _events(before: datetime) -> QuerySet[Event]:
    """Whole months of them."""
    return Event.objects.filter(happened_at__lt=partitions.kept_from(before, Organisation.current()))


def _drop_a_month(_ids: list[int], before: datetime) -> int:
    return partitions.drop_one_before(partitions.kept_from(before, Organisation.current()))


def _rejected_events(before: datetime) -> QuerySet[RejectedEvent]:
    return RejectedEvent.objects.before(before)


def _forget(ids: list[int], _before: datetime) -> int:
    return RejectedEvent.objects.filter(pk__in=ids).delete()[0]


def _provider_calls(before: datetime) -> QuerySet[ProviderCall]:
    """But those that a worker has yet to act on."""
    return ProviderCall.objects.filter(received_at__lt=before).exclude(state=ProviderCall.State.WAITING)


def _forget_calls(ids: list[int], _before: datetime) -> int:
    """Not where somebody has one of them sent again at this moment."""
    gone = ProviderCall.objects.filter(pk__in=ids).exclude(state=ProviderCall.State.WAITING)
    return gone.delete()[0]


RULES: dict[str, Rule] = {
    "uploads": Rule(_uploads, _prune),
    "history": Rule(_history, _empty),
    "notices": Rule(_notices, _delete),
    "left_contacts": Rule(_left_contacts, _erase, most=PERSONS_A_NIGHT),
    "events": Rule(_events, _drop_a_month),
    "rejected_events": Rule(_rejected_events, _forget),
    "provider_calls": Rule(_provider_calls, _forget_calls),
}


# What would go, and what goes


def foreseen(settings: Retention, now: datetime) -> dict[str, int]:
    """Of each rule that is set, how many rows the next run takes."""
    return {name: _count(RULES[name], before) for name, before in _set(settings, now).items()}


def _count(rule: Rule, before: datetime) -> int:
    due = rule.due(before)
    return due.order_by()[: rule.most].count() if rule.most else due.count()


def _set(settings: Retention, now: datetime) -> dict[str, datetime]:
    given = {name: getattr(settings, name) for name in Retention.RULES}
    return {name: cutoff(months, now) for name, months in given.items() if months}


def run(clock: Callable[[], datetime] = timezone.now, *, until: datetime | None = None) -> Job | None:
    """None where nothing is due. What the time does not allow is the next night's; so is what somebody stops."""
    now, settings = clock(), Retention.current()
    due = foreseen(settings, now)
    if not sum(due.values()):
        return None
    job = Job.objects.create(kind=KIND, total=sum(due.values()))
    job.start(now)
    state, went = Job.State.FAILED, dict.fromkeys(due, 0)
    try:
        state = _take_all(job, _set(settings, now), went, clock, until)
    finally:
        job.finish(state, clock(), **went)
    job.refresh_from_db()
    return job


def _take_all(
    job: Job,
    rules: dict[str, datetime],
    went: dict[str, int],
    clock: Callable[[], datetime],
    until: datetime | None,
) -> Job.State:
    for name, before in rules.items():
        while ids := _batch(RULES[name], before, went[name]):
            with acting(job=job):
                went[name] += RULES[name].take(ids, before)
            if not job.advance(sum(went.values()), clock()):
                return Job.State.STOPPED
            if until and clock() > until:
                return Job.State.DONE
    return Job.State.DONE


def _batch(rule: Rule, before: datetime, went: int) -> list[int]:
    """Erasures only begin here, so that the same contacts would be due again: once a night is enough for those."""
    if rule.most and went:
        return []
    return list(rule.due(before).order_by("pk").values_list("pk", flat=True)[: rule.most or AT_ONCE])
