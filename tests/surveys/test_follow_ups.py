"""What is done about a low answer."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Contact, Message, Notice
from surveys import follow_ups
from surveys.models import FollowUp
from tests.factories import account, at, organisation
from tests.surveys import rows

pytestmark = pytest.mark.django_db
# A Tuesday.
NOW = at("2026-03-03 10:30")


@pytest.fixture
def najm(alice):
    organisation(weekend=[5, 6])
    return account("Najm", owner=alice)


@pytest.fixture
def sara(najm):
    return Contact.objects.create(account=najm, name="Sara", email="sara@najm.example", language="ar-SA")


def low(sara, **fields):
    given = {"account": sara.account, "contact": sara, "band": "low"} | fields
    response = rows.response(on="2026-03-03 10:30", **given)
    rows.answer(response, 3)
    return response


@pytest.fixture
def case(sara):
    return follow_ups.open_for(low(sara), NOW)


def told(kind):
    return list(
        Notice.objects.filter(kind=kind, recipient__isnull=False).values_list("recipient__name", flat=True)
    )


def test_a_low_answer_opens_one_case_of_the_account_s_owner(sara, alice):
    response = low(sara)

    case = follow_ups.open_for(response, NOW)
    again = follow_ups.open_for(response, NOW + timedelta(hours=1))

    assert again == case
    assert (case.owner, case.account, case.opened_at, case.due_at) == (
        alice,
        sara.account,
        NOW,
        at("2026-03-05 10:30"),
    )
    assert told("follow_up.opened") == ["Alice"]
    assert Notice.objects.get(kind="follow_up.opened", recipient=None).payload == {
        "follow_up": case.pk,
        "response": str(response.pk),
        "survey": "Relationship",
        "who": "Sara",
        "score": 3,
    }


@pytest.mark.parametrize(
    ("fields", "is_opened"),
    [
        ({"band": "middle"}, False),
        ({"band": ""}, False),
        ({"is_machine": True}, False),
        ({"identity": "confidential"}, False),
        ({"identity": "confidential", "wants_contact": True}, True),
        ({"band": "high", "wants_contact": True}, True),
        ({"is_machine": True, "wants_contact": True}, False),
        # Through a link, by nobody we know.
        ({"contact": None, "account": None}, False),
        ({"contact": None}, True),
    ],
)
def test_who_is_followed_up(sara, fields, is_opened):
    assert bool(follow_ups.open_for(low(sara, **fields), NOW)) is is_opened


def test_of_a_merged_account_the_survivor_s_owner_has_it(sara, bob):
    najm = sara.account
    najm.merged_into = account("Rafeef", owner=bob)
    najm.save()

    case = follow_ups.open_for(low(sara), NOW)

    assert (case.account.name, case.owner) == ("Rafeef", bob)


def test_it_is_closed_once_and_opened_again(case):
    later = NOW + timedelta(hours=2)

    assert follow_ups.close(case, "solved", "Called her", later)
    assert not follow_ups.close(FollowUp.objects.get(), "not_reached", "", later)
    assert (case.outcome, case.note, case.done_at) == ("solved", "Called her", later)
    assert Notice.objects.get(kind="follow_up.done").payload["outcome"] == "solved"

    assert follow_ups.reopen(case)
    assert not follow_ups.reopen(case)
    case.refresh_from_db()
    assert (case.outcome, case.note, case.done_at) == ("", "Called her", None)


def test_whoever_gets_it_is_told(case, bob):
    bob.groups.add(Group.objects.get(name="CS manager"))

    for _click in range(2):
        follow_ups.hand_over(case, bob, NOW)

    assert FollowUp.objects.get().owner == bob
    assert sorted(told("follow_up.opened")) == ["Alice", "Bob"]


def test_what_is_overdue_is_told_to_managers_once(case, bob):
    bob.groups.add(Group.objects.get(name="CS manager"))

    assert follow_ups.escalate(case.due_at) == 0
    assert follow_ups.escalate(case.due_at + timedelta(minutes=1)) == 1
    assert follow_ups.escalate(case.due_at + timedelta(days=1)) == 0
    assert sorted(told("follow_up.overdue")) == ["Alice", "Bob"]


def test_many_that_are_overdue_need_no_more_statements(case, sara, django_assert_num_queries):
    later = case.due_at + timedelta(days=1)
    with CaptureQueriesContext(connection) as of_one:
        follow_ups.escalate(later)
    for _one in range(3):
        follow_ups.open_for(low(sara), NOW)

    with django_assert_num_queries(len(of_one)):
        assert follow_ups.escalate(later) == 3


def test_what_is_done_is_not_overdue(case):
    follow_ups.close(case, "solved", "", NOW)

    assert follow_ups.escalate(case.due_at + timedelta(days=1)) == 0


# The conversation


def test_a_mail_goes_out_in_the_reader_s_language(case, sara, alice):
    written = follow_ups.write(case, "شكرًا", "سنصلح ذلك.", alice, NOW)

    assert (written.address, written.language, written.state, written.account) == (
        "sara@najm.example",
        "ar",
        "waiting",
        sara.account,
    )
    assert written.letter.texts == {"ar": {"subject": "شكرًا", "body": "سنصلح ذلك."}}
    assert follow_ups.conversation(case) == [written]


@pytest.mark.parametrize(
    ("subject", "body", "field"),
    [
        ("", "Hello", "subject"),
        ("Thanks", " ", "body"),
        ("Thanks", "Dear {{ name }}", "body"),
        ("Hi\x00", "x", "subject"),
    ],
)
def test_what_cannot_be_sent_is_said_beside_its_field(case, alice, subject, body, field):
    with pytest.raises(follow_ups.NotWritable) as refused:
        follow_ups.write(case, subject, body, alice, NOW)

    assert list(refused.value.problems) == [field]
    assert not Message.objects.exists()


def test_whoever_has_no_address_cannot_be_written_to(case, alice):
    Contact.objects.update(email="")
    case = FollowUp.objects.get()

    with pytest.raises(follow_ups.NotWritable):
        follow_ups.write(case, "Thanks", "We will see to it.", alice, NOW)
    assert follow_ups.conversation(case) == []


@pytest.mark.parametrize(
    ("own", "answered_in", "language"), [("ar-SA", "en", "ar"), ("fr", "ar", "ar"), ("", "", "en")]
)
def test_language_of_a_case(case, own, answered_in, language):
    Contact.objects.update(language=own)
    case = FollowUp.objects.get()
    case.response.language = answered_in

    assert follow_ups.language_of(case) == language
