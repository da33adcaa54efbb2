"""`manage.py rollup`, the run that begins by itself, and what stays when events have gone."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.intake import partitions
from accounts.models import ActivityDay, Contact, Event, EventName, Goal, Job, Session
from accounts.rollups import passes, rebuilding
from tests.accounts.intake.sent import SOURCE, batch, event
from tests.factories import account, at, organisation

pytestmark = pytest.mark.django_db
LATER = at("2030-01-01")


def rolled_up(*events):
    batch(*events)
    passes.catch_up(LATER)


def rollup(*arguments):
    out = io.StringIO()
    call_command("rollup", *arguments, stdout=out)
    return out.getvalue()


def begun():
    job = rebuilding.start_when_due()
    if job:
        rebuilding.work_on(job)
        passes.roll_up(LATER)
    return job


def test_command_makes_the_months_anew_that_it_is_told():
    rolled_up(*(event(f"m{month}", f"2026-0{month}-10 10:00") for month in (2, 3, 4)))
    ActivityDay.objects.update(count=7)

    told = rollup("--from", "2026-03", "--to", "2026-03")

    job = Job.objects.get(kind=rebuilding.KIND)
    assert told == f"Run {job.pk} is done.\n"
    assert (job.done, job.total) == (2, 2)
    assert list(ActivityDay.objects.order_by("day").values_list("count", flat=True)) == [7, 1, 7]


def test_command_takes_up_what_was_stopped():
    rolled_up(event("m1", "2026-03-10 10:00"))
    job = rebuilding.start()
    Job.objects.filter(pk=job.pk).update(state=Job.State.STOPPED)

    assert rollup("--go-on", str(job.pk)) == f"Run {job.pk} is done.\n"
    with pytest.raises(CommandError, match="no stopped or failed"):
        rollup("--go-on", str(job.pk))


def test_names_that_mean_something_else_are_read_anew_with_their_object_and_value():
    rolled_up(event("m1", "2026-03-10 10:00", "Exported", report="sales", rows=7))
    begun()
    EventName.objects.create(
        sent_as="Exported", means="Feature Used", object_property="report", value_property="rows"
    )

    begun()

    stored = Event.objects.values_list("name", "sent_as", "object", "value").get()
    assert stored == ("Feature Used", "Exported", "sales", 7)
    assert ActivityDay.objects.values_list("name", "object", "value").get() == ("Feature Used", "sales", 7)
    assert begun() is None
    EventName.objects.all().delete()
    begun()
    assert ActivityDay.objects.values_list("name", "object", "value").get() == ("Exported", "", None)


def test_another_time_zone_and_other_goals_begin_a_run():
    rolled_up(event("m1", "2026-03-10 23:00", path="/a"))
    begun()
    organisation(time_zone="Asia/Riyadh")
    goal = Goal.objects.create(code="a", kind="page", target="/a")

    assert begun()

    one = Session.objects.get()
    assert (one.day, one.goals) == (at("2026-03-11").date(), [goal.pk])
    assert begun() is None


def test_rollups_of_months_that_went_stay_and_find_whose_they_are():
    rolled_up(event("m1", "2026-01-10 10:00"), event("m2", "2026-03-10 10:00"))
    while partitions.drop_one_before(at("2026-03-01")):
        pass

    rebuilding.work_on(rebuilding.start())
    made = Contact.objects.create(account=account(), name="Sara", source=SOURCE, external_id="u1")
    passes.roll_up(LATER)

    assert Event.objects.count() == 1
    assert list(ActivityDay.objects.values_list("contact", flat=True)) == [made.pk, made.pk]
    assert list(Session.objects.values_list("contact", flat=True)) == [made.pk, made.pk]
