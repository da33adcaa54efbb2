"""Which accounts, and which contacts of one account, may be the same: found for all of them in one pass.

Nothing is compared with everything. Two accounts are compared that share a web domain, an address or a number, or a
name but for one letter or one word; what too many share tells nothing, so that the work grows with the rows.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import AccountPair, ContactPair, Job
from accounts.models.duplicates import Pair
from accounts.texts import FOLD_FROM, FOLD_TO, search_key

KIND = "duplicates.search"

# Measured with 20,000 made-up names and 400 of them again, a letter or word short, turned round, in capitals or of
# another form: 0.65 finds 97 % of these and 23 pairs of others, 0.62 98 % and 57, 0.7 93 % and 3.
ALIKE = 0.65
# What more accounts than this have in common tells nothing.
MOST_OF_A_KEY = 20
# So many contacts of one account are compared by name each with each.
MOST_OF_AN_ACCOUNT = 300

# What a company is by law, in names as they are searched.
FORMS = (
    "ltd limited llc inc incorporated corp corporation co company plc gmbh ag sa sas sarl srl bv nv spa pty oy ab"
    " fze fzco fzllc wll bsc ksc kscc kscp sae est establishment the"
    " شركة مؤسسة الشركة المؤسسة المحدودة محدودة المساهمة مساهمة ذمم شمم شمك شمل شمو"
)
# Of everybody: whoever has an address there says nothing of where they work.
FREE_MAIL = (
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com icloud.com me.com mac.com"
    " aol.com gmx.com gmx.de gmx.net web.de proton.me protonmail.com mail.com mail.ru yandex.com yandex.ru zoho.com"
    " hotmail.fr yahoo.fr outlook.sa hotmail.co.uk yahoo.co.uk qq.com 163.com"
)

# Two at once would wait for one another's rows.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('duplicates'))"
# Words of customers' names without marks and forms of companies; a name of nothing else keeps them. In one order too,
# for some turn them round.
NAMES = """
CREATE TEMP TABLE duplicates_name ON COMMIT DROP AS
SELECT id, key, words, array_to_string(words, '') AS whole
FROM (SELECT id, coalesce(nullif(btrim(regexp_replace(
               ' ' || plain || ' ', ' (' || %(forms)s || ')(?= )', '', 'g')), ''), plain) AS key
      FROM (SELECT id, btrim(regexp_replace(
                     translate(name_key, '.''', ''), '[[:punct:][:space:]،؛–—]+', ' ', 'g')) AS plain
            FROM accounts_account WHERE merged_into_id IS NULL AND NOT internal) named) keyed,
     LATERAL (SELECT array_agg(word ORDER BY word COLLATE "C") AS words FROM string_to_table(key, ' ') word) parted"""
# The whole name, the name without any one of its letters, and without any one of its words: two names that differ by
# a letter, or by a word, have one of these in common.
VARIANTS = """
CREATE TEMP TABLE duplicates_variant ON COMMIT DROP AS
SELECT DISTINCT id, hashtextextended(text, 0) AS variant FROM (
  SELECT id, whole AS text FROM duplicates_name
  UNION ALL SELECT id, left(whole, place - 1) || substr(whole, place + 1)
  FROM duplicates_name, generate_series(1, length(whole)) place WHERE length(whole) > 4
  UNION ALL SELECT id, array_to_string(words[:place - 1] || words[place + 1:], '')
  FROM duplicates_name, generate_series(1, cardinality(words)) place WHERE cardinality(words) > 1) variants"""
BY_NAME = """
CREATE TEMP TABLE duplicates_found ON COMMIT DROP AS
SELECT first, second, 'name' AS reason
FROM (SELECT DISTINCT ids[i] AS first, ids[j] AS second
      FROM (SELECT array_agg(id ORDER BY id) AS ids FROM duplicates_variant
            GROUP BY variant HAVING count(*) BETWEEN 2 AND %(of_a_key)s) sharing,
           generate_subscripts(ids, 1) i, generate_subscripts(ids, 1) j WHERE i < j) candidates
