"""Which message of ours an answer is to: by the address that it came to, or by the ids that it names."""

import re
from email.utils import parseaddr

from django.db.models.functions import Lower

from accounts.messages import tokens
from accounts.models import Message
from accounts.models.outboxes import Medium

# Enough of a long thread; the first and the last of it say most.
MOST_IDS = 50
_ID = re.compile(r"<([^<>\s]{1,300})>")


def message_of_reply_address(address: str) -> Message | None:
    """Of name+token@domain."""
    local = parseaddr(address)[1].rpartition("@")[0]
    _name, plus, token = local.rpartition("+")
    return _message(token) if plus else None


def message_of_mail_id(mail_id: str) -> Message | None:
    """Of token@domain, as our mails are called."""
    return _message(mail_id.strip().strip("<>").partition("@")[0])


def message_of_thread(in_reply_to: str, references: str) -> Message | None:
    """The last of ours that it names."""
    ids = [*_ID.findall(references)[-MOST_IDS:], *_ID.findall(in_reply_to)[:MOST_IDS]]
    found = (message_of_mail_id(mail_id) for mail_id in reversed(ids))
    return next((message for message in found if message), None)


def message_of_token(token: str) -> Message | None:
    """As providers of SMS know ours."""
    return _message(token)


def last_message_to(number: str) -> Message | None:
    """The SMS that somebody with this number answers."""
    to_it = Message.objects.alias(written=Lower("address")).filter(written=number.lower())
    sent = to_it.filter(medium=Medium.SMS).exclude(sent_at=None)
    return sent.select_related("mailing__campaign", "contact").order_by("-sent_at", "-pk").first()


def _message(token: str) -> Message | None:
    pk = tokens.read(token, tokens.REPLY)
    found = Message.objects.select_related("mailing__campaign", "contact", "account")
    return found.filter(pk=pk).first() if pk else None
