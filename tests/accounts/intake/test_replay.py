"""What was rejected is read again: it counts as received when it was, and what fails again keeps waiting."""

import json
from datetime import timedelta

import orjson
import pytest

from accounts.intake import service, worker
from accounts.intake.bodies import LARGEST_CALL, Sending
from accounts.intake.reasons import OF_REQUESTS, Rejected, words_of
from accounts.intake.replay import replay
from accounts.models import EventName, IntakeBatch, Profile, RejectedEvent, Retention, WriteKey
from tests.accounts.intake.calling import NOW, ago, call
from tests.accounts.intake.saying import identify

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=3)


@pytest.fixture
def rejected(shop):
    """The row of a call that was sent as the shop's server."""

    def send(given, key=None, **how):
        service.take(service.sender_of(key or shop[0]), Sending([given], **how), now=NOW)
        IntakeBatch.objects.all().delete()
        return RejectedEvent.objects.latest("id")

    return send


def mended(row, **fields):
    row.content = json.dumps(json.loads(row.content) | fields)
    row.save()


def again():
    return replay(RejectedEvent.objects.all(), now=LATER)


def test_mended_call_counts_as_received_when_it_was(rejected, copied):
    row = rejected(call(event="", timestamp=ago(hours=3)), sent_at=ago(hours=2))
    mended(row, event="Report Exported")

    done = again()

    assert (done.taken, done.rejected) == (1, 0)
    row.refresh_from_db()
    assert row.replayed_at == LATER
    batch = IntakeBatch.objects.get()
    assert (batch.key, batch.source, batch.events, batch.received_at) == (row.key, "shop", 1, LATER)
    [event] = copied.batches([batch])
    assert (event["recorded_at"], event["happened_at"]) == (NOW, NOW - timedelta(hours=1))


def test_what_fails_again_waits_with_its_new_reason(rejected):
    row = rejected(call(event="", userId=None))
    mended(row, event="Report Exported")

    done = again()

    row.refresh_from_db()
    assert (done.taken, done.rejected) == (0, 1)
    assert (row.reason, row.field, row.replayed_at) == ("no_person", "", None)
    assert not IntakeBatch.objects.exists()


def test_what_was_taken_is_not_sent_a_third_time(rejected):
    mended(rejected(call(event="")), event="A")
    again()

    done = again()

    assert (done.taken, done.rejected) == (0, 0)
    assert IntakeBatch.objects.count() == 1


def test_numbers_that_are_none_stay_so(rejected):
    row = rejected(call(properties={"n": float("nan")}))

    again()

    row.refresh_from_db()
    assert (row.reason, row.replayed_at) == ("bad_number", None)


def test_replay_uses_what_names_mean_now(rejected, copied):
    row = rejected(call(event="login", userId=""))
    mended(row, userId="sara")
    EventName.objects.create(sent_as="login", means="Signed In")

    again()

    assert copied.batches(IntakeBatch.objects.all())[0]["name"] == "Signed In"


def test_call_without_a_type_of_its_own_keeps_that_of_its_address(rejected):
    row = rejected({"userId": "sara"}, kind="track")
    mended(row, event="A")

    assert again().taken == 1


def test_what_a_browser_said_is_believed_no_more_without_its_key(rejected, pages):
    row = rejected(call("identify", userId=None, traits={"email": "x@y.example"} | {"n": 1e99}), key=pages[0])
    mended(row, userId="sara", traits={"email": "x@y.example"})
    WriteKey.objects.all().delete()

    again()

    [said] = IntakeBatch.objects.get().calls
    assert (said["verified"], said["traits"]) == (False, {})


def test_what_has_gone_meanwhile_is_too_old(rejected):
    row = rejected(call(event="", timestamp=ago(hours=3)))
    mended(row, event="Report Exported")
    Retention.objects.update_or_create(pk=1, defaults={"events_gone_before": NOW})

    again()

    row.refresh_from_db()
    assert (row.reason, row.replayed_at) == ("too_old", None)
    assert not IntakeBatch.objects.exists()


def test_event_that_the_database_refused_waits_with_its_reason():
    RejectedEvent.objects.create(source="shop", received_at=NOW, reason="refused_event", content="a\tb")

    done = again()

    assert (done.taken, done.rejected) == (0, 0)
    assert "cannot be sent again" in words_of(RejectedEvent.objects.get().reason)


@pytest.mark.parametrize("reason", OF_REQUESTS)
def test_request_that_was_refused_as_a_whole_is_not_sent_again(shop, rejected, reason):
    service.refuse(service.sender_of(shop[0]), Rejected(reason), orjson.dumps(call()), now=NOW)
    mended(rejected(call(event="")), event="A")

    done = again()

    assert (done.taken, done.rejected) == (1, 0)
    [row] = RejectedEvent.objects.waiting()
    assert (row.reason, row.is_of_request) == (reason.of_request, True)
    assert words_of(row.reason) == reason.sentence


def test_call_of_a_batch_with_such_a_reason_is_sent_again(rejected):
    row = rejected(call(properties={"a": "x" * LARGEST_CALL}))
    assert (row.reason, row.is_of_request) == ("too_large", False)
    mended(row, properties={})

    assert again().taken == 1


def test_what_was_said_of_a_person_and_refused_can_be_sent_again(shop):
    said = identify("sara", phone="1")
    row = worker._rejected_call(IntakeBatch(key=shop[0], source="shop", received_at=NOW), said)
    row.save()

    assert again().taken == 1
    nothing = dict.fromkeys(["anonymous", "company", "previous"], "")
    assert IntakeBatch.objects.get().calls == [said | nothing]


def test_each_source_has_its_batch(rejected, pages, shop):
    other = WriteKey.objects.create(name="App", source="app", digest="x")
    for key in (shop[0], pages[0], other, shop[0]):
        mended(rejected(call(event=""), key=key), event="A")

    assert again().taken == 4
    assert sorted(IntakeBatch.objects.values_list("source", "events")) == [
        ("app", 1),
        ("shop", 1),
        ("shop", 2),
    ]


def test_replay_costs_the_same_for_one_and_many(rejected, django_assert_num_queries):
    rejected(call(event=""))
    with django_assert_num_queries(6):
        again()
    for number in range(30):
        rejected(call(event="", messageId=str(number)))

    with django_assert_num_queries(6):
        again()


def test_what_a_server_said_is_believed_again_once_it_fits(shop):
    """A trait that fits no field is kept, and the rest of what was said is taken."""
    service.take(
        service.sender_of(shop[0]),
        Sending([call("identify", userId="sara", traits={"email": "no address", "name": "Sara"})]),
        now=NOW,
    )
    worker.turn(LATER, clock=lambda: NOW)
    row = RejectedEvent.objects.get()
    assert row.key == shop[0]
    mended(row, traits={"email": "sara@example.com", "name": "Sara"})

    assert again().taken == 1
    [said] = IntakeBatch.objects.get().calls
    assert said["verified"]
    worker.turn(LATER, clock=lambda: NOW)
    assert Profile.objects.get().traits["email"] == "sara@example.com"
