"""Events that a library delivers while processes are killed: every one of them once; and how soon they count."""

import json
import random
import time
import urllib.error
import urllib.request
from base64 import b64encode
from contextlib import closing, suppress
from datetime import UTC, datetime
from http.client import HTTPConnection
from threading import Event as Flag
from threading import Thread
from uuid import uuid4

import psycopg
import pytest
from segment.analytics.client import Client

from tests.real.installation import NIGHT_IS_OVER, wait_for

EVENTS, BATCH = 10_000, 100
# Seconds from the answer to the account's current value.
ON_DEMAND, BY_ITSELF = 5, 90
# A key of a server, and the cookie of somebody who is signed in.
COME_IN = """
from django.conf import settings
from django.test import Client
from accounts.intake import keys
from accounts.models import User
client = Client()
user = User.objects.create_superuser("operations@cxhub.example")
client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
print(keys.make(name="Server", source="app", kind="server")[1])
print(settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value)
"""
CSRF = "c" * 32
LOGINS = (
    "SELECT coalesce(max(v.value), 0) FROM metrics_currentvalue v JOIN metrics_definition d ON d.id = definition_id"
    " WHERE d.key = 'logins'"
)
STORED = "SELECT count(*), count(DISTINCT message_id), (SELECT count(*) FROM accounts_intakebatch) FROM accounts_event"
ROLLED_UP = (
    "SELECT coalesce(sum(count), 0), (SELECT count(*) FROM accounts_eventmark) FROM accounts_activityday"
)


@pytest.fixture(scope="module")
def house(running):
    return House(running)


class House:
    def __init__(self, installation):
        self.installation = installation
        self.key, name, value = installation.run("shell", "-v", "0", "-c", COME_IN).split()
        self.cookies = f"{name}={value}; csrftoken={CSRF}"
        with installation.servers._connect("cxhub") as connection:
            connection.execute(NIGHT_IS_OVER)

    def ask(self, statement):
        with self.installation.servers._connect("cxhub") as connection:
            return connection.execute(statement).fetchone()

    def forget(self):
        with self.installation.servers._connect("cxhub") as connection:
            connection.execute(
                "TRUNCATE accounts_event, accounts_eventkey, accounts_eventmark, accounts_intakebatch,"
                " accounts_activityday, accounts_session"
            )

    def answers(self):
        with suppress(psycopg.Error, OSError):
            return self.ask("SELECT 1") == (1,) and self.installation.get("/readyz")[0] == 200
        return False

    def web(self):
        return self.installation.pids("gunicorn")

    def post(self, *calls):
        head = {"Authorization": basic(self.key), "Content-Type": "application/json"}
        body = json.dumps({"batch": list(calls)}).encode()
        asked = urllib.request.Request(f"{self.installation.url}/v1/batch", body, head, method="POST")
        with urllib.request.urlopen(asked, timeout=30) as answer:
            assert json.load(answer)["rejected"] == 0

    def become_known(self):
        """The user of `signed_in`, with an account that has its values; how many log-ins these count."""
        self.post(
            {"type": "identify", "userId": "sara", "traits": {"email": "sara@najm.example", "name": "سارة"}},
            {"type": "group", "userId": "sara", "groupId": "najm", "traits": {"name": "Najm"}},
            signed_in(),
        )
        self.take_in()
        wait_for(lambda: self.ask(LOGINS) > (0,), explained(self))
        return self.ask(LOGINS)[0]

    def wait_for_logins(self, count):
        wait_for(lambda: self.ask(LOGINS) == (count,), explained(self))

    def take_in(self):
        """As the button on the page does."""
        head = {"Cookie": self.cookies, "X-CSRFToken": CSRF}
        asked = urllib.request.Request(f"{self.installation.url}/events/now/", b"", head, method="POST")
        with urllib.request.urlopen(asked, timeout=30) as answer:
            assert answer.url == f"{self.installation.url}/events/"


def basic(key):
    return "Basic " + b64encode(f"{key}:".encode()).decode()


def signed_in():
    return {"type": "track", "event": "Signed In", "userId": "sara", "messageId": uuid4().hex}


def explained(house):
    return lambda: f"{house.ask(STORED)} {house.ask(ROLLED_UP)}\n{house.installation.output()[-3000:]}"


