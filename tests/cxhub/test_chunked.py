"""Bodies without a length, as a server hands them on that decodes chunks."""

import json
from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIRequest

from accounts.problems import PART, READ_ON
from cxhub import chunked


def answered(body, **environ):
    """What an application that reads as Django does gets to read, and how the request is answered."""
    read, statuses = [], []

    def application(environ, start_response):
        read.append(WSGIRequest(environ).read())
        start_response("200 OK", [])
        return [b"taken"]

    given = {
        "REQUEST_METHOD": "POST",
        "wsgi.input": BytesIO(body),
        "wsgi.input_terminated": True,
        "HTTP_TRANSFER_ENCODING": "chunked",
    }
    answer = chunked.Measured(application)(given | environ, lambda status, _head: statuses.append(status))
    return b"".join(read), statuses[0], b"".join(answer)


@pytest.mark.parametrize("length", [0, 5, chunked.IN_MEMORY + 1])
def test_body_in_chunks_is_read_to_its_end(length):
    assert answered(b"x" * length) == (b"x" * length, "200 OK", b"taken")
    assert answered(b"x" * length, HTTP_TRANSFER_ENCODING="Chunked")[0] == b"x" * length


@pytest.mark.parametrize(
    ("environ", "read"),
    [
        ({"CONTENT_LENGTH": "2"}, b"xx"),
        ({"HTTP_TRANSFER_ENCODING": "", "CONTENT_LENGTH": "3"}, b"xxx"),
        ({"HTTP_TRANSFER_ENCODING": ""}, b""),
        # Whoever reads on here would wait for ever.
        ({"wsgi.input_terminated": False}, b""),
    ],
)
def test_other_requests_are_as_they_were(environ, read):
    assert answered(b"xxxxx", **environ)[0] == read


def test_body_beyond_what_any_address_takes_is_refused(settings):
    settings.UPLOAD_LIMIT, settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1 << 20, 2 << 20

    fits = answered(b"x" * (2 << 20))
    read, status, answer = answered(b"x" * ((2 << 20) + 1))

    assert len(fits[0]) == 2 << 20
    assert (read, status) == (b"", "413 Request Entity Too Large")
    problem = json.loads(answer)
    assert (problem["code"], problem["detail"]) == (
        "too_large",
        "A request holds at most 2 MB. Send it in parts.",
    )


def test_endless_body_is_not_read_to_its_end(settings):
    settings.UPLOAD_LIMIT = settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1 << 20

    class Endless(BytesIO):
        given = 0

        def read(self, size):
            self.given += size
            return b"x" * size

    endless = Endless()

    assert answered(b"", **{"wsgi.input": endless})[1].startswith("413")
    assert endless.given <= (1 << 20) + READ_ON + PART
