"""MRR and its movements, retention, renewals, revenue."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from metrics.catalogue.customers import CHURN, movement
from metrics.definitions import Better, Estimate, Family, Level, Metric, Parameter, Unit
from metrics.measures import payments, subscriptions
from metrics.measures.customers import customer, had_mrr, mrr
from metrics.sources import Measure
from metrics.terms import END, START, EachMonth, Flow, Term, count, least, when

# Words by which people look for several of them.
RUN_RATE = (
    "run rate",
    "monthly recurring revenue",
    "annual recurring revenue",
    "الإيراد الشهري المتكرر",
    "الإيراد السنوي المتكرر",
    "الإيرادات الشهرية المتكررة",
    "الإيرادات السنوية المتكررة",
)
DOLLAR_RETENTION = (
    "NDR",
    "net dollar retention",
    "net revenue retention",
    "GDR",
    "gross dollar retention",
    "gross revenue retention",
)

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

COHORT_MRR = when(mrr(START) > 0, mrr(START))
COHORT_MRR_NOW = when(mrr(START) > 0, AFTER)
COHORT_MRR_KEPT = when(mrr(START) > 0, least(BEFORE, AFTER))


MOVEMENTS = Parameter(
    "movements",
    _("months or the two ends"),
    default="months",
    choices=(("months", _("the months added up")), ("ends", _("the two ends only"))),
)


def _movement(key: str, name: Promise, formula: Promise, amount: Term, better: Better) -> Metric:
    return movement(key, name, formula, EachMonth(amount), better, Unit.MONEY, parameters=(MOVEMENTS,))


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


REVENUE = [
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
        parameters=(MOVEMENTS,),
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
]
