"""Commerce."""

from django.utils.translation import gettext_lazy as _

from metrics.definitions import Better, Estimate, Family, Metric, Parameter, Unit
from metrics.measures import orders
from metrics.terms import Flow, count, least

RETURN_DAYS = Parameter("return_days", _("days in which a return counts"), default=30)

COMMERCE = [
    Metric(
        key="orders",
        name=_("Orders"),
        family=Family.COMMERCE,
        unit=Unit.COUNT,
        better=Better.UP,
        window="month",
        formula=_("Orders placed in the window and not cancelled by its end; an order of amount 0 counts."),
        numerator=Flow(orders.ORDER_COUNT),
    ),
    Metric(
        key="ordering_accounts",
        name=_("Ordering accounts"),
        family=Family.COMMERCE,
        unit=Unit.COUNT,
        better=Better.UP,
        window="month",
        formula=_("Accounts with at least one order in the window."),
        numerator=count(Flow(orders.ORDER_COUNT) > 0),
    ),
    Metric(
        key="average_order_value",
        name=_("Average order value"),
        family=Family.COMMERCE,
        unit=Unit.MONEY,
        better=Better.UP,
        window="365d",
        formula=_("Amounts of the orders of the window, without discount, tax and shipping / their number."),
        numerator=Flow(orders.ORDER_AMOUNT),
        denominator=Flow(orders.ORDER_COUNT),
        estimate=Estimate.BOOTSTRAP,
        minimum=30,
        aliases=("AOV", "basket", "متوسط قيمة الطلبات", "السلة"),
    ),
    Metric(
        key="purchase_frequency",
        name=_("Purchase frequency"),
        family=Family.COMMERCE,
        unit=Unit.COUNT,
        better=Better.UP,
        window="365d",
        formula=_("Orders of the window / accounts with at least one."),
        numerator=Flow(orders.ORDER_COUNT),
        denominator=count(Flow(orders.ORDER_COUNT) > 0),
        estimate=Estimate.STUDENT,
        minimum=30,
    ),
    Metric(
        key="repeat_purchase_rate",
        name=_("Repeat purchase rate"),
        family=Family.COMMERCE,
        unit=Unit.PERCENT,
        better=Better.UP,
        window="365d",
        formula=_(
            "Accounts with two or more orders in the window / accounts with at least one; two orders of a day are two."
        ),
        numerator=count(Flow(orders.ORDER_COUNT) > 1),
        denominator=count(Flow(orders.ORDER_COUNT) > 0),
        estimate=Estimate.WILSON,
        minimum=30,
    ),
    Metric(
        key="product_return_rate",
        name=_("Product return rate"),
        family=Family.COMMERCE,
        unit=Unit.PERCENT,
        better=Better.DOWN,
        window="365d",
        formula=_(
            "Units sold in the window, shifted back by the days of return: the share returned within so many days of "
            "the order. Later returns do not change the past."
        ),
        # Whatever was typed in: nobody gives back more than was sold.
        numerator=least(Flow(orders.UNITS_RETURNED), Flow(orders.UNITS_SOLD)),
        denominator=Flow(orders.UNITS_SOLD),
        estimate=Estimate.WILSON_CLUSTERED,
        minimum=30,
        minimum_counts="units",
        parameters=(RETURN_DAYS,),
        ripens_for="return_days",
        aliases=("refunds", "معدل إرجاع المنتجات المشتراة"),
    ),
    Metric(
        key="product_return_rate_by_order",
        name=_("Return rate by order"),
        family=Family.COMMERCE,
        unit=Unit.PERCENT,
        better=Better.DOWN,
        window="365d",
        formula=_(
            "The orders of the same window: the share of which any unit was returned within so many days."
        ),
        numerator=Flow(orders.ORDERS_RETURNED),
        denominator=Flow(orders.ORDERS_SOLD),
        estimate=Estimate.WILSON_CLUSTERED,
        minimum=30,
        minimum_counts="units",
        parameters=(RETURN_DAYS,),
        ripens_for="return_days",
    ),
    Metric(
        key="product_return_rate_by_value",
        name=_("Return rate by value"),
        family=Family.COMMERCE,
        unit=Unit.PERCENT,
        better=Better.DOWN,
        window="365d",
        formula=_(
            "Amounts given back of the orders of the same window within so many days, at the rates of the orders / "
            "amounts of these orders."
        ),
        numerator=Flow(orders.AMOUNT_RETURNED),
        denominator=Flow(orders.AMOUNT_SOLD),
        estimate=Estimate.BOOTSTRAP,
        minimum=30,
        parameters=(RETURN_DAYS,),
        ripens_for="return_days",
    ),
    Metric(
        key="product_return_rate_by_processing_day",
        name=_("Returns by processing day"),
        family=Family.COMMERCE,
        unit=Unit.PERCENT,
        better=Better.DOWN,
        window="365d",
        formula=_("Amounts given back in the window, whenever they were sold / amounts sold in it."),
        numerator=Flow(orders.AMOUNT_PROCESSED),
        denominator=Flow(orders.ORDER_AMOUNT),
        estimate=Estimate.BOOTSTRAP,
        minimum=30,
    ),
]
