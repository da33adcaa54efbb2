"""Everything anew, as a job: what it begins with does not matter, nor where it was broken off."""

from datetime import date, timedelta

import pytest

from accounts.models import Job, Retention, Session
from accounts.rollups import passes, rebuilding
from tests.accounts.intake.sent import batch, event
from tests.factories import at, organisation
from tests.sampling import some

pytestmark = pytest.mark.django_db
LATER = at("2030-01-01")


def rolled_up(*events):
    batch(*events)
    passes.catch_up(LATER)


def done(job):
    rebuilding.work_on(job)
    job.refresh_from_db()
    assert (job.state, job.done) == (Job.State.DONE, job.total)
    return job


def without_pause(first, days):
    """What somebody does for so many days on end."""
    return [
        event(f"m{number:05}", at(first) + timedelta(minutes=30 * number)) for number in range(48 * days + 1)
    ]


def sessions():
    return sorted(Session.objects.values_list("began", "ended", "events", "day"))


def test_visit_that_reaches_into_the_next_month_stays_one():
    rolled_up(
        event("m1", "2026-02-28 23:50"), event("m2", "2026-03-01 00:10"), event("m3", "2026-03-01 00:30")
    )

    done(rebuilding.start())
    cut = Session.objects.count()
    passes.catch_up(LATER)

    assert cut == 2
    assert Session.objects.get().events == 3


@pytest.mark.parametrize("zone", ["UTC", "Asia/Beirut"])
@pytest.mark.parametrize(
    "rebuilt",
    some(
        [{}, {"days": 7}, {"first": date(2026, 3, 1)}, {"first": date(2026, 3, 1), "last": date(2026, 3, 1)}],
        every=2,
    ),
)
def test_visit_of_months_stays_one_from_whichever_month_it_is_made_anew(zone, rebuilt):
    organisation(time_zone=zone)
    rolled_up(*without_pause("2026-01-20 10:00", 75), event("n1", "2026-03-12 09:00", user="u2"))
    [whole, other] = before = sessions()

    done(rebuilding.start(**rebuilt))
    passes.roll_up(LATER)

    assert sessions() == before
    assert (whole[2], other[2]) == (48 * 75 + 1, 1)


def test_visit_of_months_stays_one_though_passes_come_between():
    rolled_up(*without_pause("2026-01-20 10:00", 50))
    before = sessions()
    job = rebuilding.start(days=7)

    rebuilding.work_on(job, report=lambda: passes.roll_up(LATER))
    passes.roll_up(LATER)

    assert sessions() == before


def test_visit_that_began_before_events_went_stays_as_it_is():
    rolled_up(*without_pause("2026-02-25 10:00", 6))
    [before] = sessions()
    Retention.objects.update_or_create(pk=1, defaults={"events_gone_before": at("2026-03-01")})

    done(rebuilding.start())
    rolled_up(
        event("within", "2026-03-02 20:10"),
        event("soon after", "2026-03-03 10:05"),
        event("later", "2026-03-05 10:05"),
    )
    done(rebuilding.start())

    assert sessions() == [
        before,
        (at("2026-03-03 10:05"), at("2026-03-03 10:05"), 1, date(2026, 3, 3)),
        (at("2026-03-05 10:05"), at("2026-03-05 10:05"), 1, date(2026, 3, 5)),
    ]


# The job


def test_job_goes_on_within_the_month_where_it_was_stopped():
    rolled_up(event("m1", "2026-03-03 10:00"), event("m2", "2026-03-20 10:00"))
    job = rebuilding.start(date(2026, 3, 1), date(2026, 3, 31), days=10)
    clock = iter([LATER, LATER, LATER, LATER + timedelta(seconds=2), *[LATER + timedelta(seconds=2)] * 9])

    rebuilding.work_on(job, until=LATER + timedelta(seconds=1), clock=lambda: next(clock))
    job.refresh_from_db()
    waits = (job.state, job.done, job.position)
    done(job)

    assert waits == (Job.State.WAITING, 0, {"done": 0, "day": "2026-03-11"})
    assert Session.objects.count() == 2


def test_stopped_job_is_taken_up_by_who_wants_it():
    rolled_up(event("m1", "2026-02-03 10:00"), event("m2", "2026-03-20 10:00"))
    job = rebuilding.start(date(2026, 2, 1), date(2026, 3, 31))

    rebuilding.work_on(job, report=lambda: Job.objects.filter(pk=job.pk).update(stop_requested_at=LATER))
    job.refresh_from_db()
    stopped = (job.state, job.done)
    taken_up = rebuilding.go_on(job)
    job.refresh_from_db()
    Session.objects.all().delete()
    done(job)

    assert stopped == (Job.State.STOPPED, 1)
    assert taken_up
    # What was done before is not done again.
    assert [row[0] for row in sessions()] == [at("2026-03-20 10:00")]


def test_job_whose_workers_die_in_a_month_is_given_up_in_the_end():
    rolled_up(event("m1", "2026-02-03 10:00"))
    job = rebuilding.start()
    now = LATER

    for number in range(3):
        assert [one.pk for one in rebuilding.due(now)] == [job.pk], number
        job.start(now)
        now += timedelta(minutes=5)

    assert not rebuilding.due(now).exists()
    job.refresh_from_db()
    assert job.is_given_up
    assert rebuilding.go_on(job)
    job.refresh_from_db()
    done(job)


def test_killed_amid_a_stretch_nothing_of_it_is_there():
    rolled_up(event("m1", "2026-02-03 10:00"), event("m2", "2026-02-20 10:00"))
    Session.objects.update(events=7)
    job = rebuilding.start(days=10)

    class Killed(Exception):
        pass

    def killed():
        raise Killed

    with pytest.raises(Killed):
        rebuilding.work_on(job, report=killed)
    job.refresh_from_db()
    assert (job.state, job.position["done"]) == (Job.State.FAILED, 1)
    assert rebuilding.go_on(job)
    job.refresh_from_db()
    done(job)
    assert [row[2] for row in sessions()] == [1, 1]


def test_nothing_to_roll_up_is_done_at_once():
    assert done(rebuilding.start()).total == 1
