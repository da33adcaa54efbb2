from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

from accounts.models.rules import Ruled


class ApiToken(Ruled, AbstractAuthToken):
    """By which a program speaks for a user. Only its hash is kept: the token itself is shown once, when it is made."""

    class Scope(models.TextChoices):
        READ = "read", _("Read")
        WRITE = "write", _("Write")
        EVENTS = "events", _("Send events")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("user"), related_name="+"
    )
    # Not the key: the audit names rows by number.
    digest = models.CharField(_("hash"), max_length=128, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120, help_text=_("What uses it, such as the warehouse."))
    scopes = ArrayField(models.CharField(max_length=8, choices=Scope), verbose_name=_("scopes"))
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    objects = models.Manager["ApiToken"]()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name=""),
                name="apitoken_has_a_name",
                violation_error_code="name",
                violation_error_message=_("This must not be empty."),
            ),
            models.CheckConstraint(
                condition=Q(scopes__len__gt=0),
                name="apitoken_has_a_scope",
                violation_error_code="scopes",
                violation_error_message=_("A token without a scope may do nothing. Choose at least one."),
            ),
            models.CheckConstraint(
                condition=Q(scopes__contained_by=["read", "write", "events"]),
                name="apitoken_scopes_known",
                violation_error_code="scopes",
                violation_error_message=_("There is no such scope."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_expired(self, now: datetime) -> bool:
        return self.expiry is not None and self.expiry <= now
