"""Features: which of those that its plans include an account uses, and who does.

A feature is a block of numbers, in which each person has one: what is used of what is included is what two sets have in
common, counted in people or in whole blocks.
"""

from collections.abc import Callable

from django.contrib.postgres.fields import BigIntegerRangeField
from django.db.models import BigIntegerField, F, Func, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Feature, PlanFeature, Subscription
from accounts.models.offering import included_on
from accounts.taxonomy import Topic, names_of
from metrics.definitions import PERSONS
from metrics.measures.activity import activity, days_of_activity, in_window
from metrics.measures.people import KNOWN, person, set_of
from metrics.measures.subscriptions import in_service
from metrics.sources import Dimension, Measure, Only, Reach, Source, Span
from metrics.terms import Formula, Term, size

# As many people as there may be; and as many features as fit into 64 bits.
BLOCK = 2**40


class Block(Func):
    """All numbers of a feature."""

    template = f"int8range(%(expressions)s * {BLOCK})"
    arg_joiner = f" * {BLOCK}, "
    output_field = BigIntegerRangeField()

    def __init__(self, feature: Combinable) -> None:
        super().__init__(feature, feature + 1)


def blocks(members: Term) -> Term:
    """How many features a set of whole blocks has."""
    return Formula(f"div({{}}, {BLOCK})", size(members))


def of_each(members: Term, people: Term) -> Term:
    """The numbers that people have in the blocks of a set of features."""
    return Formula(IN_BLOCKS, members, people)


IN_BLOCKS = f"""(SELECT coalesce(range_agg(int8range(f * {BLOCK} + lower(p), f * {BLOCK} + upper(p))), '{{{{}}}}')
FROM unnest({{}}) r, unnest({{}}) p,
     generate_series(div(lower(r), {BLOCK})::bigint, div(upper(r), {BLOCK})::bigint - 1) f)"""


def used(reach: Reach) -> QuerySet:
    """What is no feature of ours has no number."""
    names = names_of(Topic.FEATURE)
    rows = days_of_activity(reach.clock).filter(reach.holds_day("day"), name__in=names, account__isnull=False)
    known = Feature.objects.filter(code=OuterRef("object")).order_by().values("pk")
    return rows.annotate(feature=Subquery(known))


def included(reach: Reach) -> QuerySet:
    """A subscription of any kind with each of the features that its plan includes at some time."""
    begun = Subscription.objects.filter(starts__lte=reach.day, plan__features__isnull=False)
    of_plan = "plan__features__"
    return begun.annotate(
        feature=F(f"{of_plan}feature_id"),
        feature_code=F(f"{of_plan}feature__code"),
        feature_starts=F(f"{of_plan}starts"),
        feature_ends=F(f"{of_plan}ends"),
    )


OF_FEATURE = {"feature": Dimension.field("object")}
USED = activity("features_used", used, dimensions=OF_FEATURE)
# Apart from the other, whose windows are short.
EVER_USED = activity("features_ever_used", used, dimensions=OF_FEATURE)
INCLUDED_SOURCE = Source(
    "features_included",
    Subscription,
    included,
    moment="starts",
    dimensions={"feature": Dimension.field("feature_code")},
    besides=(PlanFeature,),
)


def is_asked_for(span: Span, code: str) -> Q:
    asked = dict(span.reading.parameters).get("feature")
    return Q(**{code: asked}) if asked else Q()


def in_use(span: Span) -> Q:
    return in_window(span) & Q(feature__isnull=False) & is_asked_for(span, "object")


def is_included(span: Span) -> Q:
    return in_service(span) & included_on(span.day, "feature_") & is_asked_for(span, "feature_code")


def whole(key: str, name: Promise, source: Source, where: Callable[[Span], Q], *asked: str) -> Measure:
    return set_of(key, name, source, where, lambda _span: Block(F("feature")), asked)


INCLUDED = whole("features_included", _("Features of plans in service"), INCLUDED_SOURCE, is_included)
INCLUDED_ASKED = whole(
    "feature_included", _("Plans in service with the feature"), INCLUDED_SOURCE, is_included, "feature"
)
FEATURES_USED = whole("features_used", _("Features used"), USED, in_use)
FEATURES_EVER_USED = whole("features_ever_used", _("Features used so far"), EVER_USED, in_use)
USED_BY = set_of(
    "people_with_features",
    _("People who used the feature"),
    USED,
    lambda span: in_use(span) & KNOWN,
    lambda span: Only(Cast(F("feature"), BigIntegerField()) * BLOCK + person(span)),
    ("feature", PERSONS.name),
)
