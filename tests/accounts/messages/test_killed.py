"""A worker that is killed at every moment of handing a mail over, by the server that it talks to."""

import json
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
from accounts.models.outboxes import Medium
from tests.accounts.messages.written import letter
from tests.accounts.webhooks.receiving import answer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.real]
WORKER = """
import django; django.setup()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {database!r}
from django.core.management import call_command
call_command("send_messages")
"""


def worker(server):
    return working(EMAIL_URL=f"smtp://127.0.0.1:{server.port}")


def working(**settings_of_it):
    """A process of its own that sends what is due."""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "cxhub.settings"} | settings_of_it
    code = WORKER.format(database=connection.settings_dict["NAME"])
    return subprocess.Popen([sys.executable, "-c", code], env=environment, cwd=settings.BASE_DIR)


def queue(count, medium=Medium.EMAIL, address="p{}@customer.example"):
    words = letter()
    now = timezone.now()
    Message.objects.bulk_create(
        Message(medium=medium, address=address.format(number), language="en", due_at=now, letter=words)
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
    [
        ("MAIL", True),
        ("DATA", True),
        ("TAKEN", True),
        pytest.param("RCPT", True, marks=pytest.mark.long),
        pytest.param("MAIL", False, marks=pytest.mark.long),
        pytest.param("DATA", False, marks=pytest.mark.long),
    ],
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
    # Of one that is announced, or on its way, nobody knows.
    assert len(arrived) >= 4


@pytest.mark.parametrize("answers_first", [False, pytest.param(True, marks=pytest.mark.long)])
def test_worker_that_is_killed_after_a_request_sends_no_sms_twice(receive, answers_first):
    queue(4, Medium.SMS, "+96650123456{}")
    running = []

    def kill(handler):
        if answers_first or len(provider.got) != 2:
            answer(200, b'{"id": "1"}')(handler)
        if len(provider.got) == 2:
            running[-1].send_signal(signal.SIGKILL)
            running[-1].wait()

    provider = receive(kill)
    of_http = {"CXHUB_SMS": "http", "CXHUB_SMS_URL": provider.url}

    running.append(working(**of_http))
    running[0].wait(60)
    assert running[0].returncode == -signal.SIGKILL
    running.append(working(**of_http))
    assert running[1].wait(60) == 0

    arrived = Counter(json.loads(body)["to"] for _headers, body in provider.got)
    states = Counter(Message.objects.values_list("state", flat=True))
    assert (len(arrived), set(arrived.values())) == (4, {1})
    assert states["sent"] + states["unknown"] == 4
    assert states["unknown"] <= 1
    assert answers_first or states["unknown"] == 1


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
