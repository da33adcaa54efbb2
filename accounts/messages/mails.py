"""A message as a mail: rendered for whoever gets it, with the headers that mail programs act on."""

from collections.abc import Callable

from django.conf import settings
from django.core.mail import EmailMessage

from accounts.messages import letters
from accounts.messages.outcomes import Outcome
from accounts.messages.smtp import SmtpLine
from accounts.models import Message


def hand_over(line: SmtpLine, message: Message, leaving: Callable[[], None]) -> Outcome:
    return line.hand_over(settings.DEFAULT_FROM_EMAIL, message.address, content(message), leaving)


def content(message: Message) -> bytes:
    written = message.letter.texts[message.language]
    mail = EmailMessage(
        written[letters.SUBJECT], written[letters.BODY], settings.DEFAULT_FROM_EMAIL, [message.address]
    )
    return mail.message().as_bytes(linesep="\r\n")
