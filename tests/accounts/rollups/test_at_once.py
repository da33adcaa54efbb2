"""Workers that roll up at the same time: nothing is lost, and nothing doubled."""

import pytest
from django.db.models import Sum

from accounts.intake import worker
from accounts.models import ActivityDay, EventMark, Session
from accounts.rollups import passes, rebuilding
from tests.accounts.intake.sent import batch, event
from tests.accounts.intake.test_people_at_once import at_once
from tests.factories import at

pytestmark = pytest.mark.django_db(transaction=True)
LATER = at("2030-01-01")


def test_passes_a_rebuild_and_the_intake_at_once():
    batch(event("m0", "2026-05-01 10:00"))
    passes.catch_up(LATER)
    job = rebuilding.start(days=1)
    for number in range(60):
        batch(
            *[
                event(
                    f"m{number}-{user}", f"2026-05-{1 + number % 28:02} 10:{number % 60:02}", user=f"u{user}"
                )
                for user in range(10)
            ]
        )

    def take():
        worker.turn(LATER)
        passes.roll_up(LATER, wait=True)

    wrong = at_once(take, take, take, lambda: rebuilding.work_on(job))
    passes.catch_up(LATER)

    assert wrong == []
    assert ActivityDay.objects.aggregate(all=Sum("count"))["all"] == 601
    assert Session.objects.aggregate(all=Sum("events"))["all"] == 601
    assert not EventMark.objects.exists()
