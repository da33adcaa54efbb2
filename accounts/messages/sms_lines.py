"""SMS over the line that the settings name: the terminal, any provider that takes JSON over HTTP, or Twilio.

Each goes over a connection of its own: on one that is kept open nobody could tell what the other side had taken before
it closed it.
"""

import sys
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

import orjson
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.messages import outcomes, segments, sms, tokens
from accounts.messages.numbers import BadNumber, in_full
from accounts.messages.outcomes import Fate, Outcome, Reason, Unreachable
from accounts.models import Message
from accounts.webhooks import posting

# Of the answer of a provider, in which its id stands somewhere.
LONGEST_ANSWER = 20_000
TIMEOUT = 10.0
# What says something about us, or the moment; the message may go another time.
PASSING = {401, 408, 425, 429}
# https://www.twilio.com/docs/api/errors: no number, none that can get SMS; and whoever wrote STOP there.
NO_SUCH_NUMBER, STOPPED_THERE = {21211, 21217, 21614}, 21610


@dataclass(frozen=True)
class Sms:
    """`id`: ours, by which the provider knows it when it comes again."""

    id: str
    sender: str
    to: str
    text: str


class SmsLine(ABC):
    """`sender` is asked for once, for all that goes over it."""

    is_open: ClassVar[bool] = True

    def __init__(self) -> None:
        self.sender = sms.sender()

    def open(self) -> None:  # noqa: B027  Each SMS has a connection of its own.
        pass

    def close(self) -> None:  # noqa: B027
        pass

    def send(self, message: Message, leaving: Callable[[], None]) -> Outcome:
        """Raises Unreachable."""
        try:
            number = in_full(message.address)
        except BadNumber:
            words = _("This is no telephone number. Write it with its country, like +966501234567.")
            return Outcome(Fate.FAILED, Reason.BAD_ADDRESS, words)
        return self.hand_over(
            Sms(tokens.of(message.pk, tokens.REPLY), self.sender, number, sms.text_of(message, self.sender)),
            leaving,
        )

    @abstractmethod
    def hand_over(self, one: Sms, leaving: Callable[[], None]) -> Outcome:
        """Raises Unreachable."""


class ConsoleLine(SmsLine):
    def hand_over(self, one: Sms, leaving: Callable[[], None]) -> Outcome:
        leaving()
        sys.stdout.write(f"{_headline(one)}\n{one.text}\n\n")
        sys.stdout.flush()
        return Outcome(Fate.SENT)


def _headline(one: Sms) -> str:
    size = segments.size(one.text)
    alphabet = "GSM-7" if size.is_gsm else "UCS-2"
    return f"SMS to {one.to} from {one.sender or '-'}: {size.segments} segments of {alphabet}, {size.units} units"


class HttpLine(SmsLine):
    def hand_over(self, one: Sms, leaving: Callable[[], None]) -> Outcome:
        left = False

        def leave() -> None:
            nonlocal left
            leaving()
            left = True

        url, body, headers = self.request(one)
        answer = posting.post(
            url, body, headers, timeout=TIMEOUT, longest=LONGEST_ANSWER, leaving=leave, is_ours=True
        )
        if answer.status is not None:
            return self.outcome(answer.status, answer.text)
        why = ": ".join(filter(None, (str(posting.Problem(answer.problem).label), answer.text)))
        if not left:
            raise Unreachable(why)
        if self.knows_again:
            return Outcome(Fate.LATER, Reason.NO_ANSWER, why[: outcomes.LONGEST_ANSWER])
        return outcomes.lost(why)

    @property
    def knows_again(self) -> bool:
        return settings.SMS_KNOWS_IDS

    def request(self, one: Sms) -> tuple[str, str, Mapping[str, str]]:
        """The address, the body and the headers."""
        words = {"id": one.id, "from": one.sender, "to": one.to, "digits": one.to[1:], "text": one.text}
        return settings.SMS_URL, orjson.dumps(_put(settings.SMS_BODY, words)).decode(), settings.SMS_HEADERS

    def outcome(self, status: int, text: str) -> Outcome:
        answer = f"{status} {' '.join(text.split())}".strip()[: outcomes.LONGEST_ANSWER]
        if 200 <= status < 300:
            return Outcome(Fate.SENT, answer=answer, provider_id=_at(settings.SMS_ID_FIELD, text))
        return _refused(status, answer)


class TwilioLine(HttpLine):
    """https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource"""

    # It knows nothing of ours.
    knows_again = False

    def request(self, one: Sms) -> tuple[str, str, Mapping[str, str]]:
        by = "MessagingServiceSid" if one.sender.startswith("MG") else "From"
        fields = {"To": one.to, by: one.sender, "Body": one.text}
        if settings.IS_HTTPS:
            fields["StatusCallback"] = f"{settings.URL}{reverse('connectors:twilio')}?id={one.id}"
        secret = b64encode(f"{settings.TWILIO_SID}:{settings.TWILIO_TOKEN}".encode()).decode()
        headers = {
            "Authorization": f"Basic {secret}",
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        }
        return (
            f"{_twilio()}/2010-04-01/Accounts/{settings.TWILIO_SID}/Messages.json",
            urlencode(fields),
            headers,
        )

    def outcome(self, status: int, text: str) -> Outcome:
        said = _read(text)
        if 200 <= status < 300:
            words = f"{status} {_at('status', text)}".strip()
            return Outcome(Fate.SENT, answer=words, provider_id=_at("sid", text))
        code = said.get("code") if isinstance(said, dict) else None
        answer = f"{status} {code or ''} {_at('message', text)}"[: outcomes.LONGEST_ANSWER]
        if code in NO_SUCH_NUMBER:
            return Outcome(Fate.BOUNCED, Reason.NO_MAILBOX, answer)
        if code == STOPPED_THERE:
            return Outcome(Fate.FAILED, Reason.STOPPED, answer)
        return _refused(status, answer)


def _twilio() -> str:
    return (settings.SMS_URL or "https://api.twilio.com").rstrip("/")


def _refused(status: int, answer: str) -> Outcome:
    if 400 <= status < 500 and status not in PASSING:
        return Outcome(Fate.FAILED, Reason.REFUSED, answer)
    return Outcome(Fate.LATER, Reason.TEMPORARY, answer)


def _put(pattern: Any, words: Mapping[str, str]) -> Any:
    """JSON, whose texts may be one of the words in braces; a word brings none of the others along."""
    if isinstance(pattern, dict):
        return {name: _put(value, words) for name, value in pattern.items()}
    if isinstance(pattern, list):
        return [_put(value, words) for value in pattern]
    if not isinstance(pattern, str) or not pattern.startswith("{"):
        return pattern
    return words.get(pattern[1:-1], pattern)


def _at(path: str, text: str) -> str:
    """What stands there in the JSON: "messages.0.id"."""
    found = _read(text)
    for name in path.split("."):
        if isinstance(found, list):
            found = found[int(name)] if name.isdecimal() and int(name) < len(found) else None
        else:
            found = found.get(name) if isinstance(found, dict) else None
    return str(found)[:200] if isinstance(found, str | int) else ""


def _read(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


LINES: dict[str, type[SmsLine]] = {"console": ConsoleLine, "http": HttpLine, sms.TWILIO: TwilioLine}


def line() -> SmsLine:
    """That of the settings; there must be one (sms.is_possible)."""
    return LINES[settings.SMS]()
