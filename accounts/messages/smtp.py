"""Mails over one SMTP connection, step by step: up to the last byte of a mail nothing has left."""

import re
import smtplib
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from django.core.mail import get_connection

from accounts.messages import outcomes
from accounts.messages.outcomes import Outcome, Unreachable

_LINE_OF_A_DOT = re.compile(rb"(?m)^\.")
_END, _END_OF_NOTHING = b"\r\n.\r\n", b".\r\n"
# RFC 6531.
ANY_LETTERS = " SMTPUTF8 BODY=8BITMIME"
GO_ON = 354


class Command(NamedTuple):
    """`taken`: the codes by which it is."""

    line: bytes
    taken: tuple[int, ...]


class Refused(Exception):
    def __init__(self, code: int, text: bytes) -> None:
        super().__init__(code)
        self.outcome = outcomes.of_reply(code, text.decode(errors="replace"))


class SmtpLine:
    """The connection that the settings describe."""

    def __init__(self) -> None:
        self.backend: Any = get_connection()

    def open(self) -> None:
        """Raises Unreachable."""
        try:
            self.backend.open()
            # The backend greets only where it signs in or asks for TLS.
            self.backend.connection.ehlo_or_helo_if_needed()
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(str(error)) from error

    def close(self) -> None:
        with suppress(OSError, smtplib.SMTPException):
            self.backend.close()

    def hand_over(self, sender: str, recipient: str, content: bytes, leaving: Callable[[], None]) -> Outcome:
        """`leaving` is called right before it cannot be called back. Raises Unreachable."""
        server: smtplib.SMTP = self.backend.connection
        try:
            _announce(server, _commands(sender, recipient))
        except Refused as refused:
            self._begin_anew(server)
            return refused.outcome
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(str(error)) from error
        leaving()
        try:
            server.send(_quoted(content))
            code, text = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            return outcomes.lost(str(error))
        return outcomes.of_reply(code, text.decode(errors="replace"))

    def _begin_anew(self, server: smtplib.SMTP) -> None:
        with suppress(OSError, smtplib.SMTPException):
            server.rset()

    @property
    def takes_any_letters(self) -> bool:
        """Whether addresses may hold other letters than ASCII before the @, too."""
        return bool(self.backend.connection.has_extn("smtputf8"))

    @property
    def is_open(self) -> bool:
        return bool(self.backend.connection and self.backend.connection.sock)


def _commands(sender: str, recipient: str) -> list[Command]:
    return [
        Command(f"MAIL FROM:<{sender}>{'' if recipient.isascii() else ANY_LETTERS}\r\n".encode(), (250,)),
        Command(f"RCPT TO:<{recipient}>\r\n".encode(), (250, 251, 252)),
        Command(b"DATA\r\n", (GO_ON,)),
    ]


def _announce(server: smtplib.SMTP, commands: Sequence[Command]) -> None:
    """Raises Refused."""
    if server.has_extn("pipelining"):
        _announce_at_once(server, commands)
        return
    for command in commands:
        server.send(command.line)
        code, text = server.getreply()
        if code not in command.taken:
            raise Refused(code, text)


def _announce_at_once(server: smtplib.SMTP, commands: Sequence[Command]) -> None:
    """As RFC 2920 has it. Raises Refused, with what was refused first."""
    server.send(b"".join(command.line for command in commands))
    refusals: list[Refused] = []
    code = 0
    try:
        for command in commands:
            code, text = server.getreply()
            if code not in command.taken:
                refusals.append(Refused(code, text))
        if refusals and code == GO_ON:
            # It waits for a mail to nobody.
            server.send(_END_OF_NOTHING)
            server.getreply()
    except (OSError, smtplib.SMTPException):
        # Some refuse and close.
        if not refusals:
            raise
    if refusals:
        raise refusals[0]


def _quoted(content: bytes) -> bytes:
    if content.startswith(b".") or b"\n." in content:
        content = _LINE_OF_A_DOT.sub(b"..", content)
    return content.removesuffix(b"\r\n") + _END
