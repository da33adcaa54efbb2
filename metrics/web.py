"""What visits are made of: pages, where they come from, and what they lead to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count

from accounts.models import Goal, Session
from metrics.answers import Answer
from metrics.comparisons import Change
from metrics.scopes import Scope

FIGURES = ("sessions", "page_views", "bounce_rate", "session_duration")


@dataclass(frozen=True)
class OfPage:
    """A page with its views; of sessions those that began and that ended on it. None: it has no such."""

    page: str
    views: Answer
    exits: Answer
    bounces: Answer | None

    @property
    def entries(self) -> int:
        return int(self.bounces.denominator or 0) if self.bounces else 0


@dataclass(frozen=True)
class OfSource:
    channel: str
    campaign: str
    sessions: Answer
    bounces: Answer | None
    conversions: Answer | None


@dataclass(frozen=True)
class OfGoal:
    """Sessions that reached it of all, and people of all with a session."""

    goal: Goal
    sessions: Change
    people: Change


SORTS: dict[str, Callable[[OfPage], Any]] = {
    "views": lambda row: (row.views.value or 0, row.entries),
    "page": lambda row: row.page,
    "entries": lambda row: row.entries,
    "exits": lambda row: row.exits.numerator or 0,
    "exit_rate": lambda row: row.exits.value or 0,
    "bounce_rate": lambda row: -1 if row.bounces is None else row.bounces.value or 0,
}


def pages(scope: Scope) -> list[OfPage]:
    """A page that is not named is none. Exits and bounces count sessions by the page on which they ended or began."""
    found = scope.ask("page_views", "exit_rate", "bounce_rate", by=("page",))
    views, exits, bounces = (found[key] for key in ("page_views", "exit_rate", "bounce_rate"))
    return [
        OfPage(part[0], views[part], exits[part], bounces.get(part))
        for part in views
        if part[0] and part in exits
    ]


def sources(scope: Scope) -> list[OfSource]:
    """The most sessions first."""
    found = scope.ask("sessions", "bounce_rate", "goal_conversion_rate", by=("channel", "campaign"))
    rows = [
        OfSource(
            channel,
            campaign,
            answer,
            found["bounce_rate"].get((channel, campaign)),
            found["goal_conversion_rate"].get((channel, campaign)),
        )
        for (channel, campaign), answer in found["sessions"].items()
    ]
    return sorted(rows, key=lambda row: (-(row.sessions.value or 0), row.channel, row.campaign))


def goals(scope: Scope) -> list[OfGoal]:
    known = list(Goal.objects.all())
    asked = [{"goal": goal.code} for goal in known]
    sessions = scope.ask_each("goal_conversion_rate", asked)
    people = scope.ask_each("goal_conversion_rate_people", asked)
    return [OfGoal(*row) for row in zip(known, sessions, people, strict=True)]


def by_day(scope: Scope) -> dict[date, int]:
    """Sessions of each day of the window."""
    rows = scope.of_days(Session.objects.all()).values_list("day")
    found = dict(rows.annotate(Count("pk")))
    return {day: found.get(day, 0) for day in scope.days}
