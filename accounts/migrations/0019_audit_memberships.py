"""Who is in which team and group, and who has which right of their own, is audited as any other row."""

from django.db import migrations

MEMBERSHIPS = ("accounts_user_teams", "accounts_user_groups", "accounts_user_user_permissions")
TABLES = {
    "insert": "NEW TABLE AS after",
    "update": "OLD TABLE AS before NEW TABLE AS after",
    "delete": "OLD TABLE AS before",
}
AUDIT = "".join(
    f"""
    CREATE TRIGGER audit_on_{event} AFTER {event.upper()} ON {table} REFERENCING {tables}
    FOR EACH STATEMENT EXECUTE FUNCTION cxhub_audit();"""
    for table in MEMBERSHIPS
    for event, tables in TABLES.items()
)
NO_AUDIT = "".join(f"DROP TRIGGER audit_on_{event} ON {table};" for table in MEMBERSHIPS for event in TABLES)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0018_index_the_audit_for_people")]

    operations = [migrations.RunSQL(AUDIT, NO_AUDIT)]
