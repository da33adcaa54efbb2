"""What senders say, as the worker hands it on."""

from datetime import UTC, datetime

from accounts.intake.people import apply

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


def at(minute):
    return f"2026-03-01T10:{minute:02d}:00+00:00"


def identify(user=None, *, minute=0, anonymous=None, verified=True, **traits):
    return call("identify", minute, verified, user=user, anonymous=anonymous, traits=traits)


def group(company, user=None, *, minute=0, verified=True, **traits):
    return call("group", minute, verified, user=user, company=company, traits=traits)


def alias(previous, user, *, minute=0, verified=True):
    return call("alias", minute, verified, user=user, previous=previous)


def call(kind, minute, verified, **more):
    empty = {"user": None, "anonymous": None, "company": None, "previous": None, "traits": {}}
    return empty | {"type": kind, "at": at(minute), "verified": verified} | more


def said(*calls, source="web", companies_source="crm"):
    """All in one batch; returns what was rejected, as (reason, field)."""
    rejected = apply(list(calls), source=source, companies_source=companies_source, now=NOW)
    return [(one.reason, one.field) for one in rejected]
