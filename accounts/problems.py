"""Errors of the API as problem details (RFC 9457), whatever goes wrong."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import (
    APIException,
    ErrorDetail,
    NotFound,
    PermissionDenied,
    Throttled,
    ValidationError,
)
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler, set_rollback

MEDIA_TYPE = "application/problem+json"

# Of what is refused for its size; a client that sends even more loses its connection.
READ_ON, PART = 64 << 20, 64 << 10

logger = logging.getLogger("django.request")


class Conflict(APIException):
    """What was sent is right in itself; what is there already stands in its way. The detail may be {field: words}."""

    status_code = HTTPStatus.CONFLICT
    default_detail = _("Another change came in between. Read it again, and decide anew.")
    default_code = "conflict"

    def __init__(self, detail: Any = None, code: str | None = None, **members: str) -> None:
        super().__init__(detail, code)
        self.members = members


class Busy(Conflict):
    """Nothing was done, and the same request may be sent again."""

    default_detail = _("Somebody else is writing the same at this moment. Send it again.")
    default_code = "busy"


class Merged(Conflict):
    default_detail = _("This account was merged into another one. Write to that one; merged_into names it.")
    default_code = "merged"

    def __init__(self, survivor: int) -> None:
        super().__init__(merged_into=str(survivor))


class PersonMerged(Merged):
    default_detail = _("This contact was merged into another one. Write to that one; merged_into names it.")


class TooLarge(APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"

    def __init__(self, detail: Any = None) -> None:
        limit = {"megabytes": settings.DATA_UPLOAD_MAX_MEMORY_SIZE >> 20}
        super().__init__(detail or _("A request holds at most %(megabytes)s MB. Send it in parts.") % limit)


class FieldNotYours(PermissionDenied):
    """Such rows may be written, but not this field of them."""

    def __init__(self, field: str, detail: Any) -> None:
        super().__init__(detail)
        self.members = {
            "errors": [{"pointer": pointer(field), "detail": str(detail), "code": "permission_denied"}]
        }


class PreconditionFailed(APIException):
    status_code = HTTPStatus.PRECONDITION_FAILED
    default_detail = _("This has changed since you read it. Read it again, and decide anew.")
    default_code = "precondition_failed"


class OtherRequest(APIException):
    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    default_detail = _("This Idempotency-Key was used for another request. Give each request its own.")
    default_code = "other_request"


def handler(error: Exception, context: dict[str, Any]) -> Response:
    if isinstance(error, RequestDataTooBig):
        error = TooLarge()
    elif isinstance(error, Http404) and str(error).endswith("matches the given query."):
        error = NotFound(_("This does not exist, or not for you."))
    # Whatever the view would have answered in: a problem is JSON.
    request = context["request"]
    request.accepted_renderer, request.accepted_media_type = JSONRenderer(), JSONRenderer.media_type
    response = exception_handler(error, context)
    if response is None:
        return _unexpected(error, context)
    if response.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        read_to_the_end(request)
    problem = problem_of(response.status_code, _code(error, response.status_code))
    if isinstance(error, ValidationError):
        problem["detail"] = _("Some of what was sent is not right; errors says what.")
        problem["errors"] = list(_errors(error.detail))
    elif isinstance(error, Conflict) and isinstance(error.detail, dict):
        problem["detail"] = _("What is there already stands in the way; errors says of what.")
        problem["errors"] = list(_errors(error.detail))
    elif isinstance(error, Throttled):
        problem["detail"] = _("Too many requests. Retry-After says in how many seconds there is room again.")
    else:
        problem["detail"] = str(response.data.get("detail", problem["title"]))
    response.data = problem | getattr(error, "members", {})
    response.content_type = MEDIA_TYPE
    return response


def read_to_the_end(request: Request | HttpRequest) -> None:
    """The server closes a connection with the rest of a body in it, and the client only learns at its next request."""
    with suppress(OSError):
        for _part in range(READ_ON // PART):
            if not request.read(PART):
                break


def _unexpected(error: Exception, context: dict[str, Any]) -> Response:
    """Answers in JSON, and tells everybody who is told of errors elsewhere: the log, Sentry, Prometheus."""
    # Django's own request, as its own error handler would name it.
    request = context["request"]._request  # noqa: SLF001
    set_rollback()
    got_request_exception.send(sender=None, request=request)
    logger.error(
        "Internal Server Error: %s",
        request.path,
        exc_info=error,
        extra={"status_code": 500, "request": request},
    )
    problem = problem_of(HTTPStatus.INTERNAL_SERVER_ERROR, "error")
    problem["detail"] = _("Something went wrong here. It was written down; try again later.")
    return Response(problem, status=HTTPStatus.INTERNAL_SERVER_ERROR, content_type=MEDIA_TYPE)


def problem_of(status: int, code: str) -> dict[str, Any]:
    """No type of its own: the status says it all, and `code` tells programs the rest."""
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": int(status), "code": code}


def _code(error: Exception, status: int) -> str:
    if isinstance(error, ValidationError):
        return "invalid"
    codes = error.get_codes() if isinstance(error, APIException) else None
    return codes if isinstance(codes, str) else HTTPStatus(status).phrase.lower().replace(" ", "_")


def _errors(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """One entry for each thing wrong, with a JSON pointer to the field: of the body, or of the query by its name."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            whole = name == api_settings.NON_FIELD_ERRORS_KEY
            yield from _errors(inner, path if whole else f"{path}/{_escaped(str(name))}")
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            yield from _errors(inner, path if isinstance(inner, ErrorDetail) else f"{path}/{index}")
    else:
        code = getattr(detail, "code", None) or "invalid"
        yield {"detail": str(detail), "pointer": f"#{path}", "code": code}


def pointer(*parts: str | int) -> str:
    """To a place in what was sent."""
    return "#" + "".join(f"/{_escaped(str(part))}" for part in parts)


def _escaped(name: str) -> str:
    """As in RFC 6901."""
    return name.replace("~", "~0").replace("/", "~1")
