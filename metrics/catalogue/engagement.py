"""What people do in the product."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Goal
from metrics.definitions import PERSONS, Better, Durations, Estimate, Family, Metric, Parameter, Unit
from metrics.measures import activity, identities, licences, sessions
from metrics.measures.customers import customer, mrr
from metrics.measures.orders import ORDER_COUNT
from metrics.measures.subscriptions import SEATS
from metrics.terms import END, AtPeak, Condition, Flow, Level, Term, count, least, size, when

PAGE = Parameter("page", _("page"), default="")
GOAL = Parameter("goal", _("goal"), default="", of=Goal)

OF_UNITS: dict[str, Any] = {"estimate": Estimate.STUDENT, "minimum_counts": "units"}
SHARE_OF_UNITS: dict[str, Any] = {"estimate": Estimate.WILSON_CLUSTERED, "minimum_counts": "units"}

ACTIVE = Flow(activity.ACTIVE_PEOPLE)
ACTIVE_PEOPLE = size(ACTIVE)
SEATS_ON_DAY = Level(SEATS, END, END)
HAS_SEATS = SEATS_ON_DAY > 0
BY_MONTH = (
    Level(licences.PEOPLE_BY_MONTH, END, END),
    SEATS_ON_DAY,
    Level(licences.CURRENT_TERM, END, END),
)
IS_ACTIVE: Condition = (Flow(activity.ACTIVE_EVENTS) > 0) | (Flow(ORDER_COUNT) > 0)


def engagement(
    key: str,
    name: Promise,
    formula: Promise,
    numerator: Term,
    denominator: Term | None = None,
    *,
    unit: Unit = Unit.COUNT,
    better: Better = Better.UP,
    window: str | None = "30d",
    **fields: Any,
) -> Metric:
    return Metric(
        key=key,
        name=name,
        family=Family.ENGAGEMENT,
        unit=unit,
        better=better,
        window=window,
        formula=formula,
        numerator=numerator,
        denominator=denominator,
        **fields,
    )


def _active_users(key: str, name: Promise, window: str, aliases: tuple[str, ...] = ()) -> Metric:
    formula = _("People with at least one active event in the window: contacts, each once.")
    return engagement(
        key,
        name,
        formula,
        ACTIVE_PEOPLE,
        window=window,
        aliases=aliases,
        parameters=(PERSONS,),
        people=(ACTIVE,),
    )


# Words by which people look for either.
USERS = ("DAU", "MAU", "نسبة العملاء النشطين شهريًا")

PEOPLE = [
    _active_users("daily_active_users", _("Daily active users"), "1d", USERS),
    _active_users("weekly_active_users", _("Weekly active users"), "7d", ("WAU",)),
    _active_users(
        "monthly_active_users",
        _("Monthly active users"),
        "30d",
        USERS,
    ),
    engagement(
        "stickiness",
        _("Stickiness"),
        _(
            "Days of the window on which each person was active, added up / (days of the window × people active in "
            "it). Of an account whose first active day lies in the window, the days from it on."
        ),
        size(Flow(activity.PERSON_DAYS)),
        Flow(activity.DAYS_TO_BE_ACTIVE) * ACTIVE_PEOPLE,
        unit=Unit.PERCENT,
        minimum=10,
        aliases=("DAU/MAU",),
        **OF_UNITS,
    ),
    engagement(
        "stickiness_working_days",
        _("Stickiness on working days"),
        _(
            "Working days of the window on which each person was active, added up / (working days of the window × "
            "people active on one). The organisation's week says which days are worked; of an account whose first "
            "active day lies in the window, those from it on."
        ),
        size(Flow(activity.PERSON_WORKING_DAYS)),
        Flow(activity.WORKING_DAYS_TO_BE_ACTIVE) * size(Flow(activity.PEOPLE_ON_WORKING_DAYS)),
        unit=Unit.PERCENT,
        minimum=10,
        **OF_UNITS,
    ),
    engagement(
        "active_customers",
        _("Active customers"),
        _("Customers on the day with an active event or an order in the window."),
        count(customer(END) & IS_ACTIVE),
    ),
    engagement(
        "active_customer_rate",
        _("Active customer rate"),
        _("Customers on the day with an active event or an order in the window / customers on the day."),
        count(customer(END) & IS_ACTIVE),
        count(customer(END)),
        unit=Unit.PERCENT,
        estimate=Estimate.WILSON,
        minimum=30,
    ),
    engagement(
        "licence_utilisation",
        _("Licence utilisation"),
        _(
            "Active people of accounts with seats / seats: the quantities of the paid subscriptions in service on the "
            "day. Accounts whose subscriptions name no quantity are in neither; may exceed 100 %."
        ),
        when(HAS_SEATS, ACTIVE_PEOPLE),
        SEATS_ON_DAY,
        unit=Unit.PERCENT,
        minimum=10,
        aliases=("license utilization", "استخدام الترخيص"),
        **OF_UNITS,
    ),
    engagement(
        "licence_utilisation_peak",
        _("Peak utilisation"),
        _(
            "The highest licence utilisation at the end of a month since the current term began, of several terms the "
            "first: people active in the thirty days up to it / seats on it. Of a longer term the last 36 months. "
            "Several accounts bring the people and the seats of their own highest months, each added up."
        ),
        AtPeak(*BY_MONTH),
        AtPeak(*BY_MONTH, is_below=True),
        unit=Unit.PERCENT,
        window=None,
        minimum=10,
        minimum_counts="units",
    ),
    engagement(
        "seats_assigned",
        _("Seats assigned"),
        _(
            "People with a user identity that is theirs on the day, of accounts with seats: paid subscriptions in "
            "service that name a quantity."
        ),
        when(HAS_SEATS, size(Level(identities.ASSIGNED, END, END))),
        window=None,
    ),
]

ARPU = Metric(
    key="arpu",
    name=_("Revenue per user"),
    family=Family.REVENUE,
    unit=Unit.MONEY,
    better=Better.UP,
    window="30d",
    formula=_(
        "MRR on the day / people of paying customers who were active in the window. Customers none of whose people "
        "were active bring their MRR all the same."
    ),
    numerator=mrr(END),
    denominator=when(customer(END) & (mrr(END) > 0), ACTIVE_PEOPLE),
    estimate=Estimate.STUDENT,
    minimum=30,
    aliases=("متوسط العائد لكل عميل",),
)

SESSIONS = [
    engagement(
        "logins",
        _("Log-ins"),
        _("Log-in events of the window, without those of machines."),
        Flow(activity.LOGINS),
    ),
    engagement(
        "logins_per_person",
        _("Log-ins per person"),
        _("Log-ins of known people in the window / people active in it."),
        Flow(activity.LOGINS_OF_PEOPLE),
        ACTIVE_PEOPLE,
        minimum=10,
        **OF_UNITS,
    ),
    engagement(
        "sessions",
        _("Sessions"),
        _(
            "Sessions begun in the window. A session ends after 30 minutes without an event or when the sender's "
            "session id changes."
        ),
        Flow(sessions.SESSIONS),
    ),
    engagement(
        "sessions_per_person",
        _("Sessions per person"),
        _("Sessions of known people in the window / people active in it."),
        Flow(sessions.SESSIONS_OF_PEOPLE),
        ACTIVE_PEOPLE,
        minimum=10,
        **OF_UNITS,
    ),
    engagement(
        "session_duration",
        _("Session duration"),
        _(
            "Sessions begun in the window: mean minutes from the first event to the last; a session of one event "
            "counts 0."
        ),
        Flow(sessions.MINUTES),
        Flow(sessions.SESSIONS),
        unit=Unit.MINUTES,
        minimum=30,
        aliases=("time on site", "معدل الوقت المستغرق في التصفح"),
        **OF_UNITS,
    ),
    engagement(
        "session_duration_median",
        _("Median session duration"),
        _(
            "Sessions begun in the window: the median of the minutes from the first event to the last; a session of "
            "one event counts 0."
        ),
        Flow(sessions.SESSIONS),
        Flow(sessions.SESSIONS),
        unit=Unit.MINUTES,
        durations=Durations(sessions.MINUTES, reached=sessions.SESSIONS),
        estimate=Estimate.ORDER_STATISTICS,
        minimum=10,
        minimum_counts="units",
    ),
    engagement(
        "time_in_product",
        _("Time in product"),
        _("Minutes of the sessions of known people in the window / people active in it."),
        Flow(sessions.MINUTES_OF_PEOPLE),
        ACTIVE_PEOPLE,
        unit=Unit.MINUTES,
        minimum=10,
        aliases=("time on site", "معدل الوقت المستغرق في التصفح"),
        **OF_UNITS,
    ),
    engagement(
        "page_views",
        _("Page views"),
        _("Views of pages and screens in the window, without those of machines."),
        Flow(activity.PAGE_VIEWS),
    ),
    engagement(
        "bounce_rate",
        _("Bounce rate"),
        _("Sessions of the window with one page view and no other event / sessions with a page view."),
        Flow(sessions.BOUNCES),
        Flow(sessions.VISITS),
        unit=Unit.PERCENT,
        better=Better.DOWN,
        minimum=100,
        **SHARE_OF_UNITS,
    ),
    engagement(
        "exit_rate",
        _("Exit rate"),
        _(
            "Of one page: sessions of the window that ended on it / views of it in the window. Without a page there "
            "is no value, but a split by page is the table of all."
        ),
        # A session belongs to the day it began, its last view maybe to the next.
        least(Flow(sessions.EXITS), Flow(activity.VIEWS_OF_PAGE)),
        Flow(activity.VIEWS_OF_PAGE),
        unit=Unit.PERCENT,
        better=Better.DOWN,
        minimum=100,
        parameters=(PAGE,),
        of_each="page",
        **SHARE_OF_UNITS,
    ),
]

ENGAGEMENT = [*PEOPLE, *SESSIONS]
