from datetime import date
from functools import cached_property, lru_cache
from typing import ClassVar, Self

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.imports import kept_files
from accounts.models.outboxes import Topic
from accounts.models.rules import ABOVE_ZERO, Ruled
from surveys.content import Content, read
from surveys.models.scales import GradedScale

COLOUR = "#[0-9a-f]{6}"


def _of_newest_version(column: str) -> Subquery:
    versions = SurveyVersion.objects.filter(survey=OuterRef("pk")).order_by("-number")
    return Subquery(versions.values(column)[:1])


class SurveyQuerySet(models.QuerySet["Survey"]):
    def in_use(self) -> Self:
        return self.filter(archived_at=None)

    def with_state(self, today: date) -> Self:
        """Adds `latest`, the number of its newest version, and `state`."""
        state, is_away = Survey.State, Q(opens__gt=today) | Q(closes__lt=today)
        return self.annotate(latest=_of_newest_version("number")).annotate(
            state=Case(
                When(archived_at__isnull=False, then=Value(state.ARCHIVED)),
                When(latest=None, then=Value(state.DRAFT)),
                When(is_away, then=Value(state.CLOSED)),
                default=Value(state.OPEN),
            )
        )

    def with_asked(self) -> Self:
        """Adds `asked`, the document of its newest version."""
        return self.annotate(asked=_of_newest_version("asked"))

    def in_state(self, state: str) -> Self:
        """Of rows that have theirs."""
        return self.filter(Q(("state", state)))

    def open(self, today: date) -> Self:
        """Those that can be answered."""
        began, goes_on = Q(opens=None) | Q(opens__lte=today), Q(closes=None) | Q(closes__gte=today)
        return self.in_use().filter(began, goes_on, versions__isnull=False).distinct()


class Survey(Ruled):
    """What is asked stands in its versions; `draft` is the one to come, written until it is published.

    `closes` is its last day. `quota`: with so many responses it closes. `hours_to_edit`: for so long whoever answered
    may answer otherwise, or take it back.
    """

    class Touchpoint(models.TextChoices):
        RELATIONSHIP = "relationship", _("Relationship")
        ONBOARDING = "onboarding", _("Onboarding")
        SUPPORT = "support", _("Support")
        PRODUCT = "product", _("Product")
        PURCHASE = "purchase", _("Purchase")
        EVENT = "event", _("Event")

    class State(models.TextChoices):
        """`closed`: nobody can answer on this day, though somebody could on another one."""

        DRAFT = "draft", _("Draft")
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")
        ARCHIVED = "archived", _("Archived")

    class Identity(models.TextChoices):
        IDENTIFIED = "identified", _("Identified")
        CONFIDENTIAL = "confidential", _("Confidential")
        ANONYMOUS = "anonymous", _("Anonymous")

    name = models.CharField(_("name"), max_length=120)
    touchpoint = models.CharField(
        _("touchpoint"), max_length=12, choices=Touchpoint, default=Touchpoint.RELATIONSHIP
    )
    identity = models.CharField(
        _("who answers"), max_length=12, choices=Identity, default=Identity.IDENTIFIED
    )
    draft = models.JSONField(_("draft"), default=dict, blank=True, editable=False)
    opens = models.DateField(_("first day"), null=True, blank=True)
    closes = models.DateField(_("last day"), null=True, blank=True)
    quota = models.PositiveIntegerField(_("responses at most"), null=True, blank=True)
    hours_to_edit = models.PositiveSmallIntegerField(_("hours to change an answer"), default=24)
    colour = models.CharField(
        _("colour"),
        max_length=7,
        blank=True,
        validators=[RegexValidator(f"^{COLOUR}$", _("Give a colour such as #3454d1."))],
    )
    logo = models.FileField(_("logo"), storage=kept_files, upload_to="surveys/%Y/%m", blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("by"), null=True, related_name="+"
    )
    made_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)

    objects = SurveyQuerySet.as_manager()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("survey")
        verbose_name_plural = _("surveys")
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name=""),
                name="survey_has_a_name",
                violation_error_code="name",
                violation_error_message=_("This must not be empty."),
            ),
            models.CheckConstraint(
                condition=Q(opens=None) | Q(closes=None) | Q(closes__gte=F("opens")),
                name="survey_closes_after_it_opens",
                violation_error_code="closes",
                violation_error_message=_("The last day lies before the first one."),
            ),
            models.CheckConstraint(
                condition=Q(quota=None) | Q(quota__gte=1),
                name="survey_quota_of_one",
                violation_error_code="quota",
                violation_error_message=ABOVE_ZERO,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def drafted(self) -> Content:
        return read(self.draft)

    @property
    def topic(self) -> str:
        """For rules of how often anybody is asked: what the first scale of what is asked now counts in."""
        current = self.current
        asked = current.content.first_scale if current else None
        scale = GradedScale.objects.by_key().get(asked.scale) if asked else None
        return scale.measure or Topic.OTHER if scale else Topic.OTHER

    @property
    def current(self) -> "SurveyVersion | None":
        return self.versions.order_by("-number").first()


class SurveyVersion(Ruled):
    """What was asked from `published_at` on, until the next one. It never changes."""

    survey = models.ForeignKey(
        Survey, models.CASCADE, verbose_name=_("survey"), related_name="versions", db_index=False
    )
    number = models.PositiveSmallIntegerField(_("version"))
    asked = models.JSONField(_("questions"))
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("by"), null=True, related_name="+"
    )
    published_at = models.DateTimeField(_("published"), db_default=Now())

    objects = models.Manager["SurveyVersion"]()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("version of a survey")
        verbose_name_plural = _("versions of surveys")
        ordering = ["survey", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["survey", "number"],
                name="surveyversion_number_once",
                violation_error_code="number",
                violation_error_message=_("This survey has such a version already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.survey} {self.number}"

    @cached_property
    def content(self) -> Content:
        return read(self.asked)


@lru_cache(maxsize=200)
def version_of(pk: int) -> SurveyVersion:
    """It never changes: each process asks for it once."""
    return SurveyVersion.objects.get(pk=pk)
