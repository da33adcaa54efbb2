"""What a mail provider says of mails: events of who reads them, states of our messages, addresses to leave alone."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from anymail.exceptions import AnymailConfigurationError, AnymailError
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.db.models.functions import Lower

from accounts.connectors import providers
from accounts.connectors.hardness import is_hard
from accounts.connectors.queue import Done
from accounts.connectors.reasons import Reason, Rejected
from accounts.intake import service
from accounts.intake.calls import earliest
from accounts.intake.digests import OURS, digits
from accounts.intake.lines import Event
from accounts.intake.service import Batch, Sender
from accounts.messages import hits, marking
from accounts.messages.replies import message_of_mail_id
from accounts.models import Contact, ErasedAddress, Message, ProviderCall, Suppression
from accounts.models.outboxes import Medium
from accounts.notices import bounces
from accounts.taxonomy import LONGEST_OBJECT

OURSELVES = Sender(OURS, OURS, verified=True)
NAMES = {
    EventType.DELIVERED: "Email Delivered",
    EventType.BOUNCED: "Email Bounced",
    EventType.OPENED: "Email Opened",
    EventType.CLICKED: "Email Link Clicked",
    EventType.COMPLAINED: "Email Marked as Spam",
    EventType.UNSUBSCRIBED: "Unsubscribed",
}
STATES = {
    EventType.DELIVERED: Message.State.DELIVERED,
    EventType.OPENED: Message.State.DELIVERED,
    EventType.CLICKED: Message.State.DELIVERED,
    EventType.COMPLAINED: Message.State.DELIVERED,
    EventType.BOUNCED: Message.State.BOUNCED,
    EventType.REJECTED: Message.State.FAILED,
    EventType.FAILED: Message.State.FAILED,
}
# Of what is temporary the answer alone is kept.
TEMPORARY = EventType.DEFERRED
SUPPRESSED = {
    EventType.BOUNCED: Suppression.Reason.BOUNCED,
    EventType.COMPLAINED: Suppression.Reason.COMPLAINED,
    EventType.UNSUBSCRIBED: Suppression.Reason.UNSUBSCRIBED,
}
# Why a provider refused to send at all: it knows the address.
KNOWN_THERE = {
    RejectReason.BOUNCED: Suppression.Reason.BOUNCED,
    RejectReason.INVALID: Suppression.Reason.BOUNCED,
    RejectReason.SPAM: Suppression.Reason.COMPLAINED,
    RejectReason.UNSUBSCRIBED: Suppression.Reason.UNSUBSCRIBED,
}
# What of a provider's proxies and scanners is told by the name of its event.
BY_MACHINES = frozenset({"proxy_open", "unique_proxy_open"})
# https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
OPENED_BY_MACHINE = "sg_machine_open"
# A retried call of theirs is signed anew, and Anymail takes the signature's token for the event's id.
NEW_IDS = frozenset({"mailgun"})


@dataclass(frozen=True)
class Told:
    """One event, as the provider tells it. `kind` is Anymail's, where a temporary bounce is a delay. `suppresses`:
    whether the address is left alone, where what happened is a reason to."""

    kind: str
    at: datetime | None
    message_id: str
    recipient: str
    answer: str
    identity: str
    reject_reason: str
    url: str
    agent: str
    machine: bool
    suppresses: bool = True


def act(call: ProviderCall) -> Done:
    told = [_told(call, event, number) for number, event in enumerate(read(call))]
    if not told:
        return Done(0, Reason.NO_EVENTS)
    concern = [one for one in told if one.kind == TEMPORARY or one.kind in STATES or one.kind in NAMES]
    if not concern:
        return Done(0, Reason.IGNORED, ", ".join(sorted({one.kind for one in told})))
    kept = follow(concern, call.received_at)
    return Done(len(concern), *kept)


def read(call: ProviderCall) -> list[AnymailTrackingEvent]:
    """Raises Rejected."""
    view = providers.view_of(call.provider, call.kind)
    if view is None:
        raise Rejected(Reason.NOT_UNDERSTOOD, detail=call.provider)
    try:
        return list(view.parse_events(providers.request_of(call)))
    except AnymailConfigurationError as error:
        raise Rejected(Reason.NOT_UNDERSTOOD) from error
    except KeyError as error:
        raise Rejected(Reason.MISSING, str(error.args[0]) if error.args else "") from error
    except (
        AnymailError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        AssertionError,
        OverflowError,
        OSError,
    ) as error:
        raise Rejected(Reason.MALFORMED, detail=_word(error)) from error


def _word(error: Exception) -> str:
    """Without what was sent."""
    return (
        f"{type(error).__name__}: {error}"
        if isinstance(error, json.JSONDecodeError)
        else type(error).__name__
    )


def _told(call: ProviderCall, event: Any, number: int) -> Told:
    kind, said = str(event.event_type), event.esp_event
    answer = " ".join(_text(event.mta_response or event.description, 500).split())
    if kind == EventType.BOUNCED and not is_hard(call.provider, said, answer):
        kind = TEMPORARY
    own_id = "" if call.provider in NEW_IDS else _text(event.event_id, 200)
    parts = [
        own_id,
        kind,
        _text(event.message_id, 300),
        _text(event.recipient, 254),
        _text(event.click_url, 2000),
    ]
    if not own_id:
        # Of two that look alike and have no time, where they stand tells them apart.
        parts.append(event.timestamp.isoformat() if event.timestamp else f"{call.digest} {number}")
    agent = _text(event.user_agent, 300)
    return Told(
        kind=kind,
        at=event.timestamp,
        message_id=parts[2],
        recipient=parts[3].strip(),
        answer=answer,
        identity="\x1f".join([call.provider, *parts]),
        reject_reason=str(event.reject_reason or ""),
        url=parts[4],
        agent=agent,
        machine=_is_by_machine(kind, said, agent),
    )


def _is_by_machine(kind: str, said: Any, agent: str) -> bool:
    """As the provider says, or by how it calls itself, if that is told."""
    own = said if isinstance(said, dict) else {}
    if str(own.get("event", "")) in BY_MACHINES or own.get(OPENED_BY_MACHINE) is True:
        return True
    return bool(agent) and hits.is_robot(agent, opens=kind == EventType.OPENED)


def _text(said: Any, longest: int) -> str:
    if said is None or isinstance(said, dict | list):
        return ""
    return service.storable(str(said))[:longest]


# What follows from it


def follow(told: list[Told], now: datetime) -> tuple[str, str]:
    """Why some of it changed nothing, and of how many; both empty where all did. Raises Rejected."""
    messages = _messages(told)
    erased = _erased(told, messages)
    told = [one for one in told if one not in erased]
    if not told:
        return Reason.ERASED, str(len(erased))
    people = _people(told, messages)
    holds = service.standing()
    begins = earliest(now, holds.months, holds.whole_from)
    batch, old, nobodys = Batch(OURSELVES, now, holds.taxonomy), 0, 0
    moved = [message.pk for one in told if (message := messages.get(one)) and _moves(one, message, now)]
    bounces.tell(moved, now)
    for one in told:
        message = messages.get(one)
        _suppress(one, message, now)
        if one.kind not in NAMES:
            continue
        at = min(one.at or now, now)
        if not message and not one.recipient:
            nobodys += 1
        elif at < begins:
            old += 1
        else:
            batch.add(service.Read(_event(one, message, people, at, now), None))
    if batch.lines:
        batch.save()
    if nobodys:
        if nobodys == len(told):
            raise Rejected(Reason.NOBODY_KNOWN, "recipient")
        return Reason.NOBODY_KNOWN, str(nobodys)
    if old:
        return Reason.TOO_OLD, str(old)
    return (Reason.ERASED, str(len(erased))) if erased else ("", "")


def _messages(told: Iterable[Told]) -> dict[Told, Message]:
    """Ours, by the provider's id of it, by our own, or by whom it was sent to last with that id."""
    told = list(told)
    ids = {one.message_id for one in told if one.message_id}
    bare = ids | {name.strip("<>") for name in ids} | {f"<{name.strip('<>')}>" for name in ids}
    known: dict[str, list[Message]] = {}
    for message in Message.objects.filter(provider_id__in=bare).exclude(provider_id=""):
        known.setdefault(message.provider_id.strip("<>"), []).append(message)
    found = {}
    for one in told:
        name = one.message_id.strip("<>")
        candidates = known.get(name, []) if name else []
        if not candidates and name and (ours := message_of_mail_id(name)):
            candidates = [ours]
        theirs = [each for each in candidates if each.address.lower() == one.recipient.lower()]
        if theirs or (candidates and not one.recipient):
            found[one] = (theirs or candidates)[0]
    return found


