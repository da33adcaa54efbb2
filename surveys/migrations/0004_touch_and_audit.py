"""Answers bear on figures from the day on that they were given; who changed what goes out is written down."""

from importlib import import_module

from django.db import migrations

from accounts.migrations._triggers import statement_triggers, without

touching = import_module("accounts.migrations.0008_touch")
audit = import_module("accounts.migrations.0009_audit")
OF_ACCOUNT = "coalesce({r}.account_id, 0)"


def of_response(column: str) -> str:
    return f"(SELECT {column} FROM surveys_response p WHERE p.id = {{r}}.response_id)"


TOUCHING = {
    "surveys_invitation": touching.Touch(
        account=OF_ACCOUNT, since=touching.local_day("{r}.invited_at"), idle="message_id"
    ),
    "surveys_response": touching.Touch(account=OF_ACCOUNT, since=touching.local_day("{r}.responded_at")),
    "surveys_answer": touching.Touch(
        account=of_response("coalesce(p.account_id, 0)"),
        since=of_response(touching.local_day("p.responded_at")),
    ),
    "surveys_followup": touching.Touch(
        account=OF_ACCOUNT, since=touching.local_day("{r}.opened_at"), idle="note"
    ),
}
AUDITED = ["surveys_distribution", "surveys_surveylink", "surveys_followup"]
TOUCHED = "".join(
    touching.touch(table, touched, touching.changed_json(touched)) + touching.touch_triggers(table)
    for table, touched in TOUCHING.items()
)
WRITTEN = "".join(
    statement_triggers(table, "audit", "cxhub_audit()", events="insert delete") for table in AUDITED
)
NOT_WRITTEN = "".join(
    f"DROP TRIGGER audit_on_{event} ON {table};" for table in AUDITED for event in ("insert", "delete")
)


def compare_by_columns(_apps, schema_editor) -> None:
    with schema_editor.connection.cursor() as cursor:
        for table in AUDITED:
            audit.compare(cursor, table)


class Migration(migrations.Migration):
    dependencies = [
        ("surveys", "0003_asking_and_answers"),
    ]

    operations = [
        migrations.RunSQL(TOUCHED, without([f"{table}_touch" for table in TOUCHING])),
        migrations.RunSQL(WRITTEN, NOT_WRITTEN + without([f"{table}_audit_update" for table in AUDITED])),
        migrations.RunPython(compare_by_columns, migrations.RunPython.noop),
    ]
