"""What providers say becomes events, states of messages and suppressed addresses, each once."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.intake import worker
from accounts.intake.digests import digest
from accounts.models import Account, Consent, Event, IntakeBatch, Message, Notice, ProviderCall, Suppression
from tests.accounts.connectors.posting import BASIC, NOW, message, post, rejected, states, turn

pytestmark = pytest.mark.django_db


def said(kind, message_id="m1", recipient="sara@najm.example", minute=0, **more):
    """As Postmark says it."""
    at = {"Delivery": "DeliveredAt", "Bounce": "BouncedAt", "SpamComplaint": "BouncedAt"}.get(
        kind, "ReceivedAt"
    )
    named = "Email" if kind in {"Bounce", "SpamComplaint"} else "Recipient"
    moment = (NOW - timedelta(hours=1, minutes=-minute)).isoformat()
    return {"RecordType": kind, "MessageID": message_id, named: recipient, at: moment} | more


HARD = {"Type": "HardBounce", "Details": "550 5.1.1 no such user", "ID": 1}
SOFT = {"Type": "SoftBounce", "Details": "452 4.2.2 full", "ID": 2}


def tell(*calls):
    for call in calls:
        assert post("postmark", call).status_code == 200
    turn()
    worker.turn(NOW + timedelta(seconds=50), clock=lambda: NOW)


def events():
    return list(Event.objects.order_by("happened_at").values_list("name", "object"))


def test_message_of_ours_is_found_and_its_reader_is_the_contact(sara):
    sent = message(sara, provider_id="m1")

    tell(
        said("Delivery"),
        said("Open", minute=1, UserAgent="Mozilla/5.0"),
        said("Click", minute=2, OriginalLink="https://a.example"),
    )

    assert [name for name, _object in events()] == ["Email Delivered", "Email Opened", "Email Link Clicked"]
    assert {object_ for _name, object_ in events()} == {str(sent.pk)}
    assert set(Event.objects.values_list("person", flat=True)) == {digest("cxhub", "contact", str(sara.pk))}
    clicked = Event.objects.get(name="Email Link Clicked")
    assert clicked.properties == {"message_id": str(sent.pk), "url": "https://a.example"}
    sent.refresh_from_db()
    assert sent.state == "delivered"


def test_same_news_again_are_one_event(sara):
    message(sara, provider_id="m1")

    tell(said("Delivery"))
    tell(said("Delivery", Metadata={"sent": "again"}))

    assert events() == [("Email Delivered", str(Message.objects.get().pk))]


def test_mail_that_is_not_ours_is_of_the_only_contact_with_the_address(sara):
    tell(said("Delivery", recipient="SARA@najm.example"))

    assert Event.objects.get().person == digest("cxhub", "contact", str(sara.pk))
    assert events() == [("Email Delivered", "m1")]


def test_mail_to_an_unknown_address_is_unattributed(db):
    tell(said("Delivery", recipient="Nobody@example.com"))

    assert Event.objects.get().person == digest("cxhub", "address", "nobody@example.com")


def test_state_moves_only_forward(sara):
    sent = message(sara, provider_id="m1")

    tell(said("Bounce", **HARD), said("Delivery"), said("Open"))

    sent.refresh_from_db()
    assert (sent.state, sent.answer) == ("bounced", "550 5.1.1 no such user")


def test_hard_bounce_suppresses_the_address(sara):
    sent = message(sara, provider_id="m1")

    tell(said("Bounce", **HARD))
    tell(said("Bounce", **HARD | {"ID": 7}))

    assert list(Suppression.objects.values_list("address", "reason", "purpose", "message")) == [
        (sara.email, "bounced", "", sent.pk)
    ]


def test_soft_bounce_changes_nothing_but_the_answer(sara):
    sent = message(sara, provider_id="m1")

    tell(said("Bounce", **SOFT))

    sent.refresh_from_db()
    assert (sent.state, sent.answer) == ("sent", "452 4.2.2 full")
    assert (Suppression.objects.count(), events()) == (0, [])


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (said("SpamComplaint", Type="SpamComplaint", ID=3), "complained"),
        (
            said("SubscriptionChange", SuppressSending=True, SuppressionReason="ManualSuppression"),
            "unsubscribed",
        ),
    ],
)
def test_complaint_and_unsubscribe_suppress_the_address(sara, call, reason):
    message(sara, provider_id="m1")

    tell(call)

    assert list(Suppression.objects.values_list("address", "reason")) == [(sara.email, reason)]


def test_address_that_was_let_in_again_stays_so_when_old_news_come_again(sara):
    tell(said("Bounce", **HARD))
    Suppression.objects.update(lifted_at=NOW)

    tell(said("Bounce", **HARD | {"Tag": "again"}))

    assert Suppression.objects.standing().count() == 0


def test_opens_by_machines_are_marked(sara):
    tell(said("Open", UserAgent="Googlebot/2.1 (+http://www.google.com/bot.html)"))

    assert Event.objects.get().machine


APPLE, GMAIL = "Mozilla/5.0", "Mozilla/5.0 (Windows NT 5.1) (via ggpht.com GoogleImageProxy)"


@pytest.mark.parametrize(("agent", "machine"), [(APPLE, True), (GMAIL, False), ("", False)])
def test_opens_are_judged_by_agents_as_our_own_are(sara, agent, machine):
    tell(said("Open", UserAgent=agent))

    assert Event.objects.get().machine is machine


@pytest.mark.parametrize("flag", [True, False])
def test_opens_that_sendgrid_calls_those_of_machines_are(sara, flag):
    opened = {
        "event": "open",
        "email": sara.email,
        "timestamp": int(NOW.timestamp()) - 60,
        "sg_event_id": "1",
        "sg_message_id": "m1",
        "sg_machine_open": flag,
        "useragent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:109.0) Gecko/20100101 Firefox/115.0",
    }

    assert post("sendgrid", [opened]).status_code == 200
    turn()
    worker.turn(NOW + timedelta(seconds=50), clock=lambda: NOW)

    assert Event.objects.get().machine is flag


def test_clock_ahead_of_ours_counts_as_now(sara):
    post("postmark", said("Delivery") | {"DeliveredAt": (timezone.now() + timedelta(days=1)).isoformat()})
    turn()
    worker.turn(NOW + timedelta(seconds=50), clock=lambda: NOW)

    assert Event.objects.get().happened_at == ProviderCall.objects.get().received_at


def test_news_of_several_recipients_with_one_id_are_told_apart(sara):
    first, second = message(sara, provider_id="m1"), message(provider_id="m1", address="b@example.com")

    tell(said("Bounce", recipient="b@example.com", **HARD))

    assert list(Message.objects.order_by("pk").values_list("pk", "state")) == [
        (first.pk, "sent"),
        (second.pk, "bounced"),
    ]


def test_what_cannot_be_read_is_rejected_and_leaves_nothing(sara):
    post("postmark", None, raw=b"{")
    post("postmark", {"FromFull": {}, "RecordType": "Inbound"})
    post("sparkpost", [{"msys": {"message_event": {"event_id": "1"}}}])
    turn()

    assert rejected() == [("malformed", ""), ("not_understood", ""), ("missing", "type")]
    assert not IntakeBatch.objects.exists()


def test_question_whether_calls_shall_come_is_for_a_person(db):
    asked = {
        "Type": "SubscriptionConfirmation",
        "MessageId": "1",
        "SubscribeURL": "https://sns.example/confirm",
    }
    names = {"X-Amz-Sns-Message-Type": "SubscriptionConfirmation", "X-Amz-Sns-Message-Id": "1"}
    post("amazon_ses", None, raw=json.dumps(asked).encode(), headers=BASIC | names, content_type="text/plain")
    turn()

    assert states() == [("rejected", "confirm")]


def test_owner_is_told_of_what_came_back_once(sara, alice):
    Account.objects.update(owner=alice)
    message(sara, provider_id="m1")
    message(sara, provider_id="m2")

    tell(said("Bounce", **HARD), said("Bounce", "m2", **HARD | {"ID": 3}))
    tell(said("Bounce", **HARD, Metadata={"sent": "again"}), said("Bounce", "m1", **SOFT))

    rows = Notice.objects.filter(recipient=alice)
    assert [(row.kind, row.payload["count"]) for row in rows] == [("message.bounced", 1)] * 2
    assert rows[0].payload["addresses"] == "sara@najm.example"


UNSUBSCRIBED = {"SuppressSending": True, "SuppressionReason": "ManualSuppression"}


def agreed(person):
    for purpose in Consent.Purpose.values:
        Consent.objects.create(contact=person, purpose=purpose, given_at=NOW - timedelta(days=400))


def standing_consents():
    return sorted(Consent.objects.filter(withdrawn_at=None).values_list("purpose", flat=True))


def test_unsubscribing_at_the_provider_is_from_what_our_message_was_for(sara):
    agreed(sara)
    message(sara, provider_id="m1", purpose="marketing")

    tell(said("SubscriptionChange", **UNSUBSCRIBED))

    assert list(Suppression.objects.values_list("purpose", flat=True)) == ["marketing"]
    assert standing_consents() == ["service", "surveys"]


def test_unsubscribing_from_a_mail_that_is_not_ours_is_from_all(sara):
    agreed(sara)

    tell(said("SubscriptionChange", **UNSUBSCRIBED))

    assert list(Suppression.objects.values_list("address", "purpose")) == [(sara.email, "")]
    assert standing_consents() == []


def test_late_news_of_unsubscribing_withdraw_nothing_that_was_given_since(sara):
    message(sara, provider_id="m1", purpose="marketing")
    Consent.objects.create(contact=sara, purpose="marketing", given_at=NOW - timedelta(minutes=1))

    tell(said("SubscriptionChange", **UNSUBSCRIBED))

    assert standing_consents() == ["marketing"]
