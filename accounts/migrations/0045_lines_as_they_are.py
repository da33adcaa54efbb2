"""Lines wait for seconds: packing and unpacking half a megabyte costs more than the place that it saves."""

from django.db import migrations

LINES = "ALTER TABLE accounts_intakebatch ALTER COLUMN lines SET STORAGE "


class Migration(migrations.Migration):
    dependencies = [("accounts", "0044_merged_contacts_are_survivors")]

    operations = [migrations.RunSQL(f"{LINES}EXTERNAL", f"{LINES}EXTENDED")]
