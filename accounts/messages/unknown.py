"""Messages of which nobody knows whether they left: somebody who asked the reader, or the server, says what became of
them."""

from datetime import datetime

from django.db import transaction

from accounts.messages import marking
from accounts.models import Message

SENT_AGAIN, BY_HAND = "sent_again", "by_hand"
LONGEST_KEY = 120
AGAIN = ":again"


@transaction.atomic
def send_again(message: Message, now: datetime) -> Message | None:
    """It did not arrive: another one is queued in its place. None where it is not unknown any more."""
    unknown = Message.objects.filter(pk=message.pk, state=Message.State.UNKNOWN)
    gone = {"state": Message.State.SKIPPED, "reason": SENT_AGAIN, "changed_at": now}
    if not message.address or not unknown.update(**gone):
        return None
    return Message.objects.create(
        key=_next_key(message),
        mailing=message.mailing,
        letter=message.letter,
        contact=message.contact,
        account=message.account,
        medium=message.medium,
        purpose=message.purpose,
        address=message.address,
        name=message.name,
        language=message.language,
        values=message.values,
        reminds_of=message.reminds_of,
        due_at=now,
    )


def _next_key(message: Message) -> str:
    before = message.key or f"message-{message.pk}"
    return before[: LONGEST_KEY - len(AGAIN)] + AGAIN


def arrived(message: Message, now: datetime) -> bool:
    """Whether it was unknown until now."""
    if message.state != Message.State.UNKNOWN:
        return False
    return marking.moved(message, Message.State.DELIVERED, BY_HAND, "", now)