JOIN duplicates_name a ON a.id = first JOIN duplicates_name b ON b.id = second
WHERE similarity(a.key, b.key) >= %(alike)s"""

# A number without what is dialled before it: 00966 55 123 4567, +966 551234567 and ٠٥٥١٢٣٤٥٦٧ end alike.
NUMBER = f"ltrim(regexp_replace(translate(phone, '{FOLD_FROM}', '{FOLD_TO}'), '[^0-9]', '', 'g'), '0')"
ADDRESS = "regexp_replace(lower(btrim(email)), '[+][^@]*@', '@')"
PEOPLE = f"""
CREATE TEMP TABLE duplicates_person ON COMMIT DROP AS
SELECT c.id, coalesce(a.merged_into_id, a.id) AS account, name_keys.key AS name,
       nullif({ADDRESS}, '') AS address, CASE WHEN length({NUMBER}) >= 7 THEN {NUMBER} END AS number
FROM accounts_contact c JOIN accounts_account a ON a.id = c.account_id,
     LATERAL (SELECT nullif(c.name_key, '') AS key) name_keys
WHERE c.merged_into_id IS NULL"""
KEYS = """
CREATE TEMP TABLE duplicates_key ON COMMIT DROP AS
SELECT DISTINCT id, reason, value, number FROM (
  SELECT id, 'domain' AS reason, substring(lower(website) FROM '^[a-z]+://(?:www[.])?([^/:?#]+)') AS value, '' AS number
  FROM accounts_account WHERE merged_into_id IS NULL AND website <> ''
  UNION ALL SELECT account, 'domain', split_part(address, '@', 2), '' FROM duplicates_person
  UNION ALL SELECT account, 'email', address, '' FROM duplicates_person
  UNION ALL SELECT account, 'phone', right(number, 7), number FROM duplicates_person) keys
WHERE value <> '' AND NOT split_part(value, '@', CASE reason WHEN 'email' THEN 2 ELSE 1 END) = ANY(%(free_mail)s)"""
# Companies of one group share a domain and are not one; of a number the shorter must be the end of the longer.
BY_KEY = """
INSERT INTO duplicates_found
SELECT DISTINCT a.id, b.id, reason FROM duplicates_key a JOIN duplicates_key b USING (reason, value)
JOIN (SELECT reason, value FROM duplicates_key GROUP BY 1, 2
      HAVING count(DISTINCT id) <= %(of_a_key)s) rare USING (reason, value)
WHERE a.id < b.id AND (right(a.number, length(b.number)) = b.number OR right(b.number, length(a.number)) = a.number)"""
ACCOUNT_PAIRS = """
SELECT first, second, array_agg(reason ORDER BY array_position(%(reasons)s::text[], reason)),
       similarity(min(n.key), min(m.key))
FROM duplicates_found
JOIN duplicates_name n ON n.id = first JOIN duplicates_name m ON m.id = second
JOIN accounts_account a ON a.id = first JOIN accounts_account b ON b.id = second
WHERE a.parent_id IS DISTINCT FROM b.id AND b.parent_id IS DISTINCT FROM a.id
  AND (a.parent_id IS NULL OR a.parent_id IS DISTINCT FROM b.parent_id)
GROUP BY 1, 2"""

# Of one account only: who has to do with two companies is two contacts.
PEOPLE_FOUND = """
CREATE TEMP TABLE duplicates_found ON COMMIT DROP AS
SELECT a.id AS first, b.id AS second, 'email' AS reason
FROM duplicates_person a JOIN duplicates_person b USING (account, address) WHERE a.id < b.id
UNION SELECT a.id, b.id, 'phone' FROM duplicates_person a JOIN duplicates_person b USING (account)
WHERE a.id < b.id AND right(a.number, 7) = right(b.number, 7)
  AND (right(a.number, length(b.number)) = b.number OR right(b.number, length(a.number)) = a.number)
