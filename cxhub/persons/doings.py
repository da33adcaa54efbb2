"""What a person did: reached by the digests of their ids, so that events of others need not be looked through.

Figures stay: a digest of an id that speaks of the person gives way to one of an id that says nothing, everywhere.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import uuid4

from django.db import connection
from django.db.models import Q, QuerySet

from accounts.intake.digests import digest
from accounts.intake.lines import COLUMNS
from accounts.models import (
    ActivityDay,
    Contact,
    Delivery,
    Event,
    EventMark,
    Identity,
    IntakeBatch,
    OtherId,
    Profile,
    Session,
)
from accounts.rollups import making
from accounts.rollups.statements import EMAILS
from cxhub.persons.person import Known
from cxhub.persons.words import found_in

# Reached here, and not by their words.
MODELS = (Event, ActivityDay, Session, Identity, Profile, OtherId, IntakeBatch)
# Too many to be looked through for words that nobody takes for personal.
MANY = (*MODELS, Delivery)
OF_PERSONS = (Event, ActivityDay, Session, Delivery, EventMark)
OBJECT, PROPERTIES, PERSON = (COLUMNS.index(name) for name in ("object", "properties", "person"))
# Of a call
IDS = ("user", "anonymous", "previous", "company")
# What visits are counted by.
CHANNEL = "channel"

# Of an id that speaks of the person (source, kind, value) the one that takes its place, and says nothing.
StandIns = defaultdict[tuple[str, str, str], str]


def stand_ins() -> StandIns:
    return defaultdict(lambda: str(uuid4()))


def digests_of(known: Known) -> list[str]:
    """Of all ids by which the person acts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT digest FROM accounts_knownperson WHERE contact_id = ANY(%s)",
            [known.rows.get(Contact, [])],
        )
        return [found.hex for (found,) in cursor.fetchall()]


def rows_of(known: Known) -> Iterator[QuerySet[Any]]:
    """What is kept of what the person did, and by which ids; the latest first."""
    digests, contacts = digests_of(known), known.rows.get(Contact, [])
    for model in (Event, Session, Delivery):
        yield model._default_manager.filter(person__in=digests)
    yield Identity.objects.filter(contact__in=contacts)
    yield Profile.objects.filter(digest__in=digests)


def lock(known: Known, instead: StandIns) -> int:
    """In the order of workers: batches, roll-ups, and after these people. How many batches that wait were emptied."""
    changed = _empty_waiting(known, instead)
    making.locked(wait=True)
    return changed


def _empty_waiting(known: Known, instead: StandIns) -> int:
    """Of batches of which no worker has made events yet."""
    digests, changed = set(digests_of(known)), 0
    moved = {digest(*one).hex: digest(*one[:2], instead[one]).hex for one in _speaking_ids(known)}
    for batch in IntakeBatch.objects.select_for_update().order_by("pk"):
        before = bytes(batch.lines)
        lines = b"".join(_emptied(line, known, digests, moved) for line in before.splitlines(keepends=True))
        calls = [left for call in batch.calls if (left := _without_words_in(call, known)) is not None]
        if (lines, calls) != (before, batch.calls):
            IntakeBatch.objects.filter(pk=batch.pk).update(lines=lines, calls=calls)
            changed += 1
    return changed


def _emptied(line: bytes, known: Known, digests: set[str], moved: Mapping[str, str]) -> bytes:
    cells = line.rstrip(b"\n").split(b"\t")
    if len(cells) != len(COLUMNS):
        return line
    person = cells[PERSON].decode()
    is_theirs = person in digests
    if not is_theirs and not known.words.are_in(line.decode(errors="replace")):
        return line
    cells[PERSON] = moved.get(person, person).encode()
    cells[PROPERTIES] = _without_words(cells[PROPERTIES], known)
    if known.words.are_in(cells[OBJECT].decode(errors="replace")):
        cells[OBJECT] = b""
    return b"\t".join(cells) + b"\n"


def _without_words_in(call: dict[str, Any], known: Known) -> dict[str, Any] | None:
    """Nothing, where an id speaks of the person: nobody has it any more."""
    left: dict[str, Any] = known.words.without(call)
    return left if all(left.get(name) == call.get(name) for name in IDS) else None


def _without_words(cell: bytes, known: Known) -> bytes:
    """Of properties in a line."""
    channel = json.loads(cell.replace(b"\\\\", b"\\")).get(CHANNEL)
    if not isinstance(channel, str) or known.words.are_in(channel):
        return b"{}"
    return json.dumps({CHANNEL: channel}).encode().replace(b"\\", b"\\\\")


def empty(known: Known, instead: StandIns) -> dict[str, int]:
    """How many rows of each kind."""
    digests = digests_of(known)
    changed = {
        "accounts.Delivery": _rename_mails(known, digests),
        "accounts.Event": _empty_events(known, digests),
        "accounts.ActivityDay": _empty_objects("accounts_activityday", ["object"], known, digests),
        "accounts.Session": _empty_objects("accounts_session", ["entry", "exit"], known, digests),
        "accounts.Profile": _forget_profiles(known, digests),
        "accounts.OtherId": _forget_other_ids(known),
        "accounts.Identity": _rename(known, instead),
    }
    return {label: rows for label, rows in changed.items() if rows}


