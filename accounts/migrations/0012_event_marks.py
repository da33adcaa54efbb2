# ruff: noqa: S608  The statements are put together from names of our own tables and columns.
"""Whose events must be counted anew, because it became known whose they are (EventMark), and since when names mean so."""

from django.db import migrations

from accounts.migrations._triggers import statement_triggers, without

# Who a digest is, by whatever way we know it. Who was merged does nothing any more: what comes under their ids is the
# survivor's. The account stays that of the row, as all facts stay where they are.
KNOWN = """
CREATE INDEX contact_by_own_digest ON accounts_contact (cxhub_digest('cxhub', 'contact', id::text));
CREATE INDEX contact_by_digest ON accounts_contact (cxhub_digest(source, 'user', external_id))
  WHERE external_id IS NOT NULL;
CREATE INDEX account_by_own_digest ON accounts_account (cxhub_digest('cxhub', 'account', id::text));
CREATE VIEW accounts_knownperson AS
  SELECT i.digest, coalesce(c.merged_into_id, c.id) AS contact_id, c.account_id, i.since, i.until
  FROM accounts_identity i JOIN accounts_contact c ON c.id = i.contact_id
  UNION ALL
  SELECT cxhub_digest(c.source, 'user', c.external_id), coalesce(c.merged_into_id, c.id), c.account_id, NULL, NULL
  FROM accounts_contact c WHERE c.external_id IS NOT NULL
  UNION ALL
  SELECT cxhub_digest('cxhub', 'contact', c.id::text), coalesce(c.merged_into_id, c.id), c.account_id, NULL, NULL
  FROM accounts_contact c;
CREATE VIEW accounts_knowncompany AS
  SELECT digest, account_id FROM accounts_accountkey
  UNION ALL
  SELECT cxhub_digest('cxhub', 'account', id::text), id FROM accounts_account;
"""
UNKNOWN = """
DROP VIEW accounts_knownperson, accounts_knowncompany;
DROP INDEX contact_by_own_digest, contact_by_digest, account_by_own_digest;
"""


def mark(table: str, column: str, digests: dict[str, str]) -> str:
    """Of the rows written and those that were: whose events they are about. `digests`: {expression: condition}."""

    def of(rows: str) -> str:
        return " UNION ".join(
            f"SELECT {digest.format(r='r')} FROM {rows} r{' WHERE ' + only.format(r='r') if only else ''}"
            for digest, only in digests.items()
        )

    return f"""
    CREATE FUNCTION {table}_mark() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'INSERT' THEN INSERT INTO accounts_eventmark ({column}) {of("after")};
      ELSIF TG_OP = 'DELETE' THEN INSERT INTO accounts_eventmark ({column}) {of("before")};
      ELSE INSERT INTO accounts_eventmark ({column}) {of(CHANGED[table].format("b", "a"))}
        UNION {of(CHANGED[table].format("a", "b"))};
      END IF;
      RETURN NULL;
    END $$;
    """ + statement_triggers(table, "mark", f"{table}_mark()")


def changed(columns: str) -> str:
    """Those of the rows of which one of the columns changed, as one of both versions has them."""
    differ = (f"{{0}}.{name} IS DISTINCT FROM {{1}}.{name}" for name in columns.split())
    return "(SELECT {0}.* FROM before b JOIN after a USING (id) WHERE " + " OR ".join(differ) + ")"


CHANGED = {
    "accounts_identity": changed("digest contact_id since until"),
    "accounts_contact": changed("source external_id account_id merged_into_id"),
    "accounts_accountkey": changed("digest account_id"),
}
PERSONS = {
    "accounts_identity": {"{r}.digest": ""},
    "accounts_contact": {
        "cxhub_digest({r}.source, 'user', {r}.external_id)": "{r}.external_id IS NOT NULL",
        "cxhub_digest('cxhub', 'contact', {r}.id::text)": "",
    },
}
COMPANIES = {"accounts_accountkey": {"{r}.digest": ""}}

# A contact that moves to another account, or is merged, takes all ids with it.
MOVED = """
CREATE FUNCTION accounts_contact_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO accounts_eventmark (person)
  SELECT DISTINCT i.digest FROM before b JOIN after a USING (id) JOIN accounts_identity i ON i.contact_id = a.id
  WHERE a.account_id <> b.account_id OR a.merged_into_id IS DISTINCT FROM b.merged_into_id;
  RETURN NULL;
END $$;
""" + statement_triggers("accounts_contact", "moved", "accounts_contact_moved()", events="update")

# A person is known at the account of a company, or at one that is the same customer.
MERGED = """
CREATE FUNCTION accounts_account_merged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO accounts_eventmark (company)
  SELECT DISTINCT k.digest
  FROM before b JOIN after a USING (id)
  JOIN accounts_account same ON a.id = same.id OR same.id IN (a.merged_into_id, b.merged_into_id)
    OR same.merged_into_id IN (a.merged_into_id, b.merged_into_id, a.id)
  JOIN accounts_knowncompany k ON k.account_id = same.id
  WHERE a.merged_into_id IS DISTINCT FROM b.merged_into_id;
  RETURN NULL;
END $$;
""" + statement_triggers("accounts_account", "merged", "accounts_account_merged()", events="update")

MARKS = (
    "".join(mark(table, "person", digests) for table, digests in PERSONS.items())
    + "".join(mark(table, "company", digests) for table, digests in COMPANIES.items())
    + MOVED
    + MERGED
)

# What a name means, or which goals there are: every event may be read another way.
VERSIONS = """
CREATE FUNCTION cxhub_new_taxonomy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO accounts_taxonomyversion DEFAULT VALUES;
  RETURN NULL;
END $$;
""" + "".join(
    f"CREATE TRIGGER new_taxonomy AFTER INSERT OR UPDATE OR DELETE ON {table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION cxhub_new_taxonomy();"
    for table in ("accounts_eventname", "accounts_goal")
)

FUNCTIONS = [
    *(f"{table}_mark" for table in CHANGED),
    "accounts_contact_moved",
    "accounts_account_merged",
    "cxhub_new_taxonomy",
]


class Migration(migrations.Migration):
    replaces = [
        ("accounts", "0040_event_triggers"),
        ("accounts", "0041_what_is_left_of_events"),
        ("accounts", "0044_merged_contacts_are_survivors"),
    ]

    dependencies = [
        ("accounts", "0011_no_circle_of_parents"),
    ]

    operations = [migrations.RunSQL(KNOWN + MARKS + VERSIONS, without(FUNCTIONS) + UNKNOWN)]
