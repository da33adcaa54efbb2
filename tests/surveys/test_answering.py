"""Answers begun, completed, changed and taken back: one response, whoever sends it how often."""

import threading
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction

from accounts.texts import Text
from surveys import answering
from surveys.answering import Closed, Incomplete, Sent, Why
from surveys.content import Condition, Content, Kind, Question, written
from surveys.models import Answer, Invitation, Response, Survey, SurveyVersion
from tests.accounts.messages.mailed import person
from tests.factories import account, at
from tests.surveys import rows
from tests.surveys.rows import NPS, WHY

NOW, TODAY = at("2026-03-01 10:00"), date(2026, 3, 1)
LOW = Question("bad", Kind.SHORT, Text(en="What went wrong?"), shows_if=(Condition("nps", most=6),))
HOUR = timedelta(hours=1)


@pytest.fixture
def asked(db):
    return rows.invitation(rows.survey(NPS, WHY, LOW))


def sent(asked, **answers):
    return Sent(uuid4(), asked.survey.current, answers, language="en")


def kept(response):
    return {one.question: one.text or one.value for one in response.answers.all()}


def test_parts_are_kept_and_then_completed(asked):
    person = asked.account

    first = answering.save(asked, sent(asked, why="Slow"), NOW)
    whole = answering.complete(asked, sent(asked, why="Slow", nps=9), NOW + HOUR)

    assert first == whole == Response.objects.get()
    assert (whole.responded_at, whole.completed_at, whole.band) == (NOW, NOW + HOUR, "high")
    assert (whole.account, whole.identity, whole.channel, whole.language) == (
        person,
        "identified",
        "email",
        "en",
    )
    assert kept(whole) == {"nps": 9, "why": "Slow"}
    asked.refresh_from_db()
    assert (asked.started_at, asked.completed_at, asked.answered) == (NOW, NOW + HOUR, True)


@pytest.mark.parametrize("answers", [{}, {"agreed": False}])
def test_nothing_is_kept_of_nothing(asked, answers):
    assert answering.save(asked, sent(asked, **answers), NOW) is None
    assert not Response.objects.exists()


def test_what_must_be_answered_is_asked_for(asked):
    with pytest.raises(Incomplete, match="nps"):
        answering.complete(asked, sent(asked, why="Slow"), NOW)

    assert not Response.objects.exists()


def test_answer_that_is_shown_no_more_is_not_kept(asked):
    answering.save(asked, sent(asked, nps=2, bad="All"), NOW)

    response = answering.complete(asked, sent(asked, nps=9, bad="All"), NOW)

    assert kept(response) == {"nps": 9}


def test_late_part_changes_nothing_that_is_completed(asked):
    response = answering.complete(asked, sent(asked, nps=9), NOW)

    answering.save(asked, sent(asked, nps=1), NOW)

    assert kept(response) == {"nps": 9}


def test_completed_one_is_changed_for_its_time_and_then_stays(asked):
    answering.complete(asked, sent(asked, nps=9), NOW)

    changed = answering.complete(asked, sent(asked, nps=3), NOW + 23 * HOUR)
    with pytest.raises(Closed, match="answered"):
        answering.complete(asked, sent(asked, nps=5), NOW + 24 * HOUR)

    assert (kept(changed), changed.band, changed.completed_at) == ({"nps": 3}, "low", NOW)


def test_version_of_the_first_answer_stays(asked):
    first = sent(asked, why="Slow")
    answering.save(asked, first, NOW)
    newer = written(Content((WHY,)))
    SurveyVersion.objects.create(survey=asked.survey, number=2, asked=newer)

    response = answering.complete(asked, replace(first, answers={"nps": 9}), NOW)

    assert (response.version.number, kept(response)) == (1, {"nps": 9})


def test_withdrawn_one_is_gone_and_nobody_is_asked_again(asked):
    response = answering.complete(asked, sent(asked, nps=9), NOW)

    answering.withdraw(asked, response, NOW)

    asked.refresh_from_db()
    assert (Response.objects.count(), Answer.objects.count()) == (0, 0)
    assert (asked.answered, asked.completed_at, asked.revoked_at) == (False, None, NOW)


def test_invitation_of_a_deleted_contact_is_answered(db):
    sara = person(account=account())
    asked = rows.invitation(rows.survey(), account=sara.account, contact=sara)
    sara.delete()

    response = answering.complete(Invitation.objects.get(), sent(asked, nps=9), NOW)

    assert (response.contact, response.account) == (None, asked.account)


