"""What mail servers report by mail: that a message came back, or was complained of."""

import pytest

from accounts.models import Account, Event, Notice, Reply, Suppression
from tests.accounts.connectors.posting import message, rejected, states
from tests.accounts.connectors.test_mails_in import address_of, entries, receive

pytestmark = pytest.mark.django_db
STATUS = """\
Reporting-MTA: dns; mail.najm.example
Arrival-Date: Fri, 20 Nov 2026 11:00:00 +0000

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822;{recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} So said the server
"""
COMPLAINT = "Feedback-Type: {action}\nUser-Agent: Loop/1.0\nVersion: 1\n"
ORIGINAL = "From: cxhub@ours.example\nTo: sara@najm.example\nSubject: Hello\nMessage-ID: {message_id}\n"


def id_of(sent):
    token = address_of(sent).partition("+")[2].partition("@")[0]
    return f"<{token}@ours.example>"


def report(
    message_id="",
    *,
    action="failed",
    status="5.1.1",
    recipient="sara@najm.example",
    kind="delivery-status",
    original="message/rfc822",
    to="cxhub@ours.example",
    number=1,
):
    said = COMPLAINT if kind == "feedback-report" else STATUS
    back = ORIGINAL.format(message_id=message_id) + ("\nHello\n" if original == "message/rfc822" else "")
    said = said.format(action=action, status=status, recipient=recipient)
    return f"""\
From: Mail Delivery System <MAILER-DAEMON@najm.example>
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <report{number}@najm.example>
Date: Fri, 20 Nov 2026 11:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/report; report-type={kind}; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

I am sorry to inform you.

--b
Content-Type: message/{kind}

{said}
--b
Content-Type: {original}

{back}
--b--
""".replace("\n", "\r\n").encode()


def came_of(sent):
    sent.refresh_from_db()
    events = list(Event.objects.values_list("name", "object"))
    return sent.state, events, list(Suppression.objects.values_list("address", "reason", "message"))


def bounce_of(sent):
    return [("Email Bounced", str(sent.pk))]


@pytest.mark.parametrize("original", ["message/rfc822", "text/rfc822-headers"])
def test_hard_bounce_is_one_of_the_message_whose_id_it_names(sara, original):
    sent = message(sara)

    receive(report(id_of(sent), original=original))

    assert came_of(sent) == ("bounced", bounce_of(sent), [(sara.email, "bounced", sent.pk)])
    assert (sent.reason, sent.answer) == ("bounced", "5.1.1 550 5.1.1 So said the server")
    assert not Reply.objects.exists()
    assert entries(sara.account) == [("message", "Sara", "Bounced")]


def test_bounce_is_known_by_the_address_that_it_came_to(sara):
    sent = message(sara)

    receive(report("<somebody@else.example>", to=address_of(sent)))

    assert came_of(sent) == ("bounced", bounce_of(sent), [(sara.email, "bounced", sent.pk)])


def test_bounce_for_another_reason_than_the_address_suppresses_nobody(sara):
    sent = message(sara)

    receive(report(id_of(sent), status="5.7.1"))

    assert came_of(sent) == ("bounced", bounce_of(sent), [])


def test_bounce_of_an_address_that_mails_are_sent_on_to_suppresses_nobody(sara):
    sent = message(sara)

    receive(report(id_of(sent), recipient="sara@away.example"))

    assert came_of(sent) == ("bounced", bounce_of(sent), [])


@pytest.mark.parametrize(
    ("action", "status"), [("failed", "4.4.7"), ("delayed", "4.4.1"), ("delayed", "5.1.1")]
)
def test_delay_changes_nothing_but_the_answer(sara, action, status):
    sent = message(sara)

    receive(report(id_of(sent), action=action, status=status))

    assert came_of(sent) == ("sent", [], [])
    assert sent.answer == f"{status} 550 {status} So said the server"
    assert not Reply.objects.exists()


def test_report_of_a_delivery_changes_nothing(sara):
    sent = message(sara)

    receive(report(id_of(sent), action="relayed", status="2.0.0"))

    assert came_of(sent) == ("sent", [], [])
    assert states() == [("taken", "ignored")]


@pytest.mark.parametrize("kind", ["delivery-status", "feedback-report"])
@pytest.mark.parametrize("message_id", ["", "<1aaaaaaaaaaaaaaaa@ours.example>", "<m@ours.example>"])
def test_forged_report_suppresses_nobody(sara, kind, message_id):
    sent = message(sara)

    receive(report(message_id, kind=kind))

    assert came_of(sent) == ("sent", [], [])
    assert not Reply.objects.exists()
    assert states() == [("taken", "no_message")]


def test_same_report_again_is_one_event(sara):
    sent = message(sara)

    receive(report(id_of(sent)), report(id_of(sent), original="text/rfc822-headers"))

    assert Event.objects.count() == 1


def test_report_without_a_fate_is_rejected(sara):
    sent = message(sara)

    receive(report(id_of(sent)).replace(b"Action: failed\r\n", b""))

    assert rejected() == [("missing", "Action")]
    assert came_of(sent) == ("sent", [], [])


def test_complaint_suppresses_the_address(sara):
    sent = message(sara)

    receive(report(id_of(sent), kind="feedback-report", action="abuse"))

    complaint = [("Email Marked as Spam", str(sent.pk))]
    assert came_of(sent) == ("delivered", complaint, [(sara.email, "complained", sent.pk)])
    assert not Reply.objects.exists()


def test_report_that_something_is_no_spam_is_no_complaint(sara):
    sent = message(sara)

    receive(report(id_of(sent), kind="feedback-report", action="not-spam"))

    assert came_of(sent) == ("sent", [], [])


def test_owner_is_told_of_a_bounce_and_not_of_an_answer(sara, alice):
    Account.objects.update(owner=alice)

    receive(report(id_of(message(sara)), to=address_of(message(sara))))

    assert list(Notice.objects.exclude(recipient=None).values_list("kind", flat=True)) == ["message.bounced"]
