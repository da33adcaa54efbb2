import json
import os
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

HERE = Path(__file__).parent
ORACLES = json.loads((HERE / "oracles.json").read_text(), parse_float=Decimal)
FOLDER = os.environ.get("CXHUB_REAL_DATA")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.oracle)
            item.add_marker(pytest.mark.django_db)
            if not FOLDER:
                reason = "CXHUB_REAL_DATA does not name the folder with the data (tests/oracles/README.md)"
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def real():
    """real("cdnow/CDNOW_master.txt") is the path of the file."""
    return lambda name: Path(FOLDER, name)


@pytest.fixture(scope="module")
def read_in(lasting):
    """read_in("orders", path, "--map", "date=ordered_at"): every row of the file is taken."""

    def run(resource, path, *options):
        call_command("import_csv", resource, str(path), *options)

    return run


@pytest.fixture(scope="module")
def api(lasting):
    """api("metrics/mrr/", as_of="2026-01-31") is the answer, numbers exact."""
    from accounts.models import User
    from accounts.tokens import issue

    reader = User.objects.create_superuser("reader@example.com")
    _row, token = issue(reader, name="Oracles", scopes=["read"], lifetime=None)
    client = Client(headers={"Authorization": f"Bearer {token}"})

    def get(path, **query):
        response = client.get(f"/api/v1/{path}", query)
        assert response.status_code == 200, response.content
        return response.json()

    return get
