"""What it costs to take events in: at the HTTP door, and by the worker beside COPY of the same rows.

The floor writes the same rows in the same chunks into the same partitioned table, with all its indexes, and their keys
into the table of keys: what a worker would do that checked nothing and looked for no duplicates.
"""

import http.client
import itertools
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import orjson
from django.db import connection, transaction
from django.utils import timezone

from accounts.intake import keys, partitions, service, worker
from accounts.intake.bodies import Sending
from accounts.intake.lines import COLUMNS
from accounts.models import IntakeBatch, Organisation, WriteKey
from cxhub.bench.server import serving
from cxhub.bench.timing import Ratio, Timing, seconds_of
from cxhub.garbage import leave_what_is_loaded

AIM = 0.35
LARGE, SMALL = 2_500, 100
PERSONS, COMPANIES = 20_000, 2_000
# Of every so many events one is sent again.
AGAIN = 50
DAYS = 60
NAMES = ("Feature Used", "Page", "Signed In", "Report Exported", "Resource Viewed")
TABLES = "accounts_event, accounts_eventkey, accounts_eventmark, accounts_intakebatch, accounts_intakeminute"

Call = dict[str, Any]


def call(number: int, now: datetime) -> Call:
    """Under 200 bytes, so that a batch has as many as it may; some weeks of them, not in order."""
    name = NAMES[number % len(NAMES)]
    happened = now - timedelta(seconds=1 + number * 7919 % (DAYS * 86_400))
    about = {"path": f"/app/{number % 300}"} if name == "Page" else {"feature": f"f{number % 40}"}
    return {
        "type": "page" if name == "Page" else "track",
        "event": name,
        "messageId": f"{number:08}-{number * 2654435761 % 2**32:08x}",
        "userId": f"u{number * 31 % PERSONS}",
        "timestamp": f"{happened:%Y-%m-%dT%H:%M:%SZ}",
        "context": {"groupId": f"c{number * 31 % PERSONS % COMPANIES}"},
        "properties": about,
    }


def calls(events: int, now: datetime) -> Iterator[Call]:
    return (call(number, now) for number in range(events))


def chunks(rows: Any, size: int) -> Iterator[list[Any]]:
    return iter(lambda: list(itertools.islice(rows, size)), [])


def measure(*, events: int, repetitions: int) -> dict[str, Any]:
    """In an empty database, which it fills."""
    now = timezone.now()
    Organisation.objects.update_or_create(
        pk=1, defaults={"name": {"en": "Bench"}, "time_zone": "Asia/Riyadh"}
    )
    key, secret = keys.make(name="Bench", source="bench", kind=WriteKey.Kind.SERVER)
    partitions.make(months(now))
    found = _of_worker(key, events, repetitions, now) | _of_door(secret, events, repetitions, now)
    return {"sizes": {"events": events, "persons": PERSONS}, "of": found}


