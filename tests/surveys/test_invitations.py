"""Who was asked, made of messages: once, as they left, and as is heard of them."""

from datetime import timedelta

import pytest

from accounts.models import Message
from surveys import invitations, reminders
from surveys.models import Invitation
from tests.accounts.messages.mailed import NOW, person
from tests.accounts.messages.writing import message
from tests.surveys.asking import sent, to_all

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def asked(administrator):
    person()
    return sent(to_all(administrator, days_valid=10))


def test_invitation_is_made_once(asked):
    assert invitations.keep(LATER) == 0
    (one,) = Invitation.objects.all()
    assert (one.invited_at, one.delivered_at, one.expires_at) == (NOW, NOW, NOW + timedelta(days=10))


@pytest.mark.parametrize(
    ("state", "delivered"), [("unknown", NOW), ("bounced", None), ("failed", None), ("sent", NOW)]
)
def test_what_is_heard_of_the_message_is_noted(asked, state, delivered):
    Message.objects.update(state=state)

    invitations.keep(LATER)

    assert Invitation.objects.get().delivered_at == delivered


@pytest.mark.parametrize("state", ["waiting", "skipped", "stopped", "failed"])
def test_who_was_written_nothing_was_not_asked(asked, state):
    Invitation.objects.all().delete()
    Message.objects.update(state=state)

    assert invitations.keep(LATER) == 0


def test_invitation_of_a_message_is_made_when_it_is_missing(asked):
    Invitation.objects.all().delete()
    Message.objects.update(state="sending")

    one = invitations.of_message(Message.objects.get())

    assert one is not None
    assert invitations.of_message(Message.objects.get()) == one


def test_other_messages_ask_nothing(asked):
    assert invitations.of_message(message()) is None


def test_answer_ends_the_reminders_that_wait(asked):
    one, later = Invitation.objects.get(), NOW + timedelta(days=2)
    assert reminders.remind(one, later)

    assert invitations.stop_reminders(one, later) == 1
    assert Message.objects.get(reminds_of=one.message).reason == "answered"
    assert invitations.stop_reminders(Invitation(survey=one.survey), later) == 0


def test_what_is_revoked_reminds_nobody_and_stays_so(asked):
    one, later = Invitation.objects.get(), NOW + timedelta(days=2)
    assert reminders.remind(one, later)

    for moment in (later, later + timedelta(days=1)):
        invitations.revoke(one, moment)

    one.refresh_from_db()
    assert one.revoked_at == later
    assert Message.objects.get(reminds_of=one.message).reason == "revoked"
