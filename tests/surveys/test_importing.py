"""Old responses out of a file: what becomes of each row, sent once, again, corrected, and taken back."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.imports import Unreadable
from accounts.models import AccountKey, Contact, Notice
from surveys import import_plan, importing
from surveys.models import FollowUp, Response
from tests.accounts.doors import forget
from tests.accounts.messages.mailed import in_role
from tests.accounts.test_triggers import touched
from tests.factories import account, at, organisation
from tests.surveys import rows
from tests.surveys.importing import NOW, counts, planned, taken, uploaded

pytestmark = pytest.mark.django_db
HEAD = "id,responded,account,person,language,How likely?,Why?"


@pytest.fixture
def hers(alice):
    return in_role(alice)


@pytest.fixture
def najm(alice):
    made = account("Najm", owner=alice)
    AccountKey.objects.create(account=made, source="old", value="A-1")
    return made


@pytest.fixture
def sara(najm):
    return Contact.objects.create(
        account=najm, name="Sara", email="sara@najm.example", source="old", external_id="P"
    )


@pytest.fixture
def survey():
    return rows.survey()


def answers(survey):
    """By response, in the order of their ids at the source."""
    return {
        one.external_id: {row.question: row.text or row.value for row in one.answers.all()}
        for one in survey.responses.order_by("external_id").prefetch_related("answers")
    }


def reasons(found):
    return [(one.line, one.column, one.reason) for one in found.rejections]


def test_row_becomes_a_response_as_if_it_had_been_answered_then(hers, sara, survey):
    organisation(time_zone="Asia/Riyadh")

    made = taken(survey, hers, HEAD, 'R-1,2026-01-10,A-1,sara@najm.example,ar,3,"Slow, and dear"')

    one = survey.responses.get()
    then = datetime(2026, 1, 10, tzinfo=ZoneInfo("Asia/Riyadh"))
    assert (one.responded_at, one.completed_at, one.released_at) == (then, then, None)
    assert (one.account, one.contact, one.language, one.channel) == (sara.account, sara, "ar", "import")
    assert (one.version, one.identity, one.band, one.imported) == (survey.current, "identified", "low", made)
    assert (one.source, one.external_id) == ("old", "R-1")
    score, why = one.answers.order_by("question")
    assert (score.value, score.score, score.band, score.measure, score.scale) == (3, 3, "low", "nps", "nps")
    assert (why.value, why.text) == (None, "Slow, and dear")
    assert counts(made) == {"created": 1}


def test_nobody_is_told_and_nothing_is_followed_up(hers, najm, survey):
    taken(survey, hers, HEAD, "R-1,2026-03-14,A-1,,,0,")

    assert (FollowUp.objects.exists(), Notice.objects.exists()) == (False, False)


def test_figures_of_its_account_are_made_anew_from_its_day_on(hers, najm, survey):
    organisation()
    forget()

    taken(survey, hers, HEAD, "R-1,2026-01-10,A-1,,,9,")

    assert touched() == {najm.pk: at("2026-01-10").date()}


@pytest.mark.parametrize(
    "content",
    [
        "﻿id;responded;ما مدى احتمال ذلك؟;why\n1;٠٣/٠٢/٢٠٢٦;٩;بطيء\n2;25/02/2026;٣;\n".encode(),
        "id\tresponded\tnps\twhy\r\n1\t03/02/2026\t9\tبطيء\r\n2\t25/02/2026\t3\t\r\n".encode("utf-16"),
        "id,responded,nps,لماذا؟\n1,03/02/2026,9,بطيء\n2,25/02/2026,3,\n".encode("windows-1256"),
    ],
    ids=["arabic digits", "utf-16", "windows-1256"],
)
def test_files_are_read_as_people_write_them(hers, survey, content):
    taken(survey, hers, content)

    assert answers(survey) == {"1": {"nps": 9, "why": "بطيء"}, "2": {"nps": 3}}
    assert survey.responses.get(external_id="1").responded_at == datetime(2026, 2, 3, tzinfo=UTC)


def test_file_longer_than_what_is_looked_at_first_is_read_in_whole(hers, survey):
    made = taken(survey, hers, HEAD, *(f"R{number},2026-01-05,,,,9,Because" for number in range(1200)))

    assert counts(made) == {"created": 1200}


def test_days_that_can_be_read_in_two_ways_are_asked_for(hers, survey):
    lines = ("id,date,nps", "1,03/02/2026,9")

    unsure = planned(survey, hers, *lines)
    said = planned(survey, hers, *lines, date_format="%m/%d/%Y")

    assert (counts(unsure), unsure.date_format) == ({"rejected": 1}, "")
    assert {"%d/%m/%Y", "%m/%d/%Y"} <= {one.pattern for one in unsure.formats}
    assert said.to_write[0].responded_at == datetime(2026, 3, 2, tzinfo=UTC)


def test_each_bad_cell_is_told_with_its_line_and_column(hers, najm, survey):
    account("Najm")
    lines = [
        "Ref,Date,Account,Person,Language,Completed,How likely?,Why?",
        "1,2026-01-10,A-1,,en,yes,9,",
        ",2026-01-10,,,,,11,",
        "2,tomorrow,,,,,9,",
        "3,2026-03-16,,,,,9,",
        "4,2026-01-10,A-2,,,,9,",
        "5,2026-01-10,A-1,nobody@najm.example,,,9,",
        "6,2026-01-10,,,Latin,,9,",
        "7,2026-01-10,,,,no,9,",
        "8,2026-01-10,,,,,,",
        "1,2026-01-10,A-1,,en,yes,8,",
        "1,2026-01-10,A-1,,en,yes,9,",
        "9,2026-01-10",
    ]

    found = planned(survey, hers, *lines)

    assert counts(found) == {"created": 1, "unchanged": 1, "rejected": 10}
    assert [(line, column) for line, column, _reason in reasons(found)] == [
        (3, "Ref"),
        (3, "How likely?"),
        (4, "Date"),
        (5, "Date"),
        (6, "Account"),
        (7, "Person"),
        (8, "Language"),
        (9, "Completed"),
        (10, ""),
        (11, "Ref"),
        (13, ""),
    ]
    told = {(line, column): reason for line, column, reason in reasons(found)}
    assert told[3, "How likely?"] == "This must lie between 0 and 10."
    assert told[11, "Ref"] == "Line 2 has this id already, with other values."


def test_nothing_is_written_by_trying(hers, survey):
    planned(survey, hers, HEAD, "R-1,2026-01-10,,,,9,")

    assert not Response.objects.exists()


def test_same_file_again_changes_nothing(hers, sara, survey):
    lines = (HEAD, "R-1,2026-01-10,A-1,P,en,9,Good", "R-2,2026-01-11,Najm,,,3,")
    taken(survey, hers, *lines)
    before = list(Response.objects.order_by("pk").values())

    again = taken(survey, hers, *lines)

    assert counts(again) == {"unchanged": 2}
    assert list(Response.objects.order_by("pk").values()) == before


def test_corrected_row_replaces_its_answers(hers, najm, survey):
    first = taken(survey, hers, HEAD, "R-1,2026-01-10,,,,9,Good", "R-2,2026-01-10,,,,9,")
    kept = survey.responses.get(external_id="R-1")

    second = taken(survey, hers, HEAD, "R-1,2026-01-12,A-1,,,2,", "R-2,2026-01-10,,,,9,")

    one = survey.responses.get(external_id="R-1")
    assert counts(second) == {"replaced": 1, "unchanged": 1}
    assert answers(survey) == {"R-1": {"nps": 2}, "R-2": {"nps": 9}}
    assert (one.pk, one.account, one.band, one.responded_at) == (kept.pk, najm, "low", at("2026-01-12"))
    assert list(first.responses.values_list("external_id", flat=True)) == ["R-2"]


def test_import_taken_back_leaves_what_a_later_file_answered(hers, survey):
    rows.response(survey, account=None)
    first = taken(survey, hers, HEAD, "R-1,2026-01-10,,,,9,", "R-2,2026-01-10,,,,9,")
    taken(survey, hers, HEAD, "R-1,2026-01-10,,,,2,")

    gone = importing.take_back(first, NOW)

    first.refresh_from_db()
    assert (gone, first.taken_back_at) == (1, NOW)
    assert answers(survey) == {None: {}, "R-1": {"nps": 2}}


def test_import_is_taken_once(hers, survey):
    made = taken(survey, hers, HEAD, "R-1,2026-01-10,,,,9,")
    survey.responses.all().delete()

    importing.run(made, hers, NOW)

    assert not survey.responses.exists()


def test_response_that_came_otherwise_is_not_replaced(hers, survey):
    given = rows.response(survey, account=None)
    rows.response(account=None, source="old", external_id="R-1")
    rows.response(survey, account=None, source="old", external_id="R-2")

    found = planned(
        survey, hers, "id,day,nps", f"{given.pk},2026-01-10,9", "R-1,2026-01-10,9", "R-2,2026-01-10,9"
    )

    assert counts(found) == {"rejected": 3}
    assert {reason for _line, _column, reason in reasons(found)} == {
        "There is a response with this id already, which this file cannot replace."
    }


@pytest.mark.parametrize("identity", ["confidential", "anonymous"])
def test_survey_that_names_nobody_takes_no_file(hers, identity):
    survey = rows.survey(identity=identity)

    with pytest.raises(Unreadable, match="name nobody"):
        taken(survey, hers, HEAD, "R-1,2026-01-10,,,,9,")

    assert not Response.objects.exists()


# Of whom it speaks


def accounts_of(survey, by, *lines):
    found = planned(survey, by, "id,day,account,person,nps", *lines)
    return [(given.account_id, given.contact_id) for given in found.to_write]


def test_accounts_and_people_are_known_by_ids_names_and_addresses(hers, sara, survey):
    home = sara.account_id
    other = account("Sahm", owner=hers)
    AccountKey.objects.create(account=other, source="crm", value="Z-9")

    found = accounts_of(
        survey,
        hers,
        "1,2026-01-10,A-1,,9",
        "2,2026-01-10,NAJM,Sara,9",
        "3,2026-01-10,Z-9,,9",
        "4,2026-01-10,,SARA@najm.example,9",
        "5,2026-01-10,,P,9",
    )

    assert found == [(home, None), (home, sara.pk), (other.pk, None), (home, sara.pk), (home, sara.pk)]


def test_what_two_have_names_neither(hers, sara, survey):
    account("Najm", owner=hers)
    Contact.objects.create(account=account("Sahm", owner=hers), email="sara@najm.example")

    assert accounts_of(survey, hers, "1,2026-01-10,Najm,,9", "2,2026-01-10,,sara@najm.example,9") == []
    assert accounts_of(survey, hers, "1,2026-01-10,A-1,sara@najm.example,9") == [(sara.account_id, sara.pk)]


def test_person_of_another_account_is_refused(hers, sara, survey):
    account("Sahm", owner=hers)

    assert accounts_of(survey, hers, "1,2026-01-10,Sahm,sara@najm.example,9", "2,2026-01-10,Sahm,P,9") == []


def test_whoever_was_merged_is_the_survivor(hers, sara, survey):
    survivor = Contact.objects.create(account=sara.account, name="Sara A")
    Contact.objects.filter(pk=sara.pk).update(merged_into=survivor)

    assert accounts_of(survey, hers, "1,2026-01-10,A-1,P,9") == [(sara.account_id, survivor.pk)]


def test_accounts_that_one_does_not_see_are_unknown(charlie, sara, survey):
    stranger = in_role(charlie)

    assert accounts_of(survey, stranger, "1,2026-01-10,A-1,,9", "2,2026-01-10,,sara@najm.example,9") == []


def test_responses_of_accounts_that_one_does_not_see_are_not_replaced(hers, charlie, najm, survey):
    taken(survey, hers, HEAD, "R-1,2026-01-10,A-1,,,9,")

    found = planned(survey, in_role(charlie), HEAD, "R-1,2026-01-10,,,,0,")

    assert counts(found) == {"rejected": 1}


# The file as a whole


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([""], "The file is empty."),
        (["date,nps", "2026-01-10,9"], "The file has no column for: Id."),
        (["id,nps", "1,9"], "The file has no column for: Day."),
    ],
)
def test_file_that_does_not_fit_is_refused_as_a_whole(hers, survey, lines, reason):
    with pytest.raises(Unreadable, match=reason):
        planned(survey, hers, *lines)


def test_more_rows_than_fit_are_refused(hers, survey, monkeypatch):
    monkeypatch.setattr(import_plan, "MOST_ROWS", 2)
    lines = [f"{number},2026-01-10,9" for number in range(3)]

    assert counts(planned(survey, hers, "id,day,nps", *lines[:2])) == {"created": 2}
    with pytest.raises(Unreadable, match="more than 2 rows"):
        planned(survey, hers, "id,day,nps", *lines)


def test_chunk_costs_as_many_statements_whatever_stands_in_it(hers, najm, survey, monkeypatch):
    def cost(*numbers):
        lines = [f"R-{number},2026-01-10,A-1,,,9,Good" for number in numbers]
        made = uploaded(survey, hers, HEAD, *lines)
        with CaptureQueriesContext(connection) as asked:
            importing.run(made, hers, NOW)
        return len(asked)

    cost(1)
    one, thirty = cost(2), cost(*range(3, 33))
    monkeypatch.setattr(import_plan, "CHUNK", 10)

    assert thirty == one
    assert cost(*range(40, 60)) < 2 * one
