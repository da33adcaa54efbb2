"""How messages leave, by which media, and how often anybody is asked."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.rules import Ruled


class Medium(models.TextChoices):
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")


class Topic(models.TextChoices):
    """What a survey asks about first."""

    NPS = "nps", _("NPS")
    CSAT = "csat", _("CSAT")
    CES = "ces", _("CES")
    OTHER = "other", _("Other surveys")


# Of a server that cannot be reached: after the first time, and at most.
SOON, LATEST = timedelta(seconds=10), timedelta(minutes=10)


class Outbox(Ruled):
    """How a medium is sent from here, a row for each: from whom, how fast, and whether it is paused."""

    medium = models.CharField(_("medium"), max_length=5, choices=Medium, unique=True)
    sender = models.CharField(
        _("sender"), max_length=254, blank=True, help_text=_("Empty: the one of the installation's settings.")
    )
    a_second = models.PositiveIntegerField(
        _("at most a second"), null=True, blank=True, help_text=_("Empty: as many as the server takes.")
    )
    errors_allowed = models.PositiveSmallIntegerField(
        _("errors in a row"), default=20, help_text=_("After so many it pauses by itself.")
    )
    errors = models.PositiveIntegerField(_("errors since the last success"), default=0, editable=False)
    heard = models.CharField(_("last answer"), max_length=500, blank=True, editable=False)
    next_at = models.DateTimeField(_("not before"), null=True, editable=False)
    paused_at = models.DateTimeField(_("paused"), null=True, blank=True, editable=False)
    paused_because = models.CharField(_("because"), max_length=500, blank=True, editable=False)
    # What one person, and all of one account, get in so many days, over everything that is sent.
    budget_days = models.PositiveSmallIntegerField(_("days of the budget"), default=7)
    person_budget = models.PositiveSmallIntegerField(_("messages to a person"), null=True, blank=True)
    account_budget = models.PositiveSmallIntegerField(_("messages to an account"), null=True, blank=True)

    personal_fields: ClassVar = ("sender",)

    class Meta:
        verbose_name = _("outbox")
        verbose_name_plural = _("outboxes")
        ordering = ["medium"]
        constraints = [
            models.CheckConstraint(
                condition=Q(a_second=None) | Q(a_second__gte=1),
                name="outbox_sends",
                violation_error_code="a_second",
                violation_error_message=_("This must be above zero."),
            ),
            models.CheckConstraint(
                condition=Q(errors_allowed__gte=1),
                name="outbox_allows_an_error",
                violation_error_code="errors_allowed",
                violation_error_message=_("This must be above zero."),
            ),
            models.CheckConstraint(
                condition=Q(budget_days__gte=1),
                name="outbox_budget_of_a_day",
                violation_error_code="budget_days",
                violation_error_message=_("This must be above zero."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_medium_display())

    @classmethod
    def of(cls, medium: str) -> "Outbox":
        return cls.objects.get_or_create(medium=medium)[0]

    def is_open(self, now: datetime) -> bool:
        return self.paused_at is None and (self.next_at is None or self.next_at <= now)

    def hears(self, answer: str, *, well: bool) -> None:
        self.errors = 0 if well else self.errors + 1
        self.heard = answer[:500]

    @property
    def has_heard_enough(self) -> bool:
        return self.errors >= self.errors_allowed

    def is_unreachable(self, why: str, now: datetime) -> None:
        self.hears(why, well=False)
        self.next_at = now + min(SOON * 2 ** min(self.errors - 1, 10), LATEST)

    def keep_standing(self, now: datetime) -> bool:
        """Whether it paused itself, having heard enough; whoever paused it meanwhile has done so."""
        self.save(update_fields=["errors", "heard", "next_at"])
        if not self.has_heard_enough:
            return False
        going = Outbox.objects.filter(pk=self.pk, paused_at=None)
        return bool(going.update(paused_at=now, paused_because=self.heard))


class FrequencyRule(Ruled):
    """How often anybody is asked, over all media: about a topic, or about all together.

    A reminder belongs to what it reminds of.
    """

    topic = models.CharField(_("topic"), max_length=5, choices=Topic, blank=True)
    days = models.PositiveSmallIntegerField(_("in days"))
    to_person = models.PositiveSmallIntegerField(_("messages to a person"), null=True, blank=True)
    to_account = models.PositiveSmallIntegerField(_("messages to an account"), null=True, blank=True)

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("frequency rule")
        verbose_name_plural = _("frequency rules")
        ordering = ["topic", "days"]
        constraints = [
            models.UniqueConstraint(
                fields=["topic", "days"],
                name="frequencyrule_once",
                violation_error_code="days",
                violation_error_message=_("There is such a rule already."),
            ),
            models.CheckConstraint(
                condition=Q(days__gte=1),
                name="frequencyrule_of_a_day",
                violation_error_code="days",
                violation_error_message=_("This must be above zero."),
            ),
            models.CheckConstraint(
                condition=Q(to_person__isnull=False) | Q(to_account__isnull=False),
                name="frequencyrule_says_how_many",
                violation_error_code="to_person",
                violation_error_message=_("Say how many a person or an account gets at most."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_topic_display()} {self.days}".strip()
