from tests.accounts.conftest import csm
from tests.accounts.messages.conftest import server

__all__ = ["csm", "server"]