UNION SELECT a.id, b.id, 'name' FROM duplicates_person a JOIN duplicates_person b USING (account)
WHERE a.id < b.id AND similarity(a.name, b.name) >= %(alike)s
  AND account IN (SELECT account FROM duplicates_person GROUP BY 1 HAVING count(*) <= %(of_an_account)s)"""
CONTACT_PAIRS = """
SELECT first, second, array_agg(reason ORDER BY array_position(%(reasons)s::text[], reason)),
       coalesce(similarity(min(a.name), min(b.name)), 0)
FROM duplicates_found JOIN duplicates_person a ON a.id = first JOIN duplicates_person b ON b.id = second
GROUP BY 1, 2"""

PARAMETERS: dict[str, Any] = {
    "alike": ALIKE,
    "forms": "|".join(sorted({search_key(form) for form in FORMS.split()})),
    "free_mail": FREE_MAIL.split(),
    "of_a_key": MOST_OF_A_KEY,
    "of_an_account": MOST_OF_AN_ACCOUNT,
    "reasons": [str(reason) for reason in Pair.Reason.values],
}


def search(now: datetime) -> Job:
    """Brings the open pairs to what is alike now, and says how many there are. What was said to be two stays said."""
    job = Job.objects.create(kind=KIND, started_at=now, seen_alive_at=now, state=Job.State.RUNNING)
    state, found = Job.State.FAILED, {}
    try:
        found = {"accounts": _find_accounts(), "contacts": _find_contacts()}
        state = Job.State.DONE
    finally:
        job.finish(state, timezone.now(), **found)
    return job


def searched_at() -> datetime | None:
    """When the last search ended; None: none did."""
    ended = Job.objects.filter(kind=KIND, state=Job.State.DONE).order_by("-pk")
    return ended.values_list("finished_at", flat=True).first()


def _find_accounts() -> int:
    with transaction.atomic():
        _run(
            [ONE_AT_A_TIME, NAMES, "ANALYZE duplicates_name", VARIANTS, "ANALYZE duplicates_variant", BY_NAME]
        )
        _run([PEOPLE, KEYS, "ANALYZE duplicates_key", BY_KEY, "ANALYZE duplicates_found"])
        found = _keep(AccountPair, ACCOUNT_PAIRS)
        _drop()
    return found


def _find_contacts() -> int:
    with transaction.atomic():
        _run([ONE_AT_A_TIME, PEOPLE, "ANALYZE duplicates_person", PEOPLE_FOUND, "ANALYZE duplicates_found"])
        found = _keep(ContactPair, CONTACT_PAIRS)
        _drop()
    return found


def _keep(model: type[Pair], select: str) -> int:
    """Pairs that are alike no longer go, unless somebody said something of them."""
    table = {"table": model._meta.db_table, "select": select}
    _run([statement.format(**table) for statement in KEEP])
    return model._default_manager.filter(dismissed_at=None).count()


KEEP = (
    """
    CREATE TEMP TABLE duplicates_pair (first_id, second_id, reasons, likeness) ON COMMIT DROP AS {select}""",
    """
    DELETE FROM {table} p WHERE dismissed_at IS NULL AND NOT EXISTS (
      SELECT FROM duplicates_pair d WHERE d.first_id = p.first_id AND d.second_id = p.second_id)""",
    """
    INSERT INTO {table} AS kept (first_id, second_id, reasons, likeness) SELECT * FROM duplicates_pair
    ON CONFLICT (first_id, second_id) DO UPDATE SET reasons = excluded.reasons, likeness = excluded.likeness
    WHERE (kept.reasons, kept.likeness) IS DISTINCT FROM (excluded.reasons, excluded.likeness)""",
)


def _drop() -> None:
    """Now, for both searches may be in one transaction."""
    names = ("name", "variant", "found", "person", "key", "pair")
    _run(f"DROP TABLE IF EXISTS pg_temp.duplicates_{name}" for name in names)


def _run(statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, PARAMETERS)
