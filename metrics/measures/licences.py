"""How seats were used month after month of the current term: people in one set, in which months are told apart.

A person's numbers are those of the months at whose ends they had been active in the thirty days before.
"""

from django.contrib.postgres.fields import BigIntegerRangeField
from django.db.models import (
    BigIntegerField,
    CharField,
    DateField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, AccountChange, Term
from accounts.models.facts import heard
from accounts.models.subscriptions import DateRange
from accounts.usage import PERSON, active
from metrics.measures.activity import activity, days_of_activity
from metrics.measures.customers import day_set
from metrics.measures.people import KNOWN, set_of
from metrics.sources import Reach, Source, Span
from metrics.terms import MONTHS_APART, PEAK_MONTHS
from metrics.windows import EARLIEST, add_months

# So long before the end of a month people are looked for.
DAYS = 30


class Month(Func):
    """Of a day, counted through the years."""

    template = "(extract(year FROM %(expressions)s))::int"
    arg_joiner = ") * 12 + extract(month FROM "
    output_field = IntegerField()

    def __init__(self, day: Combinable) -> None:
        super().__init__(day, day)


class Numbers(Func):
    """From the first number to the one before the second."""

    function = "int8range"
    output_field = BigIntegerRangeField()


def month() -> Combinable:
    """The first at whose end the day may count."""
    return Month(F("day"))


def month_after() -> Combinable:
    """The first at whose end it counts no more; the same one where it counts at none."""
    return Month(ExpressionWrapper(F("day") + DAYS, DateField()))


def current_terms(reach: Reach) -> QuerySet:
    return Term.objects.filter(starts__lte=reach.day, ends__gt=reach.earliest_day)


def days_in_terms(reach: Reach) -> QuerySet:
    """Activity since the oldest of the terms, of accounts that have one; and of groups, which may count as one."""
    terms = current_terms(reach).filter(heard("recorded_at", reach.known_until)).order_by()
    survivors = terms.values(survivor=Coalesce("account__merged_into_id", "account_id"))
    changes = AccountChange.objects.filter(field="parent").exclude(value="").order_by()
    is_child = Exists(changes.filter(account=OuterRef("pk"))) | Q(parent__isnull=False)
    is_parent = Q(pk__in=Account.objects.filter(parent__isnull=False).order_by().values("parent"))
    was_parent = Exists(changes.filter(value=Cast(OuterRef("pk"), CharField())))
    counted = Account.objects.annotate(survivor=Coalesce("merged_into_id", "id")).filter(
        Q(survivor__in=survivors) | is_child | is_parent | was_parent
    )
    oldest = terms.order_by("starts").values(since=ExpressionWrapper(F("starts") - DAYS, DateField()))[:1]
    first = add_months(max(reach.earliest_day, add_months(EARLIEST, PEAK_MONTHS + 2)), -PEAK_MONTHS - 1)
    return days_of_activity(reach.clock).filter(
        active(),
        day__gt=Subquery(oldest),
        day__gte=first,
        day__lte=reach.day,
        account__in=counted.order_by().values("pk"),
    )


def counts_at_an_end(span: Span) -> Q:
    return Q(day__lte=span.day) & KNOWN & Q(GreaterThan(month_after(), month()))


def of_months(_span: Span) -> Combinable:
    person = Cast(PERSON, BigIntegerField()) * MONTHS_APART
    return Numbers(person + month(), person + month_after())


CURRENT_TERM = day_set(
    "current_term",
    _("Current terms"),
    Source("current_terms", Term, current_terms, moment="starts"),
    lambda span: Q(starts__lte=span.day, ends__gt=span.day),
    lambda _span: DateRange(F("starts"), F("ends")),
)
PEOPLE_BY_MONTH = set_of(
    "people_by_month",
    _("People active before the ends of months"),
    activity("active_days_in_terms", days_in_terms),
    counts_at_an_end,
    of_months,
)
