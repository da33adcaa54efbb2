"""Accounts that got another owner or stage: the owners before and after are told, but not of what they did themselves.

Of many at once, as an import or a hand-over changes them, each is told how many they are.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from accounts.models import User
from accounts.notices.kinds import BOOK_CHANGED, OWNER_CHANGED, STAGE_CHANGED
from accounts.notices.telling import Happening, of_users, of_what_happened, who_sees, write

# More than so many for one person are told as a number.
MOST = 20


class Changed(NamedTuple):
    """An account; who owns it (by id), and its stage, before and after."""

    account: int
    name: str
    owner_before: int | None
    owner: int | None
    stage_before: str
    stage: str


class Event(NamedTuple):
    kind: str
    happening: Happening
    users: set[int]


def tell(changed: Sequence[Changed], now: datetime, *, by: int | None) -> None:
    """`by`: who did it, by id."""
    events = _events(changed, by)
    notices = [of_what_happened(kind, happening, now) for kind, happening, _users in events]
    told = _told(events)
    for kind in (OWNER_CHANGED, STAGE_CHANGED, BOOK_CHANGED):
        if told.get(kind):
            notices += of_users(kind, told[kind], now)
    write(notices)


def _events(changed: Sequence[Changed], by: int | None) -> list[Event]:
    owned = [one for one in changed if one.owner_before != one.owner]
    names = _names({user for one in owned for user in (one.owner_before, one.owner) if user})
    found = []
    for one in owned:
        said = {"name": one.name, "before": names.get(one.owner_before), "owner": names.get(one.owner)}
        happening = Happening(one.account, said)
        found.append(Event(OWNER_CHANGED, happening, _besides(by, one.owner_before, one.owner)))
    for one in changed:
        if one.stage_before != one.stage:
            happening = Happening(
                one.account, {"name": one.name, "before": one.stage_before, "stage": one.stage}
            )
            found.append(Event(STAGE_CHANGED, happening, _besides(by, one.owner)))
    return found


def _told(events: Sequence[Event]) -> dict[str, list[tuple[Happening, int]]]:
    """By kind. Who lost an account and sees it no longer is told without a way to it."""
    users = {user for event in events for user in event.users}
    seeing = who_sees({event.happening.account for event in events if event.happening.account}, users)
    told: dict[str, list[tuple[Happening, int]]] = {}
    for user in sorted(users):
        theirs = [(kind, one) for kind, one, whom in events if user in whom]
        accounts = {one.account for _kind, one in theirs}
        if len(accounts) > MOST:
            told.setdefault(BOOK_CHANGED, []).append((Happening(None, {"count": len(accounts)}), user))
            continue
        for kind, one in theirs:
            shown = one if (one.account, user) in seeing else Happening(None, one.payload)
            told.setdefault(kind, []).append((shown, user))
    return told


def _besides(by: int | None, *users: int | None) -> set[int]:
    return {user for user in users if user and user != by}


def _names(users: set[int]) -> dict[int | None, str]:
    return {user.pk: str(user) for user in User.objects.filter(pk__in=users)}
