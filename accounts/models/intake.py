"""How events come in: by whose key, as which batch, and what became of what could not be taken."""

import re
from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.intake.digests import OURS
from accounts.intake.reasons import KEPT_OF_REQUESTS, NOT_AGAIN, words_of
from accounts.models.rules import Ruled

# What packed bytes hold, and no JSON.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


class WriteKeyQuerySet(models.QuerySet["WriteKey"]):
    def valid(self) -> Self:
        return self.filter(revoked_at=None)


class WriteKey(Ruled):
    """By which a program sends events. That of a server is a secret, of which only the hash is kept."""

    class Kind(models.TextChoices):
        SERVER = "server", _("Server")
        BROWSER = "browser", _("Browser or app")
        SANDBOX = "sandbox", _("Sandbox")

    name = models.CharField(
        _("name"), max_length=120, help_text=_("What sends with it, such as the web shop.")
    )
    source = models.CharField(
        _("source"),
        max_length=60,
        help_text=_("Users of one source are known by the same ids. Several keys may share it."),
    )
    account_source = models.CharField(
        _("source of the ids of accounts"),
        max_length=60,
        blank=True,
        help_text=_("Whose ids of companies (groups) the senders give. Empty: those of the same source."),
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.SERVER)
    digest = models.CharField(_("hash"), max_length=64, unique=True, editable=False)
    # Whoever opens the page reads it there anyway.
    public_key = models.CharField(_("key"), max_length=64, blank=True, editable=False)
    origins = ArrayField(
        models.CharField(max_length=200),
        verbose_name=_("origins"),
        default=list,
        blank=True,
        help_text=_("Pages that may send with it, such as https://shop.example. Empty: all."),
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
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    objects = WriteKeyQuerySet.as_manager()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("write key")
        verbose_name_plural = _("write keys")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name=""),
                name="writekey_has_a_name",
                violation_error_code="name",
                violation_error_message=_("This must not be empty."),
            ),
            models.CheckConstraint(
                condition=~Q(source__in=["", OURS]),
                name="writekey_has_a_source",
                violation_error_code="source",
                violation_error_message=_("Give the source a name; “cxhub” is our own."),
            ),
            models.CheckConstraint(
                condition=Q(public_key="") | ~Q(kind="server"),
                name="writekey_of_a_server_is_secret",
                violation_error_code="kind",
                violation_error_message=_("The key of a server is kept as its hash alone."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def companies_source(self) -> str:
        return self.account_source or self.source

    @property
    def is_public(self) -> bool:
        return self.kind == self.Kind.BROWSER


class IntakeBatch(models.Model):
    """What one request brought, until a worker has made events of it, in the transaction that deletes this row.

    `lines` are the events as COPY takes them (accounts.intake.lines), `calls` what was said of persons and accounts.
    """

    key = models.ForeignKey(
        WriteKey, models.SET_NULL, verbose_name=_("write key"), null=True, related_name="+"
    )
    source = models.CharField(_("source"), max_length=60)
    received_at = models.DateTimeField(_("received"))
    taxonomy = models.PositiveIntegerField(_("version of the taxonomy"), default=0)
    lines = models.BinaryField(_("events"))
    calls = models.JSONField(_("calls"), default=list)
    events = models.PositiveIntegerField(_("number of events"), default=0)
    rejected = models.PositiveIntegerField(_("of them rejected"), default=0)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0, db_default=0)

    objects = models.Manager["IntakeBatch"]()

    personal_fields: ClassVar = ("lines", "calls")

    class Meta:
        verbose_name = _("batch of events")
        verbose_name_plural = _("batches of events")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.source} {self.pk}"


