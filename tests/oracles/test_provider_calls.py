"""What providers post, as Anymail's and dj-stripe's own tests show it: each is taken, or rejected with a reason; twice
changes nothing."""

import hashlib
import hmac
import json
from base64 import b64encode
from urllib.parse import urlencode

import pytest

from accounts.connectors.reasons import Reason
from accounts.models import (
    Account,
    Contact,
    IntakeBatch,
    Payment,
    ProviderCall,
    Reply,
    Subscription,
    Suppression,
)
from tests.accounts.connectors.posting import BASIC, SECRET, post, post_stripe, stripe_event, turn

MAILGUN, MANDRILL = "mailgun's key", "mandrill's key"
TABLES = (Account, Contact, IntakeBatch, Payment, ProviderCall, Reply, Subscription, Suppression)


@pytest.fixture(autouse=True)
def _open_doors(settings):
    settings.MAIL_WEBHOOK_SECRETS = [SECRET]
    settings.MAIL_WEBHOOK_KEYS = {"mailgun": MAILGUN, "mandrill": MANDRILL}
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_correct_horse"]


@pytest.fixture(scope="module")
def shown(real):
    return json.loads(real("connectors/email_provider_webhooks.json").read_text())


def send(provider, payload):
    """In the form and with the signature of each."""
    if provider == "amazon_ses":
        whole = "Message" in payload
        wrapped = (
            payload if whole else {"Type": "Notification", "MessageId": "n1", "Message": json.dumps(payload)}
        )
        names = {"X-Amz-Sns-Message-Type": wrapped["Type"], "X-Amz-Sns-Message-Id": wrapped["MessageId"]}
        return post(provider, wrapped, headers=BASIC | names, content_type="text/plain; charset=UTF-8")
    if provider == "mailgun":
        return post_form(provider, signed_by_mailgun(payload), BASIC)
    if provider == "mandrill":
        form = {"mandrill_events": json.dumps(payload)}
        signed = f"http://{SECRET}@testserver/in/mail/mandrill/tracking/mandrill_events"
        signature = hmac.new(MANDRILL.encode(), (signed + form["mandrill_events"]).encode(), hashlib.sha1)
        names = {"X-Mandrill-Signature": b64encode(signature.digest()).decode()}
        return post_form(provider, form, BASIC | names)
    return post(provider, payload)


def signed_by_mailgun(payload):
    given = {"timestamp": "1461261330", "token": "token"} | payload
    said = f"{given['timestamp']}{given['token']}".encode()
    return given | {"signature": hmac.new(MAILGUN.encode(), said, hashlib.sha256).hexdigest()}


def post_form(provider, form, headers):
    body = urlencode(form, doseq=True).encode()
    return post(provider, None, raw=body, headers=headers, content_type="application/x-www-form-urlencoded")


def counts():
    return {table.__name__: table.objects.count() for table in TABLES}


def outcomes():
    rows = ProviderCall.objects.order_by("pk").values_list(
        "provider", "state", "reason", "field", "detail", "read"
    )
    return list(rows)


def test_every_call_of_a_mail_provider_is_taken_or_rejected_with_a_reason(shown):
    for provider, examples in shown.items():
        for example in examples:
            assert send(provider, example["payload"]).status_code == 200, example["test"]
    turn()

    wrong = [
        row
        for row in outcomes()
        if row[1] == "waiting" or (row[1] == "rejected" and row[2] not in set(Reason))
    ]
    assert wrong == []
    assert {reason for _provider, state, reason, *_more in outcomes() if state == "rejected"} == {
        Reason.NOT_UNDERSTOOD,
        Reason.NOBODY_KNOWN,
        Reason.MALFORMED,
    }
    assert ProviderCall.objects.filter(state="taken", read__gt=0).count() > 50


def test_every_call_of_a_mail_provider_twice_changes_nothing(shown):
    for _time in range(2):
        for provider, examples in shown.items():
            for example in examples:
                send(provider, example["payload"])
        turn()
        counted = counts()
        ProviderCall.objects.all().delete()
        IntakeBatch.objects.all().delete()

    assert counted["Suppression"] == Suppression.objects.count() > 5


def stripe_events(real):
    kinds = {
        "customer": "customer.updated",
        "subscription": "customer.subscription.updated",
        "invoice": "invoice.paid",
        "charge": "charge.refunded",
    }
    for path in sorted(real("connectors/stripe").glob("*.json")):
        said = json.loads(path.read_text())
        yield stripe_event(kinds[said["object"]], said, "2026-11-20 11:00")


def test_every_object_of_stripe_is_taken_and_twice_changes_nothing(real):
    events = list(stripe_events(real))
    for event in events:
        assert post_stripe(event).status_code == 200
    turn()
    first = counts()

    for event in events:
        post_stripe(event | {"id": f"{event['id']}_again"})
    turn()

    assert [row for row in outcomes() if row[1] != "taken"] == []
    again = counts()
    assert again | {"ProviderCall": 0} == first | {"ProviderCall": 0}
    assert {name: first[name] for name in ("Account", "Payment", "Subscription")} == {
        "Account": 4,
        "Payment": 2,
        "Subscription": 5,
    }
