"""How an account uses the product: how many act, who does, who has fallen silent, and which features they use."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import (
    Count,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce

from accounts import taxonomy
from accounts.models import ActivityDay, Contact, EventName, Feature, PlanFeature, Subscription
from accounts.models.offering import included_on
from accounts.taxonomy import Topic

WEEKS, RECENT = 12, timedelta(days=30)
# Whom a row is of, since contacts were merged.
PERSON = Coalesce("contact__merged_into_id", "contact_id")


@dataclass(frozen=True)
class Week:
    """Seven days that end on the day."""

    until: date
    people: int
    events: int


@dataclass(frozen=True)
class OfFeature:
    """`included`: by the plans in service on the day; `people` and `times` of the last days. Without `last`, nobody
    ever used it.

    None for `pk`: nobody entered the feature, and events alone know its name.
    """

    name: str
    included: bool
    people: int
    times: int
    last: date | None
    pk: int | None = None

    @property
    def is_never_used(self) -> bool:
        return self.last is None

    @property
    def is_in_use(self) -> bool:
        return self.times > 0


@dataclass(frozen=True)
class Usage:
    weeks: list[Week]
    people: list[Contact]
    silent: list[Contact]
    features: list[OfFeature]

    @property
    def never_used(self) -> list[OfFeature]:
        return [feature for feature in self.features if feature.is_never_used]

    @property
    def used(self) -> list[OfFeature]:
        return [feature for feature in self.features if feature.is_in_use]

    @property
    def used_of_plan(self) -> list[OfFeature]:
        return [feature for feature in self.used if feature.included]

    @property
    def used_before(self) -> list[OfFeature]:
        return [feature for feature in self.features if feature.last and not feature.is_in_use]

    @property
    def used_outside(self) -> int:
        return len(self.used) - len(self.used_of_plan)

    @property
    def people_by_week(self) -> list[int]:
        return [week.people for week in self.weeks]

    @property
    def is_empty(self) -> bool:
        acted = self.people or any(week.events for week in self.weeks)
        return not acted and all(feature.is_never_used for feature in self.features)


def active() -> Q:
    """Rows of activity whose person was active: not a machine, and nothing that merely happened to somebody."""
    passive = EventName.objects.filter(means="", is_activity=False).values("sent_as")
    return Q(machine=False) & ~Q(name__in=taxonomy.NOT_ACTIVITY) & ~Q(name__in=passive)


def of_account(facts: list[int], day: date) -> Usage:
    """`facts` are the account and those merged into it."""
    people: list[Any] = list(people_of(facts, day))
    since = day - RECENT
    return Usage(
        weeks=weeks_of(facts, day),
        people=[one for one in people if one.last_active and one.last_active > since],
        silent=[one for one in people if one.last_active is None or one.last_active <= since],
        features=features_of(facts, day),
    )


def weeks_of(facts: list[int], day: date) -> list[Week]:
    rows = ActivityDay.objects.filter(
        active(), account__in=facts, day__gt=day - WEEKS * timedelta(days=7), day__lte=day
    )
    counted = (
        rows.order_by().annotate(person_of=PERSON).values_list("day", "person_of").annotate(Sum("count"))
    )
    people: list[set[int]] = [set() for _week in range(WEEKS)]
    events = [0] * WEEKS
    for of_day, person, count in counted:
        week = (day - of_day).days // 7
        events[week] += count
        people[week] |= {person} - {None}
    return [
        Week(day - week * timedelta(days=7), len(people[week]), events[week])
        for week in reversed(range(WEEKS))
    ]


def people_of(facts: list[int], day: date) -> QuerySet[Contact]:
    """Who is at the account, with when they acted last and on how many of the last days; the latest first."""
    did = ActivityDay.objects.filter(active(), account__in=facts, day__lte=day).annotate(person_of=PERSON)
    rows = did.filter(person_of=OuterRef("pk")).order_by().values("person_of")
    recent = rows.filter(day__gt=day - RECENT)
    contacts = Contact.objects.unmerged().filter(
        Q(left=None) | Q(left__gt=day), account__in=facts, erased_at=None
    )
    return contacts.annotate(
        last_active=Subquery(rows.annotate(last=Max("day")).values("last")),
        active_days=Coalesce(Subquery(recent.annotate(days=Count("day", distinct=True)).values("days")), 0),
        times=Coalesce(Subquery(recent.annotate(times=Sum("count")).values("times"), IntegerField()), 0),
    ).order_by(F("last_active").desc(nulls_last=True), "name_key", "id")


def features_of(facts: list[int], day: date) -> list[OfFeature]:
    """Those that are included or were used; the most used first, those never used last."""
    included = set(included_features(facts, day).values_list("pk", flat=True))
    rows = ActivityDay.objects.filter(
        account__in=facts, day__lte=day, machine=False, name__in=taxonomy.names_of(Topic.FEATURE)
    )
    recent = Q(day__gt=day - RECENT)
    used: dict[str, Any] = {
        row["object"]: row
        for row in rows.order_by()
        .values("object")
        .annotate(
            people=Count(PERSON, filter=recent, distinct=True),
            times=Coalesce(Sum("count", filter=recent), 0),
            last=Max("day"),
        )
    }
    nothing = {"people": 0, "times": 0, "last": None}
    known = {
        feature.code: feature for feature in Feature.objects.filter(Q(pk__in=included) | Q(code__in=used))
    }
    found = [
        OfFeature(
            str(known.get(code, code)),
            code in known and known[code].pk in included,
            **{name: used.get(code, nothing)[name] for name in nothing},
            pk=known[code].pk if code in known else None,
        )
        for code in {*used, *known}
    ]
    return sorted(found, key=lambda one: (-one.people, -one.times, one.last is None, one.name))


def included_features(facts: list[int], day: date) -> QuerySet[Feature]:
    """Of the plans in service on the day."""
    plans = Subscription.objects.filter(account__in=facts).in_service(day).values("plan")
    includes = PlanFeature.objects.filter(included_on(day), plan__in=plans)
    return Feature.objects.filter(pk__in=includes.values("feature"))
