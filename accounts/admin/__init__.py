"""Data entry for operations."""

from accounts.admin import (
    attributes,
    calls,
    contracts,
    customers,
    events,
    files,
    identities,
    offering,
    populations,
    sales,
    staff,
    support,
    tokens,
    traces,
)

__all__ = [
    "attributes",
    "calls",
    "contracts",
    "customers",
    "events",
    "files",
    "identities",
    "offering",
    "populations",
    "sales",
    "staff",
    "support",
    "tokens",
    "traces",
]
