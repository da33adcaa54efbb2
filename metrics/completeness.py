"""Up to which moment the facts of a metric have come in.

A source is complete up to the last moment at which anything came from it: what happened before then, it has told us.
Where one kind of its facts has been silent for longer than is usual, it is complete up to the last of that kind. What
people enter, sources that never came regularly and those from which nothing is expected any more hold nothing back. A
metric is complete up to the earliest of all the sources that give the facts it reads.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accounts.feeds import KINDS
from accounts.models import Feed
from metrics import catalogue
from metrics.definitions import Metric
from metrics.sources import Clock


@dataclass(frozen=True)
class Supply:
    """What one source gives of one kind of facts; `complete_to` None: it holds nothing back."""

    kind: str
    source: str
    last_at: datetime
    complete_to: datetime | None
    is_silent: bool

    @classmethod
    def of(cls, feed: Feed, latest: datetime | None, clock: Clock) -> "Supply":
        """`latest` is when anything came last from its source; None: it never came regularly."""
        is_silent = feed.is_silent(clock.now)
        known = feed.last_at if is_silent else latest
        complete_to = None if known is None or feed.is_closed else min(known, clock.now)
        return cls(feed.kind, feed.source, feed.last_at, complete_to, is_silent)

    @property
    def label(self) -> str:
        return str(KINDS[self.kind]._meta.verbose_name_plural)


@dataclass(frozen=True)
class Completeness:
    """`to` is None before anything has been noted; `held_back_by` is the source that is behind all others."""

    to: datetime | None
    held_back_by: Supply | None = None


@dataclass(frozen=True)
class Supplies:
    """All that come in, read once for any number of metrics."""

    of_kind: dict[str, list[Supply]]
    clock: Clock

    @classmethod
    def now(cls, clock: Clock) -> "Supplies":
        """One short query: there are as many rows as sources times kinds of facts."""
        feeds = list(Feed.objects.order_by("last_at", "pk"))
        latest = {feed.source: feed.last_at for feed in feeds}
        regular = {feed.source: latest[feed.source] for feed in feeds if feed.is_expected}
        of_kind: dict[str, list[Supply]] = {}
        for feed in feeds:
            of_kind.setdefault(feed.kind, []).append(Supply.of(feed, regular.get(feed.source), clock))
        return cls(of_kind, clock)

    def of(self, metric: Metric) -> Completeness:
        """A derived metric reads what its parts do. What was known by a day is complete to no more than its end."""
        if not self.of_kind:
            return Completeness(None)
        supplies = [supply for kind in kinds_read(metric) for supply in self.of_kind.get(kind, ())]
        held_back = [(supply.complete_to, supply) for supply in supplies if supply.complete_to is not None]
        latest = min(self.clock.now, self.clock.known_until or self.clock.now)
        to, by = min(held_back, default=(latest, None), key=lambda one: one[0])
        return Completeness(to, by) if to < latest else Completeness(latest)

    def of_all(self, metrics: Iterable[Metric]) -> Completeness:
        """What holds for each of them: that of the one whose facts are furthest behind."""
        return min(map(self.of, metrics), key=lambda one: one.to or self.clock.now)


def kinds_read(metric: Metric) -> list[str]:
    """As feeds call them."""
    sources = {source for part in catalogue.with_parts((metric.key,)) for source in part.sources}
    models = {model for source in sources for model in (source.model, *source.besides)}
    return sorted(str(model._meta.model_name) for model in models)


def completeness(metrics: Iterable[Metric], clock: Clock) -> dict[str, Completeness]:
    """By key."""
    supplies = Supplies.now(clock)
    return {metric.key: supplies.of(metric) for metric in metrics}
