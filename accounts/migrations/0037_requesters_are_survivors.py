from django.db import migrations

# Whoever was merged asks for nothing any more: a ticket in their name is the survivor's.
SURVIVOR = """
CREATE FUNCTION accounts_ticket_of_survivor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.requester_id := coalesce((SELECT merged_into_id FROM accounts_contact WHERE id = NEW.requester_id), NEW.requester_id);
  RETURN NEW;
END $$;
CREATE TRIGGER of_survivor_on_insert BEFORE INSERT ON accounts_ticket
  FOR EACH ROW WHEN (NEW.requester_id IS NOT NULL) EXECUTE FUNCTION accounts_ticket_of_survivor();
CREATE TRIGGER of_survivor_on_update BEFORE UPDATE ON accounts_ticket
  FOR EACH ROW WHEN (NEW.requester_id IS DISTINCT FROM OLD.requester_id)
  EXECUTE FUNCTION accounts_ticket_of_survivor();
UPDATE accounts_ticket t SET requester_id = c.merged_into_id FROM accounts_contact c
  WHERE c.id = t.requester_id AND c.merged_into_id IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0036_parents_in_no_circle")]

    operations = [migrations.RunSQL(SURVIVOR, "DROP FUNCTION accounts_ticket_of_survivor() CASCADE;")]
