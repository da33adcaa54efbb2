"""Mails as programs read them, and how they are handed over to a real server."""

import email
from contextlib import closing
from email import policy
from email.header import decode_header, make_header
from email.utils import parseaddr
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.messages import mails, tokens
from accounts.messages.outcomes import Fate
from accounts.messages.smtp import SmtpLine
from accounts.models import Mailing, Outbox
from cxhub.embedded import free_port
from tests import factories
from tests.accounts.messages.test_smtp import Note
from tests.accounts.messages.writing import message, texts

pytestmark = pytest.mark.django_db
NAMES = [
    "Sara",
    'Sara, CFO; "the" <boss>',
    "سارة أحمد",
    "عبد الله بن محمد آل سعود الطويل الاسم جدا حتى لا يسعه سطر واحد من سطور الرسالة",
    "Zoë (سارة)",
    "=?utf-8?q?Eve?=",
    "x" * 200,
]


def parsed(content):
    return email.message_from_bytes(content, policy=policy.default)


def decoded(header):
    return str(make_header(decode_header(header)))


def mail(**fields):
    return parsed(mails.content(message(**fields)))


def test_mail_has_both_parts_and_what_programs_look_for(settings):
    factories.organisation(name={"en": "Najm", "ar": "نجم"})
    sent = message(language="ar")

    found = parsed(mails.content(sent))

    text, html = found.get_payload()
    page = f"{settings.URL}/m/{tokens.of(sent.pk, tokens.LINK)}/"
    assert found.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in (text, html)] == ["text/plain", "text/html"]
    assert text.get_content().startswith(f"اقرأ الدليل ({page}0/).\r\n")
    assert 'lang="ar" dir="rtl"' in html.get_content()
    assert found["Subject"] == "مرحبا Sara"
    assert (found["From"], found["To"]) == ("نجم <cxhub@localhost>", "Sara <sara@najm.example>")
    assert found["Message-ID"] == f"<{tokens.of(sent.pk, tokens.REPLY)}@localhost>"
    assert found["Date"].datetime == sent.changed_at.replace(microsecond=0)
    assert found["List-Unsubscribe"] == f"<{page}unsubscribe/>"
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert found["Reply-To"] is None
    assert not found.defects
    assert all(not value.defects for value in found.values())


def test_every_line_ends_as_smtp_wants_and_none_is_too_long():
    content = mails.content(message(name=NAMES[3], values={"name": NAMES[3]}))

    lines = content.split(b"\r\n")
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert max(map(len, lines)) <= 200
    assert content.isascii()


@pytest.mark.parametrize("name", NAMES)
def test_names_survive_the_way(name):
    content = mails.content(message(name=name, values={"name": name}))

    found = email.message_from_bytes(content)
    shown, address = parseaddr(found["To"])
    assert (decoded(shown), address) == (name, "sara@najm.example")
    assert decoded(found["Subject"]) == f"Hello {name}"
    assert len(parsed(content)["To"].addresses) == 1


def test_names_and_subjects_add_no_headers():
    hostile = "Eve\r\nBcc: eve@evil.example\r\n\r\n<x>\u2028\x85\x0b\u202e"

    found = mail(
        name=hostile, values={"name": hostile}, texts=texts(subject="Hi\r\nBcc: x@y.example {{ name }}")
    )

    assert "Bcc" not in found
    assert found["To"].addresses[0].display_name == "Eve Bcc: eve@evil.example <x>"
    assert found["Subject"] == "Hi Bcc: x@y.example Eve Bcc: eve@evil.example <x>"
    assert len(found.get_payload()) == 2


def test_answers_go_to_an_address_of_the_message(settings):
    settings.REPLY_TO = "replies@in.example.com"
    sent = message()

    found = parsed(mails.content(sent))

    token = tokens.of(sent.pk, tokens.REPLY)
    assert found["Reply-To"] == f"replies+{token}@in.example.com"


