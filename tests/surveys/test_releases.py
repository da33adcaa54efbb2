"""What names nobody counts from five up, and moves by five."""

from datetime import timedelta

import pytest

from surveys import answering, releases
from surveys.models import Answer, Response
from tests.factories import at
from tests.surveys import rows

pytestmark = pytest.mark.django_db

NOW = at("2026-02-01 12:00")


@pytest.fixture
def asked():
    return rows.survey(identity="confidential", hours_to_edit=24)


def given(survey, count, *, on="2026-01-20 12:00", why=(), **fields):
    """So many responses with a score; `why`: which of them write why."""
    made = [
        rows.response(survey, on=on, identity=survey.identity, account=None, **fields) for _ in range(count)
    ]
    for number, one in enumerate(made):
        rows.answer(one)
        if number in why:
            Answer.objects.create(response=one, question="why", text="So")
    return made


def released(model=Response, **which):
    return model.objects.filter(released_at__isnull=False, **which).count()


def test_responses_wait_for_five(asked):
    given(asked, 4)
    assert (releases.release(NOW), released()) == (0, 0)

    given(asked, 1)

    assert (releases.release(NOW), released(), released(Answer)) == (5, 5, 5)
    given(asked, 4)
    assert (releases.release(NOW), released()) == (0, 5)


@pytest.mark.parametrize(
    "fields",
    [
        {"on": "2026-02-01 11:00"},
        {"completed_at": None},
        {"is_machine": True},
    ],
)
def test_response_that_is_not_settled_is_not_one_of_the_five(asked, fields):
    given(asked, 4)
    given(asked, 1, **fields)

    assert releases.release(NOW) == 0


def test_anonymous_machine_is_not_one_of_the_five():
    hidden = rows.survey(identity="anonymous")
    given(hidden, 4, on="2026-02-01")
    (machine,) = given(hidden, 1, on="2026-02-01", is_machine=True)
    assert releases.release(NOW) == 0

    Response.objects.filter(pk=machine.pk).update(is_machine=False)

    assert releases.release(NOW) == 5


def test_identified_responses_are_never_released(asked):
    given(rows.survey(), 5)

    assert releases.release(NOW) == 0


def test_question_that_few_answered_waits_for_five(asked):
    given(asked, 5, why=(0, 1, 2))
    releases.release(NOW)
    assert released(Answer, question="why") == 0

    given(asked, 5, why=(0, 1))
    releases.release(NOW)

    assert released(Answer, question="why") == 5


def test_machine_leaves_with_the_next_five_who_are_counted_with_those_it_came_with(asked):
    first = given(asked, 6)
    releases.release(NOW)
    Response.objects.filter(pk=first[0].pk).update(is_machine=True)
    later = NOW + timedelta(days=1)
    given(asked, 4)
    assert (releases.release(later), released(), released(Answer)) == (0, 6, 6)

    given(asked, 1)
    releases.release(later)

    assert (released(), released(Answer), released(pk=first[0].pk)) == (10, 10, 0)
    assert set(Response.objects.filter(is_machine=False).values_list("released_at", flat=True)) == {later}


def test_what_counts_is_changed_no_more(asked):
    (one, *_rest) = given(asked, 5)
    until = one.completed_at + timedelta(hours=24)
    assert answering.can_change(one, until - timedelta(minutes=1))
    releases.release(until)
    one.refresh_from_db()
    asked.hours_to_edit = one.survey.hours_to_edit = 9999

    assert (one.released_at, answering.can_change(one, until)) == (until, False)
