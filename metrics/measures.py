"""The sources of the catalogue, and what is added up of them."""

from collections.abc import Callable
from datetime import date, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    Case,
    DateField,
    DecimalField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    IntegerField,
    Max,
    Min,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, TruncDate
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, IsNull

from accounts.models import (
    Account,
    AccountChange,
    Order,
    OrderLine,
    Payment,
    Return,
    Subscription,
    Term,
    Ticket,
    TicketEvent,
    mrr_on,
)
from accounts.models.subscriptions import first_day_with_mrr, in_force
from metrics.sources import Measure, Source, Span
from metrics.terms import Condition, Level, Moment, either
from metrics.windows import EARLIEST

# Subscriptions


def paid_subscriptions(spans: list[Span]) -> QuerySet:
    paid = Subscription.objects.paid().filter(starts__lte=max(span.day for span in spans))
    return paid.annotate(first_day_with_mrr=first_day_with_mrr())


SUBSCRIPTIONS = Source("subscriptions", Subscription, paid_subscriptions, moment="starts")

PAID_STARTED = Measure("paid_started", SUBSCRIPTIONS, where=lambda span: Q(starts__lte=span.day))
PAID_IN_SERVICE = Measure("paid_in_service", SUBSCRIPTIONS, where=lambda span: in_force(span.day))
HAD_MRR = Measure("had_mrr", SUBSCRIPTIONS, where=lambda span: Q(first_day_with_mrr__lte=span.day))
MRR = Measure(
    "mrr",
    SUBSCRIPTIONS,
    where=lambda span: in_force(span.day),
    value=lambda span: mrr_on(span.day),
    money=True,
    sums_convert=True,
)

# What came to its end


def ended_trials(spans: list[Span]) -> QuerySet:
    return ended(Subscription.objects.filter(kind=Subscription.Kind.TRIAL), spans)


def ended_terms(spans: list[Span]) -> QuerySet:
    length = ExpressionWrapper(F("ends") - F("starts"), DurationField())
    return ended(Term.objects.annotate(length=length), spans)


def ended(periods: QuerySet, spans: list[Span]) -> QuerySet:
    first, last = min(span.since for span in spans), max(span.day for span in spans)
    return periods.filter(ends__gt=first, ends__lte=last)


def ends_in_window(span: Span) -> Q:
    return Q(ends__gt=span.since, ends__lte=span.day)


def followed(span: Span, days: str, *conditions: Q) -> Q:
    """A paid period goes on over the end, or begins in the days after it."""
    latest = ExpressionWrapper(OuterRef("ends") + timedelta(days=span.parameter(days)), DateField())
    of_account = Coalesce(OuterRef("account__merged_into_id"), OuterRef("account_id"))
    paid = Subscription.objects.paid().alias(survivor=Coalesce("account__merged_into_id", "account_id"))
    following = paid.filter(*conditions, survivor=of_account, starts__lte=latest)
    return Q(Exists(following.filter(Q(ends=None) | Q(ends__gt=OuterRef("ends")))))


TRIALS = Source("ended_trials", Subscription, ended_trials, moment="ends")
TERMS = Source("ended_terms", Term, ended_terms, moment="ends")

TRIALS_ENDED = Measure("trials_ended", TRIALS, where=ends_in_window)
TRIALS_CONVERTED = Measure(
    "trials_converted",
    TRIALS,
    where=lambda span: ends_in_window(span) & followed(span, "conversion_days"),
    parameters=("conversion_days",),
)


def due(span: Span) -> Q:
    """Shorter commitments come up for nothing."""
    return ends_in_window(span) & Q(length__gte=timedelta(days=span.parameter("min_term")))


def renewed(span: Span) -> Q:
    """By the same subscription where the term names one."""
    same = Q(reference=OuterRef("reference")) | Q(Exact(OuterRef("reference"), Value("")))
    return due(span) & followed(span, "grace_days", same)


TERMS_DUE = Measure("terms_due", TERMS, where=due, parameters=("min_term",))
TERMS_RENEWED = Measure("terms_renewed", TERMS, where=renewed, parameters=("min_term", "grace_days"))

# Orders


