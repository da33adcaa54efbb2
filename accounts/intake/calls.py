"""A call of the Segment spec as an event, as something said of persons and companies, as both, or why it is neither.

Names are taken as the libraries write them (userId) and as event sources do (user_id, action). Of the context only
what says who, where from and by which program is read, and nothing is kept but that.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import isfinite
from typing import Any, NamedTuple

import orjson
from crawlerdetect import CrawlerDetect

from accounts.intake.bodies import LARGEST_CALL
from accounts.intake.digests import digits
from accounts.intake.lines import Event
from accounts.intake.reasons import Reason, Rejected
from accounts.taxonomy import (
    LONGEST_CAMPAIGN,
    LONGEST_NAME,
    PAGE,
    SCREEN,
    Mapped,
    meant,
    path_of,
)
from accounts.texts import HOSTILE

LONGEST_ID, LONGEST_MESSAGE_ID, DEEPEST = 200, 100, 10
LARGEST_NUMBER = 1e30
# Clocks differ; what is further ahead than this is wrong.
AHEAD = timedelta(minutes=5)
YEARS_BACK = 10
# A clock that says less was never set.
SET_SINCE = datetime(2010, 1, 1, tzinfo=UTC)
# Of two numbers of a clock the one in milliseconds.
MILLISECONDS = 100_000_000_000
# Looking at an odd one takes milliseconds, and no honest batch has that many.
MOST_AGENTS, LONGEST_AGENT = 100, 300


Call = dict[str, Any]
Said = dict[str, Any]
NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What holds for all calls of a request. `lag`: by how much our clock is ahead of the sender's, if it said."""

    source: str
    companies_source: str
    verified: bool
    received_at: datetime
    earliest: datetime
    lag: timedelta | None = None
    mapped: Mapping[str, Mapped] = field(default_factory=dict)
    agents: dict[str, bool] = field(default_factory=dict)


class Read(NamedTuple):
    event: Event | None
    said: Said | None


class Who(NamedTuple):
    """A user id, an anonymous one, or both."""

    user: str
    anonymous: str


def read(call: Any, receipt: Receipt, *, kind: str = "", position: int = 0) -> Read:
    """`kind` is that of the address, `position` that in the batch: it tells calls without id and time apart, and
    what of those without time was said first."""
    if type(call) is not dict:
        raise Rejected(Reason.NO_OBJECT)
    content = _written(call)
    kind = kind or call.get("type") or call.get("action") or ""
    reader = READERS.get(kind) if type(kind) is str else None
    if reader is None:
        raise Rejected(Reason.UNKNOWN_TYPE, "type")
    return reader(call, content, receipt, position)


def correction(sent_at: Any, received_at: datetime) -> timedelta | None:
    """What has no time, none that can be read, or that of a clock that was never set, corrects nothing."""
    try:
        sent = moment(sent_at, "sentAt")
    except Rejected:
        return None
    return received_at - sent if sent >= SET_SINCE else None


def earliest(received_at: datetime, months: int | None, gone_before: datetime | None = None) -> datetime:
    """From when on events are taken, where they are kept for so many months, and those before have gone."""
    kept = _kept_from(received_at, months)
    return max(kept, gone_before) if gone_before else kept


def _kept_from(received_at: datetime, months: int | None) -> datetime:
    day = received_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if months is None:
        return day - timedelta(days=round(365.25 * YEARS_BACK))
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return day.replace(year=max(year, 1), month=month + 1, day=1)


# Events


def _track(call: Call, content: bytes, receipt: Receipt, position: int) -> Read:
    given = call.get("event")
    name = given.strip() if type(given) is str else given
    return _event(call, content, receipt, position, _text(name, "event", LONGEST_NAME), None)


def _page(call: Call, content: bytes, receipt: Receipt, position: int) -> Read:
    return _event(call, content, receipt, position, PAGE, _described)


def _screen(call: Call, content: bytes, receipt: Receipt, position: int) -> Read:
    return _event(call, content, receipt, position, SCREEN, _described)


