"""The door for events: the HTTP API of Segment. A write key opens it, and there is neither session nor cookie."""

import binascii
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from accounts.intake import keys, service
from accounts.intake.bodies import (
    BATCH,
    LARGEST_BATCH,
    LARGEST_CALL,
    Sending,
    key_in,
    loaded,
    sending,
    unpacked,
)
from accounts.intake.reasons import Reason, Rejected
from accounts.models import WriteKey
from accounts.problems import read_to_the_end

STATUSES = {Reason.TOO_LARGE: 413, Reason.TOO_MANY: 413, Reason.UNKNOWN_ENCODING: 415}
# For so many seconds a browser need not ask again whether a page may send.
REMEMBERED_BY_BROWSERS = "600"

View = Callable[..., HttpResponse]


def public(*methods: str) -> Callable[[View], View]:
    """For whoever has a key, also from pages of other hosts."""

    def decorated(view: View) -> View:
        @wraps(view)
        def answered(request: HttpRequest, **arguments: Any) -> HttpResponse:
            if request.method == "OPTIONS":
                return _preflight(request, methods)
            if request.method not in methods:
                return HttpResponseNotAllowed([*methods, "OPTIONS"])
            return view(request, **arguments)

        return csrf_exempt(login_not_required(transaction.non_atomic_requests(answered)))

    return decorated


@public("POST")
def take(request: HttpRequest, kind: str) -> HttpResponse:
    now = timezone.now()
    came = _read(request, kind)
    key = keys.ever(_key_shown(request, came))
    if key is None or key.revoked_at:
        # Of a key that nobody ever made nothing is kept: anybody could fill the table.
        if key:
            _count(key, Reason.REVOKED, now)
        return _refusal(401, "unknown_key", _("There is no such write key, or it was revoked. Check it."))
    if not _may_come_from(key, request):
        _count(key, Reason.ORIGIN, now)
        return _refusal(403, Reason.ORIGIN, Reason.ORIGIN.sentence)
    keys.note_use(key, now)
    sender = service.sender_of(key)
    try:
        taken = service.take(sender, came.sending(kind), now=now)
    except Rejected as refused:
        service.refuse(sender, refused, came.content, now=now)
        answer = _refusal(STATUSES.get(refused.reason, 400), refused.reason, refused.reason.sentence)
    else:
        answer = JsonResponse(_taken(taken, _wants_reasons(request, key)))
    return _with_cors(answer, request, key)


@csrf_exempt
@login_not_required
def nothing_here(request: HttpRequest) -> HttpResponse:
    return _refusal(404, "not_found", _("There is nothing at this address. Send calls to /v1/batch."))


@public("GET", "HEAD")
def show_settings(request: HttpRequest, key: str) -> HttpResponse:
    """What analytics.js asks before it begins: that events go here, and nowhere else."""
    found = keys.find(key)
    if found is None or not found.is_public:
        return _refusal(
            404, "unknown_key", _("There is no such key of a browser, or it was revoked. Check it.")
        )
    own: dict[str, Any] = {
        "apiKey": key,
        "apiHost": f"{request.get_host()}/v1",
        "protocol": request.scheme,
        "unbundledIntegrations": [],
    }
    answer = JsonResponse(
        {
            "integrations": {"Segment.io": own},
            "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}},
            "metrics": {"sampleRate": 0},
            "remotePlugins": [],
            "middlewareSettings": {},
            "enabledMiddleware": {},
            "legacyVideoPluginsEnabled": False,
        }
    )
    return _with_cors(answer, request, found)


@dataclass
class Came:
    """What a request brought, before anybody knows who sent it: the key may stand in what cannot be taken. `content` is
    unpacked where it could be."""

    content: bytes
    body: Any = None
    refused: Rejected | None = None

    def sending(self, kind: str) -> Sending:
        if self.refused:
            raise self.refused
        return sending(self.body, kind)


def _read(request: HttpRequest, kind: str) -> Came:
    came = Came(request.read(LARGEST_BATCH + 1))
    try:
        if len(came.content) > LARGEST_BATCH:
            read_to_the_end(request)
            raise Rejected(Reason.TOO_LARGE)
        encoding = request.headers.get("Content-Encoding", "").strip().lower()
        most = LARGEST_BATCH if kind == BATCH else LARGEST_CALL
        came.content = unpacked(came.content, encoding, most)
        came.body = loaded(came.content)
    except Rejected as refused:
        came.refused = refused
    return came


def _key_shown(request: HttpRequest, came: Came) -> str:
    """As the name of HTTP's basic authentication; browsers may put it into the body."""
    scheme, _space, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return key_in(came.body)
    try:
        return b64decode(credentials, validate=True).decode().partition(":")[0]
    except (binascii.Error, ValueError):
        return ""


def _count(key: WriteKey, reason: Reason, now: datetime) -> None:
    """Without what was sent: whoever may not send has nothing kept here."""
    service.refuse(service.sender_of(key), Rejected(reason), b"", now=now)


def _may_come_from(key: WriteKey, request: HttpRequest) -> bool:
    """Apps and servers name no origin."""
    origin = request.headers.get("Origin")
    return origin is None or not key.is_public or keys.takes(key, origin)


def _wants_reasons(request: HttpRequest, key: WriteKey) -> bool:
    return key.kind == WriteKey.Kind.SANDBOX or "verbose=1" in request.META.get("QUERY_STRING", "").split("&")


def _taken(taken: service.Taken, with_reasons: bool) -> dict[str, Any]:
    answer: dict[str, Any] = {"success": True, "accepted": taken.accepted, "rejected": len(taken.refused)}
    if with_reasons:
        answer["reasons"] = [
            {
                "index": refused.position,
                "reason": refused.reason,
                "field": refused.field,
                "detail": refused.reason.sentence,
            }
            for refused in taken.refused
        ]
    return answer


def _refusal(status: int, code: str, message: str) -> JsonResponse:
    """In the manner of the API that the libraries know. A 401 does not ask for a password: visitors have none."""
    return JsonResponse({"success": False, "code": code, "message": message}, status=status)


def _with_cors(response: HttpResponse, request: HttpRequest, key: WriteKey) -> HttpResponse:
    origin = request.headers.get("Origin")
    if key.is_public:
        patch_vary_headers(response, ["Origin"])
    if origin and keys.takes(key, origin):
        response["Access-Control-Allow-Origin"] = origin
    return response


def _preflight(request: HttpRequest, methods: tuple[str, ...]) -> HttpResponse:
    origin = request.headers.get("Origin")
    response = HttpResponse(status=204, headers={"Allow": ", ".join([*methods, "OPTIONS"])})
    patch_vary_headers(response, ["Origin"])
    if origin and keys.any_takes(origin):
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Allow-Methods"] = ", ".join(methods)
        response["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Content-Encoding"
        response["Access-Control-Max-Age"] = REMEMBERED_BY_BROWSERS
    return response
