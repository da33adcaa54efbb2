"""Requests that may be sent again without being done again: `Idempotency-Key`.

The key is claimed in the transaction in which the request is done and its answer kept. So there is never one without
the other, whoever is killed when; a second request with the key waits for the first to end.
"""

import json
from collections.abc import Callable
from datetime import datetime
from functools import partial, wraps
from hashlib import sha256
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection, transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.errors import LockNotAvailable
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import KeptAnswer
from accounts.problems import Busy, OtherRequest

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LONGEST_KEY = 255
PATIENCE = "10s"
KEPT_HEADERS = ("ETag", "Location")

Handler = Callable[..., Response]


def once_per_key(handler: Handler) -> Handler:
    """For a method of an API view that writes. Answers of 500 and above, and `Busy`, are not kept: they did nothing."""
    return _once_per_key(handler, secrets=frozenset())


def once_per_key_without(*secrets: str) -> Callable[[Handler], Handler]:
    """The same for answers that say these once: sent again, the request is answered with null in their places."""
    return partial(_once_per_key, secrets=frozenset(secrets))


def _once_per_key(handler: Handler, secrets: frozenset[str]) -> Handler:
    @wraps(handler)
    def answered(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return handler(view, request, *args, **kwargs)
        _check(key)
        with transaction.atomic():
            kept, is_new = _claim(request, key, timezone.now())
            if not is_new:
                return _replayed(kept)
            try:
                response = handler(view, request, *args, **kwargs)
            except (APIException, Http404, PermissionDenied) as error:
                response = view.handle_exception(error)
                if isinstance(error, Busy):
                    transaction.set_rollback(True)
            if response.status_code >= 500:
                transaction.set_rollback(True)
            elif not connection.needs_rollback:
                _keep(kept, response, secrets)
            return response

    return answered


def _check(key: str) -> None:
    if not key.isascii() or not key.isprintable() or not 0 < len(key.strip()) <= len(key) <= LONGEST_KEY:
        message = _("A key has 1 to %(most)s printable ASCII characters.") % {"most": LONGEST_KEY}
        raise ValidationError({HEADER: [message]})


def _claim(request: Request, key: str, now: datetime) -> tuple[KeptAnswer, bool]:
    """The row of this key, and whether it is ours. Waits for whoever is at it."""
    fingerprint = fingerprint_of(request)
    KeptAnswer.objects.filter(user=request.user.pk, key=key, at__lt=now - KeptAnswer.LIFETIME).delete()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
            cursor.execute(
                "INSERT INTO accounts_keptanswer (user_id, key, fingerprint, status, headers, body, at)"
                " VALUES (%s, %s, %s, 0, '{}', '', %s) ON CONFLICT (user_id, key) DO NOTHING",
                [request.user.pk, key, fingerprint, now],
            )
            is_new = bool(cursor.rowcount)
            cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise Busy from error
        raise
    kept = KeptAnswer.objects.filter(user=request.user.pk, key=key).first()
    if kept is None:
        # It was swept away between both statements.
        raise Busy
    if kept.fingerprint != fingerprint:
        raise OtherRequest
    return kept, is_new


def fingerprint_of(request: Request) -> str:
    if request.content_type.startswith("multipart/"):
        return _fingerprint_of_form(request)
    head = f"{request.method} {request.get_full_path()} {request.content_type}\n"
    return sha256(head.encode() + request.body).hexdigest()


def _fingerprint_of_form(request: Request) -> str:
    """Of what stands in it: between its parts is something else each time, and a file need not fit into memory."""
    said = [f"{request.method} {request.get_full_path()}", sorted(request.POST.lists())]
    for name, file in sorted(request.FILES.items()):
        digest = sha256()
        for chunk in file.chunks():
            digest.update(chunk)
        file.seek(0)
        said.append([name, file.name, digest.hexdigest()])
    return sha256(json.dumps(said).encode()).hexdigest()


def _keep(kept: KeptAnswer, response: Response, secrets: frozenset[str]) -> None:
    kept.status = response.status_code
    kept.headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    if response.content_type:
        kept.headers["Content-Type"] = response.content_type
    shown = response.data
    if secrets and shown:
        shown = {**shown, **dict.fromkeys(secrets & shown.keys())}
    kept.body = JSONRenderer().render(shown).decode()
    kept.save(update_fields=["status", "headers", "body"])


def _replayed(kept: KeptAnswer) -> Response:
    headers = dict(kept.headers)
    content_type = headers.pop("Content-Type", None)
    data = json.loads(kept.body) if kept.body else None
    return Response(
        data, status=kept.status, headers={**headers, REPLAYED: "true"}, content_type=content_type
    )


def forget(now: datetime) -> int:
    """Sweeps away what nobody will ask for again."""
    return KeptAnswer.objects.filter(at__lt=now - KeptAnswer.LIFETIME).delete()[0]
