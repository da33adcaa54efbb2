"""Who somebody is: all rows that are this person, and all that they are or were called."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models
from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Lower

from accounts.models import Account, AuditEntry, Contact, Lead, Person, User
from accounts.models.people import digest_of
from accounts.texts import search_key
from cxhub.persons.words import Words, words_of

PEOPLE: tuple[type[Person], ...] = (Contact, Lead)
CALLED = ("name", "email", "phone")

Rows = dict[type[models.Model], list[int]]


@dataclass(frozen=True)
class Known:
    """`rows` are there, `gone` were deleted (by table)."""

    words: Words
    rows: Rows
    gone: dict[str, list[int]] = field(default_factory=dict)

    @property
    def by_table(self) -> dict[str, list[int]]:
        """Also those that were deleted, whose history is kept."""
        found = {model._meta.db_table: list(ids) for model, ids in self.rows.items()}
        for table, ids in self.gone.items():
            found[table] = [*found.get(table, []), *ids]
        return found

    @property
    def digests(self) -> list[str]:
        """Of the addresses that are kept out from now on."""
        return sorted({digest_of(email) for email in self.words.emails})

    def is_called(self, name: str) -> bool:
        """All words of one of their names are in it, as in the name of a sole trader's business."""
        said = set(words_of(name))
        return any(said >= set(words_of(own)) for own in self.names)

    @property
    def names(self) -> list[str]:
        return sorted(self.words.names)


def of_contact(contact: Contact) -> Known:
    """The contact with all that were merged, and every contact and lead with an address of theirs; also those deleted
    long ago.
    """
    survivor = contact.merged_into_id or contact.pk
    merged = dict(Contact.objects.filter(Q(pk=survivor) | Q(merged_into=survivor)).values_list("pk", "email"))
    addresses = {email.lower() for email in merged.values()} - {""}
    rows: Rows = {model: _with_address(model, addresses) for model in PEOPLE}
    rows[Contact] = sorted({*rows[Contact], *merged})
    gone = {model._meta.db_table: _deleted(model, addresses) for model in PEOPLE}
    known = Known(_words(rows, gone), rows, gone)
    return Known(_without_others(known), rows, gone)


def of_user(user: User) -> Known:
    rows: Rows = {User: [user.pk]}
    return Known(_words(rows, {}), rows)


def _with_address(model: type[Person], addresses: Iterable[str]) -> list[int]:
    same: Any = model._default_manager.alias(address=Lower("email")).filter(erased_at=None)
    return list(same.filter(address__in=list(addresses)).order_by("pk").values_list("pk", flat=True))


def _deleted(model: type[Person], addresses: Iterable[str]) -> list[int]:
    """A deletion leaves all that the row said."""
    deleted = AuditEntry.objects.filter(table=model._meta.db_table, action=AuditEntry.Action.DELETED)
    found = deleted.annotate(address=Lower(KeyTextTransform("email", "before")))
    return list(found.filter(address__in=list(addresses)).order_by("row").values_list("row", flat=True))


def _words(rows: Rows, gone: dict[str, list[int]]) -> Words:
    """What the rows say, and what they said before somebody changed them."""
    called: dict[str, set[str]] = {name: set() for name in CALLED}
    for model, ids in rows.items():
        fields = [name for name in CALLED if hasattr(model, name)]
        for said in model._default_manager.filter(pk__in=ids).values(*fields):
            _hear(called, said)
    history = [*((model._meta.db_table, ids) for model, ids in rows.items()), *gone.items()]
    for table, ids in history:
        entries = AuditEntry.objects.filter(table=table, row__in=ids).order_by("pk")
        for pair in entries.values_list("before", "after"):
            for said in filter(None, pair):
                _hear(called, said)
    return Words(*(frozenset(called[name]) for name in CALLED))


def _hear(called: dict[str, set[str]], said: dict[str, Any]) -> None:
    for name, known in called.items():
        if text := str(said.get(name) or "").strip():
            known.add(text)


def _without_others(known: Known) -> Words:
    """An address or a number that somebody else has now is theirs: it was corrected, or is that of a whole office."""
    emails, phones = known.words.emails, known.words.phones
    others = Contact.objects.exclude(pk__in=known.rows[Contact]).filter(erased_at=None)
    leads = Lead.objects.exclude(pk__in=known.rows[Lead]).filter(erased_at=None)
    lower = [email.lower() for email in emails]
    taken = {
        address
        for rows in (others, leads)
        for address in rows.alias(address=Lower("email"))
        .filter(address__in=lower)
        .values_list(Lower("email"), flat=True)
    }
    numbers = set(others.filter(phone__in=phones).exclude(phone="").values_list("phone", flat=True))
    return Words(
        known.words.names,
        frozenset(email for email in emails if email.lower() not in taken),
        phones - numbers,
    )


# Who may be the same person, or only share something: whoever erases must look


def alike(known: Known, most: int) -> list[Person]:
    """Other contacts and leads of the same name, or with an address or a number that the person had."""
    keys = [search_key(name) for name in known.names]
    called = _words(known.rows, known.gone)
    found: list[Person] = []
    for model in PEOPLE:
        like = Q(name_key__in=keys) | Q(email__in=called.emails)
        like |= Q(phone__in=called.phones) if model is Contact else Q()
        rows: Any = model._default_manager.filter(like, erased_at=None).exclude(pk__in=known.rows[model])
        found += list(rows.select_related("account").order_by("pk")[:most])
    return found


def businesses(known: Known) -> list[Account]:
    """Of the person's accounts those that bear their name, as a sole trader's does."""
    accounts = Account.objects.filter(
        Q(contacts__in=known.rows.get(Contact, [])) | Q(leads__in=known.rows.get(Lead, []))
    )
    return [account for account in accounts.distinct().order_by("pk") if known.is_called(account.name)]


def lock() -> None:
    """Until the transaction ends nobody writes people, and imports wait: half of a person would come in meanwhile."""
    tables = ", ".join(model._meta.db_table for model in PEOPLE)
    with connection.cursor() as cursor:
        for model in PEOPLE:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [model._meta.db_table])
        cursor.execute(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")
