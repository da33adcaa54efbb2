"""Mails where no SMTP server is: on the terminal of whoever tries cxhub, or in a folder."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest

from accounts.messages import sending
from accounts.models import Message
from tests.accounts.messages.writing import contact, message, texts

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
WAITING = {"state": Message.State.WAITING, "sent_at": None, "due_at": NOW}


def turn():
    return sending.turn(NOW + timedelta(minutes=1), lambda: NOW)


def test_mail_is_printed_on_the_terminal(settings, capsys):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    sent = message(contact=contact(), language="ar", **WAITING)

    assert turn() == 1

    printed = capsys.readouterr().out
    assert "To: Sara <sara@najm.example>" in printed
    assert "List-Unsubscribe: <http" in printed
    assert "اقرأ" in printed
    sent.refresh_from_db()
    assert sent.state == Message.State.SENT


def test_mail_is_put_into_a_folder_as_it_would_be_sent(settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH, settings.REPLY_TO = str(tmp_path), "answers@us.example"
    message(texts=texts(subject="أهلا {{ name }}"), **WAITING)
    message(address="bob@najm.example", **WAITING)

    assert turn() == 2

    (written,) = tmp_path.iterdir()
    first = written.read_bytes().split(b"-" * 79)[0]
    mail = message_from_bytes(first, policy=policy.default)
    assert str(mail["Subject"]) == "أهلا Sara"
    assert str(mail["Reply-To"]).startswith("answers+")
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_address_that_is_none_fails(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    wrong = message(address="nobody", **WAITING)

    assert turn() == 0

    wrong.refresh_from_db()
    assert (wrong.state, wrong.reason) == (Message.State.FAILED, "bad_address")
