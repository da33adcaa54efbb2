"""What nobody knows of is said by people: it arrived, or another one goes in its place, once."""

from datetime import timedelta

import pytest

from accounts.messages import sending, unknown
from accounts.models import Mailing, Message
from tests import factories
from tests.accounts.messages import written
from tests.accounts.messages.writing import SENT, message

pytestmark = pytest.mark.django_db
NOW = SENT + timedelta(days=1)


def lost(**fields):
    return message(**{"state": "unknown", "answer": "The worker stopped while it was being sent."} | fields)


def test_another_one_goes_in_its_place(server):
    before = lost(key="survey-7", reminds_of=message(address="first@najm.example"))

    again = unknown.send_again(before, NOW)
    sending.turn(NOW + timedelta(seconds=50), clock=lambda: NOW)

    before.refresh_from_db()
    again.refresh_from_db()
    assert (before.state, before.reason) == ("skipped", "sent_again")
    assert (again.key, again.state, again.address) == ("survey-7:again", "sent", before.address)
    same = ("letter", "contact", "account", "language", "values", "name", "purpose", "medium", "reminds_of")
    assert all(getattr(again, name) == getattr(before, name) for name in same)
    assert len(server.taken) == 1


def test_of_a_mailing_it_goes_in_its_place_too(alice):
    mailing = Mailing.objects.create(
        name="May", population=factories.population(by=alice), letter=written.letter(), made_by=alice
    )

    again = unknown.send_again(lost(mailing=mailing), NOW)

    assert (again.mailing, again.state) == (mailing, "waiting")


def test_whoever_is_late_changes_nothing():
    before = lost()
    also_before = Message.objects.get(pk=before.pk)

    assert unknown.send_again(before, NOW)
    assert unknown.send_again(also_before, NOW) is None
    assert not unknown.arrived(also_before, NOW)
    assert Message.objects.count() == 2


def test_keys_stay_short_and_tell_apart():
    first = unknown.send_again(lost(key="k" * 120), NOW)
    second = unknown.send_again(lost(), NOW)

    assert (len(first.key), first.key[-6:]) == (120, ":again")
    assert second.key.endswith(":again")


def test_who_was_erased_is_sent_nothing():
    assert unknown.send_again(lost(address=""), NOW) is None
    assert Message.objects.count() == 1


def test_it_arrived():
    sent = lost()

    assert unknown.arrived(sent, NOW)

    sent.refresh_from_db()
    assert (sent.state, sent.reason, sent.sent_at) == ("delivered", "by_hand", SENT)
