from pathlib import Path

import pytest

from tests.real.installation import Installation


@pytest.fixture
def installation():
    """Not started yet: `installation.start()` is what the README says, `installation.up()` the same without demo data."""
    made = Installation()
    yield made
    made.remove()


def pytest_collection_modifyitems(items):
    here = str(Path(__file__).parent)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.real)
