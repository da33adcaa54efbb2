"""Answers to our mails, however they come in, each once."""

import json
import tracemalloc
from datetime import timedelta
from email.message import EmailMessage

import pytest

from accounts import timeline
from accounts.intake import worker
from accounts.intake.digests import digest
from accounts.messages import tokens
from accounts.models import Account, Contact, Event, Message, Notice, Organisation, ProviderCall, Reply
from accounts.notices.kinds import says
from tests import factories
from tests.accounts.connectors.posting import BASIC, NOW, message, post, post_mail, rejected, states, turn

pytestmark = pytest.mark.django_db


def mail(
    text="Thank you!", *, sender="Sara <sara@najm.example>", to="cxhub@ours.example", number="1", **headers
):
    written = EmailMessage()
    written["From"], written["To"], written["Subject"] = sender, to, "Re: Hello"
    written["Message-ID"] = f"<{number}@najm.example>"
    for name, value in headers.items():
        written[name.replace("_", "-")] = value
    written.set_content(text)
    return written


def address_of(sent):
    return f"cxhub+{tokens.of(sent.pk, tokens.REPLY)}@ours.example"


def receive(*mails):
    for one in mails:
        assert post_mail(one if isinstance(one, bytes) else one.as_bytes()).status_code == 200
    turn()
    worker.turn(NOW + timedelta(seconds=50), clock=lambda: NOW)


def test_answer_is_known_by_the_address_that_it_came_to(sara):
    sent = message(sara)

    receive(mail(to=f"Ours <{address_of(sent).upper()}>", sender="other@najm.example"))

    reply = Reply.objects.get()
    assert (reply.message, reply.contact, reply.account) == (sent, sara, sara.account)
    assert (reply.address, reply.subject, reply.text) == ("other@najm.example", "Re: Hello", "Thank you!")
    assert not reply.automatic
    event = Event.objects.get()
    assert (event.name, event.object) == ("Email Replied", str(sent.pk))
    assert event.person == digest("cxhub", "contact", str(sara.pk))


def test_answer_is_known_by_what_it_answers_to(sara):
    sent, earlier = message(sara), message(sara)
    ours = f"<{tokens.of(sent.pk, tokens.REPLY)}@ours.example>"
    first = f"<{tokens.of(earlier.pk, tokens.REPLY)}@ours.example>"

    receive(
        mail(number="1", In_Reply_To=ours), mail(number="2", References=f"{first} {ours} <other@x.example>")
    )

    assert list(Reply.objects.values_list("message", flat=True)) == [sent.pk] * 2


@pytest.mark.parametrize("token", ["", "abc", "1aaaaaaaaaaaaaaaa", "z" * 300, "١aaaaaaaaaaaaaaaa"])
def test_forged_token_names_no_message(sara, token):
    message(sara)

    receive(mail(to=f"cxhub+{token}@ours.example"))

    assert Reply.objects.get().message is None


def test_token_of_a_link_is_none_of_a_reply(sara):
    sent = message(sara)

    receive(mail(to=f"cxhub+{tokens.of(sent.pk, tokens.LINK)}@ours.example"))

    assert Reply.objects.get().message is None


def test_answer_without_either_is_of_the_only_contact_with_the_address(sara):
    receive(mail(sender="SARA@najm.example"))

    reply = Reply.objects.get()
    assert (reply.message, reply.contact, reply.account) == (None, sara, sara.account)
    assert not Event.objects.exists()


def test_same_mail_again_is_one_reply(sara):
    sent = message(sara)

    receive(mail(to=address_of(sent)), mail(to=address_of(sent), X_Second_Way="yes"))

    assert (Reply.objects.count(), Event.objects.count()) == (1, 1)
    assert states() == [("taken", ""), ("taken", "outdated")]


