"""An undo goes step by step: killed, stopped or out of time it goes on, and nothing is lost."""

from datetime import timedelta

import pytest

from accounts import resources
from accounts.audit import acting
from accounts.imports import service, undo
from accounts.models import (
    Account,
    Job,
    Order,
)
from tests.accounts.importing import CREATING
from tests.accounts.undoing import NOW, contents, imported, order, undone

pytestmark = pytest.mark.django_db


@pytest.fixture
def steps(monkeypatch):
    """Every row of an import is a transaction of its own, as it is for every 5,000 of them otherwise."""
    monkeypatch.setattr(service, "BATCH", 1)


class Killed(BaseException):
    """As by a signal: nobody catches it."""


ROWS = [order(f"o{number}", account=f"a{number % 2}") for number in range(4)]


@pytest.mark.django_db(transaction=True)
def test_an_undo_killed_between_two_steps_goes_on(najm, steps):
    before = contents()
    job = imported(resources.ORDERS, ROWS, CREATING)
    begun = undo.begin(job, by=None, now=NOW)

    def kill(done, _left):
        if done >= 2:
            raise Killed

    with pytest.raises(Killed):
        undo.work_on(begun, report=kill)
    assert Order.objects.count() == 2
    again = undone(job)

    assert contents() == before
    assert again == begun
    assert (again.result["deleted"], again.done, again.total) == (8, 8, 8)


@pytest.mark.django_db(transaction=True)
def test_an_undo_killed_within_a_step_goes_on(najm, steps, monkeypatch):
    before = contents()
    job = imported(resources.ORDERS, ROWS, CREATING)
    begun = undo.begin(job, by=None, now=NOW)
    noted = []

    def note(*arguments):
        noted.append(undo_note(*arguments))
        if len(noted) == 2:
            raise Killed
        return noted[-1]

    undo_note = undo._note
    monkeypatch.setattr(undo, "_note", note)
    with pytest.raises(Killed):
        undo.work_on(begun)
    monkeypatch.undo()
    assert Order.objects.count() == 3

    assert undone(job).result["deleted"] == 8
    assert contents() == before


@pytest.mark.django_db(transaction=True)
def test_an_undo_that_is_stopped_goes_on(najm, steps):
    before = contents()
    job = imported(resources.ORDERS, ROWS, CREATING)
    begun = undo.begin(job, by=None, now=NOW)

    undo.work_on(begun, report=lambda *_told: Job.objects.update(stop_requested_at=NOW))
    begun.refresh_from_db()

    assert (begun.state, Order.objects.count()) == (Job.State.STOPPED, 3)
    undone(job)
    assert contents() == before


def test_an_undo_that_is_stopped_before_its_turn_does_not_begin(najm):
    begun = undo.begin(imported(resources.ORDERS, ROWS[:1], CREATING), by=None, now=NOW)
    Job.objects.filter(pk=begun.pk).update(stop_requested_at=NOW)

    assert list(undo.due(NOW)) == []
    begun.refresh_from_db()
    assert (begun.state, Order.objects.count()) == (Job.State.STOPPED, 1)


@pytest.mark.django_db(transaction=True)
def test_an_undo_waits_when_its_time_is_over(najm, steps):
    job = imported(resources.ORDERS, ROWS, CREATING)
    begun = undo.begin(job, by=None, now=NOW)
    times = iter([NOW, NOW, NOW, NOW + timedelta(seconds=2), NOW])

    undo.work_on(begun, until=NOW + timedelta(seconds=1), clock=lambda: next(times))
    begun.refresh_from_db()

    assert (begun.state, Order.objects.count()) == (Job.State.WAITING, 3)


@pytest.mark.django_db(transaction=True)
def test_an_import_that_went_on_after_a_stop_is_undone_as_one(najm, steps):
    before = contents()
    job = Job.objects.create(kind=service.KIND)
    rows = list(enumerate(ROWS, start=2))
    told = {"fields": list(ROWS[0]), "options": CREATING, "job": job}
    Job.objects.update(stop_requested_at=NOW)
    assert service.run(resources.ORDERS, rows, **told).stopped
    Job.objects.update(stop_requested_at=None)
    job.refresh_from_db()
    service.run(resources.ORDERS, rows, **told)
    job.finish(Job.State.DONE, NOW)
    assert Order.objects.count() == 4

    undone(job)

    assert contents() == before


@pytest.mark.django_db(transaction=True)
def test_what_somebody_changes_while_it_is_undone_is_left(najm, alice, steps):
    job = imported(resources.ORDERS, ROWS, CREATING)
    first = Order.objects.order_by("pk").first()

    def change(done, _left):
        if done == 1:
            with acting(user=alice):
                Order.objects.filter(pk=first.pk).update(number="9")

    begun = undone(job, report=change)

    assert Order.objects.get() == first
    assert Account.objects.filter(keys__value="a0").exists()
    assert begun.result["left"] == 3


@pytest.mark.django_db(transaction=True)
def test_rows_that_name_one_another_over_several_steps_go(steps):
    """The child was there before its parent, which a later row named."""
    before = contents()
    job = imported(
        resources.ACCOUNTS,
        [
            {"id": "c", "name": "C", "parent": "", "from_day": "2026-01-01"},
            {"id": "p", "name": "P", "parent": "", "from_day": "2026-01-01"},
            {"id": "c", "name": "C", "parent": "p", "from_day": "2026-02-01"},
        ],
    )
    assert Account.objects.get(name="C").parent.name == "P"

    undone(job)

    assert contents() == before
