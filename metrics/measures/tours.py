"""Product tours: who began one and came to its end, or to a step of it, in the days after."""

from datetime import timedelta

from django.db.models import CharField, DateField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from accounts.models.facts import heard
from accounts.taxonomy import Topic, names_of
from metrics.definitions import PERSONS
from metrics.measures.activity import OBJECT, activity, days_of_activity, in_window
from metrics.measures.content import pair_of_person
from metrics.measures.people import KNOWN, set_of
from metrics.sources import Reach, Span


def begun_tours(reach: Reach) -> QuerySet:
    rows = days_of_activity(reach.clock).filter(reach.holds_day("day"), account__isnull=False)
    return rows.filter(name__in=names_of(Topic.TOUR_START))


def begun(span: Span) -> Q:
    return in_window(span) & KNOWN


def completed(span: Span) -> Q:
    """By the same sender's id; a tour is done on the day it begins or on one of so many after it."""
    step, days = span.parameter("step"), timedelta(days=span.parameter("tour_days"))
    whole, part = (
        Q(object=OuterRef("object")),
        Concat(OuterRef("object"), Value(f"/{step}"), output_field=CharField()),
    )
    latest = ExpressionWrapper(OuterRef("day") + days, DateField())
    done = days_of_activity(span.clock).filter(
        heard("recorded_at", span.known_until),
        Q(object=part) if step else whole,
        person=OuterRef("person"),
        name__in=names_of(Topic.TOUR_STEP if step else Topic.TOUR_END),
        day__gte=OuterRef("day"),
        day__lte=latest,
    )
    return begun(span) & Q(Exists(done.filter(day__lte=span.by_day)))


SOURCE = activity("tours", begun_tours, dimensions={"tour": OBJECT})
BEGUN = set_of("tours_begun", _("People who began a tour"), SOURCE, begun, pair_of_person, (PERSONS.name,))
COMPLETED = set_of(
    "tours_completed",
    _("People who completed the tour"),
    SOURCE,
    completed,
    pair_of_person,
    ("step", "tour_days", PERSONS.name),
    ripens=True,
)
