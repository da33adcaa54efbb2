# ruff: noqa: S608  The statements are put together from names of our own tables and columns.
"""What no writer may forget about events: whose figures and roll-ups must be made anew, and since when names mean so."""

from importlib import import_module

from django.db import migrations

triggers = import_module("accounts.migrations.0002_triggers")
by_columns = import_module("accounts.migrations.0031_compare_by_columns")

# Who a digest is, by whatever way we know it.
KNOWN = """
CREATE INDEX contact_by_own_digest ON accounts_contact (cxhub_digest('cxhub', 'contact', id::text));
CREATE INDEX contact_by_digest ON accounts_contact (cxhub_digest(source, 'user', external_id))
  WHERE external_id IS NOT NULL;
CREATE INDEX account_by_own_digest ON accounts_account (cxhub_digest('cxhub', 'account', id::text));
CREATE VIEW accounts_knownperson AS
  SELECT i.digest, c.id AS contact_id, c.account_id, i.since, i.until
  FROM accounts_identity i JOIN accounts_contact c ON c.id = i.contact_id
  UNION ALL
  SELECT cxhub_digest(source, 'user', external_id), id, account_id, NULL, NULL
  FROM accounts_contact WHERE external_id IS NOT NULL
  UNION ALL
  SELECT cxhub_digest('cxhub', 'contact', id::text), id, account_id, NULL, NULL FROM accounts_contact;
CREATE VIEW accounts_knowncompany AS
  SELECT digest, account_id FROM accounts_accountkey
  UNION ALL
  SELECT cxhub_digest('cxhub', 'account', id::text), id FROM accounts_account;
"""
UNKNOWN = """
DROP VIEW accounts_knownperson;
DROP VIEW accounts_knowncompany;
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
    """ + triggers.statement_triggers(table, "mark", f"{table}_mark()")


def changed(columns: str) -> str:
    """Those of the rows of which one of the columns changed, as one of both versions has them."""
    differ = (f"{{0}}.{name} IS DISTINCT FROM {{1}}.{name}" for name in columns.split())
    return "(SELECT {0}.* FROM before b JOIN after a USING (id) WHERE " + " OR ".join(differ) + ")"


CHANGED = {
    "accounts_identity": changed("digest contact_id since until"),
    "accounts_contact": changed("source external_id account_id"),
    "accounts_accountkey": changed("digest account_id"),
}
PERSONS = {
    "accounts_identity": {"{r}.digest": ""},
    "accounts_contact": {
        "cxhub_digest({r}.source, 'user', {r}.external_id)": "{r}.external_id IS NOT NULL",
        "cxhub_digest('cxhub', 'contact', {r}.id::text)": "",
    },
}
# A contact that moves to another account takes all ids with it.
MOVED = """
CREATE FUNCTION accounts_contact_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO accounts_eventmark (person)
  SELECT DISTINCT i.digest FROM before b JOIN after a USING (id) JOIN accounts_identity i ON i.contact_id = a.id
  WHERE a.account_id <> b.account_id;
  RETURN NULL;
END $$;
""" + triggers.statement_triggers("accounts_contact", "moved", "accounts_contact_moved()", events="update")

MARKS = "".join(mark(table, "person", digests) for table, digests in PERSONS.items()) + MOVED
MARKS += mark("accounts_accountkey", "company", {"{r}.digest": ""})
NO_MARKS = "".join(
    f"DROP FUNCTION {function}() CASCADE;"
    for function in (
        "accounts_identity_mark",
        "accounts_contact_mark",
        "accounts_accountkey_mark",
        "accounts_contact_moved",
    )
)

