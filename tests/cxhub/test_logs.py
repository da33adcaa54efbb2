import io
import logging
import logging.config

import pytest
from django.conf import settings
from django.core.exceptions import SuspiciousOperation


@pytest.fixture
def written(caplog):
    """What the console of the settings writes."""
    caplog.set_level(logging.WARNING)
    stream = io.StringIO()
    formatter = settings.LOGGING["formatters"]["lines"]
    made = logging.config.DictConfigurator({"version": 1}).configure_custom(dict(formatter))
    handler = logging.StreamHandler(stream)
    handler.setFormatter(made)
    [name] = settings.LOGGING["handlers"]["console"]["filters"]
    callback = settings.LOGGING["filters"][name]["callback"]
    handler.addFilter(callback)
    root = logging.getLogger()
    root.addHandler(handler)
    yield stream.getvalue
    root.removeHandler(handler)


def raised(error):
    password = "open" + " " + "sesame"  # noqa: F841
    try:
        raise error
    except type(error) as caught:
        return caught


@pytest.mark.django_db
def test_a_refusal_is_one_line(client, alice, written):
    client.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")

    assert client.get("/admin/login/").status_code == 403
    assert client.get("/accounts/999999/").status_code == 404

    lines = written().splitlines()
    assert len(lines) == 2
    assert all("request_finished" in line for line in lines)


def test_what_is_suspicious_is_told_without_a_traceback(written):
    logging.getLogger("django.security.SuspiciousOperation").error(
        "Odd", exc_info=raised(SuspiciousOperation()), extra={"status_code": 400}
    )

    assert len(written().splitlines()) == 1
    assert "Odd" in written()


def test_what_broke_is_told_with_its_traceback_and_without_its_variables(written):
    logging.getLogger("django.request").error(
        "Internal Server Error", exc_info=raised(ValueError("broken")), extra={"status_code": 500}
    )

    assert "ValueError: broken" in written()
    assert "open sesame" not in written()
