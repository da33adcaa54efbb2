"""From what happened to who is told: each at least once under one key, and none waits for another."""

from datetime import timedelta
from threading import Thread
from time import monotonic

import pytest
from django.db import connection, transaction
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from accounts.models import Notice, WebhookDelivery, WebhookEndpoint
from accounts.notices.telling import tell
from accounts.webhooks import delivering, endpoints
from accounts.webhooks.delivering import AGAIN, LEASE
from accounts.webhooks.posting import Problem
from tests.accounts.webhooks.receiving import answer

pytestmark = pytest.mark.django_db
State = WebhookDelivery.State
NOW = timezone.now


def listening(url, *kinds, by=None):
    return endpoints.make(url=url, kinds=kinds, by=by, now=NOW())


def happens(kind="band.changed", **fields):
    fields = {"payload": {"text": "Health fell"}, "happened_at": NOW()} | fields
    return Notice.objects.create(kind=kind, **fields)


def turn(seconds=10):
    return delivering.turn(NOW() + timedelta(seconds=seconds))


def only():
    return WebhookDelivery.objects.get()


def test_what_happens_is_sent_and_signed(receive, najm):
    there = receive()
    endpoint, secret = listening(there.url)
    notice = happens(account=najm, payload={"text": "ساءت الحالة"})

    turn()

    headers, body = there.got[0]
    told = Webhook(secret).verify(body, headers)
    assert told == {
        "type": "band.changed",
        "timestamp": notice.happened_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "data": {
            "notice": notice.pk,
            "account": najm.pk,
            "content": {"text": "ساءت الحالة"},
        },
    }
    row = only()
    assert (row.key, row.state, row.status, row.tries) == (headers["webhook-id"], State.DELIVERED, 200, 1)
    assert row.payload == told
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body.replace("ساءت", "تحسنت"), headers)


def test_a_rotated_secret_is_valid_for_a_day(receive):
    there = receive()
    endpoint, old = listening(there.url)
    new = endpoints.rotate(endpoint, NOW())
    happens()

    turn()

    headers, body = there.got[0]
    assert Webhook(old).verify(body, headers) == Webhook(new).verify(body, headers)
    assert [one.value for one in endpoint.secrets.valid(NOW() + timedelta(days=1))] == [new]


def test_each_is_told_of_its_kinds_once_and_of_nothing_before(receive):
    everything, bands = receive(), receive()
    happens("term.ended")
    listening(everything.url)
    listening(bands.url, "band.changed", "plan.changed")
    disabled, _secret = listening(receive().url)
    endpoints.disable(disabled, WebhookEndpoint.Why.BY_HAND, NOW())
    happens("band.changed", payload="a")
    happens("term.ended", payload="b")

    turn()
    turn()

    assert sorted(everything.contents) == ["a", "b"]
    assert bands.contents == ["a"]
    assert disabled.deliveries.count() == 0


@pytest.mark.django_db(transaction=True)
def test_no_notice_is_missed_whose_transaction_ends_late(receive):
    there = receive()
    listening(there.url)

    def elsewhere():
        happens(payload="second")
        connection.close()

    with transaction.atomic():
        first = happens(payload="first")
        thread = Thread(target=elsewhere)
        thread.start()
        thread.join()
        counting = Thread(target=lambda: (delivering.spread(NOW()), connection.close()))
        counting.start()
        counting.join()
        assert [one.notice.payload for one in WebhookDelivery.objects.select_related("notice")] == ["second"]
        assert Notice.objects.latest("pk").pk > first.pk

    turn()

    assert sorted(there.contents) == ["first", "second"]


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_send_each_once_and_one_at_a_time(receive):
    there = receive()
    at_once, most = [], []

    def does(handler):
        at_once.append(1)
        most.append(len(at_once))
        handler.closing.wait(0.02)
        at_once.pop()
        answer(200)(handler)

    there.does = does
    listening(there.url)
    for number in range(12):
        happens(payload=number)
    workers = [Thread(target=lambda: (turn(), connection.close())) for _worker in range(3)]

    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(there.contents) == list(range(12))
    assert max(most) == 1


def test_none_waits_for_one_that_is_slow_or_down(receive):
    slow, well = receive(lambda handler: handler.closing.wait(3)), receive()
    moments = []
    well.does = lambda handler: (moments.append(monotonic()), answer(200)(handler))
    broken, redirecting = receive(answer(500)), receive(answer(302, Location=well.url))
    for one in (slow, broken, redirecting, well):
        listening(one.url)
    listening("http://127.0.0.1:9/")
    for number in range(5):
        happens(payload=number)

    begun = monotonic()
    turn(seconds=1)

    assert well.contents == [0, 1, 2, 3, 4]
    assert moments[-1] - begun < 2
    assert len(slow.got) == 1
    assert set(broken.contents) == {0, 1, 2, 3, 4}
    problems = dict(WebhookDelivery.objects.order_by("-id").values_list("endpoint__url", "problem"))
    assert (problems[redirecting.url], problems[broken.url]) == (Problem.REDIRECT, Problem.STATUS)
    assert problems["http://127.0.0.1:9/"] == Problem.CONNECTION


