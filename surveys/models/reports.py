"""Addresses at which the results of a survey are read by whoever has one."""

from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.rules import Ruled
from surveys.models.surveys import Survey


class ReportLinkQuerySet(models.QuerySet["ReportLink"]):
    def open(self, now: datetime) -> Self:
        """Those that lead somewhere: their makers work here."""
        in_time = Q(expires_at=None) | Q(expires_at__gt=now)
        return self.filter(in_time, revoked_at=None, made_by__is_active=True)


class ReportLink(Ruled):
    """What its maker may see, as a page or as a table. Only a digest of the key in the address is kept.

    `with_comments`: the page has what people wrote.
    """

    class Kind(models.TextChoices):
        PAGE = "page", _("Page to read")
        TABLE = "table", _("Table for a spreadsheet")

    survey = models.ForeignKey(Survey, models.CASCADE, verbose_name=_("survey"), related_name="report_links")
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=5, choices=Kind, default=Kind.PAGE)
    digest = models.CharField(_("digest"), max_length=64, unique=True, editable=False)
    window = models.CharField(_("window"), max_length=30)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    with_comments = models.BooleanField(_("with comments"), default=False, db_default=False)
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("by"), related_name="+"
    )
    made_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    objects = ReportLinkQuerySet.as_manager()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("address of results")
        verbose_name_plural = _("addresses of results")
        ordering = ["-made_at", "-id"]

    def __str__(self) -> str:
        return self.name
