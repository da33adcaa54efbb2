"""What the database holds of surveys: what it refuses, what stays, and who changed what."""

from datetime import date

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from accounts.audit import acting
from accounts.models import AuditEntry, Letter
from accounts.texts import Text
from surveys.library import OWN_SCALES
from surveys.models import (
    Distribution,
    FeedbackItem,
    FollowUp,
    GradedScale,
    Response,
    Survey,
    SurveyLink,
    SurveyVersion,
    Theme,
)
from surveys.scales import BUILT_IN, Band
from tests.factories import account, at, plain
from tests.surveys import rows

pytestmark = pytest.mark.django_db

OFTEN = [{"en": "Never", "ar": "أبدًا"}, {}, {"en": "Always", "ar": "دائمًا"}]


def scale(**fields):
    given = {"name": Text(en="How often"), "labels": OFTEN, "low_to": 1, "high_from": 3}
    return GradedScale(**given | fields)


def survey(**fields):
    return Survey(**{"name": "Relationship"} | fields)


def distribution(**fields):
    given = {"survey": rows.survey(), "trigger": "ticket", "letter": plain(Letter)}
    return Distribution(**given | fields)


def link(**fields):
    return SurveyLink(**{"survey": rows.survey(), "name": "Web"} | fields)


def response(**fields):
    asked = rows.survey()
    given = {"survey": asked, "version": asked.current, "responded_at": at(rows.JAN_10), "account": account()}
    return Response(**given | fields)


def follow_up(**fields):
    about = rows.response()
    given = {"account": about.account, "opened_at": at(rows.JAN_10), "due_at": at(rows.JAN_10)}
    return FollowUp(response=about, **given | fields)


def item(**fields):
    given = {"theme": rows.theme(), "heard": "touchpoint", "text": "More", "said_on": date(2026, 1, 10)}
    return FeedbackItem(**given | fields)


def version(**fields):
    of = fields.pop("of", None) or Survey.objects.create(name="Relationship")
    return SurveyVersion(**{"survey": of, "number": 1, "asked": {}} | fields)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (lambda: scale(name=Text()), "name"),
        (lambda: scale(labels=OFTEN[:1]), "labels"),
        (lambda: scale(labels=OFTEN[:1] * 12), "labels"),
        (lambda: scale(low_to=3), "high_from"),
        (lambda: survey(name=""), "name"),
        (lambda: survey(opens=date(2026, 3, 2), closes=date(2026, 3, 1)), "closes"),
        (lambda: survey(quota=0), "quota"),
        (lambda: distribution(trigger=""), "trigger"),
        (lambda: distribution(letter=None), "letter"),
        (lambda: distribution(trigger="every"), "days"),
        (lambda: distribution(trigger="event"), "event"),
        (lambda: distribution(per_hour=0), "per_hour"),
        (lambda: distribution(days_valid=0), "days_valid"),
        (lambda: link(channel="widget"), "origin"),
        (lambda: link(channel="widget", origin="https://shop.example; script-src *"), "origin"),
        (lambda: Theme(name=Text()), "name"),
        (lambda: item(text=""), "heard"),
        (lambda: item(heard="ticket", text=""), "heard"),
        (lambda: item(heard="comment", question="why", text=""), "heard"),
        (lambda: item(response=rows.response()), "heard"),
        (lambda: response(identity="anonymous"), "identity"),
        (lambda: follow_up(outcome="solved"), "outcome"),
    ],
)
def test_refused_beside_the_field_and_by_the_database(row, field):
    with pytest.raises(ValidationError) as refused:
        row().full_clean(exclude=["made_by"])
    assert set(refused.value.error_dict) == {field}
    with pytest.raises(IntegrityError), transaction.atomic():
        row().save()


def test_number_of_a_version_is_there_once():
    first = version()
    first.save()

    with pytest.raises(ValidationError) as refused:
        version(of=first.survey).full_clean(exclude=["published_by"])
    assert "number" in refused.value.error_dict
    with pytest.raises(IntegrityError), transaction.atomic():
        version(of=first.survey).save()


@pytest.mark.parametrize("colour", ["red", "#12345", "#GGGGGG", "#3454d1;"])
def test_a_colour_is_a_colour(colour):
    with pytest.raises(ValidationError) as refused:
        survey(colour=colour).full_clean(exclude=["made_by"])

    assert set(refused.value.error_dict) == {"colour"}


