"""To whom roll-ups belong: from whatever is known of persons and companies now, for any number of them at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.backends.utils import CursorWrapper

# In the place of no company, so that tables can be joined by it.
NOBODY = "'00000000-0000-0000-0000-000000000000'::uuid"
MOMENTS = (
    "sent_at",
    "delivered_at",
    "opened_at",
    "opened_by_machine_at",
    "clicked_at",
    "bounced_at",
    "unsubscribed_at",
    "complained_at",
    "replied_at",
)


def first_moment(row: str) -> str:
    return f"least({', '.join(f'{row}.{moment}' for moment in MOMENTS)})"


def day_of(table: str, row: str) -> str:
    """The day of a roll-up's row on which it is asked who the person was."""
    if table != "accounts_delivery":
        return f"{row}.day"
    return f"({first_moment(row)} AT TIME ZONE %(zone)s)::date"


# Asked one by one, by the indexes, however many people there are.
KNOWN = """
CREATE TEMP TABLE rollup_known ON COMMIT DROP AS
SELECT k.digest AS person, k.contact_id, k.account_id, coalesce(a.merged_into_id, a.id) AS survivor,
       coalesce(k.since, '-infinity') AS since, coalesce(k.until, 'infinity') AS until
FROM (SELECT DISTINCT person FROM rollup_pair) p,
     LATERAL (SELECT * FROM accounts_knownperson k WHERE k.digest = p.person OFFSET 0) k
JOIN accounts_account a ON a.id = k.account_id;
CREATE TEMP TABLE rollup_company ON COMMIT DROP AS
SELECT DISTINCT ON (k.digest) k.digest AS company, k.account_id, coalesce(a.merged_into_id, a.id) AS survivor
FROM (SELECT DISTINCT company FROM rollup_pair) p,
     LATERAL (SELECT * FROM accounts_knowncompany k WHERE k.digest = p.company OFFSET 0) k
JOIN accounts_account a ON a.id = k.account_id
ORDER BY k.digest, k.account_id;
ANALYZE rollup_known, rollup_company"""
# Persons whose id belongs to several contacts in turn have several stretches of days, all others one. Of several
# contacts at a time it is the one known latest; a company that is known says at which of the accounts.
WHO = f"""
CREATE TEMP TABLE rollup_who ON COMMIT DROP AS
WITH cuts AS (
  SELECT DISTINCT person, date '-infinity' AS since FROM rollup_pair
  UNION SELECT person, since FROM rollup_known UNION SELECT person, until FROM rollup_known),
spans AS (
  SELECT person, since, coalesce(lead(since) OVER (PARTITION BY person ORDER BY since), 'infinity') AS until FROM cuts)
SELECT p.person, coalesce(p.company, {NOBODY}) AS company, s.since, s.until,
       CASE WHEN c.company IS NOT NULL THEN c.account_id
            WHEN p.company IS NULL OR count(DISTINCT k.contact_id) = 1 THEN (array_agg(k.account_id {{best}}))[1]
       END AS account_id,
       CASE WHEN c.company IS NOT NULL OR p.company IS NULL OR count(DISTINCT k.contact_id) = 1
            THEN (array_agg(k.contact_id {{best}}) FILTER (WHERE c.company IS NULL OR k.survivor = c.survivor))[1]
       END AS contact_id
FROM rollup_pair p JOIN spans s USING (person)
LEFT JOIN rollup_company c ON c.company = p.company
LEFT JOIN rollup_known k ON k.person = p.person AND k.since <= s.since AND s.since < k.until
WHERE s.since < s.until
GROUP BY p.person, p.company, s.since, s.until, c.company, c.account_id;
ANALYZE rollup_who""".format(best="ORDER BY k.since DESC, k.contact_id")
TABLES = ("accounts_activityday", "accounts_session", "accounts_delivery")
PAIRS_OF_ROWS = "CREATE TEMP TABLE rollup_pair ON COMMIT DROP AS " + " UNION ".join(
    f"SELECT person, company FROM {table} WHERE {column} IN (SELECT {column} FROM rollup_mark WHERE day IS NULL)"
    for table in TABLES
    for column in ("person", "company")
)


@contextmanager
def hashing(cursor: CursorWrapper) -> Iterator[None]:
    """Nobody knows how many rows temporary tables joined by several columns give: one for each would take for ever."""
    cursor.execute("SET LOCAL enable_nestloop = off")
    yield
    cursor.execute("SET LOCAL enable_nestloop = on")


def belongs(table: str, row: str) -> str:
    """The condition by which a row finds its `w` of rollup_who."""
    day = day_of(table, row)
    return (
        f"w.person = {row}.person AND w.company = coalesce({row}.company, {NOBODY})"
        f" AND w.since <= {day} AND {day} < w.until"
    )


def find(cursor: CursorWrapper) -> None:
    """Who those of rollup_pair are, as rollup_who."""
    cursor.execute("ANALYZE rollup_pair; DROP TABLE IF EXISTS rollup_known, rollup_company, rollup_who")
    cursor.execute(KNOWN)
    with hashing(cursor):
        cursor.execute(WHO)


def attribute_anew(cursor: CursorWrapper, zone: str) -> None:
    """All rows of the persons and companies that are marked without a day."""
    cursor.execute("DROP TABLE IF EXISTS rollup_pair; ANALYZE rollup_mark")
    cursor.execute(PAIRS_OF_ROWS)
    find(cursor)
    for table in TABLES:
        cursor.execute(
            f"UPDATE {table} r SET account_id = w.account_id, contact_id = w.contact_id FROM rollup_who w"
            f" WHERE {belongs(table, 'r')}"
            " AND (r.account_id, r.contact_id) IS DISTINCT FROM (w.account_id, w.contact_id)",
            {"zone": zone},
        )
