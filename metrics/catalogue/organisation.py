"""What the whole organisation earns and spends: expenses belong to no account."""

from django.utils.translation import gettext_lazy as _

from metrics.catalogue.customers import JOINED
from metrics.definitions import Better, Family, Level, Metric, Unit
from metrics.measures import expenses, payments
from metrics.terms import Flow, count

ORGANISATION = [
    Metric(
        key="profit",
        name=_("Profit"),
        family=Family.REVENUE,
        unit=Unit.MONEY,
        better=Better.UP,
        window="month",
        level=Level.ORGANISATION,
        formula=_(
            "Total revenue − all expenses. Of a month that the window cuts, the expenses count by their share of its "
            "days, at the exchange rate of the month's last day, or of the window's where that comes first."
        ),
        numerator=Flow(payments.REVENUE) - Flow(expenses.SPENT),
        aliases=("income", "earnings", "الإيرادات الشهرية الكلية", "نقاط الدخل"),
    ),
    Metric(
        key="gross_margin",
        name=_("Gross margin"),
        family=Family.REVENUE,
        unit=Unit.PERCENT,
        better=Better.UP,
        window="month",
        level=Level.ORGANISATION,
        formula=_(
            "(Total revenue − expenses of the kind cost of revenue) / total revenue. Where the window has no such "
            "expenses, the gross margin of the settings."
        ),
        numerator=Flow(payments.REVENUE) - Flow(expenses.COST_OF_REVENUE),
        denominator=Flow(payments.REVENUE),
        setting="gross_margin_share",
    ),
    Metric(
        key="customer_acquisition_cost",
        name=_("CAC"),
        family=Family.REVENUE,
        unit=Unit.MONEY,
        better=Better.DOWN,
        window="90d",
        level=Level.ORGANISATION,
        formula=_(
            "Expenses of sales and marketing / new customers of the same window. Split by acquisition channel, an "
            "expense counts in the channel that it names."
        ),
        numerator=Flow(expenses.COST_OF_ACQUISITION),
        denominator=count(JOINED),
        needs_expenses=True,
        carries=("acquired_channel",),
        aliases=("CAC", "customer acquisition cost", "كاك", "تكلفة الاستحواذ على العميل"),
    ),
    Metric(
        key="cac_payback_months",
        name=_("CAC payback"),
        family=Family.REVENUE,
        unit=Unit.MONTHS,
        better=Better.DOWN,
        level=Level.ORGANISATION,
        formula=_("CAC / (revenue per account × gross margin), each in its own window."),
        of=("customer_acquisition_cost", "arpa", "gross_margin"),
        combine=lambda cost, arpa, margin: cost / (arpa * margin),
        minimum=30,
    ),
]
