"""Tickets and their logs."""

from collections.abc import Callable
from datetime import timedelta
from functools import reduce
from operator import or_

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    Case,
    DateTimeField,
    Exists,
    F,
    FloatField,
    Func,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    TextField,
    Value,
    When,
    Window,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan, GreaterThanOrEqual, In, IsNull
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import (
    Ticket,
    TicketEvent,
)
from accounts.models.facts import heard
from metrics.measures.calendars import Hours, working_hours
from metrics.sources import Dimension, Measure, Reach, Source, Span


class Place(Func):
    """An event's place in the log: its time, then its arrival where times are the same. Compares as a whole."""

    template = "ARRAY[date_part('epoch', %(expressions)s]"
    arg_joiner = "), "
    output_field = ArrayField(FloatField())


PLACE = Place("events__happened_at", "events__id")
ENDING = Q(events__kind__in=TicketEvent.ENDING)
WORK = Q(events__kind__in=[kind for kind in TicketEvent.Kind if kind not in TicketEvent.ENDING])
ENTRY = Place("happened_at", "id")
ENDING_ENTRY = Q(kind__in=TicketEvent.ENDING)


def logged(span: Span) -> Q:
    return Q(events__happened_at__lt=span.until) & heard("events__recorded_at", span.known_until)


def first_reply(span: Span) -> Min:
    """The first reply that the customer saw and a person gave."""
    reply = Q(events__kind="replied", events__by="staff", events__public=True)
    return Min("events__happened_at", filter=logged(span) & reply)


def last_resolution(span: Span) -> Max:
    return Max("events__happened_at", filter=logged(span) & Q(events__kind="resolved"))


def last_work(span: Span) -> Max:
    return Max(PLACE, filter=logged(span) & WORK)


def is_ended(span: Span) -> Q:
    """Nothing but the closing came after the last ending."""
    ended = GreaterThan(Max(PLACE, filter=logged(span) & ENDING), last_work(span))
    return Q(ended) | Q(IsNull(last_work(span), True))


def resolved_for_good(span: Span) -> Q:
    """The last resolution so far lies in the window, and the ticket is not open."""
    return Q(GreaterThanOrEqual(last_resolution(span), span.after)) & is_ended(span)


def resolution(span: Span) -> Case:
    """The last one so far, where the ticket is not open."""
    return Case(When(is_ended(span), then=last_resolution(span)), output_field=DateTimeField())


def resolved_in_window(span: Span) -> Q:
    known = heard("events__recorded_at", span.known_until)
    return Q(events__kind="resolved") & span.holds("events__happened_at") & known


def worked_on_after(span: Span) -> Q:
    """Work after a resolution of the window, by the end of it."""
    first = Min(PLACE, filter=resolved_in_window(span))
    return Q(GreaterThan(last_work(span), first))


def helped() -> QuerySet:
    return Ticket.objects.filter(spam=False, merged_into=None, opened_by_staff=False)


def opened_tickets(reach: Reach) -> QuerySet:
    """Tickets opened in one of the windows; measures read their log up to its end."""
    return helped().filter(reach.holds("opened_at"))


def resolved_tickets(reach: Reach) -> QuerySet:
    """Likewise those with a resolution in one of the windows."""
    resolved = TicketEvent.objects.filter(reach.holds("happened_at"), kind="resolved")
    return helped().filter(pk__in=resolved.order_by().values("ticket"))


Moment = Callable[[Span], Combinable]


def hours(span: Span, since: Combinable, until: Combinable, ticket: str = "") -> Combinable:
    """Of the clock, or of those that the ticket's calendar works."""
    if span.parameter("hours") == "working":
        return working_hours(span.clock, since, until, ticket)
    return Hours(until, since)


def hours_until(moment: Moment) -> Moment:
    return lambda span: hours(span, F("opened_at"), moment(span))


def hours_so_far(moment: Moment) -> Moment:
    """Until then or, where it has not come to it, until the end of the window."""
    return lambda span: hours(span, F("opened_at"), Coalesce(moment(span), Value(span.until)))


def hours_waited(span: Span) -> Combinable:
    return hours(span, F("happened_at"), F("next_at"), "ticket__")


def hours_of(key: str, name: Promise, source: Source, where: Callable[[Span], Q], value: Moment) -> Measure:
    return Measure(key, name, source, where, value, unit="hours", parameters=("hours",))


def dimensions_of_tickets(ticket: str = "") -> dict[str, Dimension]:
    paths = {"type": "type", "priority": "priority", "channel": "channel", "product": "product__sku"}
    return {name: Dimension.field(ticket + path) for name, path in paths.items()}


def of_tickets(key: str, rows: Callable[[Reach], QuerySet], **dimensions: Dimension) -> Source:
    known = dimensions_of_tickets() | dimensions
    return Source(
        key, Ticket, rows, "opened_at", may_lack_account=True, dimensions=known, besides=(TicketEvent,)
    )


# Two sources, since either of them finds its tickets by an index and both at once would read all there are.
OPENED = of_tickets("opened_tickets", opened_tickets)
RESOLVED = of_tickets("resolved_tickets", resolved_tickets)


def opened(span: Span) -> Q:
    return span.holds("opened_at")


def answered(span: Span) -> Q:
    return opened(span) & Q(IsNull(first_reply(span), False))


