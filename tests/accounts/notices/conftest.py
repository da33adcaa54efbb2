from tests.accounts.messages.conftest import server
from tests.accounts.webhooks.conftest import private, receive

__all__ = ["private", "receive", "server"]
