"""Calls as senders write them, read as by a server's key of the shop, whose companies the CRM numbers."""

from datetime import UTC, datetime, timedelta

import orjson

from accounts.intake.calls import Receipt, earliest, read
from accounts.intake.reasons import Rejected

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def receipt(**fields):
    plain = {
        "source": "shop",
        "companies_source": "crm",
        "verified": True,
        "received_at": NOW,
        "earliest": earliest(NOW, None),
    }
    return Receipt(**plain | fields)


def call(kind="track", **fields):
    plain = {"type": kind, "userId": "sara", "messageId": "m1"}
    return plain | ({"event": "Report Exported"} if kind == "track" else {}) | fields


def event_of(given, **how):
    return read(given, receipt(**how)).event


def said_of(given, **how):
    return read(given, receipt(**how)).said


def properties_of(given, **how):
    return orjson.loads(event_of(given, **how).properties)


def reason_of(given, **how):
    """(reason, field), or None where the call is taken."""
    try:
        read(given, receipt(**how))
    except Rejected as rejected:
        return str(rejected.reason), rejected.field
    return None


def ago(**span):
    return (NOW - timedelta(**span)).isoformat()
