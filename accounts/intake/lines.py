"""An event as a line that COPY takes (text format, UTF-8); `IntakeBatch.lines` is these, one after another."""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple


class Event(NamedTuple):
    """Texts hold no NUL and no lone surrogate. Digests are the digits of accounts.intake.digests, properties are JSON.

    `digest` is that of the message: (source, 'message', message_id).
    """

    digest: str
    happened_at: datetime
    recorded_at: datetime
    source: str
    message_id: str
    name: str
    sent_as: str
    object: str
    value: Decimal | None
    campaign: str
    person: str
    company: str | None
    session: str
    machine: bool
    properties: bytes


COLUMNS = Event._fields
_NULL = "\\N"
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


# All events of a request are recorded at one moment.
_moment = lru_cache(maxsize=8)(datetime.isoformat)


def line(event: Event) -> bytes:
    texts = [
        event.source,
        event.message_id,
        event.name,
        event.sent_as,
        event.object,
        event.campaign,
        event.session,
    ]
    # Hardly ever is there anything to escape; finding that out for all at once is cheaper than escaping each.
    together = "".join(texts)
    if not together.isprintable() or "\\" in together:
        texts = [text.translate(_ESCAPED) for text in texts]
    source, message_id, name, sent_as, object_, campaign, session = texts
    value = _NULL if event.value is None else str(event.value)
    said = (
        f"{event.digest}\t{event.happened_at.isoformat()}\t{_moment(event.recorded_at)}\t{source}\t{message_id}\t"
        f"{name}\t{sent_as}\t{object_}\t{value}\t{campaign}\t{event.person}\t{event.company or _NULL}\t{session}\t"
        f"{'t' if event.machine else 'f'}\t"
    )
    properties = event.properties
    if b"\\" in properties:
        properties = properties.replace(b"\\", b"\\\\")
    return b"%b%b\n" % (said.encode(), properties)
