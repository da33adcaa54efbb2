"""Requests that are sent again."""

import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts import api, idempotency
from accounts.models import KeptAnswer, Plan
from accounts.tasks import forget_answers
from tests.accounts.reading import problem
from tests.accounts.writing import Program, pointers

PRO = {"code": "pro", "name": {"en": "Pro", "ar": "احترافي"}}


@pytest.fixture
def shop(administrator):
    return Program(administrator)


def test_sent_again_it_is_answered_again_and_not_done_again(shop):
    first = shop.post("plans/", PRO, Idempotency_Key="a-1")
    Plan.objects.update(code="changed meanwhile")
    again = shop.post("plans/", PRO, Idempotency_Key="a-1")

    assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
    assert [again.headers[name] for name in ("ETag", "Location", "Content-Type")] == [
        first.headers[name] for name in ("ETag", "Location", "Content-Type")
    ]
    assert ("Idempotency-Replayed" in first.headers, again.headers["Idempotency-Replayed"]) == (False, "true")
    assert Plan.objects.count() == 1


def test_what_was_refused_stays_refused(shop):
    first = shop.post("plans/", {"code": ""}, Idempotency_Key="a-1")
    again = shop.post("plans/", {"code": ""}, Idempotency_Key="a-1")

    assert problem(again, 400) == problem(first, 400)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_conflict_leaves_nothing_half_done_and_is_answered_again(shop):
    shop.post("plans/", PRO)

    answers = [shop.post("plans/", PRO, Idempotency_Key="a-1") for _number in range(2)]

    assert [problem(answer, 409)["code"] for answer in answers] == ["conflict", "conflict"]
    assert Plan.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "body"), [("plans/", PRO | {"code": "other"}), ("products/", {"sku": "A-1"})]
)
def test_another_request_with_the_key_is_refused(shop, path, body):
    shop.post("plans/", PRO, Idempotency_Key="a-1")

    refused = shop.post(path, body, Idempotency_Key="a-1")

    assert problem(refused, 422)["code"] == "other_request"
    assert Plan.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"path": "bulk/plans/"},
        {"path": "bulk/plans/?source=shop&dry_run=true"},
        {"path": "bulk/plans/?dry_run=true", "content_type": "application/x-ndjson"},
    ],
)
def test_a_request_is_another_by_its_query_and_its_content_type_too(shop, other):
    """Else what was only tried would be told as done."""
    tried = shop.post("bulk/plans/?dry_run=true", [PRO], Idempotency_Key="a-1")

    refused = shop.post(body=[PRO], Idempotency_Key="a-1", **other)

    assert tried.status_code == 200
    assert problem(refused, 422)["code"] == "other_request"


def test_keys_are_of_a_user(shop, alice):
    alice.is_superuser = True
    alice.save()

    shop.post("plans/", PRO, Idempotency_Key="a-1")
    hers = Program(alice).post("plans/", PRO | {"code": "hers"}, Idempotency_Key="a-1")

    assert hers.status_code == 201


@pytest.mark.parametrize("key", ["", " ", "é", "x" * 256, "a\tb"])
def test_a_key_that_is_none_is_refused(shop, key):
    assert pointers(problem(shop.post("plans/", PRO, Idempotency_Key=key), 400)) == ["#/Idempotency-Key"]
    assert not Plan.objects.exists()


def test_an_error_of_ours_is_not_kept(shop, monkeypatch):
    def fail(_self, _row):
        raise RuntimeError

    shop.client.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr(api.PlanView, "_shown", fail)
        failed = shop.post("plans/", PRO, Idempotency_Key="a-1")
    again = shop.post("plans/", PRO, Idempotency_Key="a-1")

    assert (failed.status_code, again.status_code) == (500, 201)
    assert "Idempotency-Replayed" not in again.headers


def test_after_a_day_a_key_is_new(shop, time_machine):
    time_machine.move_to(datetime(2026, 1, 1, 12, tzinfo=UTC), tick=False)
    shop.post("plans/", PRO, Idempotency_Key="a-1")
    time_machine.move_to(datetime(2026, 1, 2, 11, 59, tzinfo=UTC), tick=False)
    kept = shop.post("plans/", PRO, Idempotency_Key="a-1")
    time_machine.move_to(datetime(2026, 1, 2, 12, 1, tzinfo=UTC), tick=False)
    anew = shop.post("plans/", PRO, Idempotency_Key="a-1")

    assert (kept.status_code, anew.status_code) == (201, 409)


def test_old_answers_are_swept_away(administrator):
    now = timezone.now()
    for hours in (23, 25):
        KeptAnswer.objects.create(
            user=administrator, key=str(hours), fingerprint="x", at=now - timedelta(hours=hours)
        )

    forget_answers()

    assert [kept.key for kept in KeptAnswer.objects.all()] == ["23"]


def send_at_once(administrator, count):
    answers = []

    def send():
        with closing(connection):
            answers.append(Program(administrator).post("plans/", PRO, Idempotency_Key="a-1"))

    senders = [threading.Thread(target=send) for _number in range(count)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(30)
    return answers


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_done_and_all_are_answered(administrator):
    answers = send_at_once(administrator, 5)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sorted("Idempotency-Replayed" in answer.headers for answer in answers) == [False, *[True] * 4]
    assert Plan.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_has_waited_long_enough_is_told_to_come_again(administrator, monkeypatch):
    monkeypatch.setattr(idempotency, "PATIENCE", "100ms")
    release, claimed = threading.Event(), threading.Event()
    shown = api.PlanView._shown

    def slowly(self, row):
        claimed.set()
        release.wait(20)
        return shown(self, row)

    monkeypatch.setattr(api.PlanView, "_shown", slowly)
    first = []

    def send():
        with closing(connection):
            first.append(Program(administrator).post("plans/", PRO, Idempotency_Key="a-1"))

    sender = threading.Thread(target=send)
    sender.start()
    assert claimed.wait(20)
    busy = Program(administrator).post("plans/", PRO, Idempotency_Key="a-1")
    release.set()
    sender.join(20)
    again = Program(administrator).post("plans/", PRO, Idempotency_Key="a-1")

    assert problem(busy, 409)["code"] == "busy"
    assert (first[0].status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
