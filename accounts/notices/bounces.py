"""Messages that came back: whoever owns the account is told once of those that came back together."""

from collections.abc import Collection
from datetime import datetime

from accounts.models import Message
from accounts.notices.kinds import BOUNCED
from accounts.notices.telling import Happening, tell_all

# So many addresses are named.
NAMED = 3


def tell(messages: Collection[int], now: datetime) -> None:
    """Within the transaction in which they became so; of others among them nothing is said."""
    if not messages:
        return
    rows = Message.objects.filter(pk__in=messages, state=Message.State.BOUNCED).exclude(account=None)
    by_account: dict[int, list[tuple[int, str, str]]] = {}
    for account, *row in rows.order_by("pk").values_list("account", "pk", "address", "account__name"):
        by_account.setdefault(account, []).append(tuple(row))
    tell_all(BOUNCED, [_of(account, came) for account, came in by_account.items()], now)


def _of(account: int, came: list[tuple[int, str, str]]) -> Happening:
    first, _address, name = came[0]
    addresses = ", ".join(address for _pk, address, _name in came[:NAMED])
    payload = {
        "count": len(came),
        "name": name,
        "addresses": f"{addresses} …" if len(came) > NAMED else addresses,
        "messages": [pk for pk, _address, _name in came],
    }
    return Happening(account, payload, key=str(first))
