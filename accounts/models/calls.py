"""What providers post to us, as it came, until a worker has acted on it."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.connectors.reasons import words_of


class ProviderCallQuerySet(models.QuerySet["ProviderCall"]):
    def waiting(self) -> Self:
        return self.filter(state=ProviderCall.State.WAITING)

    def rejected(self) -> Self:
        return self.filter(state=ProviderCall.State.REJECTED)


class ProviderCall(models.Model):
    """One request: checked at the door, kept before it is answered.

    What was taken keeps no body: the digest alone says that it was here. `field` is where in the call the reason lies,
    `detail` what more there is to say. `read`: how many events or objects were understood.
    """

    class Kind(models.TextChoices):
        TRACKING = "tracking", _("What became of mails")
        INBOUND = "inbound", _("Mails that came in")
        STRIPE = "stripe", _("Payments")
        SMS = "sms", _("What became of SMS, and answers to them")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        TAKEN = "taken", _("Taken")
        REJECTED = "rejected", _("Rejected")

    provider = models.CharField(_("provider"), max_length=20)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    # Of the request, as far as reading it again needs them; never what it proved itself with.
    headers = models.JSONField(_("headers"), default=dict)
    body = models.BinaryField(_("body"))
    size = models.PositiveIntegerField(_("bytes"))
    digest = models.CharField(_("digest"), max_length=64)
    received_at = models.DateTimeField(_("received"), db_default=Now())
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    read = models.PositiveIntegerField(_("understood"), default=0)
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    field = models.CharField(_("field"), max_length=120, blank=True)
    detail = models.CharField(_("detail"), max_length=500, blank=True)

    objects = ProviderCallQuerySet.as_manager()

    personal_fields: ClassVar = ("body", "detail")

    class Meta:
        verbose_name = _("call of a provider")
        verbose_name_plural = _("calls of providers")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "kind", "digest"],
                name="providercall_once",
                violation_error_code="digest",
                violation_error_message=_("This call is known already."),
            )
        ]
        indexes = [
            models.Index(fields=["provider", "id"], name="providercall_due", condition=Q(state="waiting")),
            models.Index(fields=["state", "done_at"], name="providercall_done"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.pk}"

    @property
    def words(self) -> str:
        return words_of(self.reason)


class ProviderObject(models.Model):
    """When a provider last said something of one of its objects: what it said earlier and comes later is old."""

    provider = models.CharField(_("provider"), max_length=20)
    value = models.CharField(_("id there"), max_length=200)
    told_at = models.DateTimeField(_("said last"))

    objects = models.Manager["ProviderObject"]()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("object of a provider")
        verbose_name_plural = _("objects of providers")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "value"],
                name="providerobject_once",
                violation_error_code="value",
                violation_error_message=_("This id is known already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider}: {self.value}"