def _empty_events(known: Known, digests: list[str]) -> int:
    speaks, signs = found_in("object", known.words.signs)
    channel = f"properties ->> '{CHANNEL}'"
    told, same_signs = found_in(f"coalesce({channel}, '')", known.words.signs)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_event"
            f" SET properties = CASE WHEN {channel} IS NULL OR {told} THEN '{{}}'"
            f" ELSE jsonb_build_object('{CHANNEL}', {channel}) END,"
            f" object = CASE WHEN {speaks} THEN '' ELSE object END"
            " WHERE person = ANY(%s::uuid[]) AND (properties <> '{}' OR object <> '')",
            [*same_signs, *signs, digests],
        )
        return int(cursor.rowcount)


def _rename_mails(known: Known, digests: list[str]) -> int:
    """Each stays one mail of which it is known what became."""
    speaks, signs = found_in("mail", known.words.signs)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT mail FROM ("
            "  SELECT mail FROM accounts_delivery WHERE person = ANY(%s::uuid[])"
            "  UNION SELECT left(object, 200) FROM accounts_event WHERE person = ANY(%s::uuid[]) AND name = ANY(%s)"
            f") mails WHERE {speaks}",
            [digests, digests, EMAILS, *signs],
        )
        mails = [mail for (mail,) in cursor.fetchall()]
    for mail in mails:
        nothing = str(uuid4())
        Delivery.objects.filter(person__in=digests, mail=mail).update(mail=nothing)
        for model in (Event, ActivityDay):
            named: Any = model._default_manager.filter(person__in=digests, name__in=EMAILS)
            named.filter(object__startswith=mail).update(object=nothing)
    return len(mails)


def _empty_objects(table: str, columns: Iterable[str], known: Known, digests: list[str]) -> int:
    """Their days are rolled up anew: what was told apart by what it said is now the same."""
    changed = 0
    with connection.cursor() as cursor:
        for column in columns:
            speaks, signs = found_in(column, known.words.signs)
            cursor.execute(
                f"WITH emptied AS (UPDATE {table} SET {column} = ''"
                f" WHERE person = ANY(%s::uuid[]) AND {column} <> '' AND {speaks} RETURNING person, day),"
                " marked AS (INSERT INTO accounts_eventmark (person, day) SELECT DISTINCT person, day FROM emptied)"
                " SELECT count(*) FROM emptied",
                [digests, *signs],
            )
            changed += cursor.fetchone()[0]
    return changed


def _forget_profiles(known: Known, digests: list[str]) -> int:
    going = [
        profile.pk
        for profile in Profile.objects.iterator()
        if profile.digest.hex in digests
        or known.words.without(profile.traits) != profile.traits
        or known.words.are_in(profile.value)
    ]
    return Profile.objects.filter(pk__in=going).delete()[0]


def _forget_other_ids(known: Known) -> int:
    own = Identity.objects.filter(contact__in=known.rows.get(Contact, [])).values_list("source", "value")
    theirs = Q(pk__in=[])
    for source, value in own:
        theirs |= Q(source=source, value=value) | Q(source=source, user=value)
    speaking = [
        one.pk
        for one in OtherId.objects.iterator()
        if known.words.are_in(one.value) or known.words.are_in(one.user)
    ]
    return OtherId.objects.filter(theirs | Q(pk__in=speaking)).delete()[0]


# Ids that speak of the person


def _rename(known: Known, instead: StandIns) -> int:
    """What was done under them is theirs under an id that says nothing."""
    for identity in _identities(known):
        value = instead[identity.source, identity.kind, identity.value]
        Identity.objects.filter(pk=identity.pk).update(value=value)
    for contact in _named_by_source(known):
        value = instead[contact.source, "user", str(contact.external_id)]
        Identity.objects.get_or_create(contact=contact, source=contact.source, value=value)
    for (source, kind, value), nothing in instead.items():
        _move(source, kind, value, nothing)
    return len(instead)


def _speaking_ids(known: Known) -> set[tuple[str, str, str]]:
    own = {(one.source, one.kind, one.value) for one in _identities(known)}
    return own | {(one.source, "user", str(one.external_id)) for one in _named_by_source(known)}


def _identities(known: Known) -> list[Identity]:
    rows = Identity.objects.filter(contact__in=known.rows.get(Contact, []))
    return [one for one in rows if known.words.are_in(one.value)]


def _named_by_source(known: Known) -> list[Contact]:
    rows = Contact.objects.filter(pk__in=known.rows.get(Contact, [])).exclude(external_id=None)
    return [one for one in rows if known.words.are_in(str(one.external_id))]


def _move(source: str, kind: str, value: str, nothing: str) -> None:
    before, after = digest(source, kind, value), digest(source, kind, nothing)
    for model in OF_PERSONS:
        model._default_manager.filter(person=before).update(person=after)
