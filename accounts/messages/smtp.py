"""Mails over one SMTP connection, step by step: up to the last byte of a mail nothing has left."""

import re
import smtplib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.core.mail import get_connection

from accounts.messages import outcomes
from accounts.messages.outcomes import Outcome, Unreachable

_LINE_OF_A_DOT = re.compile(rb"(?m)^\.")
_END = b"\r\n.\r\n"
# RFC 6531.
ANY_LETTERS = ("SMTPUTF8", "BODY=8BITMIME")


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
            _expect(server.mail(sender, () if recipient.isascii() else ANY_LETTERS), 250)
            _expect(server.rcpt(recipient), 250, 251)
            _expect(server.docmd("DATA"), 354)
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


def _expect(reply: tuple[int, bytes], *codes: int) -> None:
    code, text = reply
    if code not in codes:
        raise Refused(code, text)


def _quoted(content: bytes) -> bytes:
    return _LINE_OF_A_DOT.sub(b"..", content).removesuffix(b"\r\n") + _END