TOUCHING = {
    "accounts_activityday": triggers.Touch(account="coalesce({r}.account_id, 0)", since="{r}.day"),
    "accounts_session": triggers.Touch(account="coalesce({r}.account_id, 0)", since="{r}.day"),
    "accounts_delivery": triggers.Touch(
        account="coalesce({r}.account_id, 0)",
        since=triggers.local_day(
            "least({r}.sent_at, {r}.delivered_at, {r}.opened_at, {r}.clicked_at, {r}.bounced_at, {r}.unsubscribed_at,"
            " {r}.replied_at, {r}.recorded_at)"
        ),
    ),
    "accounts_consent": triggers.Touch(
        account="(SELECT c.account_id FROM accounts_contact c WHERE c.id = {r}.contact_id)",
        since=triggers.local_day("{r}.given_at"),
        later={"withdrawn_at": triggers.local_day("{r}.withdrawn_at")},
    ),
    "accounts_identity": triggers.Touch(
        account="(SELECT c.account_id FROM accounts_contact c WHERE c.id = {r}.contact_id)",
        since=f"coalesce({{r}}.since, {triggers.local_day('{r}.recorded_at')})",
    ),
    "accounts_campaignday": triggers.Touch(account="0::bigint", since="{r}.day"),
    "accounts_planfeature": triggers.Touch(
        account="NULL::bigint", since=f"coalesce({{r}}.starts, {triggers.EVER})", everybody=True
    ),
}
FIRST_FACT = f"""
CREATE OR REPLACE FUNCTION cxhub_first_fact(of_account bigint) RETURNS date LANGUAGE sql STABLE AS $$
  SELECT least(
    (SELECT min(starts) FROM accounts_subscription WHERE account_id = ANY(its)),
    (SELECT min(from_day) FROM accounts_accountchange WHERE account_id = ANY(its) AND field = 'stage'),
    (SELECT min(day) FROM accounts_payment WHERE account_id = ANY(its)),
    (SELECT min(starts) FROM accounts_term WHERE account_id = ANY(its)),
    (SELECT min(first_interest) FROM accounts_lead WHERE account_id = ANY(its)),
    (SELECT min(churn_day) FROM accounts_departure WHERE account_id = ANY(its)),
    (SELECT min(day) FROM accounts_activityday WHERE account_id = ANY(its)),
    {triggers.local_day("(SELECT min(ordered_at) FROM accounts_order WHERE account_id = ANY(its))")},
    {triggers.local_day("(SELECT min(opened_at) FROM accounts_ticket WHERE account_id = ANY(its))")},
    {triggers.TODAY})
  FROM (SELECT array_agg(id) AS its FROM accounts_account WHERE of_account IN (id, merged_into_id)) accounts
$$;
"""
BEFORE = import_module("accounts.migrations.0008_one_person_is_one_lead").FIRST_FACT

AUDITED = [
    "identity",
    "consent",
    "feature",
    "planfeature",
    "resource",
    "goal",
    "campaign",
    "campaignday",
    "eventname",
    "traitfield",
    "writekey",
]
AUDIT = "".join(
    triggers.statement_triggers(f"accounts_{model}", "audit", "cxhub_audit()") for model in AUDITED
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


def touch_and_audit(_apps, schema_editor) -> None:
    with schema_editor.connection.cursor() as cursor:
        for table, touched in TOUCHING.items():
            cursor.execute(triggers.touch(table, touched))
        for model in [*AUDITED, "accountkey", "retention"]:
            by_columns.compare(cursor, f"accounts_{model}")


def neither(_apps, schema_editor) -> None:
    with schema_editor.connection.cursor() as cursor:
        for table in TOUCHING:
            cursor.execute(f"DROP FUNCTION {table}_touch() CASCADE")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0039_events")]

    operations = [
        migrations.RunSQL(KNOWN, UNKNOWN),
        migrations.RunSQL(
            MARKS
            + AUDIT
            + VERSIONS
            + FIRST_FACT
            + triggers.learn(
                "accounts_consent", "withdrawn_at", "withdrawn_recorded_at", "NEW.withdrawn_at IS NULL"
            ),
            NO_MARKS + BEFORE + "DROP FUNCTION cxhub_new_taxonomy() CASCADE;"
            " DROP FUNCTION accounts_consent_withdrawn_at_learned() CASCADE;",
        ),
        migrations.RunPython(touch_and_audit, neither),
    ]