def test_ends_of_a_scale_are_named():
    with pytest.raises(ValidationError, match="lowest and the highest"):
        scale(labels=[{"en": "Never"}, {}, {}]).full_clean(exclude=["made_by"])


@pytest.mark.parametrize(
    ("row", "change"),
    [
        (scale, {"labels": [{"en": "No"}, {"en": "Yes"}]}),
        (scale, {"low_to": 2}),
        (scale, {"high_from": 2}),
        (scale, {"first": 0}),
        (scale, {"measure": "csat"}),
        (version, {"asked": {"questions": []}}),
        (version, {"number": 2}),
    ],
)
def test_what_may_have_been_answered_stays(row, change):
    one = row()
    one.save()

    with pytest.raises(IntegrityError, match="make another one"), transaction.atomic():
        type(one).objects.filter(pk=one.pk).update(**change)


def test_a_scale_can_be_put_away_and_called_otherwise():
    one = scale()
    one.save()

    GradedScale.objects.update(name=Text(en="Frequency"), archived=True)

    assert str(GradedScale.objects.get()) == "Frequency"


def test_a_scale_of_ones_own_is_one_as_any_other():
    row = scale(first=0, measure="csat", low_to=0, high_from=2)
    row.save()

    known = GradedScale.objects.by_key()

    assert known.keys() == {*BUILT_IN, *OWN_SCALES, f"graded-{row.pk}"}
    own = known[row.key]
    assert [(point.value, point.label.get("ar", "")) for point in own.points] == [
        (0, "أبدًا"),
        (1, ""),
        (2, "دائمًا"),
    ]
    assert [own.band(value) for value in range(3)] == [Band.LOW, Band.MIDDLE, Band.HIGH]
    assert (own.measure, own.least, own.most) == ("csat", 0, 2)


@pytest.mark.parametrize(
    ("fields", "is_open"),
    [
        ({}, True),
        ({"opens": date(2026, 3, 10)}, True),
        ({"opens": date(2026, 3, 11)}, False),
        ({"closes": date(2026, 3, 10)}, True),
        ({"closes": date(2026, 3, 9)}, False),
        ({"archived_at": "2026-03-01T00:00Z"}, False),
    ],
)
def test_open_ones(fields, is_open):
    one = survey(**fields)
    one.save()
    SurveyVersion.objects.create(survey=one, number=1, asked={})
    SurveyVersion.objects.create(survey=one, number=2, asked={})

    assert list(Survey.objects.open(date(2026, 3, 10))) == [one] * is_open


def test_without_a_version_nothing_can_be_answered():
    one = survey()
    one.save()

    assert not Survey.objects.open(date(2026, 3, 10)).exists()
    assert one.current is None


def test_current_version_is_the_last_one():
    one = survey(draft={"questions": [{"key": "a", "kind": "short"}]})
    one.save()
    for number in (1, 2):
        SurveyVersion.objects.create(survey=one, number=number, asked={})

    assert one.current.number == 2
    assert one.current.content.questions == ()
    assert [question.key for question in one.drafted.questions] == ["a"]


# Written by those who are asked, and by machines.
NOT_AUDITED = {
    f"surveys_{name}" for name in ("anonymousbox", "answer", "invitation", "response", "spentinvitation")
}


def test_every_table_that_our_people_write_is_audited():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, count(*) FROM pg_trigger WHERE tgname LIKE 'audit_on_%'"
            " AND tgrelid::regclass::text LIKE 'surveys_%' GROUP BY 1"
        )
        audited = dict(cursor.fetchall())

    tables = [model._meta.db_table for model in apps.get_app_config("surveys").get_models()]
    assert audited == {table: 3 for table in tables if table not in NOT_AUDITED}


def test_changes_are_written_down(alice):
    with acting(user=alice):
        one = survey()
        one.save()
        Survey.objects.update(name="Quarterly")
        version(of=one).save()
        scale().save()
        GradedScale.objects.all().delete()

    entries = AuditEntry.objects.filter(table__startswith="surveys_").order_by("pk")
    assert list(entries.values_list("table", "action", "actor__name")) == [
        ("surveys_survey", "insert", "Alice"),
        ("surveys_survey", "update", "Alice"),
        ("surveys_surveyversion", "insert", "Alice"),
        ("surveys_gradedscale", "insert", "Alice"),
        ("surveys_gradedscale", "delete", "Alice"),
    ]
    assert entries[1].before == {"name": "Relationship"}
