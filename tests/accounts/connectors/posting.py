"""How providers post: signed, with the secret, in the form that each has."""

import hmac
import json
import time
from base64 import b64encode
from datetime import timedelta
from hashlib import md5
from urllib.parse import urlencode

import stripe
from django.test import Client

from accounts.connectors import queue
from accounts.connectors.acts import ACTS
from accounts.models import Letter, Message, ProviderCall
from tests.factories import at

SECRET, STRIPE_SECRET = "cxhub:correct horse", "whsec_correct_horse"
TWILIO_TOKEN = "token of Twilio"
NOW = at("2026-11-20 12:00")
BASIC = {"Authorization": f"Basic {b64encode(SECRET.encode()).decode()}"}


def post(provider, payload, *, kind="tracking", headers=None, content_type="application/json", raw=None):
    body = raw if raw is not None else json.dumps(payload).encode()
    headers = BASIC if headers is None else headers
    return Client().post(f"/in/mail/{provider}/{kind}/", body, content_type=content_type, headers=headers)


def post_mail(content, *, headers=None, content_type="message/rfc822"):
    headers = BASIC if headers is None else headers
    return Client().post("/in/mail/", content, content_type=content_type, headers=headers)


def post_sms(payload, *, headers=None, raw=None, content_type="application/json"):
    body = raw if raw is not None else json.dumps(payload).encode()
    headers = BASIC if headers is None else headers
    return Client().post("/in/sms/", body, content_type=content_type, headers=headers)


def post_twilio(fields, *, query="", token=TWILIO_TOKEN, signature=None):
    """Signed as Twilio's own libraries do."""
    path = f"/in/sms/twilio/{query}"
    signed = f"http://localhost:8000{path}" + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    made = b64encode(hmac.digest(token.encode(), signed.encode(), "sha1")).decode()
    headers = {"X-Twilio-Signature": made if signature is None else signature}
    form = "application/x-www-form-urlencoded"
    return Client().post(path, urlencode(fields), content_type=form, headers=headers)


def stripe_event(kind, said, created, **more):
    return {
        "id": f"evt_{md5(f'{kind}{said}{created}'.encode()).hexdigest()}",
        "object": "event",
        "type": kind,
        "created": int(at(created).timestamp()),
        "data": {"object": said},
        **more,
    }


def post_stripe(event, *, secret=STRIPE_SECRET, signed_at=None):
    body = event if isinstance(event, str) else json.dumps(event)
    signed = stripe.WebhookSignature.generate_signature_header(body, secret, signed_at or int(time.time()))
    return Client().post(
        "/in/stripe/", body, content_type="application/json", headers={"Stripe-Signature": signed}
    )


def turn(now=NOW, acts=ACTS):
    return queue.turn(acts, now + timedelta(seconds=50), clock=lambda: now)


def rejected():
    return list(ProviderCall.objects.rejected().order_by("pk").values_list("reason", "field"))


def states():
    return list(ProviderCall.objects.order_by("pk").values_list("state", "reason"))


def message(contact=None, **fields):
    given = {
        "letter": Letter.objects.create(texts={"en": {"subject": "Hello", "body": "Hello"}}),
        "contact": contact,
        "account": contact and contact.account,
        "address": contact.email if contact else "somebody@example.com",
        "language": "en",
        "state": Message.State.SENT,
        "due_at": NOW,
        "sent_at": NOW,
    }
    return Message.objects.create(**given | fields)