def _described(call: Call, properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """What such calls say beside their properties belongs to them."""
    described = dict(properties)
    for name in ("name", "category"):
        value = call.get(name)
        if value and type(value) is str and not described.get(name):
            described[name] = value
    address = described.get("url")
    if address and type(address) is str and not described.get("path"):
        described["path"] = path_of(address)
    return described


def _event(
    call: Call,
    content: bytes,
    receipt: Receipt,
    position: int,
    name: str,
    describe: Callable[[Call, Mapping[str, Any]], Mapping[str, Any]] | None,
) -> Read:
    context = _object(call, "context")
    properties = _object(call, "properties")
    who = _who(call, context, NOTHING)
    happened_at = _happened_at(call, receipt)
    if happened_at < receipt.earliest:
        raise Rejected(Reason.TOO_OLD, "timestamp")
    if properties:
        _check(properties.values(), "properties")
    if describe:
        properties = describe(call, properties)
    meaning = meant(name, properties, receipt.mapped)
    if meaning.unfit:
        raise Rejected(Reason.BAD_RATING, f"properties.{meaning.unfit}")
    message_id = _message_id(call, content, receipt, position)
    company = _company(context, properties)
    event = Event(
        digits(receipt.source, "message", message_id),
        happened_at,
        receipt.received_at,
        receipt.source,
        message_id,
        meaning.name,
        meaning.sent_as,
        meaning.object,
        meaning.value,
        meaning.campaign or _campaign(context),
        digits(receipt.source, "user", who.user)
        if who.user
        else digits(receipt.source, "anonymous", who.anonymous),
        digits(receipt.companies_source, "account", company) if company else None,
        _session(context, properties),
        properties.get("machine") is True or _is_machine(context, receipt),
        orjson.dumps(properties),
    )
    return Read(event, _said_beside(who, context, _in_turn(happened_at, call, position), receipt))


def _said_beside(who: Who, context: Mapping[str, Any], at: datetime, receipt: Receipt) -> Said | None:
    """An event may say in passing whose anonymous id it is, and of whom it is what."""
    traits = _object(context, "traits", "context.traits") if receipt.verified and who.user else NOTHING
    if traits:
        _check(traits.values(), "context.traits")
    if traits or (who.user and who.anonymous):
        return _said("identify", who, at, receipt, traits=traits)
    return None


# What is said of persons and companies


def _identify(call: Call, _content: bytes, receipt: Receipt, position: int) -> Read:
    context, traits = _object(call, "context"), _traits(call)
    who = _who(call, context, traits)
    # Such as the Python library sends them; what stands in the call itself counts.
    besides = _object(context, "traits", "context.traits")
    if besides:
        _check(besides.values(), "context.traits")
        traits = {**besides, **traits}
    at = _in_turn(_happened_at(call, receipt), call, position)
    return Read(None, _said("identify", who, at, receipt, traits=traits))


def _group(call: Call, _content: bytes, receipt: Receipt, position: int) -> Read:
    company = identifier(call, "groupId", "group_id", "groupId")
    if not company:
        raise Rejected(Reason.MISSING, "groupId")
    try:
        who = _who(call, _object(call, "context"), NOTHING)
    except Rejected as rejected:
        # A company may be described without naming anybody of it.
        if rejected.reason != Reason.NO_PERSON:
            raise
        who = Who("", "")
    at = _in_turn(_happened_at(call, receipt), call, position)
    return Read(None, _said("group", who, at, receipt, company=company, traits=_traits(call)))


def _alias(call: Call, _content: bytes, receipt: Receipt, position: int) -> Read:
    user = identifier(call, "userId", "user_id", "userId")
    previous = identifier(call, "previousId", "previous_id", "previousId") or identifier(
        call, "anonymousId", "anonymous_id", "anonymousId"
    )
    if not user:
        raise Rejected(Reason.NO_PERSON, "userId")
    if not previous:
        raise Rejected(Reason.MISSING, "previousId")
    at = _in_turn(_happened_at(call, receipt), call, position)
    return Read(None, _said("alias", Who(user, ""), at, receipt, previous=previous))


def _said(
    kind: str,
    who: Who,
    at: datetime,
    receipt: Receipt,
    *,
    company: str = "",
    previous: str = "",
    traits: Mapping[str, Any] = NOTHING,
) -> Said:
    return {
        "type": kind,
        "user": who.user,
        "anonymous": who.anonymous,
        "company": company,
        "previous": previous,
        # What anybody can say in a browser changes nothing, and so is not kept.
        "traits": traits if receipt.verified else {},
        "at": at.isoformat(),
        "verified": receipt.verified,
    }


READERS: dict[str, Callable[[Call, bytes, Receipt, int], Read]] = {
    "track": _track,
    "page": _page,
    "screen": _screen,
    "identify": _identify,
    "group": _group,
    "alias": _alias,
}


# Parts of a call


def _written(call: Call) -> bytes:
    """As JSON again: what cannot be written so cannot be kept. Its length is that of the call, without blanks."""
    try:
        content = orjson.dumps(call)
    except TypeError as error:
        deep = "ecursion" in str(error)
        raise Rejected(Reason.TOO_DEEP if deep else Reason.BROKEN_TEXT) from None
    if len(content) > LARGEST_CALL:
        raise Rejected(Reason.TOO_LARGE)
    # An escaped backslash before u0000 is none, but then there are texts enough without one.
    if b"\\u0000" in content and _holds_nul(call):
        raise Rejected(Reason.BROKEN_TEXT)
    return content


def _holds_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any("\0" in name or _holds_nul(inner) for name, inner in value.items())
    if isinstance(value, list):
        return any(map(_holds_nul, value))
    return isinstance(value, str) and "\0" in value


def _object(holder: Mapping[str, Any], name: str, path: str = "") -> Mapping[str, Any]:
    value = holder.get(name)
    if value is None:
        return NOTHING
    if type(value) is not dict:
        raise Rejected(Reason.WRONG_TYPE, path or name)
    return value


def _traits(call: Call) -> Mapping[str, Any]:
    traits = _object(call, "traits")
    _check(traits.values(), "traits")
    return traits


def _check(values: Iterable[Any], path: str, depth: int = 1) -> None:
    for value in values:
        kind = type(value)
        if kind is float:
            if not -LARGEST_NUMBER < value < LARGEST_NUMBER:
                raise Rejected(Reason.BAD_NUMBER, path)
        elif kind is dict or kind is list:
            if depth == DEEPEST:
                raise Rejected(Reason.TOO_DEEP, path)
            _check(value.values() if kind is dict else value, path, depth + 1)


def _text(value: Any, path: str, longest: int) -> str:
    if type(value) is not str:
        raise Rejected(Reason.MISSING if value is None else Reason.WRONG_TYPE, path)
    if not value or value.isspace():
        raise Rejected(Reason.MISSING, path)
    if len(value) > longest:
        raise Rejected(Reason.TOO_LONG, path)
    if not (value.isascii() and value.isprintable()) and HOSTILE.search(value):
        raise Rejected(Reason.HOSTILE_TEXT, path)
    return value


def identifier(
    holder: Mapping[str, Any], name: str, other_name: str, path: str, longest: int = LONGEST_ID
) -> str:
    """Empty where there is none. Some senders give numbers."""
    value = holder.get(name)
    if value is None:
        value = holder.get(other_name)
        if value is None:
            return ""
    # Nearly all are plain: what follows would say the same of them, and take longer.
    if (
        type(value) is str
        and len(value) <= longest
        and value.isascii()
        and value.isprintable()
        and not value.isspace()
    ):
        return value
    if type(value) is int:
        value = str(value)
    if value == "" or (type(value) is str and value.isspace()):
        return ""
    return _text(value, path, longest)


def _who(call: Call, context: Mapping[str, Any], traits: Mapping[str, Any]) -> Who:
    user = identifier(call, "userId", "user_id", "userId")
    anonymous = identifier(call, "anonymousId", "anonymous_id", "anonymousId")
    if user or anonymous:
        return Who(user, anonymous)
    email = traits.get("email") or _object(context, "traits", "context.traits").get("email")
    if type(email) is str and "@" in email:
        # Of addresses nobody looks at the case.
        return Who(_text(email.strip().lower(), "traits.email", LONGEST_ID), "")
    raise Rejected(Reason.NO_PERSON)


def _message_id(call: Call, content: bytes, receipt: Receipt, position: int) -> str:
    """Without one, what was sent: the same bytes sent again are the same message.

    Calls that look alike and tell no time are several where they stand in one batch, and where the request tells none
    either, whenever they come.
    """
    given = identifier(call, "messageId", "message_id", "messageId", LONGEST_MESSAGE_ID)
    if given:
        return given
    apart = ""
    if not TIMES & call.keys():
        sent_at = receipt.received_at - (receipt.lag or timedelta())
        apart = f"{sent_at.isoformat()} {position}"
    return digits(receipt.source, f"content {apart}", content.decode())


TIMES = frozenset({"timestamp", "originalTimestamp", "original_timestamp", "sentAt", "sent_at"})


def _in_turn(at: datetime, call: Call, position: int) -> datetime:
    """Of calls of a batch that tell no time, the one further behind was said later.

    Within a second: of what is sent again, the position is the number of its row.
    """
    return at if _told_time(call) is not None else at + timedelta(microseconds=position % 1_000_000)


def _told_time(call: Call) -> Any:
    said = call.get("timestamp")
    return said if said is not None else call.get("originalTimestamp") or call.get("original_timestamp")


def _happened_at(call: Call, receipt: Receipt) -> datetime:
    said = _told_time(call)
    if said is None:
        return receipt.received_at
    happened_at = moment(said, "timestamp")
    lag = receipt.lag
    if lag is None:
        lag = correction(call.get("sentAt") or call.get("sent_at"), receipt.received_at)
    if lag:
        try:
            happened_at += lag
        except OverflowError:
            raise Rejected(Reason.BAD_TIME, "timestamp") from None
    if happened_at > receipt.received_at:
        if happened_at - receipt.received_at > AHEAD:
            raise Rejected(Reason.IN_THE_FUTURE, "timestamp")
        return receipt.received_at
    return happened_at


def moment(said: Any, path: str) -> datetime:
    """As ISO 8601 says it, in UTC where it names no zone; or a number of a clock, in seconds or milliseconds."""
    try:
        if type(said) is str:
            found = datetime.fromisoformat(said)
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        if type(said) in {int, float} and isfinite(said):
            return datetime.fromtimestamp(said / 1000 if abs(said) > MILLISECONDS else said, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise Rejected(Reason.BAD_TIME, path)


def _company(context: Mapping[str, Any], properties: Mapping[str, Any]) -> str:
    return identifier(context, "groupId", "group_id", "context.groupId") or identifier(
        properties, "groupId", "group_id", "properties.groupId"
    )


def _session(context: Mapping[str, Any], properties: Mapping[str, Any]) -> str:
    return identifier(context, "sessionId", "session_id", "context.sessionId") or identifier(
        properties, "session_id", "sessionId", "properties.session_id"
    )


def _campaign(context: Mapping[str, Any]) -> str:
    campaign = context.get("campaign")
    name = campaign.get("name") if type(campaign) is dict else None
    return name[:LONGEST_CAMPAIGN] if type(name) is str else ""


def _is_machine(context: Mapping[str, Any], receipt: Receipt) -> bool:
    """By what the program calls itself."""
    agent = context.get("userAgent") or context.get("user_agent")
    if type(agent) is not str:
        return False
    found = receipt.agents.get(agent)
    if found is None:
        found = len(receipt.agents) < MOST_AGENTS and is_machine(agent[:LONGEST_AGENT])
        receipt.agents[agent] = found
    return found


_CRAWLERS = CrawlerDetect()


@lru_cache(maxsize=4096)
def is_machine(agent: str) -> bool:
    return bool(_CRAWLERS.is_crawler(agent))
