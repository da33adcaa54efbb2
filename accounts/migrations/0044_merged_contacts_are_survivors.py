# ruff: noqa: S608  The statements are put together from names of our own tables and columns.
"""Who was merged does nothing any more: what comes under their ids is the survivor's, also what came before."""

from importlib import import_module

from django.db import migrations

events = import_module("accounts.migrations.0040_event_triggers")


def known(contact: str) -> str:
    """The account stays that of the row, as all facts stay where they are."""
    return f"""
CREATE OR REPLACE VIEW accounts_knownperson AS
  SELECT i.digest, {contact} AS contact_id, c.account_id, i.since, i.until
  FROM accounts_identity i JOIN accounts_contact c ON c.id = i.contact_id
  UNION ALL
  SELECT cxhub_digest(c.source, 'user', c.external_id), {contact}, c.account_id, NULL, NULL
  FROM accounts_contact c WHERE c.external_id IS NOT NULL
  UNION ALL
  SELECT cxhub_digest('cxhub', 'contact', c.id::text), {contact}, c.account_id, NULL, NULL FROM accounts_contact c;
"""


def marks(columns: str, moved: str) -> str:
    """The functions alone: the triggers call them already."""
    before, events.CHANGED["accounts_contact"] = events.CHANGED["accounts_contact"], events.changed(columns)
    written = events.mark("accounts_contact", "person", events.PERSONS["accounts_contact"])
    events.CHANGED["accounts_contact"] = before
    functions = [
        text.partition("CREATE TRIGGER")[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
        for text in (written, events.MOVED)
    ]
    return "".join(functions).replace("WHERE a.account_id <> b.account_id", f"WHERE {moved}")


MOVES = "a.account_id <> b.account_id"
MERGES = f"{MOVES} OR a.merged_into_id IS DISTINCT FROM b.merged_into_id"
SURVIVORS = known("coalesce(c.merged_into_id, c.id)") + marks(
    "source external_id account_id merged_into_id", MERGES
)
THEMSELVES = known("c.id") + marks("source external_id account_id", MOVES)
# Of merges that there are.
MARKS = """
INSERT INTO accounts_eventmark (person)
SELECT DISTINCT k.digest FROM accounts_knownperson k JOIN accounts_contact c ON c.id = k.contact_id
WHERE EXISTS (SELECT FROM accounts_contact m WHERE m.merged_into_id = c.id);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0043_features_of_plans_again")]

    operations = [migrations.RunSQL(SURVIVORS + MARKS, THEMSELVES)]
