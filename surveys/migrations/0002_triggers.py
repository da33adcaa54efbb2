"""Who changed a survey is written down; what somebody may have answered stays as it was asked."""

from importlib import import_module

from django.db import migrations

from accounts.migrations._triggers import statement_triggers, without

audit = import_module("accounts.migrations.0009_audit")
AUDITED = ["surveys_gradedscale", "surveys_survey", "surveys_surveyversion"]
# table -> columns by which answers have their meaning
MEANT_BY = {
    "surveys_gradedscale": "measure first labels low_to high_from",
    "surveys_surveyversion": "survey_id number asked",
}
STAYS = """
CREATE FUNCTION surveys_stays_as_it_was() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_stays',
    MESSAGE = 'Somebody may have answered it: make another one.';
END $$;
""" + "".join(
    f"""
CREATE TRIGGER stays BEFORE UPDATE ON {table} FOR EACH ROW
  WHEN ({" OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns.split())})
  EXECUTE FUNCTION surveys_stays_as_it_was();"""
    for table, columns in MEANT_BY.items()
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
        ("accounts", "0012_event_marks"),
        ("surveys", "0001_tables"),
    ]

    operations = [
        migrations.RunSQL(STAYS, without(["surveys_stays_as_it_was"])),
        migrations.RunSQL(WRITTEN, NOT_WRITTEN + without([f"{table}_audit_update" for table in AUDITED])),
        migrations.RunPython(compare_by_columns, migrations.RunPython.noop),
    ]
