"""Who gets a mailing, who is left out and why: one statement says it, before and while it is queued.

Of several reasons the first holds, in the order of Skip. Merged contacts and accounts are their survivors.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
from django.conf import settings
from django.db import connection, models
from django.utils.translation import gettext_lazy as _
from psycopg.types.json import Jsonb

from accounts.messages import letters, merging, suppressed
from accounts.models import Mailing, Message, Organisation, Outbox, Population
from accounts.models.outboxes import Medium


class Skip(models.TextChoices):
    ERASED = "erased", _("Erased")
    GONE = "gone", _("No longer at the account")
    NO_ADDRESS = "no_address", _("No address")
    SUPPRESSED = "suppressed", _("Not to be written to")
    WITHDRAWN = "withdrawn", _("Consent was withdrawn")
    NO_CONSENT = "no_consent", _("No consent")
    NO_VALUE = "no_value", _("A merge field has no value")
    TWICE = "twice", _("Gets it already, under this address")
    PERSON_BUDGET = "person_budget", _("Was written to enough these days")
    ACCOUNT_BUDGET = "account_budget", _("The account was written to enough these days")
    PERSON_TOPIC = "person_topic", _("Was asked about this enough these days")
    ACCOUNT_TOPIC = "account_topic", _("The account was asked about this enough these days")


class Recipient(NamedTuple):
    """`skip` is empty where they get it; `lacks`: the field that has no value, where that is why they do not."""

    contact: int
    account: int
    account_name: str
    name: str
    address: str
    language: str
    values: dict[str, str]
    skip: str
    lacks: str


# What merge fields stand for, of a person p.
_VALUES = {
    "name": "p.name",
    "first_name": """(SELECT rtrim(CASE WHEN lower(rtrim(split_part(g.name, ' ', 1), '.')) = ANY(%(beginnings)s)
      THEN rtrim(split_part(g.name, ' ', 1) || ' ' || split_part(g.name, ' ', 2))
      ELSE split_part(g.name, ' ', 1) END, ',;،؛')
      FROM coalesce(nullif(regexp_replace(p.name, %(titled)s, '', 'i'), ''), p.name) g (name))""",
    "account": "p.account_name",
    "csm": "p.csm",
    "csm_email": "p.csm_email",
    "organisation": "coalesce(%(organisation)s::jsonb ->> p.language, '')",
}
# In these states somebody was asked, or is about to be.
_COUNTED = [*Message.LEFT, Message.State.WAITING]
_ADDRESS = {Medium.EMAIL: "c.email", Medium.SMS: "c.phone"}
# Whose members get it; or some contacts, who must be members where there is a population.
_ALL = """
  SELECT DISTINCT coalesce(c.merged_into_id, c.id) AS id
  FROM accounts_membership m, accounts_contact c JOIN accounts_account o ON o.id = c.account_id
  WHERE m.population_id = %(population)s AND m.left IS NULL AND {member}"""
_SOME = """
  SELECT DISTINCT coalesce(c.merged_into_id, c.id) AS id
  FROM accounts_contact c JOIN accounts_account o ON o.id = c.account_id
  WHERE c.id = ANY(%(contacts)s) AND (%(population)s::bigint IS NULL OR EXISTS (
    SELECT FROM accounts_membership m
    WHERE m.population_id = %(population)s AND m.left IS NULL AND {member}))"""
_MEMBER = {
    Population.Kind.ACCOUNTS: "coalesce(o.merged_into_id, o.id) = m.account_id",
    Population.Kind.CONTACTS: "c.id = m.contact_id",
}
_RECENT = """
(SELECT count(*) FROM accounts_message r WHERE {whose} AND r.medium = %(medium)s AND r.state = ANY(%(counted)s)
   AND coalesce(r.sent_at, r.due_at) > %(since)s)"""
_THEIRS = "(r.contact_id = p.contact OR lower(r.address) = lower(p.address))"
# By a rule f about the topic.
_ASKED = """
(SELECT count(*) FROM accounts_message r WHERE {whose} AND r.topic <> '' AND f.topic IN ('', r.topic)
   AND r.reminds_of_id IS NULL AND r.state = ANY(%(counted)s)
   AND coalesce(r.sent_at, r.due_at) > %(now)s - f.days * interval '1 day')"""
_RULE = "%(topic)s <> '' AND EXISTS (SELECT FROM accounts_frequencyrule f WHERE f.topic IN ('', %(topic)s) AND {most})"
_PEOPLE = """
member AS ({members}),
person AS (
  SELECT c.id AS contact, a.id AS account, a.name AS account_name,
    trim(regexp_replace(c.name, '\\s+', ' ', 'g')) AS name,
    {address} AS address, c.erased_at, c.left,
    CASE WHEN split_part(lower(c.language), '-', 1) = ANY(%(languages)s) THEN split_part(lower(c.language), '-', 1)
      ELSE %(otherwise)s END AS language,
    coalesce(nullif(u.name, ''), u.email, '') AS csm, coalesce(u.email, '') AS csm_email
  FROM member JOIN accounts_contact c ON c.id = member.id JOIN accounts_account o ON o.id = c.account_id
  JOIN accounts_account a ON a.id = coalesce(o.merged_into_id, o.id) LEFT JOIN accounts_user u ON u.id = a.owner_id
  WHERE %(sees_all)s OR a.owner_id = %(maker)s OR a.team_id = ANY(%(teams)s)),
