"""What people answered, and who of those that were asked did.

What a confidential or anonymous response says is no account's: it counts among everybody's and in no part of them, as
of when it was released, together with four others or more (surveys.releases). Each is a person's own, and neither
language, channel nor version is known of it, so that no figure tells fewer apart.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.db.models import (
    BooleanField,
    Case,
    DateTimeField,
    ExpressionWrapper,
    F,
    IntegerField,
    Max,
    Q,
    QuerySet,
    Value,
    When,
    Window,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Contact
from accounts.models.facts import heard
from metrics.measures.tickets import Place
from metrics.populations import among
from metrics.sources import Dimension, Measure, Reach, Source, Span
from surveys.models import Answer, GradedScale, Invitation, Response, Survey
from surveys.scales import Band
from surveys.scales import Measure as Counts

# What a promoter counts, a passive not, and a detractor against.
POINTS = 100
UNIT = "−100…100"


SURVIVOR = Coalesce("response__account__merged_into_id", "response__account_id")


def surveys() -> list[tuple[str, str]]:
    """By their numbers."""
    return [(str(survey.pk), survey.name) for survey in Survey.objects.order_by("name", "pk")]


def scales() -> list[tuple[str, str]]:
    return [(key, str(scale.name)) for key, scale in GradedScale.objects.by_key().items() if scale.measure]


def is_named(response: str = "") -> Q:
    return Q(**{f"{response}identity": Survey.Identity.IDENTIFIED})


def where_named(path: str, response: str = "", otherwise: str = "") -> Case:
    """Of a response that names somebody; of another one what `otherwise` leads to."""
    return Case(When(is_named(response), then=F(path)), default=F(otherwise) if otherwise else None)


def of_people(rows: QuerySet, reach: Reach, response: str = "") -> QuerySet:
    """Not of machines, or released; of few accounts, where they are asked for, by the index."""
    by_person = is_named(response) & Q(**{f"{response}is_machine": False})
    rows = rows.filter(by_person | ~is_named(response) & Q(**{f"{response}released_at__isnull": False}))
    rows = rows.annotate(customer=where_named(f"{response}account_id", response))
    if reach.accounts is None or 0 in reach.accounts:
        return rows
    return rows.filter(among(f"{response}account_id", reach.accounts))


def scored(reach: Reach) -> QuerySet:
    """Answers on the scales that count in a figure; a question that was left out has none."""
    within = is_named("response__") & reach.holds("response__responded_at")
    counting = Answer.objects.filter(within | reach.holds("released_at"), score__isnull=False)
    person = Coalesce("response__contact__merged_into_id", "response__contact_id")
    return of_people(counting.exclude(measure=Counts.NONE), reach, "response__").annotate(
        responded_at=where_named("response__responded_at", "response__", "released_at"),
        recorded_at=F("response__recorded_at"),
        known_at=where_named("response__recorded_at", "response__", "released_at"),
        survivor=Case(When(customer__isnull=False, then=SURVIVOR)),
        person=Case(When(is_named("response__"), then=person)),
        nobody=Case(When(person=None, then=F("id"))),
    )


def dimensions(survey: str, **others: str) -> dict[str, Dimension]:
    """`survey` leads to what names its survey, channel and language."""
    paths = {"survey": "survey_id", "touchpoint": "survey__touchpoint", "channel": "channel"}
    found = {name: survey + path for name, path in paths.items()} | {"language": f"{survey}language"} | others
    return {name: Dimension.field(path) for name, path in found.items()}


def of_named(survey: str) -> dict[str, Dimension]:
    """What would tell few of those apart who are not named; it leads to the response."""
    paths = {"channel": "channel", "language": "language", "version": "version__number"}
    return {name: Dimension(_known(survey + path, survey)) for name, path in paths.items()}


def _known(path: str, response: str) -> Callable[[Reach], Combinable]:
    return lambda _reach: where_named(path, response)


def asked_for(span: Span, **paths: str) -> Q:
    """What parameters name, where they name something; `paths` lead to it."""
    asked = dict(span.reading.parameters)
    return Q(**{path: asked[name] for name, path in paths.items() if asked.get(name)})


ANSWERS = Source(
    "scored_answers",
    Answer,
    scored,
    moment="responded_at",
    happened="responded_at",
    account="customer",
    may_lack_account=True,
    recorded=("recorded_at", "known_at"),
    dimensions=dimensions("response__", scale="scale") | of_named("response__"),
    besides=(Response, Contact),
    tie="response_id",
)


def given(span: Span, counts: Counts, touchpoint: str = "") -> Q:
    at = Q(response__survey__touchpoint=touchpoint) if touchpoint else Q()
    named = asked_for(span, survey="response__survey_id", scale="scale")
    return span.holds("responded_at") & Q(measure=counts) & at & named


Where = Callable[[Span], Q]


def answers(key: str, name: Promise, where: Where, *parameters: str, **fields: object) -> Measure:
    return Measure(key, name, ANSWERS, where=where, parameters=("survey", *parameters), **fields)  # type: ignore[arg-type]


# NPS


def is_last(span: Span) -> Q:
    """Of the person, in the window; whoever is not known is a person of their own each time."""
    place = Place("responded_at", "id")
    same = [F("survivor"), F("person"), F("nobody")]
    latest = Window(Max(place, filter=given(span, Counts.NPS)), partition_by=same)
    return given(span, Counts.NPS) & Q(Exact(place, latest))


def of_account(span: Span) -> Q:
    return is_last(span) & Q(customer__isnull=False)


def points(_span: Span) -> Combinable:
    ends = When(band=Band.HIGH, then=Value(POINTS)), When(band=Band.LOW, then=Value(-POINTS))
    return Case(*ends, default=Value(0), output_field=IntegerField())


LAST_ANSWERS = answers("nps_answers", _("Last answers of people"), is_last)
POINTS_GIVEN = answers("nps_points", _("Points of the last answers"), is_last, value=points, unit=UNIT)
SQUARES = answers(
    "nps_squares",
    _("Squares of the points"),
    lambda span: is_last(span) & ~Q(band=Band.MIDDLE),
    value=lambda _span: Value(POINTS**2),
)
ANSWERS_OF_ACCOUNTS = answers("nps_answers_of_accounts", _("Last answers of people of accounts"), of_account)
POINTS_OF_ACCOUNTS = answers(
    "nps_points_of_accounts",
    _("Points of the last answers of people of accounts"),
    of_account,
    value=points,
    unit=UNIT,
)
DETRACTORS = answers(
    "nps_detractors", _("Detractors by their last answers"), lambda span: of_account(span) & Q(band=Band.LOW)
)

# CSAT and CES


def all_of(counts: Counts, touchpoint: str = "") -> Where:
    return partial(given, counts=counts, touchpoint=touchpoint)


def positive(counts: Counts, touchpoint: str = "") -> Where:
    return lambda span: given(span, counts, touchpoint) & Q(band=Band.HIGH)


ALL_ANSWERS, POSITIVE = _("Answers with a score"), _("Positive answers")
CSAT_ANSWERS = answers("csat_answers", ALL_ANSWERS, all_of(Counts.CSAT))
CSAT_POSITIVE = answers("csat_positive", POSITIVE, positive(Counts.CSAT))
ONBOARDING_ANSWERS = answers("onboarding_csat_answers", ALL_ANSWERS, all_of(Counts.CSAT, "onboarding"))
ONBOARDING_POSITIVE = answers("onboarding_csat_positive", POSITIVE, positive(Counts.CSAT, "onboarding"))
SUPPORT_ANSWERS = answers("support_csat_answers", ALL_ANSWERS, all_of(Counts.CSAT, "support"))
SUPPORT_POSITIVE = answers("support_csat_positive", POSITIVE, positive(Counts.CSAT, "support"))
CES_ANSWERS = answers("ces_answers", ALL_ANSWERS, all_of(Counts.CES))
CES_POSITIVE = answers("ces_positive", _("Answers that it was easy"), positive(Counts.CES))


def on_scale(counts: Counts) -> tuple[Measure, Measure, Measure]:
    """How many answers, their scores, and the squares of these."""
    kind, where = counts.value, all_of(counts)
    return (
        answers(f"{kind}_on_scale", ALL_ANSWERS, where, "scale"),
        answers(
            f"{kind}_scores",
            _("Sum of the scores"),
            where,
            "scale",
            value=lambda _span: F("score"),
            unit="score",
        ),
        answers(
            f"{kind}_squares",
            _("Squares of the scores"),
            where,
            "scale",
            value=lambda _span: F("score") * F("score"),
        ),
    )


CSAT_ON_SCALE, CSAT_SCORES, CSAT_SQUARES = on_scale(Counts.CSAT)
CES_ON_SCALE, CES_SCORES, CES_SQUARES = on_scale(Counts.CES)

# Responses


def completed(reach: Reach) -> QuerySet:
    """Each with when it counts, and since when that is known."""
    within = is_named() & reach.holds("completed_at")
    return of_people(Response.objects.filter(within | reach.holds("released_at")), reach).annotate(
        counts_at=where_named("completed_at", otherwise="released_at"),
        known_at=where_named("recorded_at", otherwise="released_at"),
    )


RESPONSES = Measure(
    "survey_responses",
    _("Responses"),
    Source(
        "completed_responses",
        Response,
        completed,
        moment="counts_at",
        happened="counts_at",
        account="customer",
        may_lack_account=True,
        recorded=("recorded_at", "known_at"),
        dimensions=dimensions("") | of_named(""),
    ),
    where=lambda span: span.holds("counts_at") & asked_for(span, survey="survey_id"),
    parameters=("survey",),
)

# Invitations


def delivered(reach: Reach) -> QuerySet:
    """Each with whether a machine answered it."""
    known = heard("response__recorded_at", reach.known_until)
    by_machine = Case(
        When(known & Q(response__is_machine=True), then=True), default=False, output_field=BooleanField()
    )
    return Invitation.objects.filter(reach.holds("delivered_at")).annotate(by_machine=by_machine)


def arrived(span: Span) -> Q:
    return span.holds("delivered_at") & asked_for(span, survey="survey_id")


def in_time(span: Span, moment: str) -> Q:
    """By a person. Of anonymous surveys it is known only that somebody answered."""
    days = timedelta(days=span.parameter("answer_days"))
    latest = ExpressionWrapper(F("delivered_at") + days, DateTimeField())
    known = min(span.by, span.known_until or span.by)
    in_days = Q(**{f"{moment}__lte": latest, f"{moment}__lt": known})
    of_nobody = Q(survey__identity=Survey.Identity.ANONYMOUS, answered=True)
    return arrived(span) & Q(by_machine=False) & (in_days | of_nobody)


def invitations(key: str, name: Promise, where: Where) -> Measure:
    return Measure(key, name, INVITED, where=where, ripens=True, parameters=("survey", "answer_days"))


INVITED = Source(
    "invitations",
    Invitation,
    delivered,
    moment="delivered_at",
    may_lack_account=True,
    dimensions=dimensions(""),
    besides=(Response,),
)
INVITATIONS = invitations("invitations", _("Invitations delivered"), arrived)
STARTED = invitations(
    "invitations_started",
    _("Invitations started in time"),
    lambda span: in_time(span, "started_at") | in_time(span, "completed_at"),
)
COMPLETED = invitations(
    "invitations_completed", _("Invitations completed in time"), lambda span: in_time(span, "completed_at")
)
