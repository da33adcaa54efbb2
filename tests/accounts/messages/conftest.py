from contextlib import ExitStack

import pytest

from tests import smtp
from tests.accounts.webhooks.receiving import answer, receiver


@pytest.fixture
def server(settings):
    """Where mails go in this test."""
    with smtp.serving() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@pytest.fixture
def receive():
    """Makes a receiver of HTTP, as many as are asked for."""
    with ExitStack() as stack:
        yield lambda *what, **how: stack.enter_context(receiver(*what, **how))


@pytest.fixture
def provider(settings, receive):
    """Where SMS go in this test."""
    provider = receive(answer(200, b'{"id": "theirs-1"}'))
    settings.SMS, settings.SMS_URL, settings.SMS_FROM = "http", provider.url, "+966500000000"
    return provider
