import pytest


@pytest.fixture
def omar(db):
    """Imports files."""
    from tests.cxhub.importing import user_with

    return user_with("Operations")


@pytest.fixture
def desk(omar):
    """His browser."""
    from tests.cxhub.importing import browser_of

    return browser_of(omar)
