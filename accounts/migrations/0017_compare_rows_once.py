"""Of each changed row the triggers make JSON once, not for every column that they compare: an update of many rows takes
less than half as long."""

from importlib import import_module

from django.db import migrations

triggers = import_module("accounts.migrations.0002_triggers")
of_expenses = import_module("accounts.migrations.0006_touch_by_leads_and_expenses")
of_leads = import_module("accounts.migrations.0008_one_person_is_one_lead")

# OFFSET 0 keeps PostgreSQL from writing the expressions of the inner SELECT wherever the outer one names them.
ROWS = "SELECT b, a, to_jsonb(b) AS old, to_jsonb(a) AS new FROM before b JOIN after a USING (id) WHERE b IS DISTINCT FROM a OFFSET 0"

BEFORE = triggers.AUDIT[triggers.AUDIT.index("CREATE FUNCTION cxhub_audit()") :]
OLD_COMPARISON = BEFORE[
    BEFORE.index("    SELECT by_actor, by_job, TG_TABLE_NAME, id, 'update'") : BEFORE.index("  END IF;")
]
NEW_COMPARISON = f"""    SELECT by_actor, by_job, TG_TABLE_NAME, (c.a).id, 'update', d.b, d.a
    FROM ({ROWS}) c,
    LATERAL (SELECT jsonb_object_agg(o.key, o.value) AS b, jsonb_object_agg(o.key, c.new -> o.key) AS a
             FROM jsonb_each(c.old) o WHERE o.value IS DISTINCT FROM c.new -> o.key
             AND o.key NOT IN ('password', 'last_login', 'name_key')) d
    WHERE d.b IS NOT NULL;
"""

TOUCHING = {table: touched for table, touched in triggers.TOUCHING.items() if not touched.everybody} | {
    "accounts_expense": of_expenses.NEW["accounts_expense"],
    "accounts_lead": of_leads.PERSON,
}
# Few change at once, and what bears on figures of them may still change.
del TOUCHING["accounts_accountchange"]


def changed(touched: "triggers.Touch") -> str:
    """As in 0002, of rows whose JSON is made once."""
    (account_before, since_before), (account_after, since_after) = touched.of("(c.b)"), touched.of("(c.a)")
    idle = triggers.array(f"{triggers.NEVER_READ} {touched.idle}".split())
    day = f"least({since_before}, {since_after})"
    if touched.later:
        later = triggers.array([*triggers.NEVER_READ.split(), *touched.idle.split(), *touched.later])
        days = ", ".join(since_change(touched, column) for column in touched.later)
        day = f"CASE WHEN c.old - {later} = c.new - {later} THEN coalesce(least({days}), {triggers.TODAY}) ELSE {day} END"
    return f"""
    SELECT unnest(ARRAY[{account_before}, {account_after}]), {day} FROM ({ROWS}) c
    WHERE c.old - {idle} <> c.new - {idle}"""


def since_change(touched: "triggers.Touch", column: str) -> str:
    before, after = (touched.later[column].format(r=row) for row in ("(c.b)", "(c.a)"))
    return f"CASE WHEN (c.b).{column} IS DISTINCT FROM (c.a).{column} THEN least({before}, {after}) END"


def functions(audit: str, of_update) -> str:
    replaced = [audit.partition("$$;")[0] + "$$;"]
    for table, touched in TOUCHING.items():
        function = triggers.touch(table, touched).partition("CREATE TRIGGER")[0]
        replaced.append(function.replace(triggers.changed(touched), of_update(touched)))
    return "".join(replaced).replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0016_countries_and_time_zones_are_checked")]

    operations = [
        migrations.RunSQL(
            functions(BEFORE.replace(OLD_COMPARISON, NEW_COMPARISON), changed),
            functions(BEFORE, triggers.changed),
        )
    ]
