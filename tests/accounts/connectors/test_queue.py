"""What waits is acted on once and in order, whatever happens to the worker."""

import threading
from contextlib import closing
from datetime import timedelta

import pytest
from django.db import connection

from accounts.connectors import queue
from accounts.connectors.queue import Done
from accounts.connectors.reasons import Reason, Rejected
from accounts.models import ProviderCall
from tests.accounts.connectors.posting import NOW, rejected, states, turn


def keep(body, provider="postmark"):
    queue.keep(provider, "tracking", {}, body, now=NOW)


def acting(seen, fail=()):
    def act(call):
        if bytes(call.body) in fail:
            raise fail[bytes(call.body)]
        seen.append(bytes(call.body))
        return Done(1)

    return {"tracking": act}


@pytest.mark.django_db
def test_calls_are_acted_on_in_the_order_in_which_each_provider_sent_them():
    for body in (b"1", b"2", b"3"):
        keep(body)
        keep(body, "brevo")
    seen = []

    assert turn(acts=acting(seen)) == 6
    assert seen == [b"1", b"2", b"3"] * 2
    assert turn(acts=acting(seen)) == 0


@pytest.mark.django_db
def test_what_was_taken_keeps_no_body_and_is_known_when_it_comes_again():
    keep(b"1")
    turn(acts=acting([]))
    keep(b"1")
    seen = []

    turn(acts=acting(seen))

    call = ProviderCall.objects.get()
    assert (seen, bytes(call.body), call.state, call.read, call.done_at) == ([], b"", "taken", 1, NOW)


@pytest.mark.django_db
def test_rejected_call_stays_with_its_reason_and_can_be_sent_again():
    keep(b"1")
    turn(acts=acting([], {b"1": Rejected(Reason.MISSING, "customer", "x" * 900)}))
    assert rejected() == [("missing", "customer")]
    seen = []

    assert queue.send_again(ProviderCall.objects.all()) == 1
    turn(acts=acting(seen))

    assert (seen, states()) == ([b"1"], [("taken", "")])


@pytest.mark.django_db
def test_rejected_call_that_the_provider_sends_again_is_tried_again():
    keep(b"1")
    turn(acts=acting([], {b"1": Rejected(Reason.MISSING, "customer")}))
    keep(b"1")
    seen = []

    turn(acts=acting(seen))

    assert (seen, states()) == ([b"1"], [("taken", "")])


@pytest.mark.django_db
def test_call_that_fails_again_and_again_is_put_aside_and_the_next_goes_on():
    keep(b"1")
    keep(b"2")
    seen = []

    turn(acts=acting(seen, {b"1": RuntimeError("no")}))

    assert seen == [b"2"]
    assert states() == [("rejected", "failed"), ("taken", "")]


@pytest.mark.django_db
def test_what_a_rejected_call_wrote_is_undone():
    keep(b"1")

    def act(call):
        queue.keep("brevo", "tracking", {}, b"half", now=NOW)
        raise Rejected(Reason.MISSING, "x")

    turn(acts={"tracking": act})

    assert states() == [("rejected", "missing")]


@pytest.mark.django_db
def test_what_the_database_refuses_is_rejected():
    keep(b"1")

    def act(call):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")

    turn(acts={"tracking": act})

    assert states() == [("rejected", "refused")]


class Killed(BaseException):
    pass


@pytest.mark.django_db(transaction=True)
def test_killed_worker_has_changed_nothing_and_the_next_does_it():
    keep(b"1")
    keep(b"2")

    def act(call):
        queue.keep("brevo", "tracking", {}, b"half", now=NOW)
        raise Killed

    with pytest.raises(Killed):
        turn(acts={"tracking": act})
    seen = []
    turn(acts=acting(seen))

    assert seen == [b"1", b"2"]


@pytest.mark.django_db(transaction=True)
def test_call_that_kills_its_workers_is_put_aside():
    keep(b"1")
    keep(b"2")

    for _worker in range(queue.TRIES):
        with pytest.raises(Killed):
            turn(acts=acting([], {b"1": Killed()}))
    seen = []
    turn(acts=acting(seen))

    assert (seen, states()) == ([b"2"], [("rejected", "failed"), ("taken", "")])


@pytest.mark.django_db(transaction=True)
def test_two_workers_keep_the_order_of_a_provider():
    keep(b"1")
    keep(b"2")
    keep(b"1", "brevo")
    seen, others, started, done = [], [], threading.Event(), threading.Event()

    def slow(call):
        started.set()
        assert done.wait(10)
        seen.append((call.provider, bytes(call.body)))
        return Done(1)

    def work():
        with closing(connection):
            turn(acts={"tracking": slow})

    worker = threading.Thread(target=work)
    worker.start()
    assert started.wait(10)
    # The first holds what brevo said; postmark's is free.
    turn(acts=acting(others))
    done.set()
    worker.join()

    assert (seen, others) == ([("brevo", b"1")], [b"1", b"2"])


@pytest.mark.django_db
def test_taken_calls_are_forgotten_in_time_and_rejected_ones_stay():
    keep(b"1")
    keep(b"2")
    turn(acts=acting([], {b"2": Rejected(Reason.MISSING)}))

    assert queue.forget(NOW + timedelta(days=89)) == 0
    assert queue.forget(NOW + timedelta(days=91)) == 1
    assert states() == [("rejected", "missing")]