@pytest.mark.parametrize(
    "header",
    [
        {"Auto_Submitted": "auto-replied"},
        {"X_Auto_Response_Suppress": "All"},
        {"Precedence": "auto_reply"},
        {"X_Autoreply": "yes"},
    ],
)
def test_absence_note_is_automatic_and_nobody_replied(sara, header):
    sent = message(sara)

    receive(mail(to=address_of(sent), **header))

    assert Reply.objects.get().automatic
    assert not Event.objects.exists()


def test_mail_of_a_person_says_that_it_is_not_automatic(sara):
    receive(mail(Auto_Submitted="no"))

    assert not Reply.objects.get().automatic


def test_arabic_of_another_encoding_is_read(sara):
    written = mail(sender="سارة <sara@najm.example>")
    written.set_content("شكرًا جزيلاً", charset="windows-1256", cte="base64")
    del written["Subject"]
    written["Subject"] = "رد: مرحبًا"

    receive(written)

    reply = Reply.objects.get()
    assert (reply.subject, reply.text) == ("رد: مرحبًا", "شكرًا جزيلاً")


def test_files_are_named_and_left_out(sara):
    written = mail("See the file.")
    written.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="عقد.pdf")

    receive(written)

    assert Reply.objects.get().text == "See the file.\n\n[عقد.pdf]"


def test_page_alone_is_read_as_text(sara):
    written = mail()
    written.set_content(
        "<style>p{}</style><p>Thank&nbsp;you</p><div>Sara<script>x()</script></div>", subtype="html"
    )

    receive(written)

    assert Reply.objects.get().text == "Thank you\n\nSara"


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00\x01",
        b"From: nobody\r\n\r\nHello",
        b"Subject: no sender\r\n\r\nHello",
    ],
)
def test_what_is_no_mail_of_anybody_is_rejected(db, content):
    receive(content)

    assert rejected() == [("missing", "From")]


@pytest.mark.parametrize(
    "header",
    [
        b"Message-ID: <\r\n",
        b"Date: yesterday\r\n",
        b"To: <<<@@@>>>, \xff\r\n",
        b"Subject: =?utf-8?b?####?= \x00\r\n",
        b"Content-Type: multipart/mixed; boundary=\r\n",
        b"Content-Type: text/plain; charset=unheard-of\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Disposition: attachment; filename*=utf-9''%ff\r\n",
    ],
)
def test_broken_headers_cost_nobody_the_mail(sara, header):
    receive(b"From: sara@najm.example\r\n" + header + b"\r\nHello")

    assert Reply.objects.get().contact == sara


@pytest.mark.long
def test_reply_of_ten_megabytes_is_taken_and_several_need_no_more_than_one(sara):
    sent = message(sara)
    content = [mail(to=address_of(sent), number=str(number)) for number in range(4)]
    for written in content:
        written.add_attachment(b"x" * (7 << 20), maintype="application", subtype="zip", filename="all.zip")
    sizes = []
    for written in content:
        body = written.as_bytes()
        assert len(body) > 9 << 20
        assert post_mail(body).status_code == 200
        del body
        tracemalloc.start()
        turn()
        sizes.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert Reply.objects.count() == 4
    assert set(ProviderCall.objects.values_list("state", flat=True)) == {"taken"}
    assert max(sizes) < 5 * (10 << 20)
    assert max(sizes) < 1.2 * min(sizes)


def test_inbound_mail_of_a_provider_is_a_reply(sara):
    sent = message(sara)
    received = {
        "FromFull": {"Email": "sara@najm.example", "Name": "Sara"},
        "ToFull": [{"Email": "cxhub@ours.example", "Name": ""}],
        "OriginalRecipient": address_of(sent),
        "Subject": "Re: Hello",
        "TextBody": "Thank you!",
        "Headers": [{"Name": "Message-ID", "Value": "<7@najm.example>"}],
    }

    assert post("postmark", received, kind="inbound").status_code == 200
    turn()

    reply = Reply.objects.get()
    assert (reply.message, reply.text, reply.mail_id) == (sent, "Thank you!", "<7@najm.example>")


