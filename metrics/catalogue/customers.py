"""Customers: who comes, stays and goes, and why; those to be won."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from metrics.definitions import Better, Durations, Estimate, Family, Level, Metric, Parameter, Unit
from metrics.measures import departures, leads, subscriptions
from metrics.measures.customers import customer, ever_customer, mrr
from metrics.terms import END, START, Flow, Term, count

# Words by which people look for several of them.
CHURN = (
    "churn",
    "attrition",
    "logo churn",
    "معدل الفقد في العملاء",
    "معدل زبد العملاء",
    "معدل الزبد",
    "التخبط",
    "التراجع",
    "معدلات ترك الخدمة",
)

JOINED = ever_customer(END) & ~ever_customer(START)


def movement(
    key: str,
    name: Promise,
    formula: Promise,
    moved: Term,
    better: Better,
    unit: Unit = Unit.COUNT,
    **fields: Any,
) -> Metric:
    """Of one fixed set, so that at start + new − joined and left + returned − lost = at end in every population."""
    return Metric(
        key=key,
        name=name,
        family=Family.REVENUE,
        unit=unit,
        better=better,
        window="month",
        membership=START,
        formula=formula,
        numerator=moved,
        **fields,
    )


TRIAL_DAYS = Parameter("conversion_days", _("days to convert"), default=14)
LEAD_DAYS = Parameter("conversion_days", _("days to convert"), default=90)

CUSTOMERS = [
    Metric(
        key="customers",
        name=_("Customers"),
        family=Family.REVENUE,
        unit=Unit.COUNT,
        better=Better.UP,
        formula=_(
            "Customers on the day: accounts with a paid subscription in service; without any subscription so far, "
            "those with a recent order; without either, those whose stage is onboarding, live or renewing."
        ),
        numerator=count(customer(END)),
    ),
    Metric(
        key="paying_customers",
        name=_("Paying customers"),
        family=Family.REVENUE,
        unit=Unit.COUNT,
        better=Better.UP,
        formula=_("Customers on the day whose MRR is above zero."),
        numerator=count(customer(END) & (mrr(END) > 0)),
    ),
    movement(
        "new_customers",
        _("New customers"),
        _(
            "Accounts whose first day as a customer ever lies in the window, also those that left again inside it."
        ),
        count(JOINED),
        Better.UP,
    ),
    movement(
        "customers_returned",
        _("Returned customers"),
        _("Customers at the end of the window that were none at its start and had been customers before."),
        count(customer(END) & ~customer(START) & ever_customer(START)),
        Better.UP,
    ),
    movement(
        "customers_lost",
        _("Lost customers"),
        _("Customers at the start of the window that are no customers at its end."),
        count(customer(START) & ~customer(END)),
        Better.DOWN,
    ),
    movement(
        "customers_joined_and_left",
        _("Joined and left"),
        _("New customers of the window that are no customers at its end; they are in no churn rate."),
        count(JOINED & ~customer(END)),
        Better.DOWN,
    ),
    Metric(
        key="customer_churn_rate",
        name=_("Customer churn"),
        family=Family.REVENUE,
        unit=Unit.PERCENT,
        better=Better.DOWN,
        window="30d",
        membership=START,
        formula=_("Of the customers at the start of the window, the share that are no customers at its end."),
        numerator=count(customer(START) & ~customer(END)),
        denominator=count(customer(START)),
        estimate=Estimate.WILSON,
        minimum=30,
        aliases=CHURN,
    ),
    Metric(
        key="customer_retention_rate",
        name=_("Customer retention"),
        family=Family.REVENUE,
        unit=Unit.PERCENT,
        better=Better.UP,
        window="30d",
        membership=START,
        formula=_("Of the customers at the start of the window, the share that are customers at its end."),
        numerator=count(customer(START) & customer(END)),
        denominator=count(customer(START)),
        estimate=Estimate.WILSON,
        minimum=30,
    ),
    Metric(
        key="churn_by_reason",
        name=_("Churn by reason"),
        family=Family.REVENUE,
        unit=Unit.COUNT,
        better=Better.DOWN,
        window="12m",
        formula=_(
            "Departures whose churn day lies in the window. What two merged accounts say of one day counts once."
        ),
        numerator=Flow(departures.DEPARTURES),
    ),
    Metric(
        key="churn_by_reason_mrr",
        name=_("Churn by reason, MRR"),
        family=Family.REVENUE,
        unit=Unit.MONEY,
        better=Better.DOWN,
        window="12m",
        formula=_(
            "MRR of the accounts of these departures on the day before the churn day, at the rate of that day."
        ),
        numerator=Flow(departures.MRR_LOST),
    ),
]

WINNING = [
    Metric(
        key="trial_conversion_rate",
        name=_("Trial conversion"),
        family=Family.REVENUE,
        unit=Unit.PERCENT,
        better=Better.UP,
        window="90d",
        level=Level.POPULATION,
        formula=_(
            "Trials that ended in the window, shifted back by the days to convert: the share with a paid period by "
            "then."
        ),
        numerator=Flow(subscriptions.TRIALS_CONVERTED),
        denominator=Flow(subscriptions.TRIALS_ENDED),
        estimate=Estimate.WILSON,
        minimum=30,
        parameters=(TRIAL_DAYS,),
        ripens_for="conversion_days",
    ),
    Metric(
        key="leads",
        name=_("Leads"),
        family=Family.REVENUE,
        unit=Unit.COUNT,
        better=Better.UP,
        window="month",
        formula=_(
            "People whose first interest lies in the window. The same e-mail address is the same person, whose first "
            "interest is the earliest of all."
        ),
        numerator=Flow(leads.LEADS),
        aliases=("prospects", "حجم العملاء المحتملين"),
    ),
    Metric(
        key="lead_conversion_rate",
        name=_("Lead conversion"),
        family=Family.REVENUE,
        unit=Unit.PERCENT,
        better=Better.UP,
        window="90d",
        level=Level.POPULATION,
        formula=_(
            "People whose first interest lies in the window, shifted back by the days to convert: the share whose "
            "account's first day as a customer ever came by then. Who has no account, and whose account had been a "
            "customer before, is not converted."
        ),
        numerator=Flow(leads.LEADS_CONVERTED),
        denominator=Flow(leads.LEADS_TO_CONVERT),
        estimate=Estimate.WILSON,
        minimum=30,
        minimum_counts="units",
        parameters=(LEAD_DAYS,),
        ripens_for="conversion_days",
    ),
    Metric(
        key="time_to_convert",
        name=_("Time to convert"),
        family=Family.REVENUE,
        unit=Unit.DAYS,
        better=Better.DOWN,
        window="365d",
        level=Level.POPULATION,
        formula=_(
            "People whose first interest lies in the window: Kaplan–Meier median of the days to their account's first "
            "day as a customer ever. Who has no account, and whose account has not become a customer by the end of the "
            "window or had been one before, is still waited for."
        ),
        numerator=Flow(leads.LEADS_WON),
        denominator=Flow(leads.LEADS),
        durations=Durations(leads.DAYS_UNCONVERTED, reached=leads.LEADS_WON),
        estimate=Estimate.KAPLAN_MEIER,
        minimum=10,
        minimum_counts="events",
    ),
]
