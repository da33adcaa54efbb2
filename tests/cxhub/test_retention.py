"""What goes when its time is over, and what stays."""

from datetime import timedelta
from pathlib import Path

import pytest

from accounts.intake import partitions
from accounts.models import (
    ActivityDay,
    AuditEntry,
    Contact,
    Event,
    Import,
    Job,
    Notice,
    ProviderCall,
    RejectedEvent,
    Retention,
    Upload,
)
from cxhub import retention
from cxhub.tasks import apply_retention, erase_persons
from tests.cxhub.persons.traces import upload
from tests.factories import account, at, organisation

pytestmark = pytest.mark.django_db

NOW = at("2026-05-15 12:00")
MARCH, APRIL = at("2026-03-14 23:00"), at("2026-04-16 12:00")


def clock():
    return NOW


def keep(**months):
    Retention.current()
    Retention.objects.update(**months)


def ran():
    return retention.run(clock)


def notice(when):
    made = Notice.objects.create(kind="x", happened_at=when)
    Notice.objects.filter(pk=made.pk).update(recorded_at=when)
    return made


def test_nothing_goes_where_nothing_is_set():
    notice(at("2001-01-01"))

    assert ran() is None
    assert not Job.objects.exists()
    assert Notice.objects.exists()


def test_notices_go_after_their_months():
    organisation(time_zone="Asia/Riyadh")
    notice(MARCH)
    # A minute before and after midnight in Riyadh, two months ago.
    notice(at("2026-03-14 20:59"))
    stays = notice(at("2026-03-14 21:00"))
    keep(notices=2)
    Notice.objects.filter(recorded_at=MARCH).update(recorded_at=at("2026-03-01 10:00"))

    assert retention.foreseen(Retention.current(), NOW) == {"notices": 2}
    job = ran()

    assert Notice.objects.get() == stays
    assert (job.kind, job.state, job.done, job.total, job.result) == (
        "retention",
        Job.State.DONE,
        2,
        2,
        {"notices": 2},
    )


def test_contents_of_the_history_go_and_the_entries_stay():
    customer = account("Before")
    customer.name = "After"
    customer.save(update_fields=["name"])
    AuditEntry.objects.filter(table="accounts_account").update(at=MARCH)
    customer.delete()
    keep(history=1)

    job = ran()

    old = AuditEntry.objects.filter(table="accounts_account", at=MARCH).order_by("pk")
    assert [(one.action, one.before, one.after) for one in old] == [
        ("insert", None, None),
        ("update", {}, {}),
    ]
    assert AuditEntry.objects.get(table="accounts_account", action="delete").before["name"] == "After"
    assert job.result == {"history": 1}
    assert ran() is None


def test_files_go_but_those_in_work(django_capture_on_commit_callbacks):
    old, working, fresh = (upload(f"id\n{number}\n") for number in range(3))
    Upload.objects.filter(pk__in=[old.pk, working.pk]).update(uploaded_at=MARCH)
    Upload.objects.filter(pk=fresh.pk).update(uploaded_at=APRIL)
    going = Job.objects.create(kind="import", state=Job.State.RUNNING)
    Import.objects.create(upload=working, resource="orders", source="crm", job=going)
    keep(uploads=1)

    with django_capture_on_commit_callbacks(execute=True):
        job = ran()

    assert job.result == {"uploads": 1}
    assert not Path(old.file.path).exists()
    assert Upload.objects.get(pk=old.pk).file.name == ""
    assert Path(working.file.path).exists()
    assert Path(fresh.file.path).exists()


def test_contacts_who_left_are_erased_unless_they_are_elsewhere():
    najm = account("Najm")
    gone = Contact.objects.create(account=najm, name="Gone", email="gone@najm.example", left="2026-03-01")
    Contact.objects.create(account=najm, name="Moved", email="moved@najm.example", left="2026-03-01")
    Contact.objects.create(account=account("Other"), name="Moved", email="MOVED@najm.example")
    Contact.objects.create(account=najm, name="Lately", email="lately@najm.example", left="2026-05-01")
    keep(left_contacts=2)

    job = ran()
    erase_persons()

    assert job.result == {"left_contacts": 1}
    assert Contact.objects.get(pk=gone.pk).erased_at is not None
    assert set(Contact.objects.exclude(pk=gone.pk).values_list("name", flat=True)) == {"Moved", "Lately"}
    assert ran() is None


