"""What customers ask for and complain of, by theme: where each of them said it, and what they were told came of it."""

from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.fields import LocalizedField
from accounts.models import Account, Contact, Feature, Mailing, Ticket
from accounts.models.facts import FactQuerySet
from accounts.models.rules import Ruled
from surveys.models.answers import Answer, Response

if TYPE_CHECKING:
    from accounts.models.users import User

LONGEST_NAME, LONGEST_WORD, MOST_WORDS = 120, 100, 20


class Theme(Ruled):
    """`words`: whoever wrote one of them may have meant it. `done`: what is told to those who asked for it.

    `mailing`: the last one that tells them.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        PLANNED = "planned", _("Planned")
        IN_WORK = "in_work", _("In work")
        DONE = "done", _("Done")
        DECLINED = "declined", _("Declined")

    name = LocalizedField(_("name"))
    words = ArrayField(
        models.CharField(max_length=LONGEST_WORD), verbose_name=_("search words"), default=list, blank=True
    )
    feature = models.ForeignKey(
        Feature, models.SET_NULL, verbose_name=_("feature"), null=True, blank=True, related_name="themes"
    )
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.OPEN)
    done = LocalizedField(_("what was done"), blank=True)
    mailing = models.ForeignKey(
        Mailing,
        models.SET_NULL,
        verbose_name=_("mailing"),
        null=True,
        blank=True,
        editable=False,
        related_name="themes",
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("by"), null=True, related_name="+"
    )
    made_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    objects = models.Manager["Theme"]()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("theme")
        verbose_name_plural = _("themes")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name={}),
                name="theme_has_a_name",
                violation_error_code="name",
                violation_error_message=_("This must not be empty."),
            )
        ]

    def __str__(self) -> str:
        return str(self.name)


class FeedbackItemQuerySet(FactQuerySet):
    def visible_to(self, user: "User") -> Self:
        """What is nobody's is seen by whoever may read feedback."""
        if user.has_perm("accounts.view_all_accounts"):
            return self
        return self.filter(Q(account=None) | Q(account__in=Account.objects.visible_to(user)))

    def of_people(self) -> Self:
        """Not of machines."""
        return self.filter(Q(response=None) | Q(response__is_machine=False))

    def with_comments(self) -> Self:
        """Each with what was written in the survey, as it stands there now."""
        answer = Answer.objects.filter(response=OuterRef("response"), question=OuterRef("question"))
        return self.annotate(comment=Subquery(answer.order_by().values("text")))


class FeedbackItem(Ruled):
    """That somebody said once what a theme is about.

    Of an answer to a survey: the response and which question; account and contact only where it is identified. Texts of
    surveys and tickets stay where they are: `text` is of what was said elsewhere.
    """

    class Heard(models.TextChoices):
        COMMENT = "comment", _("Survey")
        TICKET = "ticket", _("Ticket")
        TOUCHPOINT = "touchpoint", _("Conversation")
        REVIEW = "review", _("Public review")

    theme = models.ForeignKey(Theme, models.CASCADE, verbose_name=_("theme"), related_name="items")
    heard = models.CharField(_("where"), max_length=10, choices=Heard)
    response = models.ForeignKey(
        Response,
        models.CASCADE,
        verbose_name=_("response"),
        null=True,
        blank=True,
        related_name="feedback_items",
    )
    question = models.CharField(_("question"), max_length=60, blank=True)
    ticket = models.ForeignKey(
        Ticket,
        models.CASCADE,
        verbose_name=_("ticket"),
        null=True,
        blank=True,
        related_name="feedback_items",
    )
    account = models.ForeignKey(
        Account,
        models.CASCADE,
        verbose_name=_("account"),
        null=True,
        blank=True,
        related_name="feedback_items",
    )
    contact = models.ForeignKey(
        Contact,
        models.SET_NULL,
        verbose_name=_("contact"),
        null=True,
        blank=True,
        related_name="feedback_items",
    )
    text = models.TextField(_("text"), blank=True)
    said_on = models.DateField(_("said on"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("by"), null=True, related_name="+"
    )
    recorded_at = models.DateTimeField(_("recorded"), db_default=Now(), editable=False)

    objects = FeedbackItemQuerySet.as_manager()

    account_path: ClassVar[str] = "account"
    personal_fields: ClassVar = ("text",)

    class Meta:
        verbose_name = _("feedback item")
        verbose_name_plural = _("feedback items")
        ordering = ["-said_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(heard="comment", response__isnull=False, ticket=None, text="") & ~Q(question="")
                | Q(heard="ticket", response=None, question="", ticket__isnull=False, text="")
                | Q(heard__in=["touchpoint", "review"], response=None, question="", ticket=None)
                & ~Q(text=""),
                name="feedbackitem_of_one_source",
                violation_error_code="heard",
                violation_error_message=_("It was said in one place: name it, or write down what was said."),
            ),
            models.UniqueConstraint(
                fields=["response", "question", "theme"],
                name="feedbackitem_comment_once",
                violation_error_code="theme",
                violation_error_message=_("The comment has this theme already."),
            ),
            models.UniqueConstraint(
                fields=["ticket", "theme"],
                name="feedbackitem_ticket_once",
                violation_error_code="theme",
                violation_error_message=_("The ticket has this theme already."),
            ),
        ]
        indexes = [models.Index(fields=["said_on"], name="feedbackitem_by_day")]

    def __str__(self) -> str:
        return str(self.theme)
