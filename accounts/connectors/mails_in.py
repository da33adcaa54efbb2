"""Mails that came in: each an answer, to a message of ours or from somebody we know, kept once; or what a mail server
reports of a message."""

import re
from collections.abc import Iterator
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.message import Message as Parsed
from email.parser import BytesParser
from email.utils import parseaddr, parsedate_to_datetime
from hashlib import sha256
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

import orjson
from django.db import IntegrityError, transaction
from django.db.models.functions import Lower

from accounts.connectors import mail_events, reports
from accounts.connectors.headers import header, headers
from accounts.connectors.mail_events import OURSELVES, person_of
from accounts.connectors.queue import Done
from accounts.connectors.reasons import Reason, Rejected
from accounts.intake import service
from accounts.intake.digests import OURS, digits
from accounts.intake.lines import Event
from accounts.intake.service import Batch
from accounts.messages import quoting
from accounts.messages.replies import message_of_reply_address, message_of_thread
from accounts.models import Contact, ErasedAddress, Message, ProviderCall, Reply
from accounts.notices.kinds import REPLIED
from accounts.notices.telling import tell

MIME = "mime"
RECIPIENTS = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
LONGEST_TEXT = 200_000
LONGEST = {"mail_id": 300, "address": 254, "subject": 300}
MOST_RECIPIENTS, MOST_NAMES = 100, 20
_BREAKS = re.compile(r"\s+")


def act(call: ProviderCall) -> Done:
    mails = list(_mails(call))
    if not mails:
        return Done(0, Reason.NO_EVENTS)
    fates = [_keep(mail, recipient, call.received_at) for mail, recipient in mails]
    kept = fates.count("")
    return Done(kept, "" if kept else fates[0])


def _mails(call: ProviderCall) -> Iterator[tuple[Parsed, str]]:
    """Each with the address that it was delivered to, where that is told beside it."""
    if call.provider == MIME:
        # From a stream: read as a whole it would be held twice more.
        yield BytesParser(EmailMessage, policy=policy.default).parse(BytesIO(call.body)), ""
        return
    for event in mail_events.read(call):
        mail = getattr(event, "message", None)
        if mail is not None:
            yield mail, mail.envelope_recipient or ""


def _keep(mail: Parsed, recipient: str, now: datetime) -> str:
    """Nothing, or why it was not kept."""
    if reports.is_report(mail):
        return _report(mail, recipient, now)
    address = parseaddr(header(mail, "From"))[1]
    if "@" not in address:
        raise Rejected(Reason.MISSING, "From")
    message = _answered(mail, recipient)
    if ErasedAddress.objects.of(address).exists() or (message and not message.address):
        return Reason.ERASED
    contact = _contact(message, address)
    reply = Reply(
        message=message,
        contact_id=contact,
        account_id=_account(message, contact),
        mail_id=_mail_id(mail),
        address=address[: LONGEST["address"]],
        subject=_BREAKS.sub(" ", header(mail, "Subject"))[: LONGEST["subject"]],
        text=_text(mail),
        automatic=is_automatic(mail),
        received_at=_sent_at(mail, now),
    )
    try:
        with transaction.atomic():
            reply.save()
    except IntegrityError:
        if Reply.objects.filter(mail_id=reply.mail_id).exists():
            return Reason.OUTDATED
        raise
    if message and not reply.automatic:
        _tell(reply, message, now)
    if reply.account_id and not reply.automatic:
        tell(REPLIED, _said(reply), now, account=reply.account_id, key=str(reply.pk))
    return ""


def _report(mail: Parsed, recipient: str, now: datetime) -> str:
    """Nothing, or why it changed nothing. What was reported of whom is of nobody's own hand, and no reply."""
    message = reports.message_within(mail) or _answered(mail, recipient)
    if message is None:
        return Reason.NO_MESSAGE
    told = reports.read(mail, _mail_id(mail), message, _sent_at(mail, now))
    if told is None:
        return Reason.IGNORED
    reason, _detail = mail_events.follow([told], now)
    return reason


def _said(reply: Reply) -> dict[str, Any]:
    """Without its text, which webhooks would carry out of the house. Whose address is not known has no name: senders
    can be forged."""
    who = reply.address if reply.is_of_another or reply.contact is None else str(reply.contact)
    said = {"reply": reply.pk, "contact": reply.contact_id, "who": who, "subject": reply.subject}
    return said | ({"written_to": str(reply.contact)} if reply.is_of_another else {})


def _mail_id(mail: Parsed) -> str:
    """Without one, the mail itself: the same bytes are the same mail."""
    given = header(mail, "Message-ID").strip()
    if given and len(given) <= LONGEST["mail_id"]:
        return given
    return sha256(given.encode() or _bytes(mail)).hexdigest()


def _bytes(mail: Parsed) -> bytes:
    said = [header(mail, name) for name in ("From", "To", "Date", "Subject")]
    return "\x1f".join([*said, _text(mail)]).encode()


