"""What was said of persons and companies: the same whatever the order in which it came. No database."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from accounts.intake.traits import Rules, canonical, flat, may_be_kept

Call = dict[str, Any]
USER, ANONYMOUS = "user", "anonymous"
# Of how many users an id may be said to be an earlier one: such as "null" are said of everybody.
MOST_USERS = 10
SENT_AS = {
    "type": "type",
    "user": "userId",
    "anonymous": "anonymousId",
    "company": "groupId",
    "previous": "previousId",
    "traits": "traits",
    "at": "timestamp",
}


@dataclass(frozen=True)
class Rejection:
    """A call, or of it the trait `field`, that could not be taken. Of who was erased the call is without its traits."""

    call: Call
    reason: str
    field: str = ""

    @property
    def sent(self) -> Call:
        """The call as a sender would send it."""
        return {sent: self.call[name] for name, sent in SENT_AS.items() if self.call.get(name)}


class Join(NamedTuple):
    """Of several the least counts: what a server said before what a browser said, what was said first."""

    unverified: bool
    at: str
    user: str


@dataclass
class Told:
    """The traits, and when each was said last."""

    traits: dict[str, Any] = field(default_factory=dict)
    times: dict[str, str] = field(default_factory=dict)

    def counts(self, trait: str, value: Any, at: str) -> bool:
        """Whether it is newer than what is known, though it may be the same."""
        if trait not in self.traits:
            return True
        if self.traits[trait] == value:
            return at > self.times[trait]
        return (at, canonical(value)) > (self.times[trait], canonical(self.traits[trait]))

    def hear(self, trait: str, value: Any, at: str) -> None:
        if self.counts(trait, value, at):
            self.traits[trait], self.times[trait] = value, at

    def copy(self) -> "Told":
        return Told(dict(self.traits), dict(self.times))


# Of (earlier id, user) when a server said first that they are one; at the same moment the first to come stands first.
Aliases = dict[tuple[str, str], str]


@dataclass
class State:
    """By user what was said of them, and the accounts with when each was said first; by anonymous id whose it is."""

    told: dict[str, Told] = field(default_factory=dict)
    companies: dict[str, dict[str, str]] = field(default_factory=dict)
    joins: dict[str, Join] = field(default_factory=dict)
    aliases: Aliases = field(default_factory=dict)

    def copy(self) -> "State":
        return State(
            {user: told.copy() for user, told in self.told.items()},
            {user: dict(companies) for user, companies in self.companies.items()},
            dict(self.joins),
            dict(self.aliases),
        )

    def others(self) -> dict[tuple[str, str, str], tuple[bool, str]]:
        """By (kind, id, user) whether it is verified, and when it was said."""
        joins = {
            (ANONYMOUS, value, join.user): (not join.unverified, join.at)
            for value, join in sorted(self.joins.items())
        }
        return joins | {(USER, previous, user): (True, at) for (previous, user), at in self.aliases.items()}


@dataclass
class Person:
    """All users that are one, with all that was said of any of them; `told_of` are those of whom a server spoke."""

    root: str
    users: set[str] = field(default_factory=set)
    told_of: set[str] = field(default_factory=set)
    anonymous: dict[str, bool] = field(default_factory=dict)
    told: Told = field(default_factory=Told)
    companies: dict[str, str] = field(default_factory=dict)

    def ids(self) -> dict[tuple[str, str], bool]:
        """By (kind, id) whether it is verified."""
        users = {(USER, user): True for user in self.told_of}
        return users | {(ANONYMOUS, value): verified for value, verified in self.anonymous.items()}


def moment(text: str) -> str:
    """In UTC and of one length, so that texts are in the order of moments."""
    said = datetime.fromisoformat(text)
    aware = said if said.tzinfo else said.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="microseconds")


# Calls


class Hearing:
    """Takes calls into a state. `gone` are the users, and `erased` the addresses, of those who were erased."""

    def __init__(
        self,
        state: State,
        companies: dict[str, Told],
        rules: tuple[Rules, Rules],
        *,
        gone: Collection[str] = (),
        erased: Collection[str] = (),
    ) -> None:
        self.state, self.companies = state, companies
        self.of_persons, self.of_companies = rules
        self.gone, self.erased = gone, erased
        self.rejected: dict[tuple[str, ...], Rejection] = {}
        self.called: dict[tuple[str, str], Call] = {}

    def hear(self, calls: Iterable[Call]) -> list[Rejection]:
        for call in calls:
            {"identify": self._identify, "group": self._group, "alias": self._alias}[call["type"]](call)
        self._reject_circles()
        return list(self.rejected.values())

    def _identify(self, call: Call) -> None:
        user, at = call.get("user"), moment(call["at"])
        if not user or self._is_gone(call, user):
            return
        if anonymous := call.get("anonymous"):
            self._join(anonymous, Join(not call["verified"], at, user))
        if call["verified"]:
            told = self.state.told.setdefault(user, Told())
            self._tell(told, self.of_persons, call, at, about=user)

    def _group(self, call: Call) -> None:
        company, user = call.get("company"), call.get("user")
        if not company or not call["verified"]:
            return
        at = moment(call["at"])
        self._tell(self.companies.setdefault(company, Told()), self.of_companies, call, at, about=company)
        if user and user not in self.gone:
            self.state.told.setdefault(user, Told())
            since = self.state.companies.setdefault(user, {})
            since[company] = min(at, since.get(company, at))

    def _alias(self, call: Call) -> None:
        user, previous = call.get("user"), call.get("previous")
        if not user or not previous or self._is_gone(call, user):
            return
        at = moment(call["at"])
        if not call["verified"]:
            self._join(previous, Join(True, at, user))
            return
        alias = previous, user
        self.called.setdefault(alias, call)
        known_at = self.state.aliases.get(alias)
        if previous != user and (known_at is None or at < known_at):
            self.state.aliases.pop(alias, None)
            self.state.aliases[alias] = at

    def _reject_circles(self) -> None:
        """What is rejected counts for nothing, as long as what was said before it does count."""
        self.state.aliases = kept(self.state.aliases)
        circles = led(self.state.aliases)[1]
        for alias, call in self.called.items():
            if alias in circles or alias[0] == alias[1]:
                self.rejected["circle", *alias] = Rejection(call, "circle", "previousId")
            else:
                self.state.told.setdefault(alias[1], Told())

    def _join(self, anonymous: str, join: Join) -> None:
        self.state.joins[anonymous] = min(join, self.state.joins.get(anonymous, join))

    def _tell(self, told: Told, rules: Rules, call: Call, at: str, *, about: str) -> None:
        for trait, value in flat(call.get("traits") or {}).items():
            if not told.counts(trait, value, at):
                continue
            if not rules.fits(trait, value):
                self._reject(call, "trait", trait, about)
            elif rules.knows(trait) or may_be_kept(value):
                told.hear(trait, value, at)

    def _is_gone(self, call: Call, user: str) -> bool:
        """Nothing is kept of who was erased."""
        if user not in self.gone and not (
            self.erased and self.of_persons.email(flat(call.get("traits") or {})) in self.erased
        ):
            return False
        self._reject({**call, "traits": {}}, "erased", "", user)
        return True

    def _reject(self, call: Call, reason: str, about: str, whose: str = "") -> None:
        """Each once in a batch: a page says the same whenever it is loaded."""
        key = (call["type"], whose or str(call.get("user")), reason, about)
        self.rejected.setdefault(key, Rejection(call, reason, about))


# Who is who


def kept(aliases: Aliases) -> Aliases:
    """Of each id those that were said first."""
    said: Counter[str] = Counter()
    found = {}
    for alias in sorted(aliases, key=aliases.__getitem__):
        said[alias[0]] += 1
        if said[alias[0]] <= MOST_USERS:
            found[alias] = aliases[alias]
    return found


def led(aliases: Aliases) -> tuple[dict[str, str], set[tuple[str, str]]]:
    """By earlier id whose it is, and the aliases that would lead in a circle.

    Of each id that alias counts that was said first, unless its user leads back to the id by what was said before.
    """
    leads: dict[str, str] = {}
    circles = set()
    for previous, user in sorted(aliases, key=aliases.__getitem__):
        if previous in leads:
            continue
        if end(user, leads) == previous:
            circles.add((previous, user))
        else:
            leads[previous] = user
    return leads, circles


def end(user: str, leads: Mapping[str, str]) -> str:
    while user in leads:
        user = leads[user]
    return user


def persons(state: State) -> dict[str, Person]:
    """By the user that all others of the person lead to."""
    leads, _circles = led(state.aliases)
    found: dict[str, Person] = {}

    def person_of(user: str) -> Person:
        root = end(user, leads)
        return found.setdefault(root, Person(root, {root}))

    for user, told in state.told.items():
        person = person_of(user)
        person.users.add(user)
        person.told_of.add(user)
        for trait, value in told.traits.items():
            person.told.hear(trait, value, told.times[trait])
        for company, at in state.companies.get(user, {}).items():
            person.companies[company] = min(at, person.companies.get(company, at))
    for previous, user in leads.items():
        both = {previous, user}
        person = person_of(user)
        person.users |= both
        person.told_of |= both
    for value, join in _anonymous(state, leads).items():
        person = person_of(join.user)
        person.users.add(join.user)
        person.anonymous[value] = not join.unverified
    return found


def _anonymous(state: State, leads: Mapping[str, str]) -> dict[str, Join]:
    """An earlier id may also be one that was anonymous."""
    found = dict(state.joins)
    for alias in leads.items():
        join = Join(False, state.aliases[alias], alias[1])
        found[alias[0]] = min(join, found.get(alias[0], join))
    return found
