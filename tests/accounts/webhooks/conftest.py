from contextlib import ExitStack

import pytest

from tests.accounts.webhooks.receiving import receiver


@pytest.fixture
def private(settings):
    """As where the receivers are in one's own network."""
    settings.WEBHOOKS_MAY_REACH_PRIVATE = True


@pytest.fixture
def receive(private):
    with ExitStack() as stack:
        yield lambda *what, **how: stack.enter_context(receiver(*what, **how))
