"""A message as whoever got it saw it, for us to look at: its links lead where they lead, and nothing counts."""

from django.utils.translation import gettext as _

from accounts.messages import letters, mails, merging
from accounts.messages.choices import choices_of
from accounts.messages.letters import Filled
from accounts.messages.mails import House
from accounts.messages.recipients import Skip
from accounts.models import Message, Organisation
from accounts.models.outboxes import Medium


def shown(message: Message) -> Filled:
    """Of an SMS the text alone."""
    _language, text = letters.in_language(message.letter.texts, message.language)
    if message.medium == Medium.SMS:
        asked = choices_of(text)
        its_page = f"\n{asked.address}" if asked and asked.address not in text[letters.BODY] else ""
        return Filled("", f"{_merged(text[letters.BODY], message)}{its_page}", "")
    house = House("", "", Organisation.current().name)
    return letters.fill_to_look_at(mails.ready(message, house), message.values)


def _merged(body: str, message: Message) -> str:
    """Without the links that took the place of addresses: they are each reader's own."""
    values = message.values
    return merging.FIELD.sub(lambda found: merging.value_of(merging.fields(found[0])[0], values), body)


def words_of(reason: str) -> str:
    """Of a message's state; codes that nobody named stay as they are."""
    words: dict[str, str] = {
        **{str(skip): str(label) for skip, label in Skip.choices},
        "answered": _("The first mail was answered, so that nobody need be reminded."),
        "revoked": _("The invitation was revoked, so that nobody is reminded of it."),
        "temporary": _("The server asked to try again later."),
        "refused": _("The server refused it."),
        "no_mailbox": _("There is no such mailbox."),
        "mailbox_full": _("The mailbox is full."),
        "no_answer": _("The connection ended before the server answered."),
        "gave_up": _("It was tried again and again in vain."),
        "bad_address": _("This is no e-mail address."),
        "letters_of_address": _("The server takes no such letters in addresses."),
        "letter": _("The letter cannot be made into a mail."),
        "broken": _("Something went wrong here while it was handed over. It is tried again."),
        "suppressed": _("The address is suppressed."),
        "sent_again": _("It did not arrive and was sent again."),
        "by_hand": _("Somebody said so by hand."),
        "erased": _("The person was erased."),
    }
    return words.get(reason, reason)
