"""What became of SMS, and what people answer to them: each call says one or the other."""

from dataclasses import dataclass

import orjson
from django.db import transaction

from accounts.connectors import twilio
from accounts.connectors.queue import Done, NotYet
from accounts.connectors.reading import Part
from accounts.connectors.reasons import Reason, Rejected
from accounts.intake import service
from accounts.messages import events, keywords, marking
from accounts.messages.events import Happening
from accounts.messages.keywords import Wish
from accounts.messages.numbers import BadNumber, in_full
from accounts.messages.replies import last_message_to, message_of_token
from accounts.models import Message, ProviderCall, Reply, Suppression
from accounts.models.outboxes import Medium

TWILIO = "twilio"
LONGEST_TEXT, LONGEST_NUMBER = 10_000, 254
STATES = {
    "sent": Message.State.SENT,
    "delivered": Message.State.DELIVERED,
    "read": Message.State.DELIVERED,
    "undelivered": Message.State.BOUNCED,
    "failed": Message.State.BOUNCED,
}
# https://www.twilio.com/docs/api/errors: a telephone that there is not, one that gets no SMS; whoever wrote STOP there.
NOBODY_THERE, STOPPED_THERE = {"30005", "30006"}, "21610"


@dataclass(frozen=True)
class Report:
    """`id` is ours, if it was said. `suppressed`: why the number is not written to again."""

    id: str
    provider_id: str
    status: str
    answer: str
    suppressed: str = ""


@dataclass(frozen=True)
class Answer:
    id: str
    number: str
    text: str


def act(call: ProviderCall) -> Done:
    said = _of_twilio(call) if call.provider == TWILIO else _of_json(call)
    return _report(said, call) if isinstance(said, Report) else _answer(said, call)


def _of_twilio(call: ProviderCall) -> Report | Answer:
    said = Part({name: service.storable(value) for name, value in twilio.fields(bytes(call.body)).items()})
    status = said.text("MessageStatus") or said.text("SmsStatus")
    if status == "received" or said.has("Body"):
        return Answer(said.id("MessageSid"), said.id("From"), said.text("Body", longest=LONGEST_TEXT))
    code = said.text("ErrorCode")
    suppressed = Suppression.Reason.BOUNCED if code in NOBODY_THERE else ""
    return Report(
        said.text(twilio.OUR_ID),
        said.id("MessageSid"),
        status,
        " ".join(filter(None, (status, code, said.text("ErrorMessage")))),
        Suppression.Reason.STOPPED if code == STOPPED_THERE else suppressed,
    )


def _of_json(call: ProviderCall) -> Report | Answer:
    try:
        said = Part(orjson.loads(bytes(call.body)))
    except orjson.JSONDecodeError as error:
        raise Rejected(Reason.MALFORMED, detail=str(error)) from error
    if said.has("status"):
        if not (said.has("id") or said.has("provider_id")):
            raise Rejected(Reason.MISSING, "id")
        return Report(
            said.text("id"),
            said.text("provider_id"),
            said.text("status").lower(),
            said.text("error", longest=500) or said.text("status"),
            Suppression.Reason.BOUNCED if said.said.get("permanent") is True else "",
        )
    if said.has("from"):
        return Answer(said.id("id"), said.id("from"), said.text("text", longest=LONGEST_TEXT))
    raise Rejected(Reason.NO_EVENTS)


# What became of one


def _report(told: Report, call: ProviderCall) -> Done:
    if told.status not in STATES:
        return Done(0, Reason.IGNORED, told.status)
    message = message_of_token(told.id) or _of_provider(told.provider_id)
    _wait_for(message, call)
    if message is None or message.medium != Medium.SMS:
        return Done(0, Reason.NO_MESSAGE)
    state = STATES[told.status]
    failed = state == Message.State.BOUNCED
    if not marking.moved(message, state, told.status if failed else "", told.answer, call.received_at):
        return Done(0, Reason.OUTDATED)
    if told.provider_id and not message.provider_id:
        Message.objects.filter(pk=message.pk).update(provider_id=told.provider_id)
    if failed and told.suppressed:
        marking.suppress(Medium.SMS, message.address, told.suppressed, message, call.received_at)
    return Done(1)


def _of_provider(provider_id: str) -> Message | None:
    known = Message.objects.filter(medium=Medium.SMS, provider_id=provider_id).exclude(provider_id="")
    return known.order_by("-pk").first()


def _wait_for(message: Message | None, call: ProviderCall) -> None:
    """Providers are fast: what they say of a message may be here before its batch has ended. Raises NotYet."""
    under_way = Message.objects.filter(medium=Medium.SMS, state=Message.State.SENDING)
    if message is None:
        under_way = under_way.filter(changed_at__lte=call.received_at)
    else:
        under_way = under_way.filter(pk=message.pk)
    if under_way.exists():
        raise NotYet


# What somebody wrote


@transaction.atomic
def _answer(said: Answer, call: ProviderCall) -> Done:
    number = _number(said.number)
    message = last_message_to(number)
    reply = {
        "message": message,
        "contact_id": message and message.contact_id,
        "account_id": message and message.account_id,
        "medium": Medium.SMS,
        "address": number,
        "text": service.storable(said.text),
        "received_at": call.received_at,
    }
    kept, is_new = Reply.objects.get_or_create(mail_id=f"sms:{call.provider}:{said.id}", defaults=reply)
    if not is_new:
        return Done(0, Reason.OUTDATED)
    _follow(kept, keywords.wish_of(said.text), call)
    return Done(1)


def _number(written: str) -> str:
    """As it came where it is none: short numbers have no country."""
    try:
        return in_full(written)
    except BadNumber:
        return written[:LONGEST_NUMBER]


def _follow(reply: Reply, wish: Wish | None, call: ProviderCall) -> None:
    at, message = call.received_at, reply.message
    if wish == Wish.START:
        by_themselves = Suppression.objects.standing().filter(
            medium=Medium.SMS, address=reply.address, reason=Suppression.Reason.STOPPED, since__lte=at
        )
        by_themselves.update(lifted_at=at)
        return
    name = events.REPLIED
    if wish == Wish.STOP:
        marking.suppress(Medium.SMS, reply.address, Suppression.Reason.STOPPED, message, at)
        name = events.UNSUBSCRIBED
    if message:
        events.write([Happening(message, name[Medium.SMS], at, f"reply-{reply.pk}")], at)
