"""Who is not written to."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from accounts.models.identities import Consent
from accounts.models.messages import Message
from accounts.models.outboxes import Medium
from accounts.models.people import digest_of
from accounts.models.rules import Ruled

# Before the digest of an address whose person was erased.
DIGEST = "sha256:"


def digested(address: str) -> str:
    return f"{DIGEST}{digest_of(address)}"


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def standing(self) -> Self:
        return self.filter(lifted_at=None)

    def of(self, medium: str, address: str) -> Self:
        """Also where the person was erased meanwhile, and only a digest is left."""
        written = self.filter(medium=medium).alias(written=Lower("address"))
        return written.filter(Q(written=Lower(Value(address))) | Q(written=digested(address)))


class Suppression(Ruled):
    """An address that is not written to: for a purpose, or at all. Lifted ones stay, as what was.

    Of a person who was erased the address is a digest, so that they stay unwritten to.
    """

    class Reason(models.TextChoices):
        UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
        COMPLAINED = "complained", _("Marked it as spam")
        BOUNCED = "bounced", _("Nothing arrives there")
        STOPPED = "stopped", _("Wrote STOP")
        BY_HAND = "by_hand", _("By hand")

    medium = models.CharField(_("medium"), max_length=5, choices=Medium, default=Medium.EMAIL)
    address = models.CharField(_("address"), max_length=254)
    purpose = models.CharField(
        _("purpose"), max_length=10, choices=Consent.Purpose, blank=True, help_text=_("Empty: everything.")
    )
    reason = models.CharField(_("reason"), max_length=12, choices=Reason, default=Reason.BY_HAND)
    message = models.ForeignKey(
        Message,
        models.SET_NULL,
        verbose_name=_("message"),
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    since = models.DateTimeField(_("since"), db_default=Now(), editable=False)
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True, editable=False)

    objects = SuppressionQuerySet.as_manager()

    personal_fields: ClassVar = ("address",)

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")
        ordering = ["-since", "-id"]
        constraints = [
            models.UniqueConstraint(
                F("medium"),
                Lower("address"),
                F("purpose"),
                condition=Q(lifted_at=None),
                name="suppression_once",
                violation_error_code="address",
                violation_error_message=_("This address is suppressed already."),
            )
        ]

    def __str__(self) -> str:
        return self.address