@pytest.mark.parametrize(("days", "goes"), [(0, False), (1, True)])
def test_who_left_is_kept_until_the_months_are_over(days, goes):
    """Without an address nobody else is the same person."""
    day = organisation().today(retention.cutoff(2, NOW))
    left = day - timedelta(days=days)
    Contact.objects.create(account=account("Najm"), name="Sara", phone="+966 50 1", left=left)
    keep(left_contacts=2)

    assert (ran() is not None) is goes


def test_many_go_in_batches_and_somebody_may_stop_it(monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    for _number in range(5):
        notice(MARCH)
    keep(notices=1)
    times = []

    def impatient():
        """Asks to stop once the second batch is done."""
        times.append(1)
        if len(times) == 3:
            Job.objects.update(stop_requested_at=NOW)
        return NOW

    job = retention.run(impatient)

    assert (job.state, Notice.objects.count()) == (Job.State.STOPPED, 1)
    assert ran().state == Job.State.DONE
    assert Notice.objects.count() == 0


def test_what_the_night_does_not_allow_is_left_for_the_next(monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    for _number in range(3):
        notice(MARCH)
    keep(notices=1)

    job = retention.run(clock, until=NOW - timedelta(seconds=1))

    assert (job.done, Notice.objects.count()) == (2, 1)


def test_the_timetable_applies_it():
    notice(at("2001-01-01"))
    keep(notices=1)

    apply_retention()

    assert not Notice.objects.exists()


def event(when):
    stored = Event.objects.create(
        happened_at=at(when), source="shop", message_id=when, name="Page", person="0" * 32
    )
    ActivityDay.objects.create(
        person=stored.person, day=stored.happened_at, name="Page", count=1, last_at=at(when)
    )


def test_events_go_by_whole_months_and_their_rollups_stay():
    partitions.make_ahead(at("2026-01-01"))
    for when in ("2025-12-31", "2026-01-31", "2026-02-01", "2026-03-14", "2026-03-16"):
        event(when)
    keep(events=2)

    assert retention.foreseen(Retention.current(), NOW) == {"events": 2}
    job = ran()

    assert (job.state, job.result) == (Job.State.DONE, {"events": 2})
    kept = Event.objects.order_by("pk").values_list("message_id", flat=True)
    assert list(kept) == ["2026-02-01", "2026-03-14", "2026-03-16"]
    assert ActivityDay.objects.count() == 5
    assert retention.foreseen(Retention.current(), NOW) == {"events": 0}
    assert ran() is None


def test_rejected_events_go_after_their_months():
    for when in (MARCH, APRIL):
        RejectedEvent.objects.create(source="shop", received_at=when, reason="missing", content="{}")
    keep(rejected_events=2)

    job = ran()

    assert job.result == {"rejected_events": 1}
    assert RejectedEvent.objects.get().received_at == APRIL


def call(digest, state, received_at):
    return ProviderCall.objects.create(
        provider="postmark",
        kind="tracking",
        size=1,
        digest=digest,
        state=state,
        body=b"x",
        received_at=received_at,
    )


def test_calls_of_providers_go_but_those_that_wait():
    for number, state in enumerate(ProviderCall.State.values):
        call(f"old {number}", state, MARCH)
        call(f"new {number}", state, APRIL)
    keep(provider_calls=1)

    assert retention.foreseen(Retention.current(), NOW) == {"provider_calls": 2}
    job = ran()

    assert job.result["provider_calls"] == 2
    assert set(ProviderCall.objects.values_list("digest", flat=True)) == {"new 0", "new 1", "new 2", "old 0"}
