from datetime import UTC, datetime

import pytest


@pytest.fixture(autouse=True)
def _today(time_machine):
    time_machine.move_to(datetime(2026, 3, 31, 12, 0, tzinfo=UTC), tick=False)


@pytest.fixture
def get(administrator):
    from tests.metrics.api.calling import client_of

    return client_of(administrator)


@pytest.fixture
def book(alice):
    """Alice's account pays 100, another one paid 60 and left in March, the third came in March with 40."""
    from tests import factories

    mine = factories.account("Mine", segment="enterprise", industry="retail", owner=alice)
    gone = factories.account("Gone", segment="small")
    new = factories.account("New", segment="small")
    factories.subscription(mine, 100, "2025-01-01")
    factories.subscription(gone, 60, "2025-01-01", "2026-03-10")
    factories.subscription(new, 40, "2026-03-05")
    return {"mine": mine, "gone": gone, "new": new}
