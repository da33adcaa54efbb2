import pytest

from tests import smtp


@pytest.fixture
def server(settings):
    """Where mails go in this test."""
    with smtp.serving() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server
