"""What was done about low answers of people whom one knows, and whether they answered otherwise since."""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    Case,
    DateField,
    DateTimeField,
    Exists,
    F,
    Func,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, TruncDate
from django.db.models.lookups import Exact, IsNull, LessThan
from django.utils.translation import gettext_lazy as _

from accounts.models import Contact
from accounts.models.facts import heard
from metrics.measures.calendars import Hours
from metrics.measures.responses import asked_for, dimensions, of_people
from metrics.measures.tickets import Place
from metrics.sources import Measure, Reach, Source, Span
from surveys.models import Answer, FollowUp, Response, Survey
from surveys.scales import Band
from surveys.scales import Measure as Counts

DONE = "follow_up__done_at"


def identified(response: str = "") -> Q:
    named = {f"{response}identity": Survey.Identity.IDENTIFIED, f"{response}contact__isnull": False}
    return Q(**named, **{f"{response}is_machine": False})


def low_responses(reach: Reach) -> QuerySet:
    """Each once, however many of its answers are low."""
    zone = reach.clock.organisation.zone
    low = Answer.objects.filter(response=OuterRef("pk"), band=Band.LOW).exclude(measure=Counts.NONE)
    rows = of_people(Response.objects.filter(reach.holds("responded_at"), identified()), reach)
    return rows.filter(Exists(low)).annotate(
        day=TruncDate("responded_at", tzinfo=zone), day_done=TruncDate(DONE, tzinfo=zone)
    )


LOW = Source(
    "low_responses",
    Response,
    low_responses,
    moment="responded_at",
    account="customer",
    may_lack_account=True,
    dimensions=dimensions("", version="version__number"),
    besides=(Answer, FollowUp),
)


def is_low(span: Span) -> Q:
    return span.holds("responded_at") & asked_for(span, survey="survey_id")


def by(span: Span) -> Q:
    """Recorded by the day of the question."""
    return Q(**{f"{DONE}__lt": min(span.by, span.known_until or span.by)})


class DaysSoFar(Func):
    """How many of the days have come by a day."""

    function = "width_bucket"
    output_field = IntegerField()


def followed_in_time(span: Span) -> Q:
    """Fewer working days than these lie between both: the last of them is in time."""
    weekend = span.clock.organisation.weekend
    every = [span.since + timedelta(days=i) for i in range((span.by_day - span.since).days + 1)]
    worked = Value([day for day in every if day.isoweekday() not in weekend], ArrayField(DateField()))
    before = Func(F("day_done"), template="(%(expressions)s - 1)", output_field=DateField())
    between = DaysSoFar(before, worked) - DaysSoFar(F("day"), worked)
    return is_low(span) & by(span) & Q(LessThan(between, span.parameter("working_days")))


def hours_unfollowed(span: Span) -> Combinable:
    """Until it was followed up, or so far."""
    done = Case(When(by(span), then=F(DONE)), output_field=DateTimeField())
    return Hours(Coalesce(done, Value(span.by)), F("responded_at"))


LOW_RESPONSES = Measure(
    "low_responses", _("Responses with a low answer"), LOW, where=is_low, parameters=("survey",)
)
FOLLOWED = Measure(
    "low_responses_followed",
    _("Low answers followed up"),
    LOW,
    where=lambda span: is_low(span) & by(span),
    parameters=("survey",),
)
HOURS_UNFOLLOWED = Measure(
    "hours_unfollowed",
    _("Hours to the follow-up, or so far"),
    LOW,
    where=is_low,
    value=hours_unfollowed,
    unit="hours",
    parameters=("survey",),
)
LOW_RIPE = Measure(
    "low_responses_ripe",
    _("Responses with a low answer"),
    LOW,
    where=is_low,
    ripens=True,
    parameters=("survey", "working_days"),
)
FOLLOWED_IN_TIME = Measure(
    "low_responses_followed_in_time",
    _("Low answers followed up in time"),
    LOW,
    where=followed_in_time,
    ripens=True,
    parameters=("survey", "working_days"),
)


def low_and_followed(reach: Reach) -> QuerySet:
    """Low answers whose follow-up was recorded in one of the windows."""
    done = f"response__{DONE}"
    low = Answer.objects.filter(reach.holds(done), identified("response__"), band=Band.LOW)
    return of_people(low.exclude(measure=Counts.NONE), reach, "response__").annotate(
        followed_at=F(done),
        recorded_at=F("response__recorded_at"),
        survivor=Coalesce("response__account__merged_into_id", "response__account_id"),
        person=Coalesce("response__contact__merged_into_id", "response__contact_id"),
    )


def is_latest(span: Span) -> Q:
    """Of the person on the scale, in the window."""
    within = span.holds("followed_at") & asked_for(span, survey="response__survey_id")
    place = Place("followed_at", "id")
    latest = Window(Max(place, filter=within), partition_by=[F("survivor"), F("person"), F("scale")])
    return within & Q(Exact(place, latest))


def next_band(span: Span) -> Subquery:
    """Of the next answer of the same person on the same scale; of none null."""
    person = OuterRef("person")
    own = Q(response__contact=person) | Q(response__contact__merged_into=person)
    since = Q(response__responded_at__gt=OuterRef("followed_at"), response__responded_at__lt=span.until)
    known = heard("response__recorded_at", span.known_until)
    later = Answer.objects.filter(own, since, known, identified("response__"), scale=OuterRef("scale"))
    later = later.filter(score__isnull=False).order_by("response__responded_at", "id")
    return Subquery(later.values("band")[:1])


AGAIN = Source(
    "low_answers_followed",
    Answer,
    low_and_followed,
    moment="followed_at",
    happened="followed_at",
    account="customer",
    may_lack_account=True,
    dimensions=dimensions("response__", version="response__version__number", scale="scale"),
    besides=(Response, FollowUp, Contact),
)


def answered_again(span: Span) -> Q:
    return is_latest(span) & Q(IsNull(next_band(span), False))


ANSWERED_AGAIN = Measure(
    "low_answered_again",
    _("People followed up who answered again"),
    AGAIN,
    where=answered_again,
    parameters=("survey",),
)
RECOVERED = Measure(
    "low_recovered",
    _("People whose next answer is not low"),
    AGAIN,
    where=lambda span: answered_again(span) & ~Q(Exact(next_band(span), Value(Band.LOW))),
    parameters=("survey",),
)
