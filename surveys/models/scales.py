from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.db.models.lookups import Range
from django.utils.translation import gettext_lazy as _

from accounts.fields import LocalizedField
from accounts.models.rules import Ruled
from accounts.texts import Text
from surveys.library import OWN_SCALES
from surveys.scales import BUILT_IN, LEAST_POINTS, MOST_POINTS, Measure, Point, Scale

PREFIX = "graded-"
POINTS = models.Func(F("labels"), function="jsonb_array_length", output_field=models.IntegerField())


class GradedScaleQuerySet(models.QuerySet["GradedScale"]):
    def by_key(self) -> dict[str, Scale]:
        """All that a question can name, those that come with the house included."""
        return BUILT_IN | OWN_SCALES | {row.key: row.scale for row in self}


class GradedScale(Ruled):
    """A scale of one's own. It stays as it is, so that its answers keep their meaning: another one is another row.

    `labels`: of each point from the lowest on, `{"en": "Never", "ar": "أبدًا"}`; empty where it has none.
    """

    name = LocalizedField(_("name"))
    measure = models.CharField(_("counts in"), max_length=4, choices=Measure, blank=True)
    first = models.SmallIntegerField(_("lowest value"), default=1)
    labels = models.JSONField(_("labels"), default=list)
    low_to = models.SmallIntegerField(_("low up to"))
    high_from = models.SmallIntegerField(_("high from"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("by"), null=True, related_name="+"
    )
    made_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    archived = models.BooleanField(_("archived"), default=False)

    objects = GradedScaleQuerySet.as_manager()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("scale")
        verbose_name_plural = _("scales")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name={}),
                name="gradedscale_has_a_name",
                violation_error_code="name",
                violation_error_message=_("This must not be empty."),
            ),
            models.CheckConstraint(
                condition=Range(POINTS, (LEAST_POINTS, MOST_POINTS)),
                name="gradedscale_of_some_points",
                violation_error_code="labels",
                violation_error_message=_("A scale has 2 to 11 points."),
            ),
            models.CheckConstraint(
                condition=Q(low_to__lt=F("high_from")),
                name="gradedscale_bands_do_not_overlap",
                violation_error_code="high_from",
                violation_error_message=_("High answers must begin above the low ones."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.name)

    def clean(self) -> None:
        super().clean()
        if self.labels and not (self.labels[0] and self.labels[-1]):
            raise ValidationError({"labels": _("Say what the lowest and the highest point mean.")})

    @property
    def key(self) -> str:
        return f"{PREFIX}{self.pk}"

    @property
    def scale(self) -> Scale:
        points = tuple(Point(self.first + place, Text(label)) for place, label in enumerate(self.labels))
        return Scale(self.key, self.name, self.measure, points, self.low_to, self.high_from)