def months(now: datetime) -> list[datetime]:
    first = (now - timedelta(days=DAYS)).astimezone(UTC)
    return sorted(
        {
            (first + timedelta(days=day)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
            for day in range(DAYS + 2)
        }
    )


# The worker


def _of_worker(key: WriteKey, events: int, repetitions: int, now: datetime) -> dict[str, Any]:
    stored = [_batch(key, some, now) for some in chunks(calls(events, now), LARGE)]
    again = [_batch(key, some, now) for some in chunks(calls(events // AGAIN, now), LARGE)]
    copies = [_copied(some) for some in chunks(iter(stored), worker.ENOUGH // LARGE)]
    pieces: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "COPY of events and keys": (_nothing, lambda: _copy(copies)),
        "worker": (lambda: _wait(stored), _work),
        "worker, one in 50 sent again": (lambda: _wait(stored + again), _work),
    }
    seconds: dict[str, list[float]] = {name: [] for name in pieces}
    leave_what_is_loaded()
    for _repetition in range(repetitions):
        for name, (prepare, piece) in pieces.items():
            _empty()
            prepare()
            seconds[name].append(seconds_of(piece))
            _check(events)
    timings = {name: Timing(found) for name, found in seconds.items()}
    floor = timings["COPY of events and keys"]
    return {
        name: timing.as_json()
        | {"a_second": round(events / timing.median)}
        | ({} if timing is floor else {"ratio": Ratio.of(floor, timing).as_json() | {"aim": AIM}})
        for name, timing in timings.items()
    }


def _batch(key: WriteKey, some: list[Call], now: datetime) -> bytes:
    """The lines of a batch, as the door writes them."""
    IntakeBatch.objects.all().delete()
    service.take(service.sender_of(key), Sending(some, "", None), now=now)
    return bytes(IntakeBatch.objects.get().lines)


def _wait(batches: list[bytes]) -> None:
    now = timezone.now()
    IntakeBatch.objects.bulk_create(
        IntakeBatch(source="bench", received_at=now, lines=lines, events=lines.count(b"\n"))
        for lines in batches
    )


def _work() -> None:
    worker.turn(timezone.now() + timedelta(hours=1))


def _copied(batches: list[bytes]) -> tuple[bytes, bytes]:
    """Of a chunk: the rows of events, and those of keys."""
    events, of_keys = [], []
    day = COLUMNS.index("happened_at")
    for line in b"".join(batches).splitlines(keepends=True):
        digest, _tab, rest = line.partition(b"\t")
        events.append(rest)
        of_keys.append(digest + b"\t" + line.split(b"\t")[day][:10] + b"\n")
    return b"".join(events), b"".join(of_keys)


def _copy(copies: list[tuple[bytes, bytes]]) -> None:
    columns = ", ".join(COLUMNS[1:])
    for events, of_keys in copies:
        with transaction.atomic(), connection.cursor() as cursor:
            with cursor.copy(f"COPY accounts_event ({columns}) FROM STDIN") as copying:
                copying.write(events)
            with cursor.copy("COPY accounts_eventkey (digest, day) FROM STDIN") as copying:
                copying.write(of_keys)


# The door


def _of_door(secret: str, events: int, repetitions: int, now: datetime) -> dict[str, Any]:
    sizes = {
        f"door, batches of {LARGE:,}": LARGE,
        f"door, batches of {SMALL}": SMALL,
        "door, single calls": 1,
    }
    found = {}
    with serving() as port, closing(Sender(port, secret)) as sender:
        for name, size in sizes.items():
            few = events if size > 1 else events // 50
            bodies = [body(some, size) for some in chunks(calls(few, now), size)]
            sender.send(bodies[: 2 + len(bodies) // 20])
            seconds = []
            for _repetition in range(repetitions):
                _empty()
                seconds.append(seconds_of(partial(sender.send, bodies)))
            timing = Timing(seconds)
            found[name] = timing.as_json() | {"a_second": round(few / timing.median)}
    found[f"door, batches of {LARGE:,}, two processes"] = _of_two_doors(secret, events, repetitions, now)
    return found


def _of_two_doors(secret: str, events: int, repetitions: int, now: datetime) -> dict[str, Any]:
    """Two senders at once, each to a process of the web server of its own."""
    bodies = [body(some, LARGE) for some in chunks(calls(events, now), LARGE)]
    halves = [bodies[::2], bodies[1::2]]
    seconds = []
    with ThreadPoolExecutor(2) as pool, ExitStack() as stack:
        ports = [stack.enter_context(serving()) for _half in halves]
        senders = [stack.enter_context(closing(Sender(port, secret))) for port in ports]
        for _repetition in range(repetitions + 1):
            _empty()
            seconds.append(seconds_of(lambda: [*pool.map(Sender.send, senders, halves)]))
    timing = Timing(seconds[1:])
    return timing.as_json() | {"a_second": round(events / timing.median)}


def body(some: list[Call], size: int) -> tuple[str, bytes]:
    """Path and content of a request."""
    if size == 1:
        return f"/v1/{some[0]['type']}", orjson.dumps(some[0])
    return "/v1/batch", orjson.dumps({"batch": some})


class Sender:
    """A kept-alive connection that shows the write key."""

    def __init__(self, port: int, secret: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        credentials = b64encode(f"{secret}:".encode()).decode()
        self.headers = {
            "Host": "localhost",
            "Authorization": f"Basic {credentials}",
            "Content-Type": "application/json",
        }

    def close(self) -> None:
        self.connection.close()

    def send(self, bodies: list[tuple[str, bytes]]) -> None:
        for path, content in bodies:
            self.connection.request("POST", path, content, self.headers)
            answer = self.connection.getresponse()
            said = answer.read()
            if answer.status != 200:
                raise AssertionError(f"{path} answered {answer.status}: {said[:500]!r}")


# The database


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLES}")
        cursor.execute("ANALYZE accounts_event, accounts_eventkey")


def _check(events: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM accounts_event), (SELECT count(*) FROM accounts_eventkey)"
        )
        if cursor.fetchone() != (events, events):
            raise AssertionError("Events were lost or doubled.")


def _nothing() -> None:
    pass
