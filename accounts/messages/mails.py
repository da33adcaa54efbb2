"""A message as a mail: rendered for whoever gets it, with the headers that mail programs act on.

Python's own generator takes milliseconds for what is always the same: two parts in base64 below some headers.
"""

import re
from base64 import b64encode
from binascii import b2a_base64
from collections.abc import Callable
from email import policy
from email.utils import format_datetime, parseaddr
from functools import lru_cache, partial
from itertools import chain
from struct import Struct
from typing import NamedTuple
from uuid import UUID

import idna
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.messages import letters, tokens
from accounts.messages.choices import ANSWERS, choices_of
from accounts.messages.outcomes import LONGEST_ANSWER, Fate, Outcome, Reason, Unreachable
from accounts.messages.smtp import Leaving, SmtpLine
from accounts.models import Message, Organisation, Outbox
from accounts.models.outboxes import Medium
from accounts.texts import Text

# What needs neither quotes nor encoding; of names, commas and the like would part addresses.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,59}")
_PLAIN_SUBJECT = re.compile(r"(?!.*=\?)[!-~]([ -~]{0,58}[!-~])?")
_MAILBOX = re.compile(r"[^\s\x00-\x20\x7f<>()\[\]\\,;:\"@]+")
LONGEST_LOCAL, LONGEST_DOMAIN = 64, 255
# In bytes; in base64, and behind the longest name of a header here, it fills a line.
LONGEST_WORD = 39
_MAIL = """\
From: {sender}\r
To: {recipient}\r
Subject: {subject}\r
Date: {date}\r
Message-ID: <{id}>\r
{more}List-Unsubscribe: <{unsubscribe}>\r
List-Unsubscribe-Post: List-Unsubscribe=One-Click\r
MIME-Version: 1.0\r
Content-Type: multipart/alternative; boundary="{boundary}"\r
\r
"""
_PART = b"""\
--%(boundary)s\r
Content-Type: text/%(kind)s; charset="utf-8"\r
Content-Transfer-Encoding: base64\r
\r
%(content)s\r
"""
_LINE = Struct("76s")


class BadAddress(Exception):
    """Nothing can be sent there."""


class House(NamedTuple):
    """From whom mails are: `name` is what the sender is called, or else `ours`, our own by language."""

    name: str
    address: str
    ours: Text

    def header(self, language: str) -> str:
        return _our_mailbox(self.name or self.ours.in_language(language), self.address)


class MailLine(SmtpLine):
    def send(self, message: Message, leaving: Leaving) -> Outcome:
        """Raises Unreachable."""
        return hand_over(self, message, leaving)


def hand_over(line: SmtpLine, message: Message, leaving: Leaving) -> Outcome:
    """Raises Unreachable."""
    try:
        recipient = on_the_wire(message.address)
    except BadAddress:
        return Outcome(Fate.FAILED, Reason.BAD_ADDRESS, _("This is no e-mail address."))
    if not recipient.isascii() and not line.takes_any_letters:
        words = _("The mail server takes no addresses with other letters than a to z before the @.")
        return Outcome(Fate.FAILED, Reason.LETTERS_OF_ADDRESS, words)
    try:
        house = house_of(message)
        ready(message, house)
    except BadAddress:
        raise Unreachable(_("The sender is no e-mail address: correct it in the outbox.")) from None
    except letters.Unmakeable as error:
        return Outcome(Fate.FAILED, Reason.LETTER, str(error)[:LONGEST_ANSWER])
    return line.hand_over(house.address, recipient, partial(content, message), leaving)


def content(message: Message) -> bytes:
    """Raises BadAddress."""
    house = house_of(message)
    letter = ready(message, house)
    address_of = addresses_of(message)
    filled = letters.fill(letter, message.values, address_of)
    token = tokens.of(message.pk, tokens.REPLY)
    head = _MAIL.format(
        sender=house.header(letter.language),
        recipient=_mailbox(message.name, on_the_wire(message.address)),
        subject=_encoded(filled.subject, _PLAIN_SUBJECT),
        date=format_datetime(message.changed_at),
        id=f"{token}@{house.address.rpartition('@')[2]}",
        more=_reply_to(token) + _by_whom(message),
        unsubscribe=address_of(letters.UNSUBSCRIBE),
        boundary=letter.mark,
    )
    boundary = letter.mark.encode()
    parts = [
        _PART % {b"boundary": boundary, b"kind": kind, b"content": _base64(text)}
        for kind, text in ((b"plain", filled.text), (b"html", filled.html))
    ]
    return b"%s%s--%s--\r\n" % (head.encode(), b"".join(parts), boundary)


