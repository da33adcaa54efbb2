"""Who is let in, and that what is let in is kept before it is answered."""

import hashlib
import hmac
import logging
import time
from base64 import b64encode

import pytest
from django.test import Client

from accounts.models import ProviderCall
from tests.accounts.connectors.posting import (
    BASIC,
    SECRET,
    STRIPE_SECRET,
    post,
    post_mail,
    post_sms,
    post_stripe,
    post_twilio,
    stripe_event,
)

pytestmark = pytest.mark.django_db

DELIVERY = {"RecordType": "Delivery", "MessageID": "m1", "Recipient": "sara@najm.example"}
MAIL = b"From: sara@najm.example\r\nSubject: Hello\r\n\r\nHello\r\n"
WRONG = {"Authorization": f"Basic {b64encode(b'cxhub:wrong').decode()}"}


def kept():
    return list(ProviderCall.objects.order_by("pk").values_list("provider", "kind", "state"))


def test_call_is_kept_as_it_came():
    answer = post("postmark", DELIVERY)

    call = ProviderCall.objects.get()
    assert answer.status_code == 200
    assert kept() == [("postmark", "tracking", "waiting")]
    assert (bytes(call.body), call.size) == (
        b'{"RecordType": "Delivery", "MessageID": "m1", "Recipient": "sara@najm.example"}',
        79,
    )
    assert call.headers == {"Content-Type": "application/json"}


def test_same_call_again_is_kept_once():
    assert [post("postmark", DELIVERY).status_code for _time in range(3)] == [200] * 3

    assert len(kept()) == 1


@pytest.mark.parametrize(("headers", "status"), [({}, 401), (WRONG, 403)])
def test_call_without_the_secret_is_refused_and_counted_in_the_log(headers, status, caplog):
    with caplog.at_level(logging.WARNING, "accounts.connectors.views"):
        answers = [post("postmark", DELIVERY, headers=headers), post_mail(MAIL, headers=headers)]

    assert [answer.status_code for answer in answers] == [status, status]
    assert kept() == []
    assert [record.name for record in caplog.records].count("accounts.connectors.views") == 2
    assert SECRET not in caplog.text


def test_whoever_must_show_the_secret_is_asked_for_it():
    assert post("postmark", DELIVERY, headers={})["WWW-Authenticate"] == 'Basic realm="cxhub"'


def test_doors_without_a_secret_are_closed(settings):
    settings.MAIL_WEBHOOK_SECRETS, settings.MAIL_WEBHOOK_KEYS, settings.STRIPE_WEBHOOK_SECRETS = [], {}, []

    answers = [
        post("postmark", DELIVERY),
        post("mailgun", DELIVERY),
        post("sendgrid", []),
        post_mail(MAIL),
        post_stripe(stripe_event("customer.created", {"id": "cus_1"}, "2026-11-20 11:00")),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert kept() == []


@pytest.mark.parametrize(
    ("provider", "kind"),
    [("nobody", "tracking"), ("resend", "inbound"), ("brevo", "inbound"), ("mailersend", "tracking")],
)
def test_provider_that_is_not_known_or_has_no_key_has_no_door(provider, kind):
    assert post(provider, {}, kind=kind).status_code == 404


def test_signing_provider_is_refused_with_the_secret_alone():
    signature = {"timestamp": "1", "token": "t", "signature": "0" * 64}

    answer = post("mailgun", {"signature": signature, "event-data": {}})

    assert (answer.status_code, kept()) == (403, [])


def test_signing_provider_is_let_in_with_both():
    signed = hmac.new(b"mailgun's key", b"1token", hashlib.sha256).hexdigest()
    signature = {"timestamp": "1", "token": "token", "signature": signed}

    assert post("mailgun", {"signature": signature, "event-data": {}}).status_code == 200
    assert len(kept()) == 1


@pytest.mark.parametrize("content_type", ["text/html", "image/png", ""])
def test_other_content_is_refused(content_type):
    assert post("postmark", DELIVERY, content_type=content_type).status_code == 415
    assert post_mail(MAIL, content_type="multipart/form-data; boundary=x").status_code == 415
    assert kept() == []


def test_what_is_too_large_is_refused(settings):
    settings.INCOMING_MAIL_LIMIT = 1000

    assert post_mail(b"x" * 1001).status_code == 413
    assert post("postmark", {"a": "x" * (5 << 20)}).status_code == 413
    assert post_mail(b"x" * 1000).status_code == 200


def test_mail_is_kept_whole():
    assert post_mail(MAIL).status_code == 200

    assert bytes(ProviderCall.objects.get().body) == MAIL


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_other_methods_are_refused(method):
    assert getattr(Client(), method)("/in/mail/", headers=BASIC).status_code == 405


def test_providers_may_ask_whether_there_is_anybody():
    assert Client().head("/in/mail/mandrill/tracking/").status_code == 200


def test_stripe_is_let_in_by_its_signature():
    event = stripe_event("customer.created", {"id": "cus_1"}, "2026-11-20 11:00")

    assert post_stripe(event).status_code == 200
    assert kept() == [("stripe", "stripe", "waiting")]


def test_stripe_may_be_signed_with_either_of_two_secrets(settings):
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", STRIPE_SECRET]

    assert (
        post_stripe(stripe_event("customer.created", {"id": "cus_1"}, "2026-11-20 11:00")).status_code == 200
    )


def test_stripe_is_refused_with_a_wrong_or_an_old_signature():
    event = stripe_event("customer.created", {"id": "cus_1"}, "2026-11-20 11:00")

    answers = [
        post_stripe(event, secret="whsec_wrong"),
        post_stripe(event, signed_at=int(time.time()) - 3600),
        Client().post("/in/stripe/", b"{}", content_type="application/json"),
        Client().post(
            "/in/stripe/", b"\xff", content_type="application/json", headers={"Stripe-Signature": "t=1"}
        ),
    ]

    assert [answer.status_code for answer in answers] == [400] * 4
    assert kept() == []


# SMS

REPORT = {"MessageSid": "SM1", "MessageStatus": "delivered"}


def test_sms_come_in_with_the_secret_alone(settings):
    assert post_sms({"id": "1"}).status_code == 200
    assert post_sms({"id": "2"}, headers=WRONG).status_code == 403
    assert post_sms({"id": "2"}, headers={}).status_code == 401
    assert post_sms({"id": "2"}, content_type="text/plain").status_code == 415
    assert kept() == [("http", "sms", "waiting")]

    settings.SMS_WEBHOOK_SECRETS = []
    assert post_sms({"id": "2"}).status_code == 404


def test_twilio_comes_in_with_its_signature_alone(settings):
    answer = post_twilio(REPORT, query="?id=ours")
    assert (answer.status_code, answer.content) == (200, b"<Response/>")
    assert bytes(ProviderCall.objects.get().body) == b"MessageSid=SM1&MessageStatus=delivered&id=ours"

    assert post_twilio(REPORT, token="another").status_code == 403
    assert post_twilio(REPORT, signature="").status_code == 403
    assert kept() == [("twilio", "sms", "waiting")]

    settings.TWILIO_TOKEN = ""
    assert post_twilio(REPORT).status_code == 404
