"""Late facts, and the days that they make stale."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from accounts.models import Account, Touched
from metrics import recompute
from metrics.models import CurrentValue, StoredDay
from tests import factories
from tests.metrics.recompute.running import (
    NOW,
    SOON,
    YESTERDAY,
    everybody,
    night,
    refresh,
    run,
    snapshots,
    touched,
)

pytestmark = pytest.mark.django_db


def test_a_late_fact_changes_the_days_since(najm):
    days = [date(2026, 1, 31), date(2026, 2, 28), YESTERDAY]
    run(days=days)
    touched()
    refresh()
    factories.subscription(najm, 7, "2026-02-10")

    touched()

    assert [snapshots(day)[najm.pk] for day in days] == [100, 107, 107]
    stale = StoredDay.objects.filter(stale_since=NOW).order_by("day")
    assert [stored.day for stored in stale] == days[1:]
    assert everybody("mrr", YESTERDAY) == 100
    refresh()
    assert [everybody("mrr", day) for day in days] == [100, 107, 107]


def test_an_ordinary_fact_of_today_makes_no_day_stale(najm):
    run(days=[YESTERDAY])
    touched()
    refresh()

    factories.order(najm, "2026-03-17 00:00")
    factories.resolved_ticket(najm, "2026-03-17 01:00")
    Account.objects.update(name="Najm Logistics")
    touched()

    assert StoredDay.objects.get().stale_since is None


def test_the_end_of_an_old_subscription_leaves_the_days_before_it_alone(najm):
    run(days=[date(2026, 1, 31), YESTERDAY])
    touched()
    refresh()

    najm.subscriptions.update(ends=date(2026, 3, 1), cancelled_on=date(2026, 2, 20))
    touched()

    assert StoredDay.objects.get(stale_since__isnull=False).day == YESTERDAY
    assert snapshots(YESTERDAY) == {}
    assert snapshots(date(2026, 1, 31)) == {najm.pk: 100}


def test_a_late_fact_reaches_a_day_that_a_run_is_still_storing(najm):
    """The run has stored this account already and will not come back to it."""
    factories.account("Far", pk=6_000_000)
    Touched.objects.all().delete()
    job = recompute.start(recompute.FULL, days=[YESTERDAY], current=False)
    recompute.work_on_range(job)
    assert snapshots(YESTERDAY) == {najm.pk: 100}

    factories.subscription(najm, 7, str(YESTERDAY))
    touched()

    recompute.work_on(job, SOON)
    assert snapshots(YESTERDAY) == {najm.pk: 107}


def test_a_day_stays_stale_since_the_first_late_fact(najm, clock):
    run(days=[YESTERDAY])
    refresh()
    for minutes in (1, 2):
        clock.move_to(NOW + timedelta(minutes=minutes), tick=False)
        factories.subscription(najm, 7, str(YESTERDAY))
        touched()

    assert StoredDay.objects.get().stale_since == NOW + timedelta(minutes=1)


# Stale days


def test_a_stale_day_is_refreshed_once(najm):
    run(days=[YESTERDAY])

    assert recompute.refresh_stale_day(NOW)
    assert not recompute.refresh_stale_day(NOW)
    assert everybody("mrr", YESTERDAY) == 100


def test_the_day_that_has_been_stale_for_longest_comes_first(najm):
    run(days=[date(2026, 2, 28), YESTERDAY])
    StoredDay.objects.filter(day=YESTERDAY).update(stale_since=NOW - timedelta(hours=1))

    recompute.refresh_stale_day(NOW)

    assert StoredDay.objects.get(stale_since__isnull=False).day == date(2026, 2, 28)


def test_a_day_settles_before_it_is_refreshed_unless_it_has_no_values_yet(najm):
    run(days=[YESTERDAY])
    settled = timedelta(minutes=10)
    assert recompute.refresh_stale_day(NOW, settled=settled)

    StoredDay.objects.update(stale_since=NOW)
    assert not recompute.refresh_stale_day(NOW + timedelta(minutes=9), settled=settled)
    assert recompute.refresh_stale_day(NOW + timedelta(minutes=10), settled=settled)


def test_amounts_without_a_rate_are_kept_as_unknown(najm):
    factories.subscription(najm, 10, "2026-01-01", currency="EUR")

    run()

    value = CurrentValue.objects.of("mrr").get()
    assert (value.numerator, value.denominator, value.value) == (None, Decimal(0), None)
    assert everybody() is None


def test_work_leaves_no_temporary_table(najm):
    run(days=[YESTERDAY])
    night()
    touched()
    refresh()

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relpersistence = 't'")
        assert cursor.fetchone() == (0,)
