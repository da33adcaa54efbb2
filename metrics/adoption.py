"""Features: which accounts have them, which use them, and who has one and never used it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import (
    Count,
    DateField,
    F,
    Max,
    Min,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Cast, Coalesce

from accounts.models import Account, ActivityDay, Feature, Subscription
from accounts.models.offering import included_on
from accounts.taxonomy import Topic, names_of
from accounts.usage import PERSON, active
from metrics.comparisons import Change
from metrics.scopes import Scope
from metrics.sources import DaysAfter

ADOPTION = "feature_adoption_rate"
WEEKS, RECENT = 12, timedelta(days=30)
SURVIVOR = Coalesce("account__merged_into_id", "account_id")


@dataclass(frozen=True)
class Adopted:
    """`eligible` accounts have the feature in a plan in service, `used` are those of them that used it in the window.

    `never` are those of them that never did; `first` and `last` are the days of its use by anybody who is asked for.
    """

    feature: Feature
    eligible: int
    used: int
    never: int
    first: date | None
    last: date | None

    @property
    def share(self) -> float:
        return self.used / self.eligible if self.eligible else -1.0

    @property
    def is_never_used(self) -> bool:
        return self.first is None


SORTS: dict[str, Callable[[Adopted], Any]] = {
    "used": lambda row: (row.used, row.share),
    "name": lambda row: str(row.feature).casefold(),
    "eligible": lambda row: row.eligible,
    "never": lambda row: row.never,
    "last": lambda row: row.last or date.min,
}


def included(scope: Scope) -> QuerySet[Any]:
    """An account with each of the features that its plans in service include, as `account_of` and `feature`."""
    rows = scope.of_accounts(Subscription.objects.in_service(scope.day))
    holds = included_on(scope.day, "plan__features__")
    return rows.filter(holds, plan__features__isnull=False).annotate(
        account_of=SURVIVOR, feature=F("plan__features__feature_id")
    )


def uses(scope: Scope) -> QuerySet[Any]:
    """Days on which somebody used a feature, up to the last of the window."""
    rows = ActivityDay.objects.filter(machine=False, name__in=names_of(Topic.FEATURE), day__lte=scope.day)
    return scope.of_accounts(rows).annotate(account_of=SURVIVOR)


ADOPTED = """
WITH has AS ({included}),
     used AS (SELECT f.id AS feature, account_of, first, last FROM ({uses}) d JOIN accounts_feature f USING (code))
SELECT coalesce(has.feature, used.feature), count(has.feature), count(has.feature) FILTER (WHERE used.last >= %s),
       count(has.feature) FILTER (WHERE used.last IS NULL), min(used.first), max(used.last)
  FROM has FULL JOIN used ON used.feature = has.feature AND used.account_of = has.account_of
 GROUP BY 1
"""
NOBODY = (0, 0, 0, None, None)


def adopted(scope: Scope, features: QuerySet[Feature]) -> list[Adopted]:
    """Of each of the features, all in one statement, however many accounts there are."""
    try:
        has, of_has = included(scope).values("account_of", "feature").distinct().query.sql_with_params()
        used, of_used = uses_by_account(scope).query.sql_with_params()
    except EmptyResultSet:
        return [Adopted(feature, *NOBODY) for feature in features]
    with connection.cursor() as cursor:
        cursor.execute(ADOPTED.format(included=has, uses=used), (*of_has, *of_used, scope.window.first))
        counted = {pk: rest for pk, *rest in cursor.fetchall()}
    return [Adopted(feature, *counted.get(feature.pk, NOBODY)) for feature in features]


def uses_by_account(scope: Scope) -> QuerySet[Any]:
    return uses(scope).values("account_of", code=F("object")).annotate(first=Min("day"), last=Max("day"))


def people(scope: Scope, features: Sequence[Feature]) -> dict[int, Change]:
    """Of some features by their ids: the share of the active people that used it, as its metric says."""
    found = scope.ask_each(ADOPTION, [{"feature": feature.code} for feature in features])
    return {feature.pk: change for feature, change in zip(features, found, strict=True)}


def without_use(scope: Scope, feature: Feature) -> QuerySet[Account]:
    """Who has the feature and never used it; where most people are active, first."""
    has = included(scope).filter(plan__features__feature=feature)
    used = uses(scope).filter(object=feature.code)
    acted = ActivityDay.objects.filter(active(), day__gt=scope.day - RECENT, day__lte=scope.day)
    own = (
        acted.annotate(account_of=SURVIVOR).filter(account_of=OuterRef("pk")).order_by().values("account_of")
    )
    return (
        Account.objects.filter(pk__in=has.values("account_of"))
        .exclude(pk__in=used.values("account_of"))
        .select_related("owner")
        .annotate(
            people=Coalesce(Subquery(own.annotate(people=Count(PERSON, distinct=True)).values("people")), 0),
            last_active=Subquery(own.annotate(last=Max("day")).values("last")),
        )
        .order_by("-people", "name", "pk")
    )


@dataclass(frozen=True)
class Week:
    """Seven days that end on the day."""

    until: date
    people: int
    accounts: int


def weeks_of(scope: Scope, feature: Feature) -> list[Week]:
    """Who used it, also outside of their plan."""
    since = scope.day - WEEKS * timedelta(days=7)
    rows = uses(scope).filter(object=feature.code, day__gt=since)
    ago = DaysAfter(Cast(Value(scope.day), DateField()), F("day"))
    counted = rows.annotate(week=ago / 7).values("week")
    found = {
        row["week"]: (row["people"], row["accounts"])
        for row in counted.annotate(
            people=Count(PERSON, distinct=True), accounts=Count("account_of", distinct=True)
        )
    }
    return [
        Week(scope.day - back * timedelta(days=7), *found.get(back, (0, 0)))
        for back in reversed(range(WEEKS))
    ]
