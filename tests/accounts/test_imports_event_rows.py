"""Rows of a file as events: what is taken, what is refused and where, and that each counts once."""

import io

import pytest
from django.utils import timezone

from accounts.imports import FieldsDoNotFit, Layout, Options, check, read, run
from accounts.imports.columns import Conventions
from accounts.models import ActivityDay, Contact, Event, IntakeBatch, Job, Organisation, OtherId
from accounts.resources import EVENTS
from accounts.rollups.passes import catch_up
from tests.factories import account, plain

pytestmark = pytest.mark.django_db
HEAD = "event,user_id,happened_at,account,message_id,properties.feature\n"
ONE = "Feature Used,u1,2026-11-01 10:00,c1,m1,reports\n"


def taken(text, *, job=None, dry_run=False, columns=(), **more):
    organisation = Organisation.current()
    options = Options(
        today=organisation.today(timezone.now()),
        zone=organisation.zone,
        conventions=Conventions(zone=organisation.zone),
        **({"source": "app"} | more),
    )
    layout = Layout(columns=list(columns))
    reading = read(io.BytesIO(text.encode()), layout, fields=list(EVENTS.columns), id_field="")
    told = []
    outcome = run(
        EVENTS,
        reading.rows,
        fields=reading.fields,
        options=options,
        job=job,
        dry_run=dry_run,
        report=lambda _line, batch: told.extend(batch.rejections),
    )
    catch_up(timezone.now())
    return outcome, told


def test_a_row_is_an_event_of_whom_and_where_it_says():
    najm = account("Najm")
    najm.keys.create(source="app", value="c1")
    sara = plain(Contact, account=najm, name="سارة", source="app", external_id="u1")

    outcome, told = taken(HEAD + ONE)

    assert (outcome.counts.read, outcome.counts.created, told) == (1, 1, [])
    event = Event.objects.get()
    said = (event.name, event.object, event.message_id, event.source, event.properties)
    assert said == ("Feature Used", "reports", "m1", "app", {"feature": "reports"})
    at = event.happened_at.astimezone(Organisation.current().zone)
    assert at.isoformat()[:16] == "2026-11-01T10:00"
    day = ActivityDay.objects.get()
    assert (day.account, day.contact, day.late_on is None) == (najm, sara, False)


def test_the_same_file_again_changes_nothing():
    taken(HEAD + ONE)

    outcome, _told = taken(HEAD + ONE)

    assert (outcome.counts.created, outcome.counts.unchanged) == (0, 1)
    assert Event.objects.count() == 1


def test_rows_without_an_id_are_known_by_what_they_say():
    rows = "event,user_id,happened_at\n" + "Signed In,u1,2026-11-01\n" * 2 + "Signed In,u1,2026-11-02\n"

    first, _told = taken(rows)
    again, _told = taken(rows)

    assert (first.counts.created, first.counts.unchanged) == (2, 1)
    assert (again.counts.created, again.counts.unchanged) == (0, 3)
    assert Event.objects.count() == 2


def test_what_is_refused_is_told_with_its_line_and_column():
    rows = [
        ONE,
        ",u1,2026-11-01,,,\n",
        "Signed In,,2026-11-01,,,\n",
        "Signed In,u1,01/02/2026,,,\n",
        "Signed In,u1,,,,\n",
        "Signed In,u1,2199-01-01,,,\n",
        "Signed In,u1,1999-01-01,,,\n",
        f"{'x' * 300},u1,2026-11-01,,,\n",
    ]

    outcome, told = taken(HEAD + "".join(rows))

    assert [(one.line, one.column) for one in told] == [
        (3, "event"),
        (4, ""),
        (5, "happened_at"),
        (6, "happened_at"),
        (7, "happened_at"),
        (8, "happened_at"),
        (9, "event"),
    ]
    assert told[1].reason == "It does not say who. Give a user_id or an anonymous_id."
    assert told[4].reason == "This has not happened yet. Check the sender's clock."
    assert (outcome.counts.created, outcome.counts.rejected) == (1, 7)
    assert Event.objects.count() == 1


def test_a_column_is_made_a_property_by_its_name():
    rows = "what,user_id,happened_at,stars\nReview Submitted,u1,2026-11-01,4\n"

    taken(rows, columns=[("what", "event"), ("stars", "properties.rating")])

    event = Event.objects.get()
    assert (event.name, event.value, event.properties) == ("Review Submitted", 4, {"rating": "4"})


@pytest.mark.parametrize("rating", ["6", "0", "abc"])
def test_a_rating_off_its_scale_is_told_with_its_line_and_column(rating):
    rows = f"event,user_id,happened_at,properties.rating\nResource Rated,u1,2026-11-01,{rating}\n"

    outcome, told = taken(rows + "Resource Rated,u1,2026-11-02,\n")

    [one] = told
    assert (one.line, one.column, one.value) == (2, "properties.rating", rating)
    assert one.reason.startswith("A rating is a number from 1 to 5.")
    assert outcome.counts.created == 1


def test_an_anonymous_id_beside_a_user_is_theirs():
    taken("event,user_id,anonymous_id,happened_at\nSigned In,u1,a1,2026-11-01\n")

    assert list(OtherId.objects.values_list("kind", "value", "user")) == [("anonymous", "a1", "u1")]


def test_a_backfill_is_not_late():
    taken(HEAD + ONE, backfill=True)

    event = Event.objects.get()
    assert event.recorded_at == event.happened_at
    assert ActivityDay.objects.get().late_on is None


def test_a_dry_run_keeps_nothing():
    outcome, _told = taken(HEAD + ONE, dry_run=True)

    assert outcome.counts.created == 1
    assert not IntakeBatch.objects.exists()
    assert not Event.objects.exists()


def test_a_run_goes_on_behind_the_line_where_it_was():
    job = Job.objects.create(kind="import", position={"line": 2})
    job.start(timezone.now())

    taken(HEAD + ONE + ONE.replace("m1", "m2"), job=job)

    assert [event.message_id for event in Event.objects.all()] == ["m2"]
    job.refresh_from_db()
    assert job.position == {"line": 3}


@pytest.mark.parametrize(
    ("fields", "source"), [(["event", "user_id"], "app"), (["event", "user_id", "happened_at"], "cxhub")]
)
def test_files_that_do_not_say_when_or_speak_for_us_are_refused(fields, source):
    organisation = Organisation.current()
    options = Options(today=organisation.today(timezone.now()), zone=organisation.zone, source=source)

    with pytest.raises(FieldsDoNotFit):
        check(EVENTS, fields, options)
