"""What the organisation spent: by month, and of no account."""

from django.db.models import (
    BigIntegerField,
    DateField,
    ExpressionWrapper,
    F,
    Func,
    Q,
    QuerySet,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Greatest, Least
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Expense
from metrics.sources import EXACT, DaysAfter, Dimension, Measure, Reach, Source, Span


class DayBefore(Func):
    template = "(%(expressions)s - 1)"
    output_field = DateField()


class LastOfMonth(Func):
    template = "((%(expressions)s + interval '1 month')::date - 1)"
    output_field = DateField()


def expenses_of_the_windows(reach: Reach) -> QuerySet:
    since = min(span.since for span in reach.spans)
    months = Expense.objects.annotate(
        nobody=Cast(Value(None), BigIntegerField()), before=DayBefore("month"), last=LastOfMonth("month")
    )
    return months.filter(month__lte=reach.day, last__gt=since)


def share(span: Span) -> Combinable:
    """By the days of the month that lie in the window, at the rate of the last of the month, or of the window's."""
    until, since = Value(span.day, DateField()), Value(span.since, DateField())
    days = DaysAfter(Least(F("last"), until), Greatest(F("before"), since))
    amount = ExpressionWrapper(F("amount") * days / DaysAfter(F("last"), F("before")), output_field=EXACT)
    return span.rates.at_own(amount, Least(F("last"), until), span.since)


def spent(key: str, name: Promise, *kinds: Expense.Kind) -> Measure:
    return Measure(
        key,
        name,
        EXPENSES,
        where=lambda span: Q(month__lte=span.day, last__gt=span.since, kind__in=kinds),
        value=share,
        unit="money",
    )


EXPENSES = Source(
    "expenses",
    Expense,
    expenses_of_the_windows,
    "month",
    "nobody",
    may_lack_account=True,
    dimensions={"acquired_channel": Dimension.field("channel")},
)

SPENT = spent("expenses", _("Expenses"), *Expense.Kind)
COST_OF_REVENUE = spent("cost_of_revenue", _("Cost of revenue"), Expense.Kind.COST_OF_REVENUE)
COST_OF_ACQUISITION = spent(
    "cost_of_acquisition", _("Cost of sales and marketing"), Expense.Kind.SALES, Expense.Kind.MARKETING
)
