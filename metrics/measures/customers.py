"""Who is a customer: by paid subscriptions, orders or stage, whichever the account has facts for."""

from datetime import date

from django.db.models import (
    Case,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)

from accounts.models import (
    Account,
    AccountChange,
    Order,
    Subscription,
)
from accounts.models.facts import heard
from metrics.measures.orders import not_cancelled, with_days
from metrics.measures.subscriptions import HAD_MRR, MRR, PAID_IN_SERVICE, PAID_STARTED
from metrics.populations import among
from metrics.sources import Measure, Reach, Source, Span
from metrics.terms import Condition, Level, Moment, either
from metrics.windows import EARLIEST

# Orders


def orders_so_far(reach: Reach) -> QuerySet:
    """Other accounts' orders make no customers, and are most of the table."""
    return with_days(Order.objects.filter(ordered_at__lt=reach.until, account__in=unsubscribed(reach)), reach)


def unsubscribed(reach: Reach) -> QuerySet:
    """Accounts that had no subscription yet on one of the days."""
    known = Subscription.objects.paid().filter(heard("recorded_at", reach.known_until))
    subscribed = known.filter(starts__lte=reach.earliest_day, account=OuterRef("pk"))
    few = reach.accounts
    asked_for = Account.objects.all() if few is None else Account.objects.filter(pk__in=among(few))
    return asked_for.filter(~Exists(subscribed)).order_by().values("pk")


def stands(span: Span) -> Q:
    """Placed, and not cancelled, by the end of the span."""
    return Q(ordered_at__lt=span.until) & not_cancelled(span.until, span)


def stood_once(span: Span) -> Q:
    """At the end of some day: a cancellation of the same day leaves nothing behind."""
    stood = Q(day_cancelled__gt=F("day")) | not_cancelled(span.until, span)
    return Q(ordered_at__lt=span.until) & stood


def recently(span: Span) -> Q:
    """In the days after whose passing without an order a customer has left."""
    since = span.day.toordinal() - span.clock.organisation.inactive_days
    day = date.fromordinal(max(since, EARLIEST.toordinal()))
    return stands(span) & Q(ordered_at__gte=span.clock.end_of(day))


ORDERS_SO_FAR = Source("orders_so_far", Order, orders_so_far, moment="ordered_at")

ORDERED_EVER = Measure("ordered_ever", ORDERS_SO_FAR, where=stands)
ORDERED_ONCE = Measure("ordered_once", ORDERS_SO_FAR, where=stood_once)
ORDERED_RECENTLY = Measure("ordered_recently", ORDERS_SO_FAR, where=recently)


# Stages


def stages_so_far(reach: Reach) -> QuerySet:
    # The survivor of a merge keeps its own stage.
    changes = AccountChange.objects.filter(field="stage", account__merged_into=None)
    return changes.filter(from_day__lte=reach.day, account__in=unsubscribed(reach))


STAGES = Source("stages", AccountChange, stages_so_far, moment="from_day")


class DayNumber(Func):
    template = "(%(expressions)s - date '0001-01-01')"
    output_field = IntegerField()


# The latest stage decides: the greatest of 2 × day number, plus 1 for a customer's stage, is odd.
LATEST_STAGE = Measure(
    "latest_stage",
    STAGES,
    where=lambda span: Q(from_day__lte=span.day),
    value=lambda span: (
        DayNumber("from_day") * 2
        + Case(When(value__in=Account.CUSTOMER_STAGES, then=Value(1)), default=Value(0))
    ),
    aggregate="max",
)

CUSTOMER_STAGE_ONCE = Measure(
    "customer_stage_once",
    STAGES,
    where=lambda span: Q(from_day__lte=span.day, value__in=Account.CUSTOMER_STAGES),
)

# What accounts are, said once


def some(measure: Measure, moment: Moment) -> Condition:
    return Level(measure, moment, moment) > 0


def mrr(moment: Moment, rates: Moment | None = None) -> Level:
    """At the rates of the same day, unless others are named."""
    return Level(MRR, moment, rates or moment)


def had_mrr(moment: Moment) -> Condition:
    return some(HAD_MRR, moment)


def customer(moment: Moment) -> Condition:
    """Decided by the first that the account has facts for: paid subscriptions, orders, its stage."""
    by_stage = Condition("(mod({}, 2) = 1)", Level(LATEST_STAGE, moment, moment))
    by_orders = either(some(ORDERED_EVER, moment), some(ORDERED_RECENTLY, moment), by_stage)
    return either(some(PAID_STARTED, moment), some(PAID_IN_SERVICE, moment), by_orders)


def ever_customer(moment: Moment) -> Condition:
    """On some day up to this one: whichever came first made it a customer then, whatever was decisive later."""
    return some(PAID_STARTED, moment) | some(ORDERED_ONCE, moment) | some(CUSTOMER_STAGE_ONCE, moment)
