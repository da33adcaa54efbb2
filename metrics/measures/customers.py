"""Who is a customer: by paid subscriptions, orders or stage, whichever the account has facts for."""

from collections.abc import Callable
from datetime import date

from django.contrib.postgres.fields import DateRangeField
from django.db.models import (
    Case,
    DateField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest, Least
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import (
    Account,
    AccountChange,
    Order,
    Subscription,
)
from accounts.models.facts import heard
from accounts.models.subscriptions import DateRange, end_heard
from metrics.measures.orders import not_cancelled, with_days
from metrics.measures.subscriptions import HAD_MRR, MRR, PAID_IN_SERVICE, PAID_STARTED
from metrics.populations import among
from metrics.sources import ONE_DAY, Measure, Reach, Source, Span
from metrics.terms import Condition, Flow, Level, Moment, Term, either, size
from metrics.windows import EARLIEST

# Orders


def orders_so_far(reach: Reach) -> QuerySet:
    """Other accounts' orders make no customers, and are most of the table."""
    return with_days(Order.objects.filter(ordered_at__lt=reach.until, account__in=unsubscribed(reach)), reach)


def unsubscribed(reach: Reach, day: date | None = None) -> QuerySet:
    """Accounts that had no subscription yet on the day; without one, on the first of those asked about."""
    known = Subscription.objects.paid().filter(heard("recorded_at", reach.known_until))
    subscribed = known.filter(starts__lte=day or reach.earliest_day, account=OuterRef("pk"))
    few = reach.accounts
    asked_for = Account.objects.all() if few is None else Account.objects.filter(among("pk", few))
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


ORDERS_SO_FAR = Source("orders_so_far", Order, orders_so_far, moment="ordered_at", besides=(Subscription,))

ORDERED_EVER = Measure("ordered_ever", _("Orders so far"), ORDERS_SO_FAR, where=stands)
ORDERED_ONCE = Measure(
    "ordered_once", _("Orders so far, also those cancelled later"), ORDERS_SO_FAR, where=stood_once
)
ORDERED_RECENTLY = Measure("ordered_recently", _("Recent orders"), ORDERS_SO_FAR, where=recently)


# Stages


def stages_so_far(reach: Reach) -> QuerySet:
    # The survivor of a merge keeps its own stage.
    changes = AccountChange.objects.filter(field="stage", account__merged_into=None)
    return changes.filter(from_day__lte=reach.day, account__in=unsubscribed(reach))


STAGES = Source("stages", AccountChange, stages_so_far, moment="from_day", besides=(Subscription,))


class DayNumber(Func):
    template = "(%(expressions)s - date '0001-01-01')"
    output_field = IntegerField()


def of_customer(span: Span) -> Combinable:
    """1 for a customer's stage, 0 for another."""
    return Case(When(value__in=Account.CUSTOMER_STAGES, then=Value(1)), default=Value(0))


# The latest stage decides: the greatest of 2 × day number, plus 1 for a customer's stage, is odd.
LATEST_STAGE = Measure(
    "latest_stage",
    _("Stages so far, of which the latest decides"),
    STAGES,
    where=lambda span: Q(from_day__lte=span.day),
    value=lambda span: DayNumber("from_day") * 2 + of_customer(span),
    aggregate="max",
    listed_as=of_customer,
)

CUSTOMER_STAGE_ONCE = Measure(
    "customer_stage_once",
    _("Stages of a customer so far"),
    STAGES,
    where=lambda span: Q(from_day__lte=span.day, value__in=Account.CUSTOMER_STAGES),
)

# Days as a customer, as sets


def subscribed_days(reach: Reach) -> QuerySet:
    return Subscription.objects.paid().filter(starts__lte=reach.day)


def orders_on_days(reach: Reach) -> QuerySet:
    placed = Order.objects.filter(
        ordered_at__lt=reach.until, account__in=unsubscribed(reach, reach.first_day)
    )
    return with_days(placed, reach)


def stages_on_days(reach: Reach) -> QuerySet:
    """Each with the day on which the next one began."""
    known = AccountChange.objects.filter(heard("recorded_at", reach.known_until), field="stage")
    later = known.filter(account=OuterRef("account"), from_day__gt=OuterRef("from_day")).order_by("from_day")
    changes = AccountChange.objects.filter(field="stage", account__merged_into=None, from_day__lte=reach.day)
    return changes.filter(account__in=unsubscribed(reach, reach.first_day)).annotate(
        until_day=Subquery(later.values("from_day")[:1])
    )


SUBSCRIBED_DAYS = Source("subscribed_days", Subscription, subscribed_days, moment="starts")
ORDER_DAYS = Source("orders_on_days", Order, orders_on_days, moment="ordered_at", besides=(Subscription,))
STAGE_DAYS = Source(
    "stages_on_days", AccountChange, stages_on_days, moment="from_day", besides=(Subscription,)
)


def days_of_window(since: str, until: Callable[[Span], Combinable | None]) -> Callable[[Span], Combinable]:
    """Those from `since`, a field, to the day before `until`; without one, to the end of the window."""

    def days(span: Span) -> Combinable:
        after = Value(span.day + ONE_DAY)
        end = until(span)
        last = after if end is None else Least(Coalesce(end, after), after)
        first = Greatest(F(since), Value(span.since + ONE_DAY), output_field=DateField())
        # What ended before the window has no day in it.
        return DateRange(first, Greatest(last, first), output_field=DateRangeField())

    return days


def day_set(
    key: str, name: Promise, source: Source, where: Callable[[Span], Q], days: Callable[[Span], Combinable]
) -> Measure:
    return Measure(key, name, source, where=where, value=days, aggregate="range_agg")


def stops_standing(span: Span) -> Combinable:
    """The day on which an order was cancelled, as far as we know."""
    return Case(
        When(not_cancelled(span.until, span), then=None), default=F("day_cancelled"), output_field=DateField()
    )


def stops_being_recent(span: Span) -> Combinable:
    # A number of days, since a date and an interval make a moment.
    inactive = ExpressionWrapper(F("day") + span.clock.organisation.inactive_days, DateField())
    return Least(stops_standing(span), inactive)


def placed(span: Span) -> Q:
    return Q(ordered_at__lt=span.until)


PAID_BEGUN_DAYS = day_set(
    "days_subscribed",
    _("Days since a paid subscription began"),
    SUBSCRIBED_DAYS,
    lambda span: Q(starts__lte=span.day),
    days_of_window("starts", lambda span: None),
)
SERVICE_DAYS = day_set(
    "days_in_service",
    _("Days of paid subscriptions in service"),
    SUBSCRIBED_DAYS,
    lambda span: Q(starts__lte=span.day),
    days_of_window("starts", lambda span: end_heard(span.known_until)),
)
ORDERED_DAYS = day_set(
    "days_with_orders",
    _("Days since an order, until it was cancelled"),
    ORDER_DAYS,
    placed,
    days_of_window("day", stops_standing),
)
RECENT_DAYS = day_set(
    "days_with_recent_orders",
    _("Days on which an order was recent"),
    ORDER_DAYS,
    placed,
    days_of_window("day", stops_being_recent),
)
CUSTOMER_STAGE_DAYS = day_set(
    "days_in_customer_stage",
    _("Days in a customer's stage"),
    STAGE_DAYS,
    lambda span: Q(from_day__lte=span.day, value__in=Account.CUSTOMER_STAGES),
    days_of_window("from_day", lambda span: F("until_day")),
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


def customer_days() -> Term:
    """On how many days of the window it was a customer, each decided as by `customer`."""
    by_stage = Flow(CUSTOMER_STAGE_DAYS) - Flow(ORDERED_DAYS)
    return size(Flow(SERVICE_DAYS) + (Flow(RECENT_DAYS) + by_stage - Flow(PAID_BEGUN_DAYS)))


def ever_customer(moment: Moment) -> Condition:
    """On some day up to this one: whichever came first made it a customer then, whatever was decisive later."""
    return some(PAID_STARTED, moment) | some(ORDERED_ONCE, moment) | some(CUSTOMER_STAGE_ONCE, moment)


def days_since_joining() -> Term:
    """The days of the window from that on which something made a customer of it, of one that was none before."""
    return Flow(PAID_BEGUN_DAYS) + (Flow(ORDERED_DAYS) + Flow(CUSTOMER_STAGE_DAYS))