def orders_of_the_windows(spans: list[Span]) -> QuerySet:
    first, until = min(span.after for span in spans), max(span.until for span in spans)
    return with_days(Order.objects.filter(ordered_at__gte=first, ordered_at__lt=until), spans)


def orders_so_far(spans: list[Span]) -> QuerySet:
    """Other accounts' orders make no customers, and are most of the table."""
    until = max(span.until for span in spans)
    return with_days(Order.objects.filter(ordered_at__lt=until, account__in=unsubscribed(spans)), spans)


def with_days(orders: QuerySet, spans: list[Span]) -> QuerySet:
    zone = spans[0].clock.organisation.zone
    return orders.annotate(
        day=TruncDate("ordered_at", tzinfo=zone), day_cancelled=TruncDate("cancelled_at", tzinfo=zone)
    )


def unsubscribed(spans: list[Span]) -> QuerySet:
    """Accounts that had no subscription yet on one of the days."""
    first = min(span.day for span in spans)
    subscribed = Subscription.objects.paid().filter(starts__lte=first, account=OuterRef("pk"))
    few = spans[0].accounts
    asked_for = Account.objects.all() if few is None else Account.objects.filter(pk__in=few)
    return asked_for.filter(~Exists(subscribed)).order_by().values("pk")


def stands(span: Span) -> Q:
    """Placed, and not cancelled, by the end of the span."""
    return Q(ordered_at__lt=span.until) & (Q(cancelled_at=None) | Q(cancelled_at__gte=span.until))


def stood_once(span: Span) -> Q:
    """At the end of some day: a cancellation of the same day leaves nothing behind."""
    stood = Q(cancelled_at=None) | Q(day_cancelled__gt=F("day")) | Q(cancelled_at__gte=span.until)
    return Q(ordered_at__lt=span.until) & stood


def in_window(span: Span) -> Q:
    """Placed in it, and not cancelled by the day of the question."""
    placed = Q(ordered_at__gte=span.after, ordered_at__lt=span.until)
    return placed & (Q(cancelled_at=None) | Q(cancelled_at__gte=span.by))


def recently(span: Span) -> Q:
    """In the days after whose passing without an order a customer has left."""
    since = span.day.toordinal() - span.clock.organisation.inactive_days
    day = date.fromordinal(max(since, EARLIEST.toordinal()))
    return stands(span) & Q(ordered_at__gte=span.clock.end_of(day))


ORDERS = Source("orders", Order, orders_of_the_windows, moment="ordered_at")
ORDERS_SO_FAR = Source("orders_so_far", Order, orders_so_far, moment="ordered_at")

ORDERED_EVER = Measure("ordered_ever", ORDERS_SO_FAR, where=stands)
ORDERED_ONCE = Measure("ordered_once", ORDERS_SO_FAR, where=stood_once)
ORDERED_RECENTLY = Measure("ordered_recently", ORDERS_SO_FAR, where=recently)
ORDER_COUNT = Measure("orders", ORDERS, where=in_window)
ORDER_AMOUNT = Measure(
    "order_amount",
    ORDERS,
    where=in_window,
    value=lambda span: span.at_own_day(F("amount")),
    money=True,
)

# What came back


def sold_lines(spans: list[Span]) -> QuerySet:
    """Lines of the orders placed in one of the windows."""
    return of_orders(OrderLine, spans)


def returns_of_sold(spans: list[Span]) -> QuerySet:
    """What came back of these orders, whenever that was."""
    return of_orders(Return, spans).annotate(
        has_lines=Exists(OrderLine.objects.filter(order=OuterRef("order")))
    )


def of_orders(model: type[Model], spans: list[Span]) -> QuerySet:
    first, until = min(span.after for span in spans), max(span.until for span in spans)
    rows = model._default_manager.filter(order__ordered_at__gte=first, order__ordered_at__lt=until)
    return rows.annotate(
        currency=F("order__currency"),
        ordered_on=TruncDate("order__ordered_at", tzinfo=spans[0].clock.organisation.zone),
    )


