"""Sessions: how long they were, where they ended and what was reached in them."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Func, Q, QuerySet
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

from accounts.models import Contact, Event, Goal, Session
from metrics.measures.calendars import NUMBER
from metrics.measures.people import people, somebody
from metrics.sources import Dimension, Measure, Reach, Source, Span


class Minutes(Func):
    """Between two instants, the later one first."""

    template = "extract(epoch FROM %(expressions)s) / 60"
    arg_joiner = " - "
    output_field = NUMBER


def sessions_of_the_windows(reach: Reach) -> QuerySet:
    return Session.objects.filter(reach.holds_day("day"))


def sessions(key: str, page: str) -> Source:
    """`page` is the field by which they are split."""
    return Source(
        key,
        Session,
        sessions_of_the_windows,
        moment="began",
        may_lack_account=True,
        dimensions={
            "page": Dimension.field(page),
            "channel": Dimension.field("channel"),
            "campaign": Dimension.field("campaign"),
        },
        besides=(Event, Contact),
    )


SOURCE = sessions("sessions", page="entry")
EXITS_SOURCE = sessions("exits", page="exit")


def begun(span: Span) -> Q:
    return span.holds_day("day")


def minutes(_span: Span) -> Combinable:
    return Minutes(F("ended"), F("began"))


def bounced(span: Span) -> Q:
    return begun(span) & Q(pages=1, events=1)


def ended_on_page(span: Span) -> Q:
    page = span.parameter("page")
    return begun(span) & (Q(exit=page) if page else ~Q(exit=""))


def reached_goal(span: Span) -> Q:
    """The one that is asked for, or any."""
    code = span.parameter("goal")
    goals = Goal.objects.filter(code=code) if code else Goal.objects.all()
    return begun(span) & Q(goals__overlap=ArraySubquery(goals.order_by().values("pk")))


SESSIONS = Measure("sessions", _("Sessions"), SOURCE, where=begun)
SESSIONS_OF_PEOPLE = somebody("sessions_of_people", _("Sessions of known people"), SOURCE, begun)
PEOPLE = people("people_with_a_session", _("People with a session"), SOURCE, begun)
MINUTES = Measure(
    "session_minutes", _("Minutes of sessions"), SOURCE, where=begun, value=minutes, unit="minutes"
)
MINUTES_OF_PEOPLE = somebody(
    "session_minutes_of_people",
    _("Minutes of sessions of known people"),
    SOURCE,
    begun,
    value=minutes,
    unit="minutes",
)
VISITS = Measure(
    "sessions_with_a_page",
    _("Sessions with a page view"),
    SOURCE,
    where=lambda span: begun(span) & Q(pages__gte=1),
)
BOUNCES = Measure("bounces", _("Sessions with one page view and nothing else"), SOURCE, where=bounced)
EXITS = Measure(
    "exits", _("Sessions that ended on the page"), EXITS_SOURCE, where=ended_on_page, parameters=("page",)
)
CONVERSIONS = Measure(
    "sessions_with_the_goal",
    _("Sessions that reached the goal"),
    SOURCE,
    where=reached_goal,
    parameters=("goal",),
)
PEOPLE_CONVERTED = people(
    "people_with_the_goal", _("People who reached the goal"), SOURCE, reached_goal, ("goal",)
)
