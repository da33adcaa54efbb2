"""Bodies that come in chunks, without a length: Django reads as many bytes as the length says, and so none of them.

A server loads this before the applications are there: what needs them is imported where it is used.
"""

import json
from collections.abc import Iterable
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.utils import translation
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

IN_MEMORY = 1 << 20


class Measured:
    """Gives the application a length with each body, where the server tells when a body in chunks is over."""

    def __init__(self, application: "WSGIApplication") -> None:
        self.application = application

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if not _lacks_length(environ):
            return self.application(environ, start_response)
        # What is read of a request is read before its answer begins.
        with SpooledTemporaryFile(IN_MEMORY) as body:
            length = _copied(environ["wsgi.input"], body, most=_largest())
            if length is None:
                return _too_large(environ, start_response)
            body.seek(0)
            measured = {"wsgi.input": body, "CONTENT_LENGTH": str(length)}
            return self.application(environ | measured, start_response)


def _lacks_length(environ: "WSGIEnvironment") -> bool:
    is_chunked = environ.get("HTTP_TRANSFER_ENCODING", "").strip().lower() == "chunked"
    return is_chunked and not environ.get("CONTENT_LENGTH") and bool(environ.get("wsgi.input_terminated"))


def _largest() -> int:
    """That any address takes; each looks at its own limit then."""
    return max(settings.UPLOAD_LIMIT, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def _copied(source: Any, target: IO[bytes], *, most: int) -> int | None:
    """How many bytes; None where there are more. Then some more are read, so that the sender hears the answer."""
    from accounts.problems import PART, READ_ON

    length = 0
    while part := source.read(PART):
        length += len(part)
        if length > most + READ_ON:
            return None
        if length <= most:
            target.write(part)
    return length if length <= most else None


def _too_large(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    from accounts.problems import MEDIA_TYPE, problem_of

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    problem = problem_of(status, "too_large")
    with translation.override(translation.get_language_from_request(WSGIRequest(environ))):
        detail = _("A request holds at most %(megabytes)s MB. Send it in parts.")
    problem["detail"] = detail % {"megabytes": _largest() >> 20}
    start_response(f"{status} {status.phrase}", [("Content-Type", MEDIA_TYPE)])
    return [json.dumps(problem).encode()]
