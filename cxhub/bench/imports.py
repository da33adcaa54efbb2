"""What it costs to take rows in, by a file and by the bulk API, beside COPY of the same rows into the same table."""

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.imports import Layout, Options, Resource, read, run
from accounts.models import (
    Account,
    AccountKey,
    AuditEntry,
    Job,
    Order,
    Organisation,
    Subscription,
    Touched,
    User,
)
from accounts.resources import ORDERS, SUBSCRIPTIONS
from accounts.tokens import issue
from cxhub.bench.memory import megabytes
from cxhub.bench.timing import Ratio, Timing, seconds_of
from cxhub.bulk_bodies import ROWS as ROWS_OF_A_REQUEST
from cxhub.garbage import leave_what_is_loaded

ACCOUNTS = 2_000
AIM = 0.25
SOURCE = "bench"
FIRST_DAY = date(2024, 1, 1)
FORGOTTEN = (Order, Subscription, AuditEntry, Touched, Job)

Row = dict[str, str]


@dataclass(frozen=True)
class Kind:
    """A resource, what its rows say, and the same as the table has it: text by column, `account_id` besides."""

    resource: Resource
    row: Callable[[int, int], Row]
    columns: tuple[str, ...]
    same: Callable[[Row], tuple[str, ...]]

    def rows(self, count: int, *, since: int = 0, price: int = 0) -> Iterator[Row]:
        return (self.row(number, price) for number in range(since, since + count))


def order(number: int, price: int) -> Row:
    return {
        "id": f"order-{number}",
        "account": f"a{number * 7919 % ACCOUNTS}",
        "number": f"{number}",
        "ordered_at": f"{FIRST_DAY + timedelta(days=number % 700)}T{number % 24:02}:{number % 60:02}:00Z",
        "channel": ("web", "shop", "phone")[number % 3],
        "currency": ("USD", "SAR")[number % 2],
        "amount": f"{number % 9000 + price}.{number % 100:02}",
    }


def subscription(number: int, price: int) -> Row:
    starts = FIRST_DAY + timedelta(days=number % 700)
    return {
        "id": f"subscription-{number}",
        "account": f"a{number * 7919 % ACCOUNTS}",
        "reference": f"{number}",
        "price": f"{number % 900 + price}.{number % 100:02}",
        "quantity": f"{number % 5 + 1}",
        "currency": ("USD", "SAR")[number % 2],
        "starts": f"{starts}",
        "ends": f"{starts + timedelta(days=365)}" if number % 3 else "",
    }


KINDS = {
    "orders": Kind(
        ORDERS,
        order,
        (
            "external_id",
            "number",
            "ordered_at",
            "channel",
            "currency",
            "amount",
            "discount",
            "tax",
            "shipping",
        ),
        lambda r: (
            r["id"],
            r["number"],
            r["ordered_at"],
            r["channel"],
            r["currency"],
            r["amount"],
            "0",
            "0",
            "0",
        ),
    ),
    "subscriptions": Kind(
        SUBSCRIPTIONS,
        subscription,
        (
            *("external_id", "reference", "price", "quantity", "currency", "starts", "ends"),
            *("kind", "interval", "interval_count", "discount_percent", "discount_amount", "cancel_reason"),
        ),
        lambda r: (
            *(
                r["id"],
                r["reference"],
                r["price"],
                r["quantity"],
                r["currency"],
                r["starts"],
                r["ends"] or "\\N",
            ),
            *("paid", "month", "1", "0", "0", ""),
        ),
    ),
}


def measure(*, rows: int, repetitions: int) -> dict[str, Any]:
    """In an empty database, which it fills. The second half of the filled table's rows is new, the first changes."""
    fill_accounts()
    found = {name: _measure(kind, rows, repetitions) for name, kind in KINDS.items()}
    return {"sizes": {"rows": rows, "accounts": ACCOUNTS}, "of": found, "memory_mb": _memory(rows)}


def fill_accounts() -> None:
    Organisation.objects.update_or_create(
        pk=1, defaults={"name": {"en": "Bench"}, "time_zone": "Asia/Riyadh"}
    )
    Account.objects.bulk_create(Account(name=f"Customer {number}") for number in range(ACCOUNTS))
    AccountKey.objects.bulk_create(
        AccountKey(account=account, source=SOURCE, value=f"a{number}")
        for number, account in enumerate(Account.objects.order_by("pk"))
    )


