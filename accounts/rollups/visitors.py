"""Whose visits are one: a contact's, whatever ids they go by, as far as it is known now.

A visit goes on when somebody signs in: whoever becomes known, or is no longer, may join visits of other ids, or part
them.
"""

from datetime import date

from django.db.backends.utils import CursorWrapper

# In the place of a digest, which no contact's number ever looks like.
OF_CONTACT = "lpad(to_hex({contact}), 32, '0')::uuid"
# As accounts_knownperson, the other way round: by its contacts, that view would be read from end to end.
IDS = """
(SELECT cxhub_digest('cxhub', 'contact', c.id::text) AS digest FROM accounts_contact c WHERE c.id = of.id
 UNION ALL
 SELECT cxhub_digest(c.source, 'user', c.external_id) FROM accounts_contact c
 WHERE c.id = of.id AND c.external_id IS NOT NULL
 UNION ALL
 SELECT i.digest FROM accounts_identity i WHERE i.contact_id = of.id)"""
# Each person's group has all whom they might share a visit with, at any time.
GROUPS = f"""
CREATE TEMP TABLE rollup_group ON COMMIT DROP AS
WITH RECURSIVE linked(one, person) AS (
  SELECT DISTINCT person, person FROM {{persons}} p
  UNION
  SELECT l.one, ids.digest FROM linked l,
    LATERAL (SELECT contact_id FROM accounts_knownperson k WHERE k.digest = l.person OFFSET 0) k,
    LATERAL (SELECT id FROM accounts_contact WHERE id = k.contact_id
             UNION ALL SELECT id FROM accounts_contact WHERE merged_into_id = k.contact_id) of,
    LATERAL {IDS} ids)
SELECT person, (array_agg(one ORDER BY one))[1] AS first FROM linked GROUP BY person;
ANALYZE rollup_group"""
# By the days on which ids were somebody's; of several contacts at a time the one entered first.
VISITORS = f"""
CREATE TEMP TABLE rollup_visitor ON COMMIT DROP AS
WITH known AS (
  SELECT k.digest AS person, k.contact_id, coalesce(k.since, '-infinity') AS since,
         coalesce(k.until, 'infinity') AS until
  FROM {{known}} k),
cuts AS (SELECT person, since AS day FROM known UNION SELECT person, until FROM known),
spans AS (SELECT person, day AS since, lead(day) OVER (PARTITION BY person ORDER BY day) AS until FROM cuts)
SELECT s.person, s.since, s.until, {OF_CONTACT.format(contact="min(k.contact_id)")} AS visitor
FROM spans s JOIN known k ON k.person = s.person AND k.since <= s.since AND s.since < k.until
WHERE s.until IS NOT NULL GROUP BY s.person, s.since, s.until;
ANALYZE rollup_visitor"""
KNOWN_OF_GROUPS = """
(SELECT k.* FROM rollup_group g,
   LATERAL (SELECT * FROM accounts_knownperson k WHERE k.digest = g.person OFFSET 0) k)"""
# On these days they were active beside others of the contact that they were, or are now.
JOINED_OR_PARTED = """
INSERT INTO rollup_day (person, day)
WITH theirs AS (
  SELECT DISTINCT a.person, a.day, a.account_id, a.contact_id
  FROM (SELECT DISTINCT person FROM rollup_mark WHERE day IS NULL AND person IS NOT NULL) m, LATERAL (
    SELECT * FROM accounts_activityday a WHERE a.person = m.person AND a.day >= %(first)s OFFSET 0) a),
before AS (
  SELECT DISTINCT t.person, a.person AS other, t.day FROM theirs t JOIN accounts_activityday a
  ON a.account_id = t.account_id AND a.contact_id = t.contact_id AND a.day BETWEEN t.day - 1 AND t.day + 1
  WHERE a.person <> t.person),
now AS (
  SELECT t.person, t.day FROM theirs t JOIN rollup_group g ON g.person = t.person
  JOIN rollup_group o ON o.first = g.first AND o.person <> t.person, LATERAL (
    SELECT FROM accounts_activityday a
    WHERE a.person = o.person AND a.day BETWEEN t.day - 1 AND t.day + 1 LIMIT 1) a)
SELECT person, day FROM before UNION SELECT other, day FROM before UNION SELECT person, day FROM now"""


def group(cursor: CursorWrapper, persons: str) -> None:
    """Those of a table, with all others of theirs, as rollup_group."""
    cursor.execute("DROP TABLE IF EXISTS rollup_group")
    cursor.execute(GROUPS.format(persons=persons))


def mark_joined_or_parted(cursor: CursorWrapper, first: date) -> int:
    """Adds to rollup_day the days, from the first on, whose visits ids of rollup_mark may join or part: how many."""
    group(cursor, "(SELECT person FROM rollup_mark WHERE day IS NULL AND person IS NOT NULL)")
    cursor.execute(JOINED_OR_PARTED, {"first": first})
    return int(cursor.rowcount)


def name(cursor: CursorWrapper, known: str = KNOWN_OF_GROUPS) -> None:
    """Who they are on which days, as rollup_visitor."""
    cursor.execute("DROP TABLE IF EXISTS rollup_visitor")
    cursor.execute(VISITORS.format(known=known))
