"""What events are about: features, resources, campaigns and goals; and what organisations' own names of events mean."""

from datetime import date
from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.fields import CurrencyField, LocalizedField, MoneyField
from accounts.models.facts import Fact
from accounts.models.rules import (
    INCLUDED_ALREADY,
    Ruled,
    currency_is_a_code,
    ends_after_start,
    not_below_zero,
)
from accounts.models.subscriptions import DateRange, Plan
from accounts.taxonomy import STANDARD

GIVEN_BY = _("By this events name it.")
NOT_OF_THE_CAMPAIGN = _("This day lies before the campaign begins, or after its end.")
NOT_STANDARD = _("This is none of the names that we know. Choose one of them, or leave it empty.")


class Named(Ruled):
    """Known by a code to programs and by a name in each language to people."""

    code = models.CharField(_("code"), max_length=200, unique=True, help_text=GIVEN_BY)
    name = LocalizedField(_("name"))

    personal_fields: ClassVar = ()

    class Meta:
        abstract = True
        ordering = ["code"]

    def __str__(self) -> str:
        return str(self.name) or self.code


class Feature(Named):
    """A part of the product that one may use or not."""

    class Meta(Named.Meta):
        verbose_name = _("feature")
        verbose_name_plural = _("features")


def included_on(day: date, path: str = "") -> Q:
    """Of a `PlanFeature`, or of what leads to one by the path: the plan includes the feature that day."""
    begun = Q(**{f"{path}starts": None}) | Q(**{f"{path}starts__lte": day})
    lasts = Q(**{f"{path}ends": None}) | Q(**{f"{path}ends__gt": day})
    return begun & lasts


