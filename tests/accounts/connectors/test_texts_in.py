"""What providers say of SMS, and what people answer to them."""

from datetime import timedelta

import pytest

from accounts import timeline
from accounts.intake import worker
from accounts.messages import sending, tokens
from accounts.models import Event, Letter, Message, Organisation, ProviderCall, Reply, Suppression
from accounts.models.outboxes import Medium
from tests.accounts.connectors.posting import (
    NOW,
    message,
    post_sms,
    post_twilio,
    rejected,
    states,
    turn,
)

pytestmark = pytest.mark.django_db
State = Message.State
NUMBER = "+966501234567"
HOUR = timedelta(hours=1)


def text_message(contact=None, **fields):
    letter = Letter.objects.create(medium=Medium.SMS, texts={"en": {"body": "Hello"}})
    given = {"medium": Medium.SMS, "address": NUMBER, "letter": letter, "provider_id": "SM1"}
    return message(contact, **given | fields)


def report(status, at=NOW, **said):
    """In both forms that there are; the one of Twilio where nothing else is said."""
    fields = {"MessageSid": "SM1", "MessageStatus": status} | said
    assert post_twilio(fields).status_code == 200
    return turn(at)


def answer(text, at=NOW, number=NUMBER, sid="SM100"):
    assert (
        post_twilio({"MessageSid": sid, "SmsStatus": "received", "From": number, "Body": text}).status_code
        == 200
    )
    ProviderCall.objects.waiting().update(received_at=at)
    turn(at)


def become(one):
    one.refresh_from_db()
    return one.state, one.reason


def standing():
    return list(Suppression.objects.standing().values_list("medium", "address", "purpose", "reason"))


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        ("delivered", State.DELIVERED, ""),
        ("read", State.DELIVERED, ""),
        ("undelivered", State.BOUNCED, "undelivered"),
        ("failed", State.BOUNCED, "failed"),
        ("sent", State.SENT, ""),
        ("queued", State.SENT, ""),
    ],
)
def test_report_moves_the_message(sara, status, state, reason):
    one = text_message(sara)

    report(status)

    assert become(one) == (state, reason)
    assert post_sms({"provider_id": "SM1", "status": status}).status_code == 200
    turn()
    assert become(one) == (state, reason)
    assert standing() == []


def test_reports_out_of_order_move_nothing_back(sara):
    one = text_message(sara)

    report("delivered")
    report("sent")
    report("undelivered", ErrorCode="30003")

    assert become(one) == (State.DELIVERED, "")
    assert states() == [("taken", ""), ("taken", "outdated"), ("taken", "outdated")]


def test_report_twice_changes_nothing(sara):
    one = text_message(sara)

    report("delivered")
    changed = become(one), one.changed_at
    assert report("delivered") == 0

    assert (become(one), one.changed_at) == changed
    assert ProviderCall.objects.count() == 1


@pytest.mark.parametrize("state", [State.UNKNOWN, State.WAITING])
def test_what_left_all_the_same_is_known_by_our_own_id(sara, state):
    one = text_message(sara, provider_id="", state=state, sent_at=None, tries=1)

    post_twilio(
        {"MessageSid": "SM7", "MessageStatus": "sent"}, query=f"?id={tokens.of(one.pk, tokens.REPLY)}"
    )
    turn()

    assert become(one) == (State.SENT, "")
    assert one.provider_id == "SM7"
    assert sending.turn(NOW + HOUR, lambda: NOW) == 0


@pytest.mark.parametrize("by", ["id", "provider_id"])
def test_report_that_is_faster_than_the_batch_waits_for_it(sara, by):
    said = {"id": "", "provider_id": "theirs-1", "status": "delivered"}
    one = text_message(sara, provider_id="", state=State.SENDING, changed_at=NOW - HOUR)
    if by == "id":
        said["id"] = tokens.of(one.pk, tokens.REPLY)

    post_sms(said)
    ProviderCall.objects.update(received_at=NOW)
    assert turn() == 0
    assert states() == [("waiting", "")]
    Message.objects.update(state=State.SENT, provider_id="theirs-1")
    turn()

    assert become(one) == (State.DELIVERED, "")


def test_report_of_nothing_of_ours_waits_for_no_later_batch(sara):
    text_message(sara, provider_id="", state=State.SENDING, changed_at=NOW + HOUR)

    post_sms({"provider_id": "other", "status": "delivered"})
    ProviderCall.objects.update(received_at=NOW)
    turn()

    assert states() == [("taken", "no_message")]


def test_report_names_no_mail(sara):
    mail = message(sara, provider_id="SM1")

    report("undelivered")
    post_sms({"id": tokens.of(mail.pk, tokens.REPLY), "status": "failed"})
    turn()

    assert become(mail) == (State.SENT, "")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"ErrorCode": "30005"}, "bounced"),
        ({"ErrorCode": "21610"}, "stopped"),
        ({"ErrorCode": "30003"}, None),
    ],
)
def test_number_that_there_is_not_is_left_alone(sara, said, reason):
    one = text_message(sara)

    report("undelivered", **said)

    assert become(one)[0] == State.BOUNCED
    assert one.answer == f"undelivered {said['ErrorCode']}"
    assert standing() == ([("sms", NUMBER, "", reason)] if reason else [])