class IntakeMinute(models.Model):
    """How much came in by a key within a minute, as the worker saw it."""

    key = models.ForeignKey(
        WriteKey,
        models.CASCADE,
        verbose_name=_("write key"),
        null=True,
        related_name="minutes",
        db_index=False,
    )
    source = models.CharField(_("source"), max_length=60)
    minute = models.DateTimeField(_("minute"))
    batches = models.PositiveIntegerField(_("batches"), default=0)
    accepted = models.PositiveIntegerField(_("accepted"), default=0)
    duplicates = models.PositiveIntegerField(_("duplicates"), default=0)
    rejected = models.PositiveIntegerField(_("rejected"), default=0)

    objects = models.Manager["IntakeMinute"]()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("minute of the intake")
        verbose_name_plural = _("minutes of the intake")
        ordering = ["-minute", "source", "key"]
        constraints = [
            models.UniqueConstraint(
                fields=["minute", "source", "key"],
                name="intakeminute_once",
                nulls_distinct=False,
                violation_error_code="minute",
                violation_error_message=_("This minute of the key is known already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.minute:%Y-%m-%d %H:%M}"


class RejectedEventQuerySet(models.QuerySet["RejectedEvent"]):
    def waiting(self) -> Self:
        """Those that nobody has mended or let go."""
        return self.filter(replayed_at=None)

    def to_send_again(self) -> Self:
        """Those that wait, and of which enough is left."""
        return self.waiting().exclude(reason__in=NOT_AGAIN)

    def before(self, moment: datetime) -> Self:
        return self.filter(received_at__lt=moment)


class RejectedEvent(models.Model):
    """What was sent and could not be taken, with the reason; it can be sent again once it, or we, are mended."""

    key = models.ForeignKey(
        WriteKey, models.SET_NULL, verbose_name=_("write key"), null=True, related_name="+"
    )
    source = models.CharField(_("source"), max_length=60)
    received_at = models.DateTimeField(_("received"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=40)
    field = models.CharField(_("field"), max_length=120, blank=True)
    name = models.CharField(_("event"), max_length=200, blank=True)
    # As it came, of a request that was refused as a whole its beginning; what somebody wrote instead stands beside it.
    content = models.TextField(_("content"))
    mended = models.TextField(_("mended"), default="", db_default="", blank=True)
    replayed_at = models.DateTimeField(_("sent again"), null=True, blank=True)

    objects = RejectedEventQuerySet.as_manager()

    personal_fields: ClassVar = ("content", "mended", "name", "field")

    class Meta:
        verbose_name = _("rejected event")
        verbose_name_plural = _("rejected events")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["reason", "id"], name="rejectedevent_waiting", condition=Q(replayed_at__isnull=True)
            ),
            BrinIndex(fields=["received_at"], autosummarize=True, name="rejectedevent_as_they_came"),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}"

    @property
    def words(self) -> str:
        return words_of(self.reason)

    @property
    def is_of_request(self) -> bool:
        return self.reason in KEPT_OF_REQUESTS

    @property
    def can_be_sent_again(self) -> bool:
        return self.reason not in NOT_AGAIN

    @property
    def text(self) -> str:
        """What is sent again."""
        return self.mended or self.content

    @property
    def is_text(self) -> bool:
        """Of bytes that are none, most cannot be read as UTF-8, or are no characters."""
        unread = self.content.count("\ufffd")
        return not _CONTROLS.search(self.content) and unread * 3 <= len(self.content)


class EventKey(models.Model):
    """Which messages are stored: the digest of source and message id, for as long as the events are."""

    digest = models.UUIDField(_("digest"), primary_key=True)
    day = models.DateField(_("day"))

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("message known")
        verbose_name_plural = _("messages known")
        indexes = [BrinIndex(fields=["day"], autosummarize=True, name="eventkey_by_day")]

    def __str__(self) -> str:
        return str(self.digest)


class EventMark(models.Model):
    """What of the roll-ups must be made anew.

    A person's day: from the events. A person or a company without a day: who its rows are attributed to.
    """

    person = models.UUIDField(_("person"), null=True)
    company = models.UUIDField(_("company"), null=True)
    day = models.DateField(_("day"), null=True)

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("mark of events")
        verbose_name_plural = _("marks of events")

    def __str__(self) -> str:
        return f"{self.person or self.company} {self.day or ''}"
