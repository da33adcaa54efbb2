"""Every message once, whatever happens to the worker, and whatever is in a batch."""

import threading
from contextlib import closing
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.intake import keys, service, worker
from accounts.intake.bodies import Sending
from accounts.intake.lines import line
from accounts.models import (
    Event,
    EventKey,
    EventMark,
    EventName,
    IntakeBatch,
    IntakeMinute,
    OtherId,
    Profile,
    RejectedEvent,
    TaxonomyVersion,
    WriteKey,
)
from tests.accounts.intake.sent import RECEIVED, SOURCE, batch, event, person
from tests.factories import at, organisation

NOW = at("2026-05-20 12:01")


def turn():
    return worker.turn(NOW + timedelta(seconds=50), clock=lambda: NOW)


def kept():
    return list(Event.objects.order_by("message_id").values_list("message_id", flat=True))


def minutes():
    return list(IntakeMinute.objects.values_list("batches", "accepted", "duplicates", "rejected"))


@pytest.mark.django_db
def test_batch_becomes_events_as_they_were_sent():
    sent = event(
        "m1",
        "2026-05-20 11:00",
        "Resource Rated",
        resource="guide\t\\ \n",
        rating="4.5",
        company="c1",
        session="s",
        machine=True,
        campaign="may",
    )
    batch(sent, rejected=3)

    assert turn() == 1

    one = Event.objects.get()
    stored = {name: getattr(one, name) for name in sent._fields if name not in {"digest", "properties"}}
    given = sent._asdict() | {"person": one.person, "company": one.company}
    assert stored == {name: given[name] for name in stored}
    assert (one.person.hex, one.company.hex) == (sent.person, sent.company)
    assert one.properties == {"resource": "guide\t\\ \n", "rating": "4.5"}
    assert EventKey.objects.get().digest.hex == sent.digest
    assert not IntakeBatch.objects.exists()
    assert minutes() == [(1, 1, 0, 3)]


@pytest.mark.django_db
def test_message_is_kept_once_within_and_across_batches_and_months():
    early = event("m1", "2026-04-30 23:59", recorded_at=RECEIVED)
    late = event("m1", "2026-05-01 00:01", recorded_at=RECEIVED + timedelta(seconds=1))
    batch(late, early, event("m2", "2026-05-20 10:00"))
    batch(early, event("m3", "2026-05-20 10:00"), received_at=RECEIVED + timedelta(minutes=1))
    turn()
    batch(late, late)
    turn()

    assert kept() == ["m1", "m2", "m3"]
    assert Event.objects.get(message_id="m1").happened_at == at("2026-04-30 23:59")
    assert sorted(minutes()) == [(1, 1, 1, 0), (2, 2, 3, 0)]


@pytest.mark.django_db
def test_days_of_persons_are_marked_by_the_organisations_clock():
    organisation(time_zone="Asia/Riyadh")
    batch(
        event("m1", "2026-05-19 20:59"),
        event("m2", "2026-05-19 21:00"),
        event("m3", "2026-05-19 22:00"),
        event("m4", "2026-05-19 22:00", user="u2"),
    )

    turn()

    marks = {(mark.person.hex, f"{mark.day}") for mark in EventMark.objects.all()}
    assert marks == {
        (person("u1"), "2026-05-19"),
        (person("u1"), "2026-05-20"),
        (person("u2"), "2026-05-20"),
    }
    assert EventMark.objects.count() == 3


@pytest.mark.django_db
def test_batches_are_counted_by_key_and_minute():
    key = WriteKey.objects.create(name="Shop", source="shop", digest="1")
    batch(event("m1", "2026-05-20 10:00"), key=key)
    batch(event("m2", "2026-05-20 10:00"), key=key, received_at=RECEIVED + timedelta(seconds=59))
    batch(event("m3", "2026-05-20 10:00"))
    batch(rejected=7)

    turn()

    counted = IntakeMinute.objects.values_list("key", "minute", "batches", "accepted", "rejected")
    assert set(counted) == {(key.pk, RECEIVED, 2, 2, 0), (None, RECEIVED, 2, 1, 7)}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "bad",
    [
        b"no event\n",
        line(event("bad", "2026-05-20 10:00"))[:-2] + b"\n",
        line(event("bad", "2026-05-20 10:00", session="x" * 201)),
        line(event("bad", "2026-05-20 10:00", page="a")).replace(b'"a"', b'"\\\\u0000"'),
        line(event("bad", "2026-05-20 10:00")).replace(b"2026-05-20T10", b"20260-99-20T10"),
        line(event("bad", "2026-05-20 10:00")).replace(b"shop", b"sh\xffop"),
    ],
)
def test_line_that_the_database_refuses_costs_no_other_its_place(bad):
    good = [event(f"m{number}", "2026-05-20 10:00") for number in range(1, 6)]
    batch(event("m0", "2026-05-20 10:00"))
    batch(*good[:3], bad, *good[3:])
    batch(event("m6", "2026-05-20 10:00"))

    turn()

    assert kept() == [f"m{number}" for number in range(7)]
    assert [one.reason for one in RejectedEvent.objects.all()] == ["refused_event"]
    assert minutes() == [(3, 7, 0, 1)]
    assert not IntakeBatch.objects.exists()


