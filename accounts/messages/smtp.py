"""Mails over one SMTP connection, step by step: up to the last byte of a mail nothing has left."""

import re
import smtplib
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from django.core.mail import get_connection

from accounts.messages import outcomes
from accounts.messages.outcomes import Outcome, Unreachable

_LINE_OF_A_DOT = re.compile(rb"(?m)^\.")
_END, _END_OF_NOTHING = b"\r\n.\r\n", b".\r\n"
# RFC 6531.
ANY_LETTERS = " SMTPUTF8 BODY=8BITMIME"
GO_ON = 354


class Leaving(Protocol):
    """To be called right before it cannot be called back; `begin` is that earlier, in any case followed by the call."""

    def begin(self) -> None: ...

    def __call__(self) -> None: ...


class Command(NamedTuple):
    """`taken`: the codes by which it is."""

    line: bytes
    taken: tuple[int, ...]


class Refused(Exception):
    def __init__(self, code: int, text: bytes) -> None:
        super().__init__(code)
        self.outcome = outcomes.of_reply(code, _read(text))


class SmtpLine:
    """The connection that the settings describe."""

    def __init__(self) -> None:
        self.backend: Any = get_connection()

    def open(self) -> None:
        """Raises Unreachable."""
        # One that the other side closed would be taken for an open one.
        self.close()
        try:
            self.backend.open()
            # The backend greets only where it signs in or asks for TLS.
            self.backend.connection.ehlo_or_helo_if_needed()
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(str(error)) from error

    def close(self) -> None:
        with suppress(OSError, smtplib.SMTPException):
            self.backend.close()

    def hand_over(
        self, sender: str, recipient: str, content: Callable[[], bytes], leaving: Leaving
    ) -> Outcome:
        """Server and database work while the mail is made. Raises Unreachable."""
        server: smtplib.SMTP = self.backend.connection
        commands = _commands(sender, recipient)
        try:
            at_once = _announce(server, commands)
            leaving.begin()
            try:
                mail = _quoted(content())
                _hear_all(server, commands) if at_once else _go_on(server, commands)
            finally:
                leaving()
        except Refused as refused:
            self._begin_anew(server)
            return refused.outcome
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(str(error)) from error
        try:
            server.send(mail)
            code, text = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            return outcomes.lost(str(error))
        return outcomes.of_reply(code, _read(text))

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


def _announce(server: smtplib.SMTP, commands: Sequence[Command]) -> bool:
    """Whether all of it was said at once (RFC 2920), and not the first command alone."""
    at_once = server.has_extn("pipelining")
    server.send(b"".join(command.line for command in commands) if at_once else commands[0].line)
    return at_once


def _go_on(server: smtplib.SMTP, commands: Sequence[Command]) -> None:
    """Raises Refused."""
    first, *others = commands
    _hear(server, first)
    for command in others:
        server.send(command.line)
        _hear(server, command)


def _hear(server: smtplib.SMTP, command: Command) -> None:
    code, text = server.getreply()
    if code not in command.taken:
        raise Refused(code, text)


def _hear_all(server: smtplib.SMTP, commands: Sequence[Command]) -> None:
    """Raises Refused, with what was refused first."""
    refused, codes = None, []
    try:
        for command in commands:
            code, text = server.getreply()
            codes.append(code)
            if code not in command.taken:
                refused = refused or Refused(code, text)
        if refused and codes[-1] == GO_ON:
            _send_nothing(server, to_somebody=codes[-2] in commands[-2].taken)
    except (OSError, smtplib.SMTPException):
        # Some refuse and close.
        if not refused:
            raise
    if refused:
        raise refused


def _send_nothing(server: smtplib.SMTP, *, to_somebody: bool) -> None:
    """It waits for a mail though it refused a step before. What is not ended goes nowhere."""
    if to_somebody:
        server.close()
        return
    server.send(_END_OF_NOTHING)
    server.getreply()


def _read(text: bytes) -> str:
    """PostgreSQL has no text with a zero in it."""
    return text.decode(errors="replace").replace("\0", "")


def _quoted(content: bytes) -> bytes:
    if content.startswith(b".") or b"\n." in content:
        content = _LINE_OF_A_DOT.sub(b"..", content)
    return content.removesuffix(b"\r\n") + _END
