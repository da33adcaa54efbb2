"""What mail servers report by mail: that a message of ours came back (RFC 3464), or was complained of (RFC 5965)."""

import re
from collections.abc import Iterator
from datetime import datetime
from email.message import Message as Parsed
from email.parser import BytesHeaderParser
from email.policy import default

from anymail.signals import EventType, RejectReason

from accounts.connectors.hardness import names_nobody
from accounts.connectors.headers import header
from accounts.connectors.mail_events import TEMPORARY, Told
from accounts.connectors.reasons import Reason, Rejected
from accounts.intake import service
from accounts.messages import mails, tokens
from accounts.messages.replies import message_of_mail_id
from accounts.models import Message

STATUS, FEEDBACK = "message/delivery-status", "message/feedback-report"
WHOLE = {"message/rfc822", "message/global"}
HEADERS = {"text/rfc822-headers", "message/global-headers"}
FAILED, DELAYED, NO_COMPLAINT = "failed", "delayed", "not-spam"
LONGEST_ANSWER = 500
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")


def is_report(mail: Parsed) -> bool:
    return mail.get_content_type() == "multipart/report" and bool(_parts(mail, STATUS, FEEDBACK))


def message_within(mail: Parsed) -> Message | None:
    """Ours, by what came back of it."""
    return next((message for each in _originals(mail) if (message := message_of_mail_id(each))), None)


def read(mail: Parsed, mail_id: str, message: Message, at: datetime) -> Told | None:
    """`message`: the one that is reported of. Nothing where the report is of neither kind. Raises Rejected."""
    if _parts(mail, STATUS):
        return _bounce(mail, mail_id, message, at)
    kind = next((header(block, "Feedback-Type") for block in _blocks(mail, FEEDBACK)), "")
    if kind.strip().lower() == NO_COMPLAINT:
        return None
    return _told(EventType.COMPLAINED, mail_id, message, at)


def _bounce(mail: Parsed, mail_id: str, message: Message, at: datetime) -> Told | None:
    blocks = [block for block in _blocks(mail, STATUS) if block.get("Action") is not None]
    if not blocks:
        raise Rejected(Reason.MISSING, "Action")
    of_ours = [block for block in blocks if _is_of(block, message)]
    block = (of_ours or blocks)[0]
    action, status = header(block, "Action").strip().lower(), _status(block)
    answer = " ".join(f"{status} {_diagnosis(block)}".split())[:LONGEST_ANSWER]
    if action == DELAYED or (action == FAILED and status.startswith("4")):
        return _told(TEMPORARY, mail_id, message, at, answer)
    if action != FAILED:
        return None
    # Whoever has mails sent on is no less there where nobody is at the other address.
    hard = bool(of_ours) and names_nobody(answer)
    return _told(EventType.BOUNCED, mail_id, message, at, answer, suppresses=hard)


def _told(
    kind: str, mail_id: str, message: Message, at: datetime, answer: str = "", *, suppresses: bool = True
) -> Told:
    return Told(
        kind=kind,
        at=at,
        message_id=tokens.of(message.pk, tokens.REPLY),
        recipient=message.address,
        answer=answer,
        identity="\x1f".join(["report", mail_id, kind, str(message.pk)]),
        reject_reason=RejectReason.BOUNCED if kind == EventType.BOUNCED else "",
        url="",
        agent="",
        machine=False,
        suppresses=suppresses,
    )


def _is_of(block: Parsed, message: Message) -> bool:
    """Whether its recipient is whom the message was for."""
    try:
        ours = {message.address.lower(), mails.on_the_wire(message.address).lower()}
    except mails.BadAddress:
        ours = {message.address.lower()}
    named = (header(block, name) for name in ("Original-Recipient", "Final-Recipient"))
    return any(_address(text) in ours for text in named)


def _address(named: str) -> str:
    """Of "rfc822; sara@najm.example", where other signs are as RFC 3461 has them."""
    _kind, _semicolon, address = named.rpartition(";")
    return _XTEXT.sub(lambda found: chr(int(found[1], 16)), address).strip().strip("<>").lower()


def _status(block: Parsed) -> str:
    """As it says, else what the other server answered; empty where neither tells."""
    found = _STATUS.search(header(block, "Status")) or _STATUS.search(_diagnosis(block))
    return found[0] if found else ""


def _diagnosis(block: Parsed) -> str:
    return header(block, "Diagnostic-Code").partition(";")[2].strip()


# Its parts


def _parts(mail: Parsed, *kinds: str) -> list[Parsed]:
    """Its own, without those of what came back."""
    parts = mail.get_payload() if mail.is_multipart() else []
    return [part for part in parts if isinstance(part, Parsed) and part.get_content_type() in kinds]


def _blocks(mail: Parsed, kind: str) -> Iterator[Parsed]:
    """Python reads what is within such a part as mails, one a block of lines."""
    for part in _parts(mail, kind):
        yield from (block for block in part.get_payload() if isinstance(block, Parsed))


def _originals(mail: Parsed) -> Iterator[str]:
    for part in _parts(mail, *WHOLE):
        yield from (header(inner, "Message-ID") for inner in part.get_payload() if isinstance(inner, Parsed))
    for part in _parts(mail, *HEADERS):
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            said = BytesHeaderParser(policy=default).parsebytes(content.lstrip())
            yield service.storable(str(said.get("Message-ID") or ""))
