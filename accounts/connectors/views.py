"""The doors for what other systems post: a secret or a signature opens them, and there is neither session nor cookie.

What is let in is kept before it is answered. What is not is counted in the log, and nothing of it is kept.
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

import stripe
from anymail.exceptions import AnymailError
from anymail.utils import get_request_basic_auth
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import SuspiciousOperation
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.multipartparser import MultiPartParserError
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt

from accounts.connectors import providers, queue, twilio
from accounts.models import ProviderCall
from accounts.problems import read_to_the_end

logger = logging.getLogger(__name__)
# Providers send some hundred events at once, of a few KB each.
LARGEST_CALL = 5 << 20
PART = 256 << 10
FORM = "application/x-www-form-urlencoded"
FORMS = frozenset({FORM, "multipart/form-data"})
# As which Amazon sends its JSON.
TEXT = "text/plain"
OF_PROVIDERS = FORMS | {"application/json", TEXT}
MAIL = frozenset({"message/rfc822", "application/octet-stream", TEXT})
MIME = "mime"

View = Callable[..., HttpResponse]


class Refused(Exception):
    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def door(view: View) -> View:
    @wraps(view)
    def answered(request: HttpRequest, **arguments: Any) -> HttpResponse:
        # Some ask so whether there is anybody.
        if request.method == "HEAD":
            return HttpResponse()
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST", "HEAD"])
        try:
            return view(request, **arguments)
        except Refused as refused:
            provider = arguments.get("provider", view.__name__)
            logger.warning("Refused a call of %s with %s: %s", provider, refused.status, refused)
            return _refusal(refused)

    return csrf_exempt(login_not_required(transaction.non_atomic_requests(answered)))


@door
def take(request: HttpRequest, provider: str, kind: str) -> HttpResponse:
    view = providers.view_of(provider, kind)
    if view is None:
        raise Refused(404, "closed")
    is_mail = kind == ProviderCall.Kind.INBOUND
    body = _read(request, OF_PROVIDERS, settings.INCOMING_MAIL_LIMIT * 2 if is_mail else LARGEST_CALL)
    providers.hold(request, body)
    try:
        view.run_validators(request)
    except AnymailError as error:
        # Not its words: they may hold what it was shown.
        unproven = settings.MAIL_WEBHOOK_SECRETS and not request.headers.get("Authorization")
        raise Refused(401 if unproven else 403, type(error).__name__) from error
    except (MultiPartParserError, SuspiciousOperation, ValueError, TypeError, KeyError) as error:
        raise Refused(400, type(error).__name__) from error
    return _keep(provider, kind, request, body)


@door
def take_mail(request: HttpRequest) -> HttpResponse:
    """A mail as it came, from whatever receives mails for us."""
    _demand_secret(request, settings.MAIL_WEBHOOK_SECRETS)
    body = _read(request, MAIL, settings.INCOMING_MAIL_LIMIT)
    return _keep(MIME, ProviderCall.Kind.INBOUND, request, body)


@door
def take_stripe(request: HttpRequest) -> HttpResponse:
    if not settings.STRIPE_WEBHOOK_SECRETS:
        raise Refused(404, "closed")
    body = _read(request, OF_PROVIDERS - FORMS, LARGEST_CALL)
    header = request.headers.get("Stripe-Signature")
    if not any(_is_signed(body, header, secret) for secret in settings.STRIPE_WEBHOOK_SECRETS):
        raise Refused(400, "wrong signature")
    return _keep("stripe", ProviderCall.Kind.STRIPE, request, body)


@door
def take_sms(request: HttpRequest) -> HttpResponse:
    """What any provider, or whatever speaks for it, says of SMS."""
    _demand_secret(request, settings.SMS_WEBHOOK_SECRETS)
    body = _read(request, frozenset({"application/json"}), LARGEST_CALL)
    return _keep("http", ProviderCall.Kind.SMS, request, body)


@door
def take_twilio(request: HttpRequest) -> HttpResponse:
    if not settings.TWILIO_TOKEN:
        raise Refused(404, "closed")
    body = _read(request, frozenset({FORM}), LARGEST_CALL)
    header = request.headers.get("X-Twilio-Signature", "")
    if not twilio.is_signed(f"{settings.URL}{request.get_full_path()}", body, header, settings.TWILIO_TOKEN):
        raise Refused(403, "wrong signature")
    _keep("twilio", ProviderCall.Kind.SMS, request, twilio.with_query(body, request.META["QUERY_STRING"]))
    # It sends what it is answered to whoever wrote.
    return HttpResponse("<Response/>", content_type="text/xml")


def _demand_secret(request: HttpRequest, secrets: list[str]) -> None:
    if not secrets:
        raise Refused(404, "closed")
    shown = get_request_basic_auth(request)
    if not any(constant_time_compare(shown or "", secret) for secret in secrets):
        raise Refused(403 if shown else 401, "no such secret")


def _is_signed(body: bytes, header: str | None, secret: str) -> bool:
    try:
        return bool(
            stripe.WebhookSignature.verify_header(body, header, secret, stripe.Webhook.DEFAULT_TOLERANCE)
        )
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False


def _read(request: HttpRequest, types: frozenset[str], most: int) -> bytes:
    if (request.content_type or "").lower() not in types:
        raise Refused(415, "another kind of content")
    if _length(request) > most:
        read_to_the_end(request)
        raise Refused(413, "too large")
    body = bytearray()
    while len(body) <= most and (part := request.read(PART)):
        body += part
    if len(body) > most:
        read_to_the_end(request)
        raise Refused(413, "too large")
    return bytes(body)


def _length(request: HttpRequest) -> int:
    """As it says; what comes in parts says nothing."""
    said = request.headers.get("Content-Length") or "0"
    return int(said) if said.isdecimal() else 0


def _keep(provider: str, kind: str, request: HttpRequest, body: bytes) -> HttpResponse:
    headers = {name: said for name in providers.HEADERS if (said := request.headers.get(name))}
    queue.keep(provider, kind, headers, body, now=timezone.now())
    return HttpResponse("", content_type=TEXT)


def _refusal(refused: Refused) -> HttpResponse:
    answer = HttpResponse("", status=refused.status, content_type=TEXT)
    if refused.status == 401:
        answer["WWW-Authenticate"] = 'Basic realm="cxhub"'
    return answer
