"""What senders say of persons and companies becomes contacts, accounts and identities.

Whatever the order in which calls come, the same is made of them: profiles keep of each trait what was said last, of
each id whose it was first, and contacts and identities follow from the profiles.
"""

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from accounts.intake import companies, traits
from accounts.intake.contacts import Book, settle
from accounts.intake.said import ANONYMOUS, Call, Hearing, Join, Person, Rejection, State, Told, persons
from accounts.models import ErasedAddress, Organisation, OtherId, Profile

Others = dict[tuple[str, str, str], tuple[bool, str]]
# Of which users it must be known who they are: those named, those whose ids are, all that are the same person, and
# those of whom it was said that an id is theirs.
SAME = """
WITH RECURSIVE same(value) AS (
  SELECT unnest(%(users)s::text[])
  UNION
  SELECT o."user" FROM accounts_otherid o
  WHERE o.source = %(source)s AND o.kind IN ('user', 'anonymous') AND o.value = ANY(%(anonymous)s::text[])
  UNION
  SELECT other.value FROM same s CROSS JOIN LATERAL (
    SELECT o."user" FROM accounts_otherid o
    WHERE o.source = %(source)s AND o.kind IN ('user', 'anonymous') AND o.value = s.value
    UNION ALL
    SELECT o.value FROM accounts_otherid o
    WHERE o.source = %(source)s AND o.kind = 'user' AND o."user" = s.value
    UNION ALL
    SELECT a."user" FROM accounts_otherid o
    JOIN accounts_otherid a ON a.source = o.source AND a.kind = 'user' AND a.value = o.value
    WHERE o.source = %(source)s AND o.kind = 'anonymous' AND o."user" = s.value) AS other (value)
) SELECT value FROM same"""
# A page says the same of its user whenever it is loaded: of most only `times` are others, as one parameter.
PROFILES = """
INSERT INTO accounts_profile AS kept (source, value, traits, times, companies, email, told_at)
SELECT %s, s.* FROM jsonb_to_recordset(%s::jsonb)
  AS s(value text, traits jsonb, times jsonb, companies jsonb, email text, told_at timestamptz)
ON CONFLICT (source, value) DO UPDATE SET traits = excluded.traits, times = excluded.times,
  companies = excluded.companies, email = excluded.email, told_at = excluded.told_at"""
NO_MORE = """
DELETE FROM accounts_otherid o USING unnest(%s::text[], %s::text[], %s::text[]) AS gone (kind, value, "user")
WHERE o.source = %s AND (o.kind, o.value, o."user") = (gone.kind, gone.value, gone."user")"""
# One contact may become another's by its new address, and that one's by the next; nobody is so many.
ROUNDS = 5


def apply(calls: list[Call], *, source: str, companies_source: str, now: datetime) -> list[Rejection]:
    """Of one source, in the caller's transaction: {"type": "identify" | "group" | "alias", "user", "anonymous",
    "company", "previous", "traits", "at": ISO time, "verified": not from a browser}.

    Who applies those of several sources locks all of them first.
    """
    with transaction.atomic():
        lock([source, companies_source])
        organisation = Organisation.current()
        of_persons, of_companies = rules = traits.rules(organisation.zone)
        today = organisation.today(now)
        state, book = _load(source, *_named(calls), today=today)
        told = companies.load(
            companies_source, {str(call["company"]) for call in calls if call.get("company")}
        )
        before, companies_before = persons(state), {key: one.copy() for key, one in told.items()}
        heard = state.copy()
        addresses = {of_persons.email(traits.flat(call.get("traits") or {})) for call in calls}
        erased = ErasedAddress.objects.among(addresses)
        hearing = Hearing(heard, told, rules, gone=_gone(before, book), erased=erased)
        rejected = hearing.hear(calls)
        after = persons(heard)
        _keep(source, state, heard, of_persons)
        companies.settle(
            companies_source,
            companies_before,
            told,
            of_companies,
            called=_called(calls),
            today=today,
            now=now,
        )
        _settle(source, companies_source, before, after, book, of_persons, today)
        return rejected


def settle_users(users: Collection[str], *, source: str, companies_source: str, now: datetime) -> None:
    """Contacts and identities of the users follow again what was said, as after an import of contacts."""
    with transaction.atomic():
        lock([source, companies_source])
        organisation = Organisation.current()
        today = organisation.today(now)
        state, book = _load(source, set(users), set(), today=today)
        known = persons(state)
        _settle(source, companies_source, known, known, book, traits.rules(organisation.zone)[0], today)


