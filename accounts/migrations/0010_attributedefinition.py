"""Attributes that an installation declares; their values are dated like segment and tier."""

from importlib import import_module

import django.contrib.postgres.indexes
from django.db import migrations, models

import accounts.fields
import accounts.texts

triggers = import_module("accounts.migrations.0002_triggers")

# What values are kept of must stay what they were read as.
KEPT = """
CREATE FUNCTION accounts_attributedefinition_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM accounts_accountchange WHERE field = 'attribute.' || OLD.key) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'attributedefinition_stays_while_used',
      MESSAGE = 'Accounts have values of this attribute.';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER kept_on_update BEFORE UPDATE ON accounts_attributedefinition
  FOR EACH ROW WHEN (OLD.key <> NEW.key OR OLD.type <> NEW.type) EXECUTE FUNCTION accounts_attributedefinition_kept();
CREATE TRIGGER kept_on_delete BEFORE DELETE ON accounts_attributedefinition
  FOR EACH ROW EXECUTE FUNCTION accounts_attributedefinition_kept();
"""
# What was declared has no place in the constraint of before.
NOT_KEPT = """
DELETE FROM accounts_accountchange WHERE starts_with(field, 'attribute.');
DROP FUNCTION accounts_attributedefinition_kept() CASCADE;
"""
DATED = ("stage", "segment", "tier", "owner", "team", "region", "parent")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_index_logs_of_tickets")]

    operations = [
        migrations.CreateModel(
            name="AttributeDefinition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        help_text="Small letters, digits and underscores; files and programs use it. It cannot be"
                        " changed later.",
                        max_length=30,
                        unique=True,
                        verbose_name="key",
                    ),
                ),
                ("name", accounts.fields.LocalizedField(default=accounts.texts.Text, verbose_name="name")),
                (
                    "help",
                    accounts.fields.LocalizedField(
                        blank=True, default=accounts.texts.Text, verbose_name="help text"
                    ),
                ),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("text", "Text"),
                            ("whole", "Whole number"),
                            ("decimal", "Decimal number"),
                            ("yes_no", "Yes or no"),
                            ("day", "Day"),
                            ("choice", "One of several choices"),
                            ("choices", "Any of several choices"),
                        ],
                        default="text",
                        max_length=8,
                        verbose_name="type",
                    ),
                ),
                ("choices", models.JSONField(blank=True, default=list, verbose_name="choices")),
                (
                    "required",
                    models.BooleanField(
                        default=False, help_text="Forms insist on a value.", verbose_name="required"
                    ),
                ),
                (
                    "in_filters",
                    models.BooleanField(
                        default=True,
                        help_text="Lists and figures are filtered and split by it.",
                        verbose_name="in filters and splits",
                    ),
                ),
                ("order", models.PositiveSmallIntegerField(default=0, verbose_name="position in lists")),
                (
                    "archived",
                    models.BooleanField(
                        default=False,
                        help_text="No longer asked for; what is kept can still be read.",
                        verbose_name="archived",
                    ),
                ),
            ],
            options={
                "verbose_name": "attribute",
                "verbose_name_plural": "attributes",
                "ordering": ["order", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("key__regex", "^[a-z][a-z0-9_]{0,29}$")),
                        name="attributedefinition_key_is_plain",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("type__in", ["choice", "choices"]), _negated=True),
                            models.Q(("choices", []), _negated=True),
                            _connector="OR",
                        ),
                        name="attributedefinition_of_choices_has_some",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="account",
            name="attributes",
            field=models.JSONField(
                blank=True,
                db_default={},
                default=dict,
                editable=False,
                verbose_name="attributes",
            ),
        ),
        migrations.AddIndex(
            model_name="account",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["attributes"], name="account_by_attribute", opclasses=["jsonb_path_ops"]
            ),
        ),
        migrations.AlterField(
            model_name="accountchange",
            name="value",
            field=models.CharField(blank=True, max_length=1000, verbose_name="value"),
        ),
        migrations.RemoveConstraint(model_name="accountchange", name="accountchange_of_a_dated_field"),
        migrations.AddConstraint(
            model_name="accountchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("field__in", DATED),
                    ("field__regex", "^attribute[.][a-z][a-z0-9_]{0,29}$"),
                    _connector="OR",
                ),
                name="accountchange_of_a_dated_field",
            ),
        ),
        migrations.RunSQL(
            KEPT + triggers.statement_triggers("accounts_attributedefinition", "audit", "cxhub_audit()"),
            NOT_KEPT,
        ),
    ]
