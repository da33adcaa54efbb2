from typing import ClassVar, Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Job


class Definition(models.Model):
    """A metric as rows refer to it. A change of formula makes a new version; series show where."""

    key = models.CharField(_("key"), max_length=60, unique=True)
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    since = models.DateTimeField(_("since"), db_default=Now())

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("metric definition")
        verbose_name_plural = _("metric definitions")
        permissions = [("view_company_figures", _("Can see figures of the whole company"))]

    def __str__(self) -> str:
        return self.key


class CurrentValueQuerySet(models.QuerySet["CurrentValue"]):
    def of(self, key: str) -> Self:
        return self.filter(definition__key=key)


class CurrentValue(models.Model):
    """An account's sums of a metric as of today, by which lists sort. No row: both sums are 0.

    `value` is their quotient, or the sum where there is no denominator; null where an amount has no exchange rate.
    """

    pk = models.CompositePrimaryKey("account_id", "definition_id")
    account = models.ForeignKey(Account, models.CASCADE, related_name="current_values", db_index=False)
    definition = models.ForeignKey(Definition, models.CASCADE, related_name="+", db_index=False)
    numerator = models.DecimalField(max_digits=30, decimal_places=6, null=True)
    denominator = models.DecimalField(max_digits=30, decimal_places=6, null=True)
    value = models.FloatField(null=True)

    objects = CurrentValueQuerySet.as_manager()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("current value")
        verbose_name_plural = _("current values")
        # Lists read one metric from its greatest or smallest value on.
        indexes = [models.Index(fields=["definition", "value", "account"], name="currentvalue_by_value")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.definition_id}"


class StoredDay(models.Model):
    """A day of which snapshots are kept. Late facts make it stale until it is evaluated anew."""

    day = models.DateField(_("day"), primary_key=True)
    stale_since = models.DateTimeField(_("stale since"), null=True, blank=True)

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("stored day")
        verbose_name_plural = _("stored days")

    def __str__(self) -> str:
        return str(self.day)


class AccountSnapshot(models.Model):
    """An account's sums of a headline metric at the end of a past day. Partitioned by month (migration 0002)."""

    pk = models.CompositePrimaryKey("account_id", "definition_id", "day")
    day = models.DateField()
    account = models.ForeignKey(Account, models.CASCADE, related_name="snapshots", db_index=False)
    definition = models.ForeignKey(Definition, models.CASCADE, related_name="+", db_index=False)
    numerator = models.DecimalField(max_digits=30, decimal_places=6, null=True)
    denominator = models.DecimalField(max_digits=30, decimal_places=6, null=True)
    value = models.FloatField(null=True)

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("snapshot")
        verbose_name_plural = _("snapshots")

    def __str__(self) -> str:
        return f"{self.day} {self.account_id} {self.definition_id}"


class PopulationValue(models.Model):
    """The answer to a metric for one of the fixed populations (everybody, a segment, a team …) at the end of a day."""

    day = models.DateField(_("day"))
    definition = models.ForeignKey(Definition, models.CASCADE, related_name="+")
    dimension = models.CharField(_("by"), max_length=40, blank=True, help_text=_("Empty: everybody."))
    member = models.CharField(_("value of it"), max_length=200, blank=True)
    numerator = models.DecimalField(max_digits=30, decimal_places=6, null=True)
    denominator = models.DecimalField(max_digits=30, decimal_places=6, null=True)
    accounts = models.PositiveIntegerField(default=0)
    value = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    method = models.CharField(max_length=60, blank=True)
    low_sample = models.BooleanField(default=False)
    unattributed = models.DecimalField(max_digits=30, decimal_places=6, default=0, db_default=0)
    version = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text=_("Of the definition by which it was computed.")
    )

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("value of a population")
        verbose_name_plural = _("values of populations")
        constraints = [
            models.UniqueConstraint(
                fields=["definition", "dimension", "member", "day"], name="populationvalue_once_a_day"
            )
        ]
        indexes = [models.Index(fields=["day"], name="populationvalue_of_a_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.dimension}={self.member}"


class AccountRangeQuerySet(models.QuerySet["AccountRange"]):
    def open(self) -> Self:
        return self.filter(done_at=None)

    def with_accounts(self) -> Self:
        """Not those that stand for the populations of a day."""
        return self.filter(last__gt=0)


class AccountRange(models.Model):
    """A stretch of account ids that one worker takes at a time: claimed by locking its row, done when its values are.

    Without a day it is for the current values; with one, for the snapshots of that day; from 0 to 0, for the values of
    populations on it. `tries` are those that failed.
    """

    job = models.ForeignKey(Job, models.CASCADE, related_name="ranges")
    day = models.DateField(null=True)
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    done_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)

    objects = AccountRangeQuerySet.as_manager()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("range of accounts")
        verbose_name_plural = _("ranges of accounts")
        constraints = [
            models.UniqueConstraint(fields=["job", "day", "first"], name="accountrange_once"),
            models.CheckConstraint(
                condition=models.Q(last__gte=models.F("first")), name="accountrange_has_accounts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"
