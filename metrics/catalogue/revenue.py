"""Revenue and retention."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from metrics.definitions import Better, Estimate, Family, Level, Metric, Parameter, Unit
from metrics.measures import departures, expenses, leads, payments, subscriptions
from metrics.measures.customers import customer, ever_customer, had_mrr, mrr
from metrics.sources import Measure
from metrics.terms import END, START, Condition, EachMonth, Flow, Term, count, least, when

# Movements compare the two ends of a month at the rates of its start, so that a falling currency is no contraction.
BEFORE = mrr(START)
AFTER = mrr(END, rates=START)
RISE = AFTER - BEFORE
FALL = BEFORE - AFTER
ROSE_FROM_NOTHING = BEFORE.is_zero() & (AFTER > 0)
NEW = ROSE_FROM_NOTHING & ~had_mrr(START)
REACTIVATED = ROSE_FROM_NOTHING & had_mrr(START) & ~customer(START)
FELL_AND_LEFT = (FALL > 0) & AFTER.is_zero() & ~customer(END)

RISEN = when(RISE > 0, RISE)
FALLEN = when(FALL > 0, FALL)

JOINED = ever_customer(END) & ~ever_customer(START)

COHORT_MRR = when(mrr(START) > 0, mrr(START))
COHORT_MRR_NOW = when(mrr(START) > 0, AFTER)
COHORT_MRR_KEPT = when(mrr(START) > 0, least(BEFORE, AFTER))


def _movement(
    key: str, name: Promise, formula: Promise, amount: Term, better: Better, aliases: tuple[str, ...] = ()
) -> Metric:
    return Metric(
        key=key,
        name=name,
        family=Family.REVENUE,
        unit=Unit.MONEY,
        better=better,
        window="month",
        membership=START,
        formula=formula,
        numerator=EachMonth(amount),
        aliases=aliases,
    )


def _moved(key: str, name: Promise, formula: Promise, who: Condition, better: Better) -> Metric:
    """Of one fixed set, so that at start + new − joined and left + returned − lost = at end in every population."""
    return Metric(
        key=key,
        name=name,
        family=Family.REVENUE,
        unit=Unit.COUNT,
        better=better,
        window="month",
        membership=START,
        formula=formula,
        numerator=count(who),
    )


def _of_cohort(
    key: str,
    name: Promise,
    formula: Promise,
    numerator: Term,
    better: Better,
    window: str,
    aliases: tuple[str, ...],
) -> Metric:
    return Metric(
        key=key,
        name=name,
        family=Family.REVENUE,
        unit=Unit.PERCENT,
        better=better,
        window=window,
        membership=START,
        formula=formula,
        numerator=numerator,
        denominator=COHORT_MRR,
        estimate=Estimate.BOOTSTRAP,
        minimum=30,
        aliases=aliases,
    )


def _renewal(key: str, name: Promise, formula: Promise, renewed: Measure) -> Metric:
    return Metric(
        key=key,
        name=name,
        family=Family.REVENUE,
        unit=Unit.PERCENT,
        better=Better.UP,
        window="90d",
        formula=formula,
        numerator=Flow(renewed),
        denominator=Flow(subscriptions.MRR_DUE),
        estimate=Estimate.BOOTSTRAP,
        minimum=30,
        parameters=(GRACE_DAYS, MIN_TERM),
        ripens_for="grace_days",
    )


GRACE_DAYS = Parameter("grace_days", _("days of grace after the end"), default=14)
MIN_TERM = Parameter("min_term", _("least days of a commitment"), default=90)
TRIAL_DAYS = Parameter("conversion_days", _("days to convert"), default=14)
LEAD_DAYS = Parameter("conversion_days", _("days to convert"), default=90)

# Words by which people look for several of them.
RUN_RATE = (
    "run rate",
    "monthly recurring revenue",
    "annual recurring revenue",
    "الإيراد الشهري المتكرر",
    "الإيراد السنوي المتكرر",
)
DOLLAR_RETENTION = (
    "NDR",
    "net dollar retention",
    "net revenue retention",
    "GDR",
    "gross dollar retention",
    "gross revenue retention",
)
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

REVENUE = [
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
    _moved(
        "new_customers",
        _("New customers"),
        _(
            "Accounts whose first day as a customer ever lies in the window, also those that left again inside it."
        ),
        JOINED,
        Better.UP,
    ),
    _moved(
        "customers_returned",
        _("Returned customers"),
        _("Customers at the end of the window that were none at its start and had been customers before."),
        customer(END) & ~customer(START) & ever_customer(START),
        Better.UP,
    ),
    _moved(
        "customers_lost",
        _("Lost customers"),
        _("Customers at the start of the window that are no customers at its end."),
        customer(START) & ~customer(END),
        Better.DOWN,
    ),
    _moved(
        "customers_joined_and_left",
        _("Joined and left"),
        _("New customers of the window that are no customers at its end; they are in no churn rate."),
        JOINED & ~customer(END),
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
    Metric(
        key="mrr",
        name=_("MRR"),
        family=Family.REVENUE,
        unit=Unit.MONEY,
        better=Better.UP,
        formula=_("Sum of the monthly amounts of all paid subscriptions in service at the end of the day."),
        numerator=mrr(END),
        aliases=RUN_RATE,
    ),
    Metric(
        key="arr",
        name=_("ARR (run rate)"),
        family=Family.REVENUE,
        unit=Unit.MONEY,
        better=Better.UP,
        formula=_("12 × MRR: the annual run rate, not the revenue of a year."),
        of=("mrr",),
        combine=lambda mrr: 12 * mrr,
        aliases=RUN_RATE,
    ),
    _movement(
        "mrr_new",
        _("New MRR"),
        _(
            "MRR of accounts that had none at the start of the month and never before; months of the window added up."
        ),
        when(NEW, RISE),
        Better.UP,
    ),
    _movement(
        "mrr_reactivated",
        _("Reactivated MRR"),
        _(
            "MRR of accounts that came back: they had MRR before and were no customers at the start of the month."
        ),
        when(REACTIVATED, RISE),
        Better.UP,
    ),
    _movement(
        "mrr_expansion",
        _("Expansion MRR"),
        _("Every other rise of an account's MRR within the month, also out of a pause."),
        when((RISE > 0) & ~NEW & ~REACTIVATED, RISE),
        Better.UP,
    ),
    _movement(
        "mrr_contraction",
        _("Contraction MRR"),
        _(
            "Falls of the MRR of accounts that are still customers at the end of the month, also into a pause."
        ),
        when((FALL > 0) & ~FELL_AND_LEFT, FALL),
        Better.DOWN,
    ),
    _movement(
        "mrr_churned",
        _("Churned MRR"),
        _("Falls of MRR to zero of accounts that are no customers at the end of the month."),
        when(FELL_AND_LEFT, FALL),
        Better.DOWN,
    ),
    _movement(
        "mrr_fx",
        _("Currency difference"),
        _(
            "What the exchange rates moved: MRR at the end of the month at its own rates, less at those of its start."
        ),
        mrr(END) - AFTER,
        Better.NONE,
    ),
    Metric(
        key="arpa",
        name=_("Revenue per account"),
        family=Family.REVENUE,
        unit=Unit.MONEY,
        better=Better.UP,
        formula=_("MRR / paying customers, on the day."),
        numerator=mrr(END),
        denominator=count(customer(END) & (mrr(END) > 0)),
        estimate=Estimate.BOOTSTRAP,
        minimum=30,
        aliases=("ARPA", "ARPU", "متوسط العائد لكل عميل"),
    ),
    _of_cohort(
        "net_revenue_retention",
        _("NRR"),
        _(
            "The accounts that had MRR at the start of the window: their MRR at its end / their MRR at its start."
        ),
        COHORT_MRR_NOW,
        Better.UP,
        "12m",
        DOLLAR_RETENTION,
    ),
    _of_cohort(
        "gross_revenue_retention",
        _("GRR"),
        _("The same accounts: the smaller of their MRR at both ends of the window / their MRR at its start."),
        COHORT_MRR_KEPT,
        Better.UP,
        "12m",
        DOLLAR_RETENTION,
    ),
    _of_cohort(
        "revenue_churn_rate",
        _("Revenue churn"),
        _("1 − GRR of the same window and accounts."),
        COHORT_MRR - COHORT_MRR_KEPT,
        Better.DOWN,
        "30d",
        CHURN,
    ),
    _of_cohort(
        "net_revenue_churn_rate",
        _("Net revenue churn"),
        _("1 − NRR of the same window and accounts; below zero where expansion wins."),
        COHORT_MRR - COHORT_MRR_NOW,
        Better.DOWN,
        "30d",
        CHURN,
    ),
    Metric(
        key="quick_ratio",
        name=_("Quick ratio"),
        family=Family.REVENUE,
        unit=Unit.RATIO,
        better=Better.UP,
        window="3m",
        membership=START,
        level=Level.POPULATION,
        formula=_(
            "(New + reactivated + expansion MRR) / (contraction + churned MRR), the movements of the months added up."
        ),
        numerator=EachMonth(RISEN),
        denominator=EachMonth(FALLEN),
        estimate=Estimate.BOOTSTRAP,
        minimum=30,
    ),
    Metric(
        key="renewal_rate",
        name=_("Renewal rate"),
        family=Family.REVENUE,
        unit=Unit.PERCENT,
        better=Better.UP,
        window="90d",
        formula=_(
            "Committed terms whose end lies in the window, shifted back by the days of grace: the share followed by a "
            "paid period that went on over the end or began at most so many days after it. What ended early counts as "
            "lost and what was renewed early as renewed, both on the original day."
        ),
        numerator=Flow(subscriptions.TERMS_RENEWED),
        denominator=Flow(subscriptions.TERMS_DUE),
        estimate=Estimate.WILSON_CLUSTERED,
        minimum=30,
        minimum_counts="units",
        parameters=(GRACE_DAYS, MIN_TERM),
        ripens_for="grace_days",
        aliases=("معدل عودة العملاء",),
    ),
    _renewal(
        "renewal_rate_by_value",
        _("Renewal by value"),
        _(
            "The terms of the renewal rate: the smaller of renewed and due MRR / due MRR. Due is what the term says, "
            "else the MRR of its subscription on the term's last day or, where that is zero (ended early, paused), on "
            "its first. Renewed is what the term says, else the MRR on the day on which grace ends. Both at the "
            "exchange rate of the day on which the term ends."
        ),
        subscriptions.MRR_KEPT,
    ),
    _renewal(
        "renewal_rate_net",
        _("Renewal by value, net"),
        _("The same terms: renewed MRR / due MRR; above 100% where renewals are larger than what was due."),
        subscriptions.MRR_RENEWED,
    ),
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
        key="total_revenue",
        name=_("Total revenue"),
        family=Family.REVENUE,
        unit=Unit.MONEY,
        better=Better.UP,
        window="month",
        formula=_(
            "Payments received in the window less refunds paid in it, each at the exchange rate of its day, without "
            "tax."
        ),
        numerator=Flow(payments.REVENUE),
        aliases=("income", "earnings", "الإيرادات الشهرية الكلية", "نقاط الدخل"),
    ),
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
        formula=_("Expenses of sales and marketing / new customers of the same window."),
        numerator=Flow(expenses.COST_OF_ACQUISITION),
        denominator=count(JOINED),
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
]