def test_it_is_tried_again_as_the_specification_says_until_it_recovers(receive):
    there = receive(answer(500, b"broken"))
    listening(there.url)
    happens()
    delivering.spread(NOW())
    waits = []
    for _try in range(3):
        turn()
        row = only()
        waits.append(round((row.next_at - row.tried_at).total_seconds(), -1) or 5)
        assert (row.state, row.status, row.problem, row.answer) == (State.WAITING, 500, "status", "broken")
        assert turn() == 0
        WebhookDelivery.objects.update(next_at=NOW())
    there.does = answer(204)

    turn()

    assert waits[1:] == [300, 1800]
    assert only().state == State.DELIVERED
    assert len(set(there.keys)) == 1
    assert len(there.keys) == 4


def exhausted(row):
    """As it is before its last try, three days later."""
    three_days = sum(AGAIN, timedelta())
    WebhookDelivery.objects.filter(pk=row.pk).update(
        tries=len(AGAIN), since=NOW() - three_days, next_at=NOW()
    )


def test_after_days_of_failures_alone_it_is_disabled_and_its_owner_told(receive, alice):
    there = receive(answer(500))
    endpoint, _secret = listening(there.url, by=alice)
    happens()
    delivering.spread(NOW())
    exhausted(only())

    turn()

    endpoint.refresh_from_db()
    assert (only().state, only().tries) == (State.FAILED, 10)
    assert endpoint.disabled_because == WebhookEndpoint.Why.FAILING
    told = Notice.objects.get(kind="webhook.disabled", recipient=alice)
    assert (told.payload["webhook"], told.mail) == (endpoint.pk, "now")


def test_what_delivered_something_in_between_stays(receive):
    there = receive()
    endpoint, _secret = listening(there.url)
    happens(payload="good")
    turn()
    there.does = answer(500)
    happens(payload="bad")
    delivering.spread(NOW())
    exhausted(WebhookDelivery.objects.latest("pk"))

    turn()

    assert WebhookDelivery.objects.latest("pk").state == State.FAILED
    assert WebhookEndpoint.objects.active().get() == endpoint


def test_what_is_gone_is_disabled_and_what_waits_is_kept(receive):
    there = receive(answer(410))
    endpoint, _secret = listening(there.url, "band.changed")
    happens(payload=1)
    happens(payload=2)

    turn()

    endpoint.refresh_from_db()
    assert endpoint.disabled_because == WebhookEndpoint.Why.GONE
    assert sorted(WebhookDelivery.objects.values_list("state", flat=True)) == [State.FAILED, State.WAITING]
    there.does = answer(200)
    endpoints.enable(endpoint)
    turn()
    assert there.contents == [1, 2]


def test_what_a_killed_worker_had_is_sent_again_under_the_same_key(receive):
    there = receive()
    listening(there.url)
    happens()
    delivering.spread(NOW())
    (parcel,) = delivering.claim(NOW(), 10)
    parcel.send()

    assert turn() == 0
    later = NOW() + LEASE + timedelta(seconds=1)
    delivering.turn(later + timedelta(seconds=10), clock=lambda: later)

    assert there.keys == [parcel.delivery.key] * 2
    assert (only().state, only().tries) == (State.DELIVERED, 2)


def test_who_comes_late_with_an_answer_changes_nothing(receive):
    there = receive(answer(500))
    listening(there.url)
    happens()
    delivering.spread(NOW())
    (late,) = delivering.claim(NOW(), 10)
    answer_of_late = late.send()
    later = NOW() + LEASE + timedelta(seconds=1)
    (again,) = delivering.claim(later, 10)
    there.does = answer(200)

    delivering.settle(late.delivery, answer_of_late, later)
    assert (only().state, only().status) == (State.DELIVERING, None)
    delivering.settle(again.delivery, again.send(), later)
    delivering.settle(late.delivery, answer_of_late, later)

    assert (only().state, only().status) == (State.DELIVERED, 200)


def test_it_is_not_sent_to_private_addresses(receive, settings):
    there = receive()
    listening(there.url)
    happens()
    settings.WEBHOOKS_MAY_REACH_PRIVATE = False

    turn()

    assert (only().problem, there.got) == (Problem.ADDRESS, [])


def test_a_test_is_tried_once(receive):
    there = receive(answer(500))
    endpoint, secret = listening(there.url)
    delivering.send_test(endpoint, NOW())

    turn()

    headers, body = there.got[0]
    assert Webhook(secret).verify(body, headers)["type"] == "webhook.test"
    assert (only().state, only().kind) == (State.FAILED, "webhook.test")


def test_what_is_over_can_be_sent_again_under_the_same_key(receive):
    there = receive()
    listening(there.url)
    happens()
    turn()
    assert delivering.replay(WebhookDelivery.objects.all(), NOW()) == 1
    assert delivering.replay(WebhookDelivery.objects.all(), NOW()) == 0

    turn()

    assert there.keys == [only().key] * 2


def test_what_is_long_over_is_forgotten(receive):
    endpoint, _secret = listening(receive().url)
    delivering.send_test(endpoint, NOW())
    turn()
    delivering.send_test(endpoint, NOW())

    delivering.forget(NOW() + timedelta(days=29))
    assert WebhookDelivery.objects.count() == 2
    WebhookDelivery.objects.update(made_at=NOW() - timedelta(days=31))
    delivering.forget(NOW() + timedelta(days=31))

    assert only().state == State.WAITING


def test_what_somebody_is_told_is_sent_once_as_what_happened(receive, alice, bob):
    there = receive()
    listening(there.url)
    tell("run.done", {"run": 1}, NOW(), to=[alice.pk, bob.pk])

    turn()

    assert there.contents == [{"run": 1}]
    assert not Notice.objects.filter(for_webhooks=True).exists()
