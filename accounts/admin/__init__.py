"""Data entry for operations."""

from accounts.admin import catalogue, customers, facts, staff, tokens

__all__ = ["catalogue", "customers", "facts", "staff", "tokens"]
