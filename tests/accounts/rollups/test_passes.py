"""What of the events is rolled up, bit by bit."""

import pytest

from accounts.models import ActivityDay, Delivery, Session
from accounts.rollups import passes
from tests.accounts.intake.sent import batch, event
from tests.factories import at

pytestmark = pytest.mark.django_db


def rolled_up(*events):
    batch(*events)
    passes.catch_up(at("2030-01-01"))


def test_days_of_activity_add_up_what_was_done():
    rolled_up(
        event("m1", "2026-05-20 10:00", "Resource Rated", resource="guide", rating=3),
        event("m2", "2026-05-20 11:00", "Resource Rated", resource="guide", rating=4),
        event("m3", "2026-05-20 12:00", "Resource Rated", resource="guide"),
    )

    one = ActivityDay.objects.get()
    assert (one.count, one.valued, one.value, one.last_value) == (3, 2, 7, 4)
    assert Session.objects.count() == 3
    assert not Delivery.objects.exists()
