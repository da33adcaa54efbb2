"""Support."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from metrics.definitions import Better, Durations, Estimate, Family, Metric, Parameter, Unit
from metrics.measures import tickets
from metrics.measures.customers import customer_days
from metrics.terms import END, DaysOfWindow, Flow, Formula, Level, Term, when

HOURS = Parameter(
    "hours",
    _("hours counted"),
    default="calendar",
    choices=(("calendar", _("calendar hours")), ("working", _("working hours"))),
)


def _took(
    key: str, name: Promise, formula: Promise, numerator: Term, denominator: Term, **fields: Any
) -> Metric:
    return Metric(
        key=key,
        name=name,
        family=Family.SUPPORT,
        unit=Unit.HOURS,
        better=Better.DOWN,
        window="30d",
        formula=formula,
        numerator=numerator,
        denominator=denominator,
        parameters=(HOURS,),
        **fields,
    )


def _time_until(key: str, name: Promise, formula: Promise, durations: Durations) -> Metric:
    """Of the tickets opened in the window, those without an end among them."""
    sample = {"estimate": Estimate.KAPLAN_MEIER, "minimum": 10, "minimum_counts": "events"}
    reached, opened = Flow(durations.reached), Flow(tickets.TICKETS_OPENED)
    return _took(key, name, formula, reached, opened, durations=durations, **sample)


def _mean_time(
    key: str, name: Promise, formula: Promise, total: Term, of: Term, aliases: tuple[str, ...] = ()
) -> Metric:
    sample = {"estimate": Estimate.STUDENT, "minimum": 30, "minimum_counts": "units"}
    return _took(key, name, formula, total, of, aliases=aliases, **sample)


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
    _time_until(
        "time_to_first_response",
        _("First response"),
        _(
            "Tickets opened in the window: hours until half of them had their first reply that the customer saw and a "
            "person gave (Kaplan–Meier). Those without one are watched to the end of the day, also when they were "
            "closed."
        ),
        Durations(tickets.HOURS_UNANSWERED, reached=tickets.TICKETS_ANSWERED),
    ),
    _time_until(
        "time_to_first_response_p90",
        _("First response, 90th percentile"),
        _(
            "Tickets opened in the window: hours until nine in ten of them had their first reply that the customer saw "
            "and a person gave (Kaplan–Meier). Those without one are watched to the end of the day, also when they "
            "were closed."
        ),
        Durations(tickets.HOURS_UNANSWERED, reached=tickets.TICKETS_ANSWERED, share=0.9),
    ),
    _mean_time(
        "time_to_first_response_mean",
        _("Mean first response"),
        _(
            "Tickets opened in the window and answered by the day: mean hours to the first reply that the customer saw "
            "and a person gave. Unanswered tickets are not in it."
        ),
        Flow(tickets.HOURS_TO_REPLY),
        Flow(tickets.TICKETS_ANSWERED),
    ),
    _mean_time(
        "time_to_resolution",
        _("Mean time to resolution"),
        _(
            "Tickets whose last resolution lies in the window and which are not open on the day: mean hours from "
            "opening to that resolution."
        ),
        Flow(tickets.HOURS_TO_RESOLUTION),
        Flow(tickets.TICKETS_RESOLVED),
        ("MTTR", "متوسط وقت حل المشكلات"),
    ),
    _time_until(
        "time_to_resolution_median",
        _("Median time to resolution"),
        _(
            "Tickets opened in the window: hours until half of them were resolved (Kaplan–Meier), each to its last "
            "resolution so far. Those that are open on the day, also again, and those closed without a resolution are "
            "watched to its end."
        ),
        Durations(tickets.HOURS_UNDONE, reached=tickets.TICKETS_DONE),
    ),
    _mean_time(
        "time_to_resolution_net",
        _("Resolution without waiting"),
        _(
            "Tickets whose last resolution lies in the window and which are not open on the day: mean hours from "
            "opening to that resolution, less the time from each entry that waits for the customer to the next other "
            "one."
        ),
        Flow(tickets.HOURS_TO_RESOLUTION) - Flow(tickets.HOURS_WAITED),
        Flow(tickets.TICKETS_RESOLVED),
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
