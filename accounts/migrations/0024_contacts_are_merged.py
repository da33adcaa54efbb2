import django.db.models.deletion
from django.db import migrations, models

# A merge names the last survivor, as that of accounts does.
MERGES = """
CREATE FUNCTION accounts_contact_merges() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM after a JOIN accounts_contact s ON s.id = a.merged_into_id WHERE s.merged_into_id IS NOT NULL)
  OR EXISTS (SELECT FROM after a JOIN accounts_contact l ON l.merged_into_id = a.id WHERE a.merged_into_id IS NOT NULL)
  THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'contact_merged_into_the_last_survivor',
      MESSAGE = 'A contact is merged into one that is itself merged into another.';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER merges_on_insert AFTER INSERT ON accounts_contact REFERENCING NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION accounts_contact_merges();
CREATE TRIGGER merges_on_update AFTER UPDATE ON accounts_contact REFERENCING NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION accounts_contact_merges();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0023_look_back_only_where_it_matters")]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="merged",
                to="accounts.contact",
                verbose_name="merged into",
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.CheckConstraint(
                condition=models.Q(("merged_into", None))
                | models.Q(("merged_into", models.F("id")), _negated=True),
                name="contact_not_merged_into_itself",
                violation_error_code="merged_into",
                violation_error_message="A contact cannot be merged into itself.",
            ),
        ),
        migrations.RunSQL(MERGES, "DROP FUNCTION accounts_contact_merges() CASCADE;"),
    ]
