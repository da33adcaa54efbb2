"""Orders, and what came back of them."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import (
    DateField,
    Exists,
    ExpressionWrapper,
    F,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import TruncDate
from django.utils.translation import gettext_lazy as _

from accounts.models import (
    Order,
    OrderLine,
    Return,
)
from accounts.models.facts import heard, unheard
from metrics.sources import Dimension, Measure, Reach, Source, Span


def orders_of_the_windows(reach: Reach) -> QuerySet:
    return with_days(Order.objects.filter(reach.holds("ordered_at")), reach)


def with_days(orders: QuerySet, reach: Reach | Span) -> QuerySet:
    zone = reach.clock.organisation.zone
    return orders.annotate(
        day=TruncDate("ordered_at", tzinfo=zone), day_cancelled=TruncDate("cancelled_at", tzinfo=zone)
    )


def not_cancelled(by: datetime, span: Span, order: str = "") -> Q:
    """By the instant, as far as we know."""
    standing = Q(**{f"{order}cancelled_at": None}) | Q(**{f"{order}cancelled_at__gte": by})
    return standing | unheard(f"{order}cancelled_recorded_at", span.known_until)


def in_window(span: Span, order: str = "") -> Q:
    """Placed in it, and not cancelled by the day of the question."""
    return span.holds(f"{order}ordered_at") & not_cancelled(span.by, span, order)


# An order of several products counts in each of them.
OF_ORDERS = {
    "channel": Dimension.field("channel"),
    "product": Dimension.field("lines__product__sku", is_of_many=True),
}
ORDERS = Source("orders", Order, orders_of_the_windows, moment="ordered_at", dimensions=OF_ORDERS)


ORDER_COUNT = Measure("orders", _("Orders"), ORDERS, where=in_window)
ORDER_AMOUNT = Measure(
    "order_amount",
    _("Amounts of orders"),
    ORDERS,
    where=in_window,
    value=lambda span: span.at_own_day(F("amount")),
    unit="money",
)

# What came back


def sold_lines(reach: Reach) -> QuerySet:
    """Lines of the orders placed in one of the windows."""
    return of_orders(OrderLine, reach).filter(reach.holds("order__ordered_at"))


def returns_of_the_windows(reach: Reach) -> QuerySet:
    """What came back in one of them, and of the orders placed in one, whenever that was."""
    lines = OrderLine.objects.filter(heard("recorded_at", reach.known_until), order=OuterRef("order"))
    returns = of_orders(Return, reach).annotate(has_lines=Exists(lines))
    return returns.filter(reach.holds("order__ordered_at") | reach.holds_day("day"))


def of_orders(model: type[Model], reach: Reach) -> QuerySet:
    return model._default_manager.annotate(
        currency=F("order__currency"),
        ordered_on=TruncDate("order__ordered_at", tzinfo=reach.clock.organisation.zone),
    )


def orders_with_returns(reach: Reach) -> QuerySet:
    units_back = Return.objects.filter(heard("recorded_at", reach.known_until), units__gt=0)
    first = units_back.filter(order=OuterRef("pk")).order_by("day").values("day")[:1]
    # Few of all orders: only of these the first return is looked up.
    returned = orders_of_the_windows(reach).filter(pk__in=units_back.order_by().values("order"))
    return returned.annotate(first_return=Subquery(first))


def sold(span: Span) -> Q:
    return in_window(span, "order__")


def in_time(ordered_on: str, span: Span) -> Combinable:
    """The last day on which what was ordered counts as returned."""
    return ExpressionWrapper(F(ordered_on) + timedelta(days=span.parameter("return_days")), DateField())


def came_back(span: Span) -> Q:
    return sold(span) & Q(day__lte=in_time("ordered_on", span))


def of_order(
    key: str,
    model: type[Model],
    rows: Callable[[Reach], QuerySet],
    moment: str,
    product: str,
    happened: str = "",
) -> Source:
    recorded = ("recorded_at", "order__recorded_at")
    dimensions = {"channel": Dimension.field("order__channel"), "product": Dimension.field(product)}
    account = "order__account_id"
    return Source(
        key,
        model,
        rows,
        moment,
        account,
        recorded=recorded,
        dimensions=dimensions,
        happened=happened,
        besides=(Order,),
    )


SOLD = of_order("sold_lines", OrderLine, sold_lines, "ordered_on", "product__sku", "order__ordered_at")
RETURNS = of_order("returns", Return, returns_of_the_windows, "day", "line__product__sku")
RETURNED_ORDERS = Source(
    "orders_with_returns",
    Order,
    orders_with_returns,
    moment="ordered_at",
    dimensions={"channel": Dimension.field("channel")},
    besides=(Return,),
)

RETURN_DAYS = ("return_days",)
ORDERS_SOLD = Measure("orders_sold", _("Orders that could be returned"), ORDERS, where=in_window, ripens=True)
AMOUNT_SOLD = Measure(
    "amount_sold",
    _("Amounts that could be returned"),
    ORDERS,
    where=in_window,
    value=lambda span: span.at_own_day(F("amount")),
    unit="money",
    ripens=True,
)
UNITS_SOLD = Measure(
    "units_sold",
    _("Units that could be returned"),
    SOLD,
    where=sold,
    value=lambda span: F("quantity"),
    ripens=True,
)
UNITS_RETURNED = Measure(
    "units_returned",
    _("Units returned in time"),
    RETURNS,
    # How many units an order without lines had, nobody knows.
    where=lambda span: came_back(span) & Q(has_lines=True),
    value=lambda span: F("units"),
    ripens=True,
    parameters=RETURN_DAYS,
)
AMOUNT_RETURNED = Measure(
    "amount_returned",
    _("Amounts returned in time"),
    RETURNS,
    where=came_back,
    # A share of what was paid, so at the rate at which that was counted.
    value=lambda span: span.rates.at_own(F("amount"), "ordered_on", span.since),
    unit="money",
    ripens=True,
    parameters=RETURN_DAYS,
)
ORDERS_RETURNED = Measure(
    "orders_returned",
    _("Orders with a return in time"),
    RETURNED_ORDERS,
    where=lambda span: in_window(span) & Q(first_return__lte=in_time("day", span)),
    ripens=True,
    parameters=RETURN_DAYS,
)
AMOUNT_PROCESSED = Measure(
    "amount_processed",
    _("Amounts of returns"),
    RETURNS,
    where=lambda span: span.holds_day("day"),
    value=lambda span: span.at_own_day(F("amount")),
    unit="money",
)