def _erased(told: Iterable[Told], messages: dict[Told, Message]) -> set[Told]:
    """What is told of people who were erased: it brings nothing of them back."""
    told = list(told)
    gone = ErasedAddress.objects.among({one.recipient.lower() for one in told})
    return {
        one
        for one in told
        if one.recipient.lower() in gone or (one in messages and not messages[one].address)
    }


def _people(told: Iterable[Told], messages: dict[Told, Message]) -> dict[str, int]:
    """By address in small letters the contact, where exactly one has it."""
    addresses = {one.recipient.lower() for one in told if one.recipient and one not in messages}
    rows = Contact.objects.filter(merged_into=None, erased_at=None).annotate(address=Lower("email"))
    found: dict[str, list[int]] = {}
    for address, pk in rows.filter(address__in=addresses).values_list("address", "pk"):
        found.setdefault(address, []).append(pk)
    return {address: pks[0] for address, pks in found.items() if len(pks) == 1}


def _moves(told: Told, message: Message, now: datetime) -> bool:
    """Whether the message is in another state now."""
    if told.kind == TEMPORARY:
        marking.answered(message, told.answer, now)
    if told.kind not in STATES:
        return False
    return marking.moved(message, STATES[told.kind], told.reject_reason, told.answer, now)


def _suppress(told: Told, message: Message | None, now: datetime) -> None:
    """Whether the address is written to again."""
    reason = SUPPRESSED.get(told.kind) or (
        KNOWN_THERE.get(told.reject_reason) if told.kind == EventType.REJECTED else None
    )
    address = message.address if message else told.recipient
    if reason and address and told.suppresses:
        # From what that mail was for; of a mail that is not ours, from all.
        purpose = message.purpose if message and reason == Suppression.Reason.UNSUBSCRIBED else ""
        since = min(told.at or now, now)
        marking.suppress(Medium.EMAIL, address, reason, message, since, purpose=purpose)


def _event(told: Told, message: Message | None, people: dict[str, int], at: datetime, now: datetime) -> Event:
    message_id = digits(OURS, "provider", told.identity)
    contact = message.contact_id if message else people.get(told.recipient.lower())
    properties: dict[str, Any] = {"message_id": _mail_of(told, message)}
    if told.url:
        properties["url"] = told.url
    mailing = message.mailing if message and message.mailing_id else None
    return Event(
        digits(OURS, "message", message_id),
        at,
        now,
        OURS,
        message_id,
        NAMES[told.kind],
        "",
        properties["message_id"][:LONGEST_OBJECT],
        None,
        mailing.campaign.code if mailing and mailing.campaign else "",
        person_of(contact, message.address if message else told.recipient),
        None,
        "",
        told.machine,
        orjson.dumps(properties),
    )


def person_of(contact: int | None, address: str) -> str:
    """Of somebody unknown, of whom the address is all that there is."""
    return digits(OURS, "contact", str(contact)) if contact else digits(OURS, "address", address.lower())


def _mail_of(told: Told, message: Message | None) -> str:
    """What figures of one mail are counted by: our message, else the provider's id, else the event itself."""
    return str(message.pk) if message else told.message_id.strip("<>") or digits(OURS, "mail", told.identity)
