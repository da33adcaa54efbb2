"""The rows of the demo company, before a database has seen them.

Rows are numbered from 1 within their model and name each other by these numbers; whoever writes them moves
the numbers to where the database's own begin.
"""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Model

from cxhub.demo.company import TIME_ZONE
from metrics.windows import add_months

MONTHS = 24
ZONE = ZoneInfo(TIME_ZONE)

type_of_row = type[Model]


class Reference(NamedTuple):
    """A row's number where the column is a text and no foreign key."""

    model: type_of_row
    number: int


@dataclass
class Book:
    """`today` is the last day that has facts; what has a time of day ends before it."""

    seed: int
    today: date
    rows: dict[type_of_row, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    roles: dict[int, str] = field(default_factory=dict)
    # Lines as batches of the intake hold them.
    events: list[bytes] = field(default_factory=list)

    def add(self, model: type_of_row, **values: Any) -> int:
        rows = self.rows[model]
        rows.append(values)
        return len(rows)

    def row(self, model: type_of_row, number: int) -> dict[str, Any]:
        return self.rows[model][number - 1]

    def dice(self, part: str) -> random.Random:
        """Each part rolls its own, so that a change in one leaves the others as they were."""
        return random.Random(f"{self.seed} {part}")  # noqa: S311

    def edge(self, months: int) -> date:
        """The day this many months into the story, which ends today."""
        return add_months(self.today, months - MONTHS)

    @property
    def began(self) -> date:
        return self.edge(0)

    @property
    def now(self) -> datetime:
        """What has a time of day lies before this moment."""
        return midnight(self.today)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, ZONE)


def day_between(dice: random.Random, first: date, last: date) -> date:
    return first + timedelta(days=dice.randint(0, max((last - first).days, 0)))
