"""With the clock held still, nothing that anybody wrote is missed: a full run over everybody changes no value."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from math import isclose
from random import Random
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.merges import merge_accounts
from accounts.models import Job, Touched
from metrics import recompute
from metrics.models import AccountSnapshot, CurrentValue, PopulationValue, StoredDay
from tests import factories
from tests.metrics.writes import Writes

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 17, 13, 30, tzinfo=UTC)
DAYS = [date(2025, 7, 31), date(2026, 2, 28), date(2026, 3, 16)]
SOON = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _held(time_machine):
    time_machine.move_to(NOW, tick=False)


def run_over_everybody():
    job = recompute.start(recompute.FULL, days=DAYS)
    recompute.work_on(job, SOON)
    refresh()
    job.refresh_from_db()
    assert job.state == Job.State.DONE


def refresh():
    while recompute.refresh_stale_day(timezone.now()):
        pass


def catch_up():
    """What the timetable does every minute, until there is nothing left to do."""
    while job := recompute.start_when_everybody_is_touched(timezone.now()):
        recompute.work_on(job, SOON)
    recompute.recompute_touched(SOON)
    refresh()
    assert not Touched.objects.exists()
    assert not StoredDay.objects.filter(stale_since__isnull=False).exists()


def stored():
    """Every stored number by its place."""
    found = {}
    sums = ("numerator", "denominator", "value")
    for name, model, place, numbers in [
        ("current", CurrentValue, ("account_id", "definition__key"), sums),
        ("snapshot", AccountSnapshot, ("account_id", "definition__key", "day"), sums),
        (
            "population",
            PopulationValue,
            ("day", "dimension", "member", "definition__key"),
            (*sums, "accounts", "low", "high", "method", "low_sample"),
        ),
    ]:
        for row in model.objects.values(*place, *numbers):
            for number in numbers:
                found[name, *(row[part] for part in place), number] = row[number]
    return found


def differences(one, other):
    return [
        (place, one.get(place), other.get(place))
        for place in one.keys() | other.keys()
        if not same(one.get(place), other.get(place))
    ]


def same(one, other):
    """Floats are added up in another order; everything else is exact."""
    if isinstance(one, float) and isinstance(other, float):
        return isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return one == other and type(one) is type(other)


def forget():
    for model in (CurrentValue, AccountSnapshot, PopulationValue, StoredDay):
        model.objects.all().delete()


def write(writes, count, doors):
    while count:
        if door := writes.one(NOW):
            doors[door] += 1
            count -= 1


def interleaved(seed, count, page):
    """So many writes, with the timetable's work in between."""
    random = Random(seed)
    writes, doors = Writes(random, page), Counter()
    writes.write()
    run_over_everybody()
    half = count / 2
    while count:
        writes.may_settle = count > half
        some = min(count, random.choice([5, 50, 100]))
        write(writes, some, doors)
        count -= some
        if random.random() < 0.6:
            recompute.recompute_batch()
        else:
            catch_up()
            look()
    catch_up()
    return doors


def look():
    """Now and then, and undone again: later writes would make good what was missed."""
    with transaction.atomic():
        kept = stored()
        run_over_everybody()
        assert differences(kept, stored()) == []
        transaction.set_rollback(True)


def assert_nothing_was_missed():
    kept = stored()
    run_over_everybody()
    assert differences(kept, stored()) == []
    forget()
    run_over_everybody()
    assert differences(kept, stored()) == []


@pytest.fixture(autouse=True)
def _refused_at_once(db):
    """Foreign keys are checked where the write is refused, not at the end of the test."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.fixture
def desk(client, administrator):
    client.force_login(administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.mark.long
def test_after_some_writes_a_full_run_changes_no_value(desk):
    interleaved(seed=1, count=60, page=desk)

    assert_nothing_was_missed()


@pytest.mark.long
def test_after_2000_writes_through_every_door_a_full_run_changes_no_value(desk):
    doors = interleaved(seed=7, count=2000, page=desk)

    assert doors.total() == 2000
    assert len(doors) > 100, doors
    assert {
        "enter in the admin",
        "import_order",
        "merge_accounts",
        "copy TicketEvent",
        "rate",
    } <= doors.keys()
    assert_nothing_was_missed()


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 106))
def test_after_other_writes_neither(seed, desk):
    interleaved(seed, count=1500, page=desk)

    assert_nothing_was_missed()


LATE = {
    "a dated value": lambda book: factories.dated(book.najm, "2025-06-01", stage="churned", segment="large"),
    "a subscription": lambda book: factories.subscription(book.najm, 7, "2025-05-01"),
    "the end of one": lambda book: book.najm.subscriptions.update(ends=date(2025, 12, 1)),
    "a pause": lambda book: factories.pause(book.najm.subscriptions.get(), "2026-02-10"),
    "an order": lambda book: factories.order(book.other, "2025-07-30 10:00"),
    "a cancellation": lambda book: book.other.orders.update(cancelled_at=factories.at("2026-02-20 10:00")),
    "a ticket": lambda book: factories.resolved_ticket(book.other, "2025-07-20 10:00"),
    "a ticket of nobody": lambda book: factories.resolved_ticket(None, "2026-02-20 10:00"),
    "a ticket event": lambda book: factories.event(book.ticket, "reopened", "2026-02-26 10:00"),
    "an exchange rate": lambda book: factories.rate("EUR", "2025-07-15", 3),
    "a setting": lambda book: factories.organisation(inactive_days=30),
    "a merge": lambda book: merge_accounts(book.other, book.najm, by=None),
    "an account that is internal": lambda book: type(book.najm).objects.update(internal=True),
    "an account that is deleted": lambda book: book.najm.delete(),
}


@pytest.fixture
def book():
    factories.rate("EUR", "2024-01-01", 2)
    najm = factories.account("Najm", stage="live", segment="small")
    factories.subscription(najm, 100, "2025-03-01", currency="EUR")
    other = factories.account("Other", stage="live", segment="small")
    factories.order(other, "2026-02-10 10:00")
    return SimpleNamespace(
        najm=najm, other=other, ticket=factories.resolved_ticket(other, "2026-02-20 10:00")
    )


@pytest.mark.long
@pytest.mark.parametrize("late", LATE.values(), ids=LATE)
def test_a_late_fact_changes_the_past_and_a_full_run_no_more(book, late):
    run_over_everybody()
    catch_up()
    before = stored()

    late(book)
    catch_up()

    after = stored()
    assert {place[0] for place, *_ in differences(before, after)} >= {"population"}
    forget()
    run_over_everybody()
    assert differences(after, stored()) == []
