"""Who is asked, how, and when: what goes out of itself, the links that lead to a survey, and each one who was asked."""

import secrets
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Contact, Letter, Mailing, Message, Population, Ticket
from accounts.models.facts import Fact
from accounts.models.rules import ABOVE_ZERO, Ruled
from surveys.models.surveys import Survey

if TYPE_CHECKING:
    from accounts.models.users import User

DAYS_VALID = 30
NO_ORIGIN = _("Give the address of the web page, such as https://shop.example.")


class Channel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    LINK = "link", _("Link")
    QR = "qr", _("QR code")
    WIDGET = "widget", _("Web page")
    PROGRAM = "program", _("Program")
    IMPORT = "import", _("Import")


def new_key() -> str:
    return secrets.token_urlsafe(15)


class DistributionQuerySet(models.QuerySet["Distribution"]):
    def visible_to(self, user: "User") -> Self:
        """One's own; everybody's for those who see every account."""
        return self if user.has_perm("accounts.view_all_accounts") else self.filter(made_by=user)

    def with_progress(self) -> Self:
        """How many were asked, and how far they are."""
        counted = {
            "sent": Count("invitations"),
            "delivered": Count("invitations__delivered_at"),
            "started": Count("invitations", filter=Q(invitations__started_at__isnull=False)),
            "completed": Count("invitations", filter=Q(invitations__answered=True) | _COMPLETED),
        }
        return self.annotate(**counted)


_COMPLETED = Q(invitations__completed_at__isnull=False)


class Distribution(Ruled):
    """A survey that goes out: once, by a mailing, or again and again, by what happens.

    `days`: after becoming a customer, or from one time to the next. `looked_until`: what happened up to then was looked
    at. `reminders`: days after the first message.
    """

    class Trigger(models.TextChoices):
        TICKET = "ticket", _("A ticket was resolved")
        EVENT = "event", _("An event happened")
        CUSTOMER = "customer", _("Days after becoming a customer")
        EVERY = "every", _("Every so many days")

    survey = models.ForeignKey(Survey, models.CASCADE, verbose_name=_("survey"), related_name="distributions")
    mailing = models.OneToOneField(
        Mailing, models.CASCADE, verbose_name=_("mailing"), null=True, blank=True, related_name="distribution"
    )
    trigger = models.CharField(_("when"), max_length=8, choices=Trigger, blank=True)
    population = models.ForeignKey(
        Population,
        models.PROTECT,
        verbose_name=_("population"),
        null=True,
        blank=True,
        related_name="distributions",
        help_text=_("Of whom these are asked. Empty: of everybody."),
    )
    letter = models.ForeignKey(
        Letter, models.PROTECT, verbose_name=_("letter"), null=True, blank=True, related_name="distributions"
    )
    event = models.CharField(_("event"), max_length=200, blank=True)
    days = models.PositiveSmallIntegerField(_("days"), null=True, blank=True)
    reminders = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("reminders after days"), default=list, blank=True
    )
    days_valid = models.PositiveSmallIntegerField(_("days to answer"), default=DAYS_VALID)
    working_hours = models.BooleanField(
        _("in working hours"), default=True, help_text=_("Of the person's own time zone.")
    )
    per_hour = models.PositiveIntegerField(_("at most an hour"), null=True, blank=True)
    looked_until = models.DateTimeField(_("looked until"), null=True, blank=True, editable=False)
    paused_at = models.DateTimeField(_("paused"), null=True, blank=True, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("by"), null=True, related_name="+"
    )
    made_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    objects = DistributionQuerySet.as_manager()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("distribution")
        verbose_name_plural = _("distributions")
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(mailing__isnull=False, trigger="") | (Q(mailing=None) & ~Q(trigger="")),
                name="distribution_once_or_by_trigger",
                violation_error_code="trigger",
                violation_error_message=_("It goes out once, or by what happens."),
            ),
            models.CheckConstraint(
                condition=Q(trigger="") | Q(letter__isnull=False),
                name="distribution_by_trigger_has_a_letter",
                violation_error_code="letter",
                violation_error_message=_("This must not be empty."),
            ),
            models.CheckConstraint(
                condition=~Q(trigger__in=["customer", "every"]) | Q(days__isnull=False, days__gte=1),
                name="distribution_says_its_days",
                violation_error_code="days",
                violation_error_message=ABOVE_ZERO,
            ),
            models.CheckConstraint(
                condition=~Q(trigger="event") | ~Q(event=""),
                name="distribution_names_its_event",
                violation_error_code="event",
                violation_error_message=_("This must not be empty."),
            ),
            models.CheckConstraint(
                condition=Q(per_hour=None) | Q(per_hour__gte=1),
                name="distribution_per_hour_of_one",
                violation_error_code="per_hour",
                violation_error_message=ABOVE_ZERO,
            ),
            models.CheckConstraint(
                condition=Q(days_valid__gte=1),
                name="distribution_valid_for_a_day",
                violation_error_code="days_valid",
                violation_error_message=ABOVE_ZERO,
            ),
        ]

    def __str__(self) -> str:
        return str(self.mailing or f"{self.survey}: {self.get_trigger_display()}")


