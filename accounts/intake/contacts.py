"""Which contacts a person of a sender is, who becomes one, and the ids by which events find them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, Self

from django.db import connection
from django.db.models import Max, Min, Q
from django.db.models.functions import Coalesce, Lower

from accounts.intake.said import ANONYMOUS, USER, Person
from accounts.intake.traits import Rules
from accounts.models import Contact, ErasedAddress, Identity

# Contacts that have the id of a user, or to which the id leads; of one who was merged, the survivor. `firm`: because
# the contact itself has the id, or because people entered it.
LINKS = """
SELECT l."user", l.firm, l.led, c.id, coalesce(a.merged_into_id, a.id), lower(c.email), c.erased_at IS NOT NULL,
       CASE WHEN c.source = %(source)s THEN coalesce(c.external_id, '') ELSE '' END
FROM (
  SELECT external_id, true, false, coalesce(merged_into_id, id) FROM accounts_contact
  WHERE source = %(source)s AND external_id = ANY(%(users)s::text[])
  UNION ALL
  SELECT i.value, NOT i.derived, true, coalesce(c.merged_into_id, c.id)
  FROM accounts_identity i JOIN accounts_contact c ON c.id = i.contact_id
  WHERE i.source = %(source)s AND i.kind = 'user' AND i.value = ANY(%(users)s::text[])
    AND (i.until IS NULL OR i.until > %(today)s)
) AS l ("user", firm, led, contact) JOIN accounts_contact c ON c.id = l.contact
JOIN accounts_account a ON a.id = c.account_id
ORDER BY c.id, l."user" """


class Link(NamedTuple):
    user: str
    firm: bool
    led: bool
    contact: int


class Known(NamedTuple):
    """A contact: at which account, by which address (in small letters), and whose id of this source it has."""

    account: int
    email: str
    owner: str


@dataclass
class Book:
    """What contacts there are of some users; `sharing` are all users of these contacts, `gone` those of erased ones."""

    links: list[Link] = field(default_factory=list)
    contacts: dict[int, Known] = field(default_factory=dict)
    sharing: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, source: str, users: Collection[str], today: date) -> Self:
        book = cls()
        with connection.cursor() as cursor:
            cursor.execute(LINKS, {"source": source, "users": list(users), "today": today})
            for user, firm, led, pk, account, email, erased, owner in cursor.fetchall():
                if erased:
                    book.gone.add(user)
                else:
                    book.links.append(Link(user, firm, led, pk))
                    book.contacts[pk] = Known(account, email, owner)
        if book.contacts:
            rows = Identity.objects.filter(source=source, kind=USER, contact__in=book.contacts)
            book.sharing = set(rows.values_list("value", flat=True))
            book.sharing |= {known.owner for known in book.contacts.values() if known.owner}
        return book


def settle(
    before: Mapping[str, Person],
    after: Mapping[str, Person],
    *,
    source: str,
    book: Book,
    accounts: Mapping[str, int],
    rules: Rules,
    today: date,
) -> set[str]:
    """Contacts and identities follow what was said; returns the addresses that contacts got or lost."""
    return _Settling(before, after, source, book, accounts, rules).settle()


class _Settling:
    """Step by step: who keeps the contacts that there are, what these say, who is found by an address, who is new."""

    def __init__(
        self,
        before: Mapping[str, Person],
        after: Mapping[str, Person],
        source: str,
        book: Book,
        accounts: Mapping[str, int],
        rules: Rules,
    ) -> None:
        self.source, self.book, self.rules = source, book, rules
        emails = {root: rules.email(person.told.traits) for root, person in after.items()}
        erased = ErasedAddress.objects.among(emails.values())
        self.persons = {
            root: person
            for root, person in sorted(after.items())
            if not person.users & book.gone and emails[root] not in erased
        }
        self.emails = {root: emails[root] for root in self.persons}
        self.accounts = {
            root: {accounts[company] for company in person.companies if company in accounts}
            for root, person in self.persons.items()
        }
        self.root_of = {user: root for root, person in self.persons.items() for user in person.users}
        self.was = {user: person for person in before.values() for user in person.users}
        self.lost = _ids(before) - _ids(after)
        self.fields: dict[str, dict[str, Any]] = {}
        self.contacts: dict[str, set[int]] = {root: set() for root in self.persons}
        self.led: dict[tuple[str, int], set[str]] = defaultdict(set)
        self.changed_emails: set[str] = set()

    def settle(self) -> set[str]:
        keepers = self._keepers()
        for contact, roots in keepers.items():
            for root in roots:
                self.contacts[root].add(contact)
        self._write((root, contact) for contact, roots in keepers.items() for root in roots)
        self._find_or_make()
        self._find_without_an_account()
        write_identities(self.source, self.persons, self.contacts, self.lost)
        return self.changed_emails - {""}

    def _keepers(self) -> dict[int, list[str]]:
        """By contact the persons who are this contact for sure, those first whose word counts most.

        Others may share it, as long as they have its address. Once nobody who made it has the address, it is kept by
        the first of them, and the others get contacts of their own.
        """
        claims: dict[int, set[tuple[int, str]]] = defaultdict(set)
        for link in self.book.links:
            if (root := self.root_of.get(link.user)) is None:
                continue
            known = self.book.contacts[link.contact]
            if link.led:
                self.led[root, link.contact].add(link.user)
            if link.firm:
                is_own = known.owner in self.persons[root].users
                claims[link.contact].add((0 if is_own else 1, root))
            elif known.account in self.accounts[root] and not self._is_anothers(known, root):
                claims[link.contact].add((2 if self.emails[root] == known.email else 3, root))
        kept = {}
        for contact, its in sorted(claims.items()):
            first, *others = sorted(its)
            kept[contact] = list(dict.fromkeys([first[1], *(root for rank, root in others if rank < 2)]))
        return kept

    def _is_anothers(self, known: Known, root: str) -> bool:
        """Who has another user's id of this source is shared by address alone."""
        return bool(known.owner) and known.owner not in self.persons[root].users

    # What contacts say

    def _write(self, pairs: Iterable[tuple[str, int]], *, only_empty: bool = False) -> None:
        told = {pair: self._told(*pair, only_empty=only_empty) for pair in pairs}
        wanted = {contact for (_root, contact), (changed, new) in told.items() if changed or new}
        rows = Contact.objects.select_for_update().order_by("pk").in_bulk(wanted) if wanted else {}
        changes: dict[int, dict[str, Any]] = defaultdict(dict)
        for (_root, contact), (changed, new) in told.items():
            row = rows.get(contact)
            if row is None or row.erased_at:
                continue
            fills = {name: said for name, said in new.items() if _is_empty(row, name)}
            for name, said in {**fills, **changed}.items():
                if name not in changes[contact] and getattr(row, name) != said:
                    changes[contact][name] = said
            _keep_in_order(row, changes[contact])
        for contact, fields in changes.items():
            if "email" in fields:
                self.changed_emails |= {rows[contact].email.lower(), fields["email"].lower()}
        write_fields({contact: fields for contact, fields in changes.items() if fields})

    def _told(self, root: str, contact: int, *, only_empty: bool) -> tuple[dict[str, Any], dict[str, Any]]:
        """What is said differently from before, and what is said for the first time."""
        users = self.led[root, contact]
        was = [self.was[user] for user in sorted(users, key=self._counts(contact)) if user in self.was]
        if was and was[0].told.traits == self.persons[root].told.traits:
            return {}, {}
        said = self._fields(root)
        said_before = self.rules.read(was[0].told.traits) if was else {}
        new = {name: value for name, value in said.items() if name not in said_before}
        if only_empty:
            return {}, new
        return {
            name: value for name, value in said.items() if name in said_before and value != said_before[name]
        }, new

    def _counts(self, contact: int) -> Any:
        owner = self.book.contacts[contact].owner if contact in self.book.contacts else ""
        return lambda user: (user != owner, user)

    def _fields(self, root: str) -> dict[str, Any]:
        if root not in self.fields:
            self.fields[root] = self.rules.read(self.persons[root].told.traits)
        return self.fields[root]

    # Who is found, and who is made

    def _find_or_make(self) -> None:
        """At each account where the person is nobody yet."""
        missing = [(root, account) for root in self.persons for account in sorted(self._missing_at(root))]
        found = self._at_accounts(missing)
        new = [pair for pair in missing if pair not in found and self._can_be_named(pair[0])]
        made = self._make(new)
        for pair, contact in {**found, **made}.items():
            self.contacts[pair[0]].add(contact)
        self._write(((root, contact) for (root, _account), contact in found.items()), only_empty=True)

    def _missing_at(self, root: str) -> set[int]:
        if not self.accounts[root]:
            return set()
        return self.accounts[root] - {self.book.contacts[contact].account for contact in self.contacts[root]}

    def _at_accounts(self, missing: list[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """By address: the one that they are already, else the oldest."""
        emails = {self.emails[root] for root, _account in missing} - {""}
        if not emails:
            return {}
        rows = _living().filter(address__in=emails).filter(at__in={account for _root, account in missing})
        there: dict[tuple[str, int], list[int]] = defaultdict(list)
        for pk, address, account in rows.order_by("pk").values_list("pk", "address", "at"):
            there[address, account].append(pk)
        found = {}
        for root, account in missing:
            if contacts := there.get((self.emails[root], account)) if self.emails[root] else None:
                found[root, account] = min(contacts, key=lambda pk: ((root, pk) not in self.led, pk))
        return found

    def _can_be_named(self, root: str) -> bool:
        return bool(self._fields(root).get("name") or self._fields(root).get("email"))

    def _make(self, pairs: list[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """One for all who have the same address; the source's id stands with the first of each person."""
        first: dict[tuple[int, str], tuple[str, int]] = {}
        for root, account in pairs:
            first.setdefault((account, self.emails[root] or f"\0{root}"), (root, account))
        taken = {link.user for link in self.book.links if link.firm and not link.led}
        rows = []
        for root, account in first.values():
            external_id = None if root in taken else root
            taken.add(root)
            rows.append(
                Contact(account_id=account, source=self.source, external_id=external_id, **self._fields(root))
            )
        if not rows:
            return {}
        made = dict(zip(first, self._inserted(rows), strict=True))
        self.changed_emails |= {self.emails[root] for root, _account in first.values()}
        return {(root, account): made[account, self.emails[root] or f"\0{root}"] for root, account in pairs}

    def _inserted(self, rows: list[Contact]) -> list[int]:
        return [row.pk for row in Contact.objects.bulk_create(rows)]

    def _find_without_an_account(self) -> None:
        """Whose account nobody named is who has the address, if only one account has somebody of it."""
        nowhere = {
            root: self.emails[root]
            for root in self.persons
            if self.emails[root] and not self.accounts[root] and not self.contacts[root]
        }
        if not nowhere:
            return
        rows = _living().filter(address__in=set(nowhere.values())).order_by().values("address")
        found = {
            row["address"]: row["first"]
            for row in rows.annotate(first=Min("pk"), least=Min("at"), most=Max("at"))
            if row["least"] == row["most"]
        }
        for root, email in nowhere.items():
            if email in found:
                self.contacts[root].add(found[email])


def _ids(persons: Mapping[str, Person]) -> set[tuple[str, str]]:
    return {key for person in persons.values() for key in person.ids()}


def _living() -> Any:
    """With their addresses as they are compared, and with their accounts; of a merged one, its survivor."""
    rows = Contact.objects.unmerged().filter(erased_at=None)
    return rows.annotate(address=Lower("email"), at=Coalesce("account__merged_into", "account"))


def _is_empty(row: Contact, name: str) -> bool:
    return getattr(row, name) in (None, "")


def _keep_in_order(row: Contact, changes: dict[str, Any]) -> None:
    """Nobody leaves before they join: then neither is written."""
    joined, left = (changes.get(name, getattr(row, name)) for name in ("joined", "left"))
    if joined and left and left < joined:
        for name in ("joined", "left"):
            changes.pop(name, None)


def write_fields(changes: Mapping[int, Mapping[str, Any]]) -> None:
    """One statement for all contacts of which the same fields change."""
    alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for contact, fields in changes.items():
        alike[tuple(sorted(fields))].append(contact)
    with connection.cursor() as cursor:
        for names, contacts in sorted(alike.items()):
            types = {name: Contact._meta.get_field(name).db_type(connection) for name in names}
            lists = [[changes[contact][name] for contact in contacts] for name in names]
            # One of them is called left.
            quoted = [f'"{name}"' for name in names]
            arrays = ", ".join(f"%s::{str(type_).split('(')[0]}[]" for type_ in types.values())
            cursor.execute(
                f"UPDATE accounts_contact t SET {', '.join(f'{name} = s.{name}' for name in quoted)}"
                f" FROM unnest(%s::bigint[], {arrays}) AS s(id, {', '.join(quoted)}) WHERE t.id = s.id",
                [contacts, *lists],
            )


# Identities


def write_identities(
    source: str,
    persons: Mapping[str, Person],
    contacts: Mapping[str, Collection[int]],
    lost: Collection[tuple[str, str]] = (),
) -> None:
    """Every id of a person leads to every contact that they are; what people entered stays beside it. Those `lost` are
    nobody's any more."""
    ids = {
        key: (root, verified) for root, person in persons.items() for key, verified in person.ids().items()
    }
    wanted = {
        (*key, contact): verified for key, (root, verified) in ids.items() for contact in contacts[root]
    }
    surplus, wrong = [], defaultdict(list)
    for pk, kind, value, contact, verified, derived in _rows(source, {*ids, *lost}):
        is_verified = wanted.pop((kind, value, contact), None)
        if is_verified is None:
            if derived:
                surplus.append(pk)
        elif derived and verified != is_verified:
            wrong[is_verified].append(pk)
    if surplus:
        Identity.objects.filter(pk__in=surplus).delete()
    for verified, rows in wrong.items():
        Identity.objects.filter(pk__in=rows).update(verified=verified)
    Identity.objects.bulk_create(
        (
            Identity(
                source=source, kind=kind, value=value, contact_id=contact, verified=verified, derived=True
            )
            for (kind, value, contact), verified in sorted(wanted.items())
        ),
        ignore_conflicts=True,
    )


def _rows(source: str, ids: Collection[tuple[str, str]]) -> list[tuple[int, str, str, int, bool, bool]]:
    """Without order: there may be many."""
    if not ids:
        return []
    of_kind = {kind: [value for its, value in ids if its == kind] for kind in (USER, ANONYMOUS)}
    its = Q(kind=USER, value__in=of_kind[USER]) | Q(kind=ANONYMOUS, value__in=of_kind[ANONYMOUS])
    rows = Identity.objects.filter(its, source=source).order_by()
    return list(rows.values_list("pk", "kind", "value", "contact", "verified", "derived"))
