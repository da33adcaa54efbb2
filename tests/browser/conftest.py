"""Chromium of the machine on pages of a live server. Nothing may leave 127.0.0.1, and no page may complain."""

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

# Playwright keeps an event loop in this thread, which Django takes for asynchronous code. Only here: elsewhere the
# complaint would be right.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
os.environ["DJANGO_LIVE_TEST_SERVER_ADDRESS"] = "127.0.0.1"

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium_path():
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next(filter(None, map(shutil.which, names)), None)
    if found:
        return found
    reason = "No Chromium on this machine, so the pages were not looked at. On Debian: apt install chromium"
    if os.environ.get("CI"):
        pytest.fail(reason)
    return pytest.skip(reason)


@pytest.fixture(scope="session")
def browser_type_launch_args(chromium_path):
    return {"executable_path": chromium_path, "args": QUIET}


@pytest.fixture(scope="session")
def browser_context_args():
    return {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}


@pytest.fixture
def context(context):
    """Fails the test on a request to elsewhere, an error in the console (a refused style is one), a throwing script."""
    outside, complaints = [], []

    def note_request(request):
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.hostname != "127.0.0.1":
            outside.append(request.url)

    def note_message(message):
        # That a page answers 404 is what some tests ask for.
        if message.type == "error" and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    context.on("request", note_request)
    context.on("console", note_message)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context
    assert outside == []
    assert complaints == []


@pytest.fixture
def signed_in(context, live_server, client):
    """`signed_in(alice)` puts her session into the browser."""

    def as_user(user):
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        session = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        return user

    return as_user


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)
