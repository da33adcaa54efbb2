"""Payments and refunds."""

from django.db.models import (
    F,
    QuerySet,
)
from django.utils.translation import gettext_lazy as _

from accounts.models import (
    Payment,
)
from metrics.sources import Dimension, Measure, Reach, Source


def payments_of_the_windows(reach: Reach) -> QuerySet:
    return Payment.objects.filter(reach.holds_day("day"))


PAYMENTS = Source(
    "payments",
    Payment,
    payments_of_the_windows,
    moment="day",
    dimensions={
        "income": Dimension.field("income"),
        "channel": Dimension.field("channel"),
        # As of the order that it pays: one of several products counts in each of them.
        "product": Dimension.field("order__lines__product__sku", is_of_many=True),
    },
)

REVENUE = Measure(
    "revenue",
    _("Payments less refunds"),
    PAYMENTS,
    where=lambda span: span.holds_day("day"),
    value=lambda span: span.at_own_day(F("amount")),
    unit="money",
)
