"""What it costs to send mails with everything that keeps each of them from going twice.

The floor hands the same mails, rendered before, to the same server over one connection, and notes nothing. The server
is a process of its own that takes whatever comes; after each repetition every address has got exactly one mail.
"""

import json
import smtplib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from accounts.messages import mails, sending
from accounts.models import Account, Contact, Letter, Message, Organisation
from cxhub.bench.memory import megabytes
from cxhub.bench.timing import Ratio, Timing, seconds_of
from cxhub.garbage import leave_what_is_loaded

AIM = 0.6
ACCOUNTS, CONTACTS = 500, 5_000
SENDER = "cxhub@bench.example"
LONG = timedelta(hours=6)
TEXTS = {
    "en": {
        "subject": "{{ first_name | Hello }}, what is new for {{ account }}",
        "body": "Dear {{ name }},\n\n"
        + "You can plan **reports** for the whole of {{ account }} now, each at its hour.\n\n" * 4
        + "* [How it works](https://docs.example/reports)\n* [What it costs](https://docs.example/prices)\n",
        "button": "See your reports",
        "link": "https://app.example/reports",
    },
    "ar": {
        "subject": "{{ first_name | مرحبا }}، الجديد لدى {{ account }}",
        "body": "عزيزنا {{ name }}،\n\n"
        + "يمكنكم الآن جدولة **التقارير** لجميع فرق {{ account }}، كل تقرير في ساعته.\n\n" * 4
        + "* [كيف تعمل](https://docs.example/reports)\n* [كم تكلّف](https://docs.example/prices)\n",
        "button": "اطّلعوا على تقاريركم",
        "link": "https://app.example/reports",
    },
}
QUEUE = """
INSERT INTO accounts_message (letter_id, contact_id, account_id, medium, purpose, address, name, language, "values",
                              state, reason, answer, tries, provider_id, due_at)
SELECT %(letter)s, c.id, c.account_id, 'email', 'service', 'person-' || n || '@customer-' || n %% 100 || '.example',
       c.name, c.language, jsonb_build_object('name', c.name, 'first_name', split_part(c.name, ' ', 1),
                                              'account', a.name),
       'waiting', '', '', 0, '', %(now)s
FROM generate_series(1, %(messages)s) n
JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS place FROM accounts_contact) c ON c.place = n %% %(contacts)s
JOIN accounts_account a ON a.id = c.account_id"""


class Sink:
    """The server in its own process."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "cxhub.bench.sink"]
        self.process = subprocess.Popen(
            command, cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.port = int(self._says())

    def check(self, messages: int) -> None:
        """Each address got one mail since the last time."""
        assert self.process.stdin
        self.process.stdin.write("how many\n")
        self.process.stdin.flush()
        arrived = json.loads(self._says())
        if arrived != {"mails": messages, "addresses": messages}:
            raise AssertionError(f"{messages} messages were sent, of which arrived {arrived}.")

    def end(self) -> None:
        self.process.communicate()

    def _says(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()


@contextmanager
def sink() -> Iterator[Sink]:
    """All mails go there within the block."""
    server = Sink()
    backend = "django.core.mail.backends.smtp.EmailBackend"
    try:
        with override_settings(
            EMAIL_BACKEND=backend,
            EMAIL_HOST="127.0.0.1",
            EMAIL_PORT=server.port,
            EMAIL_USE_TLS=False,
            EMAIL_USE_SSL=False,
            EMAIL_HOST_USER="",
            EMAIL_HOST_PASSWORD="",
            DEFAULT_FROM_EMAIL=SENDER,
        ):
            yield server
    finally:
        server.end()


def measure(*, messages: int, many: int, repetitions: int) -> dict[str, Any]:
    """In an empty database, which it fills."""
    letter = fill()
    with sink() as server:
        found = _timings(server, letter, messages, repetitions)
        memory = _memory(server, letter, many)
    return {"sizes": {"messages": messages}, "of": found, "many": many, "memory_mb": memory}


def fill() -> Letter:
    Organisation.objects.update_or_create(
        pk=1, defaults={"name": {"en": "Bench", "ar": "القياس"}, "time_zone": "Asia/Riyadh"}
    )
    Account.objects.bulk_create(Account(name=f"Customer {number}") for number in range(ACCOUNTS))
    accounts = list(Account.objects.all())
    Contact.objects.bulk_create(
        Contact(
            account=accounts[number % ACCOUNTS],
            name=f"سارة الحربي {number}" if number % 2 else f"Sara Smith {number}",
            language="ar" if number % 2 else "en",
        )
        for number in range(CONTACTS)
    )
    return Letter.objects.create(texts=TEXTS)


def queue(letter: Letter, messages: int) -> None:
    """In place of those that were there."""
    given: dict[str, Any] = {
        "letter": letter.pk,
        "now": timezone.now(),
        "messages": messages,
        "contacts": CONTACTS,
    }
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE accounts_message CASCADE")
        cursor.execute(QUEUE, given)
        cursor.execute("ANALYZE accounts_message")


def _timings(server: Sink, letter: Letter, messages: int, repetitions: int) -> dict[str, Any]:
    seconds: dict[str, list[float]] = {"bare loop": [], "engine": []}
    leave_what_is_loaded()
    for _repetition in range(repetitions):
        queue(letter, messages)
        prepared = prepare()
        for name, piece in (("bare loop", partial(hand_over, server.port, prepared)), ("engine", send)):
            seconds[name].append(seconds_of(piece))
            server.check(messages)
    timings = {name: Timing(of) for name, of in seconds.items()}
    ratio = Ratio.of(timings["bare loop"], timings["engine"]).as_json() | {"aim": AIM}
    found = {
        name: timing.as_json() | {"a_second": round(messages / timing.median)}
        for name, timing in timings.items()
    }
    found["engine"]["ratio"] = ratio
    return found


def prepare() -> list[tuple[str, bytes]]:
    """Of each message that waits whom it is to, and its bytes."""
    batch = uuid4()
    found = []
    for message in Message.objects.select_related("letter"):
        message.batch = batch
        found.append((message.address, mails.content(message)))
    return found


def hand_over(port: int, prepared: Sequence[tuple[str, bytes]]) -> None:
    with smtplib.SMTP("127.0.0.1", port) as server:
        for address, content in prepared:
            server.sendmail(SENDER, [address], content)


def send() -> None:
    sending.turn(timezone.now() + LONG)


def _memory(server: Sink, letter: Letter, many: int) -> dict[str, int]:
    """What the process had taken at most until a tenth was sent, and until all were."""
    queue(letter, many)
    taken: list[int] = []

    def clock() -> datetime:
        taken.append(megabytes())
        return timezone.now()

    sending.turn(timezone.now() + LONG, clock)
    server.check(many)
    return {"before": taken[0], "in the first tenth": max(taken[: len(taken) // 10]), "in all": max(taken)}
