"""One request to a webhook: to the address that was looked at, with an end to it, whatever the other side does."""

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPException
from threading import Event, Thread
from time import monotonic
from typing import Any

import certifi
from urllib3 import BaseHTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from accounts.models import WebhookDelivery
from accounts.models.webhooks import LONGEST_ANSWER
from accounts.webhooks import addresses
from accounts.webhooks.addresses import Target

Problem = WebhookDelivery.Problem
# Seconds for all of it, from the first packet to the end of the answer.
TIMEOUT = 10.0
# No character of an answer is longer than so many bytes.
LONGEST_CHARACTER = 4
BROKEN = (HTTPError, HTTPException, OSError, ValueError, AttributeError)


@dataclass(frozen=True)
class Answer:
    """Without a problem: it was delivered."""

    status: int | None = None
    problem: str = ""
    text: str = ""
    took: timedelta = timedelta(0)


@dataclass(frozen=True)
class _Letter:
    """`end`: by when all of it is over; `longest`: how many characters of the answer are read."""

    body: bytes
    headers: Mapping[str, str]
    end: float
    longest: int
    leaving: Callable[[], None]


class _TooLate(Exception):
    pass


def post(
    url: str,
    body: str,
    headers: Mapping[str, str],
    *,
    timeout: float = TIMEOUT,
    longest: int = LONGEST_ANSWER,
    leaving: Callable[[], None] = lambda: None,
    is_ours: bool = False,
) -> Answer:
    """Raises nothing of its own: whatever goes wrong is an answer.

    `leaving` is called right before it cannot be called back; `is_ours`: the address stands in our own settings.
    """
    begun = monotonic()
    letter = _Letter(body.encode(), headers, begun + timeout, longest, leaving)
    status, problem, text = _post(url, letter, is_ours=is_ours)
    took = timedelta(seconds=monotonic() - begun)
    return Answer(status, problem, text.replace("\x00", "")[:longest], took)


def _post(url: str, letter: _Letter, *, is_ours: bool) -> tuple[int | None, str, str]:
    try:
        target = addresses.read(url, is_ours=is_ours)
        numbers = addresses.found(target, is_ours=is_ours)
    except addresses.Refused as refused:
        return None, Problem.ADDRESS, str(refused)
    except addresses.NotFound as error:
        return None, Problem.UNKNOWN_HOST, str(error)
    try:
        return _over_the_first_that_answers(target, numbers, letter)
    except _TooLate:
        return None, Problem.TIMEOUT, ""
    except ssl.SSLError as error:
        return None, Problem.CERTIFICATE, str(error)
    except BROKEN as error:
        is_tls = isinstance(error.__cause__ or error.__context__, ssl.SSLError)
        return None, Problem.CERTIFICATE if is_tls else Problem.CONNECTION, str(error)


def _over_the_first_that_answers(target: Target, numbers: list[str], letter: _Letter) -> tuple[int, str, str]:
    """A host may have addresses of which some are down. Nothing was sent to those."""
    for number in numbers[:-1]:
        line = _line(target, number, letter.end)
        try:
            with _ended(line, letter.end):
                line.connect()
        except BROKEN:
            line.close()
        else:
            return _exchange(line, target, letter)
    return _exchange(_line(target, numbers[-1], letter.end), target, letter)


def _exchange(line: HTTPConnection, target: Target, letter: _Letter) -> tuple[int, str, str]:
    """Once there is a status the delivery has its fate; of what follows as much is read as comes in time."""
    given = {
        "Host": target.host_header,
        "Content-Type": "application/json",
        "User-Agent": "cxhub-webhooks/1",
        "Accept-Encoding": "identity",
        **letter.headers,
    }
    try:
        with _ended(line, letter.end) as ending:
            if line.is_closed:
                line.connect()
            ending.keep(line.sock)
            letter.leaving()
            line.request("POST", target.path, body=letter.body, headers=given, preload_content=False)
            answer = line.getresponse()
            # Headers that were cut off look like headers that ended.
            ending.check()
            with suppress(*BROKEN):
                return answer.status, _problem(answer.status), _text(answer, letter.longest)
            return answer.status, _problem(answer.status), ""
    finally:
        line.close()


def _line(target: Target, number: str, end: float) -> HTTPConnection:
    left = end - monotonic()
    if left <= 0:
        raise _TooLate
    if target.scheme == "http":
        return HTTPConnection(number, target.port, timeout=left)
    return HTTPSConnection(
        number,
        target.port,
        timeout=left,
        ssl_context=_trusting(),
        server_hostname=target.host,
    )


def _trusting() -> ssl.SSLContext:
    """Whom the machine trusts, and whom browsers do."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


class _Ending:
    """A timeout of the socket is one for each packet: who sends a byte now and then would never meet it.

    So another thread cuts the line when the time is over.
    """

    def __init__(self, line: HTTPConnection, end: float) -> None:
        self.line, self.end = line, end
        # The connection lets go of it where the other side is to close it.
        self.socket: Any = None
        self.finished, self.is_cut = Event(), False

    def keep(self, connected: Any) -> None:
        self.socket = connected

    def check(self) -> None:
        if self.is_cut:
            raise _TooLate

    def cut(self) -> None:
        if self.finished.wait(max(self.end - monotonic(), 0)):
            return
        self.is_cut = True
        while True:
            # Past the encryption, which is not made for two threads; and again, for it may just be coming up.
            with suppress(OSError, AttributeError, TypeError):
                socket.socket.shutdown(self.socket or self.line.sock, socket.SHUT_RDWR)
            if self.finished.wait(0.1):
                return


@contextmanager
def _ended(line: HTTPConnection, end: float) -> Iterator[_Ending]:
    """Raises _TooLate."""
    ending = _Ending(line, end)
    Thread(target=ending.cut, daemon=True).start()
    try:
        yield ending
    except BROKEN as error:
        if ending.is_cut or monotonic() >= end:
            raise _TooLate from error
        raise
    finally:
        ending.finished.set()


def _problem(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return Problem.REDIRECT
    return Problem.GONE if status == 410 else Problem.STATUS


def _text(answer: BaseHTTPResponse, longest: int) -> str:
    return answer.read(longest * LONGEST_CHARACTER, decode_content=False).decode("utf-8", "replace")
