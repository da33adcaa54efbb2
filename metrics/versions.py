"""Which definition of a metric is in force: its own version, and what the organisation says that events mean."""

from accounts.models import TaxonomyVersion
from metrics.definitions import Metric


def taxonomy() -> int:
    """How often what events mean has changed."""
    return TaxonomyVersion.objects.count()


def version_of(metric: Metric, changes: int | None = None) -> int:
    """`changes` are those of the taxonomy where the caller knows them; of what reads no events nobody asks."""
    if not metric.reads_events:
        return metric.version
    return metric.version + (taxonomy() if changes is None else changes)
