from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import Combinable, CombinedExpression
from django.db.models.functions import Coalesce, Greatest
from django.db.models.lookups import Exact, GreaterThan
from django.utils.translation import gettext_lazy as _

from accounts.fields import CurrencyField, LocalizedField, MoneyField
from accounts.models.accounts import Account
from accounts.models.facts import Fact, FactQuerySet, heard, unheard
from accounts.models.rules import (
    ABOVE_ZERO,
    NOT_BELOW_ZERO,
    Ruled,
    currency_is_a_code,
    ends_after_start,
    not_below_zero,
)


class DateRange(models.Func):
    """[starts, ends) as a range; no end is endless."""

    function = "daterange"
    output_field = DateRangeField()


class Days(models.Func):
    """A set of days that may have gaps, made of one range."""

    function = "datemultirange"
    output_field = DateRangeField()


class RangeAgg(models.Func):
    function = "range_agg"
    output_field = DateRangeField()


class FirstDay(models.Func):
    """The first day of the first set that is in none of the others."""

    function = "lower"
    arg_joiner = " - "
    output_field = models.DateField()


NO_DAYS = models.Func(template="'{}'::datemultirange", output_field=DateRangeField())


class Plan(models.Model):
    code = models.CharField(_("code"), max_length=80, unique=True)
    name = LocalizedField(_("name"))

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering = ["code"]

    def __str__(self) -> str:
        return str(self.name) or self.code


class SubscriptionQuerySet(FactQuerySet):
    def paid(self) -> Self:
        return self.filter(kind=Subscription.Kind.PAID)

    def in_service(self, day: date) -> Self:
        return self.filter(in_force(day))

    def with_mrr(self, day: date) -> Self:
        return self.annotate(mrr=mrr_on(day))


class Subscription(Fact):
    """One period of a subscription under unchanged terms: [starts, ends). A change ends it and starts the next."""

    class Kind(models.TextChoices):
        PAID = "paid", _("Paid")
        TRIAL = "trial", _("Trial")
        FREE = "free", _("Free")

    class Interval(models.TextChoices):
        DAY = "day", _("Day")
        WEEK = "week", _("Week")
        MONTH = "month", _("Month")
        QUARTER = "quarter", _("Quarter")
        YEAR = "year", _("Year")

    account = models.ForeignKey(
        Account, models.CASCADE, verbose_name=_("account"), related_name="subscriptions"
    )
    reference = models.CharField(
        _("subscription"),
        max_length=200,
        blank=True,
        help_text=_("What the periods of one subscription share."),
    )
    plan = models.ForeignKey(
        Plan, models.PROTECT, verbose_name=_("plan"), null=True, blank=True, related_name="subscriptions"
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.PAID)
    price = MoneyField(_("price of a unit"), help_text=_("For one interval, without tax."))
    interval = models.CharField(_("interval"), max_length=8, choices=Interval, default=Interval.MONTH)
    interval_count = models.PositiveSmallIntegerField(_("intervals per bill"), default=1)
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    discount_percent = models.DecimalField(_("discount in %"), max_digits=7, decimal_places=4, default=0)
    discount_amount = MoneyField(_("discount per bill"), default=0)
    discount_ends = models.DateField(
        _("discount ends"), null=True, blank=True, help_text=_("The first day without it. Empty: never.")
    )
    currency = CurrencyField(_("currency"))
    starts = models.DateField(_("starts"))
    ends = models.DateField(_("ends"), null=True, blank=True, help_text=_("The first day out of service."))
    ends_recorded_at = models.DateTimeField(_("end recorded"), null=True, blank=True, editable=False)
    cancelled_on = models.DateField(_("notice given"), null=True, blank=True)
    cancelled_recorded_at = models.DateTimeField(_("notice recorded"), null=True, blank=True, editable=False)
    cancel_reason = models.CharField(_("reason"), max_length=200, blank=True)
    past_due_since = models.DateField(_("past due since"), null=True, blank=True)

    objects = SubscriptionQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Fact.Meta):
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        ordering = ["account", "starts", "id"]
        constraints = [
            *Fact.Meta.constraints,
            ends_after_start("subscription"),
            currency_is_a_code("subscription"),
            models.CheckConstraint(
                condition=Q(price__gte=0),
                name="subscription_price_not_negative",
                violation_error_code="price",
                violation_error_message=NOT_BELOW_ZERO,
            ),
            models.CheckConstraint(
                condition=Q(interval_count__gte=1),
                name="subscription_interval_count_positive",
                violation_error_code="interval_count",
                violation_error_message=ABOVE_ZERO,
            ),
            models.CheckConstraint(
                condition=Q(discount_percent__range=(0, 100)),
                name="subscription_discount_is_a_percentage",
                violation_error_code="discount_percent",
                violation_error_message=_("A percentage lies between 0 and 100."),
            ),
            models.CheckConstraint(
                condition=Q(discount_amount__gte=0),
                name="subscription_discount_not_negative",
                violation_error_code="discount_amount",
                violation_error_message=NOT_BELOW_ZERO,
            ),
            models.CheckConstraint(
                condition=Q(discount_ends=None) | Q(discount_ends__gt=F("starts")),
                name="subscription_discount_ends_after_its_start",
                violation_error_code="discount_ends",
                violation_error_message=_("This must lie after the start."),
            ),
            models.CheckConstraint(
                condition=Q(interval__in=["day", "week", "month", "quarter", "year"]),
                name="subscription_interval_known",
                violation_error_code="interval",
                violation_error_message=_("This is none of the intervals."),
            ),
            ExclusionConstraint(
                name="subscription_periods_do_not_overlap",
                violation_error_code="starts",
                violation_error_message=_(
                    "This subscription already has a period on some of these days. End that one first."
                ),
                expressions=[
                    ("account", RangeOperators.EQUAL),
                    ("reference", RangeOperators.EQUAL),
                    (DateRange("starts", "ends"), RangeOperators.OVERLAPS),
                ],
                condition=~Q(reference=""),
            ),
        ]
        indexes = [
            *Fact.Meta.indexes,
            models.Index(fields=["account", "starts"], name="subscription_by_account"),
            # The home page asks who gave notice lately.
            models.Index(
                fields=["cancelled_on"], name="subscription_notices", condition=Q(cancelled_on__isnull=False)
            ),
        ]


