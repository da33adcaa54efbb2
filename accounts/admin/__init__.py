"""Data entry for operations."""

from accounts.admin import contracts, customers, sales, staff, support, tokens, traces

__all__ = ["contracts", "customers", "sales", "staff", "support", "tokens", "traces"]
