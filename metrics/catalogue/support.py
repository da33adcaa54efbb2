"""Support."""

from django.utils.translation import gettext_lazy as _

from metrics.definitions import Better, Durations, Estimate, Family, Metric, Parameter, Unit
from metrics.measures import tickets
from metrics.measures.customers import customer_days
from metrics.terms import END, DaysOfWindow, Flow, Formula, Level, when

HOURS = Parameter(
    "hours",
    _("hours counted"),
    default="calendar",
    choices=(("calendar", _("calendar hours")), ("working", _("working hours"))),
)

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
        key="tickets_per_customer",
        name=_("Tickets per customer"),
        family=Family.SUPPORT,
        unit=Unit.RATIO,
        better=Better.DOWN,
        window="30d",
        formula=_(
            "Tickets opened in the window by accounts that were customers on some day of it, divided by the customers "
            "of an average day: each counts for its days as a customer out of those of the window."
        ),
        numerator=when(customer_days() > 0, Flow(tickets.TICKETS_OPENED)),
        denominator=Formula("({} / {})", customer_days(), DaysOfWindow()),
        estimate=Estimate.STUDENT,
        minimum=30,
        aliases=("contact rate", "تذاكر / زبون"),
    ),
    Metric(
        key="open_tickets",
        name=_("Open tickets"),
        family=Family.SUPPORT,
        unit=Unit.COUNT,
        better=Better.DOWN,
        formula=_(
            "Tickets opened by the end of the day whose last entry so far is neither a resolution nor the closing, "
            "without spam, merged tickets and those that our staff opened."
        ),
        numerator=Level(tickets.TICKETS_OPEN, END, END),
    ),
    Metric(
        key="time_to_first_response",
        name=_("First response"),
        family=Family.SUPPORT,
        unit=Unit.HOURS,
        better=Better.DOWN,
        window="30d",
        formula=_(
            "Tickets opened in the window: hours until half of them had their first reply that the customer saw and a "
            "person gave (Kaplan–Meier). Those without one are watched to the end of the day, also when they were "
            "closed."
        ),
        numerator=Flow(tickets.TICKETS_ANSWERED),
        denominator=Flow(tickets.TICKETS_OPENED),
        durations=Durations(tickets.HOURS_UNANSWERED, reached=tickets.TICKETS_ANSWERED),
        estimate=Estimate.KAPLAN_MEIER,
        minimum=10,
        minimum_counts="events",
        parameters=(HOURS,),
    ),
    Metric(
        key="time_to_first_response_p90",
        name=_("First response, 90th percentile"),
        family=Family.SUPPORT,
        unit=Unit.HOURS,
        better=Better.DOWN,
        window="30d",
        formula=_(
            "Tickets opened in the window: hours until nine in ten of them had their first reply that the customer saw "
            "and a person gave (Kaplan–Meier). Those without one are watched to the end of the day, also when they "
            "were closed."
        ),
        numerator=Flow(tickets.TICKETS_ANSWERED),
        denominator=Flow(tickets.TICKETS_OPENED),
        durations=Durations(tickets.HOURS_UNANSWERED, reached=tickets.TICKETS_ANSWERED, share=0.9),
        estimate=Estimate.KAPLAN_MEIER,
        minimum=10,
        minimum_counts="events",
        parameters=(HOURS,),
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
        parameters=(HOURS,),
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
        parameters=(HOURS,),
        aliases=("MTTR", "متوسط وقت حل المشكلات"),
    ),
    Metric(
        key="time_to_resolution_median",
        name=_("Median time to resolution"),
        family=Family.SUPPORT,
        unit=Unit.HOURS,
        better=Better.DOWN,
        window="30d",
        formula=_(
            "Tickets opened in the window: hours until half of them were resolved (Kaplan–Meier), each to its last "
            "resolution so far. Those that are open on the day, also again, and those closed without a resolution are "
            "watched to its end."
        ),
        numerator=Flow(tickets.TICKETS_DONE),
        denominator=Flow(tickets.TICKETS_OPENED),
        durations=Durations(tickets.HOURS_UNDONE, reached=tickets.TICKETS_DONE),
        estimate=Estimate.KAPLAN_MEIER,
        minimum=10,
        minimum_counts="events",
        parameters=(HOURS,),
    ),
    Metric(
        key="time_to_resolution_net",
        name=_("Resolution without waiting"),
        family=Family.SUPPORT,
        unit=Unit.HOURS,
        better=Better.DOWN,
        window="30d",
        formula=_(
            "Tickets whose last resolution lies in the window and which are not open on the day: mean hours from "
            "opening to that resolution, less the time from each entry that waits for the customer to the next other "
            "one."
        ),
        numerator=Flow(tickets.HOURS_TO_RESOLUTION) - Flow(tickets.HOURS_WAITED),
        denominator=Flow(tickets.TICKETS_RESOLVED),
        estimate=Estimate.STUDENT,
        minimum=30,
        minimum_counts="units",
        parameters=(HOURS,),
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
