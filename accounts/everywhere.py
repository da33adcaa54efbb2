"""Who is one person at several accounts, as far as it is known now."""

from django.db.models import BigIntegerField, Func

from accounts.usage import PERSON

# The first of those who are one person, by contact.
SAME_PERSON = """
WITH RECURSIVE people AS (
    SELECT c.id AS contact, coalesce(a.merged_into_id, a.id) AS account, lower(c.email) AS email
    FROM accounts_contact c JOIN accounts_account a ON a.id = c.account_id WHERE c.merged_into_id IS NULL
), known AS (
    SELECT contact, account, email AS by, daterange(NULL, NULL) AS days FROM people WHERE email <> ''
    UNION ALL
    SELECT p.contact, p.account, i.digest::text, daterange(i.since, i.until)
    FROM accounts_identity i JOIN accounts_contact c ON c.id = i.contact_id
    JOIN people p ON p.contact = coalesce(c.merged_into_id, c.id) WHERE i.kind = 'user' AND i.verified
), shared AS (
    SELECT DISTINCT one.contact, other.contact AS other FROM known one JOIN known other
    ON other.by = one.by AND other.account <> one.account AND other.days && one.days
), linked (contact, other) AS (
    SELECT contact, other FROM shared
    UNION SELECT l.contact, s.other FROM linked l JOIN shared s ON s.contact = l.other
)
SELECT jsonb_object_agg(contact, person) FROM (SELECT contact, min(other) AS person FROM linked GROUP BY contact) same
"""


class Everywhere(Func):
    """Whom a row is of at all accounts: of the contacts that are one person the one entered first.

    Those at different accounts with the same address, or an id that a server vouched for and both have at one time.
    They are looked for once in a statement.
    """

    template = f"coalesce((({SAME_PERSON}) ->> (%(expressions)s)::text)::bigint, %(expressions)s)"
    output_field = BigIntegerField()

    def __init__(self) -> None:
        super().__init__(PERSON)