def lock(sources: Iterable[str]) -> None:
    """Until the transaction ends nobody else applies calls of these sources; always in the same order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('accounts.intake.people'), hashtext(source))"
            " FROM (SELECT DISTINCT source FROM unnest(%s::text[]) AS source ORDER BY 1) AS sources",
            [list(sources)],
        )


def _settle(
    source: str,
    companies_source: str,
    before: dict[str, Person],
    after: dict[str, Person],
    book: Book,
    rules: traits.Rules,
    today: Any,
) -> None:
    """Also of those who have an address that a contact has now, or had until now."""
    seen = {user for person in after.values() for user in person.users}
    for _round in range(ROUNDS):
        named = {company for person in after.values() for company in person.companies}
        accounts = companies.accounts_of(companies_source, named)
        emails = settle(before, after, source=source, book=book, accounts=accounts, rules=rules, today=today)
        same = Profile.objects.filter(source=source, email__in=emails).exclude(value__in=seen)
        alike = set(same.values_list("value", flat=True)) if emails else set()
        if not alike:
            return
        state, book = _load(source, alike, set(), today=today)
        before = after = persons(state)
        seen |= {user for person in after.values() for user in person.users}


# What is known


def _named(calls: Iterable[Call]) -> tuple[set[str], set[str]]:
    """The users, and the ids that are or may be anonymous."""
    users, anonymous = set(), set()
    for call in calls:
        users |= {call.get("user"), call.get("previous")}
        anonymous |= {call.get("anonymous"), call.get("previous")}
    return users - {None, ""}, anonymous - {None, ""}  # type: ignore[return-value]


def _called(calls: Iterable[Call]) -> set[str]:
    return {str(call["company"]) for call in calls if call["type"] == "group" and call["verified"]} - {
        "",
        "None",
    }


def _load(source: str, users: set[str], anonymous: set[str], *, today: Any) -> tuple[State, Book]:
    """With those who share a contact with them: it may be another's from now on."""
    same = _same(source, users, anonymous)
    book = Book.of(source, same, today)
    if sharing := book.sharing - same:
        same = _same(source, same | sharing, anonymous)
        book = Book.of(source, same, today)
    return _state(source, same, anonymous), book


def _same(source: str, users: set[str], anonymous: set[str]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(SAME, {"source": source, "users": list(users), "anonymous": list(anonymous)})
        return {user for (user,) in cursor.fetchall()}


def _state(source: str, users: set[str], anonymous: set[str]) -> State:
    state = State()
    profiles = Profile.objects.filter(source=source, value__in=users)
    for user, said, times, its in profiles.values_list("value", "traits", "times", "companies"):
        state.told[user] = Told(said, times)
        state.companies[user] = its
    rows = OtherId.objects.filter(source=source)
    known = rows.filter(user__in=users) | rows.filter(kind=ANONYMOUS, value__in=anonymous)
    fields = ("kind", "value", "user", "verified", "said_at")
    for kind, value, user, verified, said_at in known.order_by("pk").values_list(*fields):
        at = said_at.isoformat(timespec="microseconds")
        if kind == ANONYMOUS:
            state.joins[value] = Join(not verified, at, user)
        else:
            state.aliases[value, user] = at
    return state


def _gone(known: dict[str, Person], book: Book) -> set[str]:
    """All users of persons of whom a contact was erased."""
    return book.gone | {
        user for person in known.values() if person.users & book.gone for user in person.users
    }


# What is kept


def _keep(source: str, before: State, after: State, rules: traits.Rules) -> None:
    profiles = [
        {
            "value": user,
            "traits": told.traits,
            "times": told.times,
            "companies": after.companies.get(user, {}),
            "email": rules.email(told.traits)[:254],
            "told_at": max(told.times.values(), default=None),
        }
        for user, told in sorted(after.told.items())
        if user not in before.told
        or told != before.told[user]
        or after.companies.get(user) != before.companies.get(user)
    ]
    with connection.cursor() as cursor:
        if profiles:
            cursor.execute(PROFILES, [source, json.dumps(profiles)])
    _keep_others(source, before.others(), after.others())


def _keep_others(source: str, before: Others, after: Others) -> None:
    """In the order in which they came: of aliases said at the same moment the first counts."""
    gone = [other for other, said in before.items() if after.get(other) != said]
    if gone:
        with connection.cursor() as cursor:
            cursor.execute(NO_MORE, [*map(list, zip(*gone, strict=True)), source])
    OtherId.objects.bulk_create(
        OtherId(source=source, kind=kind, value=value, user=user, verified=verified, said_at=at)
        for (kind, value, user), (verified, at) in after.items()
        if before.get((kind, value, user)) != (verified, at)
    )
