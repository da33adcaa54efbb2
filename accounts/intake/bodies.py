"""The bytes of a request, unpacked and read as JSON, within bounds."""

import json
import zlib
from dataclasses import dataclass
from typing import Any

import orjson

from accounts.intake.reasons import Reason, Rejected

LARGEST_BATCH, LARGEST_CALL, MOST_CALLS = 500 * 1024, 32 * 1024, 2500
# A body packed in parts has a few; tens of thousands of empty ones would only keep us busy.
MOST_MEMBERS = 100
_GZIP = 16 + zlib.MAX_WBITS
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# More digits than any number of 64 bits.
_LONG = 19


def unpacked(content: bytes, encoding: str, most: int) -> bytes:
    if encoding in {"gzip", "x-gzip"}:
        content = _gunzipped(content, most)
    elif encoding not in {"", "identity"}:
        raise Rejected(Reason.UNKNOWN_ENCODING)
    if len(content) > most:
        raise Rejected(Reason.TOO_LARGE)
    return content


def _gunzipped(content: bytes, most: int) -> bytes:
    """Of all members; never more than a little above what may come."""
    found = b""
    for _member in range(MOST_MEMBERS):
        if not content:
            return found
        member = zlib.decompressobj(_GZIP)
        try:
            found += member.decompress(content, most + 1 - len(found))
        except zlib.error:
            break
        if len(found) > most:
            raise Rejected(Reason.TOO_LARGE)
        if not member.eof:
            break
        content = member.unused_data
    raise Rejected(Reason.BROKEN_GZIP)


def loaded(content: bytes) -> Any:
    """What is wrong in one call must not cost the others: NaN, endless numbers and half characters are read as such."""
    content = content.removeprefix(_BYTE_ORDER_MARK)
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        if error.msg.startswith("depth limit"):
            raise Rejected(Reason.TOO_DEEP) from None
    try:
        return json.loads(content.decode(), parse_int=_integer)
    except RecursionError:
        raise Rejected(Reason.TOO_DEEP) from None
    except ValueError:
        raise Rejected(Reason.MALFORMED) from None


def _integer(digits: str) -> int | float:
    """As orjson reads it."""
    return int(digits) if len(digits) < _LONG else float(digits)


@dataclass(frozen=True)
class Sending:
    """What a request brought. `kind` is that of all calls; empty: each says its own."""

    calls: list[Any]
    kind: str = ""
    sent_at: Any = None


BATCH, WRITE_KEY = "batch", "writeKey"


def key_in(body: Any) -> str:
    key = body.get(WRITE_KEY) if type(body) is dict else None
    return key if type(key) is str else ""


def sending(body: Any, kind: str) -> Sending:
    if type(body) is not dict:
        raise Rejected(Reason.NO_OBJECT)
    sent_at = body.get("sentAt") or body.get("sent_at")
    if kind != BATCH:
        call = {name: value for name, value in body.items() if name != WRITE_KEY}
        return Sending([call], kind, sent_at)
    calls = body.get("batch")
    if type(calls) is not list:
        raise Rejected(Reason.NO_OBJECT, "batch")
    if len(calls) > MOST_CALLS:
        raise Rejected(Reason.TOO_MANY)
    context = body.get("context")
    if context and type(context) is dict:
        calls = [_within(context, call) for call in calls]
    return Sending(calls, "", sent_at)


def _within(context: dict[str, Any], call: Any) -> Any:
    """What is said around all calls holds for each that does not say otherwise."""
    if type(call) is not dict:
        return call
    own = call.get("context")
    if own is None:
        return {**call, "context": context}
    return {**call, "context": {**context, **own}} if type(own) is dict else call
