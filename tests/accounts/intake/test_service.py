"""What a request leaves behind: one row of what was taken, and one for each call that was not."""

import json
from datetime import timedelta

import pytest

from accounts.intake import partitions, service
from accounts.intake.bodies import Sending, loaded
from accounts.intake.digests import digest
from accounts.intake.reasons import Reason, Rejected
from accounts.models import EventName, IntakeBatch, Organisation, RejectedEvent, Retention, TaxonomyVersion
from tests.accounts.intake.calling import NOW, ago, call
from tests.factories import at, organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def sender(shop):
    return service.sender_of(shop[0])


def take(sender, *calls, **how):
    return service.take(sender, Sending(list(calls), **how), now=NOW)


def test_batch_is_one_row(sender, copied):
    taken = take(
        sender,
        call(messageId="1", context={"groupId": "najm"}),
        call("identify", traits={"name": "Sara"}),
        call("page", messageId="2", name="Home"),
    )

    assert (taken.accepted, taken.refused) == (3, [])
    batch = IntakeBatch.objects.get()
    assert (batch.key, batch.source, batch.received_at) == (sender.key, "shop", NOW)
    assert (batch.events, batch.rejected, batch.tries) == (2, 0, 0)
    assert [said["type"] for said in batch.calls] == ["identify"]
    assert [row["name"] for row in copied.batches([batch])] == ["Report Exported", "Page"]
    assert copied.batches([batch])[0]["company"] == digest("crm", "account", "najm")
    assert not RejectedEvent.objects.exists()


def test_what_is_rejected_is_kept_beside_what_is_taken(sender):
    taken = take(sender, call(), call(event=""), 7, sent_at=ago(hours=2))

    assert taken.accepted == 1
    assert taken.refused == [(1, Reason.MISSING, "event"), (2, Reason.NO_OBJECT, "")]
    first, second = RejectedEvent.objects.order_by("id")
    assert (first.key, first.source, first.reason, first.field) == (sender.key, "shop", "missing", "event")
    assert (first.received_at, first.sent_at) == (NOW, NOW - timedelta(hours=2))
    assert json.loads(first.content) == call(event="")
    assert (second.content, second.name) == ("7", "")
    assert IntakeBatch.objects.get().rejected == 2


def test_batch_of_which_nothing_could_be_taken_is_counted(sender):
    take(sender, call(event=""))

    batch = IntakeBatch.objects.get()
    assert (batch.events, batch.rejected, bytes(batch.lines)) == (0, 1, b"")


def test_nothing_leaves_nothing(sender):
    assert take(sender).accepted == 0
    assert not IntakeBatch.objects.exists()


def test_number_of_statements_is_the_same_for_one_and_many(sender, django_assert_num_queries):
    service.standing()

    for calls in ([call()], [call(messageId=str(number)) for number in range(300)] + [call(event="")] * 50):
        # What holds and two savepoints; of rejected ones, all at once. The batch is not counted (Batch.save).
        with django_assert_num_queries(3 if len(calls) == 1 else 4):
            take(sender, *calls)


def test_what_is_rejected_reads_as_it_came(sender):
    """NUL, half characters and numbers that are none: the database can keep the text in which they stand."""
    hostile = loaded(b'[{"event": "a\\u0000\\ud800", "properties": {"n": NaN, "l": 1e999}, "type": "track"}]')

    take(sender, *hostile)

    row = RejectedEvent.objects.get()
    assert (row.reason, row.name) == ("broken_text", "a\ufffd\ufffd")
    assert str(loaded(row.content.encode())) == str(hostile[0])


def test_type_of_the_address_is_kept_with_what_is_rejected(sender):
    take(sender, {"event": "A"}, kind="track")

    assert json.loads(RejectedEvent.objects.get().content) == {"event": "A", "type": "track"}


def test_too_deep_a_call_is_counted_without_its_content(sender):
    deep = json.loads('{"a":' * 900 + "1" + "}" * 900)

    take(sender, deep)

    assert RejectedEvent.objects.get().reason == "too_deep"


def test_request_that_cannot_be_read_is_counted(sender):
    service.refuse(sender, Rejected(Reason.MALFORMED), b'{"a": "\xff\0' + b"x" * 9000, now=NOW)

    row = RejectedEvent.objects.get()
    assert (row.reason, row.key) == ("request_malformed", sender.key)
    assert row.content.startswith('{"a": "\ufffd\ufffdx')
    assert len(row.content) == service.LONGEST_UNREAD
    assert IntakeBatch.objects.get().rejected == 1


def test_sandbox_says_what_would_be_and_stores_nothing(sandbox):
    sender = service.sender_of(sandbox[0])

    taken = take(sender, call(), call(event=""))
    service.refuse(sender, Rejected(Reason.MALFORMED), b"{", now=NOW)

    assert (taken.accepted, len(taken.refused)) == (1, 1)
    assert not IntakeBatch.objects.exists()
    assert not RejectedEvent.objects.exists()


def test_whose_an_anonymous_id_is_is_said_once_in_a_batch(sender):
    both = [call(messageId=str(number), anonymousId="b7") for number in range(3)]

    take(sender, *both, call("identify", anonymousId="b7"), call(messageId="4", anonymousId="b8"))

    assert [said["anonymous"] for said in IntakeBatch.objects.get().calls] == ["b7", "b7", "b8"]


def test_names_mean_what_they_mean_now(sender, copied):
    take(sender, call(event="login"))
    EventName.objects.create(sent_as="login", means="Signed In")
    take(sender, call(event="login"))

    before, after = IntakeBatch.objects.order_by("id")
    assert [row["name"] for row in copied.batches([before, after])] == ["login", "Signed In"]
    assert (before.taxonomy, after.taxonomy) == (0, TaxonomyVersion.objects.latest("pk").pk)


def test_events_are_taken_as_far_back_as_they_are_kept(sender):
    Retention.current()
    Retention.objects.update(events=1)

    taken = take(sender, call(timestamp="2026-02-01T00:00:00Z"), call(timestamp="2026-01-31T23:59:59Z"))

    assert taken.refused == [(1, Reason.TOO_OLD, "timestamp")]


def test_events_are_taken_only_of_days_that_are_still_rolled_up(sender):
    organisation(time_zone="Asia/Riyadh")
    Retention.objects.update_or_create(pk=1, defaults={"events_gone_before": at("2026-02-01")})

    taken = take(sender, call(timestamp="2026-02-01T21:00:00Z"), call(timestamp="2026-02-01T20:59:59Z"))

    assert taken.refused == [(1, Reason.TOO_OLD, "timestamp")]
    first = partitions.first_whole_day(Organisation.current(), at("2026-02-01"))
    assert Organisation.current().start_of(first) == at("2026-02-01 21:00")


def test_keys_of_one_source_say_whose_events_they_are(pages, copied):
    take(service.sender_of(pages[0]), call("identify", anonymousId="b7", traits={"name": "X"}), call())

    batch = IntakeBatch.objects.get()
    assert [(said["verified"], said["traits"]) for said in batch.calls] == [(False, {})]
    assert copied.batches([batch])[0]["person"] == digest("shop", "user", "sara")
