"""Fifty programs that write the same rows at once, and again when they heard no answer."""

import json
import socket
import urllib.request
from concurrent.futures import ThreadPoolExecutor

WRITERS, ROWS = 50, 20
TOKEN = """
from accounts.models import User
from accounts.tokens import issue
boss = User.objects.create_superuser("boss@example.com", "correct horse battery")
print(issue(boss, name="Writers", scopes=["write"], lifetime=None)[1])
"""
# The rows as they are, and for each its history: (what, value before, value after, who).
KEPT = """
import json
from accounts.models import AuditEntry, Job, Product

who = dict(Job.objects.filter(kind="bulk").values_list("pk", "parameters__source"))
entries = AuditEntry.objects.filter(table="accounts_product").order_by("pk")
of = "category"
print(json.dumps([
    list(Product.objects.values_list("pk", "sku", "category")),
    [[e.row, e.action, (e.before or {}).get(of), (e.after or {}).get(of), who[e.job_id]] for e in entries],
    sorted(set(Job.objects.filter(kind="bulk").values_list("state", flat=True))),
]))
"""


def test_many_writers_of_the_same_rows(running):
    installation = running
    token = installation.run("shell", "-v", "0", "-c", TOKEN).strip()

    def write(number):
        name = f"writer-{number}"
        body = json.dumps([{"sku": str(row), "category": name} for row in range(ROWS)]).encode()
        path = f"/api/v1/bulk/products/?source={name}"
        head = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if number % 3 == 0:
            send_and_hang_up(installation.port, path, head, body)
        asked = urllib.request.Request(installation.url + path, body, head, method="POST")
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return json.load(answer)

    with ThreadPoolExecutor(WRITERS) as writers:
        answers = list(writers.map(write, range(WRITERS)))
    rows, history, states = json.loads(installation.run("shell", "-v", "0", "-c", KEPT))

    assert {answer["totals"]["rejected"] for answer in answers} == {0}
    assert states == ["done"]
    assert sorted(sku for _pk, sku, _category in rows) == sorted(map(str, range(ROWS)))
    # Requests go one after another, so all rows are the last one's.
    assert len({category for _pk, _sku, category in rows}) == 1
    for pk, _sku, category in rows:
        entries = [entry[1:] for entry in history if entry[0] == pk]
        (first, *_nothing, creator), *changes = entries
        assert first == "insert"
        assert [change[0] for change in changes] == ["update"] * len(changes)
        assert [after for _what, _before, after, _who in changes] == [who for *_rest, who in changes]
        values = [creator, *(after for _what, _before, after, _who in changes)]
        assert [before for _what, before, _after, _who in changes] == values[:-1]
        assert values[-1] == category
        assert set(values) == {f"writer-{number}" for number in range(WRITERS)}


def send_and_hang_up(port, path, head, body):
    """Nobody will know what became of it, so it is sent again."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        *(f"{name}: {value}" for name, value in head.items()),
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.sendall("\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body)
