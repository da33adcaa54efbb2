"""Tickets and their logs."""

from collections.abc import Callable

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    DecimalField,
    F,
    FloatField,
    Func,
    Max,
    Min,
    Q,
    QuerySet,
)
from django.db.models.expressions import Combinable
from django.db.models.lookups import GreaterThan, GreaterThanOrEqual, IsNull

from accounts.models import (
    Ticket,
    TicketEvent,
)
from accounts.models.facts import heard
from metrics.sources import Dimension, Measure, Reach, Source, Span


class Place(Func):
    """An event's place in the log: its time, then its arrival where times are the same. Compares as a whole."""

    template = "ARRAY[date_part('epoch', %(expressions)s]"
    arg_joiner = "), "
    output_field = ArrayField(FloatField())


PLACE = Place("events__happened_at", "events__id")
ENDING = Q(events__kind__in=TicketEvent.ENDING)
WORK = Q(events__kind__in=[kind for kind in TicketEvent.Kind if kind not in TicketEvent.ENDING])


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


def resolved_for_good(span: Span) -> Q:
    """The last resolution so far lies in the window, and nothing but the closing came after it."""
    ended = GreaterThan(Max(PLACE, filter=logged(span) & ENDING), last_work(span))
    ended_or_never_worked_on = Q(ended) | Q(IsNull(last_work(span), True))
    return Q(GreaterThanOrEqual(last_resolution(span), span.after)) & ended_or_never_worked_on


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


def hours_until(moment: Callable[[Span], Combinable]) -> Callable[[Span], Combinable]:
    return lambda span: Hours(moment(span), F("opened_at"))


class Hours(Func):
    template = "extract(epoch FROM %(expressions)s) / 3600"
    arg_joiner = " - "
    output_field = DecimalField(max_digits=40, decimal_places=12)


# Two sources, since either of them finds its tickets by an index and both at once would read all there are.
OF_TICKETS = {
    "type": Dimension.field("type"),
    "priority": Dimension.field("priority"),
    "channel": Dimension.field("channel"),
    "product": Dimension.field("product__sku"),
}


def of_tickets(key: str, rows: Callable[[Reach], QuerySet]) -> Source:
    return Source(key, Ticket, rows, "opened_at", may_lack_account=True, dimensions=OF_TICKETS)


OPENED = of_tickets("opened_tickets", opened_tickets)
RESOLVED = of_tickets("resolved_tickets", resolved_tickets)


def opened(span: Span) -> Q:
    return span.holds("opened_at")


def answered(span: Span) -> Q:
    return opened(span) & Q(IsNull(first_reply(span), False))


TICKETS_OPENED = Measure("tickets", OPENED, where=opened)
TICKETS_ANSWERED = Measure("tickets_answered", OPENED, where=answered)
HOURS_TO_REPLY = Measure("hours_to_reply", OPENED, where=answered, value=hours_until(first_reply), hours=True)
TICKETS_RESOLVED = Measure("tickets_resolved", RESOLVED, where=resolved_for_good)
HOURS_TO_RESOLUTION = Measure(
    "hours_to_resolution",
    RESOLVED,
    where=resolved_for_good,
    value=hours_until(last_resolution),
    hours=True,
)
TICKETS_WITH_RESOLUTION = Measure(
    "tickets_with_resolution",
    RESOLVED,
    where=lambda span: Q(IsNull(Min(PLACE, filter=resolved_in_window(span)), False)),
)
TICKETS_REOPENED = Measure("tickets_reopened", RESOLVED, where=worked_on_after)
