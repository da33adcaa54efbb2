"""What one publishes: posts, things to learn from, events that people come to."""

from collections.abc import Callable
from datetime import timedelta

from django.contrib.postgres.fields import BigIntegerRangeField
from django.db.models import (
    CharField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    Window,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import Exact
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Campaign, Resource, Ticket
from accounts.models.facts import heard
from accounts.taxonomy import Topic, names_of
from accounts.usage import PERSON
from metrics.measures.activity import OBJECT, activity, days_of_activity, in_window, of_names, times
from metrics.measures.people import KNOWN, person, set_of
from metrics.measures.tickets import Place, helped
from metrics.sources import Measure, Reach, Source, Span

# A contact, or somebody whom nobody knows.
WHO = Coalesce(Cast(PERSON, CharField()), Cast("person", CharField()))


class Pair(Func):
    """The set that holds a number of somebody and something: a hash of both, to be compared and not read."""

    template = (
        "(SELECT int8range(h, h, '[]')"
        " FROM (SELECT hashtextextended(concat_ws(' ', %(expressions)s), 0) >> 1 AS h) pair)"
    )
    output_field = BigIntegerRangeField()


def pair(_span: Span) -> Combinable:
    return Pair(WHO, "object")


def pair_of_person(span: Span) -> Combinable:
    return Pair(person(span), "object")


def counted(key: str, name: Promise, source: Source, topic: Topic) -> Measure:
    return Measure(key, name, source, lambda span: in_window(span) & Q(name__in=names_of(topic)), value=times)


# Posts

POSTS = of_names("posts", Topic.LIKE, Topic.SHARE, Topic.COMMENT, Topic.CLICK, post=OBJECT)
LIKES = counted("likes", _("Likes"), POSTS, Topic.LIKE)
SHARES = counted("shares", _("Shares"), POSTS, Topic.SHARE)
COMMENTS = counted("comments", _("Comments"), POSTS, Topic.COMMENT)
CLICKS = counted("clicks", _("Clicks on posts"), POSTS, Topic.CLICK)

# Events that are held


def of_events_held(reach: Reach) -> QuerySet:
    """Whoever registered for one that is held in a window, or came to it, by its end."""
    held = Campaign.objects.filter(code=OuterRef("object"), kind=Campaign.Kind.EVENT).order_by()
    names = names_of(Topic.REGISTRATION, Topic.ATTENDANCE)
    rows = days_of_activity(reach.clock).filter(name__in=names, day__lte=reach.day)
    events = Campaign.objects.filter(reach.holds_day("starts"), kind=Campaign.Kind.EVENT).order_by()
    return rows.filter(object__in=events.values("code")).annotate(held=Subquery(held.values("starts")))


def of_event(topic: Topic) -> Callable[[Span], Q]:
    def where(span: Span) -> Q:
        return span.holds_day("held") & Q(day__lte=span.day, name__in=names_of(topic))

    return where


HELD = activity(
    "events_held",
    of_events_held,
    may_lack_account=True,
    dimensions={"campaign": OBJECT},
)
REGISTERED = set_of("registered", _("People registered"), HELD, of_event(Topic.REGISTRATION), pair)
ATTENDED = set_of("attended", _("People who attended"), HELD, of_event(Topic.ATTENDANCE), pair)
INTERACTIONS = Measure(
    "interactions",
    _("Votes, posts and comments"),
    of_names("interactions", Topic.INTERACTION, event=OBJECT),
    where=in_window,
    value=times,
)

# Things to learn from

OF_RESOURCE = {"resource": OBJECT}
VIEWS = Measure(
    "resource_views",
    _("Views of learning resources"),
    of_names("resource_views", Topic.VIEW, **OF_RESOURCE),
    where=in_window,
    value=times,
)


def ratings(reach: Reach) -> QuerySet:
    rows = days_of_activity(reach.clock).filter(reach.holds_day("day"), name__in=names_of(Topic.RATING))
    return rows.filter(last_value__isnull=False).annotate(
        survivor=Coalesce("account__merged_into_id", "account_id"), who=WHO
    )


def is_last_rating(span: Span) -> Q:
    """Of the person and the resource, in the window."""
    place = Place("last_at", "id")
    same = [F("survivor"), F("who"), F("object")]
    latest = Window(Max(place, filter=in_window(span)), partition_by=same)
    return in_window(span) & Q(Exact(place, latest))


RATINGS = activity("ratings", ratings, may_lack_account=True, dimensions=OF_RESOURCE)
RATED = Measure("ratings", _("Last ratings of people"), RATINGS, where=is_last_rating)
RATING = Measure(
    "rating",
    _("Sum of the last ratings"),
    RATINGS,
    where=is_last_rating,
    value=lambda _span: F("last_value"),
    unit="score",
)


# Public reviews, by the site that they stand on

OF_SITE = of_names("reviews", Topic.REVIEW, site=OBJECT)
REVIEWS = Measure(
    "reviews", _("Reviews with a rating"), OF_SITE, where=in_window, value=lambda _span: F("valued")
)
REVIEW_RATING = Measure(
    "review_rating",
    _("Sum of the ratings"),
    OF_SITE,
    where=lambda span: in_window(span) & Q(valued__gt=0),
    value=lambda _span: F("value"),
    unit="score",
)


def views_and_ratings(reach: Reach) -> QuerySet:
    """Of the windows, and what came of it since."""
    since, by = min(span.since for span in reach.spans), max(span.by_day for span in reach.spans)
    rows = days_of_activity(reach.clock).filter(day__gt=since, day__lte=by, account__isnull=False)
    topic = Resource.objects.filter(code=OuterRef("object")).order_by().values("topic")
    return rows.filter(name__in=names_of(Topic.VIEW, Topic.RATING)).annotate(
        who=PERSON, topic=Coalesce(Subquery(topic), Value(""))
    )


def viewed(span: Span) -> Q:
    return in_window(span) & KNOWN & Q(name__in=names_of(Topic.VIEW))


def asked_for_help(span: Span) -> Q:
    """By a ticket on the topic, where the resource names one, in the days after the last view of a day."""
    latest = ExpressionWrapper(
        OuterRef("last_at") + timedelta(days=span.parameter("ticket_days")),
        Ticket._meta.get_field("opened_at"),
    )
    own = Q(requester=OuterRef("who")) | Q(requester__merged_into=OuterRef("who"))
    on_topic = Q(Exact(OuterRef("topic"), Value(""))) | Q(product__sku=OuterRef("topic"))
    asked = helped().filter(own, on_topic, heard("recorded_at", span.known_until))
    return viewed(span) & Q(Exists(asked.filter(opened_at__gte=OuterRef("last_at"), opened_at__lt=latest)))


def found_useful(span: Span) -> Q:
    day = Q(day__gt=span.since, day__lte=span.by_day)
    return day & KNOWN & Q(name__in=names_of(Topic.RATING), last_value__gte=4)


LEARNING = activity("views_and_ratings", views_and_ratings, Ticket, dimensions=OF_RESOURCE)
VIEWERS = set_of("viewers", _("People who viewed a resource"), LEARNING, viewed, pair)
ASKING = set_of(
    "viewers_with_a_ticket",
    _("People with a ticket after it"),
    LEARNING,
    asked_for_help,
    pair,
    ("ticket_days",),
    ripens=True,
)
PLEASED = set_of(
    "raters_of_4", _("People who rated it 4 or better"), LEARNING, found_useful, pair, ripens=True
)
