"""Who began a run is told how it ended."""

from datetime import timedelta

import pytest

from accounts import actions
from accounts.imports import KIND as IMPORT
from accounts.imports.service import BULK
from accounts.imports.work import PREVIEW
from accounts.models import Job, Notice
from accounts.models.work import TRIES
from accounts.notices.kinds import RUN_DONE, RUN_FAILED, says
from cxhub import ended
from tests.factories import at

pytestmark = pytest.mark.django_db
NOW = at("2026-06-10 12:00")
State = Job.State


def job(by, state=State.DONE, *, kind=IMPORT, finished_at=NOW, **fields):
    parameters = {"file": "orders.csv"} if kind == IMPORT else {}
    given = {"kind": kind, "state": state, "created_by": by, "parameters": parameters}
    return Job.objects.create(finished_at=finished_at, **given, **fields)


def told():
    return list(Notice.objects.exclude(recipient=None).order_by("pk").values_list("kind", "recipient__name"))


def test_who_began_it_is_told_once(alice):
    job(alice)

    ended.tell(NOW)
    ended.tell(NOW + timedelta(minutes=1))

    assert told() == [(RUN_DONE, "Alice")]
    assert says(Notice.objects.get(recipient=alice)) == "Done: Import · orders.csv"
    assert Notice.objects.happened().count() == 1


def test_failure_is_important_and_told_again_when_it_fails_again(alice):
    run = job(alice, State.FAILED)
    ended.tell(NOW)
    Job.objects.filter(pk=run.pk).update(finished_at=NOW + timedelta(hours=1))

    ended.tell(NOW + timedelta(hours=1))

    assert told() == [(RUN_FAILED, "Alice"), (RUN_FAILED, "Alice")]
    assert set(Notice.objects.exclude(recipient=None).values_list("mail", flat=True)) == {"now"}


def test_one_whose_workers_died_has_failed(alice):
    long_ago = NOW - timedelta(hours=1)
    run = job(alice, State.RUNNING, kind=actions.KIND, finished_at=None, tries=TRIES, seen_alive_at=long_ago)

    Job.objects.filter(pk=run.pk).due(NOW)
    ended.tell(NOW)

    assert told() == [(RUN_FAILED, "Alice")]


@pytest.mark.parametrize("kind", [BULK, PREVIEW, "account.merge"])
def test_what_somebody_waits_for_is_not_told(alice, kind):
    job(alice, kind=kind)

    ended.tell(NOW)

    assert told() == []


def test_what_goes_on_was_stopped_or_is_nobody_s_is_not_told(alice):
    job(alice, State.STOPPED)
    job(alice, State.RUNNING, finished_at=None)
    job(None)
    job(alice, finished_at=NOW - timedelta(days=2))

    ended.tell(NOW)

    assert told() == []


def test_many_cost_as_many_statements_as_one(alice, bob, django_assert_num_queries):
    job(alice)
    with django_assert_num_queries(6):
        ended.tell(NOW)
    for _number in range(3):
        job(bob)
    with django_assert_num_queries(6):
        ended.tell(NOW)