def test_only_what_nobody_sent_by_hand_says_so(alice):
    one = message()
    mailing = Mailing.objects.create(
        name="News", population=factories.population(by=alice), letter=one.letter, made_by=alice
    )

    assert mail()["Auto-Submitted"] == "auto-generated"
    assert mail(mailing=mailing)["Auto-Submitted"] is None


def test_sender_is_the_outboxs_own_with_its_name():
    Outbox.objects.create(medium="email", sender="نجم <care@najm.example>")

    found = mail()

    assert found["From"].addresses[0].display_name == "نجم"
    assert found["From"].addresses[0].addr_spec == "care@najm.example"
    assert found["Message-ID"].endswith("@najm.example>")


def test_who_sends_is_asked_once_a_batch():
    factories.organisation()
    Outbox.of("email")
    batch = uuid4()
    sent = [message(batch=batch) for _ in range(3)]

    with CaptureQueriesContext(connection) as queries:
        for one in sent:
            mails.content(one)

    assert len(queries) == 2


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("Sara@Najm.example", "Sara@Najm.example"),
        (" sara@شركة.example ", "sara@xn--ogbpi5d.example"),
        ("sara@faß.example", "sara@xn--fa-hia.example"),
        ("سارة@najm.example", "سارة@najm.example"),
    ],
)
def test_domains_are_written_in_ascii(address, expected):
    assert mails.on_the_wire(address) == expected


@pytest.mark.parametrize(
    "address",
    [
        "",
        "sara",
        "@najm.example",
        "sara@",
        "sara@b@c",
        "a b@najm.example",
        "sara@najm.example\r\nRCPT TO:<x@y.example>",
        "<sara@najm.example>",
        "sara@na jm.example",
        "sara@" + "ش" * 100 + ".example",
        "s" * 65 + "@najm.example",
    ],
)
def test_what_is_no_address_is_not_handed_over(address):
    with pytest.raises(mails.BadAddress):
        mails.on_the_wire(address)


class Inbox:
    def __init__(self):
        self.envelopes = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.envelopes.append(envelope)
        return "250 2.0.0 queued as 1"


@pytest.fixture
def post(settings):
    """post(message, any_letters=False) is (outcome, envelopes, whether it was said that it leaves)."""

    def handed_over(one, *, any_letters=False):
        inbox, note = Inbox(), Note()
        port = free_port()
        server = Controller(inbox, hostname="127.0.0.1", port=port, enable_SMTPUTF8=any_letters)
        server.start()
        try:
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
            with closing(SmtpLine()) as line:
                line.open()
                outcome = mails.hand_over(line, one, note)
        finally:
            server.stop()
        return outcome, inbox.envelopes, bool(note)

    return handed_over


def test_mail_arrives_as_it_was_made(post):
    sent = message(address="sara@شركة.example")

    outcome, (envelope,), left = post(sent)

    assert (outcome.fate, outcome.answer, left) == (Fate.SENT, "250 2.0.0 queued as 1", True)
    assert (envelope.mail_from, envelope.rcpt_tos) == ("cxhub@localhost", ["sara@xn--ogbpi5d.example"])
    assert envelope.content == mails.content(sent)


@pytest.mark.parametrize(
    ("address", "reason"), [("nobody", "bad_address"), ("سارة@najm.example", "letters_of_address")]
)
def test_address_that_the_server_cannot_take_fails_with_the_reason(post, address, reason):
    outcome, envelopes, left = post(message(address=address))

    assert (outcome.fate, outcome.reason, left) == (Fate.FAILED, reason, False)
    assert outcome.answer
    assert envelopes == []


def test_address_in_other_letters_is_handed_over_where_the_server_takes_it(post):
    outcome, (envelope,), _left = post(message(address="سارة@najm.example"), any_letters=True)

    assert outcome.fate == Fate.SENT
    assert envelope.rcpt_tos == ["سارة@najm.example"]
    assert "\r\nTo: Sara <سارة@najm.example>\r\n" in envelope.content.decode()
