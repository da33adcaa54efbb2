"""Mails that go out while the database, or it and the worker at once, are killed: nobody gets two, nothing is lost."""

import signal
import subprocess
from collections import Counter
from contextlib import suppress
from random import Random

import psycopg
import pytest

from accounts.messages.sending import AT_ONCE
from accounts.models.outboxes import Medium
from tests.real.installation import ROOT, wait_for

QUEUE = """
WITH words AS (
  INSERT INTO accounts_letter (medium, texts) VALUES ('email', '{"en": {"subject": "News", "body": "Hello"}}')
  RETURNING id)
INSERT INTO accounts_message
  (letter_id, medium, purpose, address, name, language, "values", state, reason, answer, tries, provider_id, due_at)
SELECT words.id, 'email', 'service', 'p' || n || '@customer.example', '', 'en', '{}', 'waiting', '', '', 0, '', now()
FROM words, generate_series(1, %s) n"""
STATES = "SELECT address, state FROM accounts_message"


class Sending:
    """Messages of an installation whose own workers stand still, and the processes that send them."""

    def __init__(self, installation, server):
        self.installation, self.server = installation, server
        self.postgres = None
        self.worker = None

    def queue(self, count):
        self.server.seen.clear()
        with self.installation.servers._connect("cxhub") as connection:
            connection.execute("TRUNCATE accounts_message, accounts_onthewire, accounts_outbox CASCADE")
            connection.execute(QUEUE, [count])

    def send(self):
        """Until its process ends, however it does."""
        self.postgres = self.installation.servers._postgres_pid()
        self.worker = subprocess.Popen(
            self.installation.manage("send_messages"),
            cwd=ROOT,
            env=self.installation.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return self.worker.wait(120)

    def kill_after(self, count, *, worker):
        """The database, and maybe the worker, once so many mails more have come."""
        until = len(self.server.seen) + count

        def kill(_address):
            if self.postgres and len(self.server.seen) >= until:
                if worker:
                    self.worker.send_signal(signal.SIGKILL)
                self.installation.kill(self.postgres)
                self.postgres = None

        self.server.after["DATA"] = kill

    def is_back(self):
        with suppress(psycopg.Error, OSError):
            return bool(self.installation.servers._postgres_pid())
        return False

    def states(self):
        with self.installation.servers._connect("cxhub") as connection:
            return dict(connection.execute(STATES).fetchall())


@pytest.fixture
def sending(running, mail_server):
    with running.without_workers():
        yield Sending(running, mail_server)
        mail_server.after.clear()


def check(sending, count, kills):
    """Everybody's mail was sent or is listed as unknown, at most a batch for each kill; and none came twice."""
    arrived = Counter(str(mail["To"]).strip("<>") for mail in sending.server.seen)
    states = sending.states()
    by_state = Counter(states.values())
    assert set(arrived.values()) == {1}
    assert set(by_state) <= {"sent", "unknown"}
    assert sum(by_state.values()) == count
    assert by_state["unknown"] <= kills * AT_ONCE[Medium.EMAIL]
    assert {address for address, state in states.items() if state == "sent"} <= set(arrived)


@pytest.mark.long
def test_database_that_is_killed_while_mails_go_out_sends_nothing_twice_and_loses_nothing(sending):
    sending.queue(1000)
    sending.kill_after(450, worker=False)

    sending.send()
    sending.server.after.clear()
    wait_for(sending.is_back, sending.installation.output)
    assert sending.send() == 0

    check(sending, 1000, kills=1)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_killed_while_mails_go_out_sends_nothing_twice_and_loses_nothing(sending, seed):
    random = Random(seed)
    sending.queue(5000)

    for kill in range(6):
        sending.kill_after(random.randrange(1, 700), worker=bool(kill % 2))
        sending.send()
        sending.server.after.clear()
        wait_for(sending.is_back, sending.installation.output)
    assert sending.send() == 0

    check(sending, 5000, kills=6)