def test_json_says_what_is_final(sara):
    text_message(sara)

    post_sms(
        {"provider_id": "SM1", "status": "Undelivered", "error": "unknown subscriber", "permanent": True}
    )
    turn()

    assert standing() == [("sms", NUMBER, "", "bounced")]
    assert Message.objects.get().answer == "unknown subscriber"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ([], ("wrong_type", "")),
        ({}, ("no_events", "")),
        ({"status": "delivered"}, ("missing", "id")),
        ({"status": ["delivered"], "id": "x"}, ("wrong_type", "status")),
        ({"from": NUMBER, "text": "Hello"}, ("missing", "id")),
        ({"from": 966501234567, "text": "Hello", "id": "1"}, ("wrong_type", "from")),
    ],
)
def test_what_cannot_be_read_is_rejected_with_its_field(payload, expected):
    post_sms(payload)
    turn()

    assert rejected() == [expected]


def test_what_is_no_json_is_rejected():
    post_sms(None, raw=b"{")
    turn()

    assert rejected() == [("malformed", "")]


# Answers


def test_answer_stands_in_the_timeline_of_whoever_was_written_to_last(sara):
    text_message(sara, sent_at=NOW - 2 * HOUR)
    last = text_message(sara, sent_at=NOW - HOUR, provider_id="SM2")
    text_message(None, address="+966501234560", sent_at=NOW)

    answer("شكرا 🎉 \0!")
    worker.turn(NOW + HOUR, clock=lambda: NOW)

    reply = Reply.objects.get()
    assert (reply.message, reply.contact, reply.account) == (last, sara, sara.account)
    assert (reply.medium, reply.address, reply.received_at) == ("sms", NUMBER, NOW)
    assert reply.text.startswith("شكرا 🎉")
    shown = timeline.entries([sara.account_id], Organisation.current(), NOW + HOUR)
    assert [(entry.kind, entry.label) for entry in shown if entry.kind == "reply"] == [("reply", NUMBER)]
    assert list(Event.objects.values_list("name", "object")) == [("SMS Replied", str(last.pk))]


def test_answer_comes_once(sara):
    text_message(sara)

    answer("Thank you")
    post_twilio(
        {"MessageSid": "SM100", "SmsStatus": "received", "From": NUMBER, "Body": "Thank you", "Retry": "1"}
    )
    turn()

    assert Reply.objects.count() == 1
    assert states()[-1] == ("taken", "outdated")


@pytest.mark.parametrize("number", ["+966501234567", "12345", "Najm"])
def test_answer_of_somebody_unknown_is_kept(number):
    post_sms({"id": "1", "from": number, "text": "Who is this?"})
    turn()

    reply = Reply.objects.get()
    assert (reply.address, reply.message, reply.contact) == (number, None, None)


@pytest.mark.parametrize(("stop", "start"), [("Stop!", "START"), (" إيقاف ", "اشتراك")])
def test_stop_is_honoured_by_the_next_message_until_start(sara, settings, stop, start):
    settings.SMS = "console"
    text_message(sara)

    answer(stop, sid="SM1")
    worker.turn(NOW + HOUR, clock=lambda: NOW)
    first = text_message(sara, state=State.WAITING, sent_at=None)
    sending.turn(NOW + HOUR, lambda: NOW)

    assert become(first) == (State.SKIPPED, "suppressed")
    assert standing() == [("sms", NUMBER, "", "stopped")]
    assert list(Event.objects.values_list("name", flat=True)) == ["SMS Unsubscribed"]

    answer(start, at=NOW + HOUR, sid="SM2")
    second = text_message(sara, state=State.WAITING, sent_at=None)
    sending.turn(NOW + HOUR, lambda: NOW)

    assert standing() == []
    assert become(second) == (State.SENT, "")
    assert Reply.objects.count() == 2


def test_stop_twice_is_once_and_ends_no_mails(sara):
    text_message(sara)

    answer("STOP", sid="SM1")
    answer("STOP", at=NOW + HOUR, sid="SM2")

    assert standing() == [("sms", NUMBER, "", "stopped")]


def test_stop_that_comes_late_stops_nothing_again(sara):
    text_message(sara)

    answer("STOP", at=NOW, sid="SM1")
    answer("START", at=NOW + HOUR, sid="SM2")
    answer("STOP", at=NOW + HOUR / 2, sid="SM3")

    assert standing() == []


def test_start_that_comes_late_lifts_nothing(sara):
    text_message(sara)

    answer("STOP", at=NOW + HOUR, sid="SM1")
    answer("START", at=NOW, sid="SM2")

    assert standing() == [("sms", NUMBER, "", "stopped")]


@pytest.mark.parametrize("reason", ["bounced", "by_hand", "unsubscribed"])
def test_start_lifts_only_what_they_stopped_by_such_a_word(sara, reason):
    Suppression.objects.create(medium="sms", address=NUMBER, reason=reason, since=NOW - HOUR)

    answer("START")

    assert standing() == [("sms", NUMBER, "", reason)]


def test_stop_of_somebody_unknown_counts():
    post_sms({"id": "1", "from": "00966 50 123 4567", "text": "توقف"})
    turn()

    assert standing() == [("sms", NUMBER, "", "stopped")]