def _sent_at(mail: Parsed, now: datetime) -> datetime:
    """As it says, if that can be: not ahead of us, and not long ago."""
    try:
        said = parsedate_to_datetime(header(mail, "Date"))
    except (TypeError, ValueError, IndexError):
        return now
    if said.tzinfo is None or not (0 <= (now - said).total_seconds() <= 30 * 24 * 3600):
        return now
    return said


# Whose it is


def _answered(mail: Parsed, recipient: str) -> Message | None:
    found = (message_of_reply_address(address) for address in _recipients(mail, recipient))
    by_address = next((message for message in found if message), None)
    return by_address or message_of_thread(header(mail, "In-Reply-To"), header(mail, "References"))


def _recipients(mail: Parsed, recipient: str) -> list[str]:
    named = [text for name in RECIPIENTS for text in headers(mail, name)]
    return [recipient, *(part for text in named for part in text.split(","))][:MOST_RECIPIENTS]


def _contact(message: Message | None, address: str) -> int | None:
    """Whoever was written to; else whoever alone has the address."""
    if message and message.contact_id:
        return message.contact_id
    rows = Contact.objects.filter(merged_into=None, erased_at=None).annotate(lower=Lower("email"))
    found = list(rows.filter(lower=address.lower()).values_list("pk", flat=True)[:2])
    return found[0] if len(found) == 1 else None


def _account(message: Message | None, contact: int | None) -> int | None:
    if message and message.account_id:
        return message.account_id
    return Contact.objects.values_list("account", flat=True).get(pk=contact) if contact else None


def is_automatic(mail: Parsed) -> bool:
    """An absence note, a receipt, or what a list sends on: nobody wrote it (RFC 3834)."""
    submitted = header(mail, "Auto-Submitted").strip().lower()
    suppress = header(mail, "X-Auto-Response-Suppress").lower()
    precedence = header(mail, "Precedence").strip().lower()
    return (
        (bool(submitted) and not submitted.startswith("no"))
        or any(word in suppress for word in ("all", "oof", "autoreply"))
        or precedence in {"bulk", "junk", "list", "auto_reply", "auto-reply"}
        or any(mail.get(name) is not None for name in ("X-Autoreply", "X-Autorespond"))
        or mail.get_content_type() in {"multipart/report", "message/disposition-notification"}
    )


# What it says


def _text(mail: Parsed) -> str:
    """As it was written, without what it quotes below; files that came with it are named and left out."""
    plain, html, names = "", "", []
    for part in mail.walk():
        if part.is_multipart():
            continue
        kind, name = part.get_content_type(), _name(part)
        if name or part.get_content_disposition() == "attachment" or not kind.startswith("text/"):
            names.append(name or kind)
        elif kind == "text/plain" and not plain:
            plain = _decoded(part)
        elif kind == "text/html" and not html:
            html = _decoded(part)
    said = quoting.without_quoted(plain or _plain(html))
    listed = "\n".join(f"[{name}]" for name in names[:MOST_NAMES])
    return "\n\n".join(text for text in (said, listed) if text)


def _name(part: Parsed) -> str:
    try:
        name = part.get_filename() or ""
    except (ValueError, IndexError, AttributeError, TypeError, LookupError):
        return ""
    return _BREAKS.sub(" ", service.storable(name))[:120]


def _decoded(part: Parsed) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    # Cut before it is decoded: what is read of a mail is what a person would read.
    content = content[: LONGEST_TEXT * 4]
    try:
        text = content.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        text = content.decode("utf-8", "replace")
    return service.storable(text.replace("\r\n", "\n"))[:LONGEST_TEXT]


class _Words(HTMLParser):
    """The text of a page, a line a block."""

    LINES = frozenset(
        ["p", "div", "br", "li", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote"]
    )
    UNSEEN = frozenset(["script", "style", "head", "title"])

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.unseen = 0

    def handle_starttag(self, tag: str, _attrs: Any) -> None:
        self.unseen += tag in self.UNSEEN
        if tag in self.LINES:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.unseen = max(self.unseen - (tag in self.UNSEEN), 0)
        if tag in self.LINES:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.parts.append(_BREAKS.sub(" ", data))


def _plain(html: str) -> str:
    words = _Words()
    words.feed(html)
    words.close()
    lines = (line.strip() for line in "".join(words.parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


# That somebody answered


def _tell(reply: Reply, message: Message, now: datetime) -> None:
    message_id = digits(OURS, "reply", reply.mail_id)
    batch = Batch(OURSELVES, now, service.standing().taxonomy)
    campaign = message.mailing.campaign if message.mailing else None
    event = Event(
        digest=digits(OURS, "message", message_id),
        happened_at=reply.received_at,
        recorded_at=now,
        source=OURS,
        message_id=message_id,
        name="Email Replied",
        sent_as="",
        object=str(message.pk),
        value=None,
        campaign=campaign.code if campaign else "",
        person=person_of(message.contact_id, message.address),
        company=None,
        session="",
        machine=False,
        properties=orjson.dumps({"message_id": str(message.pk)}),
    )
    batch.add(service.Read(event, None))
    batch.save()