class SurveyLink(Ruled):
    """An address where whoever has it answers, as often as people do; shown as a link, a QR code, or in a web page.

    `origin`: of the web page that may show it, such as https://shop.example.
    """

    survey = models.ForeignKey(Survey, models.CASCADE, verbose_name=_("survey"), related_name="links")
    name = models.CharField(_("name"), max_length=120)
    channel = models.CharField(
        _("channel"),
        max_length=8,
        choices=[(one.value, one.label) for one in (Channel.LINK, Channel.QR, Channel.WIDGET)],
        default=Channel.LINK,
    )
    key = models.CharField(_("key"), max_length=20, default=new_key, unique=True, editable=False)
    origin = models.CharField(_("web page"), max_length=300, blank=True)
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("by"), null=True, related_name="+"
    )
    made_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    objects = models.Manager["SurveyLink"]()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("link to a survey")
        verbose_name_plural = _("links to surveys")
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(channel="widget") | ~Q(origin=""),
                name="surveylink_widget_has_its_page",
                violation_error_code="origin",
                violation_error_message=_("Say on which web page it is shown."),
            ),
            models.CheckConstraint(
                condition=Q(origin="") | Q(origin__regex=r"^https?://[a-z0-9.-]+(:[0-9]+)?$"),
                name="surveylink_origin_is_one",
                violation_error_code="origin",
                violation_error_message=NO_ORIGIN,
            ),
        ]

    @property
    def shown_on(self) -> str:
        """The origin that may show it in a frame."""
        return self.origin if self.channel == Channel.WIDGET else ""

    def __str__(self) -> str:
        return self.name


class Invitation(Fact):
    """That one person was asked once, whatever reminded them.

    `answered`: they did; of an anonymous survey that is all that is known, and neither moment is kept. `delivered_at`:
    when it was sent, unless it came back or somebody knows better.
    """

    survey = models.ForeignKey(
        Survey, models.CASCADE, verbose_name=_("survey"), related_name="invitations", db_index=False
    )
    distribution = models.ForeignKey(
        Distribution,
        models.SET_NULL,
        verbose_name=_("distribution"),
        null=True,
        blank=True,
        related_name="invitations",
    )
    message = models.OneToOneField(
        Message, models.SET_NULL, verbose_name=_("message"), null=True, blank=True, related_name="invitation"
    )
    account = models.ForeignKey(
        Account,
        models.CASCADE,
        verbose_name=_("account"),
        null=True,
        blank=True,
        related_name="invitations",
        db_index=False,
    )
    contact = models.ForeignKey(
        Contact, models.SET_NULL, verbose_name=_("contact"), null=True, blank=True, related_name="invitations"
    )
    ticket = models.ForeignKey(
        Ticket, models.SET_NULL, verbose_name=_("ticket"), null=True, blank=True, related_name="invitations"
    )
    channel = models.CharField(_("channel"), max_length=8, choices=Channel, default=Channel.EMAIL)
    language = models.CharField(_("language"), max_length=10, blank=True)
    invited_at = models.DateTimeField(_("invited"))
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)
    answered = models.BooleanField(_("answered"), default=False, db_default=False)
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)

    personal_fields = ()
    happened = "invited_at"

    class Meta(Fact.Meta):
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-invited_at", "-id"]
        indexes = [
            *Fact.Meta.indexes,
            models.Index(fields=["survey", "invited_at"], name="invitation_of_a_survey"),
            models.Index(fields=["account", "invited_at"], name="invitation_of_an_account"),
        ]
