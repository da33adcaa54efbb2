"""What comes in from where, and what was found wrong with it: both kept as rows, so that pages need not count."""

from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.rules import Ruled

# So many usual gaps without anything are a silence.
SILENT = 1.5
BY_HAND = ""


class FeedQuerySet(models.QuerySet["Feed"]):
    def with_rhythm(self) -> Self:
        """Not what people enter, what came once, and what nothing is expected from any more."""
        programs = self.exclude(source=BY_HAND).filter(usual_gap__isnull=False)
        return programs.filter(Q(closed_at=None) | Q(last_at__gt=F("closed_at")))

    def closed(self) -> Self:
        return self.filter(closed_at__gte=F("last_at"))

    def silent(self, now: datetime) -> Self:
        overdue = models.ExpressionWrapper(
            F("last_at") + F("usual_gap") * SILENT, output_field=models.DateTimeField()
        )
        return self.with_rhythm().annotate(due_at=overdue).filter(due_at__lt=now)


class Feed(Ruled):
    """What one source gives us of one kind of facts: when something came last, and how often something comes.

    `usual_gap` is the second longest of the latest silences, in whole days; none before there is a rhythm to speak of.
    Someone may say that nothing more is to come; if something does, that is taken back.
    """

    kind = models.CharField(_("kind of facts"), max_length=60)
    source = models.CharField(_("source"), max_length=60, blank=True)
    last_at = models.DateTimeField(_("came last"))
    usual_gap = models.DurationField(_("usual gap"), null=True, blank=True)
    noted_at = models.DateTimeField(_("noted"))
    closed_at = models.DateTimeField(_("nothing more expected since"), null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        related_name="+",
    )

    objects = FeedQuerySet.as_manager()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("feed")
        verbose_name_plural = _("feeds")
        ordering = ["last_at", "kind", "source"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "source"],
                name="feed_once",
                violation_error_code="source",
                violation_error_message=_("This source is known for this kind of facts already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.kind}"

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None and self.last_at <= self.closed_at

    @property
    def is_expected(self) -> bool:
        """Whether something more is to come, at a time that can be told."""
        return self.source != BY_HAND and self.usual_gap is not None and not self.is_closed

    def is_silent(self, now: datetime) -> bool:
        return self.is_expected and now - self.last_at > (self.usual_gap or timedelta()) * SILENT


class FeedDay(Ruled):
    """How many facts of a feed were recorded on a day, and how many of them more than a day after they happened."""

    feed = models.ForeignKey(
        Feed, models.CASCADE, verbose_name=_("feed"), related_name="days", db_index=False
    )
    day = models.DateField(_("day"))
    facts = models.PositiveIntegerField(_("facts"))
    late = models.PositiveIntegerField(_("of them late"), default=0)
    # How late the latest of them was.
    latest = models.DurationField(_("at most so late"), null=True, blank=True)

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("day of a feed")
        verbose_name_plural = _("days of feeds")
        ordering = ["feed", "day"]
        constraints = [
            models.UniqueConstraint(
                fields=["feed", "day"],
                name="feedday_once",
                violation_error_code="day",
                violation_error_message=_("This day of the feed is known already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.feed_id} {self.day}"


class Finding(Ruled):
    """How many rows a check found when it was last looked on a day, and since when it has found any."""

    check_key = models.CharField(_("check"), max_length=60)
    day = models.DateField(_("day"))
    found = models.PositiveIntegerField(_("found"))
    since = models.DateTimeField(_("since"), null=True, blank=True)
    looked_at = models.DateTimeField(_("looked"))

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        ordering = ["check_key", "day"]
        constraints = [
            models.UniqueConstraint(
                fields=["check_key", "day"],
                name="finding_once_a_day",
                violation_error_code="day",
                violation_error_message=_("This check has its finding of this day already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.check_key} {self.day}"
