"""Data entry for operations."""

from accounts.admin import (
    attributes,
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
