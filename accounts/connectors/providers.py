"""The mail providers that Anymail knows: which of them may come in, and its views, which check and read their calls.

No signal is sent: what they read is handed back.
"""

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from anymail.exceptions import AnymailNotSupportedWarning
from anymail.webhooks import (
    amazon_ses,
    base,
    brevo,
    mailersend,
    mailgun,
    mailjet,
    mailtrap,
    mandrill,
    postal,
    postmark,
    resend,
    sendgrid,
    sparkpost,
    unisender_go,
)
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest

from accounts.connectors.reasons import Reason, Rejected
from accounts.models import ProviderCall

# What reading a call again needs of its headers.
HEADERS = ("Content-Type", "Svix-Id", "X-Amz-Sns-Message-Type", "X-Amz-Sns-Message-Id")
Kind = ProviderCall.Kind


class _WithoutAmazon(amazon_ses.AmazonSESBaseWebhookView):
    """Amazon's library is there for confirming subscriptions and fetching mails; here a person confirms them, and
    mails come within the call."""

    def __init__(self, **kwargs: Any) -> None:
        super(amazon_ses.AmazonSESBaseWebhookView, self).__init__(**kwargs)

    def auto_confirm_sns_subscription(self, sns_message: dict[str, Any]) -> None:
        raise Rejected(Reason.CONFIRM, "SubscribeURL", str(sns_message.get("SubscribeURL", "")))


class SesTracking(_WithoutAmazon, amazon_ses.AmazonSESTrackingWebhookView):
    pass


class SesInbound(_WithoutAmazon, amazon_ses.AmazonSESInboundWebhookView):
    pass


@dataclass(frozen=True)
class Provider:
    """`keys`: as what its views take the key by which it signs, of tracking and of mails that came in. Those that are
    `signed` come in with it alone, others also by our own secret."""

    tracking: type[base.AnymailCoreWebhookView]
    inbound: type[base.AnymailCoreWebhookView] | None = None
    keys: tuple[str, str] = ("", "")
    signed: bool = False


# Those whose mails must be fetched from them are not taken mails from.
PROVIDERS = {
    "amazon_ses": Provider(SesTracking, SesInbound),
    "brevo": Provider(brevo.BrevoTrackingWebhookView),
    "mailersend": Provider(
        mailersend.MailerSendTrackingWebhookView,
        mailersend.MailerSendInboundWebhookView,
        ("signing_secret", "inbound_secret"),
        signed=True,
    ),
    "mailgun": Provider(
        mailgun.MailgunTrackingWebhookView,
        mailgun.MailgunInboundWebhookView,
        ("webhook_signing_key", "webhook_signing_key"),
        signed=True,
    ),
    "mailjet": Provider(mailjet.MailjetTrackingWebhookView, mailjet.MailjetInboundWebhookView),
    "mailtrap": Provider(mailtrap.MailtrapTrackingWebhookView, keys=("tracking_secret", "")),
    "mandrill": Provider(
        mandrill.MandrillCombinedWebhookView,
        mandrill.MandrillCombinedWebhookView,
        ("webhook_key", "webhook_key"),
        signed=True,
    ),
    "postal": Provider(
        postal.PostalTrackingWebhookView,
        postal.PostalInboundWebhookView,
        ("webhook_key", "webhook_key"),
        signed=True,
    ),
    "postmark": Provider(postmark.PostmarkTrackingWebhookView, postmark.PostmarkInboundWebhookView),
    "resend": Provider(resend.ResendTrackingWebhookView),
    "sendgrid": Provider(
        sendgrid.SendGridTrackingWebhookView,
        sendgrid.SendGridInboundWebhookView,
        ("tracking_webhook_verification_key", ""),
    ),
    "sparkpost": Provider(sparkpost.SparkPostTrackingWebhookView, sparkpost.SparkPostInboundWebhookView),
    "unisender_go": Provider(unisender_go.UnisenderGoTrackingWebhookView, keys=("api_key", ""), signed=True),
}


def view_of(name: str, kind: str) -> base.AnymailCoreWebhookView | None:
    """None: there is none, or nothing by which it could prove itself was set."""
    provider = PROVIDERS.get(name)
    view = provider and (provider.inbound if kind == Kind.INBOUND else provider.tracking)
    if not provider or not view:
        return None
    key_name = provider.keys[kind == Kind.INBOUND]
    key = settings.MAIL_WEBHOOK_KEYS.get(name, "") if key_name else ""
    if not key and (provider.signed or not settings.MAIL_WEBHOOK_SECRETS):
        return None
    given: dict[str, Any] = {"webhook_secret": settings.MAIL_WEBHOOK_SECRETS} | (
        {key_name: key} if key else {}
    )
    with warnings.catch_warnings():
        # What they no longer test against the real provider.
        warnings.simplefilter("ignore", AnymailNotSupportedWarning)
        return view(**given)


def request_of(call: ProviderCall) -> WSGIRequest:
    """As it came, as far as it is read."""
    body = bytes(call.body)
    named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in call.headers.items()}
    request = WSGIRequest(
        {
            "REQUEST_METHOD": "POST",
            "wsgi.input": BytesIO(body),
            "CONTENT_TYPE": call.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            **named,
        }
    )
    hold(request, body)
    return request


def hold(request: Any, body: bytes) -> None:
    """What was read of a request in our own time, and may be larger than forms are."""
    request._body = body  # noqa: SLF001
