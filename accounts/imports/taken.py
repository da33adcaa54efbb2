"""What a batch of rows is taken with, and what became of it: the words that doors, stages and jobs share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol
from zoneinfo import ZoneInfo

from accounts.imports.columns import Conventions
from accounts.models import User

CREATED, CHANGED, UNCHANGED = "created", "changed", "unchanged"


@dataclass(frozen=True)
class Rejection:
    """A cell that cannot be taken, or (no column) a row. `column` is the name of the field, `repeats` the line that has
    the same id."""

    line: int
    column: str
    value: str
    reason: str
    repeats: int | None = None


@dataclass(frozen=True, kw_only=True)
class Options:
    """`zone` and `today` are the organisation's; the zone in which the file is written stands in its conventions.

    `mends`: the jobs that rejected these rows before, and kept other rows of the same file.
    """

    today: date
    zone: ZoneInfo
    source: str = "csv"
    conventions: Conventions = field(default_factory=Conventions)
    backfill: bool = False
    create_accounts: bool = False
    by: User | None = None
    mends: Sequence[int] = ()


@dataclass
class Taken:
    """What became of a batch: a fate and our id for each line that was taken, and the reasons for the others.

    A line that repeats one of an earlier batch has no id of ours here. `keys`: how the file calls each row; `changes`,
    of the first changed rows of a run: field, before, after.
    """

    fates: dict[int, str] = field(default_factory=dict)
    ids: dict[int, int] = field(default_factory=dict)
    keys: dict[int, str] = field(default_factory=dict)
    changes: dict[int, list[tuple[str, str, str]]] = field(default_factory=dict)
    rejections: list[Rejection] = field(default_factory=list)


Rows = Sequence[tuple[int, Mapping[str, str]]]


class Taking(Protocol):
    """What takes batches of rows, each within a transaction of the caller's."""

    def create(self) -> None: ...

    def drop(self) -> None: ...

    def take(self, rows: Rows) -> Taken: ...

    def remember(self, rows: Rows) -> None: ...
