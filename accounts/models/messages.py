"""What is written to people, by mail and SMS, as rows with a state; and what comes back."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models.accounts import Account
from accounts.models.facts import FactQuerySet
from accounts.models.identities import Consent
from accounts.models.offering import Campaign, Goal
from accounts.models.outboxes import Medium, Topic
from accounts.models.people import Contact
from accounts.models.populations import Population
from accounts.models.rules import Ruled

if TYPE_CHECKING:
    from accounts.models.users import User


class Letter(models.Model):
    """What is written, by language; never changed, so that everybody can be shown what they got.

    `texts`: {"ar": {"subject", "body", "button", "link"}}; of an SMS the body alone; and what it asks
    (accounts.messages.choices). Bodies of mails are Markdown, those of SMS plain text, both with merge fields
    (accounts.messages.merging).
    """

    medium = models.CharField(_("medium"), max_length=5, choices=Medium, default=Medium.EMAIL)
    texts = models.JSONField(_("texts"), default=dict)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("by"), null=True, related_name="+"
    )
    made_at = models.DateTimeField(_("created"), db_default=Now())

    objects = models.Manager["Letter"]()

    personal_fields: ClassVar = ("texts",)

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering = ["-id"]

    def __str__(self) -> str:
        return next((text.get("subject") or text["body"][:60] for text in self.texts.values()), "")

    @property
    def asks(self) -> bool:
        """Whoever wrote it takes the answers: a copy would have nowhere to put them."""
        return any(text.get("answers") for text in self.texts.values())


class MailingQuerySet(models.QuerySet["Mailing"]):
    def visible_to(self, user: "User") -> Self:
        """One's own; everybody's for those who see every account."""
        return self if user.has_perm("accounts.view_all_accounts") else self.filter(made_by=user)

    def due(self, now: datetime) -> Self:
        """Those whose messages are to be queued."""
        return self.filter(due_at__lte=now, queued_at=None, paused_at=None, stopped_at=None)

    def draft(self) -> Self:
        return self.filter(due_at=None, queued_at=None, stopped_at=None)

    def going(self) -> Self:
        """Scheduled, or being sent."""
        return self.filter(due_at__isnull=False, finished_at=None, stopped_at=None)

    def in_state(self, state: str) -> Self:
        moments: dict[str, bool] = {}
        for reached, moment in Mailing.REACHED:
            moments[f"{moment}__isnull"] = reached != state
            if reached == state:
                break
        return self.filter(**moments)


class Mailing(Ruled):
    """One letter to everybody in a population. Where it stands is said by its moments and its messages."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        SENDING = "sending", _("Sending")
        PAUSED = "paused", _("Paused")
        STOPPED = "stopped", _("Stopped")
        DONE = "done", _("Done")

    # The first of these moments that there was says where it stands.
    REACHED: ClassVar = (
        (State.STOPPED, "stopped_at"),
        (State.DONE, "finished_at"),
        (State.PAUSED, "paused_at"),
        (State.SENDING, "queued_at"),
        (State.SCHEDULED, "due_at"),
    )

    name = models.CharField(_("name"), max_length=120)
    population = models.ForeignKey(
        Population, models.PROTECT, verbose_name=_("population"), related_name="mailings"
    )
    purpose = models.CharField(
        _("purpose"), max_length=10, choices=Consent.Purpose, default=Consent.Purpose.SERVICE
    )
    topic = models.CharField(
        _("topic"), max_length=5, choices=Topic, blank=True, db_default="", default="", editable=False
    )
    letter = models.ForeignKey(Letter, models.PROTECT, verbose_name=_("letter"), related_name="mailings")
    language = models.CharField(
        _("language"),
        max_length=10,
        choices=settings.LANGUAGES,
        default="en",
        help_text=_("Of those whose own is not known, or none of the letter's."),
    )
    campaign = models.ForeignKey(
        Campaign, models.SET_NULL, verbose_name=_("campaign"), null=True, blank=True, related_name="mailings"
    )
    goal = models.ForeignKey(
        Goal, models.SET_NULL, verbose_name=_("goal"), null=True, blank=True, related_name="mailings"
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("by"), null=True, related_name="mailings"
    )
    made_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    due_at = models.DateTimeField(_("scheduled for"), null=True, blank=True)
    # Its messages are there.
    queued_at = models.DateTimeField(_("queued"), null=True, blank=True, editable=False)
    paused_at = models.DateTimeField(_("paused"), null=True, blank=True, editable=False)
    stopped_at = models.DateTimeField(_("stopped"), null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True, editable=False)

    objects = MailingQuerySet.as_manager()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("mailing")
        verbose_name_plural = _("mailings")
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name=""),
                name="mailing_has_a_name",
                violation_error_code="name",
                violation_error_message=_("This must not be empty."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> "Mailing.State":
        reached = (state for state, moment in self.REACHED if getattr(self, moment))
        return next(reached, self.State.DRAFT)


class MessageQuerySet(FactQuerySet):
    def due(self, now: datetime) -> Self:
        """Those whose turn it is; what was paused or stopped is not."""
        return self.filter(
            Q(mailing=None) | Q(mailing__paused_at=None, mailing__stopped_at=None),
            state=Message.State.WAITING,
            due_at__lte=now,
        )


class Message(models.Model):
    """A mail or an SMS to one person.

    waiting → sending → sent → delivered, bounced; or failed, unknown (it may have left: nobody sends it again),
    skipped, stopped. `answer` is what the server said last, `values` what the merge fields stand for.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        DELIVERED = "delivered", _("Delivered")
        BOUNCED = "bounced", _("Bounced")
        FAILED = "failed", _("Failed")
        UNKNOWN = "unknown", _("Unknown whether it left")
        SKIPPED = "skipped", _("Skipped")
        STOPPED = "stopped", _("Stopped")

    # It may have reached somebody: what counts against a budget.
    LEFT = (State.SENDING, State.SENT, State.DELIVERED, State.UNKNOWN)
    # How the keys of tests begin.
    TEST = "test-"

    key = models.CharField(
        _("key"),
        max_length=120,
        null=True,
        blank=True,
        help_text=_("What is sent once has one."),
    )
    mailing = models.ForeignKey(
        Mailing,
        models.CASCADE,
        verbose_name=_("mailing"),
        null=True,
        blank=True,
        related_name="messages",
        db_index=False,
    )
    letter = models.ForeignKey(Letter, models.PROTECT, verbose_name=_("letter"), related_name="messages")
    contact = models.ForeignKey(
        Contact, models.CASCADE, verbose_name=_("contact"), null=True, blank=True, related_name="messages"
    )
    account = models.ForeignKey(
        Account,
        models.CASCADE,
        verbose_name=_("account"),
        null=True,
        blank=True,
        related_name="messages",
        db_index=False,
    )
    # It is skipped once somebody answered that one, or another of its reminders.
    reminds_of = models.ForeignKey(
        "self",
        models.CASCADE,
        verbose_name=_("reminder of"),
        null=True,
        blank=True,
        related_name="reminders",
        db_index=False,
    )
    medium = models.CharField(_("medium"), max_length=5, choices=Medium, default=Medium.EMAIL)
    purpose = models.CharField(
        _("purpose"), max_length=10, choices=Consent.Purpose, default=Consent.Purpose.SERVICE
    )
    topic = models.CharField(
        _("topic"), max_length=5, choices=Topic, blank=True, db_default="", default="", editable=False
    )
    address = models.CharField(_("address"), max_length=254, blank=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=10)
    values = models.JSONField(_("merged values"), default=dict)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    answer = models.CharField(_("answer"), max_length=500, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    batch = models.UUIDField(_("batch"), null=True, editable=False)
    provider_id = models.CharField(_("id at the provider"), max_length=200, blank=True)
    queued_at = models.DateTimeField(_("queued"), db_default=Now())
    due_at = models.DateTimeField(_("due"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    changed_at = models.DateTimeField(_("changed"), db_default=Now())

    objects = MessageQuerySet.as_manager()

    account_path: ClassVar[str] = "account"
    personal_fields: ClassVar = ("address", "name", "values", "answer")

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-queued_at", "-id"]
        # Each is written twice for every message: as few and as small ones as will do.
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(key__isnull=False),
                name="message_once",
                violation_error_code="key",
                violation_error_message=_("There is a message with this key already."),
            ),
            # Whoever is a contact of two accounts gets it once.
            models.UniqueConstraint(
                F("mailing"),
                Lower("address"),
                # Of those who were erased none is left.
                condition=Q(mailing__isnull=False) & ~Q(state="skipped") & ~Q(address=""),
                name="message_once_of_a_mailing",
                violation_error_code="address",
                violation_error_message=_("Somebody with this address gets this mailing already."),
            ),
        ]
        indexes = [
            models.Index(fields=["medium", "due_at", "id"], name="message_due", condition=Q(state="waiting")),
            models.Index(fields=["batch"], name="message_being_sent", condition=Q(state="sending")),
            models.Index(
                fields=["mailing", "state"], name="message_of_a_mailing", condition=Q(mailing__isnull=False)
            ),
            models.Index(
                fields=["reminds_of"], name="message_reminder", condition=Q(reminds_of__isnull=False)
            ),
            models.Index(fields=["-changed_at"], name="message_unknown", condition=Q(state="unknown")),
            models.Index(fields=["account", "-queued_at"], name="message_of_an_account"),
            models.Index(Lower("address"), "sent_at", name="message_to_an_address"),
            models.Index(fields=["provider_id"], name="message_by_provider", condition=~Q(provider_id="")),
        ]

    def __str__(self) -> str:
        return f"{self.medium} {self.pk}"

    @property
    def is_test(self) -> bool:
        """One of our own looks at it in a customer's place: what it leads to says nothing of them."""
        return bool(self.key and self.key.startswith(self.TEST))


class OnTheWire(models.Model):
    """Which message of a batch a worker hands over now, and what was answered to those before it.

    The table is unlogged: writing to it waits for no disk, and a database that crashed has emptied it. The row without
    a message says that the batch began; where that is missing, nobody knows what left.
    """

    batch = models.UUIDField(_("batch"))
    message_id = models.BigIntegerField(_("message"), null=True)
    state = models.CharField(_("state"), max_length=9, choices=Message.State, blank=True)
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    answer = models.CharField(_("answer"), max_length=500, blank=True)
    provider_id = models.CharField(_("id at the provider"), max_length=200, blank=True)
    at = models.DateTimeField(_("at"), db_default=Now())

    objects = models.Manager["OnTheWire"]()

    personal_fields: ClassVar = ("answer",)

    class Meta:
        verbose_name = _("message on the wire")
        verbose_name_plural = _("messages on the wire")
        indexes = [models.Index(fields=["batch"], name="onthewire_of_a_batch")]

    def __str__(self) -> str:
        return f"{self.batch} {self.message_id or ''}"


class Hit(models.Model):
    """Somebody, or something, asked for the picture or a link of a mail; it counts once it is clear which.

    `link` is the number of the link in the letter, None the picture. `trap`: a link that no person sees.
    """

    message = models.ForeignKey(
        Message, models.CASCADE, verbose_name=_("message"), related_name="hits", db_index=False
    )
    link = models.PositiveSmallIntegerField(_("link"), null=True)
    trap = models.BooleanField(_("trap"), default=False)
    at = models.DateTimeField(_("at"))
    # A digest of the address that asked, with a salt of the day: enough to see that the same one asked for more.
    visitor = models.CharField(_("visitor"), max_length=32)
    agent = models.CharField(_("agent"), max_length=200, blank=True)
    machine = models.BooleanField(_("by a machine"), null=True)
    # Of whoever knew better.
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("by"), null=True, related_name="+"
    )
    judged_at = models.DateTimeField(_("changed"), null=True)

    objects = models.Manager["Hit"]()

    personal_fields: ClassVar = ("agent",)

    class Meta:
        verbose_name = _("hit")
        verbose_name_plural = _("hits")
        ordering = ["at", "id"]
        indexes = [
            models.Index(fields=["message", "at"], name="hit_of_a_message"),
            models.Index(fields=["at"], name="hit_open", condition=Q(machine=None)),
            models.Index(fields=["visitor", "at"], name="hit_of_a_visitor"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} {self.at:%Y-%m-%d %H:%M}"


class Reply(models.Model):
    """What somebody wrote back, as it came in, once. `automatic`: an absence note, which nobody wrote."""

    message = models.ForeignKey(
        Message,
        models.SET_NULL,
        verbose_name=_("message"),
        null=True,
        blank=True,
        related_name="replies",
    )
    contact = models.ForeignKey(
        Contact, models.CASCADE, verbose_name=_("contact"), null=True, blank=True, related_name="replies"
    )
    account = models.ForeignKey(
        Account, models.CASCADE, verbose_name=_("account"), null=True, blank=True, related_name="replies"
    )
    medium = models.CharField(_("medium"), max_length=5, choices=Medium, default=Medium.EMAIL)
    mail_id = models.CharField(_("message id"), max_length=300, unique=True)
    address = models.CharField(_("from"), max_length=254)
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    text = models.TextField(_("text"), blank=True)
    automatic = models.BooleanField(_("automatic"), default=False)
    received_at = models.DateTimeField(_("received"))
    recorded_at = models.DateTimeField(_("recorded"), db_default=Now(), editable=False)

    objects = FactQuerySet.as_manager()

    account_path: ClassVar[str] = "account"
    personal_fields: ClassVar = ("mail_id", "address", "subject", "text")

    class Meta:
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        ordering = ["-received_at", "-id"]
        indexes = [models.Index(fields=["account", "-received_at"], name="reply_of_an_account")]

    def __str__(self) -> str:
        return self.subject or self.address

    def get_absolute_url(self) -> str:
        """Among what became of the message, for those who see that one too."""
        if self.message and self.message.account_id == self.account_id:
            return f"{reverse('accounts:message', args=[self.message_id])}#reply-{self.pk}"
        return reverse("accounts:reply", args=[self.pk])

    @property
    def is_of_another(self) -> bool:
        """It answers what the contact was written, from an address that is not known as theirs."""
        if self.contact is None:
            return False
        theirs = {self.contact.email.lower(), self.message.address.lower() if self.message else ""}
        return self.address.lower() not in theirs
