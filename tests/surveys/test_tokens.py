"""What an address stands for; what was changed in it stands for nothing."""

import pytest

from accounts.messages import tokens as words
from accounts.models import Message
from surveys import tokens
from surveys.models import Invitation
from tests.accounts.messages.mailed import mailing, person
from tests.factories import at
from tests.surveys import rows

pytestmark = pytest.mark.django_db
DUE = at("2026-03-01 10:00")


@pytest.fixture
def sent(alice):
    """A message that asks Sara."""
    sara, one = person(), mailing(alice)
    rows.distribution(trigger="", mailing=one, letter=None)
    return Message.objects.create(
        mailing=one,
        letter=one.letter,
        contact=sara,
        account=sara.account,
        language="ar",
        due_at=DUE,
        sent_at=DUE,
    )


def test_message_stands_for_an_invitation_made_once(sent):
    token = words.of(sent.pk, words.CHOICE)

    found = [tokens.read(token), tokens.read(token.upper())]

    assert found == [Invitation.objects.get()] * 2
    assert (found[0].contact, found[0].account) == (sent.contact, sent.account)
    assert (found[0].channel, found[0].language, found[0].expires_at) == (
        "email",
        "ar",
        at("2026-03-31 10:00"),
    )
    assert tokens.of(found[0]) == token


def test_reminder_stands_for_the_invitation_it_reminds_of(sent):
    invitation = tokens.read(words.of(sent.pk, words.CHOICE))
    reminder = Message.objects.create(letter=sent.letter, reminds_of=sent, language="ar", due_at=DUE)

    assert tokens.read(words.of(reminder.pk, words.CHOICE)) == invitation


def test_test_makes_no_invitation(sent):
    Message.objects.update(key="test-1", mailing=None)

    assert tokens.read(words.of(sent.pk, words.CHOICE)).is_test
    assert not Invitation.objects.exists()


def test_invitation_without_a_message_and_link_are_found():
    asked = [rows.invitation(), rows.link()]

    assert [tokens.read(tokens.of(one)) for one in asked] == asked


def test_what_was_not_signed_for_it_stands_for_nothing(sent):
    invitation = rows.invitation()
    good = words.of(sent.pk, words.CHOICE)
    changed = good[:-1] + ("a" if good[-1] != "a" else "b")

    wrong = [words.of(sent.pk, words.LINK), changed, "a", words.of(10**9, words.CHOICE), str(invitation.pk)]

    assert {token: tokens.read(token) for token in wrong} == dict.fromkeys(wrong)


def test_token_in_the_address_stays_out_of_the_log(rf):
    from cxhub.middleware import LoggedRequestMiddleware

    line = LoggedRequestMiddleware.format_request(rf.get("/s/secret/withdraw/"))

    assert line == "GET /s/…/withdraw/"
