# ruff: noqa: S608, SIM905  The statements are put together from names of our own tables and columns.
"""Who changed what (AuditEntry). The database itself writes it, set-based and under COPY too: no writer may forget it.

Of a changed row the triggers compare its columns, not its JSON: an update of many rows takes a third as long. So they
know the columns by name. Whoever adds one to an audited table, or an audited table, calls `compare` again.
"""

from importlib import import_module

from django.db import migrations

from accounts.migrations._triggers import statement_triggers, without

touching = import_module("accounts.migrations.0008_touch")

AUDITED = [
    f"accounts_{model}"
    for model in (
        "account accountkey accountchange contact lead product plan subscription pause term departure exchangerate "
        "order orderline return payment expense ticket ticketevent workingcalendar organisation team user "
        # Who is in which team and group, and who has which right of their own.
        "user_teams user_groups user_user_permissions "
        # Who let an address in again. Of populations: memberships are made of facts, and are their own history.
        "attributedefinition tag attachment population erasedaddress retention "
        "identity consent feature planfeature resource goal campaign campaignday eventname traitfield writekey "
        # The secrets of a webhook stand in a table that is not audited.
        "webhookendpoint mailing outbox suppression"
    ).split()
]
# Made and revoked, not used: the time of the last use is an update every minute.
MADE_AND_REVOKED = "accounts_apitoken"

# Only what changed is kept; what was created stands in the row itself. Secrets and log-in times never.
# OFFSET 0 keeps PostgreSQL from writing the expressions of the inner SELECT wherever the outer one names them.
AUDIT = """
CREATE FUNCTION cxhub_audited(r jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT r - 'password' - 'last_login' - 'name_key'
$$;
CREATE FUNCTION cxhub_audit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  by_actor bigint := nullif(current_setting('cxhub.actor', true), '')::bigint;
  by_job bigint := nullif(current_setting('cxhub.job', true), '')::bigint;
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO accounts_auditentry (actor_id, job_id, "table", "row", action)
    SELECT by_actor, by_job, TG_TABLE_NAME, id, 'insert' FROM after;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO accounts_auditentry (actor_id, job_id, "table", "row", action, before)
    SELECT by_actor, by_job, TG_TABLE_NAME, id, 'delete', cxhub_audited(to_jsonb(b)) FROM before b;
  ELSE
    INSERT INTO accounts_auditentry (actor_id, job_id, "table", "row", action, before, after)
    SELECT by_actor, by_job, TG_TABLE_NAME, (c.a).id, 'update', d.b, d.a
    FROM (SELECT b, a, to_jsonb(b) AS old, to_jsonb(a) AS new FROM before b JOIN after a USING (id) WHERE b IS DISTINCT FROM a OFFSET 0) c,
    LATERAL (SELECT jsonb_object_agg(o.key, o.value) AS b, jsonb_object_agg(o.key, c.new -> o.key) AS a
             FROM jsonb_each(c.old) o WHERE o.value IS DISTINCT FROM c.new -> o.key
             AND o.key NOT IN ('password', 'last_login', 'name_key')) d
    WHERE d.b IS NOT NULL;
  END IF;
  RETURN NULL;
END $$;
"""

COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"""
SECRET = {"password", "last_login"}
# How an outbox stands is no change of it.
STANDING = {"accounts_outbox": {"errors", "heard", "next_at"}}


def differ(columns: list[str]) -> str:
    before, after = (", ".join(f'{row}."{column}"' for column in columns) for row in "ba")
    return f"ROW({before}) IS DISTINCT FROM ROW({after})"


def audit(table: str, columns: list[str]) -> str:
    """Of both versions only what changed."""
    compared = [column for column in columns if column not in {"id", *SECRET, *STANDING.get(table, ())}]

    def changed(row: str) -> str:
        of_columns = (
            f"""CASE WHEN b."{column}" IS DISTINCT FROM a."{column}" """
            f"""THEN jsonb_build_object('{column}', {row}."{column}") ELSE '{{}}' END"""
            for column in compared
        )
        return " || ".join(of_columns)

    return f"""
    CREATE OR REPLACE FUNCTION {table}_audit_update() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      by_actor bigint := nullif(current_setting('cxhub.actor', true), '')::bigint;
      by_job bigint := nullif(current_setting('cxhub.job', true), '')::bigint;
    BEGIN
      INSERT INTO accounts_auditentry (actor_id, job_id, "table", "row", action, before, after)
      SELECT by_actor, by_job, TG_TABLE_NAME, a.id, 'update', {changed("b")}, {changed("a")}
      FROM before b JOIN after a USING (id) WHERE {differ(compared)};
      RETURN NULL;
    END $$;
    CREATE OR REPLACE TRIGGER audit_on_update AFTER UPDATE ON {table}
      REFERENCING OLD TABLE AS before NEW TABLE AS after
      FOR EACH STATEMENT EXECUTE FUNCTION {table}_audit_update();
    """


def changed_columns(touched: "touching.Touch", columns: list[str]) -> str:
    """As `changed_json` of 0008."""
    (account_before, since_before), (account_after, since_after) = touched.of("b"), touched.of("a")
    idle = {"id", *touching.NEVER_READ.split(), *touched.idle.split()}
    read = [column for column in columns if column not in idle]
    day = f"least({since_before}, {since_after})"
    if touched.later:
        days = ", ".join(touched.since_change(column) for column in touched.later)
        others = [column for column in read if column not in touched.later]
        day = f"CASE WHEN {differ(others)} THEN {day} ELSE coalesce(least({days}), {touching.TODAY}) END"
    return f"""
    SELECT unnest(ARRAY[{account_before}, {account_after}]), {day}
    FROM before b JOIN after a USING (id) WHERE {differ(read)}"""


def compare(cursor, table: str) -> None:
    cursor.execute(COLUMNS, [table])
    columns = [column for (column,) in cursor.fetchall()]
    cursor.execute(audit(table, columns))
    if touched := touching.TOUCHING_BY_COLUMNS.get(table):
        cursor.execute(touching.touch(table, touched, changed_columns(touched, columns)))


def compare_by_columns(_apps, schema_editor) -> None:
    with schema_editor.connection.cursor() as cursor:
        for table in AUDITED:
            compare(cursor, table)


WRITTEN = "".join(
    statement_triggers(table, "audit", "cxhub_audit()", events="insert delete")
    for table in [*AUDITED, MADE_AND_REVOKED]
)
TOUCHED = "".join(touching.touch_triggers(table) for table in touching.TOUCHING_BY_COLUMNS)
NOT_WRITTEN = (
    without(["cxhub_audit", *(f"{table}_audit_update" for table in AUDITED)])
    + "DROP FUNCTION cxhub_audited(jsonb);"
)
NOT_TOUCHED = without([f"{table}_touch" for table in touching.TOUCHING_BY_COLUMNS])


class Migration(migrations.Migration):
    replaces = [
        ("accounts", "0017_compare_rows_once"),
        ("accounts", "0019_audit_memberships"),
        ("accounts", "0022_audit_attachments"),
        ("accounts", "0031_compare_by_columns"),
        ("accounts", "0054_audit_webhooks"),
        ("accounts", "0056_audit_mailings"),
    ]

    dependencies = [
        ("accounts", "0008_touch"),
    ]

    operations = [
        migrations.RunSQL(AUDIT + WRITTEN, NOT_WRITTEN),
        migrations.RunPython(compare_by_columns, migrations.RunPython.noop),
        migrations.RunSQL(TOUCHED, NOT_TOUCHED),
    ]