class Pause(Fact):
    """A stretch of a subscription that stays in service and bills nothing: [starts, ends)."""

    subscription = models.ForeignKey(
        Subscription, models.CASCADE, verbose_name=_("subscription"), related_name="pauses"
    )
    starts = models.DateField(_("starts"))
    ends = models.DateField(_("ends"), null=True, blank=True, help_text=_("The first day that bills again."))
    ends_recorded_at = models.DateTimeField(_("end recorded"), null=True, blank=True, editable=False)

    account_path = "subscription__account"

    class Meta(Fact.Meta):
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        constraints = [
            *Fact.Meta.constraints,
            ends_after_start("pause"),
            ExclusionConstraint(
                name="pause_periods_do_not_overlap",
                violation_error_code="starts",
                violation_error_message=_("This subscription is already paused on some of these days."),
                expressions=[
                    ("subscription", RangeOperators.EQUAL),
                    (DateRange("starts", "ends"), RangeOperators.OVERLAPS),
                ],
            ),
        ]


class Term(Fact):
    """The committed stretch of a contract that comes up for renewal: [starts, ends)."""

    class Outcome(models.TextChoices):
        OPEN = "open", _("Open")
        RENEWED = "renewed", _("Renewed")
        LOST = "lost", _("Lost")

    account = models.ForeignKey(Account, models.CASCADE, verbose_name=_("account"), related_name="terms")
    reference = models.CharField(_("subscription"), max_length=200, blank=True)
    starts = models.DateField(_("starts"))
    ends = models.DateField(_("ends"), help_text=_("The day on which it would be renewed."))
    notice_by = models.DateField(_("notice by"), null=True, blank=True)
    due_mrr = MoneyField(_("MRR due"), null=True, blank=True)
    currency = CurrencyField(_("currency"))
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome, default=Outcome.OPEN)
    decided_on = models.DateField(_("decided"), null=True, blank=True)
    outcome_recorded_at = models.DateTimeField(_("outcome recorded"), null=True, blank=True, editable=False)
    renewed_mrr = MoneyField(_("MRR renewed"), null=True, blank=True)
    lost_reason = models.CharField(_("reason of the loss"), max_length=200, blank=True)

    class Meta(Fact.Meta):
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        ordering = ["ends", "id"]
        constraints = [
            *Fact.Meta.constraints,
            ends_after_start("term"),
            currency_is_a_code("term"),
            models.CheckConstraint(
                condition=Q(outcome="open", decided_on=None)
                | (~Q(outcome="open") & Q(decided_on__isnull=False)),
                name="term_decided_has_a_day",
                violation_error_code="decided_on",
                violation_error_message=_(
                    "A renewed or lost term has the day of the decision, an open one has none."
                ),
            ),
            *(not_below_zero("term", name) for name in ("due_mrr", "renewed_mrr")),
        ]
        indexes = [
            *Fact.Meta.indexes,
            models.Index(fields=["account", "ends"], name="term_by_account"),
            # The home page asks which undecided terms end soon.
            models.Index(fields=["ends"], name="term_coming_up", condition=Q(outcome="open")),
        ]


