"""What people did, day by day: who was active, log-ins and views."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BigIntegerField,
    DateField,
    DateTimeField,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, ExtractIsoWeekDay
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, ActivityDay, Contact, Event
from accounts.models.facts import heard
from accounts.models.subscriptions import DateRange
from accounts.taxonomy import Topic, names_of
from accounts.usage import PERSON, active
from metrics.measures.customers import DayNumber
from metrics.measures.people import people, set_of, somebody
from metrics.populations import among
from metrics.sources import Clock, Dimension, Measure, Only, Reach, Source, Span


class Noon(Func):
    """Of a day in a zone."""

    template = "((%(expressions)s)"
    arg_joiner = " + time '12:00') AT TIME ZONE "
    output_field = DateTimeField()


def days_of_activity(clock: Clock) -> QuerySet:
    """Each as recorded in the middle of its day, or of a later one on which we learned of it."""
    zone = Value(clock.organisation.time_zone)
    rows = ActivityDay.objects.filter(machine=False)
    return rows.annotate(recorded_at=Noon(Coalesce("late_on", "day"), zone))


def active_days(reach: Reach) -> QuerySet:
    rows = days_of_activity(reach.clock).filter(reach.holds_day("day"), account__isnull=False)
    return rows.filter(active())


def first_active_days(reach: Reach) -> QuerySet:
    """Of each account its first active day; one of its rows."""
    acted = days_of_activity(reach.clock).filter(active(), heard("recorded_at", reach.known_until))
    first = acted.filter(account=OuterRef("pk")).order_by("day", "pk").values("pk")[:1]
    accounts = Account.objects.order_by()
    if reach.accounts is not None:
        accounts = accounts.filter(among("pk", reach.accounts))
    firsts = accounts.annotate(first_active=Subquery(first)).values("first_active")
    return days_of_activity(reach.clock).filter(pk__in=firsts)


def in_window(span: Span) -> Q:
    return span.holds_day("day")


def on_working_days(span: Span) -> Q:
    """By the organisation's week."""
    return in_window(span) & ~Q(weekday__in=span.clock.organisation.weekend)


def with_weekday(reach: Reach) -> QuerySet:
    return active_days(reach).annotate(weekday=ExtractIsoWeekDay("day"))


def activity(key: str, rows: Callable[[Reach], QuerySet], *besides: type[Model], **fields: Any) -> Source:
    return Source(key, ActivityDay, rows, moment="day", besides=(Event, Contact, *besides), **fields)


OF_ACTIVE = {"event": Dimension.field("name"), "campaign": Dimension.field("campaign")}
ACTIVE = activity("active_days", with_weekday, dimensions=OF_ACTIVE)
FIRST = activity("first_active_days", first_active_days)

# So many numbers has a person, one for each day.
DAYS_APART = 10_000_000


def person_day(_span: Span) -> Combinable:
    return Only(Cast(PERSON, BigIntegerField()) * DAYS_APART + DayNumber("day"))


ACTIVE_PEOPLE = people("active_people", _("Active people"), ACTIVE, in_window)
ACTIVE_EVENTS = Measure(
    "active_events", _("What active people did"), ACTIVE, where=in_window, value=lambda _span: F("count")
)
PERSON_DAYS = set_of(
    "active_person_days",
    _("Active days of people"),
    ACTIVE,
    lambda span: in_window(span) & Q(contact__isnull=False),
    person_day,
)
PEOPLE_ON_WORKING_DAYS = people(
    "active_people_on_working_days", _("People active on working days"), ACTIVE, on_working_days
)
PERSON_WORKING_DAYS = set_of(
    "active_person_working_days",
    _("Active working days of people"),
    ACTIVE,
    lambda span: on_working_days(span) & Q(contact__isnull=False),
    person_day,
)


class DaysBefore(Func):
    """How many of the days lie before a day."""

    function = "width_bucket"
    output_field = IntegerField()

    def __init__(self, day: Combinable, days: Combinable) -> None:
        super().__init__(ExpressionWrapper(day - 1, DateField()), days)


def days_since_first(span: Span, *, working: bool = False) -> Combinable:
    """Of the days of the window those from the first active day on."""
    rest_days = span.clock.organisation.weekend if working else ()
    window = [span.since + timedelta(days=i) for i in range(1, (span.day - span.since).days + 1)]
    counted = [day for day in window if day.isoweekday() not in rest_days]
    if not counted:
        return Value(0)
    return Value(len(counted)) - DaysBefore(F("day"), Value(counted, ArrayField(DateField())))


# The earliest of the days of merged accounts counts: the largest number.
DAYS_TO_BE_ACTIVE = Measure(
    "days_to_be_active",
    _("Days since the first active one"),
    FIRST,
    where=lambda span: Q(day__lte=span.day),
    value=days_since_first,
    aggregate="max",
)
WORKING_DAYS_TO_BE_ACTIVE = Measure(
    "working_days_to_be_active",
    _("Working days since the first active day"),
    FIRST,
    where=lambda span: Q(day__lte=span.day),
    value=lambda span: days_since_first(span, working=True),
    aggregate="max",
)

# Days on which anybody at all was active, after the window too


def active_days_later(reach: Reach) -> QuerySet:
    since, by = min(span.since for span in reach.spans), max(span.by_day for span in reach.spans)
    rows = days_of_activity(reach.clock).filter(day__gt=since, day__lte=by, account__isnull=False)
    return rows.filter(active())


ACTIVE_DAYS = Measure(
    "days_active",
    _("Active days"),
    # Apart from the other, whose windows are short.
    activity("active_days_later", active_days_later),
    where=lambda span: Q(day__gt=span.since, day__lte=span.by_day),
    value=lambda _span: DateRange(F("day"), ExpressionWrapper(F("day") + 1, DateField())),
    aggregate="range_agg",
    ripens=True,
)

# What is counted by its name


def of_names(key: str, *topics: Topic, **dimensions: Dimension) -> Source:
    def rows(reach: Reach) -> QuerySet:
        return days_of_activity(reach.clock).filter(reach.holds_day("day"), name__in=names_of(*topics))

    known = {"campaign": Dimension.field("campaign"), **dimensions}
    return activity(key, rows, may_lack_account=True, dimensions=known)


def times(_span: Span) -> Combinable:
    return F("count")


OBJECT = Dimension.field("object")
LOGINS_SOURCE = of_names("logins", Topic.LOGIN)
PAGES = of_names("page_views", Topic.PAGE, page=OBJECT)

LOGINS = Measure("logins", _("Log-ins"), LOGINS_SOURCE, where=in_window, value=times)
LOGINS_OF_PEOPLE = somebody(
    "logins_of_people", _("Log-ins of known people"), LOGINS_SOURCE, in_window, value=times
)
PAGE_VIEWS = Measure("page_views", _("Page views"), PAGES, where=in_window, value=times)


def of_page(span: Span) -> Q:
    """The one that is asked for, or any."""
    page = span.parameter("page")
    return in_window(span) & (Q(object=page) if page else ~Q(object=""))


VIEWS_OF_PAGE = Measure(
    "views_of_page", _("Views of the page"), PAGES, where=of_page, value=times, parameters=("page",)
)
