from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.filetypes import NAMES, UNKNOWN
from accounts.models.accounts import Account
from accounts.models.facts import FactQuerySet
from accounts.models.imports import kept_files
from accounts.models.people import Contact
from accounts.models.rules import Ruled
from accounts.models.tickets import Ticket


class Attachment(Ruled):
    """A file that somebody put to an account, to one of its people or to one of its tickets."""

    account = models.ForeignKey(
        Account, models.CASCADE, verbose_name=_("account"), related_name="attachments", db_index=False
    )
    contact = models.ForeignKey(
        Contact,
        models.CASCADE,
        verbose_name=_("contact"),
        null=True,
        blank=True,
        related_name="attachments",
    )
    ticket = models.ForeignKey(
        Ticket, models.CASCADE, verbose_name=_("ticket"), null=True, blank=True, related_name="attachments"
    )
    file = models.FileField(_("file"), storage=kept_files, upload_to="attachments/%Y/%m")
    name = models.CharField(_("name"), max_length=255)
    size = models.PositiveBigIntegerField(_("bytes"))
    type = models.CharField(_("kind of file"), max_length=100, help_text=_("Told by its content."))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        related_name="+",
    )
    added_at = models.DateTimeField(_("added"), db_default=Now())

    objects = FactQuerySet.as_manager()

    account_path: ClassVar[str] = "account"
    personal_fields: ClassVar = ("file", "name")

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["-added_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(name=""),
                name="attachment_has_a_name",
                violation_error_code="name",
                violation_error_message=_("This must not be empty."),
            ),
            models.CheckConstraint(
                condition=models.Q(contact=None) | models.Q(ticket=None),
                name="attachment_about_one_thing",
                violation_error_code="ticket",
                violation_error_message=_("A file belongs to a contact or to a ticket, not to both."),
            ),
        ]
        indexes = [models.Index(fields=["account", "-added_at"], name="attachment_by_account")]

    def __str__(self) -> str:
        return self.name

    @property
    def kind(self) -> str:
        return str(NAMES.get(self.type, NAMES[UNKNOWN]))
