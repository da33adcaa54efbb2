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


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.real)
