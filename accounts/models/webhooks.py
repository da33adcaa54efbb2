"""Who is told over HTTP of what happens here, and what they were told."""

import json
from datetime import datetime, timedelta
from typing import ClassVar, Self
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.rules import Ruled
from accounts.models.work import Notice
from accounts.webhooks import addresses

LONGEST_ANSWER = 500


def may_be_reached(url: str) -> None:
    try:
        addresses.check(url)
    except addresses.Refused as refused:
        raise ValidationError(refused.args[0]) from refused


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def active(self) -> Self:
        return self.filter(disabled_at=None)


class WebhookEndpoint(Ruled):
    """An address that is told of what happens. Of no kinds: of everything."""

    class Why(models.TextChoices):
        BY_HAND = "by_hand", _("By hand")
        GONE = "gone", _("It answered that it is gone (410)")
        FAILING = "failing", _("For days nothing could be delivered")

    url = models.CharField(_("address"), max_length=500, validators=[may_be_reached])
    description = models.CharField(
        _("description"),
        max_length=200,
        blank=True,
        help_text=_("What listens there, such as the data team's queue."),
    )
    kinds = ArrayField(
        models.CharField(
            max_length=60,
            validators=[
                RegexValidator(r"^[a-z0-9_]+([.-][a-z0-9_]+)*$", _("Write kinds like band.changed."))
            ],
        ),
        verbose_name=_("kinds"),
        default=list,
        blank=True,
        help_text=_("Of what it is told. Empty: of everything."),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    disabled_at = models.DateTimeField(_("disabled"), null=True, blank=True, editable=False)
    disabled_because = models.CharField(_("because"), max_length=7, choices=Why, blank=True, editable=False)

    objects = WebhookEndpointQuerySet.as_manager()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(disabled_at=None, disabled_because="")
                | (Q(disabled_at__isnull=False) & ~Q(disabled_because="")),
                name="webhookendpoint_disabled_for_a_reason",
                violation_error_code="disabled_because",
                violation_error_message=_("What is disabled has a reason."),
            )
        ]

    def __str__(self) -> str:
        return self.description or self.url

    @property
    def is_active(self) -> bool:
        return self.disabled_at is None


class WebhookSecretQuerySet(models.QuerySet["WebhookSecret"]):
    def valid(self, now: datetime) -> Self:
        """The present one first."""
        return self.filter(Q(until=None) | Q(until__gt=now)).order_by("-id")


class WebhookSecret(models.Model):
    """By which deliveries are signed; apart from the endpoint, so that the audit keeps no copy of it."""

    endpoint = models.ForeignKey(
        WebhookEndpoint, models.CASCADE, verbose_name=_("webhook"), related_name="secrets"
    )
    value = models.CharField(_("secret"), max_length=100)
    since = models.DateTimeField(_("since"), db_default=Now())
    until = models.DateTimeField(_("valid until"), null=True)

    objects = WebhookSecretQuerySet.as_manager()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("secret of a webhook")
        verbose_name_plural = _("secrets of webhooks")
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint"],
                condition=Q(until=None),
                name="webhooksecret_one_at_a_time",
                violation_error_code="until",
                violation_error_message=_("A webhook has one secret at a time."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.since:%Y-%m-%d %H:%M}"


def new_key() -> str:
    return f"msg_{uuid4().hex}"


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def failed(self) -> Self:
        return self.filter(state=WebhookDelivery.State.FAILED)

    def over(self) -> Self:
        return self.filter(state__in=[WebhookDelivery.State.DELIVERED, WebhookDelivery.State.FAILED])


class WebhookDelivery(Ruled):
    """One notice for one endpoint, or a test: what is sent, again and again under the same key, and the last answer.

    waiting → delivering → delivered, waiting (for the next try), failed. `next_at`: when it is tried; of one that is
    being delivered, when its worker is given up.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DELIVERING = "delivering", _("Being delivered")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Failed")

    class Problem(models.TextChoices):
        STATUS = "status", _("It answered with an error.")
        REDIRECT = "redirect", _("It redirects; enter the address where it ends.")
        GONE = "gone", _("It answered that it is gone (410).")
        TIMEOUT = "timeout", _("It did not answer in time.")
        ADDRESS = "address", _("Its address is none that may be reached from here.")
        UNKNOWN_HOST = "no_host", _("Its host was not found.")
        CERTIFICATE = "tls", _("Its certificate, or its encryption, is not right.")
        CONNECTION = "connection", _("It could not be reached, or broke off.")

    key = models.CharField(_("id"), max_length=40, default=new_key, unique=True)
    endpoint = models.ForeignKey(
        WebhookEndpoint, models.CASCADE, verbose_name=_("webhook"), related_name="deliveries", db_index=False
    )
    notice = models.ForeignKey(
        Notice, models.CASCADE, verbose_name=_("notice"), null=True, related_name="deliveries"
    )
    kind = models.CharField(_("kind"), max_length=60)
    payload = models.JSONField(_("content"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    made_at = models.DateTimeField(_("created"), db_default=Now())
    # Since when it is tried: made, or asked for again.
    since = models.DateTimeField(_("tried since"), default=timezone.now)
    next_at = models.DateTimeField(_("next"), default=timezone.now)
    tried_at = models.DateTimeField(_("last try"), null=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True)
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    problem = models.CharField(_("problem"), max_length=10, choices=Problem, blank=True)
    answer = models.CharField(_("answer"), max_length=LONGEST_ANSWER, blank=True)
    took = models.DurationField(_("took"), default=timedelta)

    objects = WebhookDeliveryQuerySet.as_manager()

    personal_fields: ClassVar = ("payload", "answer")

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "notice"],
                name="webhookdelivery_once",
                violation_error_code="notice",
                violation_error_message=_("This webhook is told of this notice already."),
            )
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "next_at", "id"],
                name="webhookdelivery_due",
                condition=Q(state__in=["waiting", "delivering"]),
            ),
            models.Index(fields=["endpoint", "state", "-id"], name="webhookdelivery_log"),
            models.Index(fields=["endpoint", "tried_at"], name="webhookdelivery_tried"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def is_over(self) -> bool:
        return self.state in {self.State.DELIVERED, self.State.FAILED}

    @property
    def milliseconds(self) -> int:
        return round(self.took / timedelta(milliseconds=1))

    @property
    def shown(self) -> str:
        return json.dumps(self.payload, ensure_ascii=False, indent=2)
