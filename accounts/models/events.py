"""What people did, as it was sent, and what is rolled up of it: figures read the roll-ups, never the events."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.accounts import Account
from accounts.models.facts import FactQuerySet
from accounts.models.people import Contact


class Attributed(models.Model):
    """A row of somebody who is, or becomes, known: identities and keys say who `person` and `company` (digests) are."""

    person = models.UUIDField(_("person"))
    company = models.UUIDField(_("company"), null=True)
    # Without constraints: the marks that a deleted account or contact leaves take them away.
    account = models.ForeignKey(
        Account,
        models.DO_NOTHING,
        verbose_name=_("account"),
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    contact = models.ForeignKey(
        Contact,
        models.DO_NOTHING,
        verbose_name=_("contact"),
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )

    objects = FactQuerySet.as_manager()

    account_path: ClassVar[str] = "account"
    personal_fields: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True


class Event(models.Model):
    """Something that happened, as a sender told it: append-only, partitioned by month, each message once.

    `name` is what it means (accounts.taxonomy), `sent_as` what it was called where that is something else, `object`
    what it was done to, `value` its number. `person` and `company` are digests of the senders' ids.
    """

    # The key of the table is (id, happened_at): a partitioned one can only be unique together with its time.
    id = models.BigAutoField(primary_key=True)
    happened_at = models.DateTimeField(_("happened"))
    recorded_at = models.DateTimeField(_("recorded"), db_default=Now())
    source = models.CharField(_("source"), max_length=60)
    message_id = models.CharField(_("message id"), max_length=200)
    name = models.CharField(_("event"), max_length=200)
    sent_as = models.CharField(_("sent as"), max_length=200, blank=True)
    object = models.CharField(_("object"), max_length=300, blank=True)
    value = models.DecimalField(_("value"), max_digits=20, decimal_places=4, null=True)
    campaign = models.CharField(_("campaign"), max_length=120, blank=True)
    person = models.UUIDField(_("person"))
    company = models.UUIDField(_("company"), null=True)
    session = models.CharField(_("session"), max_length=200, blank=True)
    machine = models.BooleanField(_("by a machine"), default=False)
    properties = models.JSONField(_("properties"), default=dict)

    objects = models.Manager["Event"]()

    personal_fields: ClassVar = ("properties", "object")

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-happened_at", "-id"]
        indexes = [
            models.Index(fields=["person", "happened_at"], name="event_of_a_person"),
            # Months here begin some hours before or after those of the partitions.
            BrinIndex(fields=["happened_at"], autosummarize=True, name="event_as_they_happened"),
        ]

    def __str__(self) -> str:
        return self.name


class ActivityDay(Attributed):
    """How often a person did one thing to one object on a day. `late_on`: recorded later than the next day, and when.

    `value` adds up the numbers of the `valued` ones among them; `last_value` is the number said last.
    """

    day = models.DateField(_("day"))
    name = models.CharField(_("event"), max_length=200)
    object = models.CharField(_("object"), max_length=300, blank=True)
    campaign = models.CharField(_("campaign"), max_length=120, blank=True)
    machine = models.BooleanField(_("by a machine"), default=False)
    late_on = models.DateField(_("recorded late"), null=True)
    count = models.PositiveIntegerField(_("count"))
    valued = models.PositiveIntegerField(_("with a value"), default=0)
    value = models.DecimalField(_("value"), max_digits=24, decimal_places=4, null=True)
    last_value = models.DecimalField(_("last value"), max_digits=20, decimal_places=4, null=True)
    last_at = models.DateTimeField(_("last"))

    personal_fields = ("object",)

    class Meta:
        verbose_name = _("day of activity")
        verbose_name_plural = _("days of activity")
        ordering = ["-day", "id"]
        indexes = [
            models.Index(fields=["person", "day"], name="activityday_of_a_person"),
            models.Index(fields=["account", "day"], name="activityday_of_an_account"),
            models.Index(fields=["day", "name"], name="activityday_by_day"),
            models.Index(
                fields=["company"], name="activityday_of_a_company", condition=models.Q(company__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.day}"


class Session(Attributed):
    """What somebody did without a break of 30 minutes and under one session id of the sender; of the day it began.

    Of a contact under all ids; `person` is the one under which it began.
    """

    day = models.DateField(_("day"))
    began = models.DateTimeField(_("began"))
    ended = models.DateTimeField(_("ended"))
    recorded_at = models.DateTimeField(_("recorded"))
    session = models.CharField(_("session id"), max_length=200, blank=True)
    events = models.PositiveIntegerField(_("events"))
    pages = models.PositiveIntegerField(_("pages"))
    entry = models.CharField(_("entry page"), max_length=300, blank=True)
    exit = models.CharField(_("exit page"), max_length=300, blank=True)
    goals = ArrayField(models.BigIntegerField(), verbose_name=_("goals"), default=list)
    channel = models.CharField(_("channel"), max_length=80, blank=True)
    campaign = models.CharField(_("campaign"), max_length=120, blank=True)

    personal_fields = ("entry", "exit")

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ["-began", "-id"]
        indexes = [
            models.Index(fields=["person", "began"], include=["ended"], name="session_of_a_person"),
            models.Index(fields=["account", "day"], name="session_of_an_account"),
            models.Index(fields=["day"], name="session_by_day"),
            models.Index(
                fields=["company"], name="session_of_a_company", condition=models.Q(company__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.began:%Y-%m-%d %H:%M}"


class Delivery(Attributed):
    """What became of one mail, ours or a provider's: the first moment of each. Machines' opens are apart."""

    mail = models.CharField(_("mail"), max_length=200)
    campaign = models.CharField(_("campaign"), max_length=120, blank=True)
    recorded_at = models.DateTimeField(_("recorded"))
    sent_at = models.DateTimeField(_("sent"), null=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True)
    opened_at = models.DateTimeField(_("opened"), null=True)
    opened_by_machine_at = models.DateTimeField(_("opened by a machine"), null=True)
    clicked_at = models.DateTimeField(_("clicked"), null=True)
    bounced_at = models.DateTimeField(_("bounced"), null=True)
    unsubscribed_at = models.DateTimeField(_("unsubscribed"), null=True)
    complained_at = models.DateTimeField(_("complained"), null=True)
    replied_at = models.DateTimeField(_("replied"), null=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-recorded_at", "-id"]
        # One mail may be the same text to thousands: a delivery is a mail to a person.
        constraints = [
            models.UniqueConstraint(
                fields=["person", "mail"],
                name="delivery_once",
                violation_error_code="mail",
                violation_error_message=_("This mail to the person is known already."),
            )
        ]
        indexes = [
            models.Index(fields=["account", "delivered_at"], name="delivery_of_an_account"),
            models.Index(fields=["delivered_at"], name="delivery_by_moment"),
            models.Index(
                fields=["company"], name="delivery_of_a_company", condition=models.Q(company__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.mail
