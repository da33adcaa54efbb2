from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.fields import is_country, is_time_zone
from accounts.models.accounts import Account
from accounts.models.commerce import Product
from accounts.models.facts import Fact
from accounts.models.organisation import check_weekend, weekend
from accounts.models.people import Contact
from accounts.models.rules import BEFORE_OPENING, Ruled


class WorkingCalendar(Ruled):
    """Which days and hours are worked: by a team, in a country, or (neither named) everywhere."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    team = models.ForeignKey(
        "accounts.Team",
        models.CASCADE,
        verbose_name=_("team"),
        null=True,
        blank=True,
        related_name="calendars",
    )
    country = models.CharField(_("country"), max_length=2, blank=True, validators=[is_country])
    time_zone = models.CharField(_("time zone"), max_length=60, blank=True, validators=[is_time_zone])
    weekend = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("weekend"), default=weekend)
    opens = models.TimeField(_("opens"), default="09:00")
    closes = models.TimeField(_("closes"), default="17:00")
    holidays = ArrayField(models.DateField(), verbose_name=_("holidays"), default=list, blank=True)

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("working calendar")
        verbose_name_plural = _("working calendars")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closes__gt=F("opens")),
                name="workingcalendar_closes_after_opening",
                violation_error_code="closes",
                violation_error_message=_("This must be later than the opening."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        check_weekend(self.weekend)


class Ticket(Fact):
    """A request for help. What became of it stands in its events."""

    class Type(models.TextChoices):
        QUESTION = "question", _("Question")
        PROBLEM = "problem", _("Problem")
        COMPLAINT = "complaint", _("Complaint")
        REQUEST = "request", _("Request")

    class Priority(models.TextChoices):
        LOW = "low", _("Low")
        NORMAL = "normal", _("Normal")
        HIGH = "high", _("High")
        URGENT = "urgent", _("Urgent")

    account = models.ForeignKey(
        Account,
        models.CASCADE,
        verbose_name=_("account"),
        null=True,
        blank=True,
        related_name="tickets",
        db_index=False,
    )
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    channel = models.CharField(_("channel"), max_length=40, blank=True)
    type = models.CharField(_("type"), max_length=12, choices=Type, default=Type.QUESTION)
    priority = models.CharField(_("priority"), max_length=8, choices=Priority, default=Priority.NORMAL)
    product = models.ForeignKey(
        Product, models.PROTECT, verbose_name=_("product"), null=True, blank=True, related_name="tickets"
    )
    requester = models.ForeignKey(
        Contact, models.SET_NULL, verbose_name=_("requester"), null=True, blank=True, related_name="tickets"
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("assignee"),
        null=True,
        blank=True,
        related_name="tickets",
    )
    opened_at = models.DateTimeField(_("opened"))
    opened_by_staff = models.BooleanField(_("opened by staff"), default=False)
    spam = models.BooleanField(_("spam"), default=False)
    merged_into = models.ForeignKey(
        "self", models.SET_NULL, verbose_name=_("merged into"), null=True, blank=True, related_name="merged"
    )
    calendar = models.ForeignKey(
        WorkingCalendar,
        models.SET_NULL,
        verbose_name=_("working calendar"),
        null=True,
        blank=True,
        related_name="+",
    )

    personal_fields = ("subject",)
    happened = "opened_at"

    class Meta(Fact.Meta):
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering = ["-opened_at", "-id"]
        constraints = [
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=F("id")),
                name="ticket_not_merged_into_itself",
                violation_error_code="merged_into",
                violation_error_message=_("A ticket cannot be merged into itself."),
            ),
        ]
        indexes = [
            *Fact.Meta.indexes,
            models.Index(fields=["account", "opened_at"], name="ticket_by_account"),
            models.Index(fields=["opened_at"], name="ticket_by_opening"),
        ]

    def clean(self) -> None:
        super().clean()
        if self.pk and self.opened_at and self.events.filter(happened_at__lt=self.opened_at).exists():
            raise ValidationError(
                {"opened_at": _("Some events of the ticket lie before this. Correct these first.")}
            )

    def __str__(self) -> str:
        return self.subject or super().__str__()


class TicketEvent(Fact):
    """One entry of a ticket's log. Ties in time keep the order in which they came."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("Opened")
        REPLIED = "replied", _("Replied")
        WORKED = "worked", _("Worked on")
        WAITING = "waiting", _("Waiting for the customer")
        RESOLVED = "resolved", _("Resolved")
        REOPENED = "reopened", _("Reopened")
        CLOSED = "closed", _("Closed")

    class By(models.TextChoices):
        STAFF = "staff", _("Our staff")
        CUSTOMER = "customer", _("The customer")
        MACHINE = "machine", _("A machine")

    ENDING: ClassVar = (Kind.RESOLVED, Kind.CLOSED)

    ticket = models.ForeignKey(
        Ticket, models.CASCADE, verbose_name=_("ticket"), related_name="events", db_index=False
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    happened_at = models.DateTimeField(_("happened"))
    by = models.CharField(_("by"), max_length=10, choices=By, default=By.STAFF)
    public = models.BooleanField(_("the customer sees it"), default=True)

    account_path = "ticket__account"
    happened = "happened_at"

    class Meta(Fact.Meta):
        verbose_name = _("ticket event")
        verbose_name_plural = _("ticket events")
        ordering = ["happened_at", "id"]
        constraints = [*Fact.Meta.constraints]
        indexes = [
            *Fact.Meta.indexes,
            # With the kind, so that whether a ticket is open is told from the index alone.
            models.Index(
                fields=["ticket", "happened_at", "id"], include=["kind"], name="ticketevent_in_order"
            ),
            models.Index(
                fields=["happened_at", "ticket"], name="ticketevent_resolutions", condition=Q(kind="resolved")
            ),
            # Of all that were resolved, those that waited for the customer are found by it.
            models.Index(fields=["ticket"], name="ticketevent_waits", condition=Q(kind="waiting")),
        ]

    def clean(self) -> None:
        super().clean()
        ticket = getattr(self, "ticket", None)
        if ticket and ticket.opened_at and self.happened_at and self.happened_at < ticket.opened_at:
            raise ValidationError({"happened_at": BEFORE_OPENING})


def latest_kind() -> models.Subquery:
    """Of a ticket: the kind of the last entry in its log, which is its state."""
    log = TicketEvent.objects.filter(ticket=models.OuterRef("pk")).order_by("-happened_at", "-id")
    return models.Subquery(log.values("kind")[:1])
