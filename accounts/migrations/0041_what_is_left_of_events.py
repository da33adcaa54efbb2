"""Since when single events are gone; events by their moments; merged accounts bear on whose events are whose."""

from importlib import import_module

from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations, models

triggers = import_module("accounts.migrations.0002_triggers")
by_columns = import_module("accounts.migrations.0031_compare_by_columns")

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
""" + triggers.statement_triggers("accounts_account", "merged", "accounts_account_merged()", events="update")


def audit(_apps, schema_editor) -> None:
    with schema_editor.connection.cursor() as cursor:
        by_columns.compare(cursor, "accounts_retention")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0040_event_triggers")]

    operations = [
        migrations.AddField(
            model_name="retention",
            name="events_gone_before",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="single events have gone before"
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=BrinIndex(autosummarize=True, fields=["happened_at"], name="event_as_they_happened"),
        ),
        migrations.RunSQL(MERGED, "DROP FUNCTION accounts_account_merged() CASCADE;"),
        # Backwards the column is still there: the triggers must not know it.
        migrations.RunPython(audit, migrations.RunPython.noop),
    ]
