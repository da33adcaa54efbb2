"""Who was asked: a row for each person, made of the first message that asked them."""

from datetime import timedelta

from accounts.models import Message
from surveys.models import Invitation


def of_message(message: Message) -> Invitation | None:
    """Of the message itself, or of the one that it reminds of; None: it is of no survey, or a test."""
    first = message.reminds_of or message
    found = Invitation.objects.select_related("survey").filter(message=first).first()
    return found or _made(first)


def _made(message: Message) -> Invitation | None:
    distribution = getattr(message.mailing, "distribution", None)
    if distribution is None or message.is_test:
        return None
    invited = message.sent_at or message.due_at
    invitation, _is_new = Invitation.objects.select_related("survey").get_or_create(
        message=message,
        defaults={
            "survey": distribution.survey,
            "distribution": distribution,
            "account_id": message.account_id,
            "contact_id": message.contact_id,
            "channel": message.medium,
            "language": message.language,
            "invited_at": invited,
            "delivered_at": message.sent_at,
            "expires_at": invited + timedelta(days=distribution.days_valid),
        },
    )
    return invitation