valued AS (SELECT p.*, jsonb_build_object({values}) AS values FROM person p)"""
_CONSENT = """
SELECT FROM accounts_consent s WHERE s.contact_id = p.contact AND s.channel = %(medium)s AND s.purpose = %(purpose)s
  AND (s.withdrawn_at IS NULL) = {standing}"""
_RECIPIENTS = """
WITH {people},
alone AS (
  SELECT p.*, l.field AS lacks, CASE
    WHEN p.erased_at IS NOT NULL THEN 'erased'
    WHEN p.left <= %(today)s THEN 'gone'
    WHEN p.address = '' THEN 'no_address'
    WHEN EXISTS ({suppressed}) THEN 'suppressed'
    WHEN EXISTS ({consented}) THEN CASE WHEN l.field IS NOT NULL THEN 'no_value' ELSE '' END
    WHEN EXISTS ({withdrawn}) THEN 'withdrawn'
    WHEN %(purpose)s = 'marketing' THEN 'no_consent'
    WHEN l.field IS NOT NULL THEN 'no_value' ELSE '' END AS skip
  FROM valued p LEFT JOIN LATERAL (
    SELECT r.field FROM unnest(%(in_language)s::text[], %(needed)s::text[]) WITH ORDINALITY r (language, field, place)
    WHERE r.language = p.language AND p.values ->> r.field = '' ORDER BY r.place LIMIT 1) l ON true),
once AS (
  SELECT p.*, CASE
    WHEN p.skip <> '' THEN p.skip
    WHEN row_number() OVER (PARTITION BY lower(p.address), p.skip ORDER BY p.contact) > 1 THEN 'twice'
    WHEN %(person_budget)s::int IS NOT NULL AND {of_person} >= %(person_budget)s THEN 'person_budget'
    WHEN {person_was_asked} THEN 'person_topic'
    ELSE '' END AS skipped
  FROM alone p),
placed AS (SELECT p.*, row_number() OVER (PARTITION BY p.account, p.skipped ORDER BY p.contact) AS place FROM once p),
recipient AS (
  SELECT p.*, CASE
    WHEN p.skipped <> '' THEN p.skipped
    WHEN %(account_budget)s::int IS NOT NULL AND {of_account} + p.place > %(account_budget)s THEN 'account_budget'
    WHEN {account_was_asked} THEN 'account_topic'
    ELSE '' END AS reason
  FROM placed p)
"""
_COLUMNS = """contact, account, account_name, name, address, language, values, reason,
  CASE WHEN reason = 'no_value' THEN lacks ELSE '' END"""
_QUEUE = """
INSERT INTO accounts_message (key, mailing_id, letter_id, contact_id, account_id, medium, purpose, topic, address, name,
  language, values, state, reason, answer, tries, provider_id, queued_at, due_at, changed_at)
SELECT {key}, %(mailing)s, %(letter)s, contact, account, %(medium)s, %(purpose)s, %(topic)s, address, name, language,
  values, CASE WHEN reason = '' THEN 'waiting' ELSE 'skipped' END, reason,
  CASE WHEN reason = 'no_value' THEN lacks ELSE '' END, 0, '', %(now)s, %(now)s, %(now)s
FROM recipient{keyed} ORDER BY contact
ON CONFLICT DO NOTHING"""
_WITHOUT_KEYS = _QUEUE.format(key="NULL", keyed="")
_WITH_KEYS = _QUEUE.format(
    key="k.key", keyed=" JOIN unnest(%(contacts)s::bigint[], %(keys)s::text[]) k (id, key) ON k.id = contact"
)

_ASKED_ENOUGH = """
SELECT CASE WHEN {person} THEN 'person_topic' WHEN {account} THEN 'account_topic' ELSE '' END
FROM (SELECT %(contact)s::bigint AS contact, %(account)s::bigint AS account, %(address)s::text AS address) p"""


def asked_enough(asked: Mapping[str, Any], topic: str, besides: str, now: datetime) -> str:
    """Why one more, which is no message, would be too many: a Skip, or nothing.

    `asked`: a contact, its address, an account; none of them need be known. `besides`: how often `{whose}` was asked
    otherwise, in SQL, about the topic of a rule f, with what it needs in `asked`.
    """
    of_person = f"{_ASKED.format(whose=_THEIRS)} + {besides.format(whose='contact_id = p.contact')}"
    of_account = f"{_ASKED.format(whose='r.account_id = p.account')} + {besides.format(whose='account_id = p.account')}"
    statement = _ASKED_ENOUGH.format(
        person=_RULE.format(most=f"p.contact IS NOT NULL AND {of_person} >= f.to_person"),
        account=_RULE.format(most=f"p.account IS NOT NULL AND {of_account} >= f.to_account"),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, {"topic": topic, "counted": _COUNTED, "now": now, **asked})
        (why,) = cursor.fetchone()
        return str(why)


def counts(mailing: Mailing, now: datetime) -> dict[str, int]:
    """People by why they are skipped; those who get it by an empty text."""
    return dict(_ask(mailing, now, "SELECT reason, count(*) FROM recipient GROUP BY 1"))


def some(mailing: Mailing, now: datetime, skip: str, after: int = 0, most: int = 50) -> list[Recipient]:
    """Those of a reason, by the numbers of their contacts."""
    asked = f"""SELECT {_COLUMNS} FROM recipient WHERE reason = %(skip)s AND contact > %(after)s
      ORDER BY contact LIMIT %(most)s"""
    return read(_ask(mailing, now, asked, skip=skip, after=after, most=most))


def one(mailing: Mailing, now: datetime, contact: int | None) -> Recipient | None:
    """That one, or the first who gets it."""
    if contact is None:
        return next(iter(some(mailing, now, "", most=1)), None)
    found = _ask(
        mailing, now, f"SELECT {_COLUMNS} FROM recipient WHERE contact = %(contact)s", contact=contact
    )
    return next(iter(read(found)), None)


def queue(mailing: Mailing, now: datetime) -> int:
    """A message to each, also to those who are skipped; how many there are."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(mailing) + _WITHOUT_KEYS, _given(mailing, now))
        return cursor.rowcount