def test_mail_that_amazon_received_is_a_reply(sara):
    sent = message(sara)
    whole = mail(to=address_of(sent)).as_string()
    told = {
        "notificationType": "Received",
        "mail": {"destination": [address_of(sent)]},
        "content": whole,
        "receipt": {"recipients": [address_of(sent)], "action": {"type": "SNS", "encoding": "UTF8"}},
    }
    wrapped = {"Type": "Notification", "MessageId": "1", "Message": json.dumps(told)}
    names = {"X-Amz-Sns-Message-Type": "Notification", "X-Amz-Sns-Message-Id": "1"}

    post("amazon_ses", wrapped, kind="inbound", headers=BASIC | names, content_type="text/plain")
    turn()

    assert Reply.objects.get().message == sent


def entries(account):
    return [
        (entry.kind, entry.label, entry.detail)
        for entry in timeline.entries([account.pk], Organisation.current(), NOW + timedelta(days=30))
        if entry.kind in {"message", "reply"}
    ]


def test_message_and_reply_stand_in_the_timeline(sara, sign_in, alice, charlie):
    factories.organisation()
    sent = message(sara)
    message(sara, state=Message.State.WAITING, sent_at=None)
    receive(mail(to=address_of(sent)))

    assert entries(sara.account) == [("reply", "Re: Hello", "Thank you!"), ("message", "Sara", "Sent")]
    page = sign_in(alice).get(f"/accounts/{sara.account.pk}/timeline/")
    assert "Message to <bdi>Sara</bdi>" in page.text
    assert "Reply: <bdi>Re: Hello</bdi>" in page.text
    assert sign_in(charlie).get(f"/accounts/{sara.account.pk}/timeline/").status_code == 404


def test_reply_of_a_stranger_is_of_no_account(db):
    Contact.objects.all().delete()

    receive(mail(sender="stranger@example.com"))

    reply = Reply.objects.get()
    assert (reply.contact, reply.account) == (None, None)


# Who is told


def told():
    return list(Notice.objects.exclude(recipient=None).values_list("kind", "recipient__name", "account"))


def test_owner_is_told_of_an_answer_once(sara, alice):
    Account.objects.update(owner=alice)
    sent = message(sara)

    receive(mail(to=address_of(sent)), mail(to=address_of(sent), X_Sent="again"))

    assert told() == [("message.replied", "Alice", sara.account_id)]
    said = Notice.objects.happened().get().payload
    reply = Reply.objects.get()
    assert said == {"reply": reply.pk, "contact": sara.pk, "who": str(sara), "subject": "Re: Hello"}


def test_owner_is_told_of_a_mail_of_somebody_known_that_answers_nothing(sara, alice):
    Account.objects.update(owner=alice)

    receive(mail(sender=sara.email))

    assert told() == [("message.replied", "Alice", sara.account_id)]


def test_owner_is_told_from_which_address_somebody_else_answered(sara, alice):
    Account.objects.update(owner=alice)
    sent = message(sara)

    receive(mail(to=address_of(sent), sender="Sara <mallory@evil.example>"))

    notice = Notice.objects.exclude(recipient=None).get()
    assert says(notice) == "mallory@evil.example, in answer to Sara: Re: Hello"
    assert notice.payload["who"] == "mallory@evil.example"


def test_answer_from_the_address_that_was_written_to_is_of_the_contact(sara, alice):
    Account.objects.update(owner=alice)
    sent = message(sara)
    Contact.objects.update(email="sara@qamar.example")

    receive(mail(to=address_of(sent), sender="SARA@najm.example"))

    assert says(Notice.objects.exclude(recipient=None).get()) == "Sara answered: Re: Hello"


def test_of_absence_notes_and_strangers_nobody_is_told(sara, alice):
    Account.objects.update(owner=alice)
    sent = message(sara)

    receive(
        mail(to=address_of(sent), Auto_Submitted="auto-replied"), mail(sender="x@else.example", number="2")
    )

    assert told() == []
    assert Reply.objects.count() == 2
