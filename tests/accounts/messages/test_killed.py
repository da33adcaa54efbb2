"""A worker that is killed at every moment of handing a mail over, by the server that it talks to."""

import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from random import Random

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import Message
from tests.accounts.messages.written import letter

pytestmark = pytest.mark.django_db(transaction=True)
WORKER = """
import django; django.setup()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {database!r}
from django.core.management import call_command
call_command("send_messages")
"""


def worker(server):
    """A process of its own that sends what is due."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "cxhub.settings",
        "EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
    }
    code = WORKER.format(database=connection.settings_dict["NAME"])
    return subprocess.Popen([sys.executable, "-c", code], env=environment, cwd=settings.BASE_DIR)


def queue(count):
    words = letter()
    now = timezone.now()
    Message.objects.bulk_create(
        Message(address=f"p{number}@customer.example", language="en", due_at=now, letter=words)
        for number in range(count)
    )


def kill_at(server, step, when):
    """The worker that talks to it, once `when` says so of the address."""
    running = []

    def kill(address):
        if running and when(address):
            with suppress(ProcessLookupError):
                running[-1].send_signal(signal.SIGKILL)
            running[-1].wait()

    server.after[step] = kill
    return running


@pytest.mark.parametrize(
    ("step", "pipelining"),
    [("MAIL", True), ("MAIL", False), ("RCPT", True), ("DATA", True), ("DATA", False), ("TAKEN", True)],
)
def test_worker_that_is_killed_sends_nothing_twice_and_loses_nothing(server, step, pipelining):
    server.pipelining = pipelining
    queue(5)
    running = kill_at(server, step, lambda _address: len(server.seen) >= 2)

    running.append(worker(server))
    running[0].wait(60)
    server.after.clear()
    assert running[0].returncode == -signal.SIGKILL
    running.append(worker(server))
    assert running[1].wait(60) == 0

    arrived = Counter(str(mail["To"]) for mail in server.seen)
    states = Counter(Message.objects.values_list("state", flat=True))
    assert set(arrived.values()) == {1}
    assert states == {"sent": 4, "unknown": 1}
    assert len(arrived) == 5


@pytest.mark.long
def test_twenty_random_kills_while_five_thousand_go_out(server):
    queue(5000)
    random = Random(6)
    running = kill_at(server, "MAIL", lambda _address: False)
    kills = 0
    while kills < 20:
        step = random.choice(["MAIL", "RCPT", "DATA", "TAKEN"])
        after = len(server.seen) + random.randrange(1, 200)
        server.after.clear()
        running = kill_at(server, step, lambda _address, after=after: len(server.seen) >= after)
        running.append(worker(server))
        running[0].wait(120)
        kills += running[0].returncode == -signal.SIGKILL
    server.after.clear()
    assert worker(server).wait(300) == 0

    arrived = Counter(str(mail["To"]) for mail in server.seen)
    states = Counter(Message.objects.values_list("state", flat=True))
    assert set(arrived.values()) == {1}
    assert states["sent"] + states["unknown"] == 5000
    assert states["unknown"] <= 20
    assert len(arrived) >= states["sent"]
