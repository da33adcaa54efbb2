"""Leads and expenses are counted too, and the first fact of an account may be a payment, a lead or a term's end."""

from importlib import import_module

from django.db import migrations

triggers = import_module("accounts.migrations.0002_triggers")

FIRST_FACT = f"""
CREATE OR REPLACE FUNCTION cxhub_first_fact(of_account bigint) RETURNS date LANGUAGE sql STABLE AS $$
  SELECT least(
    (SELECT min(starts) FROM accounts_subscription WHERE account_id = ANY(its)),
    (SELECT min(from_day) FROM accounts_accountchange WHERE account_id = ANY(its) AND field = 'stage'),
    (SELECT min(day) FROM accounts_payment WHERE account_id = ANY(its)),
    (SELECT min(starts) FROM accounts_term WHERE account_id = ANY(its)),
    (SELECT min(first_interest) FROM accounts_lead WHERE account_id = ANY(its)),
    {triggers.local_day("(SELECT min(ordered_at) FROM accounts_order WHERE account_id = ANY(its))")},
    {triggers.local_day("(SELECT min(opened_at) FROM accounts_ticket WHERE account_id = ANY(its))")},
    {triggers.TODAY})
  FROM (SELECT array_agg(id) AS its FROM accounts_account WHERE of_account IN (id, merged_into_id)) accounts
$$;
"""

# What has no account is account 0: the figures that all have together are made anew.
NEW = {
    "accounts_lead": triggers.Touch(account="coalesce({r}.account_id, 0)", since="{r}.first_interest"),
    "accounts_expense": triggers.Touch(account="0::bigint", since="{r}.month"),
}


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_fold_persian_letters")]

    operations = [
        migrations.RunSQL(
            FIRST_FACT + "".join(triggers.touch(table, touched) for table, touched in NEW.items()),
            triggers.FIRST_FACT.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
            + "".join(f"DROP FUNCTION {table}_touch() CASCADE;" for table in NEW),
        )
    ]
