"""Tests of this folder share one installation, so one process of the tests runs them: see `tests/conftest.py`."""

import pytest

from tests.real.installation import Installation


@pytest.fixture(scope="session")
def running(mail_server):
    """One for all that may share it: web, workers and timetable without demo data, up to the last test."""
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
