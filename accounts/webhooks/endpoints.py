"""Webhooks: entered, given another secret, disabled by hand or by what they answered; and how they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from accounts.models import Notice, User, WebhookDelivery, WebhookEndpoint, WebhookSecret
from accounts.notices.kinds import KINDS
from accounts.notices.kinds import WEBHOOK_DISABLED as DISABLED
from accounts.notices.telling import tell
from accounts.webhooks import signing

# For so long receivers may still know the secret before.
OLD_ONE_VALID = timedelta(days=1)
DAY = timedelta(days=1)
COUNTED = ("delivered", "failed", "trying", "waiting")
State = WebhookDelivery.State


@dataclass(frozen=True)
class Health:
    """Of a webhook: what became of what was tried in the last day, what waits, and when something last arrived."""

    endpoint: WebhookEndpoint
    delivered: int
    failed: int
    trying: int
    waiting: int
    arrived_at: datetime | None

    @property
    def is_well(self) -> bool:
        return not self.failed and not self.trying


@transaction.atomic
def make(
    *, url: str, description: str = "", kinds: Sequence[str] = (), by: User | None, now: datetime
) -> tuple[WebhookEndpoint, str]:
    """The row, and its secret, which is shown once."""
    endpoint = WebhookEndpoint(url=url, description=description, kinds=list(kinds), created_by=by)
    endpoint.full_clean()
    endpoint.save()
    return endpoint, rotate(endpoint, now)


@transaction.atomic
def rotate(endpoint: WebhookEndpoint, now: datetime) -> str:
    """The new secret. Until tomorrow deliveries are signed with the one before as well."""
    WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    endpoint.secrets.filter(until__lte=now).delete()
    endpoint.secrets.filter(until=None).update(until=now + OLD_ONE_VALID)
    return WebhookSecret.objects.create(endpoint=endpoint, value=signing.new_secret(), since=now).value


@transaction.atomic
def disable(endpoint: WebhookEndpoint, why: WebhookEndpoint.Why, now: datetime) -> bool:
    """Whether it was active until now. Where nobody did it by hand, its owner is told. What waits stays waiting."""
    active = WebhookEndpoint.objects.active().filter(pk=endpoint.pk)
    if not active.update(disabled_at=now, disabled_because=why):
        return False
    if why != WebhookEndpoint.Why.BY_HAND:
        payload = {"webhook": endpoint.pk, "text": str(endpoint), "because": str(why)}
        tell(DISABLED, payload, now, to=[endpoint.created_by_id])
    return True


def enable(endpoint: WebhookEndpoint) -> None:
    """What waited goes on."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(disabled_at=None, disabled_because="")


def health(now: datetime, of: "QuerySet[WebhookEndpoint] | None" = None) -> list[Health]:
    """Looks at the last day and at what waits alone, however long the log is."""
    rows = list(WebhookEndpoint.objects.all() if of is None else of)
    lately = Q(tried_at__gt=now - DAY)
    waits = Q(state__in=[State.WAITING, State.DELIVERING])
    looked_at = WebhookDelivery.objects.filter(lately | waits, endpoint__in=rows).order_by()
    counts: Any = looked_at.values("endpoint").annotate(
        delivered=Count("pk", lately & Q(state=State.DELIVERED)),
        failed=Count("pk", lately & Q(state=State.FAILED)),
        trying=Count("pk", lately & Q(state=State.WAITING, tries__gt=0)),
        waiting=Count("pk", waits),
    )
    found = {one["endpoint"]: {name: one[name] for name in COUNTED} for one in counts}
    nothing = dict.fromkeys(COUNTED, 0)
    arrived = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"), state=State.DELIVERED)
    last = Subquery(arrived.order_by("-tried_at").values("delivered_at")[:1])
    moments = dict(WebhookEndpoint.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", last))
    return [Health(row, **found.get(row.pk, nothing), arrived_at=moments[row.pk]) for row in rows]


def kinds() -> list[str]:
    """Those that there may be, and that there have been."""
    named = Notice.objects.happened().order_by("kind").values_list("kind", flat=True).distinct()
    return sorted({*named, *KINDS})


def kinds_for(endpoint: WebhookEndpoint | None) -> set[str]:
    """Those that it may name. What it names already stays, also once nobody remembers such a notice."""
    return {*kinds(), *(endpoint.kinds if endpoint else ())}
