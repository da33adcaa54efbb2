"""A web server of our own on a benchmark's database, and a browser that asks it."""

import http.client
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from html import unescape

from django.conf import settings
from django.db import connection
from django.test import Client

from accounts.models import User
from cxhub.embedded import free_port
from cxhub.static_files import collect_static

PATIENCE = 60.0
# What a page asks for by itself once it is there.
ASKS_ON_LOAD = re.compile(r'hx-get="([^"]+)"[^>]*hx-trigger="load"')


@contextmanager
def serving(**settings_of_it: str) -> Iterator[int]:
    """One gunicorn worker on the database of the default connection; its port."""
    collect_static()
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "cxhub.bench.wsgi", "--worker-class", "gthread"]
    command += ["--workers", "1", "--threads", "4", "--bind", f"127.0.0.1:{port}"]
    command += ["--log-level", "warning", "--no-control-socket"]
    environment = (
        os.environ | {"CXHUB_BENCH_DATABASE": str(connection.settings_dict["NAME"])} | settings_of_it
    )
    server = subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR)
    try:
        _wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as browser:
            try:
                browser.request("GET", "/healthz")
                if browser.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.1)
    raise TimeoutError(f"No web server answered on port {port}.")


def signed_in(user: User) -> Client:
    """Within this process, as tests do; its cookie is good for the server too."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


class Browser:
    """A kept-alive connection, signed in."""

    def __init__(self, port: int, user: User) -> None:
        self.cookie = (
            f"{settings.SESSION_COOKIE_NAME}={signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value}"
        )
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def close(self) -> None:
        self.connection.close()

    def open(self, path: str) -> int:
        """The page and all that it asks for by itself; how many requests that were."""
        panels = asked_on_load(self.get(path))
        for panel in panels:
            self.get(panel, {"HX-Request": "true"})
        return 1 + len(panels)

    def get(self, path: str, headers: dict[str, str] | None = None) -> str:
        self.connection.request(
            "GET", path, headers={"Host": "localhost", "Cookie": self.cookie, **(headers or {})}
        )
        answer = self.connection.getresponse()
        body = answer.read().decode()
        if answer.status != 200:
            raise AssertionError(f"{path} answered {answer.status}")
        return body


def asked_on_load(page: str) -> list[str]:
    return [unescape(path) for path in ASKS_ON_LOAD.findall(page)]
