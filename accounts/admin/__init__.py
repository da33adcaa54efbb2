"""Data entry for operations."""

from accounts.admin import attributes, catalogue, customers, facts, populations, staff, tokens

__all__ = ["attributes", "catalogue", "customers", "facts", "populations", "staff", "tokens"]
