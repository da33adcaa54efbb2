"""What it costs to ask many, to take their answers, and to hand them out.

The floor of an answer is a form of two questions that keeps one row, on the same server, behind the same middleware. Of
both, the page is asked for and then sent, by as many people one after the other. A person needs a second to read: the
time between a page and its answer counts nowhere.
"""

import http.client
import re
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime
from html import unescape
from itertools import cycle, islice
from typing import Any, cast
from urllib.parse import urlencode

from django.db import connection
from django.http import StreamingHttpResponse
from django.utils import timezone

from accounts.messages import mailings
from accounts.messages import sending as outbox
from accounts.models import User
from cxhub.bench import bare_form
from cxhub.bench.memory import megabytes
from cxhub.bench.sending import LONG, sink
from cxhub.bench.server import Browser, serving, signed_in
from cxhub.bench.survey_book import distribute, everybody_answers, fill
from cxhub.bench.timing import Ratio, Timing, seconds_of
from cxhub.garbage import leave_what_is_loaded
from surveys import answering_visits, invitations, tokens
from surveys.models import Distribution, Invitation, Response

AIM, AIM_OF_EXPORT = 0.5, 10
BARE, SURVEY = "bare form", "survey"
SCORES = (9, 10, 8, 9, 7, 10, 9, 8, 10, 3)
WHY = "Support is fast, and the reports are easy to read."
EXPORTS = 3
PAGE, SENT = "the page", "sending it"
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
Seconds = dict[str, dict[str, list[float]]]


def measure(*, people: int, answers: int, repetitions: int) -> dict[str, Any]:
    """In an empty database, which it fills: `people` are asked, and of them so many answer in each repetition."""
    if answers * (repetitions + 1) > people:
        raise ValueError("Nobody answers twice: ask more people, or repeat it less often.")
    owner = fill(people)
    leave_what_is_loaded()
    going, memory = _invite(owner, people)
    of = _answer(answers, repetitions)
    return {
        "sizes": {"people": people, "answers in each repetition": answers},
        "of": of,
        "memory_mb": memory,
        "export": _export(going, owner, people),
    }


# Asking


def _invite(owner: User, people: int) -> tuple[Distribution, dict[str, int]]:
    """What the process had taken at most until each step was done."""
    going = distribute(owner, timezone.now())
    taken = {"before": megabytes()}
    mailings.queue_due(timezone.now())
    taken["with all queued"] = megabytes()
    found: list[int] = []

    def clock() -> datetime:
        found.append(megabytes())
        return timezone.now()

    with sink() as server:
        outbox.turn(timezone.now() + LONG, clock)
        server.check(people)
    taken |= {"in the first tenth sent": max(found[: 1 + len(found) // 10]), "in all sent": max(found)}
    if invitations.keep(timezone.now()) != people:
        raise AssertionError("Not everybody was invited once.")
    taken["with all invited"] = megabytes()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_message, surveys_invitation")
    return going, taken


# Answering


class Person:
    """One after the other over one kept-alive connection, each from an address of their own."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def close(self) -> None:
        self.connection.close()

    def ask(self, path: str) -> str:
        """The page."""
        return self._said("GET", path, 200)

    def send_all(self, answers: Iterable[tuple[str, dict[str, Any]]]) -> None:
        for path, fields in answers:
            self._said("POST", path, 302, urlencode(fields))

    def _said(self, method: str, path: str, expected: int, body: str | None = None) -> str:
        head = {"Host": "localhost", "X-Forwarded-For": f"10.0.0.{hash(path) % 250}"}
        if body:
            head["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, head)
        answer = self.connection.getresponse()
        said = answer.read().decode()
        if answer.status != expected:
            raise AssertionError(f"{method} {path} answered {answer.status}")
        return said


def _answer(answers: int, repetitions: int) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(bare_form.MAKE)
    asked = (f"/s/{tokens.of(one)}/" for one in Invitation.objects.order_by("?"))
    bare = iter(lambda: bare_form.PATH, None)
    seconds: Seconds = {name: {PAGE: [], SENT: []} for name in (BARE, SURVEY)}
    with serving(CXHUB_PROXIES="1") as port, closing(Person(port)) as person:
        for _repetition in range(repetitions + 1):
            for name, question, paths in ((BARE, "score", bare), (SURVEY, "nps", asked)):
                took = _some(person, question, list(islice(paths, answers)))
                for part, spent in zip(seconds[name].values(), took, strict=True):
                    part.append(spent)
    _check(answers * (repetitions + 1))
    return _compared(seconds, answers)


def _some(person: Person, question: str, paths: Sequence[str]) -> tuple[float, float]:
    """Seconds until all have their page, and until all have answered."""
    pages: list[str] = []
    asking = seconds_of(lambda: pages.extend(person.ask(path) for path in paths))
    sent = [
        _hidden(page) | {question: score, "why": WHY}
        for page, score in zip(pages, cycle(SCORES), strict=False)
    ]
    time.sleep(answering_visits.AT_LEAST)
    return asking, seconds_of(lambda: person.send_all(zip(paths, sent, strict=True)))


def _hidden(page: str) -> dict[str, Any]:
    return {name: unescape(value) for name, value in HIDDEN.findall(page)}


def _check(answers: int) -> None:
    """Each is there once, and none was taken for a machine's."""
    with connection.cursor() as cursor:
        cursor.execute(bare_form.COUNT)
        (bare,) = cursor.fetchone()
    ours = Response.objects.filter(completed_at__isnull=False, is_machine=False).count()
    if (bare, ours) != (answers, answers):
        raise AssertionError(f"Of {answers} answers, {bare} and {ours} were kept.")


def _compared(seconds: Seconds, answers: int) -> dict[str, Any]:
    """The first repetition warms up."""
    timings = {
        name: {part: Timing(spent[1:]) for part, spent in parts.items()} for name, parts in seconds.items()
    }
    whole = {
        name: Timing([sum(spent) for spent in zip(*(part.seconds for part in parts.values()), strict=True)])
        for name, parts in timings.items()
    }
    found = {
        title: timing.as_json() | {"a_second": round(answers / timing.median)}
        for name, parts in timings.items()
        for title, timing in {
            name: whole[name],
            **{f"{name}: {part}": one for part, one in parts.items()},
        }.items()
    }
    found[SURVEY]["ratio"] = Ratio.of(whole[BARE], whole[SURVEY]).as_json() | {"aim": AIM}
    return found


# Handing them out


def _export(going: Distribution, owner: User, people: int) -> dict[str, Any]:
    """Of everybody's answers: in this process, for its memory, then over HTTP, where the whole file is read."""
    everybody_answers()
    path = f"/surveys/{going.survey_id}/results/export.csv?window=90d"
    memory = _memory_of_export(owner, path)
    with serving() as port, closing(Browser(port, owner)) as browser:
        took = Timing(
            [seconds_of(lambda: _check_lines(browser.get(path), people)) for _export in range(EXPORTS)]
        )
    return took.as_json() | {"aim": AIM_OF_EXPORT, "memory_mb": memory}


def _check_lines(text: str, people: int) -> None:
    if text.count("\n") != people + 1:
        raise AssertionError(f"The file of {people} answers has {text.count(chr(10))} lines.")


def _memory_of_export(owner: User, path: str) -> dict[str, int]:
    client = signed_in(owner)
    before = megabytes()
    lines = cast("StreamingHttpResponse", client.get(path))
    found = [megabytes() for number, _line in enumerate(lines) if number % 100 == 0]
    return {"before": before, "in the first tenth": max(found[: 1 + len(found) // 10]), "in all": max(found)}
