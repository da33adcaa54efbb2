"""A batch on its way: whose worker lives, what has left, and what was answered.

The worker holds a lock of its database session, which ends with it. What leaves is noted in a table that waits for no
disk (OnTheWire); a database that crashed has emptied it, and then nobody can tell what left.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import md5
from typing import Any
from uuid import UUID, uuid4
from weakref import WeakSet

from django.db import connection
from psycopg import Connection
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from accounts.messages.outcomes import Fate, Outcome, lost

BEGIN = (
    "INSERT INTO accounts_onthewire (batch, state, reason, answer, provider_id) VALUES (%s, '', '', '', '')"
)
# Two rows: what was answered to the one before, and which leaves now.
LEAVE = b"""
INSERT INTO accounts_onthewire (batch, message_id, state, reason, answer, provider_id, at)
VALUES ($1, $2, $3, $4, $5, $6, $7), ($1, $8, '', '', '', '', $7)"""
_STATEMENT = b"cxhub_leaving"
NOTED = """
SELECT message_id, at, state, reason, answer, provider_id FROM accounts_onthewire WHERE batch = %s ORDER BY id"""
ORPHANS = "SELECT DISTINCT batch FROM accounts_message WHERE state = 'sending'"
CRASHED = lost("The database stopped while it was being sent.")
KILLED = lost("The worker stopped while it was being sent.")
# The connections that know the statement.
_prepared: WeakSet[Connection[Any]] = WeakSet()


class Wire:
    """What is known of a batch. `answers`: of messages by id; those that are not among them have not left.

    `left_at`: when those left that have.
    """

    def __init__(self, clock: Callable[[], datetime], batch: UUID | None = None) -> None:
        self.clock = clock
        self.batch = batch or uuid4()
        self.answers: dict[int, Outcome] = {}
        self.left_at: dict[int, datetime] = {}
        self._before: int | None = None

    def hold(self) -> bool:
        """False: somebody else has it."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [self._lock])
            return bool(cursor.fetchone()[0])

    def let_go(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [self._lock])

    def begin(self) -> None:
        """Within the transaction that claims the messages."""
        with connection.cursor() as cursor:
            cursor.execute(BEGIN, [self.batch])

    def leaving(self, message: int) -> "Leaving":
        return Leaving(self, message)

    def note(self, message: int) -> None:
        """It leaves now; and what was answered to the one before it."""
        self.left_at[message] = self.clock()
        before = self._before if self._before in self.answers else message
        answer = self.answers.get(before)
        said = (answer.fate, answer.reason, answer.answer, answer.provider_id) if answer else ("", "", "", "")
        _ask(self.batch, before, *said, self.left_at[message].isoformat(), message)

    def is_noted(self, message: int) -> None:
        """Waits until it is."""
        _hear()
        self._before = message
        # Until it is answered.
        self.answers[message] = KILLED

    def stays(self, message: int) -> None:
        """It has not left after all."""
        self.answers.pop(message, None)
        self.left_at.pop(message, None)

    def read(self, messages: Iterable[int]) -> None:
        """What was noted by a worker that is no more."""
        with connection.cursor() as cursor:
            cursor.execute(NOTED, [self.batch])
            noted = cursor.fetchall()
        if all(message for message, *_rest in noted):
            self.answers = dict.fromkeys(messages, CRASHED)
            return
        for message, at, state, *answer in noted:
            if message:
                self.left_at.setdefault(message, at)
                self.answers[message] = Outcome(Fate(state), *answer) if state else KILLED

    def end(self) -> None:
        """Within the transaction that writes the answers."""
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM accounts_onthewire WHERE batch = %s", [self.batch])

    @property
    def _lock(self) -> int:
        return int.from_bytes(self.batch.bytes[:8], signed=True)


class Leaving:
    """That a message leaves: to be called right before it cannot be called back.

    Whoever has something else to do until then begins it earlier, asks the database nothing meanwhile, and calls in
    any case.
    """

    def __init__(self, wire: Wire, message: int) -> None:
        self._wire, self._message, self._has_begun = wire, message, False

    def begin(self) -> None:
        self._wire.note(self._message)
        self._has_begun = True

    def __call__(self) -> None:
        if not self._has_begun:
            self.begin()
        self._wire.is_noted(self._message)


def _ask(*words: object) -> None:
    """Once for every message: what Django and psycopg do for a statement costs as much as half of the mail."""
    raw = connection.connection
    given = [str(word).encode() for word in words]
    with connection.wrap_database_errors:
        if raw not in _prepared:
            _expect_done(raw.pgconn.prepare(_STATEMENT, LEAVE))
            _prepared.add(raw)
        raw.pgconn.send_query_prepared(_STATEMENT, given)


def _hear() -> None:
    with connection.wrap_database_errors:
        answers = list(iter(connection.connection.pgconn.get_result, None))
        _expect_done(answers[0])


def _expect_done(result: PGresult) -> None:
    if result.status != ExecStatus.COMMAND_OK:
        raise error_from_result(result)


@contextmanager
def alone(what: str) -> Iterator[bool]:
    """Whether nobody else does it meanwhile; of a killed worker the lock goes with its session."""
    key = int.from_bytes(md5(what.encode(), usedforsecurity=False).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        (is_alone,) = cursor.fetchone()
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def orphans(clock: Callable[[], datetime]) -> list[Wire]:
    """Batches of workers that are no more; held now."""
    with connection.cursor() as cursor:
        cursor.execute(ORPHANS)
        batches = [batch for (batch,) in cursor.fetchall()]
    return [wire for batch in batches if (wire := Wire(clock, batch)).hold()]
