"""Data entry for operations."""

from accounts.admin import attributes, contracts, customers, sales, staff, support, tokens, traces

__all__ = ["attributes", "contracts", "customers", "sales", "staff", "support", "tokens", "traces"]
