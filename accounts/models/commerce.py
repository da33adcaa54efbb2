from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.fields import CurrencyField, LocalizedField, MoneyField
from accounts.models.accounts import Account
from accounts.models.facts import Fact
from accounts.models.rules import ABOVE_ZERO, NOT_BELOW_ZERO, currency_is_a_code, not_below_zero
from accounts.models.subscriptions import Subscription


class Product(models.Model):
    sku = models.CharField(_("SKU"), max_length=80, unique=True)
    name = LocalizedField(_("name"))
    category = models.CharField(_("category"), max_length=80, blank=True)

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["sku"]

    def __str__(self) -> str:
        return str(self.name) or self.sku


class Order(Fact):
    """An order counts until it is cancelled. `amount` is net of discount, tax and shipping."""

    account = models.ForeignKey(
        Account, models.CASCADE, verbose_name=_("account"), related_name="orders", db_index=False
    )
    number = models.CharField(_("number"), max_length=80, blank=True)
    ordered_at = models.DateTimeField(_("ordered"))
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    cancelled_recorded_at = models.DateTimeField(
        _("cancellation recorded"), null=True, blank=True, editable=False
    )
    channel = models.CharField(_("channel"), max_length=80, blank=True)
    currency = CurrencyField(_("currency"))
    amount = MoneyField(_("net amount"))
    discount = MoneyField(_("discount"), default=0)
    tax = MoneyField(_("tax"), default=0)
    shipping = MoneyField(_("shipping"), default=0)

    happened = "ordered_at"

    class Meta(Fact.Meta):
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-ordered_at", "-id"]
        constraints = [
            *Fact.Meta.constraints,
            currency_is_a_code("order"),
            models.CheckConstraint(
                condition=Q(cancelled_at=None) | Q(cancelled_at__gte=F("ordered_at")),
                name="order_not_cancelled_before_it_was_placed",
                violation_error_code="cancelled_at",
                violation_error_message=_("This must not lie before the order."),
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0),
                name="order_amount_not_negative",
                violation_error_code="amount",
                violation_error_message=NOT_BELOW_ZERO,
            ),
            *(not_below_zero("order", name) for name in ("discount", "tax", "shipping")),
        ]
        # Drill-downs and the recompute of a few touched accounts read one account's orders.
        indexes = [
            *Fact.Meta.indexes,
            models.Index(fields=["account", "ordered_at"], name="order_by_account"),
        ]


class OrderLine(Fact):
    order = models.ForeignKey(Order, models.CASCADE, verbose_name=_("order"), related_name="lines")
    product = models.ForeignKey(
        Product, models.PROTECT, verbose_name=_("product"), null=True, blank=True, related_name="lines"
    )
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=3, default=1)
    amount = MoneyField(_("net amount"))

    account_path = "order__account"

    class Meta(Fact.Meta):
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        constraints = [
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(quantity__gt=0),
                name="orderline_quantity_positive",
                violation_error_code="quantity",
                violation_error_message=ABOVE_ZERO,
            ),
        ]


class Return(Fact):
    """Units or an amount given back, of a line or of the order as a whole."""

    order = models.ForeignKey(Order, models.CASCADE, verbose_name=_("order"), related_name="returns")
    line = models.ForeignKey(
        OrderLine, models.CASCADE, verbose_name=_("order line"), null=True, blank=True, related_name="returns"
    )
    day = models.DateField(_("day"))
    units = models.DecimalField(_("units"), max_digits=14, decimal_places=3, default=0)
    amount = MoneyField(_("amount"), default=0)
    reason = models.CharField(_("reason"), max_length=120, blank=True)

    account_path = "order__account"
    happened = "day"

    class Meta(Fact.Meta):
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        ordering = ["-day", "-id"]
        constraints = [
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(units__gte=0, amount__gte=0),
                name="return_not_negative",
                violation_error_code="amount",
                violation_error_message=NOT_BELOW_ZERO,
            ),
            models.CheckConstraint(
                condition=Q(units__gt=0) | Q(amount__gt=0),
                name="return_of_something",
                violation_error_code="amount",
                violation_error_message=_("A return has units or an amount."),
            ),
        ]


class Payment(Fact):
    """The one ledger of revenue: money in is positive; a refund is a negative row that names what it refunds."""

    account = models.ForeignKey(Account, models.CASCADE, verbose_name=_("account"), related_name="payments")
    day = models.DateField(_("day"))
    amount = MoneyField(_("amount"), help_text=_("Without tax; negative for a refund."))
    tax = MoneyField(_("tax"), default=0)
    currency = CurrencyField(_("currency"))
    refund_of = models.ForeignKey(
        "self", models.PROTECT, verbose_name=_("refund of"), null=True, blank=True, related_name="refunds"
    )
    order = models.ForeignKey(
        Order, models.SET_NULL, verbose_name=_("order"), null=True, blank=True, related_name="payments"
    )
    subscription = models.ForeignKey(
        Subscription,
        models.SET_NULL,
        verbose_name=_("subscription"),
        null=True,
        blank=True,
        related_name="payments",
    )
    income = models.CharField(_("source of income"), max_length=80, blank=True)
    channel = models.CharField(_("channel"), max_length=80, blank=True)

    happened = "day"

    class Meta(Fact.Meta):
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-day", "-id"]
        constraints = [
            *Fact.Meta.constraints,
            currency_is_a_code("payment"),
            models.CheckConstraint(
                condition=Q(refund_of=None) | Q(amount__lt=0),
                name="payment_refund_is_negative",
                violation_error_code="amount",
                violation_error_message=_("A refund is below zero."),
            ),
        ]
        indexes = [*Fact.Meta.indexes, models.Index(fields=["account", "day"], name="payment_by_account")]


class Expense(Fact):
    """What the organisation spent in a month, by kind."""

    class Kind(models.TextChoices):
        COST_OF_REVENUE = "cost_of_revenue", _("Cost of revenue")
        SALES = "sales", _("Sales")
        MARKETING = "marketing", _("Marketing")
        ONBOARDING = "onboarding", _("Onboarding")
        SUCCESS = "success", _("Customer success")
        SUPPORT = "support", _("Support")
        OTHER = "other", _("Other")

    month = models.DateField(_("month"), help_text=_("Its first day."))
    amount = MoneyField(_("amount"))
    currency = CurrencyField(_("currency"))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    channel = models.CharField(_("channel"), max_length=80, blank=True)
    campaign = models.CharField(_("campaign"), max_length=120, blank=True)

    account_path = ""

    class Meta(Fact.Meta):
        verbose_name = _("expense")
        verbose_name_plural = _("expenses")
        ordering = ["-month", "kind", "id"]
        constraints = [
            *Fact.Meta.constraints,
            currency_is_a_code("expense"),
            models.CheckConstraint(
                condition=Q(month__day=1),
                name="expense_month_is_its_first_day",
                violation_error_code="month",
                violation_error_message=_("Give the month as 2026-03, or its first day."),
            ),
        ]