class PlanFeature(Ruled):
    """A plan includes the feature: [starts, ends)."""

    plan = models.ForeignKey(Plan, models.CASCADE, verbose_name=_("plan"), related_name="features")
    feature = models.ForeignKey(Feature, models.CASCADE, verbose_name=_("feature"), related_name="plans")
    starts = models.DateField(_("from"), null=True, blank=True, help_text=_("Empty: ever since."))
    ends = models.DateField(_("until"), null=True, blank=True, help_text=_("The first day without it."))

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("feature of a plan")
        verbose_name_plural = _("features of plans")
        ordering = ["plan", "feature", "starts"]
        constraints = [
            ends_after_start("planfeature"),
            ExclusionConstraint(
                name="planfeature_periods_do_not_overlap",
                violation_error_code="starts",
                violation_error_message=INCLUDED_ALREADY,
                expressions=[
                    ("plan", RangeOperators.EQUAL),
                    ("feature", RangeOperators.EQUAL),
                    (DateRange("starts", "ends"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan}: {self.feature}"


class Resource(Named):
    """Something to learn from: an article, a video, a course."""

    class Kind(models.TextChoices):
        ARTICLE = "article", _("Article")
        VIDEO = "video", _("Video")
        COURSE = "course", _("Course")
        RECORDING = "recording", _("Recording")
        OTHER = "other", _("Other")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.ARTICLE)
    address = models.URLField(_("address"), max_length=500, blank=True)
    feature = models.ForeignKey(
        Feature, models.SET_NULL, verbose_name=_("feature"), null=True, blank=True, related_name="resources"
    )
    topic = models.CharField(
        _("product of tickets"),
        max_length=80,
        blank=True,
        help_text=_("SKU of the product that tickets on this topic are about."),
    )

    class Meta(Named.Meta):
        verbose_name = _("resource")
        verbose_name_plural = _("resources")


class Goal(Named):
    """What one hopes that visitors do: reach a page, or do something."""

    class Kind(models.TextChoices):
        PAGE = "page", _("Page")
        EVENT = "event", _("Event")

    kind = models.CharField(_("kind"), max_length=5, choices=Kind, default=Kind.EVENT)
    target = models.CharField(
        _("page or event"), max_length=300, help_text=_("The path of the page, or the name of the event.")
    )

    class Meta(Named.Meta):
        verbose_name = _("goal")
        verbose_name_plural = _("goals")
        constraints = [
            models.CheckConstraint(
                condition=~Q(target=""),
                name="goal_has_a_target",
                violation_error_code="target",
                violation_error_message=_("This must not be empty."),
            )
        ]


class Campaign(Named):
    """What one does to reach people for a while; also an event that people register for and attend."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        SOCIAL = "social", _("Social media")
        ADS = "ads", _("Advertisement")
        CONTENT = "content", _("Content")
        EVENT = "event", _("Event or webinar")
        OTHER = "other", _("Other")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.OTHER)
    channel = models.CharField(_("channel"), max_length=80, blank=True)
    starts = models.DateField(_("starts"), help_text=_("Of an event: the day on which it is held."))
    ends = models.DateField(_("ends"), null=True, blank=True, help_text=_("The first day after it."))
    goal = models.ForeignKey(
        Goal, models.SET_NULL, verbose_name=_("goal"), null=True, blank=True, related_name="campaigns"
    )

    class Meta(Named.Meta):
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-starts", "code"]
        constraints = [ends_after_start("campaign")]

    def may_reach_on(self, day: date) -> bool:
        """An event is announced before the day on which it is held."""
        has_begun = self.kind == self.Kind.EVENT or not self.starts or self.starts <= day
        return has_begun and (not self.ends or day < self.ends)


class CampaignDay(Fact):
    """Whom a campaign reached on a day, and what that cost."""

    campaign = models.ForeignKey(
        Campaign, models.CASCADE, verbose_name=_("campaign"), related_name="days", db_index=False
    )
    day = models.DateField(_("day"))
    reach = models.PositiveIntegerField(_("reach"), default=0)
    impressions = models.PositiveIntegerField(_("impressions"), default=0)
    clicks = models.PositiveIntegerField(_("clicks"), default=0)
    cost = MoneyField(_("cost"), default=0)
    currency = CurrencyField(_("currency"))

    account_path: ClassVar[str] = ""
    happened: ClassVar[str] = "day"

    class Meta(Fact.Meta):
        verbose_name = _("day of a campaign")
        verbose_name_plural = _("days of campaigns")
        ordering = ["campaign", "day"]
        constraints = [
            *Fact.Meta.constraints,
            currency_is_a_code("campaignday"),
            not_below_zero("campaignday", "cost"),
            models.UniqueConstraint(
                fields=["campaign", "day"],
                name="campaignday_once",
                violation_error_code="day",
                violation_error_message=_("This campaign has its numbers of this day already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} \u2066{self.day}\u2069"

    def clean(self) -> None:
        super().clean()
        campaign = getattr(self, "campaign", None)
        if campaign and self.day and not campaign.may_reach_on(self.day):
            raise ValidationError({"day": NOT_OF_THE_CAMPAIGN})


class EventName(Ruled):
    """What an organisation's own name of an event means. A change makes a new version of what events mean."""

    sent_as = models.CharField(_("sent as"), max_length=200, unique=True)
    means = models.CharField(
        _("means"),
        max_length=200,
        blank=True,
        help_text=_("Empty: it is an event of its own."),
    )
    is_activity = models.BooleanField(
        _("is activity"),
        default=True,
        help_text=_("Whoever does this is active. Only of an event of its own."),
    )
    object_property = models.CharField(
        _("property of the object"),
        max_length=120,
        blank=True,
        help_text=_("Which property says what it was done to. Empty: the usual one."),
    )
    value_property = models.CharField(
        _("property of the value"),
        max_length=120,
        blank=True,
        help_text=_("Which property says the number. Empty: the usual one."),
    )

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("name of an event")
        verbose_name_plural = _("names of events")
        ordering = ["sent_as"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(sent_as=""),
                name="eventname_is_not_empty",
                violation_error_code="sent_as",
                violation_error_message=_("This must not be empty."),
            ),
            models.CheckConstraint(
                condition=~Q(sent_as=F("means")),
                name="eventname_means_something_else",
                violation_error_code="means",
                violation_error_message=_("This is what it means anyway."),
            ),
        ]

    def __str__(self) -> str:
        return self.sent_as

    def clean(self) -> None:
        super().clean()
        if self.means and self.means not in STANDARD:
            raise ValidationError({"means": NOT_STANDARD})


class TaxonomyVersion(models.Model):
    """Since when events mean what they do: a row for each change of a name of an event or a goal, by a trigger."""

    at = models.DateTimeField(_("at"), db_default=Now())

    objects = models.Manager["TaxonomyVersion"]()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("version of the taxonomy")
        verbose_name_plural = _("versions of the taxonomy")

    def __str__(self) -> str:
        return str(self.pk)


class TraitField(Ruled):
    """Into which field of ours a sender's trait goes, beside those that we know anyway (accounts.intake.traits)."""

    class About(models.TextChoices):
        PERSON = "person", _("Person")
        ACCOUNT = "account", _("Account")

    about = models.CharField(_("about"), max_length=7, choices=About)
    trait = models.CharField(_("trait"), max_length=120)
    field = models.CharField(_("field"), max_length=60)

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("field of a trait")
        verbose_name_plural = _("fields of traits")
        ordering = ["about", "trait"]
        constraints = [
            models.UniqueConstraint(
                fields=["about", "trait"],
                name="traitfield_once",
                violation_error_code="trait",
                violation_error_message=_("This trait has its field already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.trait} → {self.field}"