class Departure(Fact):
    """Why an account left, once per churn day."""

    account = models.ForeignKey(Account, models.CASCADE, verbose_name=_("account"), related_name="departures")
    churn_day = models.DateField(_("churn day"))
    reason = models.CharField(_("reason"), max_length=120, blank=True)
    competitor = models.CharField(_("competitor"), max_length=120, blank=True)
    note = models.TextField(_("note"), blank=True)
    recovered = models.DateField(_("won back"), null=True, blank=True)

    personal_fields = ("note",)

    class Meta(Fact.Meta):
        verbose_name = _("departure")
        verbose_name_plural = _("departures")
        ordering = ["-churn_day", "-id"]
        constraints = [
            *Fact.Meta.constraints,
            models.UniqueConstraint(
                fields=["account", "churn_day"],
                name="departure_once_per_churn",
                violation_error_code="churn_day",
                violation_error_message=_("This account already has a departure on this day."),
            ),
            models.CheckConstraint(
                condition=Q(recovered=None) | Q(recovered__gt=F("churn_day")),
                name="departure_recovered_later",
                violation_error_code="recovered",
                violation_error_message=_("This must lie after the day of the churn."),
            ),
        ]


class ExchangeRate(Ruled):
    """From the day on, one unit of `currency` is worth `rate` units of `base`."""

    base = CurrencyField(_("base currency"))
    currency = CurrencyField(_("currency"))
    day = models.DateField(_("day"))
    rate = models.DecimalField(_("rate"), max_digits=20, decimal_places=10)
    source = models.CharField(_("source"), max_length=60, blank=True)
    recorded_at = models.DateTimeField(_("recorded"), db_default=models.functions.Now(), editable=False)

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        ordering = ["base", "currency", "-day"]
        constraints = [
            models.UniqueConstraint(
                fields=["base", "currency", "day"],
                name="exchangerate_one_a_day",
                violation_error_code="day",
                violation_error_message=_("There is a rate of these currencies from this day on already."),
            ),
            models.CheckConstraint(
                condition=Q(rate__gt=0),
                name="exchangerate_positive",
                violation_error_code="rate",
                violation_error_message=ABOVE_ZERO,
            ),
            models.CheckConstraint(
                condition=~Q(base=F("currency")),
                name="exchangerate_between_two_currencies",
                violation_error_code="currency",
                violation_error_message=_("A rate stands between two different currencies."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.currency}/{self.base} {self.day}"


EXACT = models.DecimalField(max_digits=40, decimal_places=12)


def in_force(day: date | F, known_until: datetime | None = None) -> Q:
    """As far as was known by then: whose end was not heard of goes on."""
    return Q(starts__lte=day) & (Q(ends=None) | Q(ends__gt=day) | unheard("ends_recorded_at", known_until))


def gross() -> CombinedExpression:
    return F("price") * F("quantity")


def reduced() -> Greatest:
    """A bill with its discounts; never below 0."""
    discounted = gross() * (100 - F("discount_percent")) / 100 - F("discount_amount")
    return Greatest(discounted, Value(Decimal(0)), output_field=EXACT)


def bill_on(day: date | F) -> Case:
    """What one bill of the subscription amounts to, less the discounts in force on the day."""
    discounted = ~Q(discount_percent=0, discount_amount=0) & (
        Q(discount_ends=None) | Q(discount_ends__gt=day)
    )
    return Case(When(discounted, then=reduced()), default=gross(), output_field=EXACT)


def monthly(bill: Case) -> Case:
    """A bill of so many intervals as an amount for a month: a year has 12 months, 52 weeks and 365 days."""
    times = Case(When(interval="day", then=365), When(interval="week", then=52), default=1)
    months = Case(When(interval="month", then=1), When(interval="quarter", then=3), default=12)
    of_a_month = bill * times / (months * F("interval_count"))
    # Most bills are monthly, and exact arithmetic is what the evaluation of millions of rows waits for.
    return Case(When(interval="month", interval_count=1, then=bill), default=of_a_month, output_field=EXACT)


def mrr_on(day: date | str, known_until: datetime | None = None) -> Case:
    """MRR of a subscription on a day, in its currency, unrounded: 0 when it is not paid, not in service or paused.

    The day may be one of the row, by the name of a field or an annotation.
    """
    here, there = (F(day), OuterRef(day)) if isinstance(day, str) else (day, day)
    pauses = Pause.objects.filter(heard("recorded_at", known_until), in_force(there, known_until))
    in_service = in_force(here, known_until) & ~Q(Exists(pauses.filter(subscription=OuterRef("pk"))))
    return Case(
        When(Q(kind=Subscription.Kind.PAID) & in_service, then=monthly(bill_on(here))),
        default=Value(0),
        output_field=EXACT,
    )


def end_heard(known_until: datetime | None) -> Combinable:
    """The end, where it was known by then."""
    if known_until is None:
        return F("ends")
    return Case(When(heard("ends_recorded_at", known_until), then=F("ends")), output_field=models.DateField())


def first_day_with_mrr(known_until: datetime | None = None) -> Case:
    """The first day on which the subscription bills something: in service, not paused, not discounted to nothing."""
    pauses = Pause.objects.filter(heard("recorded_at", known_until), subscription=OuterRef("pk")).order_by()
    days = DateRange("starts", end_heard(known_until))
    paused = Subquery(pauses.values("subscription").values(days=RangeAgg(days)))
    free = Case(When(Exact(reduced(), 0), then=Days(DateRange("starts", "discount_ends"))), default=NO_DAYS)
    billed = FirstDay(Days(days), Coalesce(paused, NO_DAYS), free)
    return Case(
        When(Exact(gross(), 0), then=Value(None)),
        # Nearly all of them; the ranges below cost a subquery each.
        When(GreaterThan(reduced(), 0) & ~Q(Exists(pauses)), then=F("starts")),
        default=billed,
        output_field=models.DateField(),
    )


def plan_on(day: date, known_until: datetime | None = None) -> Combinable:
    """The plan of the subscription in service with the greatest MRR, as a number in its own currency."""
    known = Subscription.objects.paid().filter(heard("recorded_at", known_until), in_force(day, known_until))
    own = known.filter(account__in=own_accounts("pk")).annotate(mrr=mrr_on(day, known_until))
    largest = own.order_by("-mrr", "pk").values("plan__code")[:1]
    return Coalesce(Subquery(largest), Value(""), output_field=models.CharField())


def own_accounts(account: str) -> "models.QuerySet[Account, Any]":
    """In a subquery of facts: those of the row's account, a path, and of the losers of its merges."""
    return accounts_of(OuterRef(OuterRef(account))).order_by().values("pk")


def accounts_of(survivor: OuterRef) -> "models.QuerySet[Account]":
    return Account.objects.filter(Q(pk=survivor) | Q(merged_into=survivor))