def orders_with_returns(spans: list[Span]) -> QuerySet:
    units_back = Return.objects.filter(order=OuterRef("pk"), units__gt=0)
    return orders_of_the_windows(spans).annotate(
        first_return=Subquery(units_back.order_by("day").values("day")[:1])
    )


def returns_of_the_windows(spans: list[Span]) -> QuerySet:
    first, last = min(span.since for span in spans), max(span.day for span in spans)
    return Return.objects.filter(day__gt=first, day__lte=last).annotate(currency=F("order__currency"))


def sold(span: Span) -> Q:
    """Of an order placed in the window and not cancelled by the day of the question."""
    placed = Q(order__ordered_at__gte=span.after, order__ordered_at__lt=span.until)
    return placed & (Q(order__cancelled_at=None) | Q(order__cancelled_at__gte=span.by))


def in_time(ordered_on: str, span: Span) -> Combinable:
    """The last day on which what was ordered counts as returned."""
    return ExpressionWrapper(F(ordered_on) + timedelta(days=span.parameter("return_days")), DateField())


def came_back(span: Span) -> Q:
    return sold(span) & Q(day__lte=in_time("ordered_on", span))


SOLD = Source("sold_lines", OrderLine, sold_lines, moment="ordered_on", account="order__account_id")
RETURNS = Source("returns_of_sold", Return, returns_of_sold, moment="day", account="order__account_id")
RETURNED_ORDERS = Source("orders_with_returns", Order, orders_with_returns, moment="ordered_at")
PROCESSED = Source("returns", Return, returns_of_the_windows, moment="day", account="order__account_id")

RETURN_DAYS = ("return_days",)
ORDERS_SOLD = Measure("orders_sold", ORDERS, where=in_window, ripens=True)
AMOUNT_SOLD = Measure(
    "amount_sold",
    ORDERS,
    where=in_window,
    value=lambda span: span.at_own_day(F("amount")),
    money=True,
    ripens=True,
)
UNITS_SOLD = Measure("units_sold", SOLD, where=sold, value=lambda span: F("quantity"), ripens=True)
UNITS_RETURNED = Measure(
    "units_returned",
    RETURNS,
    # How many units an order without lines had, nobody knows.
    where=lambda span: came_back(span) & Q(has_lines=True),
    value=lambda span: F("units"),
    ripens=True,
    parameters=RETURN_DAYS,
)
AMOUNT_RETURNED = Measure(
    "amount_returned",
    RETURNS,
    where=came_back,
    # A share of what was paid, so at the rate at which that was counted.
    value=lambda span: span.rates.at_own(F("amount"), "ordered_on", span.since),
    money=True,
    ripens=True,
    parameters=RETURN_DAYS,
)
ORDERS_RETURNED = Measure(
    "orders_returned",
    RETURNED_ORDERS,
    where=lambda span: in_window(span) & Q(first_return__lte=in_time("day", span)),
    ripens=True,
    parameters=RETURN_DAYS,
)
AMOUNT_PROCESSED = Measure(
    "amount_processed",
    PROCESSED,
    where=lambda span: Q(day__gt=span.since, day__lte=span.day),
    value=lambda span: span.at_own_day(F("amount")),
    money=True,
)

# Stages


def stages_so_far(spans: list[Span]) -> QuerySet:
    # The survivor of a merge keeps its own stage.
    changes = AccountChange.objects.filter(field="stage", account__merged_into=None)
    return changes.filter(from_day__lte=max(span.day for span in spans), account__in=unsubscribed(spans))


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

# Payments


def payments_of_the_windows(spans: list[Span]) -> QuerySet:
    return Payment.objects.filter(day__gt=min(s.since for s in spans), day__lte=max(s.day for s in spans))


PAYMENTS = Source("payments", Payment, payments_of_the_windows, moment="day")

REVENUE = Measure(
    "revenue",
    PAYMENTS,
    where=lambda span: Q(day__gt=span.since, day__lte=span.day),
    value=lambda span: span.at_own_day(F("amount")),
    money=True,
)

# Tickets


class Place(Func):
    """An event's place in the log: its time, then its arrival where times are the same. Compares as a whole."""

    template = "ARRAY[date_part('epoch', %(expressions)s]"
    arg_joiner = "), "
    output_field = ArrayField(FloatField())