def _measure(kind: Kind, rows: int, repetitions: int) -> dict[str, Any]:
    half = rows // 2
    mixed = [*kind.rows(half, price=1), *kind.rows(rows - half, since=rows)]
    into_empty, into_filled = list(kind.rows(rows)), list(kind.rows(rows, since=rows))
    client = _client()
    pieces: dict[str, tuple[bool, Callable[[], object]]] = {
        "COPY, into an empty table": (False, copying(kind, into_empty)),
        "import, into an empty table": (False, importing(kind, into_empty)),
        "bulk API, into an empty table": (False, _sending(kind, into_empty, client)),
        "COPY, into a filled table": (True, copying(kind, into_filled)),
        "import, half known and changed": (True, importing(kind, mixed)),
        "bulk API, half known and changed": (True, _sending(kind, mixed, client)),
        "import, all known and unchanged": (True, importing(kind, into_empty)),
    }
    # As workers do. The rows of the bench itself are many, too.
    leave_what_is_loaded()
    seconds: dict[str, list[float]] = {name: [] for name in pieces}
    for _repetition in range(repetitions):
        for name, (is_filled, piece) in pieces.items():
            _empty()
            if is_filled:
                copying(kind, into_empty)()
            _settle()
            seconds[name].append(seconds_of(piece))
    timings = {name: Timing(found) for name, found in seconds.items()}
    return {name: _of(name, timings, rows) for name in timings}


def _of(name: str, timings: dict[str, Timing], rows: int) -> dict[str, Any]:
    floor = timings["COPY, into an empty table" if "an empty" in name else "COPY, into a filled table"]
    found = timings[name].as_json() | {"rows_a_second": round(rows / timings[name].median)}
    if timings[name] is floor:
        return found
    return found | {"ratio": Ratio.of(floor, timings[name]).as_json() | {"aim": AIM}}


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(model._meta.db_table for model in FORGOTTEN)} CASCADE")


def _settle() -> None:
    """So that nothing of what comes next is what the preparation left to do."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def copying(kind: Kind, rows: list[Row]) -> Callable[[], object]:
    keys = dict(AccountKey.objects.values_list("value", "account_id"))
    text = "".join("\t".join([SOURCE, str(keys[row["account"]]), *kind.same(row)]) + "\n" for row in rows)
    columns = ", ".join(f'"{name}"' for name in ("source", "account_id", *kind.columns))
    table = kind.resource.model._meta.db_table

    def copy() -> None:
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copying:
            copying.write(text)

    return copy


def importing(kind: Kind, rows: list[Row]) -> Callable[[], object]:
    """From the bytes of a file on."""
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    content = "\n".join(lines).encode()

    def take() -> None:
        _take(kind, BytesIO(content), len(rows))

    return take


def _take(kind: Kind, file: Any, count: int, report: Any = None) -> None:
    reading = read(
        file, Layout(delimiter=","), fields=list(kind.resource.columns), id_field=kind.resource.id_field
    )
    job = Job.objects.create(kind="import", state=Job.State.RUNNING)
    outcome = run(
        kind.resource, reading.rows, fields=reading.fields, options=_options(), job=job, report=report
    )
    assert outcome.counts.read == count, outcome
    assert not outcome.counts.rejected, outcome


def _options() -> Options:
    organisation = Organisation.current()
    return Options(today=organisation.today(timezone.now()), zone=organisation.zone, source=SOURCE)


def _sending(kind: Kind, rows: list[Row], client: Client) -> Callable[[], object]:
    requests = [
        json.dumps(rows[first : first + ROWS_OF_A_REQUEST])
        for first in range(0, len(rows), ROWS_OF_A_REQUEST)
    ]

    def send() -> None:
        for body in requests:
            path = f"/api/v1/bulk/{kind.resource.name}/?source={SOURCE}"
            answer = client.generic("POST", path, body, content_type="application/json")
            assert answer.status_code == 200, answer.content[:500]

    return send


def _client() -> Client:
    user, _made = User.objects.get_or_create(
        email="bench@bench.example", defaults={"is_superuser": True, "password": "!"}
    )
    _row, token = issue(user, name="Bench", scopes=["write"], lifetime=None)
    return Client(headers={"Authorization": f"Bearer {token}", "Host": "localhost"})


def _memory(rows: int) -> dict[str, int]:
    """What the process had taken after a fifth of a file and at its end; the file lies on the disk."""
    _empty()
    taken: list[int] = []
    kind = KINDS["orders"]
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as written:
        written.write(",".join(order(0, 0)) + "\n")
        written.writelines(",".join(row.values()) + "\n" for row in kind.rows(5 * rows))
        written.flush()
        with Path(written.name).open("rb", buffering=1 << 16) as file:
            _take(kind, file, 5 * rows, lambda _line, _became: taken.append(megabytes()))
    return {"after a fifth": taken[len(taken) // 5], "at the end": taken[-1]}
