"""A message as an SMS: the text as its reader gets it, and over which line it goes."""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.messages import letters, segments, texting, tokens
from accounts.messages.choices import Choices, choices_of
from accounts.messages.numbers import BadNumber, in_full
from accounts.messages.recipients import Recipient
from accounts.messages.segments import Size
from accounts.models import Letter, Message, Outbox
from accounts.models.identities import Consent
from accounts.models.outboxes import Medium

TWILIO = "twilio"
# For sizes before anybody is written to: a long name in each script, for one of the other script costs the most.
LONG_NAMES = ("Abdulrahman Al-Ghamdi", "عبدالرحمن بن محمد الغامدي")
# Of a message of some years from now, whose number is longer.
LATE_MESSAGE = 10**8


def is_possible() -> bool:
    """Whether there is a line; without one messages wait until there is."""
    return bool(settings.SMS)


def sender() -> str:
    return Outbox.of(Medium.SMS).sender or settings.SMS_FROM


def text_of(message: Message, sender: str) -> str:
    language, text = letters.in_language(message.letter.texts, message.language)
    return _text(text, language, message.values, message.pk, message.purpose, sender)


def sample(letter: Letter, recipient: Recipient, purpose: str) -> str:
    """As the recipient gets it; its links lead nowhere yet."""
    language, text = letters.in_language(letter.texts, recipient.language)
    return _text(text, language, recipient.values, LATE_MESSAGE, purpose, sender())


def sizes(letter: Letter, purpose: str = "") -> dict[str, Size]:
    """By language how long it gets at most, where names are as long as most; an empty text is not among them."""
    by = sender()
    return {
        language: max(
            (
                segments.size(_text(text, language, _Sample(name), LATE_MESSAGE, purpose, by))
                for name in LONG_NAMES
            ),
            key=lambda size: (size.segments, size.units),
        )
        for language, text in letter.texts.items()
        if text.get(letters.BODY, "").strip()
    }


class _Sample(dict[str, str]):
    """Whatever is asked for, a long name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def get(self, _field: str, default: str | None = None) -> str:  # type: ignore[override]
        return self.name


def _text(
    text: letters.Text, language: str, values: Mapping[str, str], message: int, purpose: str, sender: str
) -> str:
    """Where the text asks something, the page to answer on stands where its address is written, or else at the end."""
    asked, links = choices_of(text), texting.links(text[letters.BODY])
    filled = texting.filled(text[letters.BODY], values, partial(_address_of, message, links, asked))
    if asked and asked.address not in links:
        filled = f"{filled}\n{_short(message, tokens.ANSWERS)}"
    if purpose != Consent.Purpose.MARKETING:
        return filled
    return f"{filled}\n{_way_out(language, message, sender)}"


def _address_of(message: int, links: tuple[str, ...], asked: Choices | None, number: int) -> str:
    """Beyond so many nobody sees who follows them."""
    if asked and links[number] == asked.address:
        return _short(message, tokens.ANSWERS)
    return _short(message, number + 1) if number + 1 < tokens.ANSWERS else links[number]


def _short(message: int, place: int) -> str:
    return f"{settings.URL}{reverse('short:link', args=[tokens.short(message, place)])}"


def _way_out(language: str, message: int, sender: str) -> str:
    """By an answer where it reaches us, else by the page of choices."""
    with override(language):
        if is_answered(sender):
            return _("To stop, reply STOP.")
        return _("To stop: %(link)s") % {"link": _short(message, tokens.PREFERENCES)}


def is_answered(sender: str) -> bool:
    """Whether we see what is answered: names take no answers."""
    is_number = bool(sender) and sender.removeprefix("+").isdecimal()
    is_service = settings.SMS == TWILIO and sender.startswith("MG")
    return (is_number or is_service) and (settings.SMS == TWILIO or bool(settings.SMS_WEBHOOK_SECRETS))


def write_numbers_in_full(batch: UUID) -> None:
    """Those written otherwise, for by the number in full it is known who wants none. What is no number stays."""
    found = Message.objects.filter(batch=batch, state=Message.State.SENDING)
    for message in found.exclude(address__regex=r"^\+[0-9]+$").select_related("account"):
        country = message.account.country if message.account else ""
        with suppress(BadNumber):
            _write_in_full(message, in_full(message.address, country))


def _write_in_full(message: Message, number: str) -> None:
    same = Message.objects.filter(mailing=message.mailing_id, address=number)
    if message.mailing_id and same.exclude(state=Message.State.SKIPPED).exists():
        fields = {"state": Message.State.SKIPPED, "reason": "twice", "batch": None}
    else:
        fields = {"address": number}
    Message.objects.filter(pk=message.pk).update(**fields)