PLACE = Place("events__happened_at", "events__id")
ENDING = Q(events__kind__in=TicketEvent.ENDING)
WORK = Q(events__kind__in=[kind for kind in TicketEvent.Kind if kind not in TicketEvent.ENDING])


def logged(span: Span) -> Q:
    return Q(events__happened_at__lt=span.until)


def first_reply(span: Span) -> Min:
    """The first reply that the customer saw and a person gave."""
    reply = Q(events__kind="replied", events__by="staff", events__public=True)
    return Min("events__happened_at", filter=logged(span) & reply)


def last_resolution(span: Span) -> Max:
    return Max("events__happened_at", filter=logged(span) & Q(events__kind="resolved"))


def last_work(span: Span) -> Max:
    return Max(PLACE, filter=logged(span) & WORK)


def resolved_for_good(span: Span) -> Q:
    """The last resolution so far lies in the window, and nothing but the closing came after it."""
    ended = GreaterThan(Max(PLACE, filter=logged(span) & ENDING), last_work(span))
    ended_or_never_worked_on = Q(ended) | Q(IsNull(last_work(span), True))
    return Q(GreaterThanOrEqual(last_resolution(span), span.after)) & ended_or_never_worked_on


def resolved_in_window(span: Span) -> Q:
    return Q(events__kind="resolved") & span.holds("events__happened_at")


def worked_on_after(span: Span) -> Q:
    """Work after a resolution of the window, by the end of it."""
    first = Min(PLACE, filter=resolved_in_window(span))
    return Q(GreaterThan(last_work(span), first))


def helped() -> QuerySet:
    return Ticket.objects.filter(spam=False, merged_into=None, opened_by_staff=False)


def opened_tickets(spans: list[Span]) -> QuerySet:
    """Tickets opened in one of the windows; measures read their log up to its end."""
    first, last = min(span.after for span in spans), max(span.until for span in spans)
    return helped().filter(opened_at__gte=first, opened_at__lt=last)


def resolved_tickets(spans: list[Span]) -> QuerySet:
    """Likewise those with a resolution in one of the windows."""
    first, last = min(span.after for span in spans), max(span.until for span in spans)
    resolved = TicketEvent.objects.filter(kind="resolved", happened_at__gte=first, happened_at__lt=last)
    return helped().filter(pk__in=resolved.order_by().values("ticket"))


def hours_until(moment: Callable[[Span], Combinable]) -> Callable[[Span], Combinable]:
    return lambda span: Hours(moment(span), F("opened_at"))


class Hours(Func):
    template = "extract(epoch FROM %(expressions)s) / 3600"
    arg_joiner = " - "
    output_field = DecimalField(max_digits=40, decimal_places=12)


# Two sources, since either of them finds its tickets by an index and both at once would read all there are.
OPENED = Source("opened_tickets", Ticket, opened_tickets, moment="opened_at", may_lack_account=True)
RESOLVED = Source("resolved_tickets", Ticket, resolved_tickets, moment="opened_at", may_lack_account=True)


def opened(span: Span) -> Q:
    return span.holds("opened_at")


def answered(span: Span) -> Q:
    return opened(span) & Q(IsNull(first_reply(span), False))


TICKETS_OPENED = Measure("tickets", OPENED, where=opened)
TICKETS_ANSWERED = Measure("tickets_answered", OPENED, where=answered)
HOURS_TO_REPLY = Measure("hours_to_reply", OPENED, where=answered, value=hours_until(first_reply), hours=True)
TICKETS_RESOLVED = Measure("tickets_resolved", RESOLVED, where=resolved_for_good)
HOURS_TO_RESOLUTION = Measure(
    "hours_to_resolution",
    RESOLVED,
    where=resolved_for_good,
    value=hours_until(last_resolution),
    hours=True,
)
TICKETS_WITH_RESOLUTION = Measure(
    "tickets_with_resolution",
    RESOLVED,
    where=lambda span: Q(IsNull(Min(PLACE, filter=resolved_in_window(span)), False)),
)
TICKETS_REOPENED = Measure("tickets_reopened", RESOLVED, where=worked_on_after)

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
