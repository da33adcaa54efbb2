from django.db import migrations

# Imports know a row by these, and an upsert needs an index that says so. The periods exclude one another anyway.
ONCE = """
CREATE UNIQUE INDEX planfeature_once ON accounts_planfeature (plan_id, feature_id, starts) NULLS NOT DISTINCT;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0042_profiles_remember_when")]

    operations = [migrations.RunSQL(ONCE, "DROP INDEX planfeature_once;")]
