"""What is said of a lead bears on every account that has a lead of the same address; departures are counted too."""

from importlib import import_module

from django.db import migrations, models
from django.db.models.functions import Lower

triggers = import_module("accounts.migrations.0002_triggers")
earlier = import_module("accounts.migrations.0006_touch_by_leads_and_expenses")

ACCOUNTS_OF_PERSON = """
CREATE FUNCTION cxhub_accounts_of_person(of_account bigint, address text) RETURNS bigint[] LANGUAGE sql STABLE AS $$
  SELECT array_agg(DISTINCT coalesce(account, 0)) FROM (
    SELECT of_account UNION ALL
    SELECT account_id FROM accounts_lead WHERE lower(email) = lower(address) AND address <> '') its (account)
$$;
"""
PERSON = triggers.Touch(
    account="unnest(cxhub_accounts_of_person({r}.account_id, {r}.email))", since="{r}.first_interest"
)
FIRST_FACT = earlier.FIRST_FACT.replace(
    "    (SELECT min(day) FROM accounts_payment",
    "    (SELECT min(churn_day) FROM accounts_departure WHERE account_id = ANY(its)),\n"
    "    (SELECT min(day) FROM accounts_payment",
)
DROP = "DROP FUNCTION accounts_lead_touch() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_gross_margin")]

    operations = [
        migrations.AddIndex(model_name="lead", index=models.Index(Lower("email"), name="lead_by_email")),
        migrations.RunSQL(
            ACCOUNTS_OF_PERSON + FIRST_FACT + DROP + triggers.touch("accounts_lead", PERSON),
            earlier.FIRST_FACT
            + DROP
            + triggers.touch("accounts_lead", earlier.NEW["accounts_lead"])
            + "DROP FUNCTION cxhub_accounts_of_person(bigint, text);",
        ),
    ]
