import socket

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Account


def test_taken_port_is_said_before_anything_is_touched(settings, db):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings.PORT = taken.getsockname()[1]

        with pytest.raises(CommandError, match=f"127.0.0.1 port {settings.PORT}: Address already in use"):
            call_command("up", "--demo")

    assert not Account.objects.exists()


def test_address_of_another_machine_is_refused(settings):
    settings.BIND = "192.0.2.1"

    with pytest.raises(CommandError, match="192.0.2.1"):
        call_command("up")
