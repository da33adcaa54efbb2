"""From a draft to a version."""

import pytest

from accounts.models import AuditEntry
from accounts.texts import Text
from surveys.content import Content, Kind, Question, written
from surveys.models import Survey, SurveyVersion
from surveys.publishing import NotReady, duplicate, publish

pytestmark = pytest.mark.django_db


def drafted(*keys):
    questions = [Question(key, Kind.SCALE, Text(en=f"How likely {key}?"), scale="nps") for key in keys]
    return written(Content(tuple(questions)))


@pytest.fixture
def survey():
    return Survey.objects.create(name="Relationship", draft=drafted("score"))


def test_versions_follow_one_another(survey, alice):
    first = publish(survey, alice)
    Survey.objects.update(draft=drafted("score", "again"))
    second = publish(survey, alice)

    assert (first.number, second.number) == (1, 2)
    assert [len(version.content.questions) for version in survey.versions.all()] == [1, 2]
    assert second.published_by == alice
    assert AuditEntry.objects.get(table="surveys_surveyversion", row=second.pk).actor == alice


def test_the_same_again_is_no_other_version(survey, alice):
    first = publish(survey, alice)
    Survey.objects.update(draft=drafted("score") | {"intro": {}})

    assert publish(survey, alice) == first
    assert SurveyVersion.objects.count() == 1


def test_what_is_not_ready_is_not_published(survey, alice):
    Survey.objects.update(draft={"questions": [{"key": "score", "kind": "scale"}]})

    with pytest.raises(NotReady) as refused:
        publish(survey, alice)

    assert [(problem.question, problem.field) for problem in refused.value.problems] == [
        ("score", "text"),
        ("score", "scale"),
    ]
    assert not survey.versions.exists()


def test_a_copy_is_a_draft_of_its_own(survey, alice, bob):
    Survey.objects.update(colour="#3454d1", opens="2026-01-01", identity="anonymous", touchpoint="support")
    survey.refresh_from_db()
    publish(survey, alice)

    copy = duplicate(survey, bob)

    assert (copy.name, copy.colour, copy.identity, copy.touchpoint) == (
        "Relationship",
        "#3454d1",
        "anonymous",
        "support",
    )
    assert (copy.made_by, copy.opens, copy.current) == (bob, None, None)
    assert copy.drafted == survey.drafted
