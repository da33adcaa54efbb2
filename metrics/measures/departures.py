"""Accounts that left, as somebody recorded it, and what they had paid."""

from datetime import timedelta

from django.db.models import DateField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

from accounts.models import Departure, Pause, Subscription
from accounts.models.facts import heard
from metrics.measures.subscriptions import mrr_of, with_survivor
from metrics.sources import Dimension, Measure, Reach, Source, Span


def departures_of_the_windows(reach: Reach) -> QuerySet:
    """After a merge two accounts may say the same: it left once."""
    known = with_survivor(Departure.objects.filter(heard("recorded_at", reach.known_until)))
    same = known.filter(survivor=OuterRef("survivor"), churn_day=OuterRef("churn_day"), pk__lt=OuterRef("pk"))
    return with_survivor(Departure.objects.filter(reach.holds_day("churn_day"))).filter(~Exists(same))


def left(span: Span) -> Q:
    return span.holds_day("churn_day")


def mrr_lost(span: Span) -> Combinable:
    """On the day before, at its rate."""
    day = ExpressionWrapper(OuterRef("churn_day") - timedelta(days=1), DateField())
    return mrr_of(span, day, rates=day)


DEPARTED = Source(
    "departures",
    Departure,
    departures_of_the_windows,
    moment="churn_day",
    dimensions={"reason": Dimension.field("reason"), "competitor": Dimension.field("competitor")},
    besides=(Subscription, Pause),
)

DEPARTURES = Measure("departures", _("Departures"), DEPARTED, where=left)
MRR_LOST = Measure(
    "mrr_lost", _("MRR of the day before departure"), DEPARTED, where=left, value=mrr_lost, unit="money"
)
