from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.rules import Ruled


class KeptAnswer(Ruled):
    """What was answered to a request with an Idempotency-Key, so that asking again does nothing again."""

    LIFETIME: ClassVar = timedelta(hours=24)

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("user"), related_name="+"
    )
    key = models.CharField(_("key"), max_length=255)
    fingerprint = models.CharField(_("hash of the request"), max_length=64)
    status = models.PositiveSmallIntegerField(_("status"), default=0)
    headers = models.JSONField(_("headers"), default=dict)
    body = models.TextField(_("content"), blank=True)
    at = models.DateTimeField(_("at"), db_default=Now())

    objects = models.Manager["KeptAnswer"]()

    personal_fields: ClassVar = ("body",)

    class Meta:
        verbose_name = _("kept answer")
        verbose_name_plural = _("kept answers")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "key"],
                name="keptanswer_once_per_key",
                violation_error_code="key",
                violation_error_message=_("This key was used already."),
            )
        ]
        indexes = [models.Index(fields=["at"], name="keptanswer_by_age")]

    def __str__(self) -> str:
        return self.key
