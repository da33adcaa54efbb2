"""Who is reminded, and who is not."""

from datetime import timedelta

import pytest

from accounts.models import Contact, Mailing, Message, Reply
from surveys import reminders
from surveys.models import Invitation
from tests.accounts.messages.mailed import NOW, person
from tests.surveys.asking import arrive, sent, to_all

pytestmark = pytest.mark.django_db
DUE = NOW + timedelta(days=3)


@pytest.fixture
def asked(administrator):
    person()
    return sent(to_all(administrator, reminders=[3, 7], days_valid=30))


def test_each_reminder_goes_when_its_days_are_over(asked):
    assert reminders.remind_due(DUE - timedelta(minutes=1)) == 0
    assert (reminders.remind_due(DUE), reminders.remind_due(DUE)) == (1, 0)
    arrive(asked, DUE)
    assert reminders.remind_due(NOW + timedelta(days=7)) == 1
    first = Message.objects.get(reminds_of=None)
    assert {(one.letter, one.language, one.address) for one in Message.objects.all()} == {
        (first.letter, first.language, first.address)
    }
    assert Invitation.objects.count() == 1


def test_two_that_are_late_do_not_come_at_once(asked):
    late = NOW + timedelta(days=8)

    assert reminders.remind_due(late) == 1
    arrive(asked, late)
    assert reminders.remind_due(late + timedelta(hours=2)) == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"answered": True},
        {"completed_at": NOW},
        {"revoked_at": NOW},
        {"expires_at": DUE},
        {"delivered_at": None},
    ],
    ids=str,
)
def test_nobody_else_is_reminded(asked, fields):
    Invitation.objects.update(**fields)

    assert reminders.remind_due(DUE) == 0
    assert not reminders.remind(Invitation.objects.get(), DUE)


def test_who_left_is_not_reminded(asked):
    Contact.objects.update(left=DUE.date())

    assert reminders.remind_due(DUE) == 0


@pytest.mark.parametrize(("automatic", "reminded"), [(False, 0), (True, 1)])
def test_reply_ends_it_but_for_an_absence_note(asked, automatic, reminded):
    Reply.objects.create(
        message=Message.objects.get(),
        mail_id="1",
        address="a@b.example",
        received_at=NOW,
        automatic=automatic,
    )

    assert reminders.remind_due(DUE) == reminded


@pytest.mark.parametrize("moment", ["paused_at", "stopped_at"])
def test_what_is_paused_or_stopped_reminds_nobody(asked, moment):
    Mailing.objects.update(**{moment: NOW})

    assert reminders.remind_due(DUE) == 0


def test_somebody_is_reminded_by_hand_but_not_twice_in_a_day(asked):
    one, tomorrow = Invitation.objects.get(), NOW + timedelta(days=1)

    assert not reminders.remind(one, NOW + timedelta(hours=2))
    assert reminders.remind(one, tomorrow)
    assert not reminders.remind(one, tomorrow)
    arrive(asked, tomorrow)
    assert reminders.remind(one, tomorrow + timedelta(days=1))