def test_link_is_answered_as_often_as_pages_are_sent(db):
    asked = rows.link()
    one, other = sent(asked, nps=9), sent(asked, nps=3)

    for each in (one, other, one):
        answering.complete(asked, each, NOW)

    assert {response.pk for response in asked.responses.all()} == {one.form, other.form}
    assert asked.responses.filter(account=None, channel="link").count() == 2


# When nobody can answer


@pytest.mark.parametrize(
    ("of_survey", "of_asked", "why"),
    [
        ({}, {}, None),
        ({}, {"expires_at": NOW}, Why.EXPIRED),
        ({}, {"revoked_at": NOW}, Why.REVOKED),
        ({"opens": date(2026, 3, 2)}, {}, Why.EARLY),
        ({"closes": date(2026, 2, 28)}, {}, Why.OVER),
        ({"opens": TODAY, "closes": TODAY}, {}, None),
        ({"archived_at": NOW}, {}, Why.OVER),
    ],
)
@pytest.mark.parametrize("make", [rows.invitation, rows.link])
def test_why_it_is_closed(db, make, of_survey, of_asked, why):
    asked = make(rows.survey(**of_survey), **of_asked)

    assert answering.why_closed(asked, None, NOW, TODAY) == why


def test_full_survey_is_closed_to_whoever_has_not_begun(db):
    survey = rows.survey(quota=1)
    begun, late = rows.invitation(survey), rows.invitation(survey, account=account("Falak"))
    part = answering.save(begun, sent(begun, nps=9), NOW)
    rows.response(survey, account=None)

    assert answering.why_closed(late, None, NOW, TODAY) == Why.FULL
    assert answering.why_closed(begun, part, NOW, TODAY) is None


def test_answered_one_is_open_for_its_time_though_the_survey_has_ended(asked):
    response = answering.complete(asked, sent(asked, nps=9), NOW)
    Survey.objects.update(closes=date(2026, 2, 1))
    asked = Invitation.objects.get()

    assert answering.why_closed(asked, response, NOW + HOUR, TODAY) is None
    assert answering.why_closed(asked, response, NOW + 24 * HOUR, TODAY) == Why.ANSWERED


# At once


def at_once(sends):
    """Each with a connection of its own; all begin together."""
    start, failed = threading.Barrier(len(sends)), []

    def run(send):
        with closing(connection):
            start.wait(20)
            try:
                send()
            except Exception as error:  # noqa: BLE001
                failed.append(error)

    threads = [threading.Thread(target=run, args=(send,)) for send in sends]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return failed


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("make", [rows.invitation, rows.link])
def test_same_answer_ten_times_at_once_is_one_response(make):
    asked = make(rows.survey(NPS, WHY))
    same = sent(asked, nps=9, why="Good")

    failed = at_once([lambda: answering.complete(asked, same, NOW)] * 10)

    assert failed == []
    assert kept(Response.objects.get()) == {"nps": 9, "why": "Good"}


@pytest.mark.django_db(transaction=True)
def test_answers_of_many_at_once_are_all_kept():
    survey = rows.survey()
    asked = [rows.invitation(survey, account=account(f"Customer {number}")) for number in range(8)]
    shared = rows.link(survey)
    sends = [
        lambda one=one: answering.complete(one, sent(one, nps=9), NOW) for one in (*asked, *[shared] * 4)
    ]

    failed = at_once(sends)

    assert failed == []
    assert (Response.objects.filter(completed_at=NOW).count(), Answer.objects.count()) == (12, 12)


@pytest.mark.django_db(transaction=True)
def test_part_that_comes_while_it_is_completed_undoes_nothing():
    asked = rows.invitation(rows.survey(NPS, WHY))
    answering.save(asked, sent(asked, nps=1), NOW)
    late, failed = sent(asked, nps=1, why="Slow"), []
    thread = threading.Thread(
        target=lambda: failed.extend(at_once([lambda: answering.save(asked, late, NOW)]))
    )

    with transaction.atomic():
        answering.complete(asked, sent(asked, nps=9), NOW)
        thread.start()
        thread.join(0.3)
    thread.join(30)

    response = Response.objects.get()
    assert (failed, kept(response), response.completed_at) == ([], {"nps": 9}, NOW)
