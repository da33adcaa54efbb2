"""What was answered, and what was done about it."""

from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Contact, Ticket
from accounts.models.facts import Fact, FactQuerySet
from accounts.models.rules import Ruled
from surveys.models.asking import Channel, Invitation, SurveyLink
from surveys.models.imports import ResponseImport
from surveys.models.surveys import Survey, SurveyVersion
from surveys.scales import Band, Measure


class Response(Fact):
    """What one person answered to one version. Anonymous ones lead to nobody, have no channel or language, and their
    moment is that of a day.

    `released_at`: from then on one that names nobody counts, together with others (surveys.releases).
    `imported`: the last file that gave its answers. `responded_at`: the first answer. `band`: of the first scale.
    `is_machine`: it looks as if no person had answered; somebody may know better.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    survey = models.ForeignKey(
        Survey, models.CASCADE, verbose_name=_("survey"), related_name="responses", db_index=False
    )
    version = models.ForeignKey(
        SurveyVersion, models.PROTECT, verbose_name=_("version"), related_name="responses"
    )
    invitation = models.OneToOneField(
        Invitation,
        models.SET_NULL,
        verbose_name=_("invitation"),
        null=True,
        blank=True,
        related_name="response",
    )
    link = models.ForeignKey(
        SurveyLink, models.SET_NULL, verbose_name=_("link"), null=True, blank=True, related_name="responses"
    )
    account = models.ForeignKey(
        Account,
        models.CASCADE,
        verbose_name=_("account"),
        null=True,
        blank=True,
        related_name="responses",
        db_index=False,
    )
    contact = models.ForeignKey(
        Contact, models.SET_NULL, verbose_name=_("contact"), null=True, blank=True, related_name="responses"
    )
    ticket = models.ForeignKey(
        Ticket, models.SET_NULL, verbose_name=_("ticket"), null=True, blank=True, related_name="responses"
    )
    imported = models.ForeignKey(
        ResponseImport,
        models.SET_NULL,
        verbose_name=_("import"),
        null=True,
        blank=True,
        editable=False,
        related_name="responses",
    )
    channel = models.CharField(_("channel"), max_length=8, choices=Channel, default=Channel.EMAIL, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    identity = models.CharField(
        _("who answers"), max_length=12, choices=Survey.Identity, default=Survey.Identity.IDENTIFIED
    )
    responded_at = models.DateTimeField(_("responded"))
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)
    band = models.CharField(_("band"), max_length=6, choices=Band, blank=True)
    is_machine = models.BooleanField(_("by a machine"), default=False, db_default=False)
    wants_contact = models.BooleanField(_("asks to be contacted"), default=False, db_default=False)
    released_at = models.DateTimeField(_("released"), null=True, blank=True, editable=False)

    personal_fields = ()
    happened = "responded_at"

    class Meta(Fact.Meta):
        verbose_name = _("response")
        verbose_name_plural = _("responses")
        ordering = ["-responded_at", "id"]
        constraints = [
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(identity="anonymous")
                | Q(invitation=None, account=None, contact=None, ticket=None, wants_contact=False),
                name="response_anonymous_leads_to_nobody",
                violation_error_code="identity",
                violation_error_message=_("An anonymous response names nobody."),
            ),
        ]
        indexes = [
            *Fact.Meta.indexes,
            models.Index(fields=["survey", "responded_at"], name="response_to_a_survey"),
            models.Index(fields=["account", "responded_at"], name="response_of_an_account"),
            models.Index(
                fields=["released_at"], name="response_released", condition=Q(released_at__isnull=False)
            ),
            models.Index(
                fields=["survey"],
                name="response_waiting",
                condition=Q(released_at=None, is_machine=False) & ~Q(identity="identified"),
            ),
        ]


class Answer(models.Model):
    """To one question: `value` as surveys.answer_fields keeps it; what a person wrote stands in `text` alone.

    `score`: of a scale, as it counts. `measure` and `scale` say of what.
    """

    response = models.ForeignKey(
        Response, models.CASCADE, verbose_name=_("response"), related_name="answers", db_index=False
    )
    question = models.CharField(_("question"), max_length=60)
    value = models.JSONField(_("answer"), null=True)
    text = models.TextField(_("text"), blank=True, db_default="", default="")
    scale = models.CharField(_("scale"), max_length=30, blank=True, db_default="", default="")
    measure = models.CharField(
        _("counts in"), max_length=4, choices=Measure, blank=True, db_default="", default=""
    )
    score = models.SmallIntegerField(_("score"), null=True)
    band = models.CharField(_("band"), max_length=6, choices=Band, blank=True, db_default="", default="")
    released_at = models.DateTimeField(_("released"), null=True, blank=True, editable=False)

    objects = FactQuerySet.as_manager()

    account_path: ClassVar[str] = "response__account"
    personal_fields: ClassVar = ("text",)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["response", "question"],
                name="answer_once",
                violation_error_code="question",
                violation_error_message=_("This question is answered already."),
            )
        ]
        indexes = [
            models.Index(
                fields=["released_at"], name="answer_released", condition=Q(released_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.question}: {self.text or self.value}"


class FollowUp(Ruled):
    """What is done about a low answer, or because somebody asks to be contacted.

    `due_at`: in working hours from when it was opened. `done_at`: somebody recorded what came of it.
    """

    class Outcome(models.TextChoices):
        SOLVED = "solved", _("Solved")
        EXPLAINED = "explained", _("Explained")
        PASSED_ON = "passed_on", _("Passed on")
        NOT_REACHED = "not_reached", _("Not reached")
        NOT_NEEDED = "not_needed", _("Nothing to do")

    response = models.OneToOneField(
        Response, models.CASCADE, verbose_name=_("response"), related_name="follow_up"
    )
    account = models.ForeignKey(
        Account, models.CASCADE, verbose_name=_("account"), null=True, related_name="follow_ups"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        related_name="follow_ups",
    )
    opened_at = models.DateTimeField(_("opened"))
    due_at = models.DateTimeField(_("due"))
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=11, choices=Outcome, blank=True)
    note = models.TextField(_("note"), blank=True)
    escalated_at = models.DateTimeField(_("escalated"), null=True, blank=True, editable=False)

    objects = FactQuerySet.as_manager()

    account_path: ClassVar[str] = "account"
    personal_fields: ClassVar = ("note",)

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        ordering = ["due_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at=None, outcome="") | (Q(done_at__isnull=False) & ~Q(outcome="")),
                name="followup_ends_with_an_outcome",
                violation_error_code="outcome",
                violation_error_message=_("Say what came of it."),
            )
        ]
        indexes = [models.Index(fields=["due_at"], name="followup_open", condition=Q(done_at=None))]
        permissions = [("manage_follow_ups", _("Is told of follow-ups that are overdue"))]

    def __str__(self) -> str:
        return f"{self.response.survey}: {self.account or ''}"
