"""Who was erased stays so, whichever door brings the row again."""

from importlib import import_module

import django.db.models.functions.datetime
from django.db import migrations, models

triggers = import_module("accounts.migrations.0002_triggers")

STAYS_AWAY = """
CREATE FUNCTION accounts_person_stays_away() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Most installations have erased nobody, and no row is hashed for that.
  IF EXISTS (SELECT FROM accounts_erasedaddress) AND EXISTS (
    SELECT FROM after p JOIN accounts_erasedaddress e
      ON e.digest = encode(sha256(convert_to(lower(btrim(p.email)), 'UTF8')), 'hex')
    WHERE p.email <> '') THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'erased_person_stays_away',
      MESSAGE = 'A person with this address was erased.';
  END IF;
  RETURN NULL;
END $$;
""" + "".join(
    triggers.statement_triggers(table, "stays_away", "accounts_person_stays_away()", events="insert update")
    for table in ("accounts_contact", "accounts_lead")
)
# Who let an address in again.
AUDIT = triggers.statement_triggers("accounts_erasedaddress", "audit", "cxhub_audit()")
NO_TRIGGER = "DROP FUNCTION accounts_person_stays_away() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0028_index_facts_as_they_came"),
    ]

    operations = [
        migrations.CreateModel(
            name="ErasedAddress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64, verbose_name="hash of the address")),
                (
                    "erased_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="erased"
                    ),
                ),
            ],
            options={
                "verbose_name": "erased address",
                "verbose_name_plural": "erased addresses",
                "ordering": ["-erased_at", "-id"],
            },
        ),
        migrations.AlterModelOptions(
            name="contact",
            options={
                "ordering": ["name_key", "id"],
                "permissions": [
                    ("export_person", "Can export all that is kept about a person"),
                    ("erase_person", "Can erase a person"),
                ],
                "verbose_name": "contact",
                "verbose_name_plural": "contacts",
            },
        ),
        migrations.AddField(
            model_name="contact",
            name="erased_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="erased"),
        ),
        migrations.AddField(
            model_name="lead",
            name="erased_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="erased"),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("erased_at", None),
                    models.Q(
                        ("email__regex", "^erased-[0-9]+@erased[.]invalid$"), ("name", ""), ("phone", "")
                    ),
                    _connector="OR",
                ),
                name="contact_erased_stays_empty",
                violation_error_code="name",
                violation_error_message="This person was erased. The row stays empty; enter somebody else as a row of their own.",
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("erased_at", None),
                    models.Q(("email__regex", "^erased-[0-9]+@erased[.]invalid$"), ("name", "")),
                    _connector="OR",
                ),
                name="lead_erased_stays_empty",
                violation_error_code="name",
                violation_error_message="This person was erased. The row stays empty; enter somebody else as a row of their own.",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasedaddress",
            constraint=models.UniqueConstraint(
                fields=("digest",),
                name="erasedaddress_once",
                violation_error_code="digest",
                violation_error_message="This address is kept out already.",
            ),
        ),
        migrations.RunSQL(STAYS_AWAY + AUDIT, NO_TRIGGER),
    ]
