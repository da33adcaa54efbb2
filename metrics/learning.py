"""Learning resources: who reads them, what they think of them, and who asks for help all the same."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, Exists, ExpressionWrapper, F, OuterRef, QuerySet, Sum
from django.db.models.functions import Coalesce

from accounts.models import ActivityDay, Resource, Ticket
from accounts.taxonomy import Topic, names_of
from accounts.usage import PERSON
from metrics.answers import Answer
from metrics.measures.people import KNOWN
from metrics.measures.tickets import helped
from metrics.scopes import Scope

FIGURES = ("resource_views", "resource_rating", "resource_usefulness")
AFTER = timedelta(hours=24)
ALSO = 10


@dataclass(frozen=True)
class OfResource:
    """`resource` is None where nobody entered it: events alone know its `code`. None of an answer: nobody did that.

    `after` are the tickets that viewers opened within 24 hours, `before` those whose requester viewed it that day or
    the day before.
    """

    code: str
    resource: Resource | None
    views: Answer | None
    people: int
    rating: Answer | None
    useful: Answer | None
    after: int
    before: int

    @property
    def name(self) -> str:
        return str(self.resource or self.code)


def _value(answer: Answer | None) -> Any:
    return -1 if answer is None or answer.value is None else answer.value


SORTS: dict[str, Callable[[OfResource], Any]] = {
    "views": lambda row: (_value(row.views), row.people),
    "name": lambda row: row.name.casefold(),
    "people": lambda row: row.people,
    "rating": lambda row: _value(row.rating),
    "useful": lambda row: _value(row.useful),
    "after": lambda row: row.after,
    "before": lambda row: row.before,
}


def resources(scope: Scope) -> list[OfResource]:
    """Those that there are, and those that were viewed."""
    found = scope.ask(*FIGURES, by=("resource",))
    views, ratings, useful = ({code: one for (code,), one in found[key].items()} for key in FIGURES)
    known = {resource.code: resource for resource in Resource.objects.all()}
    people, tickets = people_of(scope), tickets_of(scope)
    return [
        OfResource(
            code,
            known.get(code),
            views.get(code),
            people.get(code, 0),
            ratings.get(code),
            useful.get(code),
            *tickets.get(code, (0, 0)),
        )
        for code in {**known, **views}
        if code
    ]


def viewed(scope: Scope) -> QuerySet[Any]:
    """Days on which a resource was viewed in the window."""
    return scope.of_days(ActivityDay.objects.filter(machine=False, name__in=names_of(Topic.VIEW)))


def people_of(scope: Scope) -> dict[str, int]:
    rows = viewed(scope).filter(KNOWN).values_list("object")
    return dict(rows.annotate(people=Count(PERSON, distinct=True)))


TICKETS = """
SELECT v.object,
       count(DISTINCT t.id) FILTER (WHERE t.opened_at >= v.last_at AND t.opened_at < v.last_at + interval '24 hours'),
       count(DISTINCT t.id) FILTER (WHERE (t.opened_at AT TIME ZONE %s)::date IN (v.day, v.day + 1))
  FROM ({viewed}) v
  JOIN accounts_contact c ON coalesce(c.merged_into_id, c.id) = v.who
  JOIN ({tickets}) t ON t.requester_id = c.id AND t.opened_at > v.last_at - interval '2 days'
   AND t.opened_at < v.last_at + interval '2 days'
 GROUP BY 1
"""


def tickets_of(scope: Scope) -> dict[str, tuple[int, int]]:
    """By resource: tickets that viewers opened within 24 hours, and on the day of a view or the next one."""
    views = viewed(scope).filter(KNOWN).annotate(who=PERSON).values("object", "who", "day", "last_at")
    tickets = scope.of_accounts(helped()).values("id", "requester_id", "opened_at")
    try:
        (of_views, said), (of_tickets, meant) = (rows.query.sql_with_params() for rows in (views, tickets))
    except EmptyResultSet:
        return {}
    zone = scope.clock.organisation.time_zone
    with connection.cursor() as cursor:
        cursor.execute(TICKETS.format(viewed=of_views, tickets=of_tickets), (zone, *said, *meant))
        return {code: (after, before) for code, after, before in cursor.fetchall()}


def tickets_after(scope: Scope, resource: Resource) -> QuerySet[Ticket]:
    """Opened by a viewer within 24 hours after the last view of a day; the latest first."""
    latest = ExpressionWrapper(F("last_at") + AFTER, ActivityDay._meta.get_field("last_at"))
    views = viewed(scope).filter(KNOWN, object=resource.code).annotate(who=PERSON, latest=latest)
    own = views.filter(
        who=Coalesce(OuterRef("requester__merged_into_id"), OuterRef("requester_id")),
        last_at__lte=OuterRef("opened_at"),
        latest__gt=OuterRef("opened_at"),
    )
    tickets = scope.of_accounts(helped()).filter(Exists(own))
    return tickets.select_related("account", "requester").order_by("-opened_at", "-pk")


def pages_that_day(scope: Scope, resource: Resource) -> list[tuple[str, int]]:
    """Which pages its viewers saw on the same day, with how many of them; whether before or after is not kept."""
    same = viewed(scope).filter(object=resource.code, person=OuterRef("person"), day=OuterRef("day"))
    pages = scope.of_days(ActivityDay.objects.filter(machine=False, name__in=names_of(Topic.PAGE)))
    rows = pages.exclude(object="").filter(Exists(same)).values_list("object")
    return list(rows.annotate(people=Count("person", distinct=True)).order_by("-people", "object")[:ALSO])


def by_day(scope: Scope, resource: Resource) -> list[int]:
    """Views on each day of the window."""
    rows = viewed(scope).filter(object=resource.code).values_list("day")
    found = dict(rows.annotate(Sum("count")))
    return [found.get(day, 0) for day in scope.days]