def ready(message: Message, house: House) -> letters.Ready:
    language, text = letters.in_language(message.letter.texts, message.language)
    written = (text.get(name, "") for name in (letters.SUBJECT, letters.BODY, letters.BUTTON, letters.LINK))
    ours = house.ours.in_language(language)
    return letters.ready(language, *written, from_us=ours, asked=choices_of(text))


def addresses_of(message: Message) -> Callable[[str], str]:
    """Of its links and pages, by the names that letters have for them."""
    before, after = _pages()
    _language, text = letters.in_language(message.letter.texts, message.language)
    asked = choices_of(text)
    ours = f"{settings.URL}{before}{tokens.of(message.pk, tokens.LINK)}{after}"
    return partial(_below, ours, asked.address_of(message.pk) if asked else "")


@lru_cache(maxsize=1)
def _pages() -> tuple[str, str]:
    """What stands before a token, and behind it."""
    before, _token, after = reverse("messages:preferences", args=["token"]).rpartition("token")
    return before, after


def _below(page: str, answers: str, name: str) -> str:
    if name == letters.PREFERENCES:
        return page
    if name == ANSWERS:
        return answers
    return f"{page}picture.gif" if name == letters.PICTURE else f"{page}{name}/"


# From whom


def house_of(message: Message) -> House:
    """All messages of a batch are from the same."""
    return _house(message.batch) if message.batch else _read_house()


@lru_cache(maxsize=4)
def _house(_batch: UUID) -> House:
    return _read_house()


def _read_house() -> House:
    name, address = parseaddr(Outbox.of(Medium.EMAIL).sender or settings.DEFAULT_FROM_EMAIL)
    return House(name, on_the_wire(address), Organisation.current().name)


def is_mailbox(written: str) -> bool:
    """One address, with or without a name, that mails can be from."""
    header = policy.default.header_factory("From", written)
    try:
        on_the_wire(parseaddr(written)[1])
    except BadAddress:
        return False
    return not header.defects and len(header.addresses) == 1


# Headers


def on_the_wire(address: str) -> str:
    """With its domain in ASCII. Raises BadAddress."""
    local, at, domain = address.strip().rpartition("@")
    if not at or len(local.encode()) > LONGEST_LOCAL or not _MAILBOX.fullmatch(local):
        raise BadAddress
    return f"{local}@{_in_ascii(domain)}"


@lru_cache(maxsize=10_000)
def _in_ascii(domain: str) -> str:
    try:
        found = idna.encode(domain, uts46=True).decode() if not domain.isascii() else domain
    except idna.IDNAError:
        raise BadAddress from None
    if not _MAILBOX.fullmatch(found) or len(found) > LONGEST_DOMAIN:
        raise BadAddress
    return found


def _mailbox(name: str, address: str) -> str:
    name = letters.one_line(name)
    return f"{_encoded(name, _PLAIN_NAME)} <{address}>" if name else f"<{address}>"


_our_mailbox = lru_cache(maxsize=20)(_mailbox)


def _encoded(text: str, plain: re.Pattern[str]) -> str:
    """In words of UTF-8 as RFC 2047 has them, none of them longer than a line."""
    if not text or plain.fullmatch(text):
        return text
    words = [b""]
    for letter in map(str.encode, text):
        if len(words[-1]) + len(letter) > LONGEST_WORD:
            words.append(b"")
        words[-1] += letter
    return "\r\n ".join(f"=?utf-8?b?{b64encode(word).decode()}?=" for word in words)


def _reply_to(token: str) -> str:
    """An address of its own, so that the answer is known by it."""
    if not settings.REPLY_TO:
        return ""
    local, _at, domain = on_the_wire(settings.REPLY_TO).rpartition("@")
    return f"Reply-To: {local}+{token}@{domain}\r\n"


def _by_whom(message: Message) -> str:
    """What nobody sent by hand is answered by no absence note."""
    return "" if message.mailing_id else "Auto-Submitted: auto-generated\r\n"


def _base64(text: str) -> bytes:
    """A tenth of the time that base64.encodebytes takes."""
    whole = b2a_base64(text.replace("\r\n", "\n").replace("\n", "\r\n").encode(), newline=False)
    end = len(whole) - len(whole) % _LINE.size
    return b"\r\n".join([*chain.from_iterable(_LINE.iter_unpack(whole[:end])), whole[end:]]).removesuffix(
        b"\r\n"
    )
