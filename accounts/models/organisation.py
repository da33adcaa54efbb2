from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.fields import CurrencyField, LocalizedField
from accounts.models.rules import ABOVE_ZERO, Ruled
from accounts.money import known_currencies, minor_unit

SATURDAY, SUNDAY = 6, 7


def weekend() -> list[int]:
    return [SATURDAY, SUNDAY]


def check_weekend(days: list[int]) -> None:
    if not all(1 <= day <= 7 for day in days):
        raise ValidationError({"weekend": _("Days are numbered from 1 (Monday) to 7 (Sunday).")})


class Organisation(Ruled):
    """The one settings row: whose installation this is, and how its days, months and money are counted."""

    class Digits(models.TextChoices):
        LATIN = "latn", _("0123456789")
        ARABIC = "arab", _("٠١٢٣٤٥٦٧٨٩")

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    name = LocalizedField(_("name"))
    time_zone = models.CharField(_("time zone"), max_length=60, default="UTC")
    currency = CurrencyField(_("currency"), default="USD")
    fiscal_year_start = models.PositiveSmallIntegerField(_("first month of the fiscal year"), default=1)
    weekend = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("weekend"), default=weekend)
    digits = models.CharField(_("digits in Arabic"), max_length=4, choices=Digits, default=Digits.LATIN)
    inactive_days = models.PositiveSmallIntegerField(
        _("days without an order after which a customer has left"), default=365
    )
    gross_margin = models.DecimalField(
        _("gross margin in %"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("For windows in which no cost of revenue was entered. Empty: then there is no margin."),
    )

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisation")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(id=1),
                name="organisation_is_one",
                violation_error_code="id",
                violation_error_message=_("There is one row of settings. Change that one."),
            ),
            models.CheckConstraint(
                condition=models.Q(fiscal_year_start__range=(1, 12)),
                name="organisation_fiscal_year_starts_in_a_month",
                violation_error_code="fiscal_year_start",
                violation_error_message=_("Months are numbered from 1 to 12."),
            ),
            models.CheckConstraint(
                condition=models.Q(inactive_days__gte=1),
                name="organisation_inactive_days_positive",
                violation_error_code="inactive_days",
                violation_error_message=ABOVE_ZERO,
            ),
            models.CheckConstraint(
                condition=models.Q(gross_margin__range=(0, 100)),
                name="organisation_gross_margin_is_a_percentage",
                violation_error_code="gross_margin",
                violation_error_message=_("A percentage lies between 0 and 100."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.name)

    @classmethod
    def current(cls) -> "Organisation":
        return cls.objects.get_or_create(pk=1)[0]

    def clean(self) -> None:
        if self.time_zone not in available_timezones():
            raise ValidationError({"time_zone": _("This is no time zone. Give a name such as Asia/Riyadh.")})
        if self.currency not in known_currencies():
            raise ValidationError({"currency": _("This is no currency. Give a code such as SAR.")})
        check_weekend(self.weekend)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def minor_unit(self) -> int:
        return minor_unit(self.currency)

    @property
    def gross_margin_share(self) -> Decimal | None:
        return None if self.gross_margin is None else self.gross_margin / 100

    def today(self, now: datetime) -> date:
        return now.astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """The first instant of the day here."""
        return datetime.combine(day, time.min, self.zone)

    def end_of(self, day: date) -> datetime:
        """The first instant after the day: what happened before it, happened by the end of the day."""
        return self.start_of(day + timedelta(days=1))
