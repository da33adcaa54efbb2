"""Erasing a person: what was written to them, what they wrote, and what waits that would bring them back."""

import json
from base64 import b64encode
from datetime import timedelta

import pytest

from accounts.connectors.acts import ACTS
from accounts.connectors.reasons import Reason
from accounts.intake import worker
from accounts.messages import marking, sending
from accounts.models import (
    Contact,
    ErasedAddress,
    Event,
    Hit,
    Job,
    Letter,
    Mailing,
    Message,
    ProviderCall,
    Reply,
    Suppression,
)
from cxhub.persons import erasing
from cxhub.persons.correspondence import speaks
from cxhub.persons.words import Words
from tests import smtp
from tests.accounts.connectors.posting import NOW, post, post_mail, turn
from tests.accounts.connectors.test_mail_events import said
from tests.accounts.messages import written
from tests.cxhub.persons.traces import EMAIL, NAME, PHONE, dumped, erase
from tests.factories import at, population

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _open_doors(settings):
    from tests.accounts.connectors.posting import SECRET

    settings.MAIL_WEBHOOK_SECRETS = [SECRET]


def wrote(person, **fields):
    """To the person, in a letter of one's own."""
    given = {
        "contact": person,
        "account": person.account,
        "name": NAME,
        "values": {"first_name": "Jumana", "name": NAME},
        "state": "sent",
        "sent_at": NOW,
        "answer": f"250 OK <{EMAIL}>",
    }
    return written.message(fields.pop("address", EMAIL), at=NOW, **given | fields)


def answered(sent, number=1, **fields):
    given = {"message": sent, "contact": sent.contact, "account": sent.account, "address": EMAIL}
    given |= {"mail_id": f"<{number}@najm.example>", "subject": "Re: News", "text": "My son is ill."}
    return Reply.objects.create(received_at=NOW, **given | fields)


def rejected(body, **fields):
    given = {"provider": "postmark", "kind": "inbound", "state": "rejected", "reason": "missing"}
    given |= {"body": body, "size": len(body), "digest": str(ProviderCall.objects.count())}
    return ProviderCall.objects.create(**given | fields)


def test_messages_stay_as_sent_to_nobody(jumana, alice):
    sent, by_address = wrote(jumana), wrote(jumana, contact=None, account=None)
    waits = wrote(jumana, state="waiting", sent_at=None)

    job = erase(jumana, alice)

    for one in (sent, by_address, waits):
        one.refresh_from_db()
        assert (one.address, one.name, one.values, one.answer) == ("", "", {}, "")
    assert (sent.state, by_address.state) == ("sent", "sent")
    assert (waits.state, waits.reason) == ("stopped", "erased")
    assert job.result["emptied"]["accounts.Message"] == 3


def test_two_of_one_mailing_are_both_erased(jumana, alice, najm):
    omar = Contact.objects.create(account=najm, name="Omar Haddad", email="omar@najm.example")
    mailing = Mailing.objects.create(
        name="May", population=population(by=alice), letter=written.letter(), made_by=alice
    )
    wrote(jumana, mailing=mailing)
    wrote(omar, mailing=mailing, address=omar.email, name=omar.name)
    for address in (EMAIL, omar.email):
        Suppression.objects.create(address=address)
    answered(wrote(jumana), 1)
    answered(wrote(omar, address=omar.email), 2, address=omar.email)

    assert [erase(one, alice).state for one in (jumana, omar)] == [Job.State.DONE] * 2
    assert set(mailing.messages.values_list("address", flat=True)) == {""}


def test_answers_and_hits_say_nothing_any_more(jumana, alice, najm):
    sent = wrote(jumana)
    theirs = [answered(sent, 1), answered(sent, 2, contact=None)]
    naming = [
        answered(sent, f"{number}-{EMAIL}", contact=None, address="omar@najm.example", text="Thanks")
        for number in (3, 4)
    ]
    Hit.objects.create(message=sent, at=NOW, visitor="v1", agent="Jumana's browser")

    erase(jumana, alice)

    for reply in Reply.objects.filter(pk__in=[one.pk for one in theirs]):
        assert (reply.address, reply.subject, reply.text) == ("–", "", "")
        assert reply.mail_id == f"erased-{reply.pk}"
    others = Reply.objects.filter(pk__in=[one.pk for one in naming])
    assert {(one.address, one.text) for one in others} == {("omar@najm.example", "Thanks")}
    assert Hit.objects.values_list("agent", "visitor").get() == ("", "")


def test_a_letter_that_names_the_person_is_sent_to_nobody(jumana, alice, najm):
    omar = Contact.objects.create(account=najm, name="Omar", email="omar@najm.example")
    letter = Letter.objects.create(texts={"en": {"subject": "Talk", "body": f"By {NAME}"}})
    waits = wrote(omar, letter=letter, state="waiting", address=omar.email, name="Omar", values={})

    erase(jumana, alice)

    waits.refresh_from_db()
    letter.refresh_from_db()
    assert (waits.state, waits.address, letter.texts["en"]["body"]) == ("stopped", omar.email, "")


@pytest.fixture
def server(settings):
    with smtp.serving() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


def test_who_was_suppressed_stays_so_when_let_in_again(jumana, alice, najm, server):
    Suppression.objects.create(address=EMAIL.upper(), reason="unsubscribed", purpose="marketing")
    Suppression.objects.create(address=EMAIL, lifted_at=NOW)

    erase(jumana, alice)

    digest = f"sha256:{ErasedAddress.objects.get().digest}"
    assert set(Suppression.objects.values_list("address", flat=True)) == {digest}
    ErasedAddress.objects.all().delete()
    back = Contact.objects.create(account=najm, name="Jumana", email=EMAIL)
    wrote(back, state="waiting", purpose="marketing", sent_at=None)
    wrote(back, state="waiting", purpose="service", sent_at=None)
    sending.turn(NOW + timedelta(seconds=50), clock=lambda: NOW)
    states = Message.objects.exclude(contact=jumana).values_list("purpose", "state")
    assert sorted(states) == [("marketing", "skipped"), ("service", "sent")]
    assert not marking.suppress("email", EMAIL, "unsubscribed", None, NOW, purpose="marketing")


