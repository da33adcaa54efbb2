from tests.accounts.messages.conftest import provider, receive, server

__all__ = ["provider", "receive", "server"]
