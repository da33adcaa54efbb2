"""Campaigns: how many they reached, and who did what they were for."""

from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Campaign, CampaignDay
from accounts.models.facts import heard
from accounts.models.subscriptions import own_accounts
from accounts.taxonomy import BRINGS_NOBODY
from metrics.measures.activity import activity, days_of_activity, in_window
from metrics.measures.content import WHO, Pair
from metrics.measures.deliveries import is_wanted
from metrics.measures.people import set_of
from metrics.sources import Dimension, Measure, Reach, Source, Span


def brought(reach: Reach) -> QuerySet:
    """What people did that names a campaign with a goal."""
    aimed = Campaign.objects.filter(goal__isnull=False).order_by().values("code")
    rows = days_of_activity(reach.clock).filter(reach.holds_day("day"), campaign__in=aimed)
    return rows.exclude(name__in=BRINGS_NOBODY).annotate(
        survivor=Coalesce("account__merged_into_id", "account_id"), who=WHO
    )


def reached_goal(span: Span) -> Q:
    """The same person at the same account, on that day of the window or a later one."""
    code = span.parameter("campaign")
    done = days_of_activity(span.clock).filter(
        heard("recorded_at", span.known_until), is_wanted(""), day__gte=OuterRef("day"), day__lte=span.day
    )
    own = done.annotate(who=WHO).filter(who=OuterRef("who"))
    at_account = Q(Exists(own.filter(account__in=own_accounts("survivor"))))
    nowhere = Q(account=None) & Q(Exists(own.filter(account=None, person=OuterRef("person"))))
    return in_window(span) & (Q(campaign=code) if code else Q()) & (at_account | nowhere)


def person_of_campaign(_span: Span) -> Combinable:
    return Pair(WHO, "campaign")


def days_of_campaigns(reach: Reach) -> QuerySet:
    """Of those that have a goal; whom they reached belongs to no account."""
    rows = CampaignDay.objects.filter(reach.holds_day("day"), campaign__goal__isnull=False)
    return rows.annotate(nobody=Cast(Value(None), BigIntegerField()))


BROUGHT = activity(
    "brought_by_campaigns",
    brought,
    may_lack_account=True,
    dimensions={"campaign": Dimension.field("campaign")},
)
DAYS = Source(
    "campaign_days",
    CampaignDay,
    days_of_campaigns,
    "day",
    "nobody",
    may_lack_account=True,
    dimensions={"campaign": Dimension.field("campaign__code")},
)


def in_days(key: str, name: Promise, number: str) -> Measure:
    def where(span: Span) -> Q:
        code = span.parameter("campaign")
        return in_window(span) & (Q(campaign__code=code) if code else Q())

    return Measure(key, name, DAYS, where, lambda _span: F(number), parameters=("campaign",))


CONVERTED = set_of(
    "people_brought_to_the_goal",
    _("People whom the campaign brought to its goal"),
    BROUGHT,
    reached_goal,
    person_of_campaign,
    ("campaign",),
)
REACH = in_days("campaign_reach", _("Reach of the campaign"), "reach")
CLICKS = in_days("campaign_clicks", _("Clicks of the campaign"), "clicks")
