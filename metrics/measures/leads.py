"""People who showed interest: one lead each, however often they did, and whether their account became a customer."""

from datetime import date, datetime, timedelta

from django.db.models import (
    BooleanField,
    Case,
    DateField,
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
from django.db.models.functions import Coalesce, Lower
from django.db.models.lookups import Exact, IsNull
from django.utils.translation import gettext_lazy as _

from accounts.models import AccountChange, Lead, Order, Subscription
from accounts.models.facts import heard
from metrics.measures.subscriptions import with_survivor
from metrics.populations import first_day_as_customer
from metrics.sources import ONE_DAY, DaysAfter, Dimension, Measure, Reach, Source, Span


def leads_so_far(reach: Reach) -> QuerySet:
    """Of the windows, and what came of the same people later: a person is no younger than any row of theirs."""
    since = min(span.since for span in reach.spans)
    by = max(span.by_day for span in reach.spans)
    leads = with_survivor(Lead.objects.filter(first_interest__gt=since, first_interest__lte=by))
    leads = leads.annotate(address=Lower("email"))
    return leads.annotate(first=first_interest(by, reach.known_until))


def of_person(by: date, known_until: datetime | None) -> QuerySet:
    """All rows with the same address; without one, a row is a person of its own."""
    known = Lead.objects.exclude(email="").filter(heard("recorded_at", known_until), first_interest__lte=by)
    return known.alias(same=Lower("email")).filter(same=OuterRef("address"))


def first_interest(by: date, known_until: datetime | None) -> Combinable:
    earliest = of_person(by, known_until).order_by("first_interest").values("first_interest")
    return Coalesce(Subquery(earliest[:1]), F("first_interest"))


def stands_for_person(span: Span) -> Q:
    """The earliest row with an account, without any the earliest: by it a person belongs to one account."""
    rows = of_person(span.by_day, span.known_until)
    chosen = rows.order_by(IsNull(F("account"), True), "first_interest", "pk").values("pk")
    return Q(Exact(F("pk"), Coalesce(Subquery(chosen[:1]), F("pk"))))


def interested(span: Span) -> Q:
    first = first_interest(span.by_day, span.known_until)
    # What the row itself says rules most of them out, before anything is looked up.
    may_be = Q(first_interest__gt=span.since, first_interest__lte=span.by_day)
    in_window = Q(Between(first, Value(span.since + ONE_DAY), Value(span.day)))
    return may_be & in_window & stands_for_person(span)


def converted(span: Span) -> Q:
    """In time. An account that had been a customer before was not won by the lead."""
    first = first_interest(span.by_day, span.known_until)
    days = timedelta(days=span.parameter("conversion_days"))
    latest = ExpressionWrapper(first + days, DateField())
    return interested(span) & Q(Between(customer_since(span), first, latest))


def converted_ever(span: Span) -> Q:
    """By the end of the window."""
    first = first_interest(span.by_day, span.known_until)
    return interested(span) & Q(Between(customer_since(span), first, Value(span.by_day)))


def customer_since(span: Span) -> Combinable:
    return first_day_as_customer(span.known_until, "survivor")


def days_unconverted(span: Span) -> Combinable:
    """Up to the account's first day as a customer, or of who is none to the day of the question."""
    first, customer, by = (
        first_interest(span.by_day, span.known_until),
        customer_since(span),
        Value(span.by_day),
    )
    won = Q(Between(customer, first, by))
    return DaysAfter(Case(When(won, then=customer), default=by, output_field=DateField()), first)


class Between(Func):
    """The first day is none of those before the second or after the third; each is looked up once."""

    template = "(SELECT a BETWEEN b AND c FROM (SELECT %(expressions)s OFFSET 0) given (a, b, c))"
    output_field = BooleanField()


LEADS_SO_FAR = Source(
    "leads",
    Lead,
    leads_so_far,
    moment="first",
    may_lack_account=True,
    dimensions={"channel": Dimension.field("channel"), "campaign": Dimension.field("campaign")},
    besides=(Subscription, Order, AccountChange),
)

LEADS_WON = Measure("leads_won", _("Leads that became customers"), LEADS_SO_FAR, where=converted_ever)
DAYS_UNCONVERTED = Measure(
    "days_unconverted",
    _("Days until the lead became a customer, or so far"),
    LEADS_SO_FAR,
    where=interested,
    value=days_unconverted,
    unit="days",
)
LEADS = Measure("leads", _("Leads"), LEADS_SO_FAR, where=interested)
LEADS_TO_CONVERT = Measure(
    "leads_to_convert",
    _("Leads whose days to convert have passed"),
    LEADS_SO_FAR,
    where=interested,
    ripens=True,
)
LEADS_CONVERTED = Measure(
    "leads_converted",
    _("Leads converted in time"),
    LEADS_SO_FAR,
    where=converted,
    ripens=True,
    parameters=("conversion_days",),
)
