"""A batch on its way: whose worker lives, what has left, and what was answered.

The worker holds a lock of its database session, which ends with it. What leaves is noted in a table that waits for no
disk (OnTheWire); a database that crashed has emptied it, and then nobody can tell what left.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection

from accounts.messages.outcomes import Fate, Outcome, lost

BEGIN = (
    "INSERT INTO accounts_onthewire (batch, state, reason, answer, provider_id) VALUES (%s, '', '', '', '')"
)
LEAVE = """
WITH answered AS (
  UPDATE accounts_onthewire
  SET state = %(state)s, reason = %(reason)s, answer = %(answer)s, provider_id = %(provider_id)s
  WHERE batch = %(batch)s AND message_id = %(before)s)
INSERT INTO accounts_onthewire (batch, message_id, state, reason, answer, provider_id, at)
VALUES (%(batch)s, %(message)s, '', '', '', '', %(now)s)"""
NOTED = "SELECT message_id, at, state, reason, answer, provider_id FROM accounts_onthewire WHERE batch = %s"
ORPHANS = "SELECT DISTINCT batch FROM accounts_message WHERE state = 'sending'"
CRASHED = lost("The database stopped while it was being sent.")
KILLED = lost("The worker stopped while it was being sent.")


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

    def leaving(self, message: int) -> None:
        """It leaves now; and what was answered to the one before it."""
        self.left_at[message] = self.clock()
        before = self.answers.get(self._before) if self._before else None
        answer = before or Outcome(Fate.LOST)
        with connection.cursor() as cursor:
            cursor.execute(
                LEAVE,
                {
                    "batch": self.batch,
                    "message": message,
                    "now": self.left_at[message],
                    "before": self._before if before else None,
                    "state": answer.fate,
                    "reason": answer.reason,
                    "answer": answer.answer,
                    "provider_id": answer.provider_id,
                },
            )
        self._before = message
        # Until it is answered.
        self.answers[message] = KILLED

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
                self.left_at[message] = at
                self.answers[message] = Outcome(Fate(state), *answer) if state else KILLED

    def end(self) -> None:
        """Within the transaction that writes the answers."""
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM accounts_onthewire WHERE batch = %s", [self.batch])

    @property
    def _lock(self) -> int:
        return int.from_bytes(self.batch.bytes[:8], signed=True)


def orphans(clock: Callable[[], datetime]) -> list[Wire]:
    """Batches of workers that are no more; held now."""
    with connection.cursor() as cursor:
        cursor.execute(ORPHANS)
        batches = [batch for (batch,) in cursor.fetchall()]
    return [wire for batch in batches if (wire := Wire(clock, batch)).hold()]
