"""The official Python library of Segment, its host changed, against a server that listens."""

from datetime import UTC, datetime, timedelta

import pytest
from segment.analytics.client import Client

from accounts.intake import keys
from accounts.intake.digests import digest
from accounts.models import IntakeBatch, RejectedEvent

EVENTS = 300


@pytest.fixture
def library(live_server, shop):
    """library(gzip=True) is a client of it; `failures` is what it complained of."""
    made = []

    def client(key=shop[1], **options):
        client = Client(
            key,
            host=live_server.url,
            on_error=lambda *why: client.failures.append(why),
            timeout=60,
            **options,
        )
        client.failures = []
        made.append(client)
        return client

    yield client
    for one in made:
        one.join()


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_library_delivers_every_event_once(library, copied, packed):
    client = library(gzip=packed)
    happened = datetime.now(UTC) - timedelta(hours=1)

    for number in range(EVENTS):
        client.track(
            f"user-{number % 7}",
            "Feature Used",
            {"feature": f"تقرير\t{number}"},
            timestamp=happened + timedelta(seconds=number),
        )
    client.flush()

    assert client.failures == []
    batches = IntakeBatch.objects.order_by("id")
    rows = copied.batches(batches)
    assert (len(rows), len({row["digest"] for row in rows})) == (EVENTS, EVENTS)
    assert [row["object"] for row in rows] == [f"تقرير\t{number}" for number in range(EVENTS)]
    # Corrected by how long the request was under way.
    late = [row["happened_at"] - happened - timedelta(seconds=number) for number, row in enumerate(rows)]
    assert all(timedelta() <= one < timedelta(seconds=30) for one in late)
    assert 3 <= len(batches) < EVENTS
    assert not RejectedEvent.objects.exists()


def test_library_says_who_is_who(library, copied):
    client = library()

    client.identify("sara", {"email": "sara@najm.example", "name": "سارة"})
    client.group("sara", "najm", {"name": "Najm"})
    client.alias("b7", "sara")
    client.page("sara", "Docs", "Pricing", {"url": "https://shop.example/pricing?q=1"})
    client.screen("sara", "", "Home")
    client.track("sara", "login", context={"groupId": "najm"})
    client.flush()

    said = [one for batch in IntakeBatch.objects.order_by("id") for one in batch.calls]
    assert [one["type"] for one in said] == ["identify", "group", "alias"]
    assert said[0]["traits"] == {"email": "sara@najm.example", "name": "سارة"}
    assert (said[1]["company"], said[2]["previous"]) == ("najm", "b7")
    rows = copied.batches(IntakeBatch.objects.order_by("id"))
    assert [(row["name"], row["object"]) for row in rows] == [
        ("Page", "/pricing"),
        ("Screen", "Home"),
        ("login", ""),
    ]
    assert rows[2]["company"] == digest("crm", "account", "najm")


def test_library_hears_that_its_key_was_revoked(library, shop):
    client = library()
    keys.revoke(shop[0], datetime.now(UTC))

    client.track("sara", "Signed In")
    client.flush()

    [(error, _batch)] = client.failures
    assert (error.status, error.code) == (401, "unknown_key")
    assert IntakeBatch.objects.get().events == 0
