"""Anonymous answers: whoever reads the whole database does not learn whose they are."""

from collections import Counter
from uuid import UUID, uuid4

import pytest
from django.db import connection

from surveys import anonymous, answering
from surveys.answering import Closed, Sent
from surveys.models import AnonymousBox, Answer, Invitation, Response, SpentInvitation, Survey
from tests.accounts.messages.mailed import person
from tests.factories import account, at, organisation
from tests.surveys import rows

pytestmark = pytest.mark.django_db
NOW, NEXT = at("2026-03-03 22:30"), at("2026-03-04 10:00")


@pytest.fixture
def survey():
    organisation(time_zone="Asia/Riyadh")
    return rows.survey(identity="anonymous")


def invited(survey, count):
    people = [person(f"p{number}@najm.example", account=account(f"A{number}")) for number in range(count)]
    return [rows.invitation(survey, account=one.account, contact=one) for one in people]


def answer(asked, nps=9, *, form=None, **more):
    given = Sent(form or uuid4(), asked.survey.current, {"nps": nps, **more}, language="ar")
    return answering.complete(asked, given, NOW)


def everything():
    """Each row of each table as text, with the transaction that wrote it."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT r.xmin::text, to_jsonb(r)::text FROM "{table}" r')
            found[table] = cursor.fetchall()
    return found


def test_answer_is_written_nowhere_but_in_the_box(survey):
    asked = invited(survey, 4)
    before = everything()

    for number, one in enumerate(asked):
        answer(one, number, why=f"Because of {number}")

    after = everything()
    changed = {table for table in after if sorted(after[table]) != sorted(before[table])}
    assert changed == {"surveys_anonymousbox", "surveys_spentinvitation"}
    waiting = AnonymousBox.objects.get().waiting
    assert sorted(one["answers"]["nps"] for one in waiting) == [0, 1, 2, 3]
    assert {frozenset(one) for one in waiting} == {frozenset(("form", "version", "answers", "is_machine"))}


def test_digest_says_nothing_without_the_secret(survey, settings):
    one = invited(survey, 1)[0]
    answer(one)
    known = SpentInvitation.objects.get().digest

    settings.SECRET_KEY = "another"

    assert anonymous.digest_of(one.pk) != known
    assert anonymous.digest_of(one.pk) == anonymous.digest_of(one.pk)


def test_fewer_than_five_are_kept_back(survey):
    for one in invited(survey, 4):
        answer(one)

    assert anonymous.release(NOW) == 0
    assert not Response.objects.exists()
    anonymous.flag()
    assert not Invitation.objects.filter(answered=True).exists()


def test_five_become_responses_of_a_day_that_lead_to_nobody(survey):
    asked = invited(survey, 6)
    for number, one in enumerate(asked[:5]):
        answer(one, number, why=f"Because of {number}")

    assert anonymous.release(NOW) == 5
    assert anonymous.release(NEXT) == 0

    responses = Response.objects.all()
    # Of the organisation's day.
    assert {one.responded_at for one in responses} == {at("2026-03-03 21:00")}
    assert {
        (one.invitation, one.contact, one.account, one.link, one.channel, one.language) for one in responses
    } == {(None, None, None, None, "", "")}
    assert sorted(Answer.objects.filter(question="nps").values_list("score", flat=True)) == [0, 1, 2, 3, 4]
    assert AnonymousBox.objects.get().waiting == []


def test_what_has_to_do_with_people_was_not_written_with_the_answers(survey):
    """No row about a person has a transaction, a moment, or a value of a row about an answer."""
    asked = invited(survey, 6)
    for number, one in enumerate(asked[:5]):
        answer(one, number)
    anonymous.release(NOW)

    stored = everything()
    answers = stored["surveys_response"] + stored["surveys_answer"]
    people = stored["surveys_invitation"] + stored["accounts_contact"] + stored["accounts_account"]
    assert {UUID(row.split('"id": "')[1][:36]).version for _x, row in stored["surveys_response"]} == {4}
    assert not any(digest in row for digest in _digests(asked) for _x, row in answers + people)
    with connection.cursor() as cursor:
        cursor.execute("SELECT answered, count(*) FROM surveys_invitation GROUP BY 1")
        assert cursor.fetchall() == [(False, 6)]


def _digests(asked):
    return [anonymous.digest_of(one.pk) for one in asked]


@pytest.mark.django_db(transaction=True)
def test_that_somebody_answered_is_a_flag_that_says_no_time(survey):
    other = rows.invitation(rows.survey(identity="anonymous"), account=account("Other"))
    asked = invited(survey, 7)
    for one in asked[:5]:
        answer(one)
    anonymous.release(NOW)

    anonymous.flag()

    assert {one.pk for one in Invitation.objects.filter(answered=True)} == {one.pk for one in asked[:5]}
    assert not SpentInvitation.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT survey_id, count(DISTINCT xmin::text) FROM surveys_invitation GROUP BY 1")
        assert dict(cursor.fetchall()) == {survey.pk: 1, other.survey_id: 1}
        cursor.execute(
            "SELECT count(*) FROM surveys_invitation i JOIN surveys_response r ON r.xmin::text = i.xmin::text"
        )
        assert cursor.fetchone() == (0,)
    assert {(one.started_at, one.completed_at) for one in Invitation.objects.all()} == {(None, None)}


def test_later_answers_wait_again_and_their_flags_with_them(survey):
    asked = invited(survey, 7)
    for one in asked[:5]:
        answer(one)
    anonymous.release(NOW)
    for one in asked[5:]:
        answer(one)

    anonymous.flag()

    assert Invitation.objects.filter(answered=True).count() == 5
    assert SpentInvitation.objects.count() == 2
    assert anonymous.release(NEXT) == 0


def test_one_answer_for_an_invitation(survey):
    one = invited(survey, 1)[0]
    form = uuid4()

    answer(one, form=form)
    answer(one, form=form)
    with pytest.raises(Closed, match="answered"):
        answer(one, 1)

    assert [kept["answers"]["nps"] for kept in AnonymousBox.objects.get().waiting] == [9]


@pytest.mark.parametrize("until", ["release", "flag"])
def test_nobody_answers_again_later(survey, until):
    asked, forms = invited(survey, 5), [uuid4() for _number in range(5)]
    for one, form in zip(asked, forms, strict=True):
        answer(one, form=form)
    anonymous.release(NOW)
    if until == "flag":
        anonymous.flag()

    for one, form in zip(asked, forms, strict=True):
        one.refresh_from_db()
        # The same page sent once more.
        answer(one, form=form)
        with pytest.raises(Closed, match="answered"):
            answer(one)
        assert anonymous.is_spent(one)
    assert Response.objects.count() == 5
    assert not AnonymousBox.objects.get().waiting


def test_a_link_is_answered_by_many(survey):
    link = rows.link(survey)

    for number in range(7):
        answer(link, number)

    assert anonymous.release(NOW) == 7
    assert Counter(Response.objects.values_list("band", flat=True)) == {"low": 7}
    assert not SpentInvitation.objects.exists()


def test_each_survey_has_its_box(survey):
    other = rows.link(rows.survey(identity="anonymous"))
    for _number in range(4):
        answer(other)
    for one in invited(survey, 5):
        answer(one)

    assert anonymous.release(NOW) == 5
    assert set(Response.objects.values_list("survey", flat=True)) == {survey.pk}
    assert Survey.objects.get(box__waiting__3__isnull=False) == other.survey


def test_machine_answers_are_marked(survey):
    for _number in range(5):
        given = Sent(uuid4(), survey.current, {"nps": 9}, is_machine=True)
        answering.complete(rows.link(survey), given, NOW)
    anonymous.release(NOW)

    assert set(Response.objects.values_list("is_machine", flat=True)) == {True}
