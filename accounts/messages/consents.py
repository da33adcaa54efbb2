"""What whoever has an address agreed to receive there: withdrawn when they unsubscribe, given when they say so again.

An address may be that of several contacts, one of each account: it is one person who says it.
"""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Lower

from accounts.models import Consent, Contact, Message
from accounts.models.outboxes import Medium

# Where it was given.
PREFERENCE_PAGE = "preference page"
CHANNELS = {Medium.EMAIL: Consent.Channel.EMAIL, Medium.SMS: Consent.Channel.SMS}
PURPOSES = frozenset(Consent.Purpose.values)


def withdraw(
    medium: str, address: str, message: Message | None, purposes: Collection[str], at: datetime
) -> int:
    """What was given by then and stands; how many."""
    contacts = _contacts(medium, address, message)
    standing = Consent.objects.filter(contact__in=contacts, channel=CHANNELS[Medium(medium)])
    given = standing.filter(purpose__in=purposes, withdrawn_at=None, given_at__lte=at)
    return given.update(withdrawn_at=at)


def refused(message: Message) -> set[str]:
    """For what the mailings leave everybody with this address out; nothing where nobody here is asked."""
    contacts = _contacts(message.medium, message.address, message)
    if not contacts.exists():
        return set()
    of_medium = Consent.objects.filter(contact__in=contacts, channel=CHANNELS[Medium(message.medium)])
    withdrawn: dict[str, bool] = {Consent.Purpose.MARKETING: True}
    for purpose, withdrawn_at in of_medium.order_by().values_list("purpose", "withdrawn_at"):
        withdrawn[purpose] = withdrawn.get(purpose, True) and withdrawn_at is not None
    return {purpose for purpose, is_withdrawn in withdrawn.items() if is_withdrawn}


def give(message: Message, purposes: Collection[str], now: datetime) -> None:
    """To whom has none that stands."""
    channel = CHANNELS[Medium(message.medium)]
    same = _contacts(message.medium, message.address, message)
    # Locked: of two who say so at once, one agrees.
    contacts = list(same.select_for_update(no_key=True).values_list("pk", flat=True))
    standing = Consent.objects.filter(contact__in=contacts, channel=channel, withdrawn_at=None)
    known = set(standing.values_list("contact", "purpose"))
    Consent.objects.bulk_create(
        [
            Consent(
                contact_id=contact,
                channel=channel,
                purpose=purpose,
                given_at=now,
                source=PREFERENCE_PAGE,
            )
            for contact in contacts
            for purpose in sorted(purposes)
            if (contact, purpose) not in known
        ],
        ignore_conflicts=True,
    )


def _contacts(medium: str, address: str, message: Message | None) -> QuerySet[Contact]:
    """All with the address, and whoever was written to there: what they are called now may be another."""
    same = Q(lower=Lower(Value(address))) if medium == Medium.EMAIL else Q(phone=address)
    written_to = Q(pk=message.contact_id) if message and message.contact_id else Q(pk__in=[])
    people = Contact.objects.filter(erased_at=None).alias(lower=Lower("email"))
    return people.filter(same | written_to).order_by("pk")
