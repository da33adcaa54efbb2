"""Every metric, declared once."""

from dataclasses import replace
from functools import cache

from metrics.catalogue.commerce import COMMERCE
from metrics.catalogue.customers import CUSTOMERS, WINNING
from metrics.catalogue.engagement import ARPU, ENGAGEMENT
from metrics.catalogue.organisation import ORGANISATION
from metrics.catalogue.reaching import REACHING
from metrics.catalogue.revenue import REVENUE
from metrics.catalogue.rivals import RIVALS
from metrics.catalogue.satisfaction import SATISFACTION
from metrics.catalogue.support import SUPPORT
from metrics.definitions import Metric

ALL: dict[str, Metric] = {
    metric.key: replace(metric, rivals=RIVALS.get(metric.key, ()))
    for metric in [
        *CUSTOMERS,
        *REVENUE,
        ARPU,
        *ORGANISATION,
        *WINNING,
        *COMMERCE,
        *ENGAGEMENT,
        *REACHING,
        *SUPPORT,
        *SATISFACTION,
    ]
}

# Per-account history is kept of these only; everything else is computed when asked for.
HEADLINES = ("mrr", "customers", "orders", "tickets", "time_to_resolution", "ordering_accounts")

# Another way to the same figure: the product of these. The page of the metric shows it as a check.
PRODUCTS = {"mrr": ("arpa", "paying_customers")}


def found_by(text: str) -> list[Metric]:
    return [metric for metric in ALL.values() if metric.is_found_by(text)]


def counted_in(metric: Metric) -> Metric:
    """The metric whose facts stand behind this one: itself, or of a derived one its first part."""
    return with_parts((metric.key,))[0]


@cache
def dimensions(metric: Metric) -> tuple[str, ...]:
    """By what it can be split beside what accounts are: what all the facts that it counts say of themselves."""
    sources = {source for part in with_parts((metric.key,)) for source in part.sources}
    first, *others = sorted(sources, key=lambda source: source.key)
    return tuple(name for name in first.dimensions if all(name in other.dimensions for other in others))


@cache
def with_parts(keys: tuple[str, ...]) -> tuple[Metric, ...]:
    """The metrics of these keys and those that they are derived from, each once, without the derived ones."""
    wanted: dict[str, Metric] = {}
    for key in keys:
        metric = ALL[key]
        for part in with_parts(metric.of) if metric.of else (metric,):
            wanted[part.key] = part
    return tuple(wanted.values())
