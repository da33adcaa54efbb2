"""What a person answered in surveys: handed out to them without breaking a promise, and emptied with them."""

import pytest
from django.utils import timezone

from accounts.models import AuditEntry, Contact, Letter
from cxhub.persons.exporting import sections_of
from surveys import answering, follow_ups
from surveys.models import Answer, FollowUp
from tests.cxhub.persons.traces import EMAIL, erase
from tests.surveys import rows

pytestmark = pytest.mark.django_db


def answered(person, text="My son is ill.", **fields):
    """Low, with a comment that names nobody."""
    asked = rows.survey(**fields)
    invited = rows.invitation(asked, account=person.account, contact=person)
    said = rows.response(
        asked,
        account=person.account,
        contact=person,
        invitation=invited,
        band="low",
        identity=asked.identity,
    )
    rows.answer(said, 2)
    said.answers.create(question="why", text=text)
    return said


def exported(person):
    return {section.name: section.rows for section in sections_of(person)}


def test_what_they_wrote_goes_and_how_they_scored_stays(jumana, alice):
    said = answered(jumana)
    case = rows.follow_up(said, note="Promised a call.")

    job = erase(jumana, alice)

    kept = [(one.question, one.value, one.score, one.band, one.text) for one in said.answers.all()]
    assert kept == [("nps", 2, 2, "low", ""), ("why", None, None, "", "")]
    case.refresh_from_db()
    assert case.note == ""
    history = AuditEntry.objects.filter(table=FollowUp._meta.db_table).values_list("before", "after")
    assert "Promised" not in str(list(history))
    assert job.result["emptied"]["surveys.Answer"] == 1


def test_answers_of_others_stay(jumana, alice, najm):
    omar = Contact.objects.create(account=najm, name="Omar", email="omar@najm.example")
    answered(omar)

    erase(jumana, alice)

    assert Answer.objects.exclude(text="").get().text == "My son is ill."


def test_by_a_link_all_goes_that_calls_them_by_a_word_of_their_name(jumana, alice):
    link = rows.link()
    said, other = (rows.response(link.survey, account=None, link=link) for _number in range(2))
    for question, text in (("reach", f"J.\n{EMAIL}\n"), ("why", "Ask for Jumana"), ("more", "It is slow")):
        said.answers.create(question=question, text=text)
    other.answers.create(question="why", text="Jumana is a fine name")

    erase(jumana, alice)

    assert [one.text for one in said.answers.all()] == ["", "", "It is slow"]
    assert other.answers.get().text == "Jumana is a fine name"


def test_nobody_answers_by_their_invitation_any_more(jumana, alice):
    invited = answered(jumana).invitation

    erase(jumana, alice)

    invited.refresh_from_db()
    now = timezone.now()
    assert answering.why_closed(invited, None, now, now.date()) == answering.Why.REVOKED


def test_mail_that_was_written_to_them_alone_says_nothing_any_more(jumana, alice, najm):
    omar = Contact.objects.create(account=najm, name="Omar", email="omar@najm.example")
    for person in (jumana, omar):
        case = rows.follow_up(answered(person))
        follow_ups.write(case, "Sorry", f"Dear {person.name.split()[0]}, it works.", alice, timezone.now())

    erase(jumana, alice)

    assert [letter.texts["en"]["body"] for letter in Letter.objects.order_by("pk")] == [
        "",
        "Dear Omar, it works.",
    ]


def test_they_get_what_they_answered_and_what_was_noted(jumana, najm):
    rows.follow_up(answered(jumana), note="Promised a call.")
    answered(Contact.objects.create(account=najm, name="Omar", email="omar@najm.example"), "Of another")

    told = exported(jumana)

    assert [row["Text"] for row in told["answer"]] == ["", "My son is ill."]
    assert [row["Note"] for row in told["followup"]] == ["Promised a call."]
    assert [row["Band"] for row in told["response"]] == ["low"]
    assert len(told["invitation"]) == 1


def test_what_was_confided_is_told_to_nobody_here(jumana):
    answered(jumana, identity="confidential")

    told = exported(jumana)

    assert (told["answer"], [row["Band"] for row in told["response"]]) == ([], [""])


def test_export_does_not_say_who_answered_anonymously(jumana):
    asked = rows.survey(identity="anonymous")
    rows.invitation(asked, account=jumana.account, contact=jumana, answered=True)

    assert [row["Answered"] for row in exported(jumana)["invitation"]] == [None]
