"""Campaigns: whom they reached, what became of their mails, who came, and who did what was wanted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from accounts.models import ActivityDay, Campaign, CampaignDay, Delivery, Session
from accounts.taxonomy import Topic, names_of
from metrics import catalogue, framing
from metrics.evaluate import evaluate
from metrics.measures.content import WHO
from metrics.scopes import Scope

EVENTS = ("event_registrations", "event_attendance", "event_walk_ins")
NUMBERS = ("reach", "impressions", "clicks")
MAILS = ("delivered", "opened", "clicked", "unsubscribed", "bounced")


@dataclass(frozen=True)
class Ran:
    """A campaign in the window. `costs` are (amount, currency): what was paid in several is not added up.

    `reach`, `impressions` and `clicks` are as the campaign's own days say; mails, people and `wanted`, whom it brought
    to its goal, are of the accounts that are asked for.
    """

    campaign: Campaign
    reach: int = 0
    impressions: int = 0
    clicks: int = 0
    costs: Sequence[tuple[Decimal, str]] = field(default=())
    delivered: int = 0
    opened: int = 0
    clicked: int = 0
    unsubscribed: int = 0
    bounced: int = 0
    registered: int = 0
    attended: int = 0
    walk_ins: int = 0
    sessions: int = 0
    wanted: int = 0

    def share(self, name: str) -> Decimal | None:
        return Decimal(getattr(self, name)) / self.delivered if self.delivered else None

    @property
    def has_reach(self) -> bool:
        return bool(self.reach or self.impressions or self.clicks or self.costs)

    @property
    def has_mails(self) -> bool:
        return bool(self.delivered or self.bounced)

    @property
    def open_rate(self) -> Decimal | None:
        return self.share("opened")

    @property
    def click_rate(self) -> Decimal | None:
        return self.share("clicked")

    @property
    def unsubscribe_rate(self) -> Decimal | None:
        return self.share("unsubscribed")


SORTS: dict[str, Callable[[Ran], Any]] = {
    "starts": lambda row: (row.campaign.starts, row.campaign.pk),
    "name": lambda row: str(row.campaign).casefold(),
    "reach": lambda row: row.reach,
    "clicks": lambda row: row.clicks,
    "delivered": lambda row: row.delivered,
    "attended": lambda row: row.attended,
    "wanted": lambda row: row.wanted,
}


def in_window(scope: Scope) -> QuerySet[Campaign]:
    """Those that ran on one of its days; an event without an end is held on one."""
    runs = Q(ends__gt=scope.window.first) | Q(ends=None)
    held = ~Q(kind=Campaign.Kind.EVENT) | Q(ends__isnull=False) | Q(starts__gte=scope.window.first)
    return Campaign.objects.filter(runs, held, starts__lte=scope.day).select_related("goal")


def ran(scope: Scope, campaigns: QuerySet[Campaign], *, with_costs: bool) -> list[Ran]:
    """Each of them; a handful of statements, however many there are."""
    known = list(campaigns)
    days, costs = days_of(scope, known), costs_of(scope, known) if with_costs else {}
    mails, came = mails_of(scope), people_at_events(scope)
    visits, wanted = visits_of(scope), wanted_of(scope)
    return [
        Ran(
            one,
            costs=costs.get(one.pk, ()),
            **days.get(one.pk, {}),
            **mails.get(one.code, {}),
            **came.get(one.code, {}),
            **visits.get(one.code, {}),
            **wanted.get(one.code, {}),
        )
        for one in known
    ]


def of_days(scope: Scope, campaigns: Sequence[Campaign]) -> QuerySet[CampaignDay]:
    rows = CampaignDay.objects.filter(campaign__in=campaigns).order_by()
    return rows.filter(day__gte=scope.window.first, day__lte=scope.day)


def days_of(scope: Scope, campaigns: Sequence[Campaign]) -> dict[int, dict[str, int]]:
    rows = of_days(scope, campaigns)
    summed = rows.values_list("campaign").annotate(*(Sum(name) for name in NUMBERS))
    return {campaign: dict(zip(NUMBERS, sums, strict=True)) for campaign, *sums in summed}


def costs_of(scope: Scope, campaigns: Sequence[Campaign]) -> dict[int, list[tuple[Decimal, str]]]:
    rows = of_days(scope, campaigns).filter(cost__gt=0).values_list("campaign", "currency")
    found: dict[int, list[tuple[Decimal, str]]] = {}
    for campaign, currency, cost in rows.annotate(paid=Sum("cost")).order_by("currency"):
        found.setdefault(campaign, []).append((cost, currency))
    return found


def deliveries(scope: Scope) -> QuerySet[Delivery]:
    """Mails delivered in the window, and those that came back in it."""
    since, until = scope.clock.end_of(scope.window.start), scope.clock.end_of(scope.day)
    delivered = Q(delivered_at__gte=since, delivered_at__lt=until)
    returned = Q(delivered_at=None, bounced_at__gte=since, bounced_at__lt=until)
    return scope.of_accounts(Delivery.objects.exclude(campaign="").filter(delivered | returned))


def mails_of(scope: Scope) -> dict[str, dict[str, int]]:
    """Opened and clicked by people: what machines open is apart."""
    rows = deliveries(scope).values_list("campaign")
    counted = rows.annotate(**{name: Count("pk", filter=became(name)) for name in MAILS})
    return {campaign: dict(zip(MAILS, counts, strict=True)) for campaign, *counts in counted}


def became(name: str) -> Q:
    of_delivered = Q(delivered_at__isnull=False) if name != "bounced" else Q()
    return of_delivered & Q(**{f"{name}_at__isnull": False})


def people_at_events(scope: Scope) -> dict[str, dict[str, int]]:
    """Of events held in the window."""
    found = scope.ask(*EVENTS, by=("campaign",))
    names = dict(zip(EVENTS, ("registered", "attended", "walk_ins"), strict=True))
    came: dict[str, dict[str, int]] = {}
    for key, parts in found.items():
        for (code,), answer in parts.items():
            came.setdefault(code, {})[names[key]] = int(answer.value or 0)
    return came


def visits_of(scope: Scope) -> dict[str, dict[str, int]]:
    """Sessions that a campaign brought."""
    rows = scope.of_days(Session.objects.exclude(campaign="")).values_list("campaign")
    return {campaign: {"sessions": count} for campaign, count in rows.annotate(Count("pk"))}


def wanted_of(scope: Scope) -> dict[str, dict[str, int]]:
    """Whom a campaign brought to its goal: above the line of its conversion rate, also of some of the accounts."""
    metric = catalogue.ALL["campaign_conversion_rate"]
    question = framing.question_of(metric, scope.day, scope.clock, scope.text)
    found = evaluate([question], scope.population, scope.clock, by=("campaign",))[question]
    return {code: {"wanted": int(sums.numerator)} for (code,), sums in found.items()}


def by_day(scope: Scope, campaign: Campaign) -> tuple[list[date], dict[str, list[int]]]:
    """Of each day since the first on which there is anything: reach, mails, people who registered, and sessions."""
    zone = scope.clock.organisation.zone
    days = {row["day"]: row for row in of_days(scope, [campaign]).values("day", *NUMBERS)}
    mails = deliveries(scope).filter(campaign=campaign.code, delivered_at__isnull=False)
    on_day = TruncDate("delivered_at", tzinfo=zone)
    delivered: dict[date, int] = dict(mails.annotate(on=on_day).values_list("on").annotate(Count("pk")))
    sessions = scope.of_days(Session.objects.filter(campaign=campaign.code)).values_list("day")
    begun: dict[date, int] = dict(sessions.annotate(Count("pk")))
    said = ActivityDay.objects.filter(
        machine=False, name__in=names_of(Topic.REGISTRATION), object=campaign.code
    )
    registered: dict[date, int] = dict(
        scope.of_days(said).values_list("day").annotate(people=Count(WHO, distinct=True))
    )
    known = {name: {day: row[name] for day, row in days.items()} for name in NUMBERS}
    known |= {"delivered": delivered, "registered": registered, "sessions": begun}
    first = min((day for numbers in known.values() for day in numbers), default=scope.day)
    drawn = [day for day in scope.days if day >= first]
    return drawn, {name: [numbers.get(day, 0) for day in drawn] for name, numbers in known.items()}
