"""What happens to messages, as events of ours: a worker takes them in as any that were sent to us."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import orjson

from accounts.intake import service
from accounts.intake.calls import Read
from accounts.intake.digests import OURS, digits
from accounts.intake.lines import Event
from accounts.models import Message
from accounts.models.outboxes import Medium

SENT, DELIVERED, BOUNCED = "Email Sent", "Email Delivered", "Email Bounced"
OPENED = "Email Opened"
CLICKED: dict[str, str] = {Medium.EMAIL: "Email Link Clicked", Medium.SMS: "SMS Link Clicked"}
UNSUBSCRIBED: dict[str, str] = {Medium.EMAIL: "Unsubscribed", Medium.SMS: "SMS Unsubscribed"}
REPLIED: dict[str, str] = {Medium.EMAIL: "Email Replied", Medium.SMS: "SMS Replied"}


class Happening(NamedTuple):
    """`id`: the same one twice is one event. `link`: the address that was followed."""

    message: Message
    name: str
    at: datetime
    id: str
    machine: bool = False
    link: str = ""


def write(happenings: Iterable[Happening], now: datetime) -> None:
    """Of messages to somebody who is no contact there is nobody to tell of. Within the caller's transaction."""
    sender = service.Sender(OURS, OURS, verified=True)
    batch = service.Batch(sender, now, service.standing().taxonomy)
    for happening in happenings:
        if happening.message.contact_id:
            batch.add(Read(_event(happening, now), None))
    if batch.lines:
        batch.save()


def _event(happening: Happening, now: datetime) -> Event:
    message = happening.message
    properties = {"message_id": str(message.pk)} | ({"url": happening.link} if happening.link else {})
    campaign = message.mailing and message.mailing.campaign
    return Event(
        digest=digits(OURS, "message", happening.id),
        happened_at=happening.at,
        recorded_at=now,
        source=OURS,
        message_id=happening.id,
        name=happening.name,
        sent_as="",
        object=str(message.pk),
        value=None,
        campaign=campaign.code if campaign else "",
        person=digits(OURS, "contact", str(message.contact_id)),
        company=None,
        session="",
        machine=happening.machine,
        properties=orjson.dumps(properties),
    )
