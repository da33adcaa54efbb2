"""Somebody's book of accounts goes to others, and what else is theirs goes along or is said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import cycle

from django.db import models
from django.db.models import Q, QuerySet

from accounts import actions
from accounts.actions import Change
from accounts.models import Account, ApiToken, Job, Team, Ticket, TicketEvent, User
from accounts.models.tickets import latest_kind

# Account -> who gets it, both by id.
Shares = Mapping[int, int]


@dataclass(frozen=True)
class Remains:
    """What names a person still: counts, or names. `owned` are kinds of rows of which they must stay the owner."""

    accounts: int
    tickets: int
    teams: list[str]
    tokens: list[str]
    owned: list[tuple[str, int]]

    @property
    def is_nothing(self) -> bool:
        return not (self.accounts or self.tickets or self.owned)


def book_of(user: User) -> QuerySet[Account]:
    """Internal ones too, and losers of merges: whatever they own."""
    return Account.objects.filter(owner=user)


def open_tickets(user: User) -> QuerySet[Ticket]:
    """Theirs to answer: neither resolved nor spam, nor part of another one."""
    assigned: QuerySet[Ticket] = Ticket.objects.filter(assignee=user, spam=False, merged_into=None)
    # Without a log it is open.
    return assigned.annotate(latest=latest_kind()).filter(Q(latest=None) | ~Q(latest__in=TicketEvent.ENDING))


def dealt(accounts: Sequence[int], to: Sequence[int]) -> dict[int, int]:
    """In turn, so that nobody has more than one more than another."""
    return dict(zip(accounts, cycle(to), strict=False)) if to else {}


def remains(user: User) -> Remains:
    return Remains(
        accounts=book_of(user).count(),
        tickets=open_tickets(user).count(),
        teams=list(Team.objects.filter(members=user).values_list("name", flat=True)),
        tokens=list(ApiToken.objects.filter(user=user).values_list("name", flat=True)),
        owned=_owned(user),
    )


def begin(
    leaver: User,
    shares: Shares,
    *,
    others: User | None,
    day: date,
    today: date,
    reason: str,
    by: User | None,
) -> Job:
    """The waiting job. Tickets go with their account, those of no account in the shares to `others`, if to anybody.

    Dated ahead, accounts change hands on the day; tickets stay where they are, for somebody must answer until then.
    """
    whole = with_merged(leaver, shares)
    tickets = open_tickets(leaver) if day <= today else Ticket.objects.none()
    chosen: list[tuple[QuerySet[models.Model], Change]] = []
    for to in sorted(set(whole.values())):
        accounts = [account for account in whole if whole[account] == to]
        chosen.append((book_of(leaver).filter(pk__in=accounts), Change("owner", str(to), day)))
        chosen.append((tickets.filter(account__in=accounts), Change("ticket.assignee", str(to), day)))
    if others:
        rest = tickets.filter(Q(account=None) | ~Q(account__in=list(whole)))
        chosen.append((rest, Change("ticket.assignee", str(others.pk), day)))
    names = User.objects.filter(pk__in=whole.values()).order_by("name", "email")
    said = f"{leaver} → {', '.join(str(user) for user in names)}"
    parameters = {"from": leaver.pk, "said": said, "reason": reason, "day": day.isoformat()}
    return actions.begin(chosen, by=by, kind=actions.HANDOVER, parameters=parameters)


def with_merged(leaver: User, shares: Shares) -> dict[int, int]:
    """Losers of merges go where their survivor goes; where that is somebody else's already, to its owner."""
    losers = book_of(leaver).exclude(merged_into=None).values_list("pk", "merged_into", "merged_into__owner")
    found = dict(shares)
    for loser, survivor, owner in losers:
        to = found.get(survivor or 0) or (owner if owner != leaver.pk else None)
        if to:
            found[loser] = to
    return found


def _owned(user: User) -> list[tuple[str, int]]:
    """Rows that keep a user from being deleted, by what they are called; accounts are told apart."""
    found = []
    for relation in User._meta.related_objects:
        model = relation.related_model
        if relation.on_delete is not models.PROTECT or model is Account:
            continue
        rows = model._default_manager.filter(**{relation.field.name: user}).count()
        if rows:
            found.append((str(model._meta.verbose_name_plural), rows))
    return found