def test_one_suppressed_again_after_being_let_in_is_erased_again(jumana, alice, najm):
    Suppression.objects.create(address=EMAIL)
    erase(jumana, alice)
    ErasedAddress.objects.all().delete()
    back = Contact.objects.create(account=najm, name="Jumana", email=EMAIL)
    Suppression.objects.create(address=EMAIL)

    assert erase(back, alice).state == Job.State.DONE
    assert Suppression.objects.get().address.startswith("sha256:")


def test_while_a_message_is_being_sent_the_erasure_waits(jumana, alice):
    sent = wrote(jumana, state="sending")

    job = erase(jumana, alice)

    assert job.state == Job.State.WAITING
    Message.objects.filter(pk=sent.pk).update(state="sent")
    erasing.work_on(job)
    assert Job.objects.get(pk=job.pk).state == Job.State.DONE


def test_while_a_call_waits_that_speaks_of_the_person_the_erasure_waits(jumana, alice):
    wrote(jumana, provider_id="m1")
    post("postmark", said("Delivery", recipient="omar@najm.example"))
    post("postmark", said("Open", recipient=EMAIL))

    job = erase(jumana, alice)

    assert job.state == Job.State.WAITING
    turn()
    erasing.work_on(job)
    assert Job.objects.get(pk=job.pk).state == Job.State.DONE


def test_what_is_told_afterwards_brings_nobody_back(jumana, alice):
    sent = wrote(jumana, provider_id="m1", mailing=None)
    reply_to = f"reply+{_token(sent)}@cx.example"
    erase(jumana, alice)
    mail = "From: {}\r\nTo: {}\r\nMessage-ID: <{}@x>\r\n\r\nIt is me.\r\n"

    post("postmark", said("Bounce", recipient=EMAIL.upper(), Type="HardBounce", Details=f"550 5.1.1 {EMAIL}"))
    post("postmark", said("Click", recipient="", OriginalLink=f"https://a.example/?me={EMAIL}"))
    post_mail(mail.format(EMAIL, "reply@cx.example", "a").encode())
    post_mail(mail.format("private@home.example", reply_to, "b").encode())
    turn()
    worker.turn(NOW + timedelta(seconds=50), clock=lambda: NOW)

    assert {(call.state, call.reason) for call in ProviderCall.objects.all()} == {("taken", "erased")}
    assert (Suppression.objects.count(), Reply.objects.count(), Event.objects.count()) == (0, 0, 0)
    sent.refresh_from_db()
    assert (sent.state, sent.answer) == ("sent", "")


def _token(sent):
    from accounts.messages import tokens

    return tokens.of(sent.pk, tokens.REPLY)


def test_of_rejected_calls_nothing_is_left(jumana, alice):
    theirs = rejected(json.dumps({"From": EMAIL}).encode(), detail="x", field="From")
    others = rejected(json.dumps({"From": "omar@najm.example"}).encode())

    erase(jumana, alice)

    theirs.refresh_from_db()
    others.refresh_from_db()
    assert (bytes(theirs.body), theirs.state, theirs.reason, theirs.detail) == (b"", "taken", "erased", "")
    assert (others.state, others.reason) == ("rejected", "missing")
    assert "omar@" in bytes(others.body).decode()


ARABIC = "جمانة الراشد"
PACKED = [
    f"From: {EMAIL}".encode(),
    json.dumps({"text": f"hello\n{ARABIC}"}).encode(),
    f"text={ARABIC.encode().hex(' ')}".replace(" ", "%").replace("text=", "text=%").encode(),
    b"from=Jumana+al-Rashid+%3Cj%40x%3E",
    f"Content-Transfer-Encoding: base64\r\n\r\n{b64encode(f'Dear all, {ARABIC} is here'.encode()).decode()}".encode(),
    json.dumps({"content": b64encode(f"From: {EMAIL}\r\n\r\nHello".encode()).decode()}).encode(),
    b"Jumana =\r\nal-Rashid",
]


@pytest.mark.parametrize("body", PACKED)
def test_calls_are_read_however_they_are_packed(body):
    words = Words(frozenset([NAME, ARABIC]), frozenset([EMAIL]), frozenset([PHONE]))

    assert speaks(body, words)
    assert not speaks(body, Words(frozenset(["Omar Haddad"]), frozenset(["omar@najm.example"])))


def test_binary_calls_are_read_too():
    assert not speaks(bytes(range(256)) * 40, Words(emails=frozenset([EMAIL])))


def test_the_reason_is_said_in_words():
    assert ProviderCall(reason=Reason.ERASED).words != "erased"
    assert set(ACTS) == set(ProviderCall.Kind.values)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_held_of_what_was_written(jumana, alice):
    sent = wrote(jumana, provider_id="m1")
    answered(sent)
    Suppression.objects.create(address=EMAIL)
    Hit.objects.create(message=sent, at=at("2026-05-20 10:00"), visitor="v", agent=NAME)
    rejected(json.dumps({"From": EMAIL, "To": ARABIC}).encode())
    assert EMAIL in dumped()

    erase(jumana, alice)

    text = dumped()
    assert [one for one in (EMAIL, "Jumana", "My son is ill", ARABIC) if one in text] == []
