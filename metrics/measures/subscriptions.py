"""Paid periods, and what came to its end: trials and committed terms."""

from datetime import timedelta

from django.db.models import (
    DateField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from accounts.models import (
    Subscription,
    Term,
    mrr_on,
)
from accounts.models.facts import heard, unheard
from accounts.models.subscriptions import first_day_with_mrr, in_force
from metrics.sources import Measure, Reach, Source, Span


def paid_subscriptions(reach: Reach) -> QuerySet:
    paid = Subscription.objects.paid().filter(starts__lte=reach.day)
    return paid.annotate(first_day_with_mrr=first_day_with_mrr(reach.known_until))


def in_service(span: Span) -> Q:
    return in_force(span.day, span.known_until)


SUBSCRIPTIONS = Source("subscriptions", Subscription, paid_subscriptions, moment="starts")

PAID_STARTED = Measure("paid_started", SUBSCRIPTIONS, where=lambda span: Q(starts__lte=span.day))
PAID_IN_SERVICE = Measure("paid_in_service", SUBSCRIPTIONS, where=in_service)
HAD_MRR = Measure("had_mrr", SUBSCRIPTIONS, where=lambda span: Q(first_day_with_mrr__lte=span.day))
MRR = Measure(
    "mrr",
    SUBSCRIPTIONS,
    where=in_service,
    value=lambda span: mrr_on(span.day, span.known_until),
    money=True,
    sums_convert=True,
)

# What came to its end


def ended_trials(reach: Reach) -> QuerySet:
    known = Subscription.objects.filter(heard("ends_recorded_at", reach.known_until))
    return known.filter(reach.holds_day("ends"), kind=Subscription.Kind.TRIAL)


def ended_terms(reach: Reach) -> QuerySet:
    length = ExpressionWrapper(F("ends") - F("starts"), DurationField())
    return Term.objects.annotate(length=length).filter(reach.holds_day("ends"))


def ends_in_window(span: Span) -> Q:
    return span.holds_day("ends")


def followed(span: Span, days: str, *conditions: Q) -> Q:
    """A paid period goes on over the end, or begins in the days after it."""
    latest = ExpressionWrapper(OuterRef("ends") + timedelta(days=span.parameter(days)), DateField())
    of_account = Coalesce(OuterRef("account__merged_into_id"), OuterRef("account_id"))
    paid = Subscription.objects.paid().filter(heard("recorded_at", span.known_until))
    paid = paid.alias(survivor=Coalesce("account__merged_into_id", "account_id"))
    following = paid.filter(*conditions, survivor=of_account, starts__lte=latest)
    goes_on = Q(ends=None) | Q(ends__gt=OuterRef("ends")) | unheard("ends_recorded_at", span.known_until)
    return Q(Exists(following.filter(goes_on)))


TRIALS = Source("ended_trials", Subscription, ended_trials, moment="ends")
TERMS = Source("ended_terms", Term, ended_terms, moment="ends")

TRIALS_ENDED = Measure("trials_ended", TRIALS, where=ends_in_window)
TRIALS_CONVERTED = Measure(
    "trials_converted",
    TRIALS,
    where=lambda span: ends_in_window(span) & followed(span, "conversion_days"),
    parameters=("conversion_days",),
)


def due(span: Span) -> Q:
    """Shorter commitments come up for nothing."""
    return ends_in_window(span) & Q(length__gte=timedelta(days=span.parameter("min_term")))


def renewed(span: Span) -> Q:
    """By the same subscription where the term names one."""
    same = Q(reference=OuterRef("reference")) | Q(Exact(OuterRef("reference"), Value("")))
    return due(span) & followed(span, "grace_days", same)


TERMS_DUE = Measure("terms_due", TERMS, where=due, parameters=("min_term",))
TERMS_RENEWED = Measure("terms_renewed", TERMS, where=renewed, parameters=("min_term", "grace_days"))
