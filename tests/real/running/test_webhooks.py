"""Webhooks out and in, with the processes that the README starts: signed for a receiver; kept while nobody works."""

import json
import urllib.request
from base64 import b64encode
from datetime import UTC, datetime
from uuid import uuid4

from standardwebhooks.webhooks import Webhook

from tests.accounts.webhooks.receiving import receiver
from tests.real.installation import wait_for

MAKE = """
from django.utils import timezone
from accounts.models import Notice
from accounts.webhooks import endpoints

now = timezone.now()
_endpoint, secret = endpoints.make(url={url!r}, by=None, now=now)
Notice.objects.create(kind="health.changed", payload={{"text": "نجم"}}, happened_at=now)
print(secret)
"""
MESSAGE = """
WITH words AS (
  INSERT INTO accounts_letter (medium, texts) VALUES ('email', '{"en": {"subject": "News", "body": "Hello"}}')
  RETURNING id)
INSERT INTO accounts_message (letter_id, medium, purpose, address, name, language, "values", state, reason, answer,
                              tries, provider_id, due_at, sent_at)
SELECT id, 'email', 'service', %s, '', 'en', '{}', 'sent', '', '', 1, %s, now(), now() FROM words"""
STATE = "SELECT state FROM accounts_message WHERE provider_id = %s"
WAITING = "SELECT count(*) FROM accounts_providercall WHERE state = 'waiting'"


def ask(installation, statement, *given):
    with installation.servers._connect("cxhub") as connection:
        return connection.execute(statement, given).fetchone()[0]


def post(installation, path, call):
    head = {
        "Authorization": f"Basic {b64encode(b'provider:secret').decode()}",
        "Content-Type": "application/json",
    }
    asked = urllib.request.Request(
        f"{installation.url}{path}", json.dumps(call).encode(), head, method="POST"
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return answer.status


def test_what_happens_is_delivered_signed(running):
    with receiver() as told:
        secret = running.run("shell", "-v", "0", "-c", MAKE.format(url=told.url)).strip()
        wait_for(lambda: told.got, running.output, patience=30)

    headers, body = told.got[0]
    said = Webhook(secret).verify(body, headers)
    assert (said["type"], said["data"]["content"]) == ("health.changed", {"text": "نجم"})


def test_what_a_provider_says_while_no_worker_works_is_acted_on_later(running):
    provider_id = str(uuid4())
    with running.servers._connect("cxhub") as connection:
        connection.execute(MESSAGE, ["sara@najm.example", provider_id])
    call = {
        "RecordType": "Delivery",
        "MessageID": provider_id,
        "Recipient": "sara@najm.example",
        "DeliveredAt": datetime.now(UTC).isoformat(),
    }

    with running.without_workers():
        assert post(running, "/in/mail/postmark/tracking/", call) == 200
        assert ask(running, WAITING) == 1
        assert ask(running, STATE, provider_id) == "sent"

    wait_for(lambda: ask(running, STATE, provider_id) == "delivered", running.output, patience=30)
    assert ask(running, WAITING) == 0
