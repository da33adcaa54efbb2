"""Batches as the door leaves them, written as one says them."""

import json
from datetime import timedelta

from accounts.intake.digests import digits
from accounts.intake.lines import Event, line
from accounts.models import IntakeBatch
from accounts.taxonomy import meant
from tests.factories import at

SOURCE = "shop"
RECEIVED = at("2026-05-20 12:00")


def person(value, kind="user", source=SOURCE):
    return digits(source, kind, value)


def event(message, when, name="Page", user="u1", *, company=None, recorded_at=None, mapped=(), **more):
    """As it was sent, `more` being columns or, where there is no such column, properties."""
    columns = {
        key: more.pop(key) for key in ("session", "machine", "campaign", "person", "source") if key in more
    }
    source = columns.pop("source", SOURCE)
    said = meant(name, more, dict(mapped))
    return Event(
        digest=digits(source, "message", message),
        happened_at=at(when),
        recorded_at=recorded_at or at(when) + timedelta(minutes=1),
        source=source,
        message_id=message,
        name=said.name,
        sent_as=said.sent_as,
        object=said.object,
        value=said.value,
        campaign=columns.get("campaign") or said.campaign,
        person=columns.get("person") or person(user, source=source),
        company=company and digits(source, "account", company),
        session=columns.get("session", ""),
        machine=columns.get("machine", False),
        properties=json.dumps(more).encode(),
    )


def batch(*events, **fields):
    """Events, or lines as they are."""
    lines = [one if isinstance(one, bytes) else line(one) for one in events]
    given = {"source": SOURCE, "received_at": RECEIVED, "events": len(lines), "lines": b"".join(lines)}
    return IntakeBatch.objects.create(**given | fields)
