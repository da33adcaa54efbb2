"""The results of a survey over the API: the same as on its page, of whom one may see, and nothing of a few."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys import releases
from tests.accounts.messages.mailed import in_role
from tests.accounts.reading import problem
from tests.accounts.writing import Program, pointers
from tests.factories import account
from tests.metrics.views.test_survey_results import replied
from tests.surveys import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def hers(alice):
    return Program(in_role(alice))


@pytest.fixture
def sees_all(bob):
    return Program(in_role(bob, "CS manager"))


@pytest.fixture
def najm(alice):
    return account("Najm", owner=alice)


def results(program, survey, asked=""):
    response = program.get(f"surveys/{survey.pk}/results/{asked}")
    assert response.status_code == 200, response.content
    return response.json()


def answers(shown, key="nps"):
    found = next(question for question in shown["questions"] if question["key"] == key)
    return {line["answer"]: line["count"] for line in found["answers"] if line["count"]}


def test_score_rates_and_answers_are_of_the_accounts_one_may_see(hers, sees_all, najm, charlie):
    survey = rows.survey()
    replied(survey, 9, "Ours", account=najm)
    replied(survey, 10, account=najm)
    replied(survey, 2, account=account("His", owner=charlie))

    ours, everything = results(hers, survey), results(sees_all, survey)

    score = ours["score"]
    assert (score["key"], score["value"], score["denominator"]) == ("nps", "100", "2")
    assert (ours["population"], ours["responses"], answers(ours)) == ("visible", 2, {"9": 1, "10": 1})
    assert (everything["population"], everything["responses"]) == ("all", 3)
    assert everything["score"]["value"].startswith("33.33")
    assert everything["score"]["interval"] is not None
    assert len(everything["trend"]) in (12, 13)
    assert [question["key"] for question in ours["questions"]] == ["nps", "why"]


def test_rates_are_by_channel(sees_all, najm):
    survey, then = rows.survey(), timezone.now() - timedelta(days=20)
    for given in ({"completed_at": then + timedelta(days=1)}, {}):
        rows.invitation(survey, account=najm, invited_at=then, delivered_at=then, **given)

    (rate,) = results(sees_all, survey)["rates"]

    assert (rate["channel"], rate["response_rate"]["value"]) == ("email", "50.0")
    assert rate["response_rate"]["denominator"] == "2"


def test_what_is_asked_for_is_chosen(sees_all, najm):
    survey = rows.survey()
    replied(survey, 9, account=najm, language="en", channel="email")
    replied(survey, 2, account=najm, language="ar", channel="sms", days=50)

    assert answers(results(sees_all, survey, "?language=ar")) == {"2": 1}
    assert answers(results(sees_all, survey, "?channel=email")) == {"9": 1}
    assert answers(results(sees_all, survey, "?window=30d")) == {"9": 1}
    assert answers(results(sees_all, survey, "?version=1")) == {"9": 1, "2": 1}
    parts = results(sees_all, survey, "?by=language")["by"]
    assert {part["members"][0]: part["value"] for part in parts} == {"en": "100", "ar": "-100"}


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("?window=soon", "window"),
        ("?version=9", "version"),
        ("?language=de", "language"),
        ("?channel=web", "channel"),
        ("?by=colour", "by"),
        ("?question=nps", "question"),
    ],
)
def test_what_there_is_not_is_refused_by_name(sees_all, najm, asked, field):
    survey = rows.survey()
    replied(survey, 9, account=najm, channel="email", language="en")

    refused = problem(sees_all.get(f"surveys/{survey.pk}/results/{asked}"), 400)

    assert pointers(refused) == [f"#/{field}"] or field in str(refused["errors"])


def test_few_confidential_answers_say_nothing(sees_all, najm):
    survey = rows.survey(identity="confidential")
    for _ in range(4):
        replied(survey, 9, account=najm, days=9)
    releases.release(timezone.now())

    shown = results(sees_all, survey)

    assert (shown["is_hidden"], shown["score"], shown["responses"]) == (True, None, 0)
    assert (shown["questions"], shown["trend"], shown["rates"]) == ([], [], [])


def test_five_confidential_answers_are_told_together(sees_all, najm):
    survey = rows.survey(identity="confidential")
    for score in (9, 9, 10, 2, 7):
        replied(survey, score, account=najm, days=9)
    releases.release(timezone.now())

    shown = results(sees_all, survey)

    assert (shown["is_hidden"], shown["responses"], shown["score"]["value"]) == (False, 5, "40")
    assert problem(sees_all.get(f"surveys/{survey.pk}/results/?window=30d"), 400)
    assert problem(sees_all.get(f"surveys/{survey.pk}/results/?by=owner"), 400)


def test_for_whoever_reads_no_responses_there_are_none(hers, charlie):
    survey = rows.survey()

    assert Program(charlie).get(f"surveys/{survey.pk}/results/").status_code == 404
    marketing = Program(in_role(charlie, "Marketing"))
    assert marketing.get(f"surveys/{survey.pk}/results/").status_code == 404
    assert hers.get("surveys/999/results/").status_code == 404


def test_statements_do_not_grow_with_responses(sees_all, najm):
    survey = rows.survey()
    results(sees_all, survey)
    counts = []
    for more in (1, 20):
        for _ in range(more):
            replied(survey, 9, account=najm)
        with CaptureQueriesContext(connection) as captured:
            results(sees_all, survey)
        counts.append(len(captured))

    assert counts[0] == counts[1]