@pytest.mark.django_db
def test_names_mean_what_they_mean_now():
    sent = [event(f"m{name}", "2026-05-20 10:00", name, page="/p") for name in ("Old", "New", "Page")]
    EventName.objects.create(sent_as="New", means="Feature Used", object_property="page")
    version = TaxonomyVersion.objects.latest("pk").pk
    batch(*sent)
    batch(event("m4", "2026-05-20 10:00", "New", page="/p"), taxonomy=version)

    turn()

    read = Event.objects.order_by("message_id").values_list("message_id", "name", "sent_as", "object")
    assert list(read) == [
        # Of a batch that is of today it is believed what it says.
        ("m4", "New", "", ""),
        ("mNew", "Feature Used", "New", "/p"),
        ("mOld", "Old", "", ""),
        ("mPage", "Page", "", ""),
    ]


@pytest.mark.django_db
def test_rating_off_its_scale_has_no_value_where_it_was_none_when_it_came():
    sent = [event(f"m{stars}", "2026-05-20 10:00", "stars", value=stars) for stars in (4, 9)]
    EventName.objects.create(sent_as="stars", means="Resource Rated")
    batch(*sent)

    turn()

    read = Event.objects.order_by("message_id").values_list("message_id", "name", "value")
    assert list(read) == [("m4", "Resource Rated", 4), ("m9", "Resource Rated", None)]


@pytest.mark.django_db
def test_of_one_batch_without_times_the_first_says_whose_an_anonymous_id_is():
    """Of the traits, the last; both also where the alphabet has it the other way."""
    key, _text = keys.make(name="Shop", source=SOURCE, kind="server")
    calls = [
        {"type": "identify", "userId": "zaid", "anonymousId": "b7", "traits": {"title": "Lead"}},
        {"type": "identify", "userId": "zaid", "traits": {"title": "Boss"}},
        {"type": "track", "event": "A", "userId": "adam", "anonymousId": "b7"},
    ]

    service.take(service.sender_of(key), Sending(calls), now=NOW)
    turn()

    assert OtherId.objects.get().user == "zaid"
    assert Profile.objects.get(value="zaid").traits["title"] == "Boss"


@pytest.mark.django_db
def test_broken_off_at_any_statement_nothing_is_lost_or_doubled():
    batch(event("m1", "2026-05-20 10:00"), event("m2", "2026-07-20 10:00"))
    batch(event("m2", "2026-07-20 10:00"), b"bad\n")
    statements = 0

    while broken_off_after(statements):
        assert IntakeBatch.objects.count() + RejectedEvent.objects.count() >= 1
        statements += 1

    assert statements > 10
    assert kept() == ["m1", "m2"]
    assert minutes() == [(2, 2, 1, 1)]
    assert RejectedEvent.objects.count() == 1
    assert not IntakeBatch.objects.exists()


class Killed(BaseException):
    pass


def broken_off_after(statements):
    """Whether the turn was; with more statements than it has, it was not."""
    left = statements

    def execute(run, sql, params, many, context):
        nonlocal left
        left -= 1
        if left < 0 and "SAVEPOINT" not in sql:
            raise Killed
        return run(sql, params, many, context)

    try:
        with connection.execute_wrapper(execute), transaction.atomic():
            turn()
    except Killed:
        return True
    return False


@pytest.mark.django_db(transaction=True)
def test_workers_with_the_same_messages_in_other_orders_take_each_once():
    messages = [event(f"m{number}", "2026-05-20 10:00", user=f"u{number % 7}") for number in range(3000)]
    for shift in range(8):
        batch(*(messages[shift * 300 :] + messages[: shift * 300]))
    batch(*reversed(messages))
    start, failures = threading.Barrier(2), []

    def work():
        with closing(connection):
            start.wait(20)
            try:
                worker.turn(at("2027-01-01"), clock=lambda: NOW)
            except DatabaseError as error:
                failures.append(error)

    threads = [threading.Thread(target=work) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert failures == []
    assert Event.objects.count() == EventKey.objects.count() == 3000
    assert minutes() == [(9, 3000, 24_000, 0)]
