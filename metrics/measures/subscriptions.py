"""Paid periods, and what came to its end: trials and committed terms."""

from datetime import timedelta

from django.db.models import (
    Case,
    DateField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from accounts.models import (
    Pause,
    Subscription,
    Term,
    mrr_on,
)
from accounts.models.facts import heard, unheard
from accounts.models.subscriptions import first_day_with_mrr, in_force, own_accounts
from metrics.sources import EXACT, Measure, Reach, Source, Span


def paid_subscriptions(reach: Reach) -> QuerySet:
    paid = Subscription.objects.paid().filter(starts__lte=reach.day)
    return paid.annotate(first_day_with_mrr=first_day_with_mrr(reach.known_until))


def in_service(span: Span) -> Q:
    return in_force(span.day, span.known_until)


SUBSCRIPTIONS = Source("subscriptions", Subscription, paid_subscriptions, moment="starts", besides=(Pause,))

PAID_STARTED = Measure(
    "paid_started",
    _("Paid subscriptions begun so far"),
    SUBSCRIPTIONS,
    where=lambda span: Q(starts__lte=span.day),
)
PAID_IN_SERVICE = Measure(
    "paid_in_service", _("Paid subscriptions in service"), SUBSCRIPTIONS, where=in_service
)
SEATS = Measure(
    "seats",
    _("Seats of paid subscriptions in service"),
    SUBSCRIPTIONS,
    where=in_service,
    value=lambda _span: F("quantity"),
)
HAD_MRR = Measure(
    "had_mrr",
    _("Subscriptions with MRR so far"),
    SUBSCRIPTIONS,
    where=lambda span: Q(first_day_with_mrr__lte=span.day),
)
MRR = Measure(
    "mrr",
    _("MRR"),
    SUBSCRIPTIONS,
    where=in_service,
    value=lambda span: mrr_on(span.day, span.known_until),
    unit="money",
    sums_convert=True,
)

# Of the account of some other row


def with_survivor(rows: QuerySet) -> QuerySet:
    return rows.annotate(survivor=Coalesce("account__merged_into_id", "account_id"))


def mrr_of(span: Span, day: Combinable, *conditions: Q, rates: Combinable) -> Combinable:
    """MRR of the row's account on a day of the row, at the rates of another, not rounded; null without a rate."""
    known = span.known_until
    paid = Subscription.objects.paid().filter(
        heard("recorded_at", known), account__in=own_accounts("survivor")
    )
    dated = paid.annotate(on=day, day=rates).filter(in_force(F("on"), known), *conditions)
    total = Total(mrr_on("on", known), span.rates.on_own_day("day", span.since))
    return Subquery(dated.order_by().values(total=total), output_field=EXACT)


class Total(Func):
    """Of amounts by their rates; of nothing 0, and unknown where the rate of an amount is."""

    template = (
        "nullif(coalesce(sum((SELECT CASE WHEN amount = 0 THEN 0 ELSE coalesce(amount * rate, 'NaN') END"
        " FROM (SELECT %(expressions)s) of_row (amount, rate))), 0), 'NaN')"
    )
    output_field = EXACT


class Lesser(Func):
    """Of two; unknown where one is."""

    template = (
        "(SELECT CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN least(a, b) END"
        " FROM (SELECT %(expressions)s OFFSET 0) both_of (a, b))"
    )
    output_field = EXACT


class Unless0(Func):
    """The first of two, but where it is 0 the second."""

    template = (
        "(SELECT CASE WHEN a = 0 THEN b ELSE a END FROM (SELECT %(expressions)s OFFSET 0) both_of (a, b))"
    )
    output_field = EXACT


# What came to its end


def ended_trials(reach: Reach) -> QuerySet:
    known = Subscription.objects.filter(heard("ends_recorded_at", reach.known_until))
    return with_survivor(known.filter(reach.holds_day("ends"), kind=Subscription.Kind.TRIAL))


def ended_terms(reach: Reach) -> QuerySet:
    length = ExpressionWrapper(F("ends") - F("starts"), DurationField())
    return with_survivor(Term.objects.annotate(length=length)).filter(reach.holds_day("ends"))


def ends_in_window(span: Span) -> Q:
    return span.holds_day("ends")


def followed(span: Span, days: str, *conditions: Q) -> Q:
    """A paid period goes on over the end, or begins in the days after it."""
    latest = ExpressionWrapper(OuterRef("ends") + timedelta(days=span.parameter(days)), DateField())
    paid = Subscription.objects.paid().filter(heard("recorded_at", span.known_until))
    following = paid.filter(*conditions, account__in=own_accounts("survivor"), starts__lte=latest)
    goes_on = Q(ends=None) | Q(ends__gt=OuterRef("ends")) | unheard("ends_recorded_at", span.known_until)
    return Q(Exists(following.filter(goes_on)))


TRIALS = Source("ended_trials", Subscription, ended_trials, moment="ends")
TERMS = Source("ended_terms", Term, ended_terms, moment="ends", besides=(Subscription, Pause))

TRIALS_ENDED = Measure("trials_ended", _("Trials ended"), TRIALS, where=ends_in_window)
TRIALS_CONVERTED = Measure(
    "trials_converted",
    _("Trials converted"),
    TRIALS,
    where=lambda span: ends_in_window(span) & followed(span, "conversion_days"),
    parameters=("conversion_days",),
)


def due(span: Span) -> Q:
    """Shorter commitments come up for nothing."""
    return ends_in_window(span) & Q(length__gte=timedelta(days=span.parameter("min_term")))


# By the same subscription where the term names one.
SAME = Q(reference=OuterRef("reference")) | Q(Exact(OuterRef("reference"), Value("")))


def renewed(span: Span) -> Q:
    return due(span) & followed(span, "grace_days", SAME)


def mrr_due(span: Span) -> Combinable:
    """As agreed; else of the term's last day, and of its first where nothing was left on the last.

    This and what was renewed are at the rate of the day on which the term ends, so that currencies renew nothing.
    """
    of_last = _mrr_of_term(span, OuterRef("ends") - timedelta(days=1))
    counted = Unless0(of_last, _mrr_of_term(span, OuterRef("starts")))
    agreed = span.rates.at_own(F("due_mrr"), "ends", span.since)
    return Case(When(due_mrr__isnull=False, then=agreed), default=counted, output_field=EXACT)


def mrr_renewed(span: Span) -> Combinable:
    """As agreed by the day of the question; else of the day on which grace ends."""
    grace = timedelta(days=span.parameter("grace_days"))
    agreed = Q(renewed_mrr__isnull=False, decided_on__lte=span.by_day)
    heard_of = heard("outcome_recorded_at", span.known_until)
    return Case(
        When(agreed & heard_of, then=span.rates.at_own(F("renewed_mrr"), "ends", span.since)),
        default=_mrr_of_term(span, OuterRef("ends") + grace),
        output_field=EXACT,
    )


def _mrr_of_term(span: Span, day: Combinable) -> Combinable:
    return mrr_of(span, ExpressionWrapper(day, DateField()), SAME, rates=OuterRef("ends"))


TERMS_DUE = Measure("terms_due", _("Terms up for renewal"), TERMS, where=due, parameters=("min_term",))
RENEWAL = ("min_term", "grace_days")
TERMS_RENEWED = Measure("terms_renewed", _("Terms renewed"), TERMS, where=renewed, parameters=RENEWAL)
MRR_DUE = Measure(
    "mrr_due",
    _("MRR up for renewal"),
    TERMS,
    where=due,
    value=mrr_due,
    unit="money",
    parameters=("min_term",),
)
MRR_RENEWED = Measure(
    "mrr_renewed",
    _("MRR renewed"),
    TERMS,
    where=renewed,
    value=mrr_renewed,
    unit="money",
    ripens=True,
    parameters=RENEWAL,
)
MRR_KEPT = Measure(
    "mrr_kept",
    _("MRR renewed, without increases"),
    TERMS,
    where=renewed,
    value=lambda span: Lesser(mrr_renewed(span), mrr_due(span)),
    unit="money",
    ripens=True,
    parameters=RENEWAL,
)
