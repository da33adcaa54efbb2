"""Mails over any backend of Django that speaks no SMTP: the terminal, a folder. What such a one takes is sent."""

from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.smtp import EmailBackend

from accounts.messages import mails
from accounts.messages.letters import Unmakeable
from accounts.messages.mails import BadAddress, MailLine
from accounts.messages.outcomes import LONGEST_ANSWER, Fate, Outcome, Reason, Unreachable, lost
from accounts.models import Message

# The others are Django's own.
KEPT = ("Date", "Message-ID", "Reply-To", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted")


def line() -> "MailLine | BackendLine":
    """As the settings say."""
    return MailLine() if isinstance(get_connection(), EmailBackend) else BackendLine()


class BackendLine:
    is_open = True

    def __init__(self) -> None:
        self.backend: Any = get_connection()

    def open(self) -> None:
        """Raises Unreachable."""
        try:
            self.backend.open()
        except OSError as error:
            raise Unreachable(str(error)) from error

    def close(self) -> None:
        self.backend.close()

    def send(self, message: Message, leaving: Callable[[], None]) -> Outcome:
        try:
            mail = as_django_has_it(mails.content(message))
        except BadAddress:
            return Outcome(Fate.FAILED, Reason.BAD_ADDRESS)
        except Unmakeable as error:
            return Outcome(Fate.FAILED, Reason.LETTER, str(error)[:LONGEST_ANSWER])
        leaving()
        try:
            taken = self.backend.send_messages([mail])
        except OSError as error:
            return lost(str(error))
        return Outcome(Fate.SENT) if taken else Outcome(Fate.FAILED, Reason.REFUSED)


def as_django_has_it(content: bytes) -> EmailMultiAlternatives:
    parsed = message_from_bytes(content, EmailMessage, policy=policy.default)
    text, html = (str(parsed.get_body((kind,)).get_content()) for kind in ("plain", "html"))  # type: ignore[union-attr]
    mail = EmailMultiAlternatives(
        str(parsed["Subject"]),
        text,
        str(parsed["From"]),
        [str(parsed["To"])],
        headers={name: str(parsed[name]) for name in KEPT if name in parsed},
    )
    mail.attach_alternative(html, "text/html")
    return mail
