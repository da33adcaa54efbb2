"""Mailings over the API: who reads them, what came of them, and each step that a program may take."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Mailing
from tests.accounts.messages.mailed import in_role, mailing, person, queued
from tests.accounts.writing import Program
from tests.factories import account

pytestmark = pytest.mark.django_db
LIST = "mailings/"


@pytest.fixture
def sara(csm):
    return person(account=account(owner=csm))


@pytest.fixture
def news(csm, sara):
    return mailing(csm)


def step(user, one, name, body=None, **headers):
    return Program(user).post(f"{LIST}{one.pk}/{name}/", body or {}, **headers)


def test_strangers_read_none(charlie, news):
    client = Program(in_role(charlie))

    assert client.get(LIST).json()["results"] == []
    assert client.get(f"{LIST}{news.pk}/").status_code == 404
    assert step(charlie, news, "schedule").status_code == 404


def test_without_the_right_the_list_stays_closed(charlie):
    assert Program(in_role(charlie, "Product")).get(LIST).status_code == 403


def test_one_tells_who_gets_it_and_what_came_of_it(csm, news, sara):
    person("", account=sara.account)
    client = Program(csm)

    before = client.get(f"{LIST}{news.pk}/").json()
    queued(news, state="bounced")
    after = client.get(f"{LIST}{news.pk}/").json()

    assert (before["state"], before["gets_it"], before["skipped"], before["results"]) == (
        "draft",
        1,
        {},
        None,
    )
    assert (after["state"], after["results"]["sent"], after["results"]["bounced"]) == ("sending", 1, 1)


def test_list_costs_the_same_for_three(csm, sara, django_assert_max_num_queries):
    client = Program(csm)
    queued(mailing(csm))
    client.get(LIST)
    with django_assert_max_num_queries(30) as few:
        assert client.get(LIST).json()["results"][0]["results"]["sent"] == 1
    for _time in range(2):
        queued(mailing(csm))

    with django_assert_max_num_queries(30) as more:
        assert len(client.get(LIST).json()["results"]) == 3

    assert len(few.captured_queries) == len(more.captured_queries)


def test_each_step(csm, news):
    due_at = (timezone.now() + timedelta(days=1)).replace(microsecond=0)

    states = [
        step(csm, news, "schedule", {"due_at": due_at.isoformat()}).json()["state"],
        step(csm, news, "pause").json()["state"],
        step(csm, news, "resume").json()["state"],
        step(csm, news, "stop").json()["state"],
    ]

    news.refresh_from_db()
    assert states == ["scheduled", "paused", "scheduled", "stopped"]
    assert news.due_at == due_at


@pytest.mark.parametrize("name", ["pause", "resume", "stop"])
def test_a_step_that_is_not_possible_is_a_conflict(csm, news, name):
    assert step(csm, news, name).status_code == 409


def test_a_letter_that_is_not_whole_is_refused_in_words(csm, sara):
    one = mailing(csm, letter={"en": {"subject": "News", "body": ""}})

    response = step(csm, one, "schedule")

    assert response.status_code == 400
    assert {error["pointer"] for error in response.json()["errors"]} == {"#/letter.en", "#/letter.ar"}
    assert Mailing.objects.get().state == "draft"


@pytest.mark.parametrize("due_at", ["2026-01-01T00:00:00Z", "2099-01-01T00:00:00", "soon"])
def test_a_time_that_is_over_or_none_is_refused(csm, news, due_at):
    assert step(csm, news, "schedule", {"due_at": due_at}).status_code == 400


def test_who_only_reads_takes_no_step(charlie, news):
    reader = in_role(charlie, "Executive")

    assert Program(reader).get(f"{LIST}{news.pk}/").status_code == 200
    assert {step(reader, news, name).status_code for name in ("schedule", "pause", "resume", "stop")} == {403}


def test_a_step_sent_again_with_its_key_is_taken_once(csm, news):
    first = step(csm, news, "schedule", Idempotency_Key="k1")
    again = step(csm, news, "schedule", Idempotency_Key="k1")

    assert (first.status_code, again.status_code) == (200, 200)
    assert step(csm, news, "schedule").status_code == 409


def test_letters_are_written_on_pages_alone(csm, news):
    assert Program(csm).post(LIST, {"name": "Other"}).status_code == 405
    assert Program(csm).patch(f"{LIST}{news.pk}/", {"name": "Other"}).status_code == 405
