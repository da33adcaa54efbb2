"""Support."""

from django.utils.translation import gettext_lazy as _

from metrics.definitions import Better, Estimate, Family, Metric, Unit
from metrics.measures import tickets
from metrics.terms import Flow

SUPPORT = [
    Metric(
        key="tickets",
        name=_("Tickets"),
        family=Family.SUPPORT,
        unit=Unit.COUNT,
        better=Better.NONE,
        window="30d",
        formula=_(
            "Tickets opened in the window, without spam, merged tickets and those that our staff opened."
        ),
        numerator=Flow(tickets.TICKETS_OPENED),
    ),
    Metric(
        key="time_to_first_response_mean",
        name=_("Mean first response"),
        family=Family.SUPPORT,
        unit=Unit.HOURS,
        better=Better.DOWN,
        window="30d",
        formula=_(
            "Tickets opened in the window and answered by the day: mean hours to the first reply that the customer saw "
            "and a person gave. Unanswered tickets are not in it."
        ),
        numerator=Flow(tickets.HOURS_TO_REPLY),
        denominator=Flow(tickets.TICKETS_ANSWERED),
        estimate=Estimate.STUDENT,
        minimum=30,
        minimum_counts="units",
    ),
    Metric(
        key="time_to_resolution",
        name=_("Mean time to resolution"),
        family=Family.SUPPORT,
        unit=Unit.HOURS,
        better=Better.DOWN,
        window="30d",
        formula=_(
            "Tickets whose last resolution lies in the window and which are not open on the day: mean hours from "
            "opening to that resolution."
        ),
        numerator=Flow(tickets.HOURS_TO_RESOLUTION),
        denominator=Flow(tickets.TICKETS_RESOLVED),
        estimate=Estimate.STUDENT,
        minimum=30,
        minimum_counts="units",
        aliases=("MTTR", "متوسط وقت حل المشكلات"),
    ),
    Metric(
        key="ticket_reopen_rate",
        name=_("Reopen rate"),
        family=Family.SUPPORT,
        unit=Unit.PERCENT,
        better=Better.DOWN,
        window="90d",
        formula=_(
            "Tickets with a resolution in the window: the share on which there was work after it, by the day. A "
            "repeated resolution and the closing are no work."
        ),
        numerator=Flow(tickets.TICKETS_REOPENED),
        denominator=Flow(tickets.TICKETS_WITH_RESOLUTION),
        estimate=Estimate.WILSON_CLUSTERED,
        minimum=30,
        minimum_counts="units",
    ),
]
