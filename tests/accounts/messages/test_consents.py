"""Who unsubscribes no longer agrees to it, in all accounts where they are a contact; who comes back agrees anew."""

from datetime import timedelta

import pytest

from accounts.messages import preferences, recipients
from accounts.models import Consent, Suppression
from tests import factories
from tests.accounts.messages.mailed import in_role, mailing
from tests.accounts.messages.writing import SENT, contact, message

pytestmark = pytest.mark.django_db

ADDRESS = "sara@najm.example"
NOW, BEFORE = SENT + timedelta(days=2), SENT - timedelta(days=30)


def agree(person, purpose, channel="email", given_at=BEFORE, **fields):
    return Consent.objects.create(
        contact=person, channel=channel, purpose=purpose, given_at=given_at, **fields
    )


def standing(*people):
    rows = Consent.objects.filter(withdrawn_at=None, contact__in=people)
    return sorted(rows.values_list("channel", "purpose"))


@pytest.fixture
def sara():
    return contact(email=ADDRESS)


@pytest.fixture
def elsewhere():
    """The same person, of another account."""
    return contact(account=factories.account("Falak"), email=ADDRESS.upper())


def test_unsubscribing_withdraws_what_the_message_was_for(sara, elsewhere):
    other = contact(account=sara.account, email="omar@najm.example")
    for person in (sara, elsewhere, other):
        for purpose in Consent.Purpose.values:
            agree(person, purpose)
    agree(sara, "marketing", channel="sms")

    preferences.unsubscribe(message(contact=sara, purpose="marketing"), NOW)

    left = [("email", "service"), ("email", "surveys")]
    assert standing(sara) == [*left, ("sms", "marketing")]
    assert standing(elsewhere) == left
    assert len(standing(other)) == 3
    withdrawn = Consent.objects.get(contact=sara, channel="email", purpose="marketing")
    assert (withdrawn.given_at, withdrawn.withdrawn_at) == (BEFORE, NOW)
    assert withdrawn.withdrawn_recorded_at


def test_nothing_at_all_withdraws_everything(sara):
    for purpose in Consent.Purpose.values:
        agree(sara, purpose)

    preferences.save(message(contact=sara), (), NOW, nothing=True)

    assert standing(sara) == []


def test_whoever_was_written_to_is_meant_under_another_address_too(sara):
    agree(sara, "surveys")
    sent = message(contact=sara, purpose="surveys")
    sara.email = "s@najm.example"
    sara.save()

    preferences.unsubscribe(sent, NOW)

    assert standing(sara) == []


def test_who_wants_it_again_agrees_anew(sara, elsewhere):
    agree(sara, "marketing")
    sent = message(contact=sara, purpose="marketing")
    preferences.unsubscribe(sent, NOW)
    later = NOW + timedelta(hours=1)

    for _time in range(2):
        preferences.save(sent, ("service", "surveys", "marketing"), later, nothing=False)

    for person in (sara, elsewhere):
        given = Consent.objects.get(contact=person, withdrawn_at=None)
        assert (given.purpose, given.given_at, given.source) == ("marketing", later, "preference page")
    assert Consent.objects.filter(contact=sara).count() == 2


def test_after_nothing_at_all_what_is_wanted_is_agreed_to(sara):
    agree(sara, "service")
    sent = message(contact=sara)
    preferences.save(sent, (), NOW, nothing=True)

    preferences.save(sent, ("service", "surveys"), NOW + timedelta(hours=1), nothing=False)

    assert standing(sara) == [("email", "service"), ("email", "surveys")]


def test_who_never_refused_agrees_to_nothing_by_looking(sara):
    sent = message(contact=sara)

    preferences.save(sent, preferences.of(sent).wanted, NOW, nothing=False)

    assert not Consent.objects.exists()


def test_a_bounce_withdraws_nothing(sara):
    agree(sara, "service")
    Suppression.objects.create(address=ADDRESS, reason="bounced")

    preferences.save(message(contact=sara), Consent.Purpose.values, NOW, nothing=False)

    assert standing(sara) == [("email", "service")]


def test_what_was_refused_is_refused_again_without_a_second_consent(sara):
    agree(sara, "marketing")
    sent = message(contact=sara, purpose="marketing")

    for _time in range(2):
        preferences.unsubscribe(sent, NOW)

    assert Consent.objects.get().withdrawn_at == NOW


def test_an_sms_is_refused_by_number(sara):
    sara.phone = "+966507654321"
    sara.save()
    agree(sara, "marketing", channel="sms")
    agree(sara, "marketing")

    preferences.unsubscribe(
        message(contact=sara, medium="sms", address="+966507654321", purpose="marketing"), NOW
    )

    assert standing(sara) == [("email", "marketing")]


# What the page shows is what mailings do


@pytest.mark.parametrize("purpose", Consent.Purpose.values)
def test_what_was_withdrawn_is_not_wanted_until_it_is_agreed_to_anew(sara, charlie, purpose):
    for one in Consent.Purpose.values:
        agree(sara, one, withdrawn_at=SENT if one == purpose else None)
    sent, news = message(contact=sara), mailing(in_role(charlie, "CS manager"), purpose=purpose)
    left = tuple(one for one in Consent.Purpose.values if one != purpose)

    assert preferences.of(sent).wanted == left
    assert recipients.counts(news, NOW) == {"withdrawn": 1}
    for _time in range(2):
        preferences.save(sent, Consent.Purpose.values, NOW, nothing=False)

    assert preferences.of(sent).wanted == tuple(Consent.Purpose.values)
    assert recipients.counts(news, NOW) == {"": 1}
    given = Consent.objects.get(purpose=purpose, withdrawn_at=None)
    assert (given.given_at, given.source) == (NOW, "preference page")


def test_marketing_is_wanted_by_whoever_agreed_to_it(sara, elsewhere):
    sent = message(contact=sara)
    before = preferences.of(sent).wanted
    agree(elsewhere, "marketing", channel="sms")
    by_sms = preferences.of(sent).wanted
    agree(sara, "marketing", withdrawn_at=SENT)
    agree(elsewhere, "marketing")

    assert before == by_sms == ("service", "surveys")
    assert preferences.of(sent).wanted == ("service", "surveys", "marketing")


def test_what_was_stopped_by_hand_stays_as_it_is(sara):
    agree(sara, "surveys")
    agree(sara, "service")
    Suppression.objects.create(address=ADDRESS, purpose="surveys")
    sent = message(contact=sara)

    preferences.save(sent, ("service", "marketing"), NOW, nothing=False)

    assert standing(sara) == [("email", "marketing"), ("email", "service"), ("email", "surveys")]
    assert preferences.of(sent) == (("service", "marketing"), False, {"surveys"})