def done(span: Span) -> Q:
    return opened(span) & Q(IsNull(resolution(span), False))


def tickets_open_once(reach: Reach) -> QuerySet:
    """On one of the days: few of all that there are, so that nothing else is done with the others."""
    return helped().filter(reduce(or_, (is_open(span) for span in reach.spans)))


def is_open(span: Span) -> Q:
    """Opened by then, and not ended by the last entry of its log so far."""
    log = TicketEvent.objects.filter(
        heard("recorded_at", span.known_until), ticket=OuterRef("pk"), happened_at__lt=span.until
    )
    latest = Subquery(log.order_by("-happened_at", "-id").values("kind")[:1])
    ended = In(Coalesce(latest, Value("opened")), TicketEvent.ENDING)
    return Q(opened_at__lt=span.until) & ~Q(ended)


def log_of_resolved(reach: Reach) -> QuerySet:
    """All entries of those of these logs that wait for somebody, each with the moment of the next one."""
    log = TicketEvent.objects.filter(heard("recorded_at", reach.known_until), ticket=OuterRef("ticket"))
    at_once = Q(happened_at=OuterRef("happened_at"), id__gt=OuterRef("id"))
    later = log.filter(Q(happened_at__gt=OuterRef("happened_at")) | at_once).order_by("happened_at", "id")
    waits = TicketEvent.objects.filter(ticket=OuterRef("pk"), kind="waiting")
    resolved = resolved_tickets(reach).filter(Exists(waits)).order_by().values("pk")
    return TicketEvent.objects.filter(ticket__in=resolved).annotate(
        next_at=Subquery(later.values("happened_at")[:1])
    )


def waited_before_resolution(span: Span) -> Q:
    """Waiting for the customer begins here, in a log that `resolved_for_good` counts, and before that resolution."""
    happened = Q(happened_at__lt=span.until)

    def last(condition: Q, what: Combinable) -> Window:
        return Window(Max(what, filter=happened & condition), partition_by=F("ticket"))

    resolved = last(Q(kind="resolved"), F("happened_at"))
    ended = GreaterThan(last(ENDING_ENTRY, ENTRY), last(~ENDING_ENTRY, ENTRY))
    is_before = Q(GreaterThan(resolved, F("happened_at")))
    return Q(kind="waiting") & Q(GreaterThanOrEqual(resolved, span.after)) & is_before & Q(ended)


class Age(TextChoices):
    """How long a ticket has been open, by the end of the day."""

    DAY = "1d", _("Up to a day")
    WEEK = "7d", _("Up to a week")
    MONTH = "30d", _("Up to 30 days")
    LONGER = "over_30d", _("Longer than 30 days")


DAYS_OF = {Age.DAY: 1, Age.WEEK: 7, Age.MONTH: 30}


def age(reach: Reach) -> Combinable:
    opened_since = [
        When(opened_at__gte=reach.until - timedelta(days=days), then=Value(name))
        for name, days in DAYS_OF.items()
    ]
    return Case(*opened_since, default=Value(Age.LONGER), output_field=TextField())


OPEN = of_tickets("open_tickets", tickets_open_once, age=Dimension(age))
LOG = Source(
    "log_of_resolved_tickets",
    TicketEvent,
    log_of_resolved,
    moment="happened_at",
    account="ticket__account_id",
    may_lack_account=True,
    recorded=("recorded_at", "ticket__recorded_at"),
    dimensions=dimensions_of_tickets("ticket__"),
    besides=(Ticket,),
)

TICKETS_OPEN = Measure("open_tickets", _("Open tickets"), OPEN, where=is_open)
TICKETS_OPENED = Measure("tickets", _("Tickets opened"), OPENED, where=opened)
TICKETS_ANSWERED = Measure("tickets_answered", _("Tickets answered"), OPENED, where=answered)
HOURS_TO_REPLY = hours_of(
    "hours_to_reply", _("Hours to the first reply"), OPENED, answered, hours_until(first_reply)
)
HOURS_UNANSWERED = hours_of(
    "hours_unanswered", _("Hours to the first reply, or so far"), OPENED, opened, hours_so_far(first_reply)
)
TICKETS_DONE = Measure("tickets_done", _("Tickets opened and resolved"), OPENED, where=done)
HOURS_UNDONE = hours_of(
    "hours_undone", _("Hours to the resolution, or so far"), OPENED, opened, hours_so_far(resolution)
)
TICKETS_RESOLVED = Measure(
    "tickets_resolved", _("Tickets resolved for good"), RESOLVED, where=resolved_for_good
)
HOURS_TO_RESOLUTION = hours_of(
    "hours_to_resolution",
    _("Hours to the last resolution"),
    RESOLVED,
    resolved_for_good,
    hours_until(last_resolution),
)
HOURS_WAITED = hours_of(
    "hours_waited", _("Hours of waiting for the customer"), LOG, waited_before_resolution, hours_waited
)
TICKETS_WITH_RESOLUTION = Measure(
    "tickets_with_resolution",
    _("Tickets with a resolution"),
    RESOLVED,
    where=lambda span: Q(IsNull(Min(PLACE, filter=resolved_in_window(span)), False)),
)
TICKETS_REOPENED = Measure("tickets_reopened", _("Tickets reopened"), RESOLVED, where=worked_on_after)
