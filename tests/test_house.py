import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings

from cxhub.celery import app

ROOT = Path(__file__).resolve().parent.parent
PRODUCTION = {
    "CXHUB_ENV": "production",
    "CXHUB_SECRET_KEY": secrets.token_urlsafe(50),
    "CXHUB_URL": "https://cx.example.com",
    "CXHUB_MAIL_FROM": "cxhub@example.com",
    "EMAIL_URL": "smtp+tls://name:password@mail.example.com:587",
    "DATABASE_URL": "postgres://name:password@localhost/cxhub",
    "REDIS_URL": "redis://localhost/0",
}


def check(**environment):
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    known = {"PATH": os.environ["PATH"], "CXHUB_VAR": os.environ["CXHUB_VAR"]}
    return subprocess.run(command, cwd=ROOT, env=known | environment, capture_output=True, text=True)


def test_production_settings_pass_the_deployment_checks():
    done = check(**PRODUCTION)

    assert (done.returncode, done.stderr) == (0, "")


# Each is a process of its own, which takes seconds.
WRONG = [
    ({"CXHUB_ENV": "prod"}, "cxhub.E001"),
    ({"CXHUB_SECRET_KEY": ""}, "CXHUB_SECRET_KEY is not set"),
    ({"CXHUB_WEBHOOKS_PRIVATE": "127.0.0.0/8"}, "CXHUB_WEBHOOKS_PRIVATE is '127.0.0.0/8'"),
    *(
        pytest.param(change, complaint, marks=pytest.mark.long)
        for change, complaint in [
            ({"CXHUB_SECRET_KEY": "short"}, "cxhub.E002"),
            ({"CXHUB_URL": ""}, "cxhub.E003"),
            ({"CXHUB_URL": "cx.example.com"}, "cxhub.E003"),
            ({"CXHUB_URL": "http://cx.example.com"}, "cxhub.W001"),
            ({"CXHUB_HOSTS": "*"}, "cxhub.E004"),
            ({"EMAIL_URL": ""}, "cxhub.E010"),
            ({"CXHUB_MAIL_FROM": ""}, "cxhub.E011"),
            ({"CXHUB_OIDC_CLIENT_ID": "cxhub"}, "cxhub.E012"),
            ({"CXHUB_SMS": "pigeon"}, "cxhub.E013"),
            ({"CXHUB_SMS": "http"}, "cxhub.E014"),
            ({"CXHUB_SMS": "twilio", "CXHUB_TWILIO_SID": "AC1", "CXHUB_TWILIO_TOKEN": "x"}, "cxhub.E014"),
        ]
    ),
]


@pytest.mark.long
@pytest.mark.parametrize(("change", "complaint"), WRONG)
def test_production_says_what_is_wrong(change, complaint):
    environment = {name: value for name, value in (PRODUCTION | change).items() if value}

    done = check(**environment)

    assert done.returncode != 0
    assert complaint in done.stderr


def test_every_setting_is_documented():
    source = (ROOT / "cxhub" / "settings.py").read_text() + (ROOT / "cxhub" / "embedded.py").read_text()
    read = set(re.findall(r"""(?:env\.\w+|environment\.get)\(\s*"([A-Z_]+)""", source))

    documented = set(
        re.findall(r"^\| \**`([A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE)
    )

    assert "CXHUB_URL" in read
    assert read == documented


def test_timetable_names_only_tasks_that_exist():
    current_app.loader.import_default_modules()

    named = {entry["task"] for entry in app.conf.beat_schedule.values()}

    assert named
    assert named - set(app.tasks) == set()


def test_every_local_app_has_its_tests():
    assert {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()} >= {
        "accounts",
        "cxhub",
        "metrics",
    }


def test_secrets_have_no_default_in_the_source():
    source = (ROOT / "cxhub" / "settings.py").read_text()

    defaults = re.findall(
        r'env\.str\("[A-Z_]*(?:SECRET|TOKEN|PASSWORD|DSN)[A-Z_]*", default="([^"]*)"', source
    )

    assert set(defaults) == {""}


def test_made_up_secret_is_ours_alone():
    file = settings.VAR / "secret-key"

    assert file.read_text() == settings.SECRET_KEY
    assert file.stat().st_mode & 0o077 == 0
