from pathlib import Path

import pytest

from tests import smtp
from tests.real.installation import Installation


@pytest.fixture
def installation():
    """Not started yet: `start()` is what the README says, `up()` the same without demo data."""
    made = Installation()
    yield made
    made.remove()


@pytest.fixture(scope="session")
def mail_server():
    with smtp.serving() as server:
        yield server


@pytest.fixture(scope="session")
def running(mail_server):
    """One for all that may share it: web, workers and timetable without demo data, up to the last test.

    Whoever uses it is in the group `running`, so that one process of the tests starts it.
    """
    made = Installation(
        CXHUB_WEB_PROCESSES="2",
        EMAIL_URL=f"smtp://127.0.0.1:{mail_server.port}",
        CXHUB_MAIL_WEBHOOK_SECRET="provider:secret",
        CXHUB_WEBHOOKS_PRIVATE="1",
    )
    try:
        yield made.up()
        assert made.stop() == 0
        assert made.pids() == set()
    finally:
        made.remove()


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.real)
