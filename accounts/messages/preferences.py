"""What an address wants to be sent, as whoever reads it says."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from accounts.messages import consents, events
from accounts.models import Message, Suppression
from accounts.models.identities import Consent
from accounts.models.outboxes import Medium
from accounts.models.suppressions import SuppressionQuerySet

EVERYTHING = ""
PURPOSES = tuple(Consent.Purpose.values)
# By which they said so themselves, and so may say otherwise.
OWN = (Suppression.Reason.UNSUBSCRIBED, Suppression.Reason.COMPLAINED, Suppression.Reason.STOPPED)


class Choices(NamedTuple):
    """`wanted` purposes; `nothing`: whatever there may be; `fixed`: somebody else said so, or nothing arrives."""

    wanted: tuple[str, ...]
    nothing: bool
    fixed: frozenset[str]

    @property
    def is_fixed(self) -> bool:
        return self.fixed.issuperset(PURPOSES)


def of(message: Message) -> Choices:
    standing = dict(_standing(message).values_list("purpose", "reason"))
    nothing = EVERYTHING in standing
    refused = standing.keys() | consents.refused(message)
    wanted = () if nothing else tuple(purpose for purpose in PURPOSES if purpose not in refused)
    fixed = {purpose for purpose, reason in standing.items() if reason not in OWN}
    return Choices(wanted, nothing, frozenset(PURPOSES if EVERYTHING in fixed else fixed))


@transaction.atomic
def save(message: Message, wanted: Collection[str], now: datetime, *, nothing: bool) -> None:
    """Twice is as once. What was refused until now and is wanted is agreed to; what is fixed stays as it is."""
    choices = of(message)
    if choices.is_fixed:
        return
    fixed = choices.fixed
    refused = {EVERYTHING} if nothing else set(PURPOSES) - set(wanted) - fixed
    own = _standing(message).filter(reason__in=OWN).exclude(purpose__in=refused)
    # Locked: of two who say so at once, one agrees.
    lifted = set(own.select_for_update().values_list("purpose", flat=True))
    own.update(lifted_at=now)
    _suppress(message, refused, now)
    agreed = set(PURPOSES) if EVERYTHING in lifted else lifted | consents.refused(message)
    consents.give(message, set() if nothing else agreed - refused - fixed, now)


@transaction.atomic
def unsubscribe(message: Message, now: datetime) -> None:
    """From what the message was for."""
    _suppress(message, {message.purpose}, now)


def _suppress(message: Message, purposes: Collection[str], now: datetime) -> None:
    already = set(_standing(message).values_list("purpose", flat=True))
    added = [
        Suppression(
            medium=message.medium,
            address=message.address,
            purpose=purpose,
            reason=Suppression.Reason.UNSUBSCRIBED,
            message=message,
            since=now,
        )
        for purpose in sorted(set(purposes) - already)
    ]
    # Of two requests at once, one finds it there.
    Suppression.objects.bulk_create(added, ignore_conflicts=True)
    withdrawn = PURPOSES if EVERYTHING in purposes else purposes
    consents.withdraw(message.medium, message.address, message, withdrawn, now)
    if message.purpose in purposes or EVERYTHING in purposes:
        name = events.UNSUBSCRIBED[message.medium]
        events.write([events.Happening(message, name, now, f"unsubscribed-{message.pk}")], now)


def _standing(message: Message) -> SuppressionQuerySet:
    return Suppression.objects.standing().of(message.medium, message.address)


# Of our own people, who have the mails of this room for a service


def why_not(address: str, purpose: str = Consent.Purpose.SERVICE) -> Suppression | None:
    """Why no mail is sent there; first what its reader cannot take back."""
    standing = _for(address, purpose)
    return standing.exclude(reason__in=OWN).first() or standing.first()


def let_in(address: str, now: datetime) -> None:
    """As far as the reader said it."""
    _for(address, Consent.Purpose.SERVICE).filter(reason__in=OWN).update(lifted_at=now)


def _for(address: str, purpose: str) -> SuppressionQuerySet:
    standing = Suppression.objects.standing().of(Medium.EMAIL, address)
    return standing.filter(purpose__in=[EVERYTHING, purpose])