def test_the_official_library_delivers_every_event_once_though_the_server_is_restarted(house):
    house.forget()
    failures = []
    client = Client(
        house.key,
        host=house.installation.url,
        max_queue_size=EVENTS,
        on_error=lambda *why: failures.append(why),
    )

    for number in range(EVENTS):
        client.track(f"user-{number % 500}", "Feature Used", {"feature": f"feature-{number % 7}"})
        if number == EVENTS // 4:
            wait_for(lambda: house.ask(STORED)[0] + house.ask(STORED)[2] > 0, explained(house))
            house.installation.kill_all(house.web())
    client.flush()
    client.join()

    assert failures == []
    house.take_in()
    wait_for(lambda: house.ask(STORED) == (EVENTS, EVENTS, 0), explained(house))
    wait_for(lambda: house.ask(ROLLED_UP) == (EVENTS, 0), explained(house))


def test_an_event_is_in_the_current_value_within_five_seconds_of_the_button(house):
    logins = house.become_known()

    for number in range(3):
        house.post(signed_in())
        sent = time.monotonic()
        house.take_in()
        house.wait_for_logins(logins + number + 1)

        assert time.monotonic() - sent < ON_DEMAND


def test_a_body_in_chunks_is_taken_and_a_broken_one_is_refused(house):
    port = house.installation.port
    head = {
        "Authorization": basic(house.key),
        "Content-Type": "application/json",
        "Transfer-Encoding": "chunked",
    }
    body = json.dumps({"batch": [signed_in()] * 100}).encode()

    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        for parts in ([body], [body[:1000], body[1000:]]):
            connection.request("POST", "/v1/batch", iter(parts), head, encode_chunked=True)
            answer = connection.getresponse()
            assert (answer.status, json.load(answer)["accepted"]) == (200, 100)
        connection.request("POST", "/v1/batch", b"no number\r\n", head)
        assert connection.getresponse().status == 400


@pytest.mark.long
def test_an_event_is_in_the_current_value_within_ninety_seconds_by_itself(house):
    logins = house.become_known()

    for number in range(3):
        house.post(signed_in())
        sent = time.monotonic()
        house.wait_for_logins(logins + number + 1)

        assert time.monotonic() - sent < BY_ITSELF
        # Elsewhere in the minute.
        time.sleep(17)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_killed_what_was_acknowledged_is_there_once_and_no_batch_by_half(house, seed):
    """Web, workers and the database, again and again; a sender that heard no answer sends the same batch again."""
    house.forget()
    chance, done = random.Random(seed), Flag()
    acknowledged = set()
    senders = [Thread(target=send, args=(house, number, done, acknowledged)) for number in range(3)]
    for sender in senders:
        sender.start()

    for _ in range(5):
        time.sleep(chance.uniform(0.2, 2))
        target = chance.choice(["web", "workers", "database"])
        if target == "database":
            house.installation.kill(house.installation.servers._postgres_pid())
        else:
            house.installation.kill_all(house.web() if target == "web" else house.installation.pids("celery"))
        wait_for(house.answers, house.installation.output)
    done.set()
    for sender in senders:
        sender.join()

    wait_for(lambda: house.answers() and house.ask(STORED)[2] == 0, explained(house))
    total, distinct, _waiting = house.ask(STORED)
    assert total == distinct
    with house.installation.servers._connect("cxhub") as connection:
        batches = dict(
            connection.execute(
                "SELECT split_part(message_id, ':', 1), count(*) FROM accounts_event GROUP BY 1"
            ).fetchall()
        )
    assert len(acknowledged) > 3
    assert acknowledged <= set(batches)
    assert set(batches.values()) == {BATCH}
    wait_for(lambda: house.ask(ROLLED_UP) == (total, 0), explained(house))


def send(house, number, done, acknowledged):
    head = {
        "Authorization": basic(house.key),
        "Content-Type": "application/json",
    }
    batch = 0
    while not done.is_set():
        name = f"{number}-{batch}"
        calls = [
            {
                "type": "track",
                "event": "Feature Used",
                "userId": f"user-{place % 20}",
                "messageId": f"{name}:{place}",
                "timestamp": datetime.now(UTC).isoformat(),
                "properties": {"feature": "reports"},
            }
            for place in range(BATCH)
        ]
        asked = urllib.request.Request(
            f"{house.installation.url}/v1/batch", json.dumps({"batch": calls}).encode(), head, method="POST"
        )
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                assert answer.status == 200
            acknowledged.add(name)
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
            # One is sent again until it is heard of, the next forgotten: that may be there, but as a whole.
            if batch % 2:
                continue
        batch += 1
