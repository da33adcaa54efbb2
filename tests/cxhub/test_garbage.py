"""In processes of their own: whoever runs the tests has left what is loaded already."""

import subprocess
import sys

import pytest

WORKER = """
import django
from celery.signals import worker_init
import cxhub.celery

django.setup()
worker_init.send(sender=None)
"""
SAYS = "import gc; print(gc.get_freeze_count() > 10_000, gc.get_threshold()[0])"


@pytest.mark.long
@pytest.mark.parametrize(
    "process",
    [pytest.param("import cxhub.wsgi", id="web"), pytest.param(WORKER, id="worker", marks=pytest.mark.long)],
)
def test_what_a_long_process_has_loaded_is_not_looked_through_again(process):
    said = subprocess.run(
        [sys.executable, "-c", f"{process}\n{SAYS}"], capture_output=True, text=True, check=True, timeout=60
    )

    assert said.stdout.split() == ["True", "20000"]
