"""What is heard of a message after it left: its state moves only forward, and addresses are suppressed once."""

from datetime import datetime

from accounts.messages import consents
from accounts.models import Message, Suppression
from accounts.models.outboxes import Medium

State = Message.State
# By which somebody says that they want no more of it.
REFUSED = (Suppression.Reason.UNSUBSCRIBED, Suppression.Reason.STOPPED)
# From which states each may be reached: what was delivered may still come back, and no news undoes that.
FROM = {
    State.DELIVERED: (State.SENT, State.UNKNOWN),
    State.BOUNCED: (State.SENT, State.UNKNOWN, State.DELIVERED, State.FAILED),
    State.FAILED: (State.SENT, State.UNKNOWN),
}


# What arrived on a telephone stays there. One that waits again was refused, and had left all the same.
FROM_OF_SMS = {
    State.SENT: (State.UNKNOWN, State.WAITING),
    State.DELIVERED: (State.SENT, State.UNKNOWN, State.WAITING),
    State.BOUNCED: (State.SENT, State.UNKNOWN, State.WAITING),
}


def moved(message: Message, state: str, reason: str, answer: str, now: datetime) -> bool:
    """Whether it did: news that come late change nothing."""
    before = FROM_OF_SMS if message.medium == Medium.SMS else FROM
    rows = Message.objects.filter(pk=message.pk, state__in=before[State(state)])
    said = {"answer": answer[:500]} if answer else {}
    sent = {"sent_at": now} if message.sent_at is None else {}
    return bool(rows.update(state=state, reason=reason[:40], changed_at=now, **said, **sent))


def answered(message: Message, answer: str, now: datetime) -> None:
    """Of a delay: what the other side said last, as long as nothing final is known."""
    rows = Message.objects.filter(pk=message.pk, state__in=(State.SENT, State.UNKNOWN))
    rows.exclude(answer=answer[:500]).update(answer=answer[:500], changed_at=now)


def suppress(
    medium: str, address: str, reason: str, message: Message | None, since: datetime, *, purpose: str = ""
) -> bool:
    """Once, and not again where somebody lifted it after that; whether it was new.

    What somebody refused themselves, they no longer agree to.
    """
    known = Suppression.objects.of(medium, address).filter(purpose__in=["", purpose])
    if known.filter(lifted_at__gte=since).exists():
        return False
    if reason in REFUSED:
        refused = [purpose] if purpose else consents.PURPOSES
        consents.withdraw(medium, address, message, refused, since)
    if known.standing().exists():
        return False
    row = Suppression(
        medium=medium, address=address, reason=reason, message=message, since=since, purpose=purpose
    )
    return bool(Suppression.objects.bulk_create([row], ignore_conflicts=True))
