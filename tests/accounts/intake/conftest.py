import gzip
from base64 import b64encode

import orjson
import pytest
from django.db import connection, transaction

from accounts.intake.lines import COLUMNS, line

STAGED = """
CREATE TEMP TABLE staged_lines (
    digest uuid, happened_at timestamptz, recorded_at timestamptz, source text, message_id text, name text,
    sent_as text, object text, value numeric(20, 4), campaign text, person uuid, company uuid, session text,
    machine boolean, properties jsonb
) ON COMMIT DROP
"""


@pytest.fixture
def copied(db):
    """What a table holds after it took the lines of the events, or of batches of them, by column."""

    def take(*events):
        return stored(b"".join(line(one) for one in events))

    def stored(lines):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS staged_lines")
            cursor.execute(STAGED)
            with cursor.copy(f"COPY staged_lines ({', '.join(COLUMNS)}) FROM STDIN") as copy:
                copy.write(lines)
            cursor.execute(f"SELECT {', '.join(COLUMNS)} FROM staged_lines")
            return [dict(zip(COLUMNS, row, strict=True)) for row in cursor.fetchall()]

    take.batches = lambda batches: stored(b"".join(bytes(one.lines) for one in batches))
    return take


@pytest.fixture
def make(db):
    """make(name="Shop", source="shop", kind="server") is (row, key)."""
    from accounts.intake.keys import make

    return make


@pytest.fixture
def shop(make):
    """The shop's server."""
    return make(name="Shop", source="shop", kind="server", account_source="crm")


@pytest.fixture
def pages(make):
    """The shop's pages."""
    return make(name="Pages", source="shop", kind="browser", origins=["https://shop.example"])


@pytest.fixture
def sandbox(make):
    return make(name="Trial", source="shop", kind="sandbox")


@pytest.fixture
def send(client, shop):
    """send("batch", {"batch": […]}) as the shop's server; `key`, `packed`, `encoding` and headers say otherwise."""

    def post(kind, body, *, key=None, packed=False, query="", **headers):
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        if packed:
            content, headers["HTTP_CONTENT_ENCODING"] = gzip.compress(content), "gzip"
        shown = b64encode(f"{shop[1] if key is None else key}:".encode()).decode()
        if key != "":
            headers.setdefault("HTTP_AUTHORIZATION", f"Basic {shown}")
        content_type = headers.pop("content_type", "application/json")
        return client.post(f"/v1/{kind}{query}", content, content_type=content_type, **headers)

    return post