def queue_to(mailing: Mailing, keys: Mapping[int, str], now: datetime) -> int:
    """To these contacts alone, survivors of merges, by the same rules; what has such a key already stays as it is.

    The mailing need not be kept, nor have a population.
    """
    given = _given(mailing, now) | {"contacts": list(keys), "keys": list(keys.values())}
    with connection.cursor() as cursor:
        cursor.execute(_statement(mailing, members=_SOME) + _WITH_KEYS, given)
        return cursor.rowcount


def read(rows: Iterable[Sequence[Any]]) -> list[Recipient]:
    found = (Recipient(*row) for row in rows)
    return [one._replace(values=orjson.loads(str(one.values))) for one in found]


def _ask(mailing: Mailing, now: datetime, asked: str, **more: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(_statement(mailing) + asked, _given(mailing, now) | more)
        return cursor.fetchall()


def _statement(mailing: Mailing, members: str = _ALL) -> str:
    used = sorted({field.name for field in _fields(mailing) if field.is_known})
    values = ", ".join(f"'{name}', {_VALUES[name]}" for name in used)
    kind = mailing.population.kind if mailing.population_id else Population.Kind.CONTACTS
    people = _PEOPLE.format(
        members=members.format(member=_MEMBER[Population.Kind(kind)]),
        address=_ADDRESS[Medium(mailing.letter.medium)],
        values=values,
    )
    return _RECIPIENTS.format(
        people=people,
        suppressed=suppressed.standing("p.address", "%(medium)s", "%(purpose)s"),
        consented=_CONSENT.format(standing="true"),
        withdrawn=_CONSENT.format(standing="false"),
        of_person=_RECENT.format(whose="lower(r.address) = lower(p.address)"),
        of_account=_RECENT.format(whose="r.account_id = p.account"),
        person_was_asked=_RULE.format(most=f"{_ASKED.format(whose=_THEIRS)} >= f.to_person"),
        account_was_asked=_RULE.format(
            most=f"{_ASKED.format(whose='r.account_id = p.account')} + p.place > f.to_account"
        ),
    )


def _fields(mailing: Mailing) -> Iterable[merging.Field]:
    return (field for text in mailing.letter.texts.values() for field in letters.fields_of(text))


def _given(mailing: Mailing, now: datetime) -> dict[str, Any]:
    letter, maker, here = mailing.letter, mailing.made_by, Organisation.current()
    outbox = Outbox.of(letter.medium)
    languages = list(letter.texts)
    needed = [
        (language, field.name)
        for language in languages
        for field in letters.fields_of(letter.texts[language])
        if field.instead is None and field.is_known
    ]
    return {
        "mailing": mailing.pk,
        "letter": letter.pk,
        "population": mailing.population_id,
        "medium": letter.medium,
        "purpose": mailing.purpose,
        "topic": mailing.topic,
        "now": now,
        "today": here.today(now),
        "languages": languages,
        "otherwise": mailing.language if mailing.language in languages else next(iter(languages), ""),
        "in_language": [language for language, _field in needed],
        "needed": [field for _language, field in needed],
        "beginnings": sorted(merging.BEGINNINGS),
        "titled": merging.TITLED,
        "organisation": Jsonb({code: here.name.in_language(code) for code, _name in settings.LANGUAGES}),
        "sees_all": bool(maker and maker.has_perm("accounts.view_all_accounts")),
        "maker": maker.pk if maker and maker.is_active else None,
        "teams": list(maker.teams.values_list("pk", flat=True)) if maker and maker.is_active else [],
        "counted": _COUNTED,
        "since": now - timedelta(days=outbox.budget_days),
        "person_budget": outbox.person_budget,
        "account_budget": outbox.account_budget,
    }
