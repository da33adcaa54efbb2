"""Telling: a row of what happened, and one for everybody who is to know and may; once, however often it is said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.backends import ModelBackend

from accounts.models import Account, Notice, NotificationSetting, User
from accounts.notices.kinds import KINDS, NAMED, OWNER

SEE_ALL = "accounts.view_all_accounts"


@dataclass(frozen=True)
class Happening:
    """`to`: users by id, besides those whom the kind names. `key`: the same one again tells nobody."""

    account: int | None
    payload: Mapping[str, Any]
    to: Iterable[int | None] = field(default=())
    key: str = ""


def tell(
    kind: str,
    payload: Mapping[str, Any],
    now: datetime,
    *,
    account: int | None = None,
    to: Iterable[int | None] = (),
    key: str = "",
) -> None:
    """Within the caller's transaction."""
    tell_all(kind, [Happening(account, payload, to, key)], now)


def tell_all(kind: str, happenings: Sequence[Happening], now: datetime) -> None:
    """The same number of statements however many they are."""
    wanted = [(one, user) for one, users in _whom(kind, happenings) for user in users]
    seeing = who_sees({one.account for one, _user in wanted if one.account}, {user for _one, user in wanted})
    told = [(one, user) for one, user in wanted if one.account is None or (one.account, user) in seeing]
    write(
        [of_what_happened(kind, one, now) for one in happenings] + of_users(kind, told, now),
    )


def write(notices: Sequence[Notice]) -> None:
    Notice.objects.bulk_create(notices, ignore_conflicts=True)


def of_what_happened(kind: str, one: Happening, now: datetime) -> Notice:
    return Notice(
        kind=kind,
        account_id=one.account,
        payload=dict(one.payload),
        happened_at=now,
        key=f"{kind}:{one.key}" if one.key else None,
    )


def of_users(kind: str, told: Sequence[tuple[Happening, int]], now: datetime) -> list[Notice]:
    """Each with where its recipient wants to be told."""
    users = {user for _one, user in told}
    settings = NotificationSetting.objects.filter(user__in=users, user__is_active=True)
    working = set(User.objects.filter(pk__in=users, is_active=True).values_list("pk", flat=True))
    wishes = {setting.user_id: setting for setting in settings}
    rows = []
    for one, user in told:
        if user in working:
            notice = of_what_happened(kind, one, now)
            notice.recipient_id = user
            notice.mail, notice.chat = wish(wishes.get(user), kind)
            rows.append(notice)
    return rows


def wish(setting: NotificationSetting | None, kind: str) -> tuple[str, bool]:
    """How it is mailed, and whether it is posted."""
    known = KINDS[kind]
    said = setting.channels.get(kind, {}) if setting else {}
    chats = bool(setting and setting.chat_url)
    return said.get("mail", known.mail), chats and said.get("chat", known.is_important)


# Who


def _whom(kind: str, happenings: Sequence[Happening]) -> list[tuple[Happening, set[int]]]:
    """With no account, or nobody who owns it, there is no owner to tell."""
    to = KINDS[kind].to
    named = [(one, {user for user in one.to if user}) for one in happenings]
    if to == OWNER:
        accounts = Account.objects.filter(pk__in={one.account for one in happenings}, owner__isnull=False)
        owners = dict(accounts.values_list("pk", "owner"))
        return [
            (one, users | ({owners[one.account]} if one.account in owners else set())) for one, users in named
        ]
    if to == NAMED:
        return named
    holders = holders_of(to)
    return [(one, users | holders) for one, users in named]


def holders_of(permission: str, among: Iterable[int] | None = None) -> set[int]:
    """Active users, by id."""
    holders = ModelBackend().with_perm(permission).order_by()
    if among is not None:
        holders = holders.filter(pk__in=among)
    return set(holders.values_list("pk", flat=True))


def who_sees(accounts: set[int], users: set[int]) -> set[tuple[int, int]]:
    """Which of the accounts each of the users sees, as `visible_to` says of one user: (account, user)."""
    if not accounts or not users:
        return set()
    homes = Account.objects.filter(pk__in=accounts).values_list("pk", "owner", "team")
    seen = {(account, owner) for account, owner, _team in homes if owner in users}
    if len(seen) == len(accounts) * len(users):
        return seen
    everything = holders_of(SEE_ALL, users)
    teams: dict[int, set[int]] = {}
    for team, user in User.teams.through.objects.filter(user__in=users).values_list("team", "user"):
        teams.setdefault(team, set()).add(user)
    for account, _owner, team in homes:
        seen |= {(account, user) for user in everything | teams.get(team, set())}
    return seen
